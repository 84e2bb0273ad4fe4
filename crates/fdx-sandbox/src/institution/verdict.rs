//! The checks on a request: verdicts for tests, violations for responses.

use http::StatusCode;
use serde::Serialize;

/// A rule, and whether the latest request satisfied it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Verdict {
    /// The clause, such as `FAPI 2.0 SP 5.3.2.1-8` or `RFC 9449 4.3`.
    pub clause: &'static str,
    /// The rule in one sentence.
    pub rule: &'static str,
    /// The result of the check.
    pub outcome: Outcome,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The request satisfies the rule.
    Passed,
    /// The request violates the rule and was refused.
    Failed,
}

/// The verdicts on one request in the order of the checks. Only the last can be a failure.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(Vec<Verdict>);

impl Verdicts {
    pub(crate) fn begin(&mut self) {
        self.0.clear();
    }

    pub(crate) fn as_slice(&self) -> &[Verdict] {
        &self.0
    }

    /// Records whether the request satisfies the rule. Returns the violation if it does not.
    pub(crate) fn require(
        &mut self,
        reason: Reason,
        clause: &'static str,
        rule: &'static str,
        satisfied: bool,
    ) -> Result<(), Violation> {
        self.require_some(reason, clause, rule, satisfied.then_some(()))
    }

    /// The same for a check that yields a value.
    pub(crate) fn require_some<T>(
        &mut self,
        reason: Reason,
        clause: &'static str,
        rule: &'static str,
        value: Option<T>,
    ) -> Result<T, Violation> {
        let outcome = match value {
            Some(_) => Outcome::Passed,
            None => Outcome::Failed,
        };
        self.0.push(Verdict { clause, rule, outcome });
        value.ok_or(Violation { reason, clause, rule })
    }
}

/// A rule that a request violated. The endpoint determines its form: an OAuth error, a page, or an
/// FDX error with a challenge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    pub(crate) reason: Reason,
    pub(crate) clause: &'static str,
    pub(crate) rule: &'static str,
}

/// The kind of an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    AccountNotFound,
    ConsentEnded,
    ConsentNotFound,
    InvalidAuthorizationDetails,
    InvalidClient,
    InvalidClientMetadata,
    InvalidDpopProof,
    InvalidGrant,
    InvalidRedirectUri,
    InvalidRequest,
    InvalidRequestObject,
    InvalidScope,
    InvalidTarget,
    InvalidToken,
    NoCredentials,
    NotAuthorized,
    UnsupportedGrantType,
    UnsupportedResponseType,
    UseDpopNonce,
}

impl Violation {
    /// The clause and the violated rule, in the alphabet of `error_description`
    /// (RFC 6749 section 5.2).
    pub(crate) fn description(&self) -> String {
        format!("{}: the request violates this rule: {}", self.clause, self.rule)
    }
}

impl Reason {
    /// The `error` of RFC 6749 section 5.2 and its extensions.
    pub(crate) fn error(self) -> &'static str {
        match self {
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::InvalidClient => "invalid_client",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidToken | Self::NoCredentials => "invalid_token",
            Self::NotAuthorized => "insufficient_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::AccountNotFound
            | Self::ConsentEnded
            | Self::ConsentNotFound
            | Self::InvalidRequest => "invalid_request",
        }
    }

    /// The status at the authorization server's endpoints.
    pub(crate) fn oauth_status(self) -> StatusCode {
        match self {
            // RFC 6749 5.2: invalid_client may be answered with 401.
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The status and the FDX error code at the resources.
    pub(crate) fn fdx(self) -> (StatusCode, &'static str) {
        match self {
            Self::AccountNotFound => (StatusCode::NOT_FOUND, "701"),
            // FDX has no codes for these: the status takes their place.
            Self::ConsentEnded => (StatusCode::CONFLICT, "409"),
            Self::ConsentNotFound => (StatusCode::NOT_FOUND, "404"),
            Self::InvalidDpopProof
            | Self::InvalidToken
            | Self::NoCredentials
            | Self::UseDpopNonce => (StatusCode::UNAUTHORIZED, "603"),
            Self::NotAuthorized => (StatusCode::FORBIDDEN, "602"),
            _ => (StatusCode::BAD_REQUEST, "401"),
        }
    }
}
