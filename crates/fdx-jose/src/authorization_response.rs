//! JARM: the authorization response as a signed JWT (JWT Secured Authorization Response Mode for
//! OAuth 2.0, section 2).

use core::fmt;

use fdx_wire::{Issuer, Secret};
use subtle::{Choice, ConstantTimeEq};

use crate::backend::Backend;
use crate::jwt::{Claims, TypRule, UnverifiedJwt, jwt_error_code};
use crate::{Jwks, Jws, JwtError, JwtExpectation};

/// An authorization response that passed every check. It has either a code or an error.
#[derive(Clone, Eq, PartialEq)]
pub struct AuthorizationResponse {
    issuer: Issuer,
    state: Option<Secret>,
    outcome: Outcome,
}

/// The rule of JARM (sections 2.1 and 2.4) that a response broke. Never repeats a claim.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizationResponseError {
    /// `code` and `error` are both present.
    #[error("the response has both a code and an error")]
    BothCodeAndError,
    /// `code` is not a string of printable ASCII characters (RFC 6749 appendix A.11).
    #[error("code is not a text of printable ASCII characters")]
    Code,
    /// `error` is not a string.
    #[error("error is not a string")]
    Error,
    /// `iss` is there twice, as two identical strings. Some servers are known for it.
    #[error("iss is repeated (RFC 7519 section 4)")]
    IssRepeated,
    /// A rule that JWTs of every type share.
    #[error(transparent)]
    Jwt(#[from] JwtError),
    /// `code` and `error` are both absent.
    #[error("the response has neither a code nor an error")]
    Neither,
    /// `state` is not a string.
    #[error("state is not a string")]
    State,
    /// One of [`AuthorizationResponse::TOKENS`] is present.
    #[error("the response contains a token")]
    Token,
}

/// The decision of the customer or the server.
#[derive(Clone, Eq, PartialEq)]
enum Outcome {
    Code(Secret),
    Error { error: String, description: Option<String>, uri: Option<String> },
}

impl AuthorizationResponse {
    /// Parameters that no response of the code flow has, in a query or in a JWT. A token in the
    /// front channel is an attack, or follows from a `response_type` that was not requested (FAPI 2.0
    /// Security Profile 5.3.3.2-1).
    pub const TOKENS: &[&str] = &["access_token", "id_token", "response"];

    /// Whether a text is an authorization code: `1*VSCHAR` (RFC 6749 appendix A.11).
    #[must_use]
    pub fn is_code(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
    }

    /// The token's `state`, before *anything is verified*. Use it only to find the pending flow
    /// that the token has to be checked against.
    #[must_use]
    pub fn claimed_state(token: &str) -> Option<Secret> {
        let jws = Jws::parse(token).ok()?;
        // Some servers write iss twice, which does not concern the search.
        Claims::with_one_iss(&jws).ok()?.secret("state").ok()?
    }

    /// Returns whether the token claims this `state`. *Nothing is verified.* The comparison takes
    /// constant time. If the claims can't be read, for example because a member is repeated, the
    /// payload is searched for `state` as a JSON string.
    #[must_use]
    pub fn claims_state(token: &str, state: &str) -> bool {
        let Ok(jws) = Jws::parse(token) else { return false };
        match Claims::with_one_iss(&jws) {
            Ok(claims) => {
                let claimed = claims.secret("state").ok().flatten();
                claimed.is_some_and(|it| it.expose().as_bytes().ct_eq(state.as_bytes()).into())
            }
            Err(_) => {
                let quoted = Secret::concat(&["\"", state, "\""]);
                let windows = jws.payload().windows(quoted.expose().len());
                let found = windows.map(|window| window.ct_eq(quoted.expose().as_bytes()));
                found.fold(Choice::from(0), |any, one| any | one).into()
            }
        }
    }

    /// Checks the signature of `token`, and *nothing else*. Use it only to learn who wrote a token
    /// that [`AuthorizationResponse::verify`] rejects.
    ///
    /// # Errors
    /// [`AuthorizationResponseError::Jwt`].
    pub fn check_signature(
        token: &str,
        backend: Backend,
        keys: &Jwks,
    ) -> Result<(), AuthorizationResponseError> {
        let jws = Jws::parse(token).map_err(JwtError::from)?;
        jws.verify_with(backend, keys).map_err(JwtError::from)?;
        Ok(())
    }

