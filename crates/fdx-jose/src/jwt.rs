//! The checks that signed JWTs of every type share (RFC 7519, RFC 8725).
//!
//! Each type has a profile: its code prefix, its `typ`, its audience and its times. The profile is
//! the `verify` function of the type, which calls the checks of [`UnverifiedJwt`] in its own order.
//! A caller learns the first rule that a token breaks.
//!
//! | type | codes | `typ` | `aud` | after `alg` |
//! |---|---|---|---|---|
//! | ID token | `oidc.id_token` | absent, `JWT` | includes the client, names no other | signature, `exp`, `iat`, `nbf` |
//! | authorization response | `jarm` | absent, `JWT`, `oauth-authz-resp+jwt` | the client | `exp`, `nbf`, signature |
//! | introspection response | `rfc9701` | `token-introspection+jwt` | the client | signature, `iat`, `exp` if present, `nbf` |
//!
//! The order before that is always `typ`, `iss`, `aud`, `alg`.

use core::time::Duration;
use std::collections::BTreeMap;

use fdx_wire::json::{JsonError, Limits, RawJson, Rounding};
use fdx_wire::members::Value;
use fdx_wire::{Issuer, Secret, UnixTime, json};
use subtle::ConstantTimeEq;

use crate::backend::Backend;
use crate::{Algorithm, Jwks, Jws, JwsError};

/// The greatest age of a token that reports `iat`: tokens are verified when they arrive.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// The values that a JWT is checked against, whatever its type.
#[derive(Clone, Copy, Debug)]
pub struct JwtExpectation<'a> {
    issuer: &'a Issuer,
    pub(crate) client_id: &'a str,
    algorithm: Option<Algorithm>,
    pub(crate) now: UnixTime,
    pub(crate) tolerance: Tolerance,
    repeated_iss: bool,
}

/// The allowed difference between the clocks of two parties: 10 seconds by default, 60 at most
/// (FAPI 2.0 Security Profile 5.3.2.1).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Tolerance(u8);

/// A rule that JWTs of every type share, and that a token broke. Never repeats a claim.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JwtError {
    /// Signed with an algorithm other than the registered one.
    #[error("the token is signed with {actual}, and {expected} is registered")]
    Algorithm {
        /// The registered algorithm.
        expected: Algorithm,
        /// The header's `alg`.
        actual: Algorithm,
    },
    /// `aud` is missing, malformed or does not identify the client.
    #[error("aud is missing, malformed or not the client_id")]
    Audience,
    /// The payload is not a JSON object.
    #[error("the claims can't be read: {0}")]
    Claims(JsonError),
    /// `exp` is in the past.
    #[error("exp is in the past: the token has expired")]
    Expired,
    /// `exp` is missing or not a number of seconds.
    #[error("exp is missing or not a number of seconds")]
    Expiry,
    /// `iat` is missing or not a number of seconds.
    #[error("iat is missing or not a number of seconds")]
    IssuedAt,
    /// `iat` is in the future.
    #[error("iat is in the future: compare the clocks")]
    IssuedInTheFuture,
    /// `iat` is more than an hour ago.
    #[error("iat is more than an hour ago")]
    IssuedTooLongAgo,
    /// `iss` is missing or not the issuer.
    #[error("iss is missing or not the issuer")]
    Issuer,
    /// Not a JWS that is accepted here.
    #[error("{0}")]
    Jws(JwsError),
    /// `nbf` is in the future or not a number of seconds.
    #[error("nbf is in the future or not a number of seconds")]
    NotBefore,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The header's `typ` names another type of token.
    #[error("typ names another type of token (RFC 8725 section 3.11)")]
    Type,
    /// No key of the set has the token's `kid` and `alg`.
    #[error("no key of the set has the token's kid and alg: fetch the keys again")]
    UnknownKey,
}

/// The stable code of a [`JwtError`] under the prefix of a token type.
macro_rules! jwt_error_code {
    ($prefix:literal, $error:expr) => {
        match $error {
            $crate::JwtError::Algorithm { .. } => concat!($prefix, ".alg"),
            $crate::JwtError::Audience => concat!($prefix, ".aud"),
            $crate::JwtError::Claims(_) => concat!($prefix, ".claims"),
            $crate::JwtError::Expired => concat!($prefix, ".exp.past"),
            $crate::JwtError::Expiry => concat!($prefix, ".exp"),
            $crate::JwtError::IssuedAt => concat!($prefix, ".iat"),
            $crate::JwtError::IssuedInTheFuture => concat!($prefix, ".iat.future"),
            $crate::JwtError::IssuedTooLongAgo => concat!($prefix, ".iat.past"),
            $crate::JwtError::Issuer => concat!($prefix, ".iss"),
            $crate::JwtError::Jws(_) => concat!($prefix, ".jws"),
            $crate::JwtError::NotBefore => concat!($prefix, ".nbf"),
            $crate::JwtError::Signature => concat!($prefix, ".signature"),
            $crate::JwtError::Type => concat!($prefix, ".typ"),
            $crate::JwtError::UnknownKey => concat!($prefix, ".key.unknown"),
        }
    };
}
pub(crate) use jwt_error_code;

