use alloc::string::ToString as _;
use alloc::vec::Vec;
use core::fmt;

use crate::json::RawJson;
use crate::{Secret, SecretBuffer};

/// Writes a JSON object. The members are in the order in which they are appended.
///
/// Each kind of member has a JSON form, so that writing never fails. The text of the object is
/// wiped from memory when the writer is dropped, and the debug output is redacted.
///
/// ```
/// use fdx_wire::json::ObjectWriter;
///
/// let mut object = ObjectWriter::with_capacity(64);
/// object.text("scope", "openid").number("max_age", 300).texts("amr", ["pwd", "otp"]);
/// object.object("cnf", |cnf| cnf.text("jkt", "x").flag("bound", true));
/// assert_eq!(
///     object.to_json().expose(),
///     r#"{"scope":"openid","max_age":300,"amr":["pwd","otp"],"cnf":{"jkt":"x","bound":true}}"#
/// );
/// ```
pub struct ObjectWriter(SecretBuffer);

impl ObjectWriter {
    /// Creates an empty object with room for `bytes` bytes of JSON.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut text = SecretBuffer::with_capacity(bytes);
        text.push(b"{");
        Self(text)
    }

    /// Appends a member whose value is a string. Leaves no unwiped copy of the value in memory.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.append(value);
        self
    }

    /// Appends a member whose value is an array of strings.
    pub fn texts<'a>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> &mut Self {
        self.name(name);
        self.0.push(b"[");
        for (place, value) in values.into_iter().enumerate() {
            if place > 0 {
                self.0.push(b",");
            }
            self.append(value);
        }
        self.0.push(b"]");
        self
    }

    /// Appends a member whose value is a number.
    pub fn number(&mut self, name: &str, value: u64) -> &mut Self {
        self.name(name);
        self.0.push(value.to_string().as_bytes());
        self
    }

    /// Appends a member whose value is `true` or `false`.
    pub fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.name(name);
        self.0.push(if value { b"true" } else { b"false" });
        self
    }

    /// Appends a member whose value is JSON already.
    pub fn json(&mut self, name: &str, value: &RawJson) -> &mut Self {
        self.name(name);
        self.0.push(value.as_str().as_bytes());
        self
    }

    /// Appends a member whose value is an object. `write` appends the members of that object.
    pub fn object<'a>(
        &'a mut self,
        name: &str,
        write: impl FnOnce(&mut Self) -> &mut Self,
    ) -> &'a mut Self {
        self.name(name);
        self.0.push(b"{");
        write(self);
        self.0.push(b"}");
        self
    }

    /// Returns the complete object.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        // Only UTF-8 was appended, so the default is never used.
        let text = str::from_utf8(self.0.as_bytes()).unwrap_or_default();
        Secret::concat(&[text, "}"])
    }

    /// Returns the bytes of the complete object without a copy, unless its room is exhausted. The
    /// caller wipes them.
    #[must_use]
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.0.push(b"}");
        self.0.into_bytes()
    }

    fn name(&mut self, name: &str) {
        // Every value ends with another character.
        if self.0.as_bytes().last() != Some(&b'{') {
            self.0.push(b",");
        }
        self.append(name);
        self.0.push(b":");
    }

    /// Appends a JSON string (RFC 8259 section 7), with the same escapes as serde_json.
    fn append(&mut self, text: &str) {
        self.0.push(b"\"");
        let mut rest = text.as_bytes();
        while let Some((plain, byte, after)) = split(rest) {
            self.0.push(plain);
            self.escape(byte);
            rest = after;
        }
        self.0.push(rest);
        self.0.push(b"\"");
    }

    fn escape(&mut self, byte: u8) {
        let hex = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
        self.0.push(match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            0x08 => b"\\b",
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            0x0c => b"\\f",
            b'\r' => b"\\r",
            _ => return self.0.push(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]),
        });
    }
}

/// The bytes before the first one that a JSON string must escape, that byte, and the bytes after
/// it.
fn split(text: &[u8]) -> Option<(&[u8], u8, &[u8])> {
    let place = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    let (plain, rest) = text.split_at_checked(place)?;
    let (byte, after) = rest.split_first()?;
    Some((plain, *byte, after))
}

impl fmt::Debug for ObjectWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectWriter([redacted], {} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::string::String;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(members: BTreeMap<String, String>) {
            let mut object = ObjectWriter::with_capacity(0);
            for (name, value) in &members {
                object.text(name, value);
            }
            let json = object.to_json();
            let read: BTreeMap<String, String> = serde_json::from_str(json.expose()).unwrap();
            prop_assert_eq!(read, members);
        }

        #[test]
        fn a_text_is_written_as_serde_writes_it(name: String, value in "[\0-\u{ffff}]{0,8}") {
            let mut object = ObjectWriter::with_capacity(0);
            object.text(&name, &value).texts(&value, [&*value, &*name]);
            let serde = |value: &str| serde_json::to_string(value).unwrap();
            let (name, value) = (serde(&name), serde(&value));
            let expected = alloc::format!("{{{name}:{value},{value}:[{value},{name}]}}");
            let json = object.to_json();
            prop_assert_eq!(json.expose(), &expected);
            prop_assert_eq!(object.into_bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn separates_members_after_every_kind_of_value() {
        let mut object = ObjectWriter::with_capacity(0);
        let open_brace = RawJson::of("{").unwrap();
        object.object("empty", |empty| empty).texts("none", []).json("{", &open_brace);
        object
            .object("{", |inner| inner.object("{", |inner| inner.flag("f", false)).number("n", 7));
        object.text("last", "{");
        assert_eq!(
            object.to_json().expose(),
            r#"{"empty":{},"none":[],"{":"{","{":{"{":{"f":false},"n":7},"last":"{"}"#
        );
    }

    #[test]
    fn members_do_not_print() {
        let mut object = ObjectWriter::with_capacity(0);
        object.text("token", "s3cret");
        assert_eq!(alloc::format!("{object:?}"), "ObjectWriter([redacted], 17 bytes)");
    }
}
