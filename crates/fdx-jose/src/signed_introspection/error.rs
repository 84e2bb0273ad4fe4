use fdx_wire::json::JsonError;

use crate::{Algorithm, JwsError};

/// The rule of RFC 9701 section 5 that a signed introspection response broke. Never repeats what it
/// says.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedIntrospectionError {
    /// Signed with another algorithm than was registered.
    #[error("signed with {found}, and {expected} was registered")]
    Algorithm {
        /// What was registered.
        expected: Algorithm,
        /// What the header says.
        found: Algorithm,
    },
    /// `aud` is missing or not the client alone.
    #[error("aud is missing, malformed or not the client_id alone")]
    Audience,
    /// The payload is not a JSON object.
    #[error("the claims can't be read: {0}")]
    Claims(JsonError),
    /// `exp` is past or not a whole number of seconds.
    #[error("exp is past or not a whole number of seconds")]
    Expiry,
    /// `iat` is missing or not a whole number of seconds.
    #[error("iat is missing or not a whole number of seconds")]
    IssuedAt,
    /// `iat` lies in the future.
    #[error("iat lies in the future")]
    IssuedInTheFuture,
    /// `iat` is older than an hour.
    #[error("iat is more than an hour ago")]
    IssuedTooLongAgo,
    /// `iss` is missing or not the issuer.
    #[error("iss is missing or not the issuer")]
    Issuer,
    /// Not a JWS that may be looked at.
    #[error("{0}")]
    Jws(JwsError),
    /// `nbf` lies in the future or is not a whole number of seconds.
    #[error("nbf lies in the future or is not a whole number of seconds")]
    NotBefore,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// `token_introspection` is missing or not an object.
    #[error("token_introspection is missing or not a JSON object")]
    TokenIntrospection,
    /// The header's `typ` is not `token-introspection+jwt`.
    #[error("typ is not token-introspection+jwt")]
    Type,
    /// No key of the set fits.
    #[error("no key of the set fits the token's kid and alg")]
    UnknownKey,
}

impl SignedIntrospectionError {
    /// A stable name of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "rfc9701.alg",
            Self::Audience => "rfc9701.aud",
            Self::Claims(_) => "rfc9701.claims",
            Self::Expiry => "rfc9701.exp",
            Self::IssuedAt => "rfc9701.iat",
            Self::IssuedInTheFuture => "rfc9701.iat.future",
            Self::IssuedTooLongAgo => "rfc9701.iat.past",
            Self::Issuer => "rfc9701.iss",
            Self::Jws(_) => "rfc9701.jws",
            Self::NotBefore => "rfc9701.nbf",
            Self::Signature => "rfc9701.signature",
            Self::TokenIntrospection => "rfc9701.token_introspection",
            Self::Type => "rfc9701.typ",
            Self::UnknownKey => "rfc9701.key.unknown",
        }
    }

    /// Whether fetching the issuer's keys again may help.
    #[must_use]
    pub fn is_unknown_key(&self) -> bool {
        *self == Self::UnknownKey
    }
}

impl From<JwsError> for SignedIntrospectionError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Claims(error) => Self::Claims(error),
            JwsError::Signature => Self::Signature,
            JwsError::UnknownKey => Self::UnknownKey,
            other => Self::Jws(other),
        }
    }
}
