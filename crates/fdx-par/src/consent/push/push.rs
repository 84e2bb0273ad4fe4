use core::time::Duration;

use fdx_jose::RequestObjectKey;
use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeVerifier};
use fdx_rar::{AuthorizationDetail, AuthorizationDetails};
use fdx_wire::json::RawJson;
use fdx_wire::{Entropy, Label, Secret, UnixTime, base64url};
use sha2::{Digest, Sha256};

use crate::client::client::Client;
use crate::client::config::{RequestObjects, ResponseMode, SenderConstraint};
use crate::consent::pending::pending::{Flow, FlowId, Pending};
use crate::consent::push::parameters::Parameters;
use crate::consent::push::pushed;
use crate::consent::push::pushed::Pushed;
use crate::consent::push::request::AuthorizationRequest;
use crate::dialect::member::Member;
use crate::dialect::not_fapi::departure::Departure;
use crate::discovery::endpoint::Endpoint;
use crate::error::caller::CallerFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::{INTERACTION_ID, Mint};
use crate::exchange::outgoing::Outgoing;

const FLOW: Label = Label::new("flow id");
const STATE: Label = Label::new("state");
const NONCE: Label = Label::new("nonce");
const CODE_VERIFIER: Label = Label::new("code_verifier");

/// Who asks, and for what: the parameters of the request, and what has to be kept of it.
pub struct Push {
    pub(crate) client: Client,
    pub(crate) request: AuthorizationRequest,
}

impl Push {
    /// # Errors
    /// [`CallerFault::DetailsTypeNotListed`].
    pub(crate) fn new(client: &Client, request: &AuthorizationRequest) -> Result<Self, Error> {
        let details = request.requested.authorization_details();
        let listed =
            |detail: &AuthorizationDetail| client.metadata().may_ask_for_type(detail.detail_type());
        if details.iter().flat_map(AuthorizationDetails::iter).all(listed) {
            Ok(Self { client: client.clone(), request: request.clone() })
        } else {
            Err(CallerFault::DetailsTypeNotListed.into())
        }
    }

    pub(crate) fn parameters(&self, mint: &Mint<'_>) -> Parameters {
        let config = self.client.config();
        let (scopes, _) = self.request.scopes(self.client.metadata());
        let mut parameters = Parameters::default();
        parameters
            .text("response_type", "code")
            .text("client_id", &config.client_id)
            .text("redirect_uri", config.redirect_uri.as_str())
            .text("scope", &config.dialect.spelled(&scopes))
            .text("state", state(mint).expose())
            .text("code_challenge", code_verifier(mint).challenge().as_str())
            .text("code_challenge_method", CODE_CHALLENGE_METHOD);
        let details = self.request.requested.authorization_details();
        if let Some(Ok(details)) = details.map(|details| RawJson::of(&details)) {
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

    /// What has to be kept until the callback, of what `mint` made `drafted_at`.
    pub(crate) fn pending(self, mint: &Mint<'_>, drafted_at: UnixTime) -> (Pending, Vec<Notice>) {
        let (scopes, mut notices) = self.request.scopes(self.client.metadata());
        let about_login = self.request.max_age.is_some() || self.request.acr_values.is_some();
        if about_login && !scopes.contains("openid") {
            notices.push(Notice::LoginUnchecked);
        }
        let config = self.client.config();
        let flow = Box::new(Flow {
            id: flow_id(mint),
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            redirect_uri: config.redirect_uri.clone(),
            response_mode: config.response_mode,
            nonce: scopes.contains("openid").then(|| nonce(mint)),
            bound_to: config.sender_constraint.thumbprint(),
            max_age: self.request.max_age,
            acr_values: self.request.acr_values.clone(),
            pushed_sha256: Sha256::digest(self.parameters(mint).form().as_str()).into(),
            asked: self.request.requested.clone(),
            scopes,
            not_fapi: config.is_not_fapi(),
        });
        let pending = Pending {
            flow,
            state: state(mint),
            code_verifier: code_verifier(mint),
            callback_by: drafted_at + config.callback_within,
        };
        (pending, notices)
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
    /// [`Error::Caller`]: [`CallerFault::DetailsTypeNotListed`] where the server lists the types of
    /// authorization details that it takes, and FDX's is not among them.
    pub fn push(
        &self,
        request: &AuthorizationRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Pushed>, Error> {
        if self.config().dialect.has(Member::NotFapi(Departure::NotPushed)) {
            return Err(CallerFault::NotPushed.into());
        }
        Ok(Draft::new(Push::new(self, request)?, entropy, now)?)
    }
}

impl Exchange for Pushed {
    type Request = Push;

    /// A request_uri that nobody heard of expires by itself.
    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(asked: &Push, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let config = asked.client.config();
        let parameters = asked.parameters(mint);
        let mut outgoing = match &config.request_objects {
            RequestObjects::Unsigned => asked.outgoing(&parameters, mint)?,
            RequestObjects::Signed(key) => asked.signed(key, parameters, mint)?,
        };
        if config.dialect.has(Member::PushInteractionId) {
            outgoing.header(INTERACTION_ID, &mint.interaction_id());
        }
        Ok(outgoing)
    }

    fn read(asked: Push, mint: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        let (request_uri, redirect_by, capped) =
            pushed::read(answer, &asked.client.config().dialect)?;
        let authorization_url = crate::consent::push::pushed::AuthorizationUrl::new(
            &asked.client.metadata().authorization_endpoint,
            &asked.client.config().client_id,
            &request_uri,
            asked.client.config().dialect.authorization_url_parameters(),
        );
        let (pending, mut notices) = asked.pending(mint, answer.drafted_at);
        notices.extend(capped);
        Ok(Self { authorization_url, redirect_by, pending, notices })
    }
}

impl Push {
    fn outgoing(&self, parameters: &Parameters, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let config = self.client.config();
        let body = parameters.body(&config.dialect);
        let bound = Some(config.sender_constraint.bound());
        self.client.post(Endpoint::PushedAuthorizationRequest, body, bound, mint, LIMIT)
    }

    /// FAPI 2.0 Message Signing 5.3.2-1: everything is inside; outside is who asks.
    fn signed(
        &self,
        key: &RequestObjectKey,
        parameters: Parameters,
        mint: &Mint<'_>,
    ) -> Result<Outgoing, Error> {
        let config = self.client.config();
        let request_object = key
            .request_object(
                &config.client_id,
                self.client.audience(),
                &mint.request_object_jti(),
                mint.now,
                REQUEST_OBJECT_LIFETIME,
                &parameters.request_object(),
            )
            .map_err(|_| CallerFault::ExtraReserved)?;
        let mut outgoing = self.outgoing(&parameters.beside(&config.dialect), mint)?;
        outgoing.inputs.insert(0, request_object);
        Ok(outgoing)
    }
}
