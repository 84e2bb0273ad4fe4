use core::fmt;
use std::sync::Arc;

use fdx_jose::Thumbprint;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys};
use zeroize::Zeroize;

use crate::roots::certificates;
use crate::{SetupFault, TransportError};

/// The client's certificate with the chain behind it, and its private key (RFC 8705).
///
/// The key's DER is wiped once the key is loaded; ring does not wipe the key that it makes of it,
/// and the text it came from is the caller's to wipe.
#[derive(Clone)]
pub struct ClientIdentity {
    certified: Arc<CertifiedKey>,
    thumbprint: Thumbprint,
}

impl ClientIdentity {
    /// Reads a certificate chain, the client's own first, and a private key: PKCS#8, or one of
    /// `RSA PRIVATE KEY` and `EC PRIVATE KEY`, not encrypted.
    ///
    /// # Errors
    /// [`SetupFault::Certificates`], [`SetupFault::PrivateKey`], and [`SetupFault::KeyMismatch`]
    /// where the two don't belong together.
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

    /// The certificate's `x5t#S256`, to which tokens are bound (RFC 8705 section 3.1).
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// Shows the certificate to any server that asks, whichever issuers it hints at: who is asked
    /// over this connection was decided by configuration.
    pub(crate) fn into_resolver(self) -> Arc<SingleCertAndKey> {
        Arc::new(SingleCertAndKey::from(self.certified))
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
