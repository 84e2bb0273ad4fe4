use core::fmt;

use crate::error::error::Error;

/// An error that spends nothing: it returns the value of the failed step, for another attempt.
#[derive(Debug)]
pub struct Refused<T> {
    /// The error.
    pub error: Error,
    /// The value, unspent.
    pub unspent: Box<T>,
}

impl<T> Refused<T> {
    pub(crate) fn new(error: impl Into<Error>, unspent: T) -> Self {
        Self { error: error.into(), unspent: Box::new(unspent) }
    }
}

impl<T> From<Refused<T>> for Error {
    fn from(refused: Refused<T>) -> Self {
        refused.error
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T: fmt::Debug> std::error::Error for Refused<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
