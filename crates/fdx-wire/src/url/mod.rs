//! URLs that are compared and therefore stay as they were received.

mod https;
mod issuer;
mod origin;
mod redirect;
mod segment;
mod syntax;

use alloc::string::String;

pub use https::HttpsUrl;
pub use issuer::Issuer;
pub use origin::Origin;
pub use redirect::RedirectUri;
pub use segment::check_path_id;

/// Why a text is not a URL that this project would use.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// A byte that is not printable ASCII, one of `` " < > \ ^ ` { | } ``, a percent sign without
    /// two digits, or `'` in the query: `url::Url` encodes it there.
    #[error("the URL has a character that must be percent-encoded")]
    Character,
    /// A `.` or `..` segment, also when encoded: some readers would remove it.
    #[error("the URL has a dot segment")]
    DotSegment,
    /// A fragment, or where it may have none, a query.
    #[error("the URL has a fragment, or a query where none may be")]
    Extra,
    /// No host, or one that is neither an address nor a name of letters, digits, dots, hyphens and
    /// underscores. A host whose last label is a number has to be an IPv4 address in its usual
    /// form, because other readers take `127.1`, `2130706433` and `0x7f000001` for addresses.
    #[error("the URL has no usable host")]
    Host,
    /// A text that can't be part of a path: see [`check_path_id`].
    #[error("the identifier is empty, or has a backslash, a percent sign or a control character")]
    Identifier,
    /// Longer than 2,048 bytes.
    #[error("the URL is too long")]
    Length,
    /// Not a number from 1 to 65535.
    #[error("the URL's port is not a number from 1 to 65535")]
    Port,
    /// Not `https` (FAPI 2.0 Security Profile 5.2.1).
    #[error("the URL does not begin with https://")]
    Scheme,
    /// A user name or password before the host.
    #[error("the URL carries user information")]
    UserInfo,
}

/// Percent-encodes all but the unreserved characters of RFC 3986 section 2.3.
///
/// ```
/// assert_eq!(fdx_wire::percent_encode("a/b c~"), "a%2Fb%20c~");
/// ```
#[must_use]
pub fn percent_encode(text: &str) -> String {
    // The text may be a secret. With room for all of it, no part stays behind in outgrown memory.
    let mut encoded = String::with_capacity(text.len() * 3);
    percent_encode_into(text, &mut encoded);
    encoded
}

pub(crate) fn percent_encode_into(text: &str, encoded: &mut String) {
    for byte in text.bytes() {
        if is_unreserved(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(percent_encoded(byte).map(char::from));
        }
    }
}

/// Whether a byte is an unreserved character of RFC 3986 section 2.3.
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// One byte, percent-encoded.
pub(crate) fn percent_encoded(byte: u8) -> [u8; 3] {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'A' - 10 + nibble };
    [b'%', digit(byte >> 4), digit(byte & 15)]
}

/// `Deserialize` by `parse`, `Serialize` by `as_str`, and the same two as `FromStr` and `Display`.
macro_rules! text_form {
    ($type:ident) => {
        impl core::str::FromStr for $type {
            type Err = $crate::url::UrlError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = alloc::string::String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
use text_form;

#[cfg(test)]
mod tests;
