use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::Value;

/// At most 256 characters of untrusted text, with control and non-ASCII characters escaped. It can
/// be printed into a log or a terminal.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Excerpt(String);

const MAX_CHARS: usize = 256;

impl Excerpt {
    /// Escapes and shortens `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut excerpt = String::new();
        for char in text.chars() {
            let escaped = char.escape_default();
            if excerpt.len() + escaped.len() > MAX_CHARS - 3 {
                excerpt.push_str("...");
                break;
            }
            if matches!(char, '\'' | '"') { excerpt.push(char) } else { excerpt.extend(escaped) }
        }
        Self(excerpt)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value that an informative member has and that the reader does not understand. A member of the
/// elements of a list has one such note, of its first such value.
///
/// `Debug` prints the member's name only: the value may be personal data.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct NotUnderstood {
    member: &'static str,
    text: Excerpt,
}

impl NotUnderstood {
    /// Keeps the beginning of the value's text.
    #[must_use]
    pub fn new(member: &'static str, text: &str) -> Self {
        Self { member, text: Excerpt::of(text) }
    }

    /// Appends the value, unless the list has a value of this member.
    pub fn note(list: &mut Vec<Self>, member: &'static str, value: Value<'_>) {
        if list.iter().all(|it| it.member != member) {
            list.push(Self::new(member, value.as_str()));
        }
    }

    /// The member's name, with the path to it.
    #[must_use]
    pub fn member(&self) -> &'static str {
        self.member
    }

    /// The beginning of the value, as JSON.
    #[must_use]
    pub fn text(&self) -> &Excerpt {
        &self.text
    }
}

impl fmt::Debug for NotUnderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NotUnderstood({}, [redacted])", self.member)
    }
}
