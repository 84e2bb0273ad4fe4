use std::error::Error;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// One change of one place, as cargo-mutants describes it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mutant {
    /// The source file, from the workspace's root.
    pub(crate) file: String,
    /// `FILE:LINE:COLUMN: CHANGE`.
    pub(crate) name: String,
    pub(crate) genre: Genre,
    /// What stands there instead.
    pub(crate) replacement: String,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Genre {
    BinaryOperator,
    /// A function does nothing but return this.
    FnValue,
    /// The arm is not there.
    MatchArm,
    MatchArmGuard,
    /// The field is the base's.
    StructField,
    /// The operator is not there.
    UnaryOperator,
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Span {
    pub(crate) start: Position,
}

/// Both count from 1, the column in characters.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Mutant {
    pub(crate) fn read(list: &Path) -> Result<Vec<Self>, Box<dyn Error>> {
        Ok(serde_json::from_slice(&fs::read(list)?)?)
    }
}
