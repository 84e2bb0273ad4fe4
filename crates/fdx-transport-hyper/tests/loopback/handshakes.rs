use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use fdx_transport_hyper::{ConnectFault, TransportError};

use crate::server::Server;

/// Connects to a server that sends `response` after the first bytes and closes the connection.
async fn connect(response: &'static [u8]) -> TransportError {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // Unread bytes would reset the connection.
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(response).unwrap();
    });
    let transport = Server::start().await.trusted().build().unwrap();
    let request = http::Request::get(format!("https://localhost:{port}/")).body(Vec::new());
    transport.send_plain(request.unwrap(), 10).await.unwrap_err()
}

#[tokio::test]
async fn reports_no_common_cipher_suite() {
    // RFC 8446 6: a fatal alert, handshake_failure.
    let error = connect(&[0x15, 3, 3, 0, 2, 2, 40]).await;
    assert_eq!(error, TransportError::Connect(ConnectFault::NothingInCommon));
    assert!(!error.may_have_arrived());
}

#[tokio::test]
async fn reports_server_without_tls() {
    let error = connect(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(error, TransportError::Connect(ConnectFault::Handshake));
}

#[tokio::test]
async fn reports_connection_closed_during_handshake() {
    let error = connect(b"").await;
    assert_eq!(error, TransportError::Connect(ConnectFault::Lost));
}
