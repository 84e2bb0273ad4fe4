//! Signed introspection responses (RFC 9701).

mod claims;
mod error;
mod expectation;

use core::fmt;

use fdx_wire::json::RawJson;
use fdx_wire::{Issuer, UnixTime};

use self::claims::Claims;
use crate::backend::Backend;
use crate::{Jwks, Jws};

pub use error::SignedIntrospectionError;
pub use expectation::SignedIntrospectionExpectation;

/// A signed introspection response that passed every check.
#[derive(Clone, Eq, PartialEq)]
pub struct SignedIntrospection {
    issuer: Issuer,
    issued_at: UnixTime,
    token_introspection: RawJson,
}

impl SignedIntrospection {
    /// Checks `token` (the response's body): `typ`, `iss`, `aud`, `alg`, signature, `iat` (at most
    /// an hour ago), `exp` and `nbf` where they are there, `token_introspection`.
    ///
    /// # Errors
    /// [`SignedIntrospectionError`], by the first rule that it breaks.
    pub fn verify(
        token: &str,
        expected: &SignedIntrospectionExpectation<'_>,
        backend: Backend,
        keys: &Jwks,
    ) -> Result<Self, SignedIntrospectionError> {
        let jws = Jws::parse(token)?;
        // RFC 9701 5: the typ header parameter MUST be token-introspection+jwt.
        if !jws.is_typ("token-introspection+jwt") {
            return Err(SignedIntrospectionError::Type);
        }
        let claims: Claims = jws.claims()?;
        claims.issuer(expected)?;
        claims.audience(expected)?;
        let found = jws.algorithm();
        match expected.algorithm {
            Some(expected) if expected != found => {
                return Err(SignedIntrospectionError::Algorithm { expected, found });
            }
            _ => {}
        }
        jws.verify_with(backend, keys)?;
        Ok(Self {
            issuer: expected.issuer.clone(),
            issued_at: claims.times(expected)?,
            token_introspection: claims.token_introspection()?,
        })
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// `iat`: when the server looked at the token.
    #[must_use]
    pub fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// `token_introspection`: the introspection response itself (RFC 7662 section 2.2), a JSON
    /// object.
    #[must_use]
    pub fn token_introspection(&self) -> &RawJson {
        &self.token_introspection
    }
}

impl fmt::Debug for SignedIntrospection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIntrospection")
            .field("issuer", &self.issuer)
            .field("issued_at", &self.issued_at)
            .finish_non_exhaustive()
    }
}
