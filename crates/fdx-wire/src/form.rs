//! `application/x-www-form-urlencoded`: one writer for bodies and URLs, one reader for queries.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::SecretBuffer;
use crate::url::{is_unreserved, percent_encoded};

/// Writes pairs in order. All characters except the unreserved ones of RFC 3986 are
/// percent-encoded, so that the text is both a valid body and a valid query.
///
/// Forms contain codes and verifiers: the text is wiped when dropped, and `Debug` hides it.
#[derive(Default)]
pub struct Form(SecretBuffer);

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty form with capacity for `bytes`.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(SecretBuffer::with_capacity(bytes))
    }

    /// Appends one pair.
    pub fn pair(&mut self, name: &str, value: &str) -> &mut Self {
        if !self.0.is_empty() {
            self.0.push(b"&");
        }
        self.encode(name);
        self.0.push(b"=");
        self.encode(value);
        self
    }

    /// The text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Percent-encoded text is ASCII.
        str::from_utf8(self.0.as_bytes()).unwrap_or_default()
    }

    /// Returns the bytes of the text without a copy. The caller wipes them.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    fn encode(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        loop {
            let length = rest.iter().take_while(|byte| is_unreserved(**byte)).count();
            let (plain, reserved) = rest.split_at(length);
            self.0.push(plain);
            let Some((byte, after)) = reserved.split_first() else { break };
            self.0.push(&percent_encoded(*byte));
            rest = after;
        }
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form([redacted], {} bytes)", self.0.len())
    }
}

/// The decoded pairs of a received query or form body.
///
/// Queries contain codes: decoded text is wiped when the query is dropped.
///
/// ```
/// use fdx_wire::form::{Query, QueryError};
///
/// let query = Query::parse("code=a%20b&state=s&state=s", 4096)?;
/// assert_eq!(query.one("code")?, Some("a b"));
/// assert_eq!(query.one("iss")?, None);
/// assert_eq!(query.one("state"), Err(QueryError::Duplicate)); // RFC 6749 section 3.1
/// # Ok::<(), QueryError>(())
/// ```
///
/// [`Query::parse`] rejects a query with a pair that is not percent-encoded UTF-8.
/// [`Query::parse_each`] reads the others: such a value is an error where it is needed.
pub struct Query<'a>(Vec<(Text<'a>, Result<Text<'a>, QueryError>)>);

/// A name or value, as it stands in the query or decoded.
enum Text<'a> {
    Borrowed(&'a str),
    /// A name that can't be decoded.
    Undecoded(&'a str),
    Decoded(Zeroizing<String>),
}

/// The rule that a query broke. Never repeats its text, which may contain a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum QueryError {
    /// A parameter is repeated (RFC 6749 sections 3.1 and 3.2).
    #[error("a parameter is included more than once (RFC 6749 section 3.1)")]
    Duplicate,
    /// A percent sign is not followed by two hexadecimal digits, or a value is not UTF-8.
    #[error("a parameter is not percent-encoded UTF-8")]
    Encoding,
    /// Longer than the limit, or more than 100 pairs.
    #[error("the query is longer than its limit or has more than 100 pairs")]
    TooLong,
}

const MAX_PAIRS: usize = 100;

impl<'a> Query<'a> {
    /// Splits and decodes `text` of at most `max_bytes`. Skips empty pairs (`&&`). A name without
    /// `=` has an empty value.
    ///
    /// # Errors
    /// [`QueryError::TooLong`] and [`QueryError::Encoding`].
    pub fn parse(text: &'a str, max_bytes: usize) -> Result<Self, QueryError> {
        let query = Self::parse_each(text, max_bytes)?;
        let names = || query.0.iter().map(|(name, _)| name);
        if names().any(Text::is_undecoded) || query.0.iter().any(|(_, value)| value.is_err()) {
            return Err(QueryError::Encoding);
        }
        Ok(query)
    }

    /// Splits `text` of at most `max_bytes` and decodes each pair by itself. A name that is not
    /// percent-encoded UTF-8 stays as received: it is the name of no known parameter.
    ///
    /// # Errors
    /// [`QueryError::TooLong`].
    pub fn parse_each(text: &'a str, max_bytes: usize) -> Result<Self, QueryError> {
        if text.len() > max_bytes {
            return Err(QueryError::TooLong);
        }
        let mut pairs = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PAIRS {
                return Err(QueryError::TooLong);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((decode(name).unwrap_or(Text::Undecoded(name)), decode(value)));
        }
        Ok(Self(pairs))
    }

    /// The value of `name`, which may occur only once.
    ///
    /// # Errors
    /// [`QueryError::Duplicate`], and [`QueryError::Encoding`] for a value that can't be decoded.
    pub fn one(&self, name: &str) -> Result<Option<&str>, QueryError> {
        let mut found = self.0.iter().filter(|(key, _)| key.as_str() == name);
        let first = found.next().map(|(_, value)| value.as_ref());
        if found.next().is_some() {
            return Err(QueryError::Duplicate);
        }
        first.map(|value| value.map(Text::as_str).map_err(|error| *error)).transpose()
    }

