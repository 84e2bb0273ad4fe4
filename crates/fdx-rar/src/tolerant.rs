//! Readers for members that institutions write in different forms.
//!
//! They read JSON only. Each reads a value of any shape as [`RawJson`] first: `deserialize_any` of
//! serde_json depends on the features that other crates enable.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use fdx_wire::json::RawJson;
use fdx_wire::members::Value;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads a non-negative whole number: a number, a string of digits, or `null`.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    optional(deserializer, "a whole number from 0 to 4294967295", |value| {
        value.to_whole_number()?.try_into().ok()
    })
}

/// Reads a string, a whole number as its string, or `null`.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    optional(deserializer, "a text", |value| value.to_identifier().map(Cow::into_owned))
}

/// Reads `null` as `None`.
fn optional<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &str,
    read: impl FnOnce(Value<'_>) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    any(
        deserializer,
        expected,
        |value| if value.is_null() { Some(None) } else { read(value).map(Some) },
    )
}

/// Reads a value of any shape with `read`. The error has the kind of the value, never its content.
pub(crate) fn any<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &str,
    read: impl FnOnce(Value<'_>) -> Option<T>,
) -> Result<T, D::Error> {
    let json = RawJson::deserialize(deserializer)?;
    let value = Value::of_raw(&json).map_err(D::Error::custom)?;
    read(value).ok_or_else(|| D::Error::custom(format_args!("{}, not {expected}", value.kind())))
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
    use alloc::string::ToString;

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
            (
                integer(Value::Bool(true)).map(drop),
                "a boolean, not a whole number from 0 to 4294967295",
            ),
            (text(Value::Bool(true)).map(drop), "a boolean, not a text"),
            (name(Value::Bool(true), |_| ()), "invalid type: boolean `true`, expected a name"),
        ] {
            assert_eq!(refused.unwrap_err().to_string(), expected);
        }
    }
}
