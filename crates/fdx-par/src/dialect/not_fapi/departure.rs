use crate::discovery::endpoint::Endpoint;
use crate::error::deviation::Deviation;

/// A deviation, with its details, that is not FAPI 2.0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Departure {
    /// `client_secret_basic` (RFC 6749 section 2.3.1), with `client_id` also in the body.
    ClientSecretBasic,
    /// `client_secret` in the body (RFC 6749 section 2.3.1).
    ClientSecretPost,
    /// No metadata: the endpoints are the documented paths on the issuer's origin.
    DocumentedEndpoints(DocumentedEndpoints),
    /// The authorization request is not pushed: the browser carries its parameters.
    NotPushed,
    /// The token response has no ID token although `openid` was requested.
    OpenidWithoutIdToken,
    /// Access tokens have no sender constraint: plain Bearer (RFC 6750).
    UnboundTokens,
}

/// Documented paths of endpoints on the issuer's origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DocumentedEndpoints {
    /// `authorization_endpoint`.
    pub authorization: &'static str,
    /// `token_endpoint`.
    pub token: &'static str,
    /// `revocation_endpoint`.
    pub revocation: &'static str,
}

impl DocumentedEndpoints {
    pub(crate) const fn path(self, endpoint: Endpoint) -> Option<&'static str> {
        match endpoint {
            Endpoint::Token => Some(self.token),
            Endpoint::Revocation => Some(self.revocation),
            Endpoint::Introspection
            | Endpoint::PushedAuthorizationRequest
            | Endpoint::Registration => None,
        }
    }
}

impl Departure {
    /// The deviation that this departure allows, without its details.
    #[must_use]
    pub const fn deviation(self) -> Deviation {
        match self {
            Self::ClientSecretBasic => Deviation::ClientSecretBasic,
            Self::ClientSecretPost => Deviation::ClientSecretPost,
            Self::DocumentedEndpoints(_) => Deviation::DocumentedEndpoints,
            Self::NotPushed => Deviation::NotPushed,
            Self::OpenidWithoutIdToken => Deviation::OpenidWithoutIdToken,
            Self::UnboundTokens => Deviation::UnboundTokens,
        }
    }
}
