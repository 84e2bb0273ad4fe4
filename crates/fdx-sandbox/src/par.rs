//! Pushed authorization requests (RFC 9126).

mod parameters;
mod request_object;
mod requested;
mod sent;

use fdx_jose::Thumbprint;
use fdx_wire::{Label, UnixTime};
use http::{Response, StatusCode};
use serde_json::json;

pub(crate) use parameters::{Parameters, ResponseMode};
pub(crate) use requested::{Opens, Requested};
pub(crate) use sent::Sent;

use crate::answer;
use crate::client::{Binding, RegisteredClient};
use crate::config::InstitutionConfig;
use crate::dpop::With;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::received::Received;

const REQUEST_URI: Label = Label::new("request_uri");

/// An authorization request that a client pushed.
#[derive(Clone, Debug)]
pub(crate) struct Pushed {
    pub(crate) client_id: String,
    pub(crate) parameters: Parameters,
    /// The key that the code is bound to, if any (RFC 9449 section 10).
    pub(crate) dpop_jkt: Option<Thumbprint>,
    /// The last second in which the page may be loaded.
    pub(crate) expires: UnixTime,
    pub(crate) progress: Progress,
}

/// How far the customer is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// Not there yet.
    Waiting,
    /// At the page whose form carries this value; it may be sent until then.
    Deciding { interaction: String, until: UnixTime },
    /// Decided. The `request_uri` has been used.
    Decided,
}

impl Institution {
    pub(crate) fn push(&mut self, received: &Received<'_>) -> Result<Response<Vec<u8>>, Broken> {
        let config = self.config();
        let form = received.form(&mut self.verdicts)?;
        let client = self.authenticate(&config, &form, received)?;
        let sent = self.read_request(&config, client, &form, received.now)?;
        let parameters = Parameters::read(&config, client, &sent, &mut self.verdicts)?;
        let dpop_jkt = self.bind_code(received, client.binding, sent.get("dpop_jkt"))?;
        self.see_challenge(client, &parameters)?;
        let request_uri = self.keep(&config, client, parameters, dpop_jkt, received.now);
        let expires_in = config.provider.manners().request_uri_lifetime.as_secs();
        Ok(answer::json(
            StatusCode::CREATED,
            &json!({ "request_uri": request_uri, "expires_in": expires_in }),
        ))
    }

    /// Keeps a request that nobody pushed, for a provider whose clients don't.
    pub(crate) fn keep_pushed(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        sent: &Sent,
        now: UnixTime,
    ) -> Result<String, Broken> {
        let parameters = Parameters::read(config, client, sent, &mut self.verdicts)?;
        Ok(self.keep(config, client, parameters, None, now))
    }

    fn keep(
        &mut self,
        config: &InstitutionConfig,
        client: &RegisteredClient,
        parameters: Parameters,
        dpop_jkt: Option<Thumbprint>,
        now: UnixTime,
    ) -> String {
        let manners = config.provider.manners();
        let request_uri = format!("{}{}", manners.request_uri, self.randomness.text(REQUEST_URI));
        let pushed = Pushed {
            client_id: client.client_id.clone(),
            parameters,
            dpop_jkt,
            expires: now + manners.request_uri_lifetime,
            progress: Progress::Waiting,
        };
        self.pushed.insert(request_uri.clone(), pushed);
        request_uri
    }

    /// Comes last: what was refused, as for want of a nonce, can be pushed again as it is.
    fn see_challenge(
        &mut self,
        client: &RegisteredClient,
        parameters: &Parameters,
    ) -> Result<(), Broken> {
        let challenge = parameters.code_challenge.as_str().to_owned();
        let key = (client.client_id.clone(), challenge);
        self.verdicts.require(
            Reason::InvalidRequest,
            "FAPI 2.0 SP 5.3.3.2-4",
            "code_challenge was made for this request: the client never pushed it before",
            self.challenges.get(&key).is_none(),
        )?;
        self.challenges.insert(key, ());
        Ok(())
    }

    /// RFC 9449 section 10.1: `dpop_jkt`, a proof, or both if they agree.
    fn bind_code(
        &mut self,
        received: &Received<'_>,
        binding: Binding,
        dpop_jkt: Option<&str>,
    ) -> Result<Option<Thumbprint>, Broken> {
        let has_proof = received.request.headers().contains_key("dpop");
        self.verdicts.require(
            Reason::InvalidRequest,
            "FAPI 2.0 SP 5.3.2.1-5",
            "a client whose tokens are bound by certificate sends no DPoP",
            binding == Binding::Dpop || !(has_proof || dpop_jkt.is_some()),
        )?;
        let named = match dpop_jkt {
            None => None,
            Some(text) => Some(self.verdicts.require_some(
                Reason::InvalidRequest,
                "RFC 9449 10",
                "dpop_jkt is a SHA-256 JWK thumbprint",
                Thumbprint::parse(text).ok(),
            )?),
        };
        if !has_proof {
            return Ok(named);
        }
        let proven = self.check_proof(received, With::Authorization)?;
        self.verdicts.require(
            Reason::InvalidDpopProof,
            "RFC 9449 10.1",
            "dpop_jkt is the thumbprint of the key in the proof",
            named.is_none_or(|named| named == proven),
        )?;
        Ok(Some(proven))
    }
}
