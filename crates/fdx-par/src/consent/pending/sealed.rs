use std::sync::Arc;

use fdx_jose::{SealError, SealingKeys, Thumbprint};
use fdx_pkce::CodeVerifier;
use fdx_rar::{AuthorizationDetails, ConsentRequest, Requested, Scopes};
use fdx_wire::json::Limits;
use fdx_wire::{Entropy, Issuer, Label, RedirectUri, Secret, UnixTime, base64url, json};
use serde::{Deserialize, Serialize};

use crate::client::client::Client;
use crate::client::config::ResponseMode;
use crate::consent::pending::pending::{Flow, FlowId, Pending, RequestedJson};
use crate::error::callback::SealFault;
use crate::error::error::Error;

const SALT: Label = Label::new("seal salt");

/// Browsers store 4,096 bytes for one cookie, including its name and attributes.
const MAX_SEALED: usize = 3800;

/// The members, of version 1, without issuer, client_id and redirect_uri: these come from the
/// configuration that opens the seal, which authenticates them.
#[derive(Deserialize, Serialize)]
struct Body<Text> {
    v: u8,
    /// `state`, which starts with the flow id.
    s: Text,
    /// `nonce`.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<Text>,
    /// `code_verifier`.
    c: Text,
    /// Thumbprint of the key or certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<Thumbprint>,
    /// The requested FDX consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<ConsentRequest>,
    /// The requested details of another type.
    #[serde(skip_serializing_if = "Option::is_none")]
    w: Option<AuthorizationDetails>,
    /// The scopes that the caller requested, for a request without an FDX consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    /// All scopes of the request.
    x: String,
    /// `max_age`.
    #[serde(skip_serializing_if = "Option::is_none")]
    m: Option<u64>,
    /// `acr_values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<String>,
    /// Digest of the pushed parameters.
    d: String,
    /// `response_mode`, if the request had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<String>,
    /// Whether the client or the provider was not FAPI when the flow began.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    f: bool,
    /// Callback deadline.
    t: UnixTime,
}

const VERSION: u8 = 1;
const JWT: &str = "jwt";

impl Pending {
    /// Seals this value into text for a cookie or other untrusted storage. The text is encrypted,
    /// versioned, valid until [`Pending::callback_by`], and has 958 characters for a usual request.
    ///
    /// It opens only with a key of the ring, for the same issuer, client_id and redirect_uri, and
    /// with the same `session` bytes. These identify the browser session that began the flow: a
    /// session id, or nothing if the cookie itself is the session. A sealed value that was copied
    /// into another session does not open.
    ///
    /// Use one cookie for each flow, `__Host-fdx-<flow id>` with `Secure; HttpOnly; SameSite=Lax;
    /// Path=/`, so that two tabs do not overwrite each other. Clear it with the callback. A browser
    /// can send a cookie twice: to exchange a code at most once across nodes, claim the flow id
    /// atomically between [`Client::callback`] and [`Client::exchange`].
    ///
    /// # Errors
    /// [`SealFault::TooLarge`] over 3,800 characters.
    pub fn seal(
        &self,
        keys: &SealingKeys,
        session: &[u8],
        entropy: Entropy,
    ) -> Result<String, Error> {
        let flow = &self.flow;
        let (consent, details, scopes) = match Requested::clone(&flow.requested) {
            Requested::Consent(consent) => (Some(consent), None, None),
            Requested::Details(details, scopes) => (None, Some(details), Some(scopes)),
            Requested::Scopes(scopes) => (None, None, Some(scopes)),
        };
        let body = Body {
            v: VERSION,
            s: self.state.expose(),
            n: flow.nonce.as_ref().map(Secret::expose),
            c: self.code_verifier.expose(),
            k: flow.bound_to,
            q: consent,
            w: details,
            y: scopes.map(|scopes| scopes.to_string()),
            x: flow.scopes.to_string(),
            m: flow.max_age,
            a: flow.acr_values.clone(),
            d: base64url::encode(&flow.pushed_sha256),
            r: (flow.response_mode == ResponseMode::Jwt).then(|| JWT.to_owned()),
            f: flow.not_fapi,
            t: self.callback_by,
        };
        let text = json::to_secret(&body).map_err(|_| SealFault::TooLarge)?;
        let context = context(&flow.issuer, &flow.client_id, &flow.redirect_uri, session);
        let sealed = keys
            .seal(&context, entropy.derive(SALT, 0), text.expose().as_bytes())
            .map_err(|_| SealFault::TooLarge)?;
        if sealed.len() > MAX_SEALED { Err(SealFault::TooLarge.into()) } else { Ok(sealed) }
    }
}

