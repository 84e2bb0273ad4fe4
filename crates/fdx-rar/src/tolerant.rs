//! Readers for members that institutions write in different forms.
//!
//! They read JSON only. Each reads a value of any shape as [`RawJson`] first: `deserialize_any` of
//! serde_json depends on the features that other crates enable.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use fdx_wire::json::{JsonNumber, JsonValue, RawJson};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads a non-negative whole number: a number, a string of digits, or `null`.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let whole = match any(deserializer)? {
        JsonValue::Null => return Ok(None),
        JsonValue::Number(number) => number.to_u64().and_then(|whole| whole.try_into().ok()),
        JsonValue::String(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()
        }
        JsonValue::String(_) => None,
        other => return Err(D::Error::invalid_type(unexpected(&other), &"a whole number")),
    };
    whole.map(Some).ok_or_else(|| D::Error::custom("not a whole number from 0 to 4294967295"))
}

/// Reads a string, a whole number as its string, or `null`.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match any(deserializer)? {
        JsonValue::Null => Ok(None),
        JsonValue::Number(number) if is_whole(&number) => Ok(Some(number.as_str().into())),
        JsonValue::String(text) => Ok(Some(text)),
        other => Err(D::Error::invalid_type(unexpected(&other), &"a text")),
    }
}

/// Whether a number is written as a whole number of 64 bits.
fn is_whole(number: &JsonNumber) -> bool {
    let text = number.as_str();
    let unsigned = text.parse::<u64>().is_ok_and(|number| number.to_string() == text);
    unsigned || text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}

/// A value of any shape.
pub(crate) fn any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<JsonValue, D::Error> {
    RawJson::deserialize(deserializer)?.value().map_err(D::Error::custom)
}

/// The type of a value, for an error: never its content.
pub(crate) fn unexpected(value: &JsonValue) -> Unexpected<'static> {
    match value {
        JsonValue::Array(_) => Unexpected::Seq,
        JsonValue::Bool(_) => Unexpected::Other("boolean"),
        JsonValue::Null => Unexpected::Unit,
        JsonValue::Number(_) => Unexpected::Other("number"),
        JsonValue::Object(_) => Unexpected::Map,
        JsonValue::String(_) => Unexpected::Other("string"),
    }
}

/// Reads the same as [`text`], and `null` as an empty string.
pub(crate) fn text_or_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    text(deserializer).map(Option::unwrap_or_default)
}

/// Reads an FDX `Identifier` with [`text_or_empty`], of at most 256 characters.
pub(crate) fn identifier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = text_or_empty(deserializer)?;
    if text.chars().count() <= MAX_TEXT {
        Ok(text)
    } else {
        Err(D::Error::custom("an identifier of more than 256 characters"))
    }
}

/// Reads an array, and `null` as an empty array.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a string with `parse`, without a copy of known names.
pub(crate) fn name<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: fn(&str) -> T,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Name(parse))
}

/// The limit of an FDX `Identifier`, which is longer than any name of its enumerations.
const MAX_TEXT: usize = 256;

struct Name<T>(fn(&str) -> T);

impl<T> Visitor<'_> for Name<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        if text.len() <= MAX_TEXT {
            Ok((self.0)(text))
        } else {
            Err(E::custom("a name of more than 256 bytes"))
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use serde_json::Value;

    use super::*;

    fn read(json: &str) -> Option<Option<u32>> {
        integer(&mut serde_json::Deserializer::from_str(json)).ok()
    }

    #[test]
    fn reads_whole_numbers_in_every_form() {
        for json in ["60", "60.0", "6e1", "600E-1", r#""60""#] {
            assert_eq!(read(json), Some(Some(60)), "{json}");
        }
        for json in ["0", "-0", "-0.0"] {
            assert_eq!(read(json), Some(Some(0)), "{json}");
        }
        assert_eq!(read("null"), Some(None));
    }

    #[test]
    fn rejects_other_numbers_and_strings() {
        for json in [
            "-1",
            "1.5",
            "4294967296",
            "1e99",
            "1e400",
            "60.00000000000000000001",
            r#""\ud800""#,
            r#""""#,
            r#""+5""#,
            r#"" 5""#,
            r#""5d""#,
            "true",
            "[]",
            "{}",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn reads_numbers_as_strings() {
        for (json, expected) in [
            ("12345678901", Some("12345678901")),
            ("-1", Some("-1")),
            (r#""acc-1""#, Some("acc-1")),
            ("null", None),
        ] {
            let read = text(&mut serde_json::Deserializer::from_str(json)).unwrap();
            assert_eq!(read.as_deref(), expected, "{json}");
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(text(value).unwrap().as_deref(), expected, "{json}");
        }
        for json in ["1.0", "1e2", "-0", "1e400", "18446744073709551616", "true", r#""\ud800""#] {
            assert!(text(&mut serde_json::Deserializer::from_str(json)).is_err(), "{json}");
        }
    }

    /// Coverage repeats each of them for each cluster of a resource.
    #[test]
    fn bounds_the_length_of_names_and_identifiers() {
        let json = |length: usize| format!("\"{}\"", "\u{e9}".repeat(length));
        let identifier = |json: &str| identifier(&mut serde_json::Deserializer::from_str(json));
        assert_eq!(identifier(&json(256)).map(|text| text.chars().count()).ok(), Some(256));
        let refused = identifier(&json(257)).unwrap_err().to_string();
        assert!(refused.starts_with("an identifier of more than 256 characters"), "{refused}");
        let name =
            |json: &str| name(&mut serde_json::Deserializer::from_str(json), |text| text.len());
        assert_eq!(name(&json(128)).ok(), Some(256));
        let refused = name(&json(129)).unwrap_err().to_string();
        assert!(refused.starts_with("a name of more than 256 bytes"), "{refused}");
    }

    #[test]
    fn error_names_the_expected_value() {
        for (refused, expected) in [
            (integer(Value::Bool(true)).map(drop), "boolean, expected a whole number"),
            (text(Value::Bool(true)).map(drop), "boolean, expected a text"),
            (name(Value::Bool(true), |_| ()), "boolean `true`, expected a name"),
        ] {
            let refusal = refused.unwrap_err().to_string();
            assert_eq!(refusal, format!("invalid type: {expected}"));
        }
    }
}
