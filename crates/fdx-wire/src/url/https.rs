use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt;

use super::origin::Origin;
use super::syntax::{self, Parts};
use super::{UrlError, check_path_id, percent_encode, percent_encode_into, segment, text_form};

/// An absolute `https` URL, kept byte for byte as it was received.
///
/// Nothing is normalised, because OAuth compares such texts as they are (RFC 8414 section 3.3,
/// RFC 9207 section 2.4). What other readers would rewrite or read differently is refused: user
/// information, fragments, backslashes, dot segments in any encoding, hosts that are numbers,
/// characters that need encoding, ports outside 1 to 65535, and more than 2,048 bytes.
///
/// `url::Url` (the WHATWG URL standard) and `http::Uri` read each accepted text with the same scheme,
/// host, port, path and query; a property test compares the three. "The same" means:
///
/// - the host without regard to case, and an IPv6 address as an address: `url::Url` rewrites
///   `[0:0::1]` as `[::1]`;
/// - the port with the scheme's own port where none is written;
/// - an empty path as `/` (RFC 3986 section 6.2.3).
///
/// There is one exception: `url::Url` refuses a host with a label that begins with `xn--` and is not
/// valid Punycode. This crate has no table of Unicode, and accepts it.
///
/// What a *server* makes of the path is another question, which [`HttpsUrl::covers`] answers.
///
/// One that [`HttpsUrl::parse_loopback`] made, and no other, may be `http` to this machine itself.
///
/// ```
/// use fdx_wire::{HttpsUrl, UrlError};
///
/// let url = HttpsUrl::parse("https://Bank.example:443/token?a=b")?;
/// assert_eq!(url.as_str(), "https://Bank.example:443/token?a=b");
/// assert_eq!(url.without_query(), "https://Bank.example:443/token");
/// assert_eq!(url.origin().as_str(), "https://bank.example");
/// assert_eq!(HttpsUrl::parse("https://bank.example@evil.example/"), Err(UrlError::UserInfo));
/// # Ok::<(), UrlError>(())
/// ```
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct HttpsUrl {
    text: String,
    parts: Parts,
}