    /// All names in their order, including repeated ones.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Text<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) | Self::Undecoded(text) => text,
            Self::Decoded(text) => text,
        }
    }

    fn is_undecoded(&self) -> bool {
        matches!(self, Self::Undecoded(_))
    }
}

fn decode(text: &str) -> Result<Text<'_>, QueryError> {
    if !text.contains(['%', '+']) {
        return Ok(Text::Borrowed(text));
    }
    // Decoded text is never longer, so that the buffer stays where it is.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest.next().and_then(hex).ok_or(QueryError::Encoding)?;
                let low = rest.next().and_then(hex).ok_or(QueryError::Encoding)?;
                high * 16 + low
            }
            other => other,
        });
    }
    if str::from_utf8(&bytes).is_err() {
        return Err(QueryError::Encoding);
    }
    let decoded = String::from_utf8(core::mem::take(&mut *bytes));
    decoded.map(|text| Text::Decoded(Zeroizing::new(text))).map_err(|_| QueryError::Encoding)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn written_pairs_read_back(name in "\\PC{1,20}", value: String) {
            let mut form = Form::new();
            form.pair(&name, &value);
            let query = Query::parse(form.as_str(), usize::MAX).unwrap();
            prop_assert_eq!(query.one(&name), Ok(Some(value.as_str())));
        }

        #[test]
        fn keeps_order_and_repetitions_of_pairs(
            names in prop::collection::vec("[a-c&=% ]{1,3}", 0..6),
        ) {
            let mut form = Form::new();
            for name in &names {
                form.pair(name, "");
            }
            let between = names.len().saturating_sub(1);
            prop_assert_eq!(form.as_str().matches('&').count(), between);
            let query = Query::parse(form.as_str(), usize::MAX).unwrap();
            prop_assert!(query.names().eq(&names));
        }

        #[test]
        fn no_query_panics(text: String) {
            let _ = Query::parse(&text, 64);
        }

        #[test]
        fn checks_the_limit_of_bytes(text in "[a-z&=%2]{0,40}", max_bytes in 0..40usize) {
            let read = Query::parse(&text, max_bytes);
            prop_assert_eq!(read.err() == Some(QueryError::TooLong), text.len() > max_bytes);
        }
    }

    #[test]
    fn one_undecodable_pair_costs_that_pair() {
        let text = "error=denied&error_description=Acc%E8s&utm%zz=1&state=s";
        let query = Query::parse_each(text, 4096).unwrap();
        assert_eq!(query.one("error"), Ok(Some("denied")));
        assert_eq!(query.one("state"), Ok(Some("s")));
        assert_eq!(query.one("error_description"), Err(QueryError::Encoding));
        assert_eq!(query.one("utm"), Ok(None));
        assert!(query.names().eq(["error", "error_description", "utm%zz", "state"]));
        for text in ["a=%E8", "%zz=1"] {
            assert_eq!(Query::parse(text, 4096).err(), Some(QueryError::Encoding), "{text}");
        }
    }

    #[test]
    fn rejects_too_many_pairs() {
        let pairs = |count| "a=1&".repeat(count);
        for (text, max_bytes, outcome) in [
            (pairs(MAX_PAIRS), 4096, Ok(MAX_PAIRS)),
            (pairs(MAX_PAIRS + 1), 4096, Err(QueryError::TooLong)),
            ("a=1234".into(), 6, Ok(1)),
            ("a=1234".into(), 5, Err(QueryError::TooLong)),
        ] {
            let read = Query::parse(&text, max_bytes).map(|query| query.names().count());
            assert_eq!(read, outcome, "{text} within {max_bytes} bytes");
        }
    }

    #[test]
    fn form_grows_with_its_text() {
        let mut form = Form::with_capacity(1);
        form.pair("code", "&&&").pair("state", "s");
        assert_eq!(form.as_str(), "code=%26%26%26&state=s");
    }

    #[test]
    fn debug_hides_values() {
        let mut form = Form::new();
        form.pair("code", "s3cret").pair("state", "s3cret");
        assert_eq!(format!("{form:?}"), "Form([redacted], 24 bytes)");
        let query = Query::parse(form.as_str(), 64).unwrap();
        assert_eq!(format!("{query:?}"), r#"["code", "state"]"#);
    }

    #[test]
    fn rejects_bad_encodings() {
        for text in ["a=%", "a=%4", "a=%zz", "%ff=a", "a=%+1"] {
            assert_eq!(Query::parse(text, 64).unwrap_err(), QueryError::Encoding, "{text}");
        }
    }

    #[test]
    fn rejects_repeated_parameter() {
        let query = Query::parse("code=a&code=a", 100).unwrap();
        assert_eq!(query.one("code"), Err(QueryError::Duplicate));
    }
}
