use std::ops::Range;

use proc_macro2::{LineColumn, Span};

use crate::mutant::Position;

/// A file's text, and where its lines begin.
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(ends).collect() }
    }

    /// The bytes that a piece of syntax takes up.
    pub(crate) fn range(&self, span: Span) -> Range<usize> {
        let at = |place: LineColumn| self.offset(place.line, place.column);
        at(span.start())..at(span.end())
    }

    pub(crate) fn start(&self, span: crate::mutant::Span) -> usize {
        let Position { line, column } = span.start;
        self.offset(line, column - 1)
    }

    /// Lines count from 1, columns in characters from 0.
    fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.lines[line - 1];
        let rest = &self.text[start..];
        start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_offsets_bytes() {
        let source = Source::new("a\nßb\n");
        let position = |line, column| crate::mutant::Span { start: Position { line, column } };
        assert_eq!(source.start(position(1, 1)), 0);
        assert_eq!(source.start(position(2, 2)), 4);
        assert_eq!(&source.text[source.start(position(2, 2))..], "b\n");
    }
}
