//! Output: results, messages, tables and JSON.
//!
//! Only this module prints. A closed pipe is not an error; a full disk is.

use std::fmt;
use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

use serde::Serialize;

use crate::error::Failure;

/// The first error of standard output.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints a result to standard output.
pub(crate) fn result(line: &str) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}")
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Fails if a result could not be printed.
pub(crate) fn check() -> Result<(), Failure> {
    LOST.get().map_or(Ok(()), |error| {
        let what = format!("standard output could not be written: {error}");
        Err(Failure::failed(what, "free space, or redirect the output"))
    })
}

/// Prints a message to standard error.
pub(crate) fn message(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Returns a value as one JSON document. The program's types always have a JSON form.
pub(crate) fn pretty<T: Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Rows below a heading. Each column is as wide as its widest cell.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, row) in self.rows.iter().enumerate() {
            let cells = row.iter().enumerate();
            let cells = cells.map(|(column, cell)| format!("{cell:<0$}", self.width(column)));
            let line = cells.collect::<Vec<_>>().join("  ");
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}  {}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Returns an institution's text, escaped and bounded for a terminal.
pub(crate) fn printable(text: &str) -> String {
    const MAX_CHARS: usize = 64;
    let mut printable: String =
        text.chars().take(MAX_CHARS).flat_map(char::escape_default).collect();
    if text.chars().count() > MAX_CHARS {
        printable.push_str("...");
    }
    if printable.is_empty() { "(unnamed)".to_owned() } else { printable }
}
