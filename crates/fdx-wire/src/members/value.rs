use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::object::elements;
use super::{Found, Object};
use crate::UnixTime;
use crate::json::{JsonError, JsonNumber, JsonValue, Kind, Limits, RawJson, Rounding, scan};

/// A value within a scanned document, as its text.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    text: &'a str,
    document: &'a str,
}

impl<'a> Value<'a> {
    pub(super) fn new(text: &'a str, document: &'a str) -> Self {
        Self { text, document }
    }

    /// Reads a document that may be any value.
    ///
    /// # Errors
    /// [`JsonError`].
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, JsonError> {
        let document = scan(bytes, limits)?;
        let read = serde_json::from_str::<&RawValue>(document);
        let text = read.map_err(|error| JsonError::from_serde(error, document))?.get();
        Ok(Self { text, document })
    }

    /// Reads JSON that was kept as its text.
    ///
    /// # Errors
    /// [`JsonError`], with a place that is counted from the beginning of this text.
    pub fn of_raw(raw: &'a RawJson) -> Result<Self, JsonError> {
        Self::parse(raw.as_str().as_bytes(), &Limits::of_part())
    }

    /// The text as received.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.text
    }

    /// The kind of value.
    #[must_use]
    pub fn kind(self) -> Found {
        match self.text.bytes().next() {
            Some(b'"') => Found::String,
            Some(b'[') => Found::Array,
            Some(b'{') => Found::Object,
            Some(b't' | b'f') => Found::Bool,
            Some(b'n') | None => Found::Null,
            Some(_) => Found::Number,
        }
    }

    /// Whether the value is `null`, `""`, `[]` or `{}`.
    #[must_use]
    pub fn is_empty(self) -> bool {
        match self.kind() {
            Found::Null => true,
            Found::String => self.text == "\"\"",
            Found::Array | Found::Object => {
                let inner = self.text.get(1..self.text.len() - 1);
                inner.is_some_and(|inner| inner.trim().is_empty())
            }
            _ => false,
        }
    }

    /// Whether the value is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Found::Null
    }

    /// A boolean.
    #[must_use]
    pub fn to_bool(self) -> Option<bool> {
        match self.text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A string. One with a lone surrogate is no text.
    #[must_use]
    pub fn to_text(self) -> Option<String> {
        (self.kind() == Found::String).then(|| serde_json::from_str(self.text).ok()).flatten()
    }

    /// A string for people: U+FFFD replaces each lone surrogate.
    #[must_use]
    pub fn to_display_text(self) -> Option<String> {
        self.to_text().or_else(|| {
            let inner = self.text.strip_prefix('"')?.strip_suffix('"')?;
            Some(replace_lone_surrogates(inner))
        })
    }

    /// A string, or a whole number as it is written: some servers write identifiers as numbers.
    #[must_use]
    pub fn to_identifier(self) -> Option<Cow<'a, str>> {
        match self.kind() {
            Found::String => self.to_text().map(Cow::Owned),
            Found::Number => is_integer(self.text).then_some(Cow::Borrowed(self.text)),
            _ => None,
        }
    }

    /// A whole number from 0 in any notation: `60`, `60.0`, `6e1`, and also `"60"`.
    #[must_use]
    pub fn to_whole_number(self) -> Option<u64> {
        match self.kind() {
            Found::Number => self.number()?.to_u64(),
            Found::String => {
                let digits = self.to_text()?;
                digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
            }
            _ => None,
        }
    }

    /// A number of seconds from 0, rounded down, as a number or as a string of digits: `300`,
    /// `300.9`, `"300"`.
    #[must_use]
    pub fn to_seconds(self) -> Option<u64> {
        self.to_whole_number().or_else(|| self.to_rounded(Rounding::Down))
    }

    /// A time in whole seconds since 1970, before the year 10000: a later one is a number of
    /// milliseconds.
    #[must_use]
    pub fn to_unix_time(self) -> Option<UnixTime> {
        let seconds = self.to_whole_number()?;
        // A later time would become the last one.
        let time = UnixTime::from_seconds(seconds);
        (time.as_seconds() == seconds).then_some(time)
    }

    /// A number from 0, rounded to a whole number.
    #[must_use]
    pub fn to_rounded(self, rounding: Rounding) -> Option<u64> {
        self.number()?.to_u64_rounded(rounding)
    }

    /// A value of any type that serde reads.
    #[must_use]
    pub fn read<T: DeserializeOwned>(self) -> Option<T> {
        serde_json::from_str(self.text).ok()
    }

    /// The value as its text, to be kept.
    #[must_use]
    pub fn to_raw(self) -> Option<RawJson> {
        self.read()
    }

    /// The members of an object.
    #[must_use]
    pub fn to_object(self) -> Option<Object<'a>> {
        Object::read(self.text, self.document).ok()
    }

    /// The elements of an array.
    #[must_use]
    pub fn to_elements(self) -> Option<Vec<Self>> {
        elements(self.text, self.document)
    }

    /// The error for a document of another shape.
    #[must_use]
    pub fn to_shape_error(self) -> JsonError {
        JsonError::at(Kind::Shape, self.document.as_bytes(), 0)
    }

    /// Line and column in the document, both from 1.
    #[must_use]
    pub fn place(self) -> (usize, usize) {
        let offset = self.text.as_ptr().addr().saturating_sub(self.document.as_ptr().addr());
        let error = JsonError::at(Kind::Shape, self.document.as_bytes(), offset);
        (error.line(), error.column())
    }

    fn number(self) -> Option<JsonNumber> {
        match JsonValue::of_json(self.text) {
            Ok(JsonValue::Number(number)) => Some(number),
            _ => None,
        }
    }
}

/// The kind only: the value may be a secret.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.kind())
    }
}

/// Whether a number is written as an integer of 64 bits.
fn is_integer(text: &str) -> bool {
    let unsigned = text.parse::<u64>().is_ok_and(|number| number.to_string() == text);
    unsigned || text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}

/// Decodes the inside of a JSON string. The string's grammar was checked by the scan's reader.
fn replace_lone_surrogates(inner: &str) -> String {
    let mut units = Vec::new();
    let mut rest = inner;
    while let Some((plain, escape)) = rest.split_once('\\') {
        units.extend(plain.encode_utf16());
        let mut chars = escape.chars();
        let unit = match chars.next() {
            Some('u') => {
                let unit = escape.get(1..5).and_then(|digits| u16::from_str_radix(digits, 16).ok());
                chars = escape.get(5..).unwrap_or_default().chars();
                unit
            }
            Some('b') => Some(8),
            Some('f') => Some(12),
            Some('n') => Some(10),
            Some('r') => Some(13),
            Some('t') => Some(9),
            Some(same) => u16::try_from(u32::from(same)).ok(),
            None => None,
        };
        units.extend(unit);
        rest = chars.as_str();
    }
    units.extend(rest.encode_utf16());
    String::from_utf16_lossy(&units)
}
