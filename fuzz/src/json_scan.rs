use std::collections::BTreeMap;

use fdx_wire::json::{self, JsonValue, Kind, Limits, RawJson};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::rfc8259;

const LIMITS: Limits = Limits { depth: 16, members: 256, ..Limits::bytes(4096) };

/// A type with one member. serde skips all other members.
#[derive(Debug, Deserialize)]
struct Known {
    #[serde(rename = "a")]
    _a: Option<IgnoredAny>,
}

/// A JSON document. The structural scan, the parser after it, and an independent reader written
/// from RFC 8259 agree about it.
///
/// # Panics
/// If scan and parser accept a document that the independent reader, the limits or the rules for
/// names reject, or reject a document that all of these accept, or if the position of an error is
/// outside the document.
pub fn json_scan(bytes: &[u8]) {
    let scanned = json::scan(bytes, &LIMITS);
    let read = json::from_slice::<RawJson>(bytes, &LIMITS);
    let value = json::from_slice::<JsonValue>(bytes, &LIMITS);
    let facts = if bytes.len() <= LIMITS.bytes { rfc8259::read(bytes) } else { None };
    let within = facts.as_ref().is_some_and(|facts| {
        facts.depth <= LIMITS.depth
            && facts.members <= LIMITS.members
            && !facts.duplicate
            && !facts.reserved
            && !facts.lone_surrogate_in_name
    });
    assert_eq!(read.is_ok(), within, "{facts:?}");
    let lone = facts.as_ref().is_some_and(|facts| facts.lone_surrogate_in_value);
    assert_eq!(value.is_ok(), within && !lone, "{facts:?}");
    match scanned {
        Err(error) => {
            assert_ne!(error.kind(), Kind::Shape, "the scan does not check types");
            assert!(error.line() <= 1 + bytes.iter().filter(|byte| **byte == b'\n').count());
            assert_eq!(read.unwrap_err(), error, "a document that the scan rejects is not read");
        }
        Ok(text) => {
            assert_eq!(text.as_bytes(), bytes);
            // A document that passed the scan can be read into any type.
            let any = json::from_slice::<serde_json::Value>(bytes, &LIMITS);
            assert!(
                any.is_err() || value.is_ok(),
                "serde_json accepts a document that fdx_wire rejects"
            );
            match read {
                Err(error) => assert_eq!(error.kind(), Kind::Syntax, "RFC 8259 rejects it too"),
                Ok(value) => {
                    understood(&value, LIMITS.depth);
                    let _ = json::from_slice::<Known>(bytes, &LIMITS);
                }
            }
        }
    }
}

/// Checks the depth of a value, and that no object has a member twice.
fn understood(value: &RawJson, depth: usize) {
    let text = value.as_str().trim_start();
    if text.starts_with('{') {
        assert!(depth > 0, "deeper than the limit of the scan");
        let members: Members = value.read().unwrap();
        for member in members.0.values() {
            understood(member, depth - 1);
        }
    } else if text.starts_with('[') {
        assert!(depth > 0, "deeper than the limit of the scan");
        for element in value.read::<Vec<RawJson>>().unwrap() {
            understood(&element, depth - 1);
        }
    }
}

/// The members of an object. Panics if a name occurs twice.
struct Members(BTreeMap<String, RawJson>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Members, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, RawJson>()? {
                    assert!(members.insert(name, value).is_none(), "a member twice");
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
