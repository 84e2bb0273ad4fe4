use http::StatusCode;

/// A rule that a request broke. The endpoint's surface decides how it is told: as an OAuth error,
/// as a page, or as a challenge with an FDX error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Broken {
    pub(crate) reason: Reason,
    pub(crate) clause: &'static str,
    pub(crate) rule: &'static str,
}

/// What kind of answer a broken rule asks for.
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

impl Broken {
    /// The clause and the rule, in the alphabet of `error_description` (RFC 6749 section 5.2).
    pub(crate) fn description(&self) -> String {
        format!("{}: {}", self.clause, self.rule)
    }
}

impl Reason {
    /// The `error` of RFC 6749 section 5.2 and its relatives.
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
            // FDX has no codes for them: the status stands in.
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
