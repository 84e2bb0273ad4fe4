use core::net::IpAddr;

/// The one name in the client's certificate by which a server knows it (RFC 8705 section 2.1.2).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TlsClientAuthName {
    /// `tls_client_auth_subject_dn`, as RFC 4514 writes it.
    SubjectDn(String),
    /// `tls_client_auth_san_dns`.
    SanDns(String),
    /// `tls_client_auth_san_uri`.
    SanUri(String),
    /// `tls_client_auth_san_ip`.
    SanIp(IpAddr),
    /// `tls_client_auth_san_email`.
    SanEmail(String),
}

impl TlsClientAuthName {
    /// The member's name and value.
    pub(super) fn member(&self) -> (&'static str, String) {
        match self {
            Self::SubjectDn(name) => ("tls_client_auth_subject_dn", name.clone()),
            Self::SanDns(name) => ("tls_client_auth_san_dns", name.clone()),
            Self::SanUri(name) => ("tls_client_auth_san_uri", name.clone()),
            Self::SanIp(address) => ("tls_client_auth_san_ip", address.to_string()),
            Self::SanEmail(name) => ("tls_client_auth_san_email", name.clone()),
        }
    }
}
