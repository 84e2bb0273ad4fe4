use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use fdx_wire::UnixTime;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::{Answered, Desk};
use crate::{Peer, answer};

const MAX_BODY: u64 = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection, from its handshake to its end. Whatever goes wrong is the client's to notice.
pub(super) async fn serve(
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
    let service = service_fn(move |request| answer(request, peer.clone(), desk.clone()));

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

async fn answer(
    request: Request<Incoming>,
    peer: Peer,
    desk: Desk,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // Refused by what it announces, before any of it is read.
    if body.size_hint().lower() > MAX_BODY {
        let response = answer::empty(StatusCode::PAYLOAD_TOO_LARGE);
        return Ok(response.map(|_| Full::default()));
    }
    let body = timeout(PATIENCE, Limited::new(body, MAX_BODY as usize).collect()).await;
    let response = match body {
        Ok(Ok(body)) => {
            let request = Request::from_parts(head, body.to_bytes().to_vec());
            // A value that was left half-changed by a panic still answers.
            let mut institution = desk.institution.lock().unwrap_or_else(PoisonError::into_inner);
            let response = institution.handle(&request, peer, now());
            if let Some(observer) = &desk.observer {
                observer.tell(&Answered {
                    method: request.method(),
                    path: request.uri().path(),
                    status: response.status(),
                    verdicts: institution.last_verdicts(),
                });
            }
            response
        }
        Ok(Err(_)) => answer::empty(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => answer::empty(StatusCode::REQUEST_TIMEOUT),
    };
    Ok(response.map(|body| Full::new(body.into())))
}

#[expect(clippy::disallowed_methods, reason = "the one place of this crate where time comes in")]
fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixTime::from_seconds(since.unwrap_or_default().as_secs())
}
