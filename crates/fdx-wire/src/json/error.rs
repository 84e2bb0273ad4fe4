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
    /// JSON, but not the members or types that were expected here.
    #[error("not the expected members or types")]
    Shape,
    /// Not JSON, or cut short.
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

    pub(super) fn at(kind: Kind, bytes: &[u8], offset: usize) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        Self { kind, line, column }
    }

    /// serde_json's own error quotes its input, so only its place and category are kept.
    #[expect(clippy::needless_pass_by_value, reason = "it is consumed so that nobody prints it")]
    pub(super) fn from_serde(error: serde_json::Error) -> Self {
        let kind = if error.is_data() { Kind::Shape } else { Kind::Syntax };
        Self { kind, line: error.line(), column: error.column() }
    }
}
