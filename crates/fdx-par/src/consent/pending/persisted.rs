use std::sync::Arc;

use fdx_jose::Thumbprint;
use fdx_pkce::CodeVerifier;
use fdx_rar::{AuthorizationDetails, ConsentRequest, Requested, Scopes};
use fdx_wire::json::{Limits, ObjectWriter};
use fdx_wire::{Issuer, Secret, UnixTime, base64url, json};
use serde::Deserialize;

use crate::client::client::Client;
use crate::client::config::ResponseMode;
use crate::client::owner::Owner;
use crate::consent::pending::pending::{Flow, FlowId, Pending, RequestedJson};
use crate::error::caller::StoredStateFault;
use crate::error::error::Error;

/// The version of the text form. Other texts of this crate lack its member.
const VERSION: u64 = 1;

/// A request object has at most 64 KiB of details, and the other members are short.
const LIMITS: Limits = Limits { depth: 40, ..Limits::bytes(256 * 1024) };

#[derive(Deserialize)]
struct Body {
    pending: u64,
    issuer: String,
    client_id: String,
    nonce: Option<Secret>,
    flow: FlowBody,
    state: Secret,
    code_verifier: Secret,
    callback_by: UnixTime,
}

/// The members of a flow, without its issuer, client and nonce.
#[derive(Deserialize)]
pub(crate) struct FlowBody {
    id: Secret,
    pub(crate) redirect_uri: String,
    /// Whether the callback is a signed response (`response_mode=jwt`).
    signed_callback: bool,
    bound_to: Option<Thumbprint>,
    consent: Option<ConsentRequest>,
    details: Option<AuthorizationDetails>,
    requested_scope: Option<String>,
    scope: String,
    max_age: Option<u64>,
    acr_values: Option<String>,
    pushed_sha256: String,
    not_fapi: bool,
}

impl Pending {
    /// Returns the text form, version 1, for a store that is trusted with it: it has the state, the
    /// nonce and the code verifier in plain text. For a cookie, [seal](Pending::seal) the value.
    ///
    /// [`Client::restore_pending`] reads it. Claim the flow id atomically between
    /// [`Client::callback`] and [`Client::exchange`].
    #[must_use]
    pub fn to_json(&self) -> Secret {
        let flow = &self.flow;
        let mut object = ObjectWriter::with_capacity(2048);
        object
            .number("pending", VERSION)
            .text("issuer", flow.issuer.as_str())
            .text("client_id", &flow.client_id);
        if let Some(nonce) = &flow.nonce {
            object.text("nonce", nonce.expose());
        }
        object
            .object("flow", |object| write_flow(object, flow))
            .text("state", self.state.expose())
            .text("code_verifier", self.code_verifier.expose())
            .number("callback_by", self.callback_by.as_seconds());
        object.to_json()
    }
}

impl Client {
    /// Restores a pending flow from the text of [`Pending::to_json`]. Its deadline is checked with
    /// its callback.
    ///
    /// # Errors
    /// [`StoredStateFault::StoredPending`] for another text or version,
    /// [`StoredStateFault::OtherClient`] for another issuer, client or redirect_uri.
    pub fn restore_pending(&self, stored: &str) -> Result<Pending, Error> {
        let body = json::object_from_slice::<Body>(stored.as_bytes(), &LIMITS);
        let body = body.ok().filter(|body| body.pending == VERSION);
        let body = body.ok_or(StoredStateFault::StoredPending)?;
        self.check_owner(
            Owner::new(&body.issuer, &body.client_id).with_redirect_uri(&body.flow.redirect_uri),
        )?;
        body.into_pending(self).ok_or(StoredStateFault::StoredPending.into())
    }
}

impl Body {
    fn into_pending(self, client: &Client) -> Option<Pending> {
        let issuer = client.config().issuer.clone();
        let flow = self.flow.into_flow(issuer, self.client_id, self.nonce, client)?;
        // The id is the beginning of the state.
        if FlowId::of_state(self.state.expose())? != flow.id {
            return None;
        }
        Some(Pending {
            flow: Box::new(flow),
            state: self.state,
            code_verifier: CodeVerifier::parse(self.code_verifier.expose()).ok()?,
            callback_by: self.callback_by,
        })
    }
}

pub(crate) fn write_flow<'a>(object: &'a mut ObjectWriter, flow: &Flow) -> &'a mut ObjectWriter {
    object
        .text("id", flow.id.as_str())
        .text("redirect_uri", flow.redirect_uri.as_str())
        .flag("signed_callback", flow.response_mode == ResponseMode::Jwt);
    if let Some(thumbprint) = flow.bound_to {
        object.text("bound_to", &thumbprint.to_string());
    }
    match &*flow.requested_json {
        RequestedJson::Consent(consent) => drop(object.json("consent", consent)),
        RequestedJson::Details(details) => drop(object.json("details", details)),
        RequestedJson::Scopes => {}
    }
    if let Requested::Details(_, scopes) | Requested::Scopes(scopes) = &*flow.requested {
        object.text("requested_scope", &scopes.to_string());
    }
    object.text("scope", &flow.scopes.to_string());
    if let Some(seconds) = flow.max_age {
        object.number("max_age", seconds);
    }
    if let Some(values) = &flow.acr_values {
        object.text("acr_values", values);
    }
    object
        .text("pushed_sha256", &base64url::encode(&flow.pushed_sha256))
        .flag("not_fapi", flow.not_fapi)
}

impl FlowBody {
    pub(crate) fn into_flow(
        self,
        issuer: Issuer,
        client_id: String,
        nonce: Option<Secret>,
        client: &Client,
    ) -> Option<Flow> {
        let scopes = self.requested_scope.map(|scopes| Scopes::parse(&scopes)).transpose().ok()?;
        let requested = match (self.consent, self.details, scopes) {
            (Some(consent), None, None) => Requested::Consent(consent),
            (None, Some(details), Some(scopes)) => Requested::Details(details, scopes),
            (None, None, Some(scopes)) => Requested::Scopes(scopes),
            _ => return None,
        };
        Some(Flow {
            id: FlowId::of_state(self.id.expose())?,
            issuer,
            client_id,
            redirect_uri: client.config().redirect_uri.clone(),
            response_mode: match self.signed_callback {
                true => ResponseMode::Jwt,
                false => ResponseMode::Query,
            },
            nonce,
            bound_to: self.bound_to,
            requested_json: Arc::new(RequestedJson::of(&requested).ok()?),
            requested: Arc::new(requested),
            scopes: Scopes::parse(&self.scope).ok()?,
            max_age: self.max_age,
            acr_values: self.acr_values,
            pushed_sha256: base64url::decode_array(&self.pushed_sha256).ok()?,
            not_fapi: self.not_fapi,
        })
    }
}
