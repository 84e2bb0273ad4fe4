use fdx_wire::HttpsUrl;
use fdx_wire::form::Query;

/// Whether the endpoint's own query, which requests keep (RFC 6749 section 3.1), has a parameter
/// that a request adds. A server might read either value. True if the query can't be read.
pub(crate) fn names_any(endpoint: &HttpsUrl, added: impl Fn(&str) -> bool) -> bool {
    let query = endpoint.query().unwrap_or_default();
    Query::parse(query, query.len()).map_or(true, |query| query.names().any(added))
}

/// Parameters that this crate writes, or that FAPI 2.0 excludes from a push.
const RESERVED: &[&str] = &[
    "acr_values",
    "aud",
    "authorization_details",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "dpop_jkt",
    "exp",
    "grant_type",
    "iat",
    "id_token_hint",
    "iss",
    "jti",
    "login_hint",
    "max_age",
    "nbf",
    "nonce",
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "sub",
    "ui_locales",
];

/// Whether a parameter of this name belongs to the protocol.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}
