//! The server: two ports, and a task for each connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::sandbox::Sandbox;
use crate::server::connection::{self, Desk, Observer};
use crate::server::tls::{self, ServerError, TlsIdentity};

/// Two bound ports on which nothing is served yet.
#[derive(Debug)]
pub struct Server {
    main: Port,
    mtls: Port,
    observer: Option<Observer>,
}

/// A running server. Dropping it ends the server; open connections finish their requests.
#[derive(Debug)]
#[must_use = "the server ends when this is dropped"]
pub struct Running {
    // Closing the channel is the signal.
    _end: watch::Sender<()>,
}

#[derive(Debug)]
struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Binds the main and the mTLS port. Port 0 means any free port. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`ServerError::Bind`].
    pub async fn bind(main: SocketAddr, mtls: SocketAddr) -> Result<Self, ServerError> {
        let (main, mtls) = (Port::bind(main).await?, Port::bind(mtls).await?);
        Ok(Self { main, mtls, observer: None })
    }

    /// The address of the main port.
    #[must_use]
    pub fn main(&self) -> SocketAddr {
        self.main.address
    }

    /// The address of the mTLS port.
    #[must_use]
    pub fn mtls(&self) -> SocketAddr {
        self.mtls.address
    }

    /// Reports each request to `observer`.
    #[must_use]
    pub fn observed_by(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Serves `sandbox` on both ports until [`Running`] is dropped. `client_roots` are the
    /// certificates, in DER, of authorities whose client certificates the mTLS port accepts, and
    /// self-signed client certificates that it accepts. A client without a certificate can connect,
    /// but no request that needs one succeeds.
    ///
    /// # Errors
    /// [`ServerError::Tls`].
    pub fn serve(
        self,
        sandbox: Arc<Mutex<Sandbox>>,
        identity: TlsIdentity,
        client_roots: &[&[u8]],
    ) -> Result<Running, ServerError> {
        let main = tls::without_certificates(&identity)?;
        let mtls = tls::with_certificates(&identity, client_roots)?;
        let (end, ended) = watch::channel(());
        let desk = Desk { sandbox, observer: self.observer };
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
            // An error here concerns one connection that is already closed.
            if let Ok((stream, _)) = accepted {
                let _ = stream.set_nodelay(true);
                let desk = desk.clone();
                tokio::spawn(connection::serve(stream, acceptor.clone(), desk, ended.clone()));
            }
        }
    }
}
