//! Signed introspection responses (RFC 9701).

use core::fmt;

use fdx_wire::json::RawJson;
use fdx_wire::{Issuer, UnixTime};

use crate::backend::Backend;
use crate::jwt::{TypRule, UnverifiedJwt, jwt_error_code};
use crate::{Jwks, JwtError, JwtExpectation};

/// A signed introspection response that passed every check.
#[derive(Clone, Eq, PartialEq)]
pub struct SignedIntrospection {
    issuer: Issuer,
    issued_at: UnixTime,
    token_introspection: RawJson,
}

/// The rule of RFC 9701 section 5 that a signed introspection response broke. Never repeats a
/// claim.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedIntrospectionError {
    /// A rule that JWTs of every type share.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// `token_introspection` is missing or not an object.
    #[error("token_introspection is missing or not a JSON object")]
    TokenIntrospection,
}

impl SignedIntrospection {
    /// Checks `token`, the body of the response: `typ`, `iss`, `aud`, `alg`, signature, `iat` (at
    /// most an hour ago), `exp` and `nbf` if they are present, `token_introspection`.
    ///
    /// # Errors
    /// [`SignedIntrospectionError`]: the first rule that the token breaks.
    pub fn verify(
        token: &str,
        expected: &JwtExpectation<'_>,
        backend: Backend,
        keys: &Jwks,
    ) -> Result<Self, SignedIntrospectionError> {
        // RFC 9701 5: the typ header parameter MUST be token-introspection+jwt.
        let typ = TypRule::Required("token-introspection+jwt");
        let jwt = UnverifiedJwt::read(token, &typ, expected)?;
        jwt.check_issuer()?;
        // RFC 9701 5: aud MUST identify the party that receives the response.
        jwt.check_audience_is_client()?;
        jwt.check_algorithm()?;
        jwt.check_signature(backend, keys)?;
        let issued_at = jwt.check_issued_at()?;
        jwt.check_expiry_if_present()?;
        jwt.check_not_before()?;
        let object = jwt.claims().get("token_introspection");
        let object = object.filter(|json| json.as_str().starts_with('{'));
        Ok(Self {
            issuer: expected.issuer().clone(),
            issued_at,
            token_introspection: object
                .ok_or(SignedIntrospectionError::TokenIntrospection)?
                .clone(),
        })
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// `iat`: when the server introspected the token.
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

impl SignedIntrospectionError {
    /// The stable code of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Jwt(error) => jwt_error_code!("rfc9701", error),
            Self::TokenIntrospection => "rfc9701.token_introspection",
        }
    }

    /// Whether the response may verify after the issuer's keys are fetched again.
    #[must_use]
    pub fn is_unknown_key(&self) -> bool {
        matches!(self, Self::Jwt(JwtError::UnknownKey))
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
