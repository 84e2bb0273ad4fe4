use std::collections::BTreeMap;

use fdx_wire::json::{JsonError, Limits, RawJson};
use fdx_wire::{HttpsUrl, Issuer, json, members};
use serde::de::DeserializeOwned;

use crate::client::config::ClientConfig;
use crate::discovery::discover::LIMIT;
use crate::discovery::metadata::{self, parse_for};

/// A metadata document by its members, with the issuer and the client to compare it with.
pub(crate) struct Reading<'a> {
    members: BTreeMap<String, RawJson>,
    pub(super) expected: Option<&'a Issuer>,
    pub(super) client: Option<&'a ClientConfig>,
    /// The document's own issuer, as a URL.
    pub(super) issuer: Option<Issuer>,
}

/// A member, read as its expected type.
pub(crate) enum Value<T> {
    /// Missing, or null (RFC 8414 3.2: members without a value are left out).
    Absent,
    /// A value of another type.
    Mistyped,
    Is(T),
}

/// The member whose own members are read under this name and a dot.
pub(crate) const ALIASES: &str = "mtls_endpoint_aliases";

impl<'a> Reading<'a> {
    pub(super) fn of(
        document: &[u8],
        expected: Option<&'a Issuer>,
        client: Option<&'a ClientConfig>,
    ) -> Result<Self, JsonError> {
        let limits = Limits::bytes(LIMIT);
        let mut members: BTreeMap<String, RawJson> = json::object_from_slice(document, &limits)?;
        // A top-level member with a dot in its name must not pass for an alias.
        members.retain(|name, _| !name.contains('.'));
        let aliases = members.get(ALIASES).map(RawJson::read::<BTreeMap<String, RawJson>>);
        for (name, value) in aliases.and_then(Result::ok).unwrap_or_default() {
            members.insert(format!("{ALIASES}.{name}"), value);
        }
        let mut reading = Self { members, expected, client, issuer: None };
        if let Value::Is(text) = reading.value::<String>("issuer") {
            reading.issuer = reading.parse_issuer(&text);
        }
        Ok(reading)
    }

    /// Returns the JSON of a member, without whitespace between its tokens, escaped and in full.
    pub(super) fn text(&self, member: &str) -> String {
        self.members.get(member).map_or("absent".to_owned(), |raw| compact(raw.as_str()))
    }

    /// Whether the member is absent, `null` or empty. Discovery reads such an informative member as
    /// absent.
    pub(super) fn is_empty(&self, member: &str) -> bool {
        let Some(raw) = self.members.get(member) else { return true };
        let value = members::Value::parse(raw.as_str().as_bytes(), &Limits::bytes(LIMIT));
        value.is_ok_and(members::Value::is_empty)
    }

    /// Reads a list like discovery reads an informative one: an empty list is absent, and elements
    /// that are no texts are left out.
    pub(super) fn names(&self, member: &str) -> Value<Vec<String>> {
        let Some(raw) = self.members.get(member) else { return Value::Absent };
        let value = members::Value::parse(raw.as_str().as_bytes(), &Limits::bytes(LIMIT));
        match value {
            Ok(value) if value.is_empty() => Value::Absent,
            Ok(value) => metadata::list(value).map_or(Value::Mistyped, Value::Is),
            Err(_) => Value::Mistyped,
        }
    }

    pub(super) fn value<T: DeserializeOwned>(&self, member: &str) -> Value<T> {
        match self.members.get(member) {
            None => Value::Absent,
            Some(raw) if raw.as_str() == "null" => Value::Absent,
            Some(raw) => raw.read().map_or(Value::Mistyped, Value::Is),
        }
    }

    /// Returns a list of texts; empty if the member is absent or mistyped.
    pub(super) fn list(&self, member: &str) -> Vec<String> {
        match self.value(member) {
            Value::Is(list) => list,
            _ => Vec::new(),
        }
    }

    /// Reads a URL by the rules for endpoints of this issuer.
    pub(super) fn url(&self, text: &str) -> Option<HttpsUrl> {
        match self.expected_issuer().or(self.issuer.as_ref()) {
            Some(issuer) => parse_for(issuer, text).ok(),
            None => HttpsUrl::parse(text).ok(),
        }
    }

    /// The issuer that the document should belong to.
    pub(super) fn expected_issuer(&self) -> Option<&Issuer> {
        self.expected.or(self.client.map(|client| &client.issuer))
    }

    fn parse_issuer(&self, text: &str) -> Option<Issuer> {
        match self.expected_issuer() {
            Some(expected) if expected.is_loopback_http() => Issuer::parse_loopback(text).ok(),
            _ => Issuer::parse(text).ok(),
        }
    }
}

/// Removes whitespace between tokens, and escapes what a terminal must not print.
fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let kept = json.chars().filter(|&char| {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = inside,
            '"' => inside = !inside,
            _ => {}
        }
        inside || !char.is_ascii_whitespace()
    });
    let mut text = String::new();
    for char in kept {
        if matches!(char, '\'' | '"') {
            text.push(char)
        } else {
            text.extend(char.escape_default())
        }
    }
    text
}
