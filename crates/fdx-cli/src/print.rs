//! The only places that print. A reader who went away is no failure of ours.

use std::io::Write;

/// A result, on standard output.
pub(crate) fn result(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A message for the person, on standard error.
pub(crate) fn message(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
