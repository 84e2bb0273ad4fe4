use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fdx_par::{MtlsEndpoints, Request};
use fdx_transport_hyper::{Clock, ConnectFault, ResponseFault, Transport, TransportError};
use fdx_wire::UnixTime;
use tokio::time::{Instant, pause};

use crate::recipient::{Recipient, now};
use crate::server::{HTTP_1, HTTP_2, Server};

/// Ends before keep-alive sends a PING.
const LEFT: Duration = Duration::from_secs(8);

fn deadline() -> UnixTime {
    now() + LEFT
}

/// A clock that reaches the deadline after it was read this many times.
fn over_after(reads: usize) -> Clock {
    let count = Arc::new(AtomicUsize::new(0));
    Clock::new(move || match count.fetch_add(1, Ordering::Relaxed) < reads {
        true => now(),
        false => deadline(),
    })
}

/// A server, a transport with a connection to it, and a push.
async fn pushing(alpn: &'static [&'static [u8]]) -> (Server, Transport, Request) {
    let server = Server::speaking(alpn).await;
    let transport = server.trusted().build().unwrap();
    let recipient = Recipient::of(&server);
    let metadata = recipient.metadata(&transport).await;
    let draft = recipient.push(metadata, MtlsEndpoints::default());
    let signatures = draft.sign(&recipient.key).unwrap();
    let (request, _) = draft.attach(signatures).unwrap();
    (server, transport, request)
}

#[tokio::test]
async fn sends_before_the_deadline() {
    for alpn in [HTTP_1, HTTP_2] {
        let (server, transport, request) = pushing(alpn).await;
        let response = transport.send_by(request, deadline(), &Clock::new(now)).await.unwrap();
        assert_eq!(response.status(), 400, "the server demands a nonce");
        assert_eq!(server.paths().len(), 2);
    }
}

#[tokio::test]
async fn opens_no_connection_after_the_deadline() {
    let (server, transport, request) = pushing(HTTP_1).await;
    let error = transport.send_by(request, now(), &Clock::new(now)).await.unwrap_err();
    assert_eq!(error, TransportError::Connect(ConnectFault::TooLate));
    assert_eq!(server.paths().len(), 1);
}

#[tokio::test]
async fn writes_no_body_after_the_deadline() {
    for alpn in [HTTP_1, HTTP_2] {
        let (server, transport, request) = pushing(alpn).await;
        // The deadline passes while the request is on its way to its connection.
        let clock = over_after(1);
        let error = transport.send_by(request, deadline(), &clock).await.unwrap_err();
        assert_eq!(error, TransportError::Connect(ConnectFault::TooLate));
        assert!(!error.may_have_arrived());
        drop(transport);
        server.ended(1).await;
        assert_eq!(server.paths().len(), 1, "the push is incomplete");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_while_connecting_is_unsent() {
    // The system accepts the connection, and no program answers the handshake.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let recipient = Recipient::of(&Server::start().await);
    let issuer = fdx_wire::Issuer::parse(&format!("https://{}", silent.local_addr().unwrap()));
    let recipient = Recipient { issuer: issuer.unwrap(), ..recipient };
    let (request, _) = recipient.discovery().attach(Vec::new()).unwrap();
    let begin = Instant::now();
    let clock = Clock::new(move || now() + begin.elapsed());
    let transport = Transport::builder().build().unwrap();
    let error = transport.send_by(request, deadline(), &clock).await.unwrap_err();
    assert_eq!(error, TransportError::Connect(ConnectFault::TooLate));
    assert!((LEFT..LEFT + Duration::from_millis(200)).contains(&begin.elapsed()));
}

#[tokio::test]
async fn gives_up_at_the_deadline_and_closes_the_connection() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        transport.send_plain(server.get("/announced/1"), 10).await.unwrap();
        let issuer = fdx_wire::Issuer::parse(&server.url("/never")).unwrap();
        let recipient = Recipient { issuer, ..Recipient::of(&server) };
        let (request, _) = recipient.discovery().attach(Vec::new()).unwrap();

        pause();
        let begin = Instant::now();
        let clock = Clock::new(move || now() + begin.elapsed());
        let error = transport.send_by(request, deadline(), &clock).await.unwrap_err();
        assert_eq!(error, TransportError::Response(ResponseFault::TimedOut));
        assert!((LEFT..LEFT + Duration::from_millis(200)).contains(&begin.elapsed()));
        tokio::time::resume();
        // In HTTP/2, other requests may be on the same connection.
        if alpn == HTTP_1 {
            server.ended(1).await;
        }
    }
}
