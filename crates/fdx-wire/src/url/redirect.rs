use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use super::syntax::{self, Parts};
use super::{Origin, UrlError, text_form};

/// Where the customer's browser comes back to: `https`, or `http` on a loopback address literal
/// for a program on the customer's own machine (RFC 8252 section 7.3).
///
/// It is sent, registered and compared byte for byte.
///
/// ```
/// use fdx_wire::{RedirectUri, UrlError};
///
/// assert!(RedirectUri::parse("https://app.example/callback").is_ok());
/// assert!(RedirectUri::parse("http://127.0.0.1:8765/callback").is_ok());
/// assert_eq!(RedirectUri::parse("http://localhost/callback"), Err(UrlError::Scheme));
/// ```
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RedirectUri {
    text: String,
    parts: Parts,
}

impl RedirectUri {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    /// [`UrlError`], [`UrlError::Scheme`] for `http` to anything but `127.0.0.1` and `[::1]`.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let parts = syntax::check_loopback(text)?;
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port for comparison.
    #[must_use]
    pub fn origin(&self) -> Origin {
        let (scheme, port) = if self.is_https() { ("https", 443) } else { ("http", 80) };
        Origin::new(scheme, self.host(), self.parts.port, port)
    }

    /// The port, the scheme's own where none is written.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.parts.port
    }

    /// The path as written: empty, or beginning with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        let end = self.parts.query.unwrap_or(self.text.len());
        self.text.get(self.parts.path..end).unwrap_or_default()
    }

    /// What follows the first `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.parts.query.and_then(|at| self.text.get(at + 1..))
    }

    fn host(&self) -> &str {
        self.text.get(self.parts.host.0..self.parts.host.1).unwrap_or_default()
    }

    fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

text_form!(RedirectUri);
