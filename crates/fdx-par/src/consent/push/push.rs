use core::time::Duration;
use std::sync::Arc;

use fdx_jose::RequestObjectKey;
use fdx_pkce::{CODE_CHALLENGE_METHOD, CodeVerifier};
use fdx_rar::{FDX_V1_0, Requested};
use fdx_wire::form::Form;
use fdx_wire::json::RawJson;
use fdx_wire::{Entropy, Label, Secret, UnixTime};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::client::client::Client;
use crate::client::config::{RequestObjects, ResponseMode, SenderConstraint};
use crate::client::verification::{ID_TOKEN, SIGNED_CALLBACK};
use crate::consent::pending::pending::{Flow, FlowId, Pending, RequestedJson};
use crate::consent::push::parameters::Parameters;
use crate::consent::push::pushed;
use crate::consent::push::pushed::{AuthorizationUrl, Pushed};
use crate::consent::push::request::AuthorizationRequest;
use crate::discovery::endpoint::Endpoint;
use crate::error::caller::{CallFault, ParameterFault};
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::notice::Notice;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::interaction::InteractionId;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Outgoing, ParameterBody, SignedParameter};

const FLOW: Label = Label::new("flow id");
const STATE: Label = Label::new("state");
const NONCE: Label = Label::new("nonce");
const CODE_VERIFIER: Label = Label::new("code_verifier");

/// An authorization request and the client that makes it.
pub struct Push {
    client: Client,
    request: AuthorizationRequest,
    requested_json: Arc<RequestedJson>,
}

/// The parameters of one attempt.
pub(crate) struct Prepared<'a> {
    parameters: Parameters<'a>,
    /// All parameters as a form.
    pub(crate) form: Form,
    /// The state kept until the callback.
    pub(crate) pending: Pending,
    pub(crate) notices: Vec<Notice>,
}

impl Push {
    /// # Errors
    /// [`Error::Server`] if the metadata do not protect a flow,
    /// [`Error::Parameter`] with [`CallFault::DetailsTypeNotListed`], [`Error::Metadata`] if the flow could not be finished, or
    /// [`CallFault::ParameterText`] if the requested access has no JSON form.
    pub(crate) fn new(client: &Client, request: &AuthorizationRequest) -> Result<Self, Error> {
        client.metadata().check_flows()?;
        let types: Vec<&str> = match &*request.requested {
            Requested::Consent(_) => [FDX_V1_0].into(),
            Requested::Details(details, _) => details.iter().map(|it| it.detail_type()).collect(),
            Requested::Scopes(_) => Vec::new(),
        };
        if let Some(other) = types.into_iter().find(|it| !client.metadata().may_ask_for_type(it)) {
            return Err(ParameterFault::new(CallFault::DetailsTypeNotListed, other).into());
        }
        let requested_json = RequestedJson::of(&request.requested);
        let push = Self {
            client: client.clone(),
            request: request.clone(),
            requested_json: Arc::new(requested_json.map_err(|_| CallFault::ParameterText)?),
        };
        push.check_can_finish()?;
        Ok(push)
    }

    /// Checks that the metadata has every URL that the flow needs: the customer's consent would be in
    /// vain otherwise.
    fn check_can_finish(&self) -> Result<(), Error> {
        self.client.authorization_endpoint()?;
        self.client.target(Endpoint::Token)?;
        if self.client.config().response_mode == ResponseMode::Jwt {
            self.client.jwks_uri(SIGNED_CALLBACK)?;
        }
        let (scopes, _) = self.request.scopes(self.client.metadata());
        if scopes.contains("openid") && !self.client.profile().openid_without_id_token {
            self.client.jwks_uri(ID_TOKEN)?;
        }
        Ok(())
    }

