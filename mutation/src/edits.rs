use std::ops::Range;

/// Changes of one text, in any order. Those that wrap something may wrap each other.
#[derive(Default)]
pub(crate) struct Edits(Vec<Edit>);

struct Edit {
    at: usize,
    deletes: usize,
    order: Order,
    text: String,
    mutants: Vec<usize>,
}

/// Of several edits at one place: what ends there comes first, the inner before the outer; then what
/// begins there, the outer before the inner. The number is the length of what is wrapped.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Order {
    Instead,
    After(usize),
    Before(std::cmp::Reverse<usize>),
}

/// Where in the new text something was written, and for which mutants.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) range: Range<usize>,
    pub(crate) mutants: Vec<usize>,
}

impl Edits {
    /// Writes before a piece of the text, outside of what else wraps a part of it.
    pub(crate) fn before(&mut self, piece: &Range<usize>, text: impl Into<String>, for_: &[usize]) {
        self.push(piece.start, 0, Order::Before(std::cmp::Reverse(piece.len())), text, for_);
    }

    /// Writes after a piece of the text, likewise.
    pub(crate) fn after(&mut self, piece: &Range<usize>, text: impl Into<String>, for_: &[usize]) {
        self.push(piece.end, 0, Order::After(piece.len()), text, for_);
    }

    /// Writes in the place of a piece, in which nothing else is changed.
    pub(crate) fn instead(
        &mut self,
        piece: &Range<usize>,
        text: impl Into<String>,
        for_: &[usize],
    ) {
        self.push(piece.start, piece.len(), Order::Instead, text, for_);
    }

    fn push(
        &mut self,
        at: usize,
        deletes: usize,
        order: Order,
        text: impl Into<String>,
        mutants: &[usize],
    ) {
        self.0.push(Edit { at, deletes, order, text: text.into(), mutants: mutants.to_vec() });
    }

    /// The new text, and where it differs.
    pub(crate) fn apply(mut self, text: &str) -> (String, Vec<Written>) {
        self.0.sort_by(|a, b| (a.at, &a.order).cmp(&(b.at, &b.order)));
        let (mut new, mut written, mut read) =
            (String::with_capacity(text.len() * 2), Vec::new(), 0);
        for edit in self.0 {
            new.push_str(text.get(read..edit.at).unwrap_or_default());
            read = read.max(edit.at);
            let start = new.len();
            new.push_str(&edit.text);
            written.push(Written { range: start..new.len(), mutants: edit.mutants });
            read = read.max(edit.at + edit.deletes);
        }
        new.push_str(&text[read..]);
        (new, written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wraps_more_is_outside() {
        let mut edits = Edits::default();
        // a || b && c, the second inside the first.
        edits.before(&(5..11), "{", &[2]);
        edits.after(&(5..11), "}", &[2]);
        edits.before(&(0..11), "(", &[1]);
        edits.after(&(0..11), ")", &[1]);
        edits.instead(&(7..9), "AND", &[2]);
        let (text, written) = edits.apply("a || b && c");
        assert_eq!(text, "(a || {b AND c})");
        let outer: Vec<_> = written.iter().filter(|written| written.mutants == [1]).collect();
        assert_eq!(outer.len(), 2);
        assert_eq!(&text[outer[1].range.clone()], ")");
    }
}
