use core::convert::Infallible;
use core::error::Error;
use core::future::{Ready, ready};
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::net::SocketAddr;
use std::vec::IntoIter;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::address::Addresses;
use crate::proxy::{Proxy, without_brackets};
use crate::tls::handshake_fault;
use crate::{ConnectFault, TransportError};

/// How connections reach a server.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) addresses: Addresses,
    pub(crate) proxy: Option<Proxy>,
    /// For the name, TCP, the proxy and TLS together.
    pub(crate) timeout: Duration,
}

/// Opens connections, and returns our errors.
#[derive(Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<Tcp>,
    timeout: Duration,
}

/// Which URLs the connections of a pool may serve.
#[derive(Clone, Copy)]
pub(crate) enum Schemes {
    /// TLS only.
    Https,
    /// TLS, or plain TCP: the transport requests that for loopback literals only.
    HttpsOrHttp,
}

/// Opens TCP connections, or tunnels through the proxy.
#[derive(Clone)]
struct Tcp(Network);

/// A resolver for hyper-util that returns addresses which were resolved and filtered before.
#[derive(Clone)]
struct Checked(Vec<SocketAddr>);

impl Connector {
    pub(crate) fn new(config: ClientConfig, schemes: Schemes, network: Network) -> Self {
        let timeout = network.timeout;
        let https = HttpsConnectorBuilder::new().with_tls_config(config);
        let https = match schemes {
            Schemes::Https => https.https_only(),
            Schemes::HttpsOrHttp => https.https_or_http(),
        };
        let https = https.enable_http1().enable_http2().wrap_connector(Tcp(network));
        Self { https, timeout }
    }
}

impl Tcp {
    async fn open(self, uri: Uri) -> Result<TokioIo<TcpStream>, TransportError> {
        let https = uri.scheme() == Some(&Scheme::HTTPS);
        let host = uri.host().ok_or(ConnectFault::NameNotResolved)?;
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        match &self.0.proxy {
            // Plain `http` is for this machine only, and would mean the proxy's machine there.
            Some(proxy) if https => {
                // A name is resolved by the proxy. An address needs no resolver.
                self.0.addresses.check_literal(without_brackets(host), port)?;
                let mut stream = self.connect(proxy.host(), proxy.port()).await?;
                proxy.open_tunnel(stream.inner_mut(), host, port).await?;
                Ok(stream)
            }
            _ => self.connect(without_brackets(host), port).await,
        }
    }

    /// Resolves once, and connects to nothing but what the filter allowed. A second look-up could
    /// return other addresses (DNS rebinding).
    async fn connect(&self, host: &str, port: u16) -> Result<TokioIo<TcpStream>, TransportError> {
        let allowed = self.0.addresses.allowed(host, port).await?;
        let mut tcp = HttpConnector::new_with_resolver(Checked(allowed));
        tcp.set_nodelay(true);
        // Divided among the addresses, so that a dead one leaves time for the others.
        tcp.set_connect_timeout(Some(self.0.timeout));
        // HttpConnector would skip the resolver for an IP literal. With a name that stands for the
        // checked addresses, it can connect to those only.
        let uri = Uri::try_from(format!("http://checked.invalid:{port}/"))
            .map_err(|_| ConnectFault::NameNotResolved)?;
        tcp.call(uri).await.map_err(|error| connect_error(&error))
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, TransportError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.https.poll_ready(context).map_err(|error| connect_error(error.as_ref()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.https.call(uri);
        let timeout = self.timeout;
        Box::pin(async move {
            match tokio::time::timeout(timeout, connecting).await {
                Ok(connected) => connected.map_err(|error| connect_error(error.as_ref())),
                Err(_) => Err(ConnectFault::TimedOut.into()),
            }
        })
    }
}

impl Service<Uri> for Tcp {
    type Response = TokioIo<TcpStream>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().open(uri))
    }
}

impl Service<Name> for Checked {
    type Response = IntoIter<SocketAddr>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(self.0.clone().into_iter()))
    }
}

fn connect_error(error: &(dyn Error + 'static)) -> TransportError {
    if let Some(error) = find::<TransportError>(error) {
        return *error;
    }
    let fault = if let Some(error) = find::<rustls::Error>(error) {
        handshake_fault(error)
    } else if find::<rustls::pki_types::InvalidDnsNameError>(error).is_some() {
        ConnectFault::NameNotResolved
    } else if let Some(error) = find::<io::Error>(error) {
        io_fault(error)
    } else {
        ConnectFault::Handshake
    };
    fault.into()
}

/// Sorts an I/O error of a connection that is not yet usable.
pub(crate) fn io_fault(error: &io::Error) -> ConnectFault {
    match error.kind() {
        io::ErrorKind::TimedOut => ConnectFault::TimedOut,
        // A connection that ends within the handshake.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => ConnectFault::Lost,
        kind => ConnectFault::Unreachable(kind),
    }
}

/// The innermost error of a type in the chain of causes.
pub(crate) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    // An `io::Error` gives the cause of what it wraps as its own: look at what it wraps as well.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let inner = match wrapped {
        Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
        None => error.source(),
    };
    inner.and_then(find::<E>).or_else(|| error.downcast_ref())
}
