//! ID tokens (OpenID Connect Core 3.1.3.7). The signature is always verified.

use core::fmt;
use core::time::Duration;

use fdx_wire::json::{self, JsonError, Limits, Rounding};
use fdx_wire::{Issuer, Secret, UnixTime, base64url};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::backend::Backend;
use crate::jws::MAX_BYTES;
use crate::jwt::{TypRule, UnverifiedJwt, constant_time_eq, jwt_error_code};
use crate::{Algorithm, JweError, Jwks, JwtError, JwtExpectation};

/// An ID token that passed every check.
#[derive(Clone, Eq, PartialEq)]
pub struct IdToken {
    issuer: Issuer,
    subject: String,
    auth_time: Option<UnixTime>,
    acr: Option<String>,
    expires_at: UnixTime,
    payload: Zeroizing<Vec<u8>>,
}

/// The values that an ID token is checked against.
#[derive(Clone, Copy)]
pub struct IdTokenExpectation<'a> {
    jwt: JwtExpectation<'a>,
    other_typ: Option<&'a str>,
    nonce: Option<&'a str>,
    access_token: Option<&'a Secret>,
    max_age: Option<u64>,
    acr_values: Option<&'a str>,
}

/// The rule of OpenID Connect Core 3.1.3.7 that an ID token broke. Never repeats a claim.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// `at_hash` is not the hash of the access token.
    #[error("at_hash is not the hash of the access token")]
    AccessTokenHash,
    /// `acr` is missing or not one of the requested values.
    #[error("acr is missing or not one of the requested acr_values")]
    Acr,
    /// `aud` names another party in addition to the client.
    #[error("aud names another party in addition to the client, and no other party is trusted")]
    AudienceUntrusted,
    /// `auth_time` is missing although `max_age` was requested, malformed or in the future.
    #[error("auth_time is missing, malformed or in the future")]
    AuthTime,
    /// The customer logged in longer ago than `max_age`.
    #[error("the customer's login is older than max_age: start a new flow")]
    AuthTimeTooOld,
    /// `azp` is not the client.
    #[error("azp is not the client_id")]
    AuthorizedParty,
    /// Encrypted, and there is no decryption key.
    #[error("the ID token is encrypted, and no decryption key is configured")]
    Encrypted,
    /// A JWE that is not accepted here, or one that is encrypted to an unknown key.
    #[error("{0}")]
    Jwe(JweError),
    /// A rule that JWTs of every type share.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// `nonce` is missing or not the nonce of the request.
    #[error("nonce is missing or not the nonce of the request")]
    Nonce,
    /// `nonce` is present, and the request had none.
    #[error("nonce is present, and the request had none")]
    NonceUnexpected,
    /// `sub` is missing, empty, longer than 255 characters or not ASCII.
    #[error("sub is missing or not 1 to 255 ASCII characters")]
    Subject,
    /// Not encrypted, and encryption is registered.
    #[error("the ID token is not encrypted, and encryption is registered")]
    Unencrypted,
    /// The encrypted ID token can't be decrypted. The reason is not reported (RFC 7516 section
    /// 11.5).
    #[error("the encrypted ID token can't be decrypted")]
    Unopened,
    /// The content of the encrypted ID token is not signed.
    #[error("the content of the encrypted ID token is not a signed JWT")]
    Unsigned,
}

impl IdToken {
    /// Checks `token` in the order of the specification: `typ`, `iss`, `aud`, `azp`, `alg`,
    /// signature, `exp`, `iat` (at most an hour ago), `nbf`, `nonce`, `auth_time`, `acr`, `sub`,
    /// `at_hash`.
    ///
    /// # Errors
    /// [`IdTokenError`]: the first rule that the token breaks.
    pub fn verify(
        token: &str,
        expected: &IdTokenExpectation<'_>,
        backend: Backend,
        keys: &Jwks,
    ) -> Result<Self, IdTokenError> {
        // RFC 8725 3.11: tokens of another type, signed by the same issuer, must not pass.
        let types = ["JWT", expected.other_typ.unwrap_or("JWT")];
        let jwt = UnverifiedJwt::read(token, &TypRule::Optional(&types), &expected.jwt)?;
        // check: IdTokenIssuer
        jwt.check_issuer()?;
        // check: IdTokenAudience
        expected.check_audience(&jwt)?;
        jwt.check_algorithm()?;
        // check: IdTokenSignature
        jwt.check_signature(backend, keys)?;
        let expires_at = jwt.check_expiry()?;
        jwt.check_issued_at()?;
        jwt.check_not_before()?;
        // check: IdTokenNonce
        expected.check_nonce(&jwt)?;
        let auth_time = expected.check_auth_time(&jwt)?;
        let acr = expected.check_acr(&jwt)?;
        let subject = subject(&jwt)?;
        // check: AccessTokenHash
        expected.check_access_token(&jwt)?;
        Ok(Self {
            issuer: expected.jwt.issuer().clone(),
            subject,
            auth_time,
            acr,
            expires_at,
            payload: Zeroizing::new(jwt.jws().payload().to_vec()),
        })
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// `sub`: the customer's identifier at this issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// `auth_time`: when the customer logged in.
    #[must_use]
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.auth_time
    }

