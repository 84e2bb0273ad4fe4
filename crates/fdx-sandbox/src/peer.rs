use fdx_jose::Thumbprint;

/// What the TLS connection tells about the client: nothing, or the certificate that it showed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Peer {
    pub(crate) thumbprint: Option<Thumbprint>,
    pub(crate) subject_dn: Option<String>,
    pub(crate) san_dns: Vec<String>,
}

impl Peer {
    /// Showed no certificate.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Showed the certificate with this `x5t#S256`, which TLS has checked.
    #[must_use]
    pub fn certificate(thumbprint: Thumbprint) -> Self {
        Self { thumbprint: Some(thumbprint), ..Self::default() }
    }

    /// The certificate's subject, in the form of RFC 4514.
    #[must_use]
    pub fn subject_dn(self, name: &str) -> Self {
        Self { subject_dn: Some(name.to_owned()), ..self }
    }

    /// A DNS name among the certificate's alternative names, beside those named before.
    #[must_use]
    pub fn san_dns(mut self, name: &str) -> Self {
        self.san_dns.push(name.to_owned());
        self
    }
}

impl From<Thumbprint> for Peer {
    fn from(thumbprint: Thumbprint) -> Self {
        Self::certificate(thumbprint)
    }
}

impl From<Option<Thumbprint>> for Peer {
    fn from(thumbprint: Option<Thumbprint>) -> Self {
        Self { thumbprint, ..Self::default() }
    }
}
