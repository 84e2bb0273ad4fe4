//! The institution behind TLS, on two ports.
//!
//! The main port asks for no client certificate; the mTLS port wants one of the CA that it is
//! given, or one that it is given itself. Binding comes first, because the issuer names its port:
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use std::net::Ipv4Addr;
//! use std::sync::{Arc, Mutex};
//!
//! use fdx_jose::{Algorithm, PrivateKey, backend};
//! use fdx_sandbox::certificates::CertificateAuthority;
//! use fdx_sandbox::server::{Server, TlsIdentity};
//! use fdx_sandbox::{Institution, InstitutionConfig};
//! use fdx_wire::{Entropy, HttpsUrl, Issuer};
//!
//! let any_port = (Ipv4Addr::LOCALHOST, 0).into();
//! let server = Server::bind(any_port, any_port).await?;
//! let issuer = Issuer::parse(&format!("https://localhost:{}", server.main().port()))?;
//! let mtls = HttpsUrl::parse(&format!("https://localhost:{}", server.mtls().port()))?;
//!
//! let backend = backend::ring();
//! let pkcs8 = backend.generate_pkcs8(Algorithm::Es256)?;
//! let key = PrivateKey::from_pkcs8_der(backend, &pkcs8, None)?;
//! let config = InstitutionConfig::new(issuer, mtls, backend, vec![key]);
//! # let unpredictable = [0; 32];
//! let institution = Institution::new(config, Entropy::new(unpredictable));
//!
//! let authority = CertificateAuthority::new("Sandbox CA")?;
//! let identity = TlsIdentity::from(authority.server()?);
//! let institution = Arc::new(Mutex::new(institution));
//! let running = server.serve(institution, identity, &[authority.certificate_der()])?;
//! // ... until `running` is dropped.
//! # drop(running);
//! # Ok(())
//! # }
//! ```

mod connection;
mod observer;
mod peer;
mod subject;
#[cfg(test)]
mod tests;
mod tls;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

pub use observer::{Answered, Observer};
pub use tls::TlsIdentity;

use crate::Institution;

/// Two ports that are bound, before anything is served on them.
#[derive(Debug)]
pub struct Server {
    main: Port,
    mtls: Port,
    observer: Option<Observer>,
}

/// A server at work. It ends when this is dropped: connections finish what they are at.
#[derive(Debug)]
#[must_use = "the server ends when this is dropped"]
pub struct Running {
    // Closing the channel is the signal.
    _end: watch::Sender<()>,
}

/// Why a server could not start.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The operating system gave no port.
    #[error("{address} could not be bound: {kind}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the operating system said.
        kind: std::io::ErrorKind,
    },
    /// A certificate or key that TLS can't use.
    #[error("{what} can't be used for TLS")]
    Tls {
        /// Which one.
        what: &'static str,
    },
}

/// Where every connection's requests go.
#[derive(Clone)]
struct Desk {
    institution: Arc<Mutex<Institution>>,
    observer: Option<Observer>,
}

#[derive(Debug)]
struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Binds the main and the mTLS port; port 0 means any that is free. It wants a tokio runtime.
    ///
    /// # Errors
    /// [`ServerError::Bind`].
    pub async fn bind(main: SocketAddr, mtls: SocketAddr) -> Result<Self, ServerError> {
        let (main, mtls) = (Port::bind(main).await?, Port::bind(mtls).await?);
        Ok(Self { main, mtls, observer: None })
    }

    /// Where the main port is.
    #[must_use]
    pub fn main(&self) -> SocketAddr {
        self.main.address
    }

    /// Where the mTLS port is.
    #[must_use]
    pub fn mtls(&self) -> SocketAddr {
        self.mtls.address
    }

    /// Lets `observer` see each request.
    #[must_use]
    pub fn observed_by(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Serves `institution` on both ports until the answer is dropped. `client_roots` are the
    /// certificates, in DER, of the authorities whose client certificates the mTLS port takes, and
    /// self-signed ones that it takes as they are.
    ///
    /// # Errors
    /// [`ServerError::Tls`].
    pub fn serve(
        self,
        institution: Arc<Mutex<Institution>>,
        identity: TlsIdentity,
        client_roots: &[&[u8]],
    ) -> Result<Running, ServerError> {
        let main = tls::without_certificates(&identity)?;
        let mtls = tls::with_certificates(&identity, client_roots)?;
        let (end, ended) = watch::channel(());
        let desk = Desk { institution, observer: self.observer };
        for (port, acceptor) in [(self.main, main), (self.mtls, mtls)] {
            tokio::spawn(port.accept(acceptor, desk.clone(), ended.clone()));
        }
        Ok(Running { _end: end })
    }
}

impl Port {
    async fn bind(address: SocketAddr) -> Result<Self, ServerError> {
        let refused = |error: std::io::Error| ServerError::Bind { address, kind: error.kind() };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address })
    }

    async fn accept(self, acceptor: TlsAcceptor, desk: Desk, mut ended: watch::Receiver<()>) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = ended.changed() => return,
            };
            // An error here is about one connection that is already gone.
            if let Ok((stream, _)) = accepted {
                let _ = stream.set_nodelay(true);
                let desk = desk.clone();
                tokio::spawn(connection::serve(stream, acceptor.clone(), desk, ended.clone()));
            }
        }
    }
}
