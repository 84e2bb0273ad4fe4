//! Time is paused: it jumps to the next timeout once nothing else can happen.

use std::net::Ipv4Addr;
use std::time::Duration;

use fdx_transport_hyper::{AnswerFault, ConnectFault, TransportError};
use http::Request;
use tokio::net::TcpListener;
use tokio::time::{Instant, pause};

use crate::server::{HTTP_1, HTTP_2, Server};

const CONNECT: Duration = Duration::from_secs(3);
/// Ends before keep-alive sends a PING.
const WHOLE: Duration = Duration::from_secs(8);

#[tokio::test]
async fn a_server_that_never_answers_runs_into_the_timeout() {
    assert_eq!(runs_into("/never").await, [AnswerFault::TimedOut; 2]);
}

#[tokio::test]
async fn a_body_that_stalls_runs_into_the_timeout() {
    assert_eq!(runs_into("/stalling").await, [AnswerFault::TimedOut; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_shakes_hands_runs_into_the_connect_timeout() {
    let (_silent, url) = silent().await;
    let builder = Server::start().await.trusted();
    let transport = builder.connect_timeout(CONNECT).timeout(WHOLE).build().unwrap();
    let begin = Instant::now();
    let error = transport.send_plain(get(&url), 10).await.unwrap_err();
    assert_eq!(error, TransportError::Connect(ConnectFault::TimedOut));
    assert!((CONNECT..WHOLE).contains(&begin.elapsed()));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_while_connecting_is_one_in_which_nothing_was_sent() {
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
async fn a_port_that_is_closed_is_unreachable() {
    let (listener, url) = silent().await;
    drop(listener);
    let transport = Server::start().await.trusted().build().unwrap();
    let error = transport.send_plain(get(&url), 10).await.unwrap_err();
    let fault = ConnectFault::Unreachable(std::io::ErrorKind::ConnectionRefused);
    assert_eq!(error, TransportError::Connect(fault));
}

#[tokio::test]
async fn a_host_that_can_have_no_certificate_is_not_resolved() {
    let transport = Server::start().await.trusted().build().unwrap();
    let error = transport.send_plain(get("https://bank..example/"), 10).await.unwrap_err();
    assert_eq!(error, TransportError::Connect(ConnectFault::NameNotResolved));
}

/// In both versions of HTTP, over a connection that already served one request.
async fn runs_into(path: &str) -> [AnswerFault; 2] {
    let mut faults = [AnswerFault::Lost; 2];
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
            TransportError::Answer(found) => *fault = found,
            other => panic!("{other}"),
        }
    }
    faults
}

/// Someone who accepts connections and says nothing.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    (listener, url)
}

fn get(url: &str) -> Request<Vec<u8>> {
    Request::get(url).body(Vec::new()).unwrap()
}
