use core::fmt;
use std::sync::Arc;

use fdx_jose::{AuthorizationResponse, Thumbprint};
use fdx_pkce::CodeVerifier;
use fdx_rar::{Requested, Scopes};
use fdx_wire::form::Query;
use fdx_wire::json::{JsonError, RawJson};
use fdx_wire::{Issuer, RedirectUri, Secret, UnixTime, base64url};

use crate::client::config::ResponseMode;
use crate::client::owner::Owner;

/// The public name of a flow: 24 characters of base64url. It is unpredictable, but not secret.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FlowId(String);

const BYTES: usize = 18;
pub(super) const CHARS: usize = 24;
const MAX_CALLBACK: usize = 8192;

impl FlowId {
    pub(crate) fn new(random: [u8; 32]) -> Self {
        let (bytes, _) = random.split_at(BYTES);
        Self(base64url::encode(bytes))
    }

    /// Reads the flow id that a callback claims, to find the flow's cookie. The callback is
    /// untrusted input, and only the form of the id is checked.
    ///
    /// ```
    /// use fdx_par::FlowId;
    ///
    /// let state = "A".repeat(24 + 43);
    /// let flow = FlowId::claimed_by(&format!("https://app.example/cb?state={state}&code=x"));
    /// assert_eq!(flow.unwrap().as_str(), "A".repeat(24));
    /// ```
    #[must_use]
    pub fn claimed_by(received_url: &str) -> Option<Self> {
        let (_, query) = received_url.split_once('?')?;
        let query = Query::parse(query, MAX_CALLBACK).ok()?;
        match query.one("response").ok()? {
            Some(jwt) => Self::of_state(AuthorizationResponse::claimed_state(jwt)?.expose()),
            None => Self::of_state(query.one("state").ok()??),
        }
    }

    /// Returns the text. Use it in the cookie's name, such as `__Host-fdx-<flow id>`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of_state(state: &str) -> Option<Self> {
        let text = state.get(..CHARS)?;
        base64url::decode(text).ok().map(|_| Self(text.to_owned()))
    }
}

impl fmt::Debug for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FlowId({})", self.0)
    }
}

impl fmt::Display for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The state of a flow from the redirect to the callback, while the customer decides.
///
/// Keep it in memory on one node, or [seal](Pending::seal) it into a cookie that any node opens.
/// It holds no private key. It has the requested access, so that the granted access can be compared
/// with it without a store.
pub struct Pending {
    pub(crate) flow: Box<Flow>,
    pub(crate) state: Secret,
    pub(crate) code_verifier: CodeVerifier,
    pub(crate) callback_by: UnixTime,
}

/// The state of a flow that is needed until its end.
#[derive(Clone)]
pub(crate) struct Flow {
    pub(crate) id: FlowId,
    pub(crate) issuer: Issuer,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: RedirectUri,
    /// The pushed value: the configuration may have changed since.
    pub(crate) response_mode: ResponseMode,
    /// Present if and only if `openid` was requested.
    pub(crate) nonce: Option<Secret>,
    pub(crate) bound_to: Option<Thumbprint>,
    pub(crate) requested: Arc<Requested>,
    pub(crate) requested_json: Arc<RequestedJson>,
    /// The requested scopes.
    pub(crate) scopes: Scopes,
    pub(crate) max_age: Option<u64>,
    pub(crate) acr_values: Option<String>,
    /// Digest of the body of the push, or of the URL with the parameters.
    pub(crate) pushed_sha256: [u8; 32],
    /// Whether the client or the provider was not FAPI when the flow began.
    pub(crate) not_fapi: bool,
}

/// The JSON of the requested access. It is written once, so that persisting the flow can't fail.
#[derive(Clone, Debug)]
pub(crate) enum RequestedJson {
    Consent(RawJson),
    Details(RawJson),
    /// Scopes have no JSON form of their own.
    Scopes,
}

impl RequestedJson {
    pub(crate) fn of(requested: &Requested) -> Result<Self, JsonError> {
        Ok(match requested {
            Requested::Consent(consent) => Self::Consent(RawJson::of(consent)?),
            Requested::Details(details, _) => Self::Details(RawJson::of(details)?),
            Requested::Scopes(_) => Self::Scopes,
        })
    }
}

impl Flow {
    pub(crate) fn owner(&self) -> Owner<'_> {
        Owner::new(self.issuer.as_str(), &self.client_id)
            .with_redirect_uri(self.redirect_uri.as_str())
    }
}

impl Pending {
    /// Returns the flow's public name. Use it in the cookie's name, and claim it once across all
    /// nodes, so that at most one node exchanges the code.
    #[must_use]
    pub fn flow_id(&self) -> &FlowId {
        &self.flow.id
    }

    /// Returns the requested access.
    #[must_use]
    pub fn requested(&self) -> &Requested {
        &self.flow.requested
    }

    /// Returns the requested response mode. In the mode `jwt`, [`Client::signed_callback`] reads
    /// the callback.
    ///
    /// [`Client::signed_callback`]: crate::Client::signed_callback
    #[must_use]
    pub fn response_mode(&self) -> ResponseMode {
        self.flow.response_mode
    }

    /// Returns the callback deadline: by default 30 minutes after the push was drafted.
    #[must_use]
    pub fn callback_by(&self) -> UnixTime {
        self.callback_by
    }

    /// Returns the SHA-256 of the push body as sent, with the request object and the client's
    /// authentication. For a request that is not pushed, of the customer's URL.
    #[must_use]
    pub fn pushed_sha256(&self) -> [u8; 32] {
        self.flow.pushed_sha256
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("flow_id", &self.flow.id)
            .field("issuer", &self.flow.issuer)
            .field("client_id", &self.flow.client_id)
            .field("callback_by", &self.callback_by)
            .finish_non_exhaustive()
    }
}
