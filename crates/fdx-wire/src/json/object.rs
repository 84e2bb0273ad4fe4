use core::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::{Secret, SecretBuffer};

/// Writes a JSON object. The members are in the order in which they are appended.
///
/// Use [`ObjectWriter::text`] for secrets. The text of the object is wiped from memory when the
/// writer is dropped, and the debug output is redacted.
///
/// ```
/// use fdx_wire::json::ObjectWriter;
///
/// let mut object = ObjectWriter::with_capacity(64);
/// object.text("scope", "openid").member("max_age", &300);
/// assert_eq!(object.to_json().expose(), r#"{"scope":"openid","max_age":300}"#);
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

    /// Appends a member that is not secret. serde_json frees copies of the value without wiping
    /// them. A value without a JSON form, such as a map whose keys are arrays, becomes `null`.
    pub fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        self.name(name);
        let json = serde_json::to_string(value).map(Zeroizing::new);
        self.0.push(json.as_ref().map_or("null", |json| json.as_str()).as_bytes());
        self
    }

    /// Returns the complete object.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        // Only UTF-8 was appended, so the default is never used.
        let text = str::from_utf8(self.0.as_bytes()).unwrap_or_default();
        Secret::concat(&[text, "}"])
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(b",");
        }
        self.append(name);
        self.0.push(b":");
    }

    /// Appends a JSON string (RFC 8259 section 7), with the same escapes as serde_json.
    fn append(&mut self, text: &str) {
        self.0.push(b"\"");
        for byte in text.bytes() {
            let hex = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
            match byte {
                b'"' => self.0.push(b"\\\""),
                b'\\' => self.0.push(b"\\\\"),
                0x08 => self.0.push(b"\\b"),
                b'\t' => self.0.push(b"\\t"),
                b'\n' => self.0.push(b"\\n"),
                0x0c => self.0.push(b"\\f"),
                b'\r' => self.0.push(b"\\r"),
                0..0x20 => self.0.push(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]),
                _ => self.0.push(&[byte]),
            }
        }
        self.0.push(b"\"");
    }
}

impl fmt::Debug for ObjectWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectWriter([redacted], {} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned as _;
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
            let written = |object: &mut ObjectWriter| object.to_json().expose().to_owned();
            let text = written(ObjectWriter::with_capacity(0).text(&name, &value));
            let member = written(ObjectWriter::with_capacity(0).member(&name, value.as_str()));
            prop_assert_eq!(text, member);
        }
    }

    #[test]
    fn members_do_not_print() {
        let mut object = ObjectWriter::with_capacity(0);
        object.text("token", "s3cret");
        assert_eq!(alloc::format!("{object:?}"), "ObjectWriter([redacted], 17 bytes)");
    }
}
