use core::fmt;

use fdx_wire::{Secret, UnixTime};
use serde::{Deserialize, Serialize};

use super::Tokens;
use super::response::Issued;
use super::unverified::Revocable;
use crate::encrypted::Keeps;
use crate::pending::{Flow, FlowId};

/// The tokens of a code exchange, before verification. Persist [`Exchanged::to_json`] at once, then
/// call [`Client::verify`](crate::Client::verify).
///
/// Until they are verified, these tokens can't be used. They can be persisted,
/// [restored](crate::Client::restore_unverified),
/// [refreshed](crate::Client::refresh_unverified) and [revoked](crate::Client::revoke). No method
/// returns a [`Tokens`] or an [`AccessToken`](crate::AccessToken), so this does not compile:
///
/// ```compile_fail,E0599
/// use fdx_par::{AccessToken, Exchanged};
///
/// fn access_token(exchanged: &Exchanged) -> &AccessToken {
///     exchanged.tokens().access_token()
/// }
/// ```
///
/// After verification it does:
///
/// ```
/// use fdx_par::{AccessToken, Verified};
///
/// fn access_token(verified: &Verified) -> &AccessToken {
///     verified.tokens().access_token()
/// }
/// ```
#[must_use = "persist the tokens, then verify"]
pub struct Exchanged {
    pub(crate) issued: Issued,
    pub(crate) flow: Box<Flow>,
    /// When the code exchange was drafted.
    pub(crate) exchanged_at: UnixTime,
    pub(crate) id_token_from: IdTokenFrom,
}

/// The response that an unverified ID token came in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IdTokenFrom {
    /// The response to the code exchange (OpenID Connect Core 3.1.3.7).
    Exchange,
    /// The response to a refresh (OpenID Connect Core 12.2).
    Refresh,
}

impl Exchanged {
    /// The flow that the tokens belong to.
    #[must_use]
    pub fn flow_id(&self) -> &FlowId {
        &self.flow.id
    }
}

impl Keeps for Exchanged {
    fn take(&mut self, signed: Secret) {
        self.issued.opened = Some(signed);
    }
}

impl Revocable for Exchanged {
    fn revocable(&self) -> &Tokens {
        &self.issued.tokens
    }
}

impl fmt::Debug for Exchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanged")
            .field("flow_id", &self.flow.id)
            .field("tokens", &self.issued.tokens)
            .finish_non_exhaustive()
    }
}
