use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::scan::unescape;
use super::{JsonError, Kind, RawJson};

/// A JSON value of any shape, which compares by value.
///
/// Unlike `serde_json::Value` it is the same whatever features of serde_json are enabled, and it is
/// read from scanned text only: at most 32 levels, no repeated members. Objects compare without
/// regard to order, texts with their escapes decoded, numbers as decimals of any size.
///
/// ```
/// use fdx_wire::json::{JsonValue, Limits, from_slice};
///
/// let value = |json: &str| from_slice::<JsonValue>(json.as_bytes(), &Limits::default());
/// assert_eq!(value(r#"{"a":60,"b":"x"}"#)?, value(r#"{ "\u0062": "x", "a": 6e1 }"#)?);
/// # Ok::<(), fdx_wire::json::JsonError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JsonValue {
    /// `[]`
    Array(Vec<Self>),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
    /// A number of any size and precision.
    Number(JsonNumber),
    /// `{}`
    Object(BTreeMap<String, Self>),
    /// A text, with escapes decoded.
    String(String),
}

/// A JSON number as its text. Two are equal if they are the same decimal number.
#[derive(Clone, Debug)]
pub struct JsonNumber(String);

/// The direction in which a fraction is rounded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rounding {
    /// To the next smaller whole number.
    Down,
    /// To the next larger whole number.
    Up,
}

impl JsonValue {
    /// Writes `value` as JSON and reads it back as a value.
    ///
    /// # Errors
    /// [`JsonError`] if `value` has no JSON form, or breaks a rule of the reader.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, JsonError> {
        RawJson::of(value)?.value()
    }

    /// Reads a text that is JSON and was scanned, so that its depth is bounded.
    pub(crate) fn of_json(text: &str) -> Result<Self, JsonError> {
        let mut reader = Reader { rest: text };
        let value = reader.value();
        value.map_err(|kind| JsonError::at(kind, text.as_bytes(), text.len() - reader.rest.len()))
    }
}

impl<'de> Deserialize<'de> for JsonValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawJson::deserialize(deserializer)?.value().map_err(D::Error::custom)
    }
}

impl JsonNumber {
    /// The number as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number, if it is whole and from 0 to 2^64 - 1: `60`, and also `60.0` and `6e1`.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        let Decimal { negative, digits, exponent } = self.decimal()?;
        if digits.is_empty() {
            return Some(0);
        }
        let digits: u64 = digits.parse().ok().filter(|_| !negative)?;
        let Exponent::Number(exponent) = exponent else { return None };
        let power = 10_u64.checked_pow(u32::try_from(exponent).ok()?)?;
        digits.checked_mul(power)
    }

    /// The number, if it is from 0 to 2^64 - 1, rounded to a whole number.
    #[must_use]
    pub fn to_u64_rounded(&self, rounding: Rounding) -> Option<u64> {
        let Decimal { negative, digits, exponent } = self.decimal()?;
        let Exponent::Number(exponent) = exponent else { return None };
        if negative || exponent >= 0 || digits.is_empty() {
            return self.to_u64();
        }
        // The digits have no zeros at the end, so a fraction is never zero.
        let fraction = usize::try_from(exponent.unsigned_abs()).ok()?;
        let whole = digits.len().checked_sub(fraction).and_then(|length| digits.get(..length));
        let whole: u64 = match whole.unwrap_or_default() {
            "" => 0,
            whole => whole.parse().ok()?,
        };
        match rounding {
            Rounding::Down => Some(whole),
            Rounding::Up => whole.checked_add(1),
        }
    }

    /// Reads a number of RFC 8259 section 6.
    fn parse(text: &str) -> Option<Self> {
        let number = Self(text.into());
        number.decimal().is_some().then_some(number)
    }

    /// The sign, all digits without zeros at either end, and the power of ten that they are
    /// multiplied by. One decimal number has one such form.
    fn decimal(&self) -> Option<Decimal<'_>> {
        let text = self.0.as_str();
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let (lowers, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => (true, exponent),
            None => (false, exponent.strip_prefix('+').unwrap_or(exponent)),
        };
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if leading_zero || ![whole, fraction, exponent].into_iter().all(is_digits) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = match fraction {
            "" => Cow::Borrowed(whole.trim_start_matches('0')),
            _ => Cow::Owned([whole, fraction].concat().trim_start_matches('0').into()),
        };
        if digits.is_empty() {
            let exponent = Exponent::Number(0);
            return Some(Decimal { negative: false, digits, exponent });
        }
        let length = digits.len();
        let digits = match digits {
            Cow::Borrowed(digits) => Cow::Borrowed(digits.trim_end_matches('0')),
            Cow::Owned(digits) => Cow::Owned(digits.trim_end_matches('0').into()),
        };
        let shift = to_i128(length - digits.len()) - to_i128(fraction.len());
        let exponent = exponent.trim_start_matches('0');
        let exponent = match if exponent.is_empty() { Ok(0) } else { exponent.parse::<i64>() } {
            Ok(number) => {
                let number = i128::from(number);
                Exponent::Number(shift + if lowers { -number } else { number })
            }
            Err(_) => Exponent::Huge { lowers, text: exponent, shift },
        };
        Some(Decimal { negative, digits, exponent })
    }
}

