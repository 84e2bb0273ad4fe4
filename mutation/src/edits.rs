use std::cmp::Reverse;
use std::ops::Range;

/// Changes of one text, in any order. Those that wrap something may wrap each other.
#[derive(Default)]
pub(crate) struct Edits {
    edits: Vec<Edit>,
    /// How many wraps were begun: of two around one piece, the later is inside.
    wraps: usize,
}

struct Edit {
    at: usize,
    deletes: usize,
    order: Order,
    text: String,
    mutants: Vec<usize>,
}

/// Of several edits at one place: what ends there comes first, the inner before the outer; then
/// what begins there, the outer before the inner. The first number is the length of what is wrapped.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Order {
    Instead,
    After(usize, Reverse<usize>),
    Before(Reverse<usize>),
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
        self.wraps += 1;
        self.push(piece.start, 0, Order::Before(Reverse(piece.len())), text, for_);
    }

    /// Writes after a piece of the text, likewise, to end what was begun last.
    pub(crate) fn after(&mut self, piece: &Range<usize>, text: impl Into<String>, for_: &[usize]) {
        let order = Order::After(piece.len(), Reverse(self.wraps));
        self.push(piece.end, 0, order, text, for_);
    }

    /// Writes in the place of a piece, in which nothing else is changed.
    pub(crate) fn instead(
        &mut self,
        piece: &Range<usize>,
        text: impl Into<String>,
        for_: &[usize],
    ) {
        self.wraps += 1;
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
        self.edits.push(Edit { at, deletes, order, text: text.into(), mutants: mutants.to_vec() });
    }

    /// The new text, and where it differs.
    pub(crate) fn apply(mut self, text: &str) -> (String, Vec<Written>) {
        self.edits.sort_by(|a, b| (a.at, &a.order).cmp(&(b.at, &b.order)));
        let (mut new, mut written, mut read) =
            (String::with_capacity(text.len() * 2), Vec::new(), 0);
        for edit in self.edits {
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
        // The second part of the text, and then twice the whole of it.
        edits.before(&(5..11), "{", &[2]);
        edits.instead(&(7..9), "AND", &[2]);
        edits.after(&(5..11), "}", &[2]);
        edits.before(&(0..11), "(", &[1]);
        edits.after(&(0..11), ")", &[1]);
        edits.before(&(0..11), "[", &[3]);
        edits.after(&(0..11), ", ", &[3]);
        edits.after(&(0..11), "]", &[3]);
        let (text, written) = edits.apply("a || b && c");
        assert_eq!(text, "([a || {b AND c}, ])");
        let outer: Vec<_> = written.iter().filter(|written| written.mutants == [1]).collect();
        assert_eq!(outer.len(), 2);
        assert_eq!(&text[outer[1].range.clone()], ")");
    }
}
