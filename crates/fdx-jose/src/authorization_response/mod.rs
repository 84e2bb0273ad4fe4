//! JARM: the authorization response as a signed JWT (JWT Secured Authorization Response Mode for
//! OAuth 2.0, section 2).

mod claims;
mod error;
mod expectation;

use core::fmt;

use fdx_wire::{Issuer, Secret};

use self::claims::{Claims, Outcome, State};
use crate::backend::Backend;
use crate::{Jwks, Jws};

pub use error::AuthorizationResponseError;
pub use expectation::AuthorizationResponseExpectation;

/// An authorization response that passed every check. It has a code or an error, never both.
#[derive(Clone, Eq, PartialEq)]
pub struct AuthorizationResponse {
    issuer: Issuer,
    state: Option<Secret>,
    outcome: Outcome,
}

impl AuthorizationResponse {
    /// The `state` that the token claims, of which *nothing was verified*: it serves to find the
    /// pending flow that the token has to be checked against, and for nothing else.
    #[must_use]
    pub fn claimed_state(token: &str) -> Option<Secret> {
        Jws::parse(token).ok()?.claims::<State>().ok()?.text()
    }

    /// Checks `token` in the order of the specification: `typ`, `iss` (before any key is looked
    /// at), `aud`, `alg`, `exp`, `nbf`, signature; and only then reads `state`, `code` and `error`.
    ///
    /// # Errors
    /// [`AuthorizationResponseError`], by the first rule that it breaks.
    pub fn verify(
        token: &str,
        expected: &AuthorizationResponseExpectation<'_>,
        backend: Backend,
        keys: &Jwks,
    ) -> Result<Self, AuthorizationResponseError> {
        let jws = Jws::parse(token)?;
        // RFC 8725 3.11: JARM names no typ, so one of another kind must not pass.
        let fits = jws.typ().is_none() || jws.is_typ("JWT") || jws.is_typ("oauth-authz-resp+jwt");
        if !fits {
            return Err(AuthorizationResponseError::Type);
        }
        let claims: Claims = jws.claims()?;
        claims.issuer(expected)?;
        claims.audience(expected)?;
        let found = jws.algorithm();
        match expected.algorithm {
            Some(expected) if expected != found => {
                return Err(AuthorizationResponseError::Algorithm { expected, found });
            }
            _ => {}
        }
        claims.times(expected)?;
        jws.verify_with(backend, keys)?;
        Ok(Self {
            issuer: expected.issuer.clone(),
            state: claims.state()?,
            outcome: claims.outcome()?,
        })
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// `state`, which the caller compares with the one that was sent.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_ref().map(Secret::expose)
    }

    /// `code`, unless there is an error.
    #[must_use]
    pub fn code(&self) -> Option<&Secret> {
        match &self.outcome {
            Outcome::Code(code) => Some(code),
            Outcome::Error { .. } => None,
        }
    }

    /// `error`, unless there is a code. The server's text, unescaped.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Code(_) => None,
            Outcome::Error { error, .. } => Some(error),
        }
    }

    /// `error_description`, beside an error. The server's text, unescaped.
    #[must_use]
    pub fn error_description(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Code(_) => None,
            Outcome::Error { description, .. } => description.as_deref(),
        }
    }

    /// `error_uri`, beside an error. The server's text, unescaped.
    #[must_use]
    pub fn error_uri(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Code(_) => None,
            Outcome::Error { uri, .. } => uri.as_deref(),
        }
    }
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationResponse")
            .field("issuer", &self.issuer)
            .field("error", &self.error())
            .finish_non_exhaustive()
    }
}
