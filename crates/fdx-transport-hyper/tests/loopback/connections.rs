use http::Version;

use crate::authority::Authority;
use crate::server::{HTTP_1, HTTP_2, Server, Settings};

#[tokio::test]
async fn reuses_connections() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        for _ in 0..5 {
            // Clones share their connections.
            let transport = transport.clone();
            transport.send_plain(server.get("/announced/2000"), 2000).await.unwrap();
        }
        assert_eq!((server.seen().len(), server.accepted()), (5, 1), "{alpn:?}");
    }
}

#[tokio::test]
async fn replaces_connections_that_the_server_closed() {
    let server = Server::speaking(HTTP_1).await;
    let transport = server.trusted().build().unwrap();
    for connections in 1..=3 {
        transport.send_plain(server.get("/closing"), 0).await.unwrap();
        assert_eq!(server.accepted(), connections);
    }
}

#[tokio::test]
async fn ignores_the_http_version_of_the_request() {
    let server = Server::speaking(HTTP_1).await;
    let transport = server.trusted().build().unwrap();
    let mut request = server.get("/announced/1");
    *request.version_mut() = Version::HTTP_2;
    transport.send_plain(request, 1).await.unwrap();
    assert_eq!(server.seen()[0].version, Version::HTTP_11);
}

#[tokio::test]
async fn prefers_http_2() {
    let both = Settings::default().alpn;
    for (alpn, version) in [
        (both, Version::HTTP_2),
        (HTTP_2, Version::HTTP_2),
        (HTTP_1, Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        transport.send_plain(server.get("/announced/1"), 1).await.unwrap();
        assert_eq!(server.seen()[0].version, version);
    }
}

#[tokio::test]
async fn accepts_tls_1_2_and_1_3() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let settings = Settings { versions: vec![version], ..Settings::default() };
        let server = Server::with(Authority::new(), settings).await;
        let transport = server.trusted().build().unwrap();
        transport.send_plain(server.get("/announced/1"), 1).await.unwrap();
    }
}
