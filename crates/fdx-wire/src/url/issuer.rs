use super::{HttpsUrl, UrlError, text_form};

/// An authorization server's issuer identifier: an `https` URL without query and fragment
/// (RFC 8414 section 2), compared as the text it is (RFC 8414 section 3.3, RFC 9207 section 2.4).
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
        let url = HttpsUrl::parse(text)?;
        if url.query().is_some() { Err(UrlError::Extra) } else { Ok(Self(url)) }
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
}

text_form!(Issuer);
