use core::fmt;

use fdx_wire::json::RawJson;
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::RequestObjectError;

/// The authorization parameters of a request object, in the order in which they are given.
///
/// Numbers (`max_age`) and structures (`authorization_details`, `claims`) stand in a JWT as what
/// they are; in a form they would all be texts. `client_id` is left to the request object.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct RequestObjectParameters(Vec<(String, Parameter)>);

#[derive(Clone, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Parameter {
    Json(RawJson),
    Number(u64),
    Text(#[serde(serialize_with = "text")] Zeroizing<String>),
}

const RESERVED: [&str; 15] = [
    // What the request object says itself.
    "aud",
    "client_id",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    // RFC 9101 4: request and request_uri MUST NOT be included in Request Objects.
    "request",
    "request_uri",
    // RFC 9101 10.8: with sub it could pass for a client assertion.
    "sub",
    // RFC 9126 3: what authenticates the client stays outside.
    "client_assertion",
    "client_assertion_type",
    "client_secret",
    // Secrets of the token request, which never travel with an authorization request.
    "code",
    "code_verifier",
];

fn text<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl RequestObjectParameters {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a text, such as `scope`.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.with(name, Parameter::Text(Zeroizing::new(value.to_owned())))
    }

    /// With a number, such as `max_age` in seconds.
    #[must_use]
    pub fn number(self, name: &str, value: u64) -> Self {
        self.with(name, Parameter::Number(value))
    }

    /// With JSON, such as the array of `authorization_details`.
    #[must_use]
    pub fn json(self, name: &str, value: RawJson) -> Self {
        self.with(name, Parameter::Json(value))
    }

    fn with(mut self, name: &str, value: Parameter) -> Self {
        self.0.push((name.to_owned(), value));
        self
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Parameter)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(super) fn check(&self) -> Result<(), RequestObjectError> {
        for (place, (name, value)) in self.iter().enumerate() {
            if let Some(name) = RESERVED.into_iter().find(|reserved| *reserved == name) {
                return Err(RequestObjectError::Reserved { name });
            }
            if self.iter().take(place).any(|(before, _)| before == name) {
                return Err(RequestObjectError::Repeated { name: excerpt(name) });
            }
            if matches!(value, Parameter::Json(json) if json.as_str() == "null") {
                return Err(RequestObjectError::Null { name: excerpt(name) });
            }
        }
        Ok(())
    }
}

fn excerpt(name: &str) -> String {
    name.chars().take(32).flat_map(char::escape_default).collect()
}

impl fmt::Debug for RequestObjectParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names alone: state and nonce are among the values.
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
