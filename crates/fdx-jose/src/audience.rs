use fdx_wire::{HttpsUrl, Issuer};

/// Whom a client assertion or a request object is for: one string, never an array.
///
/// FAPI 2.0 (Security Profile 5.3.3.1-5, Message Signing 5.3.2) knows the issuer alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Audience<'a> {
    /// The issuer identifier.
    Issuer(&'a Issuer),
    /// Not FAPI 2.0: the token endpoint, for servers that take nothing else.
    TokenEndpoint(&'a HttpsUrl),
}

impl<'a> Audience<'a> {
    /// The text, as it was configured or received.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Issuer(issuer) => issuer.as_str(),
            Self::TokenEndpoint(url) => url.as_str(),
        }
    }
}

impl<'a> From<&'a Issuer> for Audience<'a> {
    fn from(issuer: &'a Issuer) -> Self {
        Self::Issuer(issuer)
    }
}
