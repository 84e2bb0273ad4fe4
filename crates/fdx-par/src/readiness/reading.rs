use std::collections::BTreeMap;

use fdx_wire::json::{JsonError, Limits, RawJson};
use fdx_wire::{HttpsUrl, Issuer, json};
use serde::de::DeserializeOwned;

use crate::client::config::ClientConfig;
use crate::discovery::discover::LIMIT;
use crate::discovery::metadata::parse_for;

/// A metadata document, member by member, and who asks.
pub(crate) struct Reading<'a> {
    members: BTreeMap<String, RawJson>,
    pub(super) asked: Option<&'a Issuer>,
    pub(super) client: Option<&'a ClientConfig>,
    /// The document's own issuer, as a URL.
    pub(super) issuer: Option<Issuer>,
}

/// A member as the type that it should have.
pub(crate) enum Value<T> {
    /// Not there, or null (RFC 8414 3.2: members without a value are left out).
    Absent,
    /// Something else.
    Wrong,
    Is(T),
}

/// The member whose members are read as if they were the document's.
pub(crate) const ALIASES: &str = "mtls_endpoint_aliases";

impl<'a> Reading<'a> {
    pub(super) fn of(
        document: &[u8],
        asked: Option<&'a Issuer>,
        client: Option<&'a ClientConfig>,
    ) -> Result<Self, JsonError> {
        let limits = Limits::bytes(LIMIT);
        let mut members: BTreeMap<String, RawJson> = json::object_from_slice(document, &limits)?;
        // A member of the document's with a dot in its name is none of the aliases.
        members.retain(|name, _| !name.contains('.'));
        let aliases = members.get(ALIASES).map(RawJson::read::<BTreeMap<String, RawJson>>);
        for (name, value) in aliases.and_then(Result::ok).unwrap_or_default() {
            members.insert(format!("{ALIASES}.{name}"), value);
        }
        let mut reading = Self { members, asked, client, issuer: None };
        if let Value::Is(text) = reading.value::<String>("issuer") {
            reading.issuer = reading.parse_issuer(&text);
        }
        Ok(reading)
    }

    /// The JSON of a member, without the space between its tokens.
    pub(super) fn text(&self, member: &str) -> String {
        self.members.get(member).map_or("absent".to_owned(), |raw| compact(raw.as_str()))
    }

    pub(super) fn value<T: DeserializeOwned>(&self, member: &str) -> Value<T> {
        match self.members.get(member) {
            None => Value::Absent,
            Some(raw) if raw.as_str() == "null" => Value::Absent,
            Some(raw) => raw.read().map_or(Value::Wrong, Value::Is),
        }
    }

    /// A list of texts; what is not one is empty.
    pub(super) fn list(&self, member: &str) -> Vec<String> {
        match self.value(member) {
            Value::Is(list) => list,
            _ => Vec::new(),
        }
    }

    /// A URL that an endpoint of this issuer may have.
    pub(super) fn url(&self, text: &str) -> Option<HttpsUrl> {
        match self.expected().or(self.issuer.as_ref()) {
            Some(issuer) => parse_for(issuer, text).ok(),
            None => HttpsUrl::parse(text).ok(),
        }
    }

    /// Who is being asked.
    pub(super) fn expected(&self) -> Option<&Issuer> {
        self.asked.or(self.client.map(|client| &client.issuer))
    }

    fn parse_issuer(&self, text: &str) -> Option<Issuer> {
        match self.expected() {
            Some(expected) if expected.is_loopback_http() => Issuer::parse_loopback(text).ok(),
            _ => Issuer::parse(text).ok(),
        }
    }
}

/// What an excerpt may need of a JSON text.
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
    kept.take(512).collect()
}
