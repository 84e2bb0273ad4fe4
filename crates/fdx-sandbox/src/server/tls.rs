use std::fmt;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier, server::WantsServerCert};
use tokio_rustls::TlsAcceptor;

use super::ServerError;

/// What the server shows: its certificate with the chain behind it, and the key.
pub struct TlsIdentity {
    /// Certificates in DER, the server's own first.
    pub certificate_chain: Vec<Vec<u8>>,
    /// The private key in PKCS#8 DER.
    pub private_key: Vec<u8>,
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity")
            .field("certificate_chain", &self.certificate_chain.len())
            .field("private_key", &"[redacted]")
            .finish()
    }
}

/// For the main port.
pub(super) fn without_certificates(identity: &TlsIdentity) -> Result<TlsAcceptor, ServerError> {
    finish(builder()?.with_no_client_auth(), identity)
}

/// For the mTLS port: no connection without a certificate of these roots.
pub(super) fn with_certificates(
    identity: &TlsIdentity,
    client_roots: &[&[u8]],
) -> Result<TlsAcceptor, ServerError> {
    let unusable = || ServerError::Tls { what: "a client root" };
    let mut roots = RootCertStore::empty();
    for root in client_roots {
        let root = CertificateDer::from(root.to_vec());
        roots.add(root).map_err(|_| unusable())?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider());
    let verifier = verifier.build().map_err(|_| unusable())?;
    finish(builder()?.with_client_cert_verifier(verifier), identity)
}

/// FAPI 2.0 Security Profile 5.2.1: TLS 1.2 or later. ring's suites are all ECDHE with AEAD.
fn builder() -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, ServerError> {
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| ServerError::Tls { what: "the protocol version" })
}

fn finish(
    builder: ConfigBuilder<ServerConfig, WantsServerCert>,
    identity: &TlsIdentity,
) -> Result<TlsAcceptor, ServerError> {
    let unusable = |_| ServerError::Tls { what: "the server's identity" };
    let chain = identity.certificate_chain.iter().cloned();
    let key = PrivateKeyDer::Pkcs8(identity.private_key.clone().into());
    let mut config = builder
        .with_single_cert(chain.map(CertificateDer::from).collect(), key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A value of our own: the process-wide default is never touched.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
