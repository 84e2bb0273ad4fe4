use fdx_wire::json::JsonError;

use crate::{Algorithm, JweError, JwsError};

/// The rule of OpenID Connect Core 3.1.3.7 that an ID token broke. Never repeats what it says.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// `at_hash` is not the hash of the access token.
    #[error("at_hash does not fit the access token")]
    AccessTokenHash,
    /// `acr` is none of those that were asked for.
    #[error("acr is missing or none of those that were asked for")]
    Acr,
    /// Signed with another algorithm than was registered.
    #[error("signed with {found}, and {expected} was registered")]
    Algorithm {
        /// What was registered.
        expected: Algorithm,
        /// What the header says.
        found: Algorithm,
    },
    /// `aud` is missing or does not name the client.
    #[error("aud is missing, malformed or not the client_id")]
    Audience,
    /// `aud` names someone else too.
    #[error("aud names another party beside the client, and none is trusted")]
    AudienceUntrusted,
    /// `auth_time` is missing though `max_age` was asked for, malformed or in the future.
    #[error("auth_time is missing, malformed or in the future")]
    AuthTime,
    /// The customer logged in longer ago than `max_age`.
    #[error("the customer's login is older than max_age")]
    AuthTimeTooOld,
    /// `azp` is not the client.
    #[error("azp is not the client_id")]
    AuthorizedParty,
    /// The payload is not a JSON object.
    #[error("the claims can't be read: {0}")]
    Claims(JsonError),
    /// Encrypted, and no encryption was registered.
    #[error("the ID token is encrypted, and that was not registered")]
    Encrypted,
    /// `exp` is missing or not a whole number of seconds.
    #[error("exp is missing or not a whole number of seconds")]
    Expiry,
    /// `exp` is past.
    #[error("the token has expired")]
    Expired,
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
    /// Encrypted in a way that may not be looked at, or to a key that is none of ours.
    #[error("{0}")]
    Jwe(JweError),
    /// Not a JWS that may be looked at.
    #[error("{0}")]
    Jws(JwsError),
    /// `nonce` is missing or not the one of the request.
    #[error("nonce is missing or not the one that was sent")]
    Nonce,
    /// `nonce` is there though none was sent.
    #[error("nonce is there, and none was sent")]
    NonceUnexpected,
    /// `nbf` lies in the future or is not a whole number of seconds.
    #[error("nbf lies in the future or is not a whole number of seconds")]
    NotBefore,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// `sub` is missing, empty, longer than 255 characters or not ASCII.
    #[error("sub is missing or not 1 to 255 characters of ASCII")]
    Subject,
    /// The header's `typ` is that of another kind of token.
    #[error("typ is that of another kind of token")]
    Type,
    /// Not encrypted, though it was registered to be.
    #[error("the ID token is not encrypted, and was registered to be")]
    Unencrypted,
    /// No key of the set fits.
    #[error("no key of the set fits the token's kid and alg")]
    UnknownKey,
    /// The encrypted ID token does not open. Why is not told (RFC 7516 section 11.5).
    #[error("the encrypted ID token does not open")]
    Unopened,
    /// What was encrypted is not signed.
    #[error("what was encrypted is not signed, and an ID token is")]
    Unsigned,
}

impl IdTokenError {
    /// A stable name of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AccessTokenHash => "oidc.id_token.at_hash",
            Self::Acr => "oidc.id_token.acr",
            Self::Algorithm { .. } => "oidc.id_token.alg",
            Self::Audience => "oidc.id_token.aud",
            Self::AudienceUntrusted => "oidc.id_token.aud.untrusted",
            Self::AuthTime => "oidc.id_token.auth_time",
            Self::AuthTimeTooOld => "oidc.id_token.auth_time.max_age",
            Self::AuthorizedParty => "oidc.id_token.azp",
            Self::Claims(_) => "oidc.id_token.claims",
            Self::Encrypted => "oidc.id_token.encrypted",
            Self::Expiry => "oidc.id_token.exp",
            Self::Expired => "oidc.id_token.exp.past",
            Self::IssuedAt => "oidc.id_token.iat",
            Self::IssuedInTheFuture => "oidc.id_token.iat.future",
            Self::IssuedTooLongAgo => "oidc.id_token.iat.past",
            Self::Issuer => "oidc.id_token.iss",
            Self::Jwe(_) => "oidc.id_token.jwe",
            Self::Jws(_) => "oidc.id_token.jws",
            Self::Nonce => "oidc.id_token.nonce",
            Self::NonceUnexpected => "oidc.id_token.nonce.unexpected",
            Self::NotBefore => "oidc.id_token.nbf",
            Self::Signature => "oidc.id_token.signature",
            Self::Subject => "oidc.id_token.sub",
            Self::Type => "oidc.id_token.typ",
            Self::Unencrypted => "oidc.id_token.unencrypted",
            Self::UnknownKey => "oidc.id_token.key.unknown",
            Self::Unopened => "oidc.id_token.unopened",
            Self::Unsigned => "oidc.id_token.unsigned",
        }
    }

    /// Whether fetching the issuer's keys again may help.
    #[must_use]
    pub fn is_unknown_key(&self) -> bool {
        *self == Self::UnknownKey
    }
}

impl From<JweError> for IdTokenError {
    fn from(error: JweError) -> Self {
        match error {
            JweError::Unopened => Self::Unopened,
            other => Self::Jwe(other),
        }
    }
}

impl From<JwsError> for IdTokenError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Claims(error) => Self::Claims(error),
            JwsError::Signature => Self::Signature,
            JwsError::UnknownKey => Self::UnknownKey,
            other => Self::Jws(other),
        }
    }
}