/// The `typ` values that a token type accepts (RFC 8725 section 3.11).
pub(crate) enum TypRule<'a> {
    /// One of these, or no `typ` at all.
    Optional(&'a [&'a str]),
    /// This one.
    Required(&'a str),
}

/// A claim has another JSON type than its definition says.
pub(crate) struct Malformed;

/// The claims of a token, each kept as JSON until its own rule reads it, so that a wrong JSON type
/// breaks that rule and no other. A claim whose value is `null` is present.
pub(crate) struct Claims(BTreeMap<String, RawJson>);

/// A JWT whose header, payload and `typ` were read. Each check returns the rule that it enforces.
pub(crate) struct UnverifiedJwt<'a> {
    jws: Jws,
    claims: Claims,
    expected: &'a JwtExpectation<'a>,
}

impl<'a> JwtExpectation<'a> {
    /// Expects a token of `issuer` for `client_id` at the time `now`: signed with any of the
    /// algorithms, under the default tolerance.
    #[must_use]
    pub fn new(issuer: &'a Issuer, client_id: &'a str, now: UnixTime) -> Self {
        Self {
            issuer,
            client_id,
            algorithm: None,
            now,
            tolerance: Tolerance::default(),
            repeated_iss: false,
        }
    }

    /// Expects the registered algorithm; `None` accepts every algorithm of FAPI 2.0.
    #[must_use]
    pub fn with_algorithm(self, algorithm: Option<Algorithm>) -> Self {
        Self { algorithm, ..self }
    }

    /// Sets whether `iss` may occur twice among the claims, as two identical strings. Every other
    /// repeated member is rejected in any case.
    #[must_use]
    pub fn with_repeated_iss(self, repeated_iss: bool) -> Self {
        Self { repeated_iss, ..self }
    }

    /// Sets the allowed difference between the two clocks.
    #[must_use]
    pub fn with_tolerance(self, tolerance: Tolerance) -> Self {
        Self { tolerance, ..self }
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        self.issuer
    }

    /// The earliest time that may be now.
    fn earliest(&self) -> UnixTime {
        self.now - self.tolerance.as_duration()
    }

    /// The latest time that may be now.
    fn latest(&self) -> UnixTime {
        self.now + self.tolerance.as_duration()
    }
}

impl Tolerance {
    /// A tolerance in seconds; `None` if it is more than 60.
    ///
    /// ```
    /// use fdx_jose::Tolerance;
    ///
    /// assert!(Tolerance::seconds(60).is_some());
    /// assert!(Tolerance::seconds(61).is_none());
    /// ```
    #[must_use]
    pub const fn seconds(seconds: u8) -> Option<Self> {
        if seconds <= 60 { Some(Self(seconds)) } else { None }
    }

    /// The tolerance as a duration.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl Default for Tolerance {
    fn default() -> Self {
        Self(10)
    }
}

impl From<JwsError> for JwtError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Claims(error) => Self::Claims(error),
            JwsError::Signature => Self::Signature,
            JwsError::UnknownKey => Self::UnknownKey,
            other => Self::Jws(other),
        }
    }
}

impl<'a> UnverifiedJwt<'a> {
    /// Reads a compact JWS, checks its `typ`, then reads its claims.
    pub(crate) fn read(
        token: &str,
        typ: &TypRule<'_>,
        expected: &'a JwtExpectation<'a>,
    ) -> Result<Self, JwtError> {
        let jws = Jws::parse(token)?;
        let accepted = match typ {
            TypRule::Optional(types) => {
                jws.typ().is_none() || types.iter().any(|typ| jws.is_typ(typ))
            }
            TypRule::Required(typ) => jws.is_typ(typ),
        };
        if !accepted {
            return Err(JwtError::Type);
        }
        let claims = match expected.repeated_iss {
            true => Claims::with_one_iss(&jws)?,
            false => Claims(jws.claims()?),
        };
        Ok(Self { jws, claims, expected })
    }

    pub(crate) fn jws(&self) -> &Jws {
        &self.jws
    }

    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Checks that `iss` is exactly the issuer.
    pub(crate) fn check_issuer(&self) -> Result<(), JwtError> {
        match self.claims.text("iss") {
            Ok(Some(iss)) if iss == self.expected.issuer.as_str() => Ok(()),
            _ => Err(JwtError::Issuer),
        }
    }

