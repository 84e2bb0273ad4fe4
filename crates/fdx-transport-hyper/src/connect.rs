use core::error::Error;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::ConnectFault;
use crate::tls::handshake_fault;

/// Opens connections: name, TCP and TLS, all within one timeout, and says in our words what failed.
#[derive(Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<HttpConnector<Resolver>>,
    timeout: Duration,
}

/// What the connections of a pool may be.
#[derive(Clone, Copy)]
pub(crate) enum Schemes {
    /// TLS alone.
    Https,
    /// TLS, or plain TCP: the transport asks for that to loopback literals alone, which never come
    /// to a resolver.
    HttpsOrHttp,
}

/// The system's resolver, whose failures can be told from others.
#[derive(Clone)]
struct Resolver(GaiResolver);

impl Connector {
    pub(crate) fn new(config: ClientConfig, schemes: Schemes, timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        // `https` URLs come by here as well: TLS is the next layer's.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Shared out among a name's addresses, so that a dead one leaves time for the others.
        tcp.set_connect_timeout(Some(timeout));
        let https = HttpsConnectorBuilder::new().with_tls_config(config);
        let https = match schemes {
            Schemes::Https => https.https_only(),
            Schemes::HttpsOrHttp => https.https_or_http(),
        };
        let https = https.enable_http1().enable_http2().wrap_connector(tcp);
        Self { https, timeout }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = ConnectFault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectFault>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectFault>> {
        self.https.poll_ready(context).map_err(|error| fault(error.as_ref()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.https.call(uri);
        let timeout = self.timeout;
        Box::pin(async move {
            match tokio::time::timeout(timeout, connecting).await {
                Ok(connected) => connected.map_err(|error| fault(error.as_ref())),
                Err(_) => Err(ConnectFault::TimedOut),
            }
        })
    }
}

impl Service<Name> for Resolver {
    type Response = <GaiResolver as Service<Name>>::Response;
    type Error = ConnectFault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectFault>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectFault>> {
        self.0.poll_ready(context).map_err(|_| ConnectFault::NameNotResolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.0.call(name);
        Box::pin(async move { resolving.await.map_err(|_| ConnectFault::NameNotResolved) })
    }
}

fn fault(error: &(dyn Error + 'static)) -> ConnectFault {
    if let Some(fault) = find::<ConnectFault>(error) {
        return *fault;
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return handshake_fault(error);
    }
    if find::<rustls::pki_types::InvalidDnsNameError>(error).is_some() {
        return ConnectFault::NameNotResolved;
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::TimedOut) => ConnectFault::TimedOut,
        // A connection that ends within the handshake.
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => ConnectFault::Lost,
        Some(kind) => ConnectFault::Unreachable(kind),
        None => ConnectFault::Handshake,
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
