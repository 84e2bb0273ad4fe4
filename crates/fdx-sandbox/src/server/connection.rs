//! A connection, from its handshake to its end.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fdx_wire::UnixTime;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::answer;
use crate::institution::received::Peer;
use crate::institution::verdict::Verdict;
use crate::sandbox::Sandbox;

const MAX_BODY: u64 = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// A callback that receives each answered request.
///
/// It is called while the sandbox is locked, so that the order is the order of the responses. It
/// should be quick, and must not use the sandbox.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Answered<'_>) + Send + Sync>);

/// An answered request. Queries, headers and bodies contain secrets and are left out.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Answered<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The request's path, as received.
    pub path: &'a str,
    /// The response's status.
    pub status: StatusCode,
    /// The checks in their order. Only the last can be a failure.
    pub verdicts: &'a [Verdict],
}

impl Observer {
    /// Calls `callback` for each request.
    #[must_use]
    pub fn new(callback: impl Fn(&Answered<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(callback))
    }

    pub(crate) fn report(&self, answered: &Answered<'_>) {
        (self.0)(answered);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// Answers the requests of all connections.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) sandbox: Arc<Mutex<Sandbox>>,
    pub(crate) observer: Option<Observer>,
}

/// Serves one connection from its handshake to its end. Errors end the connection.
pub(crate) async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    desk: Desk,
    mut ended: watch::Receiver<()>,
) {
    let Ok(Ok(stream)) = timeout(PATIENCE, acceptor.accept(stream)).await else {
        return;
    };
    let certificates = stream.get_ref().1.peer_certificates();
    let peer = match certificates.and_then(|chain| chain.first()) {
        Some(certificate) => Peer::of_certificate(certificate),
        None => Peer::anonymous(),
    };
    let service = service_fn(move |request| respond(request, peer.clone(), desk.clone()));

    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = ended.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(PATIENCE, connection).await;
        }
    }
}

async fn respond(
    request: Request<Incoming>,
    peer: Peer,
    desk: Desk,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // Refused by its announced length, before reading.
    if body.size_hint().lower() > MAX_BODY {
        let response = answer::empty(StatusCode::PAYLOAD_TOO_LARGE);
        return Ok(response.map(|_| Full::default()));
    }
    let body = timeout(PATIENCE, Limited::new(body, MAX_BODY as usize).collect()).await;
    let response = match body {
        Ok(Ok(body)) => {
            let request = Request::from_parts(head, body.to_bytes().to_vec());
            // After a panic the sandbox still answers.
            let mut sandbox = desk.sandbox.lock().unwrap_or_else(PoisonError::into_inner);
            let response = sandbox.handle(&request, peer, now());
            if let Some(observer) = &desk.observer {
                observer.report(&Answered {
                    method: request.method(),
                    path: request.uri().path(),
                    status: response.status(),
                    verdicts: sandbox.last_verdicts(),
                });
            }
            response
        }
        Ok(Err(_)) => answer::empty(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => answer::empty(StatusCode::REQUEST_TIMEOUT),
    };
    Ok(response.map(|body| Full::new(body.into())))
}

#[expect(clippy::disallowed_methods, reason = "the only place of this crate that reads the clock")]
fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixTime::from_seconds(since.unwrap_or_default().as_secs())
}
