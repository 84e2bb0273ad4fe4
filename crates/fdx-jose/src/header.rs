//! What the headers of JWS and JWE are read with.

use fdx_wire::json::RawJson;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// Whether a member is there, whatever its value; `null` counts.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub(crate) enum Presence {
    #[default]
    Absent,
    Present,
}

/// Keeps a member as JSON, so that another type than text is refused by its name.
pub(crate) fn kept<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}

pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Presence, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| Presence::Present)
}

/// What a member names, through `read`; or else its text, cut and escaped.
pub(crate) fn named<T>(raw: &RawJson, read: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    let text: Option<String> = raw.read().ok();
    // Text alone is a name: JSON of another type never equals one.
    text.as_deref().and_then(read).ok_or_else(|| {
        let name = text.as_deref().unwrap_or(raw.as_str());
        name.chars().take(32).flat_map(char::escape_default).collect()
    })
}
