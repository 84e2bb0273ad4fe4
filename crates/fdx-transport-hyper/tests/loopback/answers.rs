use std::time::Duration;

use fdx_transport_hyper::{AnswerFault, SetupFault, TransportError};
use http::{Request, StatusCode};

use crate::server::{HTTP_1, HTTP_2, Server};

#[tokio::test]
async fn a_redirect_comes_back_as_it_is() {
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
async fn a_body_is_read_up_to_the_cap_and_not_a_byte_further() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        for announced in ["announced", "unannounced"] {
            // Around the ends of the server's chunks of 1,000 bytes.
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
async fn an_endless_body_ends_at_the_cap_and_with_it_the_connection() {
    let server = Server::speaking(HTTP_1).await;
    let transport = server.trusted().build().unwrap();
    let error = transport.send_plain(server.get("/endless"), 12_345).await.unwrap_err();
    assert_eq!(error, too_large(12_345));
    server.ended(1).await;
}

#[tokio::test]
async fn an_endless_body_in_http_2_ends_alone() {
    let server = Server::speaking(HTTP_2).await;
    let transport = server.trusted().build().unwrap();
    let error = transport.send_plain(server.get("/endless"), 12_345).await.unwrap_err();
    assert_eq!(error, too_large(12_345));
    transport.send_plain(server.get("/announced/1"), 1).await.unwrap();
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_body_announced_over_the_cap_is_refused_before_it_is_read() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        // Nothing of it ever comes: who waited for a byte would run into the timeout.
        let error = transport.send_plain(server.get("/promised/1001"), 1000).await.unwrap_err();
        assert_eq!(error, too_large(1000));
    }
}

#[tokio::test]
async fn room_is_not_made_for_what_is_only_announced() {
    let server = Server::speaking(HTTP_1).await;
    let transport = server.trusted().timeout(Duration::from_secs(5)).build().unwrap();
    transport.send_plain(server.get("/announced/1"), 1).await.unwrap();
    tokio::time::pause();
    let promised = server.get(&format!("/promised/{}", u64::MAX / 4));
    let error = transport.send_plain(promised, usize::MAX).await.unwrap_err();
    assert_eq!(error, TransportError::Answer(AnswerFault::TimedOut));
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_no_answer() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        let error = transport.send_plain(server.get("/cut"), 100).await.unwrap_err();
        assert_eq!(error, TransportError::Answer(AnswerFault::Lost));
    }
}

#[tokio::test]
async fn a_head_is_bounded() {
    for (alpn, fault) in [(HTTP_1, AnswerFault::Unreadable), (HTTP_2, AnswerFault::Lost)] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        transport.send_plain(server.get("/head/10000"), 0).await.unwrap();
        let error = transport.send_plain(server.get("/head/100000"), 0).await.unwrap_err();
        assert_eq!(error, TransportError::Answer(fault));
    }
}

#[tokio::test]
async fn only_https_is_spoken() {
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
    TransportError::Answer(AnswerFault::BodyTooLarge { limit })
}