impl Client {
    /// Opens a text of [`Pending::seal`], on this or any other node.
    ///
    /// # Errors
    /// [`Error::Seal`]. It does not reveal why a text does not open.
    pub fn open(
        &self,
        sealed: &str,
        keys: &SealingKeys,
        session: &[u8],
        now: UnixTime,
    ) -> Result<Pending, Error> {
        let config = self.config();
        if sealed.len() > MAX_SEALED {
            return Err(SealFault::TooLarge.into());
        }
        let context = context(&config.issuer, &config.client_id, &config.redirect_uri, session);
        let text = keys.open(&context, sealed).map_err(|error| match error {
            SealError::Version { .. } => SealFault::Version,
            _ => SealFault::NotOurs,
        })?;
        let limits = Limits::bytes(MAX_SEALED);
        let body: Body<Secret> = json::object_from_slice(text.expose().as_bytes(), &limits)
            .map_err(|_| SealFault::Version)?;
        let pending = body.into_pending(self).ok_or(SealFault::Version)?;
        // check: CallbackDeadline
        if now > pending.callback_by {
            return Err(SealFault::Expired.into());
        }
        Ok(pending)
    }
}

impl Body<Secret> {
    fn into_pending(self, client: &Client) -> Option<Pending> {
        let config = client.config();
        (self.v == VERSION).then_some(())?;
        let scopes = self.y.map(|scopes| Scopes::parse(&scopes)).transpose().ok()?;
        let requested = match (self.q, self.w, scopes) {
            (Some(consent), None, None) => Requested::Consent(consent),
            (None, Some(details), Some(scopes)) => Requested::Details(details, scopes),
            (None, None, Some(scopes)) => Requested::Scopes(scopes),
            _ => return None,
        };
        let flow = Flow {
            id: FlowId::of_state(self.s.expose())?,
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            redirect_uri: config.redirect_uri.clone(),
            response_mode: match self.r.as_deref() {
                None => ResponseMode::Query,
                Some(JWT) => ResponseMode::Jwt,
                Some(_) => return None,
            },
            nonce: self.n,
            bound_to: self.k,
            requested_json: Arc::new(RequestedJson::of(&requested).ok()?),
            requested: Arc::new(requested),
            scopes: Scopes::parse(&self.x).ok()?,
            max_age: self.m,
            acr_values: self.a,
            pushed_sha256: base64url::decode_array(&self.d).ok()?,
            not_fapi: self.f,
        };
        Some(Pending {
            flow: Box::new(flow),
            state: self.s,
            code_verifier: CodeVerifier::parse(self.c.expose()).ok()?,
            callback_by: self.t,
        })
    }
}

/// Returns the associated data of a sealed value, to which it is bound in addition to its key.
fn context<'a>(
    issuer: &'a Issuer,
    client_id: &'a str,
    redirect_uri: &'a RedirectUri,
    session: &'a [u8],
) -> [&'a [u8]; 5] {
    let parts = [issuer.as_str(), client_id, redirect_uri.as_str()].map(str::as_bytes);
    let [issuer, client_id, redirect_uri] = parts;
    [
        b"fdx-par pending",
        issuer,
        client_id,
        redirect_uri,
        // check: Session, weakened to b""
        session,
    ]
}
