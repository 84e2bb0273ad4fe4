//! Output: results, messages, tables and JSON.
//!
//! Only this module prints. A closed pipe is not an error; a full disk is.

use std::fmt;
use std::io::{ErrorKind, IsTerminal, Write};
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

/// The width of running text and of tables, in columns.
pub(crate) const TEXT: usize = 80;

/// Returns `text` after `first`, in lines of at most `width` columns. Further lines begin below the
/// end of `first`. A longer word, such as a URL, stays whole.
pub(crate) fn hanging(first: &str, text: &str, width: usize) -> String {
    let indent = first.chars().count();
    let lines = wrapped(text, width.saturating_sub(indent));
    format!("{first}{}", lines.join(&format!("\n{}", " ".repeat(indent))))
}

/// Returns a name and its value, as in a receipt.
pub(crate) fn entry(name: &str, value: &str) -> String {
    hanging(&format!("  {name:<12} "), value, TEXT)
}

/// Breaks a text between words into lines of at most `width` columns.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
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

    /// Breaks the cells of one column between words, so that lines have at most `width` columns.
    pub(crate) fn within(self, width: usize, column: usize) -> Self {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let others = (0..columns).filter(|other| *other != column).map(|it| self.width(it) + 2);
        let room = width.saturating_sub(others.sum::<usize>() + 2);
        let mut rows = Vec::new();
        for row in self.rows {
            let cell = row.get(column).map_or("", String::as_str);
            for (place, line) in wrapped(cell, room).into_iter().enumerate() {
                // The other cells are on the first line.
                let cell = |(at, cell): (usize, &String)| match (at == column, place) {
                    (true, _) => line.clone(),
                    (false, 0) => cell.clone(),
                    (false, _) => String::new(),
                };
                rows.push(row.iter().enumerate().map(cell).collect());
            }
        }
        Self { rows }
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

/// Returns a number and its noun, with an `s` unless the number is 1.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Returns the beginning of a text, so that it has at most `width` columns.
pub(crate) fn cut(text: &str, width: usize) -> String {
    const MORE: &str = "...";
    match text.chars().count() <= width {
        true => text.to_owned(),
        false => {
            let beginning = text.chars().take(width.saturating_sub(MORE.len()));
            beginning.chain(MORE.chars()).collect()
        }
    }
}

/// Counts what is done, on standard error if that is a terminal.
pub(crate) struct Progress {
    doing: &'static str,
    done: u64,
    shown: bool,
}

impl Progress {
    pub(crate) fn begin(doing: &'static str) -> Self {
        Self { doing, done: 0, shown: std::io::stderr().is_terminal() }
    }

    /// One more is done.
    pub(crate) fn step(&mut self) {
        const EACH: u64 = 256;
        self.done += 1;
        if self.shown && self.done.is_multiple_of(EACH) {
            let _ = write!(std::io::stderr().lock(), "\r{}: {}", self.doing, self.done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let clear = " ".repeat(self.doing.len() + 24);
            let _ = write!(std::io::stderr().lock(), "\r{clear}\r");
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(hanging("a: ", "bb cc dddddddd e", 8), "a: bb cc\n   dddddddd\n   e");
        assert_eq!(hanging("", "a b", 3), "a b");
        assert_eq!(hanging("- ", "", 3), "- ");
    }

    #[test]
    fn a_table_is_narrowed_by_one_column() {
        let mut table = Table::new(&["a", "b", "c"]);
        table.row(["1", "one two three", "x"]);
        assert_eq!(
            format!("{}", table.within(15, 1)),
            "  a  b        c\n  1  one two  x\n     three"
        );
    }
}
