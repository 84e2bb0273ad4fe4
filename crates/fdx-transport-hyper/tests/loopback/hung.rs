//! Connections that stay open, and over which nothing comes back.
//!
//! Time is paused: it jumps to the next timeout once nothing else can happen.

use std::time::Duration;

use fdx_transport_hyper::{ConnectFault, ResponseFault, Transport, TransportError};
use tokio::time::{Instant, pause, resume, timeout};

use crate::relay::{Hang, Relay};
use crate::server::{HTTP_1, HTTP_2, Server};

const HANGS: [Hang; 2] = [Hang::Swallow, Hang::Ignore];
/// Ends before keep-alive can find out that a connection hangs.
const SHORT: Duration = Duration::from_secs(4);
/// Ends before as well, and after `SHORT`.
const LONGER: Duration = Duration::from_secs(8);
/// Ends long after.
const LONG: Duration = Duration::from_secs(600);

/// A server behind a relay, and a transport with one connection to it that has served a request.
async fn connected(
    alpn: &'static [&'static [u8]],
    hang: Hang,
    whole: Duration,
) -> (Server, Relay, Transport) {
    let server = Server::speaking(alpn).await;
    let relay = Relay::to(server.address, hang).await;
    let transport = server.trusted().timeout(whole).build().unwrap();
    transport.send_plain(relay.get("/announced/1"), 1).await.unwrap();
    assert_eq!(relay.accepted(), 1);
    (server, relay, transport)
}

async fn succeeds_on_connection(number: usize, relay: &Relay, transport: &Transport) {
    // Real TLS takes real time.
    resume();
    transport.send_plain(relay.get("/announced/1"), 1).await.unwrap();
    assert_eq!(relay.accepted(), number);
}

#[tokio::test]
async fn replaces_connection_on_which_a_request_timed_out() {
    for alpn in [HTTP_1, HTTP_2] {
        for hang in HANGS {
            let (_server, relay, transport) = connected(alpn, hang, SHORT).await;
            relay.hang(1);
            pause();
            let error = transport.send_plain(relay.get("/announced/1"), 1).await.unwrap_err();
            assert_eq!(error, TransportError::Response(ResponseFault::TimedOut), "{hang:?}");
            succeeds_on_connection(2, &relay, &transport).await;
        }
    }
}

#[tokio::test]
async fn replaces_connection_on_which_a_body_timed_out() {
    for alpn in [HTTP_1, HTTP_2] {
        let (_server, relay, transport) = connected(alpn, Hang::Swallow, SHORT).await;
        pause();
        let error = transport.send_plain(relay.get("/stalling"), 100).await.unwrap_err();
        assert_eq!(error, TransportError::Response(ResponseFault::TimedOut));
        succeeds_on_connection(2, &relay, &transport).await;
    }
}

#[tokio::test]
async fn replaces_connection_of_a_request_that_the_caller_dropped() {
    for alpn in [HTTP_1, HTTP_2] {
        for hang in HANGS {
            let (_server, relay, transport) = connected(alpn, hang, LONGER).await;
            relay.hang(1);
            pause();
            let sending = transport.send_plain(relay.get("/announced/1"), 1);
            assert!(timeout(SHORT, sending).await.is_err());
            succeeds_on_connection(2, &relay, &transport).await;
        }
    }
}

#[tokio::test]
async fn replaces_one_connection_for_all_requests_that_time_out_on_it() {
    let (_server, relay, transport) = connected(HTTP_2, Hang::Swallow, SHORT).await;
    relay.hang(1);
    pause();
    let send = || transport.send_plain(relay.get("/announced/1"), 1);
    let (a, b, c) = tokio::join!(send(), send(), send());
    for result in [a, b, c] {
        assert_eq!(result.unwrap_err(), TransportError::Response(ResponseFault::TimedOut));
    }
    succeeds_on_connection(2, &relay, &transport).await;
}

#[tokio::test]
async fn keep_alive_ends_a_request_on_a_hung_http_2_connection() {
    for hang in HANGS {
        let (_server, relay, transport) = connected(HTTP_2, hang, LONG).await;
        relay.hang(1);
        pause();
        let begin = Instant::now();
        let error = transport.send_plain(relay.get("/announced/1"), 1).await.unwrap_err();
        assert_eq!(error, TransportError::Response(ResponseFault::Lost));
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
        succeeds_on_connection(2, &relay, &transport).await;
    }
}

#[tokio::test]
async fn keep_alive_closes_a_hung_http_2_connection_that_is_idle() {
    let (_server, relay, transport) = connected(HTTP_2, Hang::Swallow, SHORT).await;
    relay.hang(1);
    pause();
    let begin = Instant::now();
    relay.closed(1).await;
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    succeeds_on_connection(2, &relay, &transport).await;
}

#[tokio::test]
async fn a_hung_handshake_does_not_delay_the_next_request() {
    for hang in HANGS {
        let server = Server::start().await;
        let relay = Relay::to(server.address, hang).await;
        let transport = server.trusted().connect_timeout(SHORT).timeout(LONG).build().unwrap();
        relay.hang(1);
        pause();
        let begin = Instant::now();
        let error = transport.send_plain(relay.get("/announced/1"), 1).await.unwrap_err();
        assert_eq!(error, TransportError::Connect(ConnectFault::TimedOut));
        assert!(begin.elapsed() < LONG);
        succeeds_on_connection(2, &relay, &transport).await;
    }
}