impl Eq for JsonNumber {}

impl PartialEq for JsonNumber {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.decimal() == other.decimal()
    }
}

#[derive(Eq, PartialEq)]
struct Decimal<'a> {
    negative: bool,
    digits: Cow<'a, str>,
    exponent: Exponent<'a>,
}

#[derive(Eq, PartialEq)]
enum Exponent<'a> {
    Number(i128),
    /// Beyond 64 bits: as it is written, and what the digits add to it.
    Huge {
        lowers: bool,
        text: &'a str,
        shift: i128,
    },
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn to_i128(length: usize) -> i128 {
    i128::try_from(length).unwrap_or(i128::MAX)
}

const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// What is left of a text that is JSON. Anything unexpected is an error all the same.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Result<JsonValue, Kind> {
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => self.text().map(JsonValue::String),
            _ => self.word(),
        }
    }

    fn object(&mut self) -> Result<JsonValue, Kind> {
        let mut members = BTreeMap::new();
        self.take(b'{')?;
        while self.peek() != Some(b'}') {
            if !members.is_empty() {
                self.take(b',')?;
            }
            let name = self.text()?;
            self.take(b':')?;
            if members.insert(name, self.value()?).is_some() {
                return Err(Kind::DuplicateKey);
            }
        }
        self.take(b'}')?;
        Ok(JsonValue::Object(members))
    }

    fn array(&mut self) -> Result<JsonValue, Kind> {
        let mut elements = Vec::new();
        self.take(b'[')?;
        while self.peek() != Some(b']') {
            if !elements.is_empty() {
                self.take(b',')?;
            }
            elements.push(self.value()?);
        }
        self.take(b']')?;
        Ok(JsonValue::Array(elements))
    }

    fn text(&mut self) -> Result<String, Kind> {
        self.take(b'"')?;
        let mut escaped = false;
        let mut after_backslash = false;
        let end = self.rest.bytes().position(|byte| {
            let ends = byte == b'"' && !after_backslash;
            after_backslash = byte == b'\\' && !after_backslash;
            escaped |= after_backslash;
            ends
        });
        let text = self.split(end.ok_or(Kind::Syntax)?);
        // Its grammar is right, so what can't be decoded is a lone surrogate.
        let text = if escaped { unescape(text).map_err(|_| Kind::Shape)? } else { text.into() };
        self.take(b'"')?;
        Ok(text)
    }

    /// A number or one of the three names.
    fn word(&mut self) -> Result<JsonValue, Kind> {
        let ends = |char: char| matches!(char, ',' | ']' | '}') || WHITE_SPACE.contains(&char);
        match self.split(self.rest.find(ends).unwrap_or(self.rest.len())) {
            "null" => Ok(JsonValue::Null),
            "true" => Ok(JsonValue::Bool(true)),
            "false" => Ok(JsonValue::Bool(false)),
            number => JsonNumber::parse(number).map(JsonValue::Number).ok_or(Kind::Syntax),
        }
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_start_matches(WHITE_SPACE);
        self.rest.bytes().next()
    }

    fn take(&mut self, expected: u8) -> Result<(), Kind> {
        if self.peek() != Some(expected) {
            return Err(Kind::Syntax);
        }
        self.split(1);
        Ok(())
    }

    /// Takes `length` bytes.
    fn split(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}
