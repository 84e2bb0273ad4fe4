use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fdx_par::{MtlsEndpoints, WellKnown, discover};
use fdx_transport_hyper::{RunError, SetupFault, Transport, TransportError};
use fdx_wire::Issuer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::recipient::{Recipient, now};

/// A server without TLS that answers every request with its metadata.
pub async fn serve(address: IpAddr) -> Option<String> {
    let listener = TcpListener::bind((address, 0)).await.ok()?;
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let body = format!(
        r#"{{"issuer":"{issuer}","authorization_endpoint":"{issuer}/authorize",
        "token_endpoint":"{issuer}/token","jwks_uri":"{issuer}/jwks",
        "pushed_authorization_request_endpoint":"{issuer}/par",
        "code_challenge_methods_supported":["S256"]}}"#
    );
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            assert!(head.starts_with(b"GET /.well-known/"), "without TLS");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    Some(issuer)
}

#[tokio::test]
async fn allows_http_for_loopback_issuers() {
    let transport = Transport::builder().build().unwrap();
    let key = Recipient::key();
    for address in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        // Not every machine that tests has IPv6.
        let Some(text) = serve(address).await else { continue };
        let issuer = Issuer::parse_loopback(&text).unwrap();
        let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, now()).unwrap();
        let metadata = transport.run(draft, &key, now).await.unwrap();
        assert_eq!(metadata.issuer(), &issuer);
    }
}

#[tokio::test]
async fn rejects_client_certificates_without_tls() {
    let text = serve(Ipv4Addr::LOCALHOST.into()).await.unwrap();
    let transport = Transport::builder().build().unwrap();
    let recipient =
        Recipient { key: Recipient::key(), issuer: Issuer::parse_loopback(&text).unwrap() };
    let metadata = recipient.metadata(&transport).await;
    let push = recipient.push(metadata, MtlsEndpoints::Always);
    let error = transport.run(push, &recipient.key, now).await.unwrap_err();
    let RunError::NotSent { error, .. } = error else { panic!("{error:?}") };
    assert_eq!(error, TransportError::Setup(SetupFault::NotHttps));
}
