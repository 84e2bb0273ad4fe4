//! Canonical JSON (RFC 8785), for values whose numbers are whole and below 2^53.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::JsonValue;

/// The largest whole number that every reader of JSON holds exactly (RFC 8785 appendix D).
const LARGEST: u64 = (1 << 53) - 1;

impl JsonValue {
    /// Writes the value in its canonical form (RFC 8785): without white space, with members sorted by
    /// UTF-16 code units and with as few escapes as possible. Equal texts have equal digests.
    ///
    /// `None` if a number is not a whole number from -(2^53 - 1) to 2^53 - 1 in its shortest form:
    /// `60.0`, `6e1` and `-0` are not.
    ///
    /// ```
    /// use fdx_wire::json::{JsonValue, Limits, from_slice};
    ///
    /// let json = br#"{ "b": "\u0062", "a": [60] }"#;
    /// let value: JsonValue = from_slice(json, &Limits::default())?;
    /// assert_eq!(value.to_canonical().as_deref(), Some(r#"{"a":[60],"b":"b"}"#));
    /// # Ok::<(), fdx_wire::json::JsonError>(())
    /// ```
    #[must_use]
    pub fn to_canonical(&self) -> Option<String> {
        let mut text = String::new();
        write_into(self, &mut text)?;
        Some(text)
    }
}

fn write_into(value: &JsonValue, text: &mut String) -> Option<()> {
    match value {
        JsonValue::Null => text.push_str("null"),
        JsonValue::Bool(true) => text.push_str("true"),
        JsonValue::Bool(false) => text.push_str("false"),
        // RFC 8785 3.2.2.3: whole numbers that a double holds are written as they are
        JsonValue::Number(number) => text.push_str(whole(number.as_str())?),
        JsonValue::String(string) => escape_into(string, text),
        JsonValue::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                separate(index, text);
                write_into(element, text)?;
            }
            text.push(']');
        }
        JsonValue::Object(members) => {
            // RFC 8785 3.2.3: names are compared as arrays of UTF-16 code units
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                separate(index, text);
                escape_into(name, text);
                text.push(':');
                write_into(member, text)?;
            }
            text.push('}');
        }
    }
    Some(())
}

/// The number's text, if it is the canonical form of a whole number.
fn whole(text: &str) -> Option<&str> {
    let number: i64 = text.parse().ok()?;
    (number.unsigned_abs() <= LARGEST && number.to_string() == text).then_some(text)
}

fn separate(index: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
}

fn escape_into(string: &str, text: &mut String) {
    text.push('"');
    for char in string.chars() {
        // RFC 8785 3.2.2.2: the short escapes, \u00xx in lower case for other control characters
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            '\0'..='\u{1f}' => _ = write!(text, "\\u{:04x}", u32::from(char)),
            _ => text.push(char),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(json: &str) -> JsonValue {
        serde_json::from_str(json).unwrap()
    }

    fn canonical(json: &str) -> String {
        value(json).to_canonical().unwrap()
    }

    // The names and the order of RFC 8785 section 3.2.3.
    #[test]
    fn sorts_members_by_utf16_code_units() {
        let json = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
        let sorted = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
        assert_eq!(canonical(json), sorted);
    }

    // The text of RFC 8785 section 3.2.2.2.
    #[test]
    fn escapes_as_little_as_possible() {
        let json = r#"["\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"]"#;
        assert_eq!(canonical(json), r#"["€$\u000f\nA'B\"\\\\\"/"]"#);
    }

    // RFC 8785 section 3.2.2.2: five have a short escape, and U+0020 is the first to need none.
    #[test]
    fn escapes_every_control_character() {
        let characters: String = ('\0'..=' ').collect();
        let escaped = concat!(
            r#""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#,
            r#"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b"#,
            r#"\u001c\u001d\u001e\u001f ""#,
        );
        assert_eq!(JsonValue::String(characters).to_canonical().unwrap(), escaped);
    }

    #[test]
    fn writes_no_white_space() {
        let json = r#" { "b" : [ true , null , 10 ] , "a" : { } } "#;
        assert_eq!(canonical(json), r#"{"a":{},"b":[true,null,10]}"#);
    }

    // RFC 8785 section 3.2.2.3 and appendix D: other numbers depend on the reader's precision.
    #[test]
    fn writes_whole_numbers_that_a_double_holds_and_no_others() {
        for number in ["0", "7", "-7", "9007199254740991", "-9007199254740991"] {
            assert_eq!(canonical(number), number);
        }
        let others = ["-0", "60.0", "0.5", "6e1", "9007199254740992", "-9007199254740992", "1e400"];
        for number in others {
            let nested = std::format!(r#"{{"a":[{number}]}}"#);
            assert_eq!(value(number).to_canonical(), None, "{number}");
            assert_eq!(value(&nested).to_canonical(), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn canonical_form_has_the_same_value_and_is_stable(
            members in prop::collection::btree_map(any::<String>(), any::<(String, u32)>(), 0..6),
        ) {
            let value = JsonValue::of(&members).unwrap();
            let text = value.to_canonical().unwrap();
            prop_assert_eq!(&serde_json::from_str::<JsonValue>(&text).unwrap(), &value);
            prop_assert_eq!(canonical(&text), text);
        }
    }
}
