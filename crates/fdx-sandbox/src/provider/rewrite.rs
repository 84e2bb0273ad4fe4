//! Answers in another manner.

use http::Response;
use serde_json::Value;

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
