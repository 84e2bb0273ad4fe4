//! Answers in another manner.

use http::header::LOCATION;
use http::{Request, Response};
use serde_json::Value;

use crate::answer;

/// Lets `change` change a JSON body.
pub(super) fn json(response: &mut Response<Vec<u8>>, change: impl FnOnce(&mut Value)) {
    if let Ok(mut body) = serde_json::from_slice::<Value>(response.body()) {
        change(&mut body);
        *response.body_mut() = serde_json::to_vec(&body).unwrap_or_default();
    }
}

/// A member, or null.
pub(super) fn member<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// A member that is a text, or nothing.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    member(value, name).as_str().unwrap_or_default()
}

/// The same request with another query.
pub(super) fn with_query(request: &Request<Vec<u8>>, query: &str) -> Request<Vec<u8>> {
    let uri = request.uri().to_string();
    let place = uri.split('?').next().unwrap_or_default();
    let mut request = request.clone();
    if let Ok(uri) = format!("{place}?{query}").parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// A redirect back without `iss`.
pub(super) fn without_iss(response: &mut Response<Vec<u8>>) {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    if let Some((before, _)) = location.and_then(|location| location.split_once("&iss=")) {
        let before = before.to_owned();
        answer::set(response, "location", &before);
    }
}
