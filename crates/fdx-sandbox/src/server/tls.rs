//! TLS on the two ports, and the errors of a server's start.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier, server::WantsServerCert};
use tokio_rustls::TlsAcceptor;

/// The server's certificate chain and private key.
pub struct TlsIdentity {
    /// The certificates in DER, the server's own first.
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

/// Accepts connections on the main port, without client certificates.
pub(crate) fn without_certificates(identity: &TlsIdentity) -> Result<TlsAcceptor, ServerError> {
    finish(builder()?.with_no_client_auth(), identity)
}

/// Accepts connections on the mTLS port, with a client certificate of these roots or without one.
/// A request that needs a certificate is then refused by its endpoint, so that the client receives
/// an HTTP response that names the rule, and a program that only probes TLS completes its handshake.
pub(crate) fn with_certificates(
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
    let verifier = verifier.allow_unauthenticated().build().map_err(|_| unusable())?;
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

/// A separate value: the process-wide default stays unchanged.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The error of a server's start.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The operating system refused the address.
    #[error("{address} could not be bound: {kind}")]
    Bind {
        /// The requested address.
        address: SocketAddr,
        /// The kind of the operating system's error.
        kind: std::io::ErrorKind,
    },
    /// A certificate or key is not usable for TLS.
    #[error("{what} can't be used for TLS")]
    Tls {
        /// The unusable item.
        what: &'static str,
    },
}
