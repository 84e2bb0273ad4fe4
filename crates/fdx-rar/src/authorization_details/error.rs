use fdx_wire::json::JsonError;

use crate::ConsentRequestError;

/// Why something is not `authorization_details`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationDetailsError {
    /// The FDX consent request breaks a rule of its own.
    #[error("authorization_details: {0}")]
    ConsentRequest(#[from] ConsentRequestError),
    /// Not the JSON that was expected. Within an element the place is counted from its beginning.
    #[error("authorization_details: {0}")]
    Json(#[from] JsonError),
    /// A further member has a name that RFC 9396 section 2.2 or this crate gives a meaning.
    #[error("authorization_details: a member's name is reserved")]
    Member,
    /// An element of the FDX type without its `consentRequest`.
    #[error("authorization_details: an element of type fdx_v1.0 has no consentRequest")]
    NoConsentRequest,
    /// An element without a `type` (RFC 9396 section 2).
    #[error("authorization_details: an element has no type (RFC 9396 section 2)")]
    NoType,
    /// More than one FDX consent request.
    #[error("authorization_details: more than one element of type fdx_v1.0")]
    TwoConsentRequests,
    /// The FDX type where a detail of another type belongs.
    #[error("authorization_details: type fdx_v1.0 belongs to a consent request")]
    TypeIsFdx,
}