    /// Mints the values of one attempt and writes the parameters.
    ///
    /// # Errors
    /// [`CallFault::ParameterText`] if the authorization details have no JSON form.
    pub(crate) fn prepare(&self, mint: &Mint<'_>) -> Result<Prepared<'_>, Error> {
        let config = self.client.config();
        let (scopes, mut notices) = self.request.scopes(self.client.metadata());
        let openid = scopes.contains("openid");
        let checks_login = self.request.max_age.is_some() || self.request.acr_values.is_some();
        if checks_login && !openid {
            notices.push(Notice::LoginUnchecked);
        }
        let id = FlowId::new(mint.bytes(FLOW));
        let state = state(&id, mint);
        let code_verifier = CodeVerifier::new(mint.bytes(CODE_VERIFIER));
        // 43 characters; FAPI 2.0 Security Profile 5.3.3.2-7 allows 64.
        let nonce = openid.then(|| Secret::new(mint.text(NONCE)));

        let mut parameters = Parameters::default();
        parameters
            .text("response_type", "code")
            .text("client_id", &config.client_id)
            .text("redirect_uri", config.redirect_uri.as_str())
            .text("scope", &self.client.profile().provider_scopes(&scopes))
            .text("state", state.expose())
            .text("code_challenge", code_verifier.challenge().as_str())
            .text("code_challenge_method", CODE_CHALLENGE_METHOD);
        if let Some(details) = authorization_details(&self.requested_json)? {
            parameters.json("authorization_details", details);
        }
        if config.response_mode == ResponseMode::Jwt {
            parameters.text("response_mode", "jwt");
        }
        if let Some(nonce) = &nonce {
            parameters.text("nonce", nonce.expose());
        }
        // RFC 9449 10.1: the code is bound to the key from the start.
        if let SenderConstraint::Dpop(key) = &config.sender_constraint {
            parameters.text("dpop_jkt", &key.thumbprint().to_string());
        }
        self.request.write_options(&scopes, &mut parameters);

        let form = parameters.form();
        let flow = Box::new(Flow {
            id,
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            redirect_uri: config.redirect_uri.clone(),
            response_mode: config.response_mode,
            nonce,
            bound_to: config.sender_constraint.thumbprint(),
            max_age: self.request.max_age,
            acr_values: self.request.acr_values.clone(),
            // Set when the request is complete.
            pushed_sha256: [0; 32],
            requested: Arc::clone(&self.request.requested),
            requested_json: Arc::clone(&self.requested_json),
            scopes,
            not_fapi: self.client.is_not_fapi(),
        });
        let callback_by = mint.now + config.callback_within;
        let pending = Pending { flow, state, code_verifier, callback_by };
        Ok(Prepared { parameters, form, pending, notices })
    }
}

/// The parameter of RFC 9396, from JSON that is written already.
fn authorization_details(requested: &RequestedJson) -> Result<Option<RawJson>, CallFault> {
    #[derive(Serialize)]
    struct Detail<'a> {
        r#type: &'static str,
        #[serde(rename = "consentRequest")]
        consent_request: &'a RawJson,
    }
    match requested {
        RequestedJson::Consent(consent_request) => {
            let detail = Detail { r#type: FDX_V1_0, consent_request };
            RawJson::of(&[detail]).map(Some).map_err(|_| CallFault::ParameterText)
        }
        RequestedJson::Details(details) => Ok(Some(details.clone())),
        RequestedJson::Scopes => Ok(None),
    }
}

/// The flow id, by which a callback finds its cookie, and 256 unpredictable bits.
fn state(id: &FlowId, mint: &Mint<'_>) -> Secret {
    let random = Secret::new(mint.text(STATE));
    Secret::concat(&[id.as_str(), random.expose()])
}

const LIMIT: usize = 16 * 1024;
/// FAPI 2.0 Message Signing 5.3.2-4 allows 60 minutes; a push takes seconds.
const REQUEST_OBJECT_LIFETIME: Duration = Duration::from_secs(300);

impl Client {
    /// Drafts the pushed authorization request (RFC 9126) for a consent.
    ///
    /// Scopes follow from the consent request: FDX refuses a request with another `scope`. `openid`
    /// and `offline_access` are added if they are requested and the server lists them.
    ///
    /// # Errors
    /// [`Error::Parameter`] with [`CallFault::DetailsTypeNotListed`] if the server lists the types of
    /// authorization details that it accepts, and the list lacks the requested type. [`Error::Metadata`] if the metadata
    /// lacks a URL that the flow needs: the endpoints of authorization, push and tokens, and
    /// `jwks_uri` for an ID token or a signed callback. [`Error::Server`] if the metadata do not
    /// protect a flow: they lack S256, have an unreadable announcement of `iss`, or an
    /// `authorization_endpoint` whose query has a parameter of a request.
    pub fn push(
        &self,
        request: &AuthorizationRequest,
        entropy: Entropy,
        now: UnixTime,
    ) -> Result<Draft<Pushed>, Error> {
        if self.profile().not_pushed {
            return Err(CallFault::NotPushed.into());
        }
        Ok(Draft::new(Push::new(self, request)?, entropy, now)?)
    }
}

/// The state of one attempt that is kept for its response.
pub struct Kept {
    pending: Pending,
    notices: Vec<Notice>,
    /// The parameters that the dialect adds to the authorization URL.
    url_parameters: Vec<(&'static str, Secret)>,
}

impl Exchange for Pushed {
    type Request = Push;
    type Kept = Kept;
    type Entropy = Entropy;

