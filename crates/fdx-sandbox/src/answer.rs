//! The shapes of responses.

use http::header::HeaderName;
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

/// A JSON document that must not be cached (RFC 6749 section 5.1).
pub(crate) fn json<T: Serialize + ?Sized>(status: StatusCode, document: &T) -> Response<Vec<u8>> {
    // Structs and maps with string keys always have a JSON form.
    let body = serde_json::to_vec(document).unwrap_or_default();
    typed(status, "application/json", body)
}

/// A page without external resources. `nonce` allows its only style element. `redirects_to` is an
/// origin to which its form may redirect.
pub(crate) fn page(
    status: StatusCode,
    body: String,
    nonce: &str,
    redirects_to: &str,
) -> Response<Vec<u8>> {
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {redirects_to}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut response = typed(status, "text/html; charset=utf-8", body.into_bytes());
    set(&mut response, "content-security-policy", policy.trim_end());
    set(&mut response, "x-content-type-options", "nosniff");
    set(&mut response, "x-frame-options", "DENY");
    // `no-referrer` would make the form's Origin header `null`.
    set(&mut response, "referrer-policy", "same-origin");
    response
}

/// Redirects the browser (FAPI 2.0 Security Profile 5.3.2.2-11: with 303).
pub(crate) fn see_other(location: &str) -> Response<Vec<u8>> {
    let mut response = empty(StatusCode::SEE_OTHER);
    set(&mut response, "location", location);
    set(&mut response, "referrer-policy", "no-referrer");
    response
}

/// A status without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    set(&mut response, "cache-control", "no-store");
    response
}

/// Sets a header. A value that is not valid in a header is left out.
pub(crate) fn set(response: &mut Response<Vec<u8>>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, value);
    }
}

fn typed(status: StatusCode, content_type: &str, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = empty(status);
    set(&mut response, "content-type", content_type);
    *response.body_mut() = body;
    response
}
