use serde::de::IgnoredAny;

/// Why a document was refused, and where: never what it said.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} at line {line}, column {column}")]
pub struct JsonError {
    kind: Kind,
    line: usize,
    column: usize,
}

/// The rule that the document broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Kind {
    /// An object has a member twice (RFC 7515 section 4, RFC 7519 section 4).
    #[error("an object has the same member twice")]
    DuplicateKey,
    /// The bytes are not UTF-8 (RFC 8259 section 8.1).
    #[error("not UTF-8")]
    NotUtf8,
    /// A member's name begins with `$serde_json::private::`, which the parser reserves.
    #[error("an object has a member whose name is reserved by the parser")]
    ReservedName,
    /// JSON, but not the members or types that were expected here. A text with a lone surrogate
    /// (RFC 8259 section 8.2) and a number outside the range of its type are of this kind.
    #[error("not the expected members or types")]
    Shape,
    /// Not JSON, or cut short. A member's name with a lone surrogate is of this kind too.
    #[error("not JSON")]
    Syntax,
    /// Nested deeper than [`super::Limits::depth`].
    #[error("nested too deeply")]
    TooDeep,
    /// Longer than [`super::Limits::bytes`].
    #[error("too large")]
    TooLarge,
    /// More members and elements than [`super::Limits::members`].
    #[error("too many members")]
    TooManyMembers,
}

impl JsonError {
    /// The rule that was broken.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Line of the document, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Column within the line in bytes, from 1; 0 where only the line is known.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    pub(crate) fn at(kind: Kind, bytes: &[u8], offset: usize) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        Self { kind, line, column }
    }

    /// Keeps the place of serde_json's error, but not its text: that quotes the input.
    ///
    /// serde_json also reports a number out of range and a lone surrogate as errors of syntax. Which
    /// of them it meets depends on its features, so the grammar is checked here again.
    #[expect(clippy::needless_pass_by_value, reason = "it is consumed so that nothing prints it")]
    pub(crate) fn from_serde(error: serde_json::Error, text: &str) -> Self {
        let is_json = || serde_json::from_str::<IgnoredAny>(text).is_ok();
        let kind = if error.is_data() || is_json() { Kind::Shape } else { Kind::Syntax };
        Self { kind, line: error.line(), column: error.column() }
    }

    /// A value that could not be written: there is no document, and no place in it.
    pub(super) fn unwritable() -> Self {
        Self { kind: Kind::Shape, line: 1, column: 0 }
    }
}
