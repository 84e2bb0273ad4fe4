/// A reader of DER (X.690) that accepts only the shortest form of each length and integer.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a>(&'a [u8]);

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

impl<'a> Der<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The content of the next element, which must bear this tag.
    pub(crate) fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_first()?;
        if *first != tag {
            return None;
        }
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The elements within the next element.
    pub(crate) fn within(&mut self, tag: u8) -> Option<Self> {
        self.element(tag).map(Self)
    }

    /// The next integer, which must not be negative: big-endian, without its leading zero.
    pub(crate) fn integer(&mut self) -> Option<&'a [u8]> {
        match self.element(INTEGER)? {
            [] => None,
            [0] => Some(&[]),
            [0, rest @ ..] => rest.first().is_some_and(|byte| *byte >= 0x80).then_some(rest),
            [first, ..] if *first >= 0x80 => None,
            all => Some(all),
        }
    }
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [short @ 0..=0x7f, rest @ ..] => Some((usize::from(*short), rest)),
        [0x81, length @ 0x80..=0xff, rest @ ..] => Some((usize::from(*length), rest)),
        [0x82, high @ 1..=0xff, low, rest @ ..] => {
            Some((usize::from(u16::from_be_bytes([*high, *low])), rest))
        }
        _ => None,
    }
}
