use super::{HttpsUrl, UrlError, text_form};

/// An authorization server's issuer identifier: an `https` URL without query and fragment
/// (RFC 8414 section 2), compared as the text it is (RFC 8414 section 3.3, RFC 9207 section 2.4).
///
/// One that [`Issuer::parse_loopback`] made, and no other, may be `http` to this machine itself.
///
/// ```
/// use fdx_wire::Issuer;
///
/// let issuer = Issuer::parse("https://bank.example")?;
/// assert_ne!(issuer, Issuer::parse("https://bank.example/")?);
/// assert_ne!(issuer, Issuer::parse("https://BANK.example")?);
/// # Ok::<(), fdx_wire::UrlError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Issuer(HttpsUrl);

impl Issuer {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    /// [`UrlError`], [`UrlError::Extra`] where it has a query.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Self::of(HttpsUrl::parse(text)?)
    }

    /// Checks `text` as [`Issuer::parse`] does, and takes `http` as well where the host is the
    /// literal `127.0.0.1` or `[::1]`, as [`HttpsUrl::parse_loopback`] does: for a mock server on
    /// this machine. Deserialising stays strict.
    ///
    /// # Errors
    /// [`UrlError`], [`UrlError::Extra`] where it has a query, [`UrlError::Scheme`] for `http` to
    /// any other host.
    pub fn parse_loopback(text: &str) -> Result<Self, UrlError> {
        Self::of(HttpsUrl::parse_loopback(text)?)
    }

    /// Whether the scheme is `http`: then [`Issuer::parse_loopback`] made it, and the host is a
    /// loopback literal.
    #[must_use]
    pub fn is_loopback_http(&self) -> bool {
        self.0.is_loopback_http()
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The identifier as a URL.
    #[must_use]
    pub fn url(&self) -> &HttpsUrl {
        &self.0
    }

    fn of(url: HttpsUrl) -> Result<Self, UrlError> {
        if url.query().is_some() { Err(UrlError::Extra) } else { Ok(Self(url)) }
    }
}

text_form!(Issuer);
