use fdx_wire::json::JsonError;

use crate::{Algorithm, JwsError};

/// The rule of JARM (sections 2.1 and 2.4) that a response broke. Never repeats what it says.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationResponseError {
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
    /// `code` and `error` are both there.
    #[error("the response has both a code and an error")]
    BothCodeAndError,
    /// The payload is not a JSON object.
    #[error("the claims can't be read: {0}")]
    Claims(JsonError),
    /// `code` is empty or not a text.
    #[error("code is empty or not a text")]
    Code,
    /// `error` is empty or not a text.
    #[error("error is empty or not a text")]
    Error,
    /// `error_description` is not a text.
    #[error("error_description is not a text")]
    ErrorDescription,
    /// `error_uri` is not a text.
    #[error("error_uri is not a text")]
    ErrorUri,
    /// `exp` is missing or not a whole number of seconds.
    #[error("exp is missing or not a whole number of seconds")]
    Expiry,
    /// `exp` is past.
    #[error("the response has expired")]
    Expired,
    /// `iss` is missing or not the issuer.
    #[error("iss is missing or not the issuer")]
    Issuer,
    /// Not a JWS that may be looked at.
    #[error("{0}")]
    Jws(JwsError),
    /// Neither `code` nor `error` is there.
    #[error("the response has neither a code nor an error")]
    Neither,
    /// `nbf` lies in the future or is not a whole number of seconds.
    #[error("nbf lies in the future or is not a whole number of seconds")]
    NotBefore,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// `state` is not a text.
    #[error("state is not a text")]
    State,
    /// The header's `typ` is that of another kind of token.
    #[error("typ is that of another kind of token")]
    Type,
    /// No key of the set fits.
    #[error("no key of the set fits the token's kid and alg")]
    UnknownKey,
}

impl AuthorizationResponseError {
    /// A stable name of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "jarm.alg",
            Self::Audience => "jarm.aud",
            Self::BothCodeAndError => "jarm.code.error",
            Self::Claims(_) => "jarm.claims",
            Self::Code => "jarm.code",
            Self::Error => "jarm.error",
            Self::ErrorDescription => "jarm.error_description",
            Self::ErrorUri => "jarm.error_uri",
            Self::Expiry => "jarm.exp",
            Self::Expired => "jarm.exp.past",
            Self::Issuer => "jarm.iss",
            Self::Jws(_) => "jarm.jws",
            Self::Neither => "jarm.code.missing",
            Self::NotBefore => "jarm.nbf",
            Self::Signature => "jarm.signature",
            Self::State => "jarm.state",
            Self::Type => "jarm.typ",
            Self::UnknownKey => "jarm.key.unknown",
        }
    }

    /// Whether fetching the issuer's keys again may help.
    #[must_use]
    pub fn is_unknown_key(&self) -> bool {
        *self == Self::UnknownKey
    }
}

impl From<JwsError> for AuthorizationResponseError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Claims(error) => Self::Claims(error),
            JwsError::Signature => Self::Signature,
            JwsError::UnknownKey => Self::UnknownKey,
            other => Self::Jws(other),
        }
    }
}
