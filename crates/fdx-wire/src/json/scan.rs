use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::{JsonError, Kind, Limits};

/// Checks size, encoding, depth, member count and member names, and returns the text.
///
/// The scan follows structure and strings alone. Other syntax errors are left to the parser that
/// reads the same text next. The scan and the parser agree about the structure of every document
/// that the parser accepts.
///
/// # Errors
/// [`JsonError`] of any kind but [`Kind::Shape`].
pub fn scan<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, JsonError> {
    if bytes.len() > limits.bytes {
        return Err(JsonError::at(Kind::TooLarge, &[], 0));
    }
    let text = core::str::from_utf8(bytes)
        .map_err(|error| JsonError::at(Kind::NotUtf8, bytes, error.valid_up_to()))?;
    let mut scan = Scan {
        text,
        at: 0,
        members: 0,
        keys: Vec::new(),
        open: Vec::new(),
        repeatable: limits.repeatable,
        repeated: Vec::new(),
    };
    match scan.run(limits) {
        Ok(()) => Ok(text),
        Err(kind) => Err(JsonError::at(kind, bytes, scan.at)),
    }
}

/// serde_json passes raw JSON and numbers through serde as objects whose first member has such a
/// name. In a document it would make serde_json parse the text of that member unscanned.
const PRIVATE: &str = "$serde_json::private::";

struct Scan<'a> {
    text: &'a str,
    at: usize,
    members: usize,
    /// The decoded keys of all open objects, innermost last.
    keys: Vec<Cow<'a, str>>,
    open: Vec<Open>,
    /// [`Limits::repeatable`].
    repeatable: Option<&'static str>,
    /// The strings that this member has in the outermost object, undecoded.
    repeated: Vec<&'a str>,
}

enum Open {
    Array,
    /// An object, where its keys begin in [`Scan::keys`], and whether a key comes next.
    Object {
        first_key: usize,
        key_next: bool,
    },
}

impl<'a> Scan<'a> {
    fn run(&mut self, limits: &Limits) -> Result<(), Kind> {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' => {
                    self.enter(Open::Object { first_key: self.keys.len(), key_next: true }, limits)?
                }
                b'[' => self.enter(Open::Array, limits)?,
                b'}' | b']' => self.leave()?,
                b',' => {
                    if let Some(Open::Object { key_next, .. }) = self.open.last_mut() {
                        *key_next = true;
                    }
                    self.count(limits)?;
                }
                _ => {}
            }
            self.at += 1;
        }
        if self.open.is_empty() { Ok(()) } else { Err(Kind::Syntax) }
    }

    fn enter(&mut self, open: Open, limits: &Limits) -> Result<(), Kind> {
        if self.open.len() == limits.depth {
            return Err(Kind::TooDeep);
        }
        self.open.push(open);
        self.count(limits)
    }

    /// An opening bracket or a comma announces at most one member or element each.
    fn count(&mut self, limits: &Limits) -> Result<(), Kind> {
        self.members += 1;
        if self.members > limits.members { Err(Kind::TooManyMembers) } else { Ok(()) }
    }

    fn leave(&mut self) -> Result<(), Kind> {
        if let Open::Object { first_key, .. } = self.open.pop().ok_or(Kind::Syntax)? {
            if self.open.is_empty() {
                self.count_repeated_once();
            }
            let keys = self.keys.get_mut(first_key..).unwrap_or_default();
            keys.sort_unstable();
            if keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
                return Err(Kind::DuplicateKey);
            }
            self.keys.truncate(first_key);
        }
        Ok(())
    }

    /// Removes one of two keys of the outermost object if both have the same string.
    fn count_repeated_once(&mut self) {
        if let [first, second] = self.repeated.as_slice()
            && first == second
            && let Some(place) = self.keys.iter().position(|key| self.repeatable == Some(key))
        {
            self.keys.remove(place);
        }
    }

    fn string(&mut self) -> Result<(), Kind> {
        let start = self.at + 1;
        let mut end = start;
        let mut escaped = false;
        loop {
            match self.text.as_bytes().get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    end += 2;
                }
                Some(_) => end += 1,
                None => return Err(Kind::Syntax),
            }
        }
        if let Some(Open::Object { key_next, .. }) = self.open.last_mut()
            && *key_next
        {
            *key_next = false;
            let key = self.text.get(start..end).ok_or(Kind::Syntax)?;
            let key = if escaped { Cow::Owned(unescape(key)?) } else { Cow::Borrowed(key) };
            if key.starts_with(PRIVATE) {
                return Err(Kind::ReservedName);
            }
            self.keys.push(key);
        } else if let [Open::Object { .. }] = self.open.as_slice()
            && let Some(Cow::Borrowed(key)) = self.keys.last()
            && self.repeatable == Some(*key)
        {
            self.repeated.extend(self.text.get(start..end));
        }
        self.at = end + 1;
        Ok(())
    }
}

/// Decodes the text between two quotation marks. A lone surrogate has no decoded form.
pub(super) fn unescape(text: &str) -> Result<String, Kind> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if char != '\\' {
            decoded.push(char);
            continue;
        }
        decoded.push(match rest.next().ok_or(Kind::Syntax)? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => code_point(&mut rest)?,
            same @ ('"' | '\\' | '/') => same,
            _ => return Err(Kind::Syntax),
        });
    }
    Ok(decoded)
}

/// The code point of `\uXXXX`, of which a pair of surrogates takes two (RFC 8259 section 7).
fn code_point(rest: &mut core::str::Chars<'_>) -> Result<char, Kind> {
    let unit = code_unit(rest)?;
    if !(0xd800..0xdc00).contains(&unit) {
        return char::from_u32(unit).ok_or(Kind::Syntax);
    }
    if (rest.next(), rest.next()) != (Some('\\'), Some('u')) {
        return Err(Kind::Syntax);
    }
    let low = code_unit(rest)?;
    if !(0xdc00..0xe000).contains(&low) {
        return Err(Kind::Syntax);
    }
    char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or(Kind::Syntax)
}

fn code_unit(rest: &mut core::str::Chars<'_>) -> Result<u32, Kind> {
    (0..4).try_fold(0, |unit, _| {
        let digit = rest.next().and_then(|char| char.to_digit(16)).ok_or(Kind::Syntax)?;
        Ok(unit * 16 + digit)
    })
}
