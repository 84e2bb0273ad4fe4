//! Time is paused: it jumps to the next timeout once nothing else can happen.

use std::net::Ipv4Addr;
use std::time::Duration;

use fdx_transport_hyper::{ConnectFault, ResponseFault, TransportError};
use http::Request;
use tokio::net::TcpListener;
use tokio::time::{Instant, pause};

use crate::server::{HTTP_1, HTTP_2, Server};

const CONNECT: Duration = Duration::from_secs(3);
/// Ends before keep-alive sends a PING.
const WHOLE: Duration = Duration::from_secs(8);

#[tokio::test]
async fn times_out_without_response() {
    assert_eq!(faults_of("/never").await, [ResponseFault::TimedOut; 2]);
}

#[tokio::test]
async fn times_out_when_the_body_stalls() {
    assert_eq!(faults_of("/stalling").await, [ResponseFault::TimedOut; 2]);
}

#[tokio::test(start_paused = true)]
async fn times_out_without_tls_handshake() {
    let (_silent, url) = silent().await;
    let builder = Server::start().await.trusted();
    let transport = builder.connect_timeout(CONNECT).timeout(WHOLE).build().unwrap();
    let begin = Instant::now();
    let error = transport.send_plain(get(&url), 10).await.unwrap_err();
    assert_eq!(error, TransportError::Connect(ConnectFault::TimedOut));
    assert!((CONNECT..WHOLE).contains(&begin.elapsed()));
}

#[tokio::test(start_paused = true)]
async fn reports_timeout_while_connecting_as_unsent() {
    let (_silent, url) = silent().await;
    let builder = Server::start().await.trusted();
    let transport = builder.connect_timeout(WHOLE).timeout(CONNECT).build().unwrap();
    let begin = Instant::now();
    let error = transport.send_plain(get(&url), 10).await.unwrap_err();
    assert_eq!(error, TransportError::Connect(ConnectFault::TimedOut));
    assert!(!error.may_have_arrived());
    assert!((CONNECT..WHOLE).contains(&begin.elapsed()));
}

#[tokio::test]
async fn reports_closed_port_as_unreachable() {
    let (listener, url) = silent().await;
    drop(listener);
    let transport = Server::start().await.trusted().build().unwrap();
    let error = transport.send_plain(get(&url), 10).await.unwrap_err();
    let fault = ConnectFault::Unreachable(std::io::ErrorKind::ConnectionRefused);
    assert_eq!(error, TransportError::Connect(fault));
}

#[tokio::test]
async fn does_not_resolve_invalid_host_names() {
    let transport = Server::start().await.trusted().build().unwrap();
    let error = transport.send_plain(get("https://bank..example/"), 10).await.unwrap_err();
    assert_eq!(error, TransportError::Connect(ConnectFault::NameNotResolved));
}

/// Requests a path in both versions of HTTP, over a connection that has served a request.
async fn faults_of(path: &str) -> [ResponseFault; 2] {
    let mut faults = [ResponseFault::Lost; 2];
    for (fault, alpn) in faults.iter_mut().zip([HTTP_1, HTTP_2]) {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().timeout(WHOLE).build().unwrap();
        transport.send_plain(server.get("/announced/1"), 10).await.unwrap();

        pause();
        let begin = Instant::now();
        let error = transport.send_plain(server.get(path), 100).await.unwrap_err();
        assert!((WHOLE..WHOLE * 2).contains(&begin.elapsed()));
        assert!(error.may_have_arrived());
        tokio::time::resume();
        match error {
            TransportError::Response(actual) => *fault = actual,
            other => panic!("{other}"),
        }
    }
    faults
}

/// A server that accepts connections and sends nothing.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    (listener, url)
}

fn get(url: &str) -> Request<Vec<u8>> {
    Request::get(url).body(Vec::new()).unwrap()
}