    /// Checks `token` in the order of the specification: `typ`, `iss` (before any key is used),
    /// `aud`, `alg`, `exp`, `nbf`, signature. Then reads `state`, `code` and `error`, and checks that
    /// there is no token. An `error_description` or `error_uri` that is not a string is ignored.
    ///
    /// # Errors
    /// [`AuthorizationResponseError`]: the first rule that the token breaks.
    pub fn verify(
        token: &str,
        expected: &JwtExpectation<'_>,
        backend: Backend,
        keys: &Jwks,
    ) -> Result<Self, AuthorizationResponseError> {
        // RFC 8725 3.11: JARM defines no typ, so tokens of another type must not pass.
        let typ = TypRule::Optional(&["JWT", "oauth-authz-resp+jwt"]);
        let jwt = UnverifiedJwt::read(token, &typ, expected);
        let jwt = jwt.map_err(|error| Self::of_claims(token, error))?;
        jwt.check_issuer()?;
        jwt.check_audience_is_client()?;
        jwt.check_algorithm()?;
        jwt.check_expiry()?;
        jwt.check_not_before()?;
        jwt.check_signature(backend, keys)?;
        let state = jwt.claims().secret("state").map_err(|_| AuthorizationResponseError::State)?;
        let has_value =
            |name: &&str| jwt.claims().get(name).is_some_and(|it| it.as_str() != "null");
        if Self::TOKENS.iter().any(has_value) {
            return Err(AuthorizationResponseError::Token);
        }
        let outcome = Outcome::read(jwt.claims())?;
        Ok(Self { issuer: expected.issuer().clone(), state, outcome })
    }

    /// The error of claims that can't be read: only a repeated `iss` has its own.
    fn of_claims(token: &str, error: JwtError) -> AuthorizationResponseError {
        let one_iss = |jws: Jws| Claims::with_one_iss(&jws).is_ok();
        match error {
            JwtError::Claims(_) if Jws::parse(token).is_ok_and(one_iss) => {
                AuthorizationResponseError::IssRepeated
            }
            error => error.into(),
        }
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// `state`, which the caller compares with the `state` of its request.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_ref().map(Secret::expose)
    }

    /// `code`, unless the response is an error.
    #[must_use]
    pub fn code(&self) -> Option<&Secret> {
        match &self.outcome {
            Outcome::Code(code) => Some(code),
            Outcome::Error { .. } => None,
        }
    }

    /// `error`, unless the response has a code. The server's text, unescaped.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Code(_) => None,
            Outcome::Error { error, .. } => Some(error),
        }
    }

    /// `error_description` of an error. The server's text, unescaped.
    #[must_use]
    pub fn error_description(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Code(_) => None,
            Outcome::Error { description, .. } => description.as_deref(),
        }
    }

    /// `error_uri` of an error. The server's text, unescaped.
    #[must_use]
    pub fn error_uri(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Code(_) => None,
            Outcome::Error { uri, .. } => uri.as_deref(),
        }
    }
}

impl Outcome {
    fn read(claims: &Claims) -> Result<Self, AuthorizationResponseError> {
        use AuthorizationResponseError as Violation;
        let code = claims.secret("code").map_err(|_| Violation::Code)?;
        let error = claims.text("error").map_err(|_| Violation::Error)?;
        // RFC 6749 3.1: a parameter without a value counts as omitted. JARM 2.1: the claims are the
        // parameters.
        let code = code.filter(|code| !code.expose().is_empty());
        let error = error.filter(|error| !error.is_empty());
        // Informative: the denial counts without its explanation.
        let explanation = |name| claims.text(name).ok().flatten();
        let (description, uri) = (explanation("error_description"), explanation("error_uri"));
        match (code, error) {
            (Some(_), Some(_)) => Err(Violation::BothCodeAndError),
            (None, None) => Err(Violation::Neither),
            (Some(code), None) if !AuthorizationResponse::is_code(code.expose()) => {
                Err(Violation::Code)
            }
            (Some(code), None) => Ok(Self::Code(code)),
            (None, Some(error)) => Ok(Self::Error { error, description, uri }),
        }
    }
}

impl AuthorizationResponseError {
    /// The stable code of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BothCodeAndError => "jarm.code.error",
            Self::Code => "jarm.code",
            Self::Error => "jarm.error",
            Self::IssRepeated => "jarm.iss.repeated",
            Self::Jwt(error) => jwt_error_code!("jarm", error),
            Self::Neither => "jarm.code.missing",
            Self::State => "jarm.state",
            Self::Token => "jarm.token",
        }
    }

    /// Whether the response may verify after the issuer's keys are fetched again.
    #[must_use]
    pub fn is_unknown_key(&self) -> bool {
        matches!(self, Self::Jwt(JwtError::UnknownKey))
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