    /// `acr`: how the customer logged in.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }

    /// `exp`.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// Reads any other claim, from strict JSON.
    ///
    /// # Errors
    /// [`JsonError`] if the claims have another shape.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        json::object_from_slice(&self.payload, &Limits::bytes(MAX_BYTES))
    }
}

impl<'a> IdTokenExpectation<'a> {
    /// Expects a token without `nonce`, and does not check `at_hash`, `auth_time` or `acr`.
    #[must_use]
    pub fn new(jwt: JwtExpectation<'a>) -> Self {
        Self {
            jwt,
            other_typ: None,
            nonce: None,
            access_token: None,
            max_age: None,
            acr_values: None,
        }
    }

    /// Accepts this `typ` in addition to `JWT` and no `typ`, for servers that write another one.
    #[must_use]
    pub fn with_other_typ(self, other_typ: Option<&'a str>) -> Self {
        Self { other_typ, ..self }
    }

    /// Expects the `nonce` of the authorization request; `None` if the request had none.
    #[must_use]
    pub fn with_nonce(self, nonce: Option<&'a str>) -> Self {
        Self { nonce, ..self }
    }

    /// Checks `at_hash`, if present, against the access token of the same response.
    #[must_use]
    pub fn with_access_token(self, access_token: &'a Secret) -> Self {
        Self { access_token: Some(access_token), ..self }
    }

    /// Expects a login that is at most as old as the requested `max_age`, in seconds.
    #[must_use]
    pub fn with_max_age(self, max_age: Option<u64>) -> Self {
        Self { max_age, ..self }
    }

    /// Expects `acr` to be one of the requested `acr_values`, which are separated by spaces.
    #[must_use]
    pub fn with_acr_values(self, acr_values: Option<&'a str>) -> Self {
        Self { acr_values, ..self }
    }

    fn check_audience(&self, jwt: &UnverifiedJwt<'_>) -> Result<(), IdTokenError> {
        let (audience, client_id) = (jwt.audience()?, self.jwt.client_id);
        if !audience.iter().any(|aud| aud == client_id) {
            return Err(JwtError::Audience.into());
        }
        // OpenID Connect Core 3.1.3.7: reject if aud contains audiences that are not trusted.
        if audience.iter().any(|aud| aud != client_id) {
            return Err(IdTokenError::AudienceUntrusted);
        }
        match jwt.claims().text("azp") {
            Ok(None) => Ok(()),
            Ok(Some(azp)) if azp == client_id => Ok(()),
            _ => Err(IdTokenError::AuthorizedParty),
        }
    }

