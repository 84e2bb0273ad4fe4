use alloc::string::String;
use core::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

/// Writes a JSON object member by member, in the order they are given.
///
/// Requests carry secrets: the text wipes itself and does not print.
///
/// ```
/// use fdx_wire::json::ObjectWriter;
///
/// let mut object = ObjectWriter::with_capacity(64);
/// object.member("scope", "openid").member("max_age", &300);
/// assert_eq!(object.to_json(), r#"{"scope":"openid","max_age":300}"#);
/// ```
pub struct ObjectWriter(Zeroizing<String>);

impl ObjectWriter {
    /// An empty object with room for `bytes`, so that a long value is not left behind in memory
    /// that was outgrown.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(bytes));
        text.push('{');
        Self(text)
    }

    /// Appends one member. A value without a JSON form, such as a map whose keys are not texts, is
    /// `null`.
    pub fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.append(name);
        self.0.push(':');
        self.append(value);
        self
    }

    /// The object.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = String::with_capacity(self.0.len() + 1);
        text.push_str(&self.0);
        text.push('}');
        text
    }

    fn append<T: Serialize + ?Sized>(&mut self, value: &T) {
        match serde_json::to_string(value).map(Zeroizing::new) {
            Ok(text) => self.0.push_str(&text),
            Err(_) => self.0.push_str("null"),
        }
    }
}

impl fmt::Debug for ObjectWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectWriter([redacted], {} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(members: BTreeMap<String, String>) {
            let mut object = ObjectWriter::with_capacity(0);
            for (name, value) in &members {
                object.member(name, value);
            }
            let read: BTreeMap<String, String> = serde_json::from_str(&object.to_json()).unwrap();
            prop_assert_eq!(read, members);
        }
    }

    #[test]
    fn members_do_not_print() {
        let mut object = ObjectWriter::with_capacity(0);
        object.member("token", "s3cret");
        assert_eq!(alloc::format!("{object:?}"), "ObjectWriter([redacted], 17 bytes)");
    }
}
