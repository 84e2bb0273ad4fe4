use core::fmt;
use std::sync::Arc;

use fdx_jose::Thumbprint;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys, RootCertStore};
use zeroize::Zeroize;

use crate::tls::library::sign::any_supported_type;
use crate::{SetupFault, TransportError};

/// The authorities whose server certificates are accepted.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Roots {
    /// Mozilla's root certificates, as compiled in.
    #[default]
    WebPki,
    /// These root certificates, and no others.
    Only(RootCertificates),
}

/// Root certificates chosen by the caller.
#[derive(Clone)]
pub struct RootCertificates(RootCertStore);

/// The client's certificate chain and private key (RFC 8705).
///
/// The key's DER is wiped once the key is loaded. ring does not wipe its own copy, and the caller
/// wipes the PEM text.
#[derive(Clone)]
pub struct ClientIdentity {
    certified: Arc<CertifiedKey>,
    thumbprint: Thumbprint,
}

impl Roots {
    /// Trusts only these root certificates: one or more, in PEM.
    ///
    /// # Errors
    /// [`SetupFault::Certificates`] if the text contains no certificate, or one is malformed.
    pub fn pem(text: &str) -> Result<Self, TransportError> {
        let mut store = RootCertStore::empty();
        for certificate in certificates(text)? {
            store.add(certificate).map_err(|_| SetupFault::Certificates)?;
        }
        Ok(Self::Only(RootCertificates(store)))
    }

    pub(crate) fn into_store(self) -> RootCertStore {
        match self {
            Self::WebPki => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
            Self::Only(RootCertificates(store)) => store,
        }
    }
}

impl ClientIdentity {
    /// Reads a certificate chain, the client's own certificate first, and its private key. The key
    /// is unencrypted: `PRIVATE KEY` (PKCS#8), `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
    ///
    /// # Errors
    /// [`SetupFault::Certificates`], [`SetupFault::PrivateKey`], and [`SetupFault::KeyMismatch`] if
    /// the key belongs to another certificate.
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, TransportError> {
        let chain = certificates(chain)?;
        let own = chain.first().ok_or(SetupFault::Certificates)?;
        let thumbprint = Thumbprint::of_certificate(own);

        let mut der =
            PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| SetupFault::PrivateKey)?;
        let key = any_supported_type(&der);
        der.zeroize();
        let certified = CertifiedKey::new(chain, key.map_err(|_| SetupFault::PrivateKey)?);
        certified.keys_match().map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => SetupFault::KeyMismatch,
            _ => SetupFault::Certificates,
        })?;
        Ok(Self { certified: Arc::new(certified), thumbprint })
    }

    /// Returns the certificate's `x5t#S256`, to which tokens are bound (RFC 8705 section 3.1).
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// Presents the certificate to every server that requests one, and ignores the issuers that it
    /// names: the configuration has decided which servers these connections go to.
    pub(crate) fn into_resolver(self) -> Arc<SingleCertAndKey> {
        Arc::new(SingleCertAndKey::from(self.certified))
    }
}

impl fmt::Debug for RootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootCertificates({})", self.0.len())
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity")
            .field("thumbprint", &self.thumbprint)
            .field("private_key", &"[redacted]")
            .finish()
    }
}

/// Reads the certificates of a PEM text: at least one.
fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, SetupFault> {
    let certificates = CertificateDer::pem_slice_iter(text.as_bytes());
    let certificates: Vec<_> =
        certificates.collect::<Result<_, _>>().map_err(|_| SetupFault::Certificates)?;
    if certificates.is_empty() { Err(SetupFault::Certificates) } else { Ok(certificates) }
}
