//! An independent JSON reader, written from the grammar of RFC 8259, to compare `fdx_wire` with.
//!
//! It shares no code with `fdx_wire` or serde_json. It works on bytes and UTF-16 code units, and
//! reports facts instead of applying limits.

/// The properties of a document.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// The depth of nested objects and arrays.
    pub(crate) depth: usize,
    /// Members and elements, with an empty object or array counted as one.
    pub(crate) members: usize,
    /// Whether some object has two members of the same name.
    pub(crate) duplicate: bool,
    /// Whether some name has the prefix that serde_json reserves.
    pub(crate) reserved: bool,
    /// Whether some name has a lone surrogate.
    pub(crate) lone_surrogate_in_name: bool,
    /// Whether some text other than a name has a lone surrogate.
    pub(crate) lone_surrogate_in_value: bool,
}

/// Larger than each limit of `fdx_wire`. This reader is recursive.
const DEEPEST: usize = 256;

/// Reads `bytes`. `None` if they are not JSON or have more than 256 levels.
pub(crate) fn read(bytes: &[u8]) -> Option<Facts> {
    std::str::from_utf8(bytes).ok()?;
    let mut reader = Reader { bytes, at: 0, facts: Facts::default() };
    reader.value(0)?;
    reader.space();
    (reader.at == bytes.len()).then_some(reader.facts)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    facts: Facts,
}

impl Reader<'_> {
    /// value = false / null / true / object / array / number / string
    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        self.space();
        match self.peek()? {
            b'{' => self.list(depth + 1, b'}', Self::member),
            b'[' => self.list(depth + 1, b']', |reader, depth, _| reader.value(depth)),
            b'"' => {
                let units = self.string()?;
                self.facts.lone_surrogate_in_value |= lone_surrogate(&units);
                Some(())
            }
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    /// An object or an array: begin, items between commas, end.
    fn list(
        &mut self,
        depth: usize,
        end: u8,
        item: fn(&mut Self, usize, &mut Vec<Vec<u16>>) -> Option<()>,
    ) -> Option<()> {
        self.at += 1;
        self.facts.depth = self.facts.depth.max(depth);
        self.facts.members += 1;
        let mut names = Vec::new();
        self.space();
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            item(self, depth, &mut names)?;
            self.space();
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    self.facts.members += 1;
                }
                byte if byte == end => break,
                _ => return None,
            }
        }
        self.at += 1;
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        self.facts.duplicate |= names.len() < all;
        Some(())
    }

    /// member = string name-separator value
    fn member(&mut self, depth: usize, names: &mut Vec<Vec<u16>>) -> Option<()> {
        self.space();
        let name = self.string()?;
        self.facts.lone_surrogate_in_name |= lone_surrogate(&name);
        let reserved: Vec<u16> = "$serde_json::private::".encode_utf16().collect();
        self.facts.reserved |= name.starts_with(&reserved);
        names.push(name);
        self.space();
        self.byte(b':')?;
        self.value(depth)
    }

    /// The code units of a string.
    fn string(&mut self) -> Option<Vec<u16>> {
        self.byte(b'"')?;
        let mut units = Vec::new();
        loop {
            let rest = std::str::from_utf8(&self.bytes[self.at..]).ok()?;
            let char = rest.chars().next()?;
            self.at += char.len_utf8();
            match char {
                '"' => return Some(units),
                '\\' => units.push(self.escape()?),
                '\0'..='\u{1f}' => return None,
                _ => units.extend(char.encode_utf16(&mut [0; 2]).iter()),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => byte.into(),
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let digits = self.bytes.get(self.at..self.at + 4)?;
                self.at += 4;
                digits.iter().try_fold(0, |unit: u16, digit| {
                    Some(unit << 4 | u16::try_from(char::from(*digit).to_digit(16)?).ok()?)
                })?
            }
            _ => return None,
        })
    }

    /// number = [ minus ] int [ frac ] [ exp ]
    fn number(&mut self) -> Option<()> {
        self.skip(b"-");
        if !self.skip(b"0") {
            self.digits()?;
        }
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn space(&mut self) {
        while self.skip(b" \t\n\r") {}
    }

    /// Takes one byte of `set` if it comes next.
    fn skip(&mut self, set: &[u8]) -> bool {
        let comes = self.peek().is_some_and(|byte| set.contains(&byte));
        self.at += usize::from(comes);
        comes
    }

    fn byte(&mut self, byte: u8) -> Option<()> {
        self.skip(&[byte]).then_some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        word.iter().try_for_each(|byte| self.byte(*byte))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

fn lone_surrogate(units: &[u16]) -> bool {
    char::decode_utf16(units.iter().copied()).any(|char| char.is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_grammar() {
        for json in ["0", "-0.0e-1", " [ ] ", r#"{"a":[{},"\ud800"]}"#, "\"\u{7f}é\"", "1E400"] {
            assert!(read(json.as_bytes()).is_some(), "{json}");
        }
        let others = [
            "",
            " ",
            "01",
            "+1",
            "1.",
            ".1",
            "1e",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{a:1}",
            "'a'",
            "\"\n\"",
            r#""\x""#,
            r#""\u12""#,
            "[1}",
            "1 1",
            "nul",
            "\u{feff}1",
            "[1",
        ];
        for other in others {
            assert!(read(other.as_bytes()).is_none(), "{other}");
        }
        assert!(read(b"\"\xff\"").is_none());
    }

    #[test]
    fn reports_what_our_reader_restricts() {
        let facts = read(r#"{"a":[1,2],"\u0061":{"\ud83d\ude00":""}}"#.as_bytes()).unwrap();
        assert_eq!((facts.depth, facts.members, facts.duplicate), (2, 5, true));
        assert!(!facts.reserved && !facts.lone_surrogate_in_name);
        let facts = read(br#"{"\u0024serde_json::private::x":"\ud800","\udc00":1}"#).unwrap();
        assert!(facts.reserved && facts.lone_surrogate_in_name && facts.lone_surrogate_in_value);
    }
}