    fn check_nonce(&self, jwt: &UnverifiedJwt<'_>) -> Result<(), IdTokenError> {
        match (self.nonce, jwt.claims().get("nonce")) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(IdTokenError::NonceUnexpected),
            (Some(expected), _) => match jwt.claims().secret("nonce") {
                Ok(Some(actual)) if constant_time_eq(expected, actual.expose()) => Ok(()),
                _ => Err(IdTokenError::Nonce),
            },
        }
    }

    fn check_auth_time(&self, jwt: &UnverifiedJwt<'_>) -> Result<Option<UnixTime>, IdTokenError> {
        let (now, tolerance) = (self.jwt.now, self.jwt.tolerance.as_duration());
        let auth_time =
            jwt.claims().time("auth_time", Rounding::Down).map_err(|_| IdTokenError::AuthTime)?;
        match (auth_time, self.max_age) {
            (Some(at), _) if at > now + tolerance => Err(IdTokenError::AuthTime),
            (Some(at), Some(max_age)) => {
                let limit = Duration::from_secs(max_age).saturating_add(tolerance);
                if now.since(at) > limit {
                    return Err(IdTokenError::AuthTimeTooOld);
                }
                Ok(Some(at))
            }
            // OpenID Connect Core 2: when a max_age request is made, auth_time is REQUIRED.
            (None, Some(_)) => Err(IdTokenError::AuthTime),
            (auth_time, None) => Ok(auth_time),
        }
    }

    fn check_acr(&self, jwt: &UnverifiedJwt<'_>) -> Result<Option<String>, IdTokenError> {
        let acr = jwt.claims().text("acr").map_err(|_| IdTokenError::Acr)?;
        let requested = self.acr_values.unwrap_or_default();
        let mut values = requested.split(' ').filter(|value| !value.is_empty()).peekable();
        if values.peek().is_some() && !values.any(|value| acr.as_deref() == Some(value)) {
            return Err(IdTokenError::Acr);
        }
        Ok(acr)
    }

    fn check_access_token(&self, jwt: &UnverifiedJwt<'_>) -> Result<(), IdTokenError> {
        let (Some(_), Some(token)) = (jwt.claims().get("at_hash"), self.access_token) else {
            return Ok(());
        };
        let expected = at_hash(jwt.jws().algorithm(), token);
        match jwt.claims().text("at_hash") {
            Ok(Some(actual)) if constant_time_eq(&expected, &actual) => Ok(()),
            _ => Err(IdTokenError::AccessTokenHash),
        }
    }
}

fn subject(jwt: &UnverifiedJwt<'_>) -> Result<String, IdTokenError> {
    // OpenID Connect Core 2: sub MUST NOT exceed 255 ASCII characters in length.
    match jwt.claims().text("sub") {
        Ok(Some(sub)) if (1..=255).contains(&sub.len()) && sub.is_ascii() => Ok(sub),
        _ => Err(IdTokenError::Subject),
    }
}

/// The `at_hash` of an access token: the left half of its hash (OpenID Connect Core 3.1.3.6), which
/// is SHA-256 for ES256 and PS256, and SHA-512 for EdDSA, because Ed25519 itself uses SHA-512.
#[must_use]
pub fn at_hash(algorithm: Algorithm, access_token: &Secret) -> String {
    let token = access_token.expose();
    let half = |digest: &[u8]| {
        let (left, _) = digest.split_at(digest.len() / 2);
        base64url::encode(left)
    };
    match algorithm {
        Algorithm::EdDsa => half(&Sha512::digest(token)),
        Algorithm::Es256 | Algorithm::Ps256 => half(&Sha256::digest(token)),
    }
}

impl IdTokenError {
    /// The stable code of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AccessTokenHash => "oidc.id_token.at_hash",
            Self::Acr => "oidc.id_token.acr",
            Self::AudienceUntrusted => "oidc.id_token.aud.untrusted",
            Self::AuthTime => "oidc.id_token.auth_time",
            Self::AuthTimeTooOld => "oidc.id_token.auth_time.max_age",
            Self::AuthorizedParty => "oidc.id_token.azp",
            Self::Encrypted => "oidc.id_token.encrypted",
            Self::Jwe(_) => "oidc.id_token.jwe",
            Self::Jwt(error) => jwt_error_code!("oidc.id_token", error),
            Self::Nonce => "oidc.id_token.nonce",
            Self::NonceUnexpected => "oidc.id_token.nonce.unexpected",
            Self::Subject => "oidc.id_token.sub",
            Self::Unencrypted => "oidc.id_token.unencrypted",
            Self::Unopened => "oidc.id_token.unopened",
            Self::Unsigned => "oidc.id_token.unsigned",
        }
    }

    /// Whether the token may verify after the issuer's keys are fetched again.
    #[must_use]
    pub fn is_unknown_key(&self) -> bool {
        matches!(self, Self::Jwt(JwtError::UnknownKey))
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

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdToken")
            .field("issuer", &self.issuer)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for IdTokenExpectation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokenExpectation").field("jwt", &self.jwt).finish_non_exhaustive()
    }
}
