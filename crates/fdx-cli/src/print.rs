//! The only places that print. A reader who went away is no failure of ours; a full disk is.

use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

use crate::error::Failure;

/// Why standard output could not be written, the first time.
static LOST: OnceLock<String> = OnceLock::new();

/// A result, on standard output.
pub(crate) fn result(line: &str) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}")
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Whether all results were printed.
pub(crate) fn check() -> Result<(), Failure> {
    LOST.get().map_or(Ok(()), |error| {
        let what = format!("standard output could not be written: {error}");
        Err(Failure::failed(what, "make room, or send it elsewhere"))
    })
}

/// A message for the person, on standard error.
pub(crate) fn message(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
