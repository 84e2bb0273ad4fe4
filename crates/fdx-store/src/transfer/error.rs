use core::fmt;

use fdx_par::Error;
use fdx_wire::json::JsonError;
use fdx_wire::members::{Excerpt, MemberFault};

/// A line can't be imported: the line, the place in it and the member, but never a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImportError {
    pub(super) line: u32,
    pub(super) fault: ImportFault,
}

/// What is wrong with a line of an import.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ImportFault {
    /// The line is not a JSON object, or larger than 2 MiB.
    Json(JsonError),
    /// A member is missing or has another value.
    Member(MemberFault),
    /// A member of this name is not known. It may be misspelled.
    UnknownMember(Excerpt),
}

/// A consent can't be exported.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The tokens are not verified, or are not a stored grant.
    #[error("the tokens can't be exported: {0}")]
    Tokens(Box<Error>),
    /// A value of the record is not one that an import accepts.
    #[error("the record can't be exported: {0}")]
    Record(ImportFault),
}

impl ImportError {
    /// The line of the file, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> &ImportFault {
        &self.fault
    }

    /// The stable name of the error, such as `store.import.member`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.fault {
            ImportFault::Json(_) => "store.import.json",
            ImportFault::Member(_) => "store.import.member",
            ImportFault::UnknownMember(_) => "store.import.unknown_member",
        }
    }
}

impl ImportFault {
    /// The column of the line in bytes, from 1, if the fault has a place.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        match self {
            Self::Json(error) => Some(error.column()).filter(|column| *column > 0),
            Self::Member(fault) => fault.place().map(|(_, column)| column),
            Self::UnknownMember(_) => None,
        }
    }

    /// The member, if the fault is of one that is known.
    #[must_use]
    pub fn member(&self) -> Option<&'static str> {
        match self {
            Self::Member(fault) => Some(fault.member()),
            Self::Json(_) | Self::UnknownMember(_) => None,
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.fault.column() {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

impl fmt::Display for ImportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "{}", error.kind()),
            Self::Member(fault) => {
                let (member, found, expected) = (fault.member(), fault.found(), fault.expected());
                write!(f, "member {member} is {found}: expected {expected} ({})", fault.clause())
            }
            Self::UnknownMember(name) => {
                write!(f, "member {name} is not known: remove or rename it")
            }
        }
    }
}

impl core::error::Error for ImportError {}

impl core::error::Error for ImportFault {}
