use alloc::format;
use alloc::string::String;
use core::fmt;
use core::net::Ipv6Addr;

/// Scheme, host and port, in the form in which two of them are compared: the host in lower case, an
/// IPv6 address in its shortest text, the scheme's own port left out (RFC 6454 section 4, RFC 5952).
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Origin(String);

impl Origin {
    pub(super) fn new(scheme: &str, host: &str, port: u16, default_port: u16) -> Self {
        let address = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
        let host = match address.and_then(|inner| inner.parse::<Ipv6Addr>().ok()) {
            Some(address) => format!("[{address}]"),
            None => host.to_ascii_lowercase(),
        };
        if port == default_port {
            Self(format!("{scheme}://{host}"))
        } else {
            Self(format!("{scheme}://{host}:{port}"))
        }
    }

    /// The text, such as `https://bank.example` or `https://bank.example:8443`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
