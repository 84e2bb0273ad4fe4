//! ID tokens (OpenID Connect Core 3.1.3.7), validated in full and always by their signature.

mod at_hash;
mod claims;
mod error;
mod expectation;

use core::fmt;

use fdx_wire::json::{self, JsonError, Limits};
use fdx_wire::{Issuer, UnixTime};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use self::claims::Claims;
use crate::backend::Backend;
use crate::jws::MAX_BYTES;
use crate::{Jwks, Jws};

pub use at_hash::at_hash;
pub use error::IdTokenError;
pub use expectation::IdTokenExpectation;

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

impl IdToken {
    /// Checks `token` in the order of the specification: `typ`, `iss`, `aud`, `azp`, `alg`,
    /// signature, `exp`, `iat` (at most an hour ago), `nbf`, `nonce`, `auth_time`, `acr`, `sub`,
    /// `at_hash`.
    ///
    /// # Errors
    /// [`IdTokenError`], by the first rule that it breaks.
    pub fn verify(
        token: &str,
        expected: &IdTokenExpectation<'_>,
        backend: Backend,
        keys: &Jwks,
    ) -> Result<Self, IdTokenError> {
        let jws = Jws::parse(token)?;
        // RFC 8725 3.11: tokens of another kind, signed by the same issuer, must not pass here.
        let other_typ = expected.other_typ.is_some_and(|typ| jws.is_typ(typ));
        if jws.typ().is_some() && !jws.is_typ("JWT") && !other_typ {
            return Err(IdTokenError::Type);
        }
        let claims: Claims = jws.claims()?;
        // check: IdTokenIssuer
        claims.issuer(expected)?;
        // check: IdTokenAudience
        claims.audience(expected)?;
        let found = jws.algorithm();
        match expected.algorithm {
            Some(expected) if expected != found => {
                return Err(IdTokenError::Algorithm { expected, found });
            }
            _ => {}
        }
        // check: IdTokenSignature
        jws.verify_with(backend, keys)?;
        let expires_at = claims.times(expected)?;
        // check: IdTokenNonce
        claims.nonce(expected)?;
        let auth_time = claims.auth_time(expected)?;
        let acr = claims.acr(expected)?;
        let subject = claims.subject()?;
        // check: AccessTokenHash
        claims.access_token(found, expected.access_token)?;
        Ok(Self {
            issuer: expected.issuer.clone(),
            subject,
            auth_time,
            acr,
            expires_at,
            payload: Zeroizing::new(jws.payload().to_vec()),
        })
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// `sub`: who the customer is to this issuer.
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
    /// [`JsonError`] where the claims have another shape.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        json::object_from_slice(&self.payload, &Limits::bytes(MAX_BYTES))
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