    /// An unused request_uri expires by itself.
    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &Push, mint: &Mint<'_>) -> Result<(Outgoing, Self::Kept), Error> {
        let config = request.client.config();
        let Prepared { parameters, form, pending, notices } = request.prepare(mint)?;
        let added = request.client.profile().authorization_url_parameters;
        let url_parameters = parameters.of_url(added);
        let mut outgoing = match &config.request_objects {
            RequestObjects::Unsigned => {
                request.outgoing(parameters.body(request.client.profile(), || form), mint)?
            }
            RequestObjects::Signed(key) => request.signed(key, parameters, mint)?,
        };
        outgoing.flow_certificate = config.certificate_thumbprint();
        if request.client.profile().push_interaction_id {
            // RFC 9126 has no such header: the response need not repeat it.
            InteractionId::send(&mut outgoing, mint)?;
        }
        Ok((outgoing, Kept { pending, notices, url_parameters }))
    }

    fn signed(kept: &mut Self::Kept, body: &[u8]) {
        kept.pending.flow.pushed_sha256 = Sha256::digest(body).into();
    }

    fn read(request: Push, kept: Self::Kept, answer: &Answer<'_>) -> Result<Self, Error> {
        let Kept { pending, mut notices, url_parameters } = kept;
        let client = &request.client;
        let (request_uri, redirect_by, capped) = pushed::read(answer, client.profile())?;
        let authorization_url = AuthorizationUrl::new(
            client.authorization_endpoint()?,
            &client.config().client_id,
            &request_uri,
            &url_parameters,
        );
        notices.extend(capped);
        Ok(Self { authorization_url, redirect_by, pending, notices })
    }
}

impl Push {
    fn outgoing(&self, body: ParameterBody, mint: &Mint<'_>) -> Result<Outgoing, Error> {
        let bound = Some(self.client.config().sender_constraint.bound());
        self.client.post(Endpoint::PushedAuthorizationRequest, body, bound, mint, LIMIT)
    }

    /// FAPI 2.0 Message Signing 5.3.2-1: all parameters are in the request object; next to it are
    /// only those that identify the client.
    fn signed(
        &self,
        key: &RequestObjectKey,
        parameters: Parameters<'_>,
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
            .map_err(|_| CallFault::ExtraReserved)?;
        let profile = self.client.profile();
        let outside = parameters.outside(profile);
        let mut body = outside.body(profile, || outside.form());
        body.sign(SignedParameter::RequestObject, request_object);
        self.outgoing(body, mint)
    }
}
