use core::fmt;

use super::{Row, Value};
use crate::json::JsonError;

/// A message can't be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// The document is not JSON, or not an object.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// A required or protective member has no usable value.
    #[error("{0}")]
    Member(#[from] MemberFault),
}

/// A member that is missing or has another value than expected: its name, place and kind, but never
/// its value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MemberFault {
    member: &'static str,
    expected: &'static str,
    clause: &'static str,
    found: Found,
    place: Option<(usize, usize)>,
}

/// The kind of value in place of the expected one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Found {
    /// `[]`
    Array,
    /// `true` or `false`
    Bool,
    /// An empty string, array or object.
    Empty,
    /// The object lacks the member.
    Missing,
    /// `null`
    Null,
    /// A number.
    Number,
    /// `{}`
    Object,
    /// A value of the right kind.
    Other,
    /// A string.
    String,
}

impl MemberFault {
    /// The object lacks the member.
    #[must_use]
    pub fn missing(row: Row) -> Self {
        Self::new(row, Found::Missing, None)
    }

    /// The member has this value.
    #[must_use]
    pub fn of(row: Row, value: Value<'_>) -> Self {
        let found = if value.is_empty() && value.kind() != Found::Null {
            Found::Empty
        } else {
            value.kind()
        };
        Self::new(row, found, Some(value.place()))
    }

    /// The member has another value than this message must have. A part of a message has no place
    /// in the document.
    #[must_use]
    pub fn other(member: &'static str, expected: &'static str, clause: &'static str) -> Self {
        Self { member, expected, clause, found: Found::Other, place: None }
    }

    /// The member has this value, which is part of a message: its place in the document is not known.
    #[must_use]
    pub fn of_part(
        member: &'static str,
        expected: &'static str,
        clause: &'static str,
        value: Value<'_>,
    ) -> Self {
        Self { found: value.kind(), ..Self::other(member, expected, clause) }
    }

    fn new(row: Row, found: Found, place: Option<(usize, usize)>) -> Self {
        Self { member: row.name, expected: row.shape, clause: row.clause, found, place }
    }

    /// The member's name, with the path to it.
    #[must_use]
    pub fn member(&self) -> &'static str {
        self.member
    }

    /// The expected value, in words.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// The clause that defines the member.
    #[must_use]
    pub fn clause(&self) -> &'static str {
        self.clause
    }

    /// The kind of the value.
    #[must_use]
    pub fn found(&self) -> Found {
        self.found
    }

    /// Line and column of the value in the document, both from 1, if there is a value.
    #[must_use]
    pub fn place(&self) -> Option<(usize, usize)> {
        self.place
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Array => "an array",
            Self::Bool => "a boolean",
            Self::Empty => "empty",
            Self::Missing => "missing",
            Self::Null => "null",
            Self::Number => "a number",
            Self::Object => "an object",
            Self::Other => "another value",
            Self::String => "a string",
        })
    }
}

impl fmt::Display for MemberFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { member, expected, found, place, .. } = self;
        write!(f, "member {member} is {found}")?;
        match place {
            Some((line, column)) => write!(f, ", not {expected} (line {line}, column {column})"),
            None => write!(f, ": expected {expected}"),
        }
    }
}

impl core::error::Error for MemberFault {}