    /// The values of `aud`: a string, or an array of strings.
    pub(crate) fn audience(&self) -> Result<Vec<String>, JwtError> {
        let claim = self.claims.get("aud").ok_or(JwtError::Audience)?;
        let audience = match claim.as_str().starts_with('[') {
            true => claim.read(),
            false => claim.read().map(|one| vec![one]),
        };
        audience.map_err(|_| JwtError::Audience)
    }

    /// Checks that `aud` is the client, as a string or as an array of one.
    pub(crate) fn check_audience_is_client(&self) -> Result<(), JwtError> {
        let is_client = self.audience()? == [self.expected.client_id];
        is_client.then_some(()).ok_or(JwtError::Audience)
    }

    /// Checks that `alg` is the registered algorithm.
    pub(crate) fn check_algorithm(&self) -> Result<(), JwtError> {
        let actual = self.jws.algorithm();
        match self.expected.algorithm {
            Some(expected) if expected != actual => Err(JwtError::Algorithm { expected, actual }),
            _ => Ok(()),
        }
    }

    /// Checks the signature with the key of `keys` that has the token's `kid` and `alg`.
    pub(crate) fn check_signature(&self, backend: Backend, keys: &Jwks) -> Result<(), JwtError> {
        self.jws.verify_with(backend, keys)?;
        Ok(())
    }

    /// Checks that `exp` is present and in the future. Returns it.
    pub(crate) fn check_expiry(&self) -> Result<UnixTime, JwtError> {
        match self.claims.time("exp", Rounding::Down) {
            Ok(Some(exp)) if exp > self.expected.earliest() => Ok(exp),
            Ok(Some(_)) => Err(JwtError::Expired),
            _ => Err(JwtError::Expiry),
        }
    }

    /// Checks `exp` if it is present.
    pub(crate) fn check_expiry_if_present(&self) -> Result<(), JwtError> {
        match self.claims.get("exp") {
            Some(_) => self.check_expiry().map(drop),
            None => Ok(()),
        }
    }

    /// Checks that `iat` is present, not in the future and at most an hour ago. Returns it.
    pub(crate) fn check_issued_at(&self) -> Result<UnixTime, JwtError> {
        let read = |rounding| match self.claims.time("iat", rounding) {
            Ok(Some(iat)) => Ok(iat),
            _ => Err(JwtError::IssuedAt),
        };
        if read(Rounding::Up)? > self.expected.latest() {
            return Err(JwtError::IssuedInTheFuture);
        }
        let iat = read(Rounding::Down)?;
        if self.expected.earliest().since(iat) > MAX_AGE {
            return Err(JwtError::IssuedTooLongAgo);
        }
        Ok(iat)
    }

    /// Checks that `nbf`, if present, is not in the future.
    pub(crate) fn check_not_before(&self) -> Result<(), JwtError> {
        match self.claims.time("nbf", Rounding::Up) {
            Ok(None) => Ok(()),
            Ok(Some(nbf)) if nbf <= self.expected.latest() => Ok(()),
            _ => Err(JwtError::NotBefore),
        }
    }
}

impl Claims {
    /// The claims, where `iss` may be there twice as the same string.
    pub(crate) fn with_one_iss(jws: &Jws) -> Result<Self, JwsError> {
        let limits = Limits { repeatable: Some("iss"), ..Limits::bytes(crate::MAX_JWS_BYTES) };
        json::object_from_slice(jws.payload(), &limits).map(Self).map_err(JwsError::Claims)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&RawJson> {
        self.0.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Malformed> {
        self.get(name).map(RawJson::read).transpose().map_err(|_| Malformed)
    }

    /// A text that is wiped.
    pub(crate) fn secret(&self, name: &str) -> Result<Option<Secret>, Malformed> {
        self.get(name).map(RawJson::read).transpose().map_err(|_| Malformed)
    }

    /// NumericDate (RFC 7519 section 2), before the year 9999. It may have a fraction, which is
    /// rounded in the direction that rejects more.
    pub(crate) fn time(
        &self,
        name: &str,
        rounding: Rounding,
    ) -> Result<Option<UnixTime>, Malformed> {
        let Some(claim) = self.get(name) else { return Ok(None) };
        let seconds = Value::of_raw(claim).ok().and_then(|value| value.to_rounded(rounding));
        let seconds = seconds.ok_or(Malformed)?;
        let time = UnixTime::from_seconds(seconds);
        if time.as_seconds() == seconds { Ok(Some(time)) } else { Err(Malformed) }
    }
}

/// Compares in constant time.
pub(crate) fn constant_time_eq(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
