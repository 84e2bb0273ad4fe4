mod parameters;
mod request;
mod response;

use core::time::Duration;

use fdx_jose::Thumbprint;
use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeVerifier};
use fdx_wire::form::Form;
use fdx_wire::json::RawJson;
use fdx_wire::{Entropy, Label, Secret, UnixTime, base64url};
use sha2::{Digest, Sha256};

pub use request::AuthorizationRequest;
pub use response::Pushed;

use crate::client::{RequestObjects, ResponseMode, SenderConstraint};
use crate::exchange::answer::Answer;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::exchange::{Draft, Exchange};
use crate::pending::{Flow, FlowId, Pending};
use crate::{CallerFault, Client, Endpoint, Error, NextStep, Notice};
use parameters::Parameters;

const FLOW: Label = Label::new("flow id");
const STATE: Label = Label::new("state");
const NONCE: Label = Label::new("nonce");
const CODE_VERIFIER: Label = Label::new("code_verifier");

const LIMIT: usize = 16 * 1024;
/// FAPI 2.0 Message Signing 5.3.2-4 allows 60 minutes; a push takes seconds.
const REQUEST_OBJECT_LIFETIME: Duration = Duration::from_secs(300);

impl Client {
    /// Drafts the pushed authorization request (RFC 9126) for a consent.
    ///
    /// Scopes come from the consent request: FDX refuses a request whose `scope` says anything
    /// else. `openid` and `offline_access` are added where they are wanted and the server lists
    /// them.
    ///
    /// # Errors
    /// [`Error::Caller`].
    pub fn push(
        &self,
        request: &AuthorizationRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Pushed>, Error> {
        let ask = Ask { client: self.clone(), request: request.clone() };
        Ok(Draft::new(ask, entropy, now)?)
    }
}

pub struct Ask {
    client: Client,
    request: AuthorizationRequest,
}

impl Exchange for Pushed {
    type Ask = Ask;

    /// A request_uri that nobody heard of expires by itself.
    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(ask: &Ask, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        ask.outgoing(mint)
    }

    fn read(ask: Ask, mint: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        let (request_uri, redirect_by, capped) = response::read(answer)?;
        let (scopes, mut notices) = ask.request.scopes(ask.client.metadata());
        notices.extend(capped);
        let about_login = ask.request.max_age.is_some() || ask.request.acr_values.is_some();
        if about_login && !scopes.contains("openid") {
            notices.push(Notice::LoginUnchecked);
        }
        let config = ask.client.config();
        let asked_for = |scope: &str| scopes.contains(scope);
        let flow = Box::new(Flow {
            id: flow_id(mint),
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            redirect_uri: config.redirect_uri.clone(),
            response_mode: config.response_mode,
            nonce: asked_for("openid").then(|| nonce(mint)),
            bound_to: ask.bound_to(),
            max_age: ask.request.max_age,
            acr_values: ask.request.acr_values.clone(),
            pushed_sha256: Sha256::digest(ask.parameters(mint).form().as_str()).into(),
            asked: ask.request.consent.clone(),
            scopes,
        });
        let pending = Pending {
            flow,
            state: state(mint),
            code_verifier: code_verifier(mint),
            callback_by: answer.drafted_at + config.callback_within,
        };
        Ok(Self {
            authorization_endpoint: ask.client.metadata().authorization_endpoint.clone(),
            request_uri,
            redirect_by,
            pending,
            notices,
        })
    }
}

impl Ask {
    fn bound_to(&self) -> Thumbprint {
        self.client.config().sender_constraint.thumbprint()
    }

    /// The parameters, beside or inside a request object.
    fn outgoing(&self, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let config = self.client.config();
        let parameters = self.parameters(mint);
        let endpoint = Endpoint::PushedAuthorizationRequest;
        let bound = Some(config.sender_constraint.bound());
        let RequestObjects::Signed(key) = &config.request_objects else {
            return self.client.post(endpoint, parameters.form(), bound, mint, LIMIT);
        };
        // FAPI 2.0 Message Signing 5.3.2-1: everything is inside; outside is who asks.
        let mut form = Form::with_capacity(8192);
        form.pair("client_id", &config.client_id);
        let request_object = key
            .request_object(
                &config.client_id,
                &config.issuer,
                &mint.request_object_jti(),
                mint.now,
                REQUEST_OBJECT_LIFETIME,
                &parameters.request_object(),
            )
            .map_err(|_| CallerFault::ExtraReserved)?;
        let mut outgoing = self.client.post(endpoint, form, bound, mint, LIMIT)?;
        outgoing.inputs.insert(0, request_object);
        Ok(outgoing)
    }

    fn parameters(&self, mint: &Mint<'_>) -> Parameters {
        let config = self.client.config();
        let (scopes, _) = self.request.scopes(self.client.metadata());
        let mut parameters = Parameters::default();
        parameters
            .text("response_type", "code")
            .text("client_id", &config.client_id)
            .text("redirect_uri", config.redirect_uri.as_str())
            .text("scope", &scopes.to_string())
            .text("state", state(mint).expose())
            .text("code_challenge", code_verifier(mint).challenge().as_str())
            .text("code_challenge_method", CODE_CHALLENGE_METHOD);
        if let Ok(details) = RawJson::of(&self.request.authorization_details()) {
            parameters.json("authorization_details", details);
        }
        if config.response_mode == ResponseMode::Jwt {
            parameters.text("response_mode", "jwt");
        }
        if scopes.contains("openid") {
            parameters.text("nonce", nonce(mint).expose());
        }
        // RFC 9449 10.1: the code is bound to the key from the start.
        if let SenderConstraint::Dpop(key) = &config.sender_constraint {
            parameters.text("dpop_jkt", &key.thumbprint().to_string());
        }
        self.request.write_options(&mut parameters);
        parameters
    }
}

fn flow_id(mint: &Mint<'_>) -> FlowId {
    FlowId::new(mint.bytes(FLOW))
}

/// The flow id, by which a callback finds its cookie, and 256 bits that nobody can guess.
fn state(mint: &Mint<'_>) -> Secret {
    let mut state = flow_id(mint).as_str().to_owned();
    base64url::encode_into(&mint.bytes(STATE), &mut state);
    Secret::new(state)
}

/// 43 characters; FAPI 2.0 Security Profile 5.3.3.2-7 allows 64.
fn nonce(mint: &Mint<'_>) -> Secret {
    Secret::new(mint.text(NONCE))
}

fn code_verifier(mint: &Mint<'_>) -> CodeVerifier {
    CodeVerifier::new(mint.bytes(CODE_VERIFIER))
}
