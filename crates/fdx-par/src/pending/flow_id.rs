use core::fmt;

use fdx_jose::AuthorizationResponse;
use fdx_wire::base64url;
use fdx_wire::form::Query;

/// The public name of a flow: 24 characters of base64url, unguessable and no secret.
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

    /// The flow that a callback says it belongs to, for finding the cookie. It is what a stranger
    /// wrote: nothing is checked but its form.
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

    /// The text: also what to name the cookie by, such as `__Host-fdx-<flow id>`.
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
