use core::fmt;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::{SetupFault, TransportError};

/// Whose certificates a server may show.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Roots {
    /// Those of the authorities that Mozilla trusts, as compiled in.
    #[default]
    WebPki,
    /// Those of these authorities, and of no others.
    Only(RootCertificates),
}

/// Root certificates of one's own choice.
#[derive(Clone)]
pub struct RootCertificates(RootCertStore);

impl Roots {
    /// Trusts these root certificates alone, in PEM, one or more.
    ///
    /// # Errors
    /// [`SetupFault::Certificates`], where there is none, or one can't be read.
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

/// The certificates in a PEM text: at least one.
pub(crate) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, SetupFault> {
    let certificates = CertificateDer::pem_slice_iter(text.as_bytes());
    let certificates: Vec<_> =
        certificates.collect::<Result<_, _>>().map_err(|_| SetupFault::Certificates)?;
    if certificates.is_empty() { Err(SetupFault::Certificates) } else { Ok(certificates) }
}

impl fmt::Debug for RootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootCertificates({})", self.0.len())
    }
}
