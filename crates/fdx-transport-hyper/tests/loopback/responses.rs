use std::time::Duration;

use fdx_transport_hyper::{ResponseFault, SetupFault, Transport, TransportError};
use http::{Request, StatusCode};

use crate::recipient::{Recipient, now};
use crate::server::{HTTP_1, HTTP_2, Server};

#[tokio::test]
async fn returns_redirects_unfollowed() {
    let server = Server::start().await;
    let transport = server.trusted().build().unwrap();
    for status in [301, 302, 303, 307, 308] {
        let path = format!("/redirect/{status}");
        let response = transport.send_plain(server.get(&path), 10).await.unwrap();
        assert_eq!(response.status(), StatusCode::from_u16(status).unwrap());
        assert_eq!(response.headers()["location"], "/announced/0");
    }
    assert!(server.paths().iter().all(|path| path.starts_with("/redirect/")));
}

#[tokio::test]
async fn reads_bodies_up_to_the_cap() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        for announced in ["announced", "unannounced"] {
            // Sizes around the server's chunks of 1,000 bytes.
            for (bytes, limit) in [0, 1, 999, 1000, 1001, 2000, 70_000].map(|n| (n, n)) {
                let get = || server.get(&format!("/{announced}/{bytes}"));
                let whole = transport.send_plain(get(), limit).await.unwrap();
                assert_eq!(whole.body().len(), bytes);
                if let Some(less) = limit.checked_sub(1) {
                    let error = transport.send_plain(get(), less).await.unwrap_err();
                    assert_eq!(error, too_large(less), "{bytes} bytes {announced}");
                }
            }
        }
    }
}

#[tokio::test]
async fn closes_http_1_connection_of_a_body_over_the_cap() {
    let server = Server::speaking(HTTP_1).await;
    let transport = server.trusted().build().unwrap();
    let error = transport.send_plain(server.get("/endless"), 12_345).await.unwrap_err();
    assert_eq!(error, too_large(12_345));
    server.ended(1).await;
}

#[tokio::test]
async fn keeps_http_2_connection_of_a_body_over_the_cap() {
    let server = Server::speaking(HTTP_2).await;
    let transport = server.trusted().build().unwrap();
    let error = transport.send_plain(server.get("/endless"), 12_345).await.unwrap_err();
    assert_eq!(error, too_large(12_345));
    transport.send_plain(server.get("/announced/1"), 1).await.unwrap();
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn rejects_content_length_over_the_cap_before_reading() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        // No byte of the body arrives, so waiting for one would end in the timeout.
        let error = transport.send_plain(server.get("/promised/1001"), 1000).await.unwrap_err();
        assert_eq!(error, too_large(1000));
    }
}

#[tokio::test]
async fn does_not_allocate_announced_bytes() {
    let server = Server::speaking(HTTP_1).await;
    let transport = server.trusted().timeout(Duration::from_secs(5)).build().unwrap();
    transport.send_plain(server.get("/announced/1"), 1).await.unwrap();
    tokio::time::pause();
    let promised = server.get(&format!("/promised/{}", u64::MAX / 4));
    let error = transport.send_plain(promised, usize::MAX).await.unwrap_err();
    assert_eq!(error, TransportError::Response(ResponseFault::TimedOut));
}

#[tokio::test]
async fn reports_truncated_response_as_lost() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        let error = transport.send_plain(server.get("/cut"), 100).await.unwrap_err();
        assert_eq!(error, TransportError::Response(ResponseFault::Lost));
    }
}

#[tokio::test]
async fn rejects_response_heads_over_32_kib() {
    for (alpn, fault) in [(HTTP_1, ResponseFault::Unreadable), (HTTP_2, ResponseFault::Lost)] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        transport.send_plain(server.get("/head/10000"), 0).await.unwrap();
        let error = transport.send_plain(server.get("/head/100000"), 0).await.unwrap_err();
        assert_eq!(error, TransportError::Response(fault));
    }
}

#[tokio::test]
async fn rejects_urls_other_than_https() {
    let server = Server::start().await;
    let transport = server.trusted().build().unwrap();
    for url in [format!("http://{}/", server.address), "/".to_owned(), "ftp://a/".to_owned()] {
        let request = Request::get(&url).body(Vec::new()).unwrap();
        let error = transport.send_plain(request, 10).await.unwrap_err();
        assert_eq!(error, TransportError::Setup(SetupFault::NotHttps), "{url}");
    }
    assert_eq!(server.accepted(), 0);
}

fn too_large(limit: usize) -> TransportError {
    TransportError::Response(ResponseFault::BodyTooLarge { limit })
}

#[tokio::test]
async fn user_agent_can_be_replaced() {
    let server = Server::start().await;
    let recipient = Recipient::of(&server);
    for (builder, expected) in [
        (server.trusted(), concat!("fdx/", env!("CARGO_PKG_VERSION"))),
        (server.trusted().user_agent("Budget/7 (example)"), "Budget/7 (example)"),
    ] {
        let transport = builder.build().unwrap();
        transport.run(recipient.discovery(), &recipient.key, now).await.unwrap();
        assert_eq!(server.seen().last().unwrap().user_agent.as_deref(), Some(expected));
    }
}

#[test]
fn rejects_user_agents_that_cannot_be_sent() {
    for text in ["", " ", "Budget ", "a\nb", "a\0", "caf\u{e9}"] {
        let error = Transport::builder().user_agent(text).build().unwrap_err();
        assert_eq!(error, SetupFault::UserAgent.into(), "{text:?}");
    }
}