impl HttpsUrl {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    /// [`UrlError`], by the first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let parts = syntax::check(text, "https://", 443)?;
        Ok(Self { text: text.to_owned(), parts })
    }

    /// Checks `text` as [`HttpsUrl::parse`] does, and takes `http` as well where the host is the
    /// literal `127.0.0.1` or `[::1]`: for a mock server on this machine, whose bytes never meet a
    /// network. Never `localhost`, which a resolver decides (RFC 8252 section 8.3). Deserialising
    /// stays strict.
    ///
    /// ```
    /// use fdx_wire::{HttpsUrl, UrlError};
    ///
    /// let url = HttpsUrl::parse_loopback("http://127.0.0.1:8080/token")?;
    /// assert_eq!(url.origin().as_str(), "http://127.0.0.1:8080");
    /// assert_eq!(HttpsUrl::parse_loopback("http://localhost/token"), Err(UrlError::Scheme));
    /// # Ok::<(), UrlError>(())
    /// ```
    ///
    /// # Errors
    /// [`UrlError`], by the first rule that it breaks; [`UrlError::Scheme`] for `http` to any other
    /// host.
    pub fn parse_loopback(text: &str) -> Result<Self, UrlError> {
        let parts = syntax::check_loopback(text)?;
        Ok(Self { text: text.to_owned(), parts })
    }

    /// Whether the scheme is `http`: then [`HttpsUrl::parse_loopback`] made it, and the host is a
    /// loopback literal.
    #[must_use]
    pub fn is_loopback_http(&self) -> bool {
        self.text.starts_with("http://")
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host as written, an IPv6 address with its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.text.get(self.parts.host.0..self.parts.host.1).unwrap_or_default()
    }

    /// The port, the scheme's own (443, or 80 for `http`) where none is written.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.parts.port
    }

    /// The path as written: empty, or beginning with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.parts.path..self.end_of_path()).unwrap_or_default()
    }

    /// What follows the first `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.parts.query.and_then(|at| self.text.get(at + 1..))
    }

    /// The text up to the query.
    #[must_use]
    pub fn without_query(&self) -> &str {
        self.text.get(..self.end_of_path()).unwrap_or_default()
    }

    /// Scheme, host and port in the form in which origins are compared (RFC 6454 section 4).
    #[must_use]
    pub fn origin(&self) -> Origin {
        let (scheme, port) = if self.is_loopback_http() { ("http", 80) } else { ("https", 443) };
        Origin::new(scheme, self.host(), self.port(), port)
    }

    /// The URL as the server that receives the request computes it, without the query: the origin in
    /// the form in which origins are compared, then the path, `/` if it is empty (RFC 9110 section
    /// 7.1, RFC 3986 section 6.2). It is DPoP's `htu` (RFC 9449 section 4.2).
    ///
    /// ```
    /// let url = fdx_wire::HttpsUrl::parse("https://Bank.example:443/token?a=b")?;
    /// assert_eq!(url.target_uri(), "https://bank.example/token");
    /// # Ok::<(), fdx_wire::UrlError>(())
    /// ```
    #[must_use]
    pub fn target_uri(&self) -> String {
        let path = if self.path().is_empty() { "/" } else { self.path() };
        format!("{}{path}", self.origin().as_str())
    }

    /// This URL without its query and with one more path segment, percent-encoded as a whole.
    ///
    /// ```
    /// let base = fdx_wire::HttpsUrl::parse("https://api.example/fdx/v6/accounts")?;
    /// assert_eq!(base.join_segment("a+b/c")?.path(), "/fdx/v6/accounts/a%2Bb%2Fc");
    /// # Ok::<(), fdx_wire::UrlError>(())
    /// ```
    ///
    /// # Errors
    /// As [`check_path_id`]: [`UrlError::DotSegment`] and [`UrlError::Identifier`].
    /// [`UrlError::Length`].
    pub fn join_segment(&self, segment: &str) -> Result<Self, UrlError> {
        check_path_id(segment)?;
        let mut text = format!("{}/", self.without_query().trim_end_matches('/'));
        percent_encode_into(segment, &mut text);
        if self.is_loopback_http() { Self::parse_loopback(&text) } else { Self::parse(&text) }
    }

    /// Whether `other` has this URL's origin and its path is this one's or lies below it, whichever
    /// server reads it.
    ///
    /// Servers and proxies decode a path once or twice, read `\` as `/`, and end a segment at `;`, or
    /// the path at a decoded `?` or `#`. Below this URL's path there may therefore be no `/`, `\`,
    /// `%`, `?`, `#` or control character in an encoded form, no bytes that are not UTF-8, and no
    /// segment that begins with `.;` or `..;` in any encoding. A segment that
    /// [`HttpsUrl::join_segment`] wrote for an identifier with a slash is not covered: see
    /// [`HttpsUrl::joins_to`].
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let plain = |segment: &str| {
            segment.is_empty()
                || segment::decode(segment).is_some_and(|text| {
                    check_path_id(&text).is_ok() && !text.contains(['/', '?', '#'])
                })
        };
        self.below(other).is_some_and(|tail| tail.split('/').all(plain))
    }

    /// Whether `other` is this URL with more segments, each as [`HttpsUrl::join_segment`] writes it,
    /// and perhaps a query. An encoded slash may be in a segment; next to dots it may not.
    #[must_use]
    pub fn joins_to(&self, other: &Self) -> bool {
        let joined = |segment: &str| {
            segment::decode(segment).is_some_and(|text| {
                check_path_id(&text).is_ok() && percent_encode(&text) == segment
            })
        };
        self.below(other).is_some_and(|tail| tail.split('/').skip(1).all(joined))
    }

    /// What `other`'s path has after this one's: nothing, or a text that begins with `/`.
    fn below<'a>(&self, other: &'a Self) -> Option<&'a str> {
        let base = self.path().trim_end_matches('/');
        let tail = other.path().strip_prefix(base).filter(|_| self.origin() == other.origin());
        tail.filter(|tail| tail.is_empty() || tail.starts_with('/'))
    }

    fn end_of_path(&self) -> usize {
        self.parts.query.unwrap_or(self.text.len())
    }
}

impl fmt::Debug for HttpsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

text_form!(HttpsUrl);
