use std::net::Ipv4Addr;

use fdx_par::{Error, MtlsEndpoints, NextStep, WellKnown, discover};
use fdx_transport_hyper::{
    CertificateFault, ConnectFault, Proxy, ResponseFault, RunError, Transport, TransportError,
};
use fdx_wire::Issuer;
use tokio::net::TcpListener;

use crate::recipient::{Recipient, now};
use crate::server::Server;

#[tokio::test]
async fn retries_once_after_use_dpop_nonce() {
    let server = Server::start().await;
    let transport = server.trusted().build().unwrap();
    let recipient = Recipient::of(&server);
    let metadata = recipient.metadata(&transport).await;
    let push = recipient.push(metadata, MtlsEndpoints::default());
    let _pushed = transport.run(push, &recipient.key, now).await.unwrap();
    assert_eq!(server.paths()[1..], ["/par", "/par"]);
}

#[tokio::test]
async fn returns_protocol_errors() {
    let server = Server::start().await;
    let transport = server.trusted().build().unwrap();
    let recipient = Recipient::of(&server);
    let metadata = recipient.metadata(&transport).await;
    let push = recipient.push(metadata, MtlsEndpoints::default());

    let other = Recipient::key();
    let error = transport.run(push, &other, now).await.unwrap_err();
    assert!(matches!(error, RunError::Protocol(Error::Signing(_))), "{error}");
    assert_eq!(server.seen().len(), 1, "nothing is sent unsigned");
}

#[tokio::test]
async fn reports_safe_next_step_after_no_response() {
    let server = Server::start().await;
    let transport = server.trusted().build().unwrap();
    let recipient = Recipient::of(&server);

    let issuer = Issuer::parse(&server.url("/endless")).unwrap();
    let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, now()).unwrap();
    let RunError::NoResponse { error, next_step } =
        transport.run(draft, &recipient.key, now).await.unwrap_err()
    else {
        panic!("expected RunError::NoResponse")
    };
    assert!(
        matches!(error, TransportError::Response(ResponseFault::BodyTooLarge { .. })),
        "{error}"
    );
    assert_eq!(next_step, NextStep::Retry { after: None });
}

#[tokio::test]
async fn distinguishes_unsent_requests() {
    let server = Server::start().await;
    let recipient = Recipient::of(&server);
    let distrusting = Transport::builder().build().unwrap();
    let error = distrusting.run(recipient.discovery(), &recipient.key, now).await.unwrap_err();
    let fault = ConnectFault::ServerCertificate(CertificateFault::UnknownIssuer);
    // A repetition meets the same certificate.
    let next_step = NextStep::Correct;
    assert_eq!(error.next_step(), next_step);
    let expected = RunError::NotSent { error: fault.into(), draft: (), next_step };
    assert_eq!(error.without_draft(), expected);
}

#[tokio::test]
async fn an_unsent_draft_is_returned_and_runs_again() {
    let server = Server::start().await;
    let recipient = Recipient::of(&server);
    let transport = server.trusted().build().unwrap();
    let metadata = recipient.metadata(&transport).await;
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let proxy = Proxy::new("127.0.0.1", port).unwrap();
    let unreachable = server.trusted().proxy(proxy).build().unwrap();

    let mut draft = recipient.push(metadata, MtlsEndpoints::default());
    for _ in 0..3 {
        let error = unreachable.run(draft, &recipient.key, now).await.unwrap_err();
        let RunError::NotSent { draft: unsent, next_step, .. } = error else { panic!("{error}") };
        assert_eq!(next_step, NextStep::Retry { after: None });
        draft = *unsent;
    }
    assert_eq!(server.seen().len(), 1, "nothing was pushed");
    let _pushed = transport.run(draft, &recipient.key, now).await.unwrap();
}

#[test]
fn futures_are_send() {
    fn spawnable<T: Send>(_: T) {}
    let transport = Transport::builder().build().unwrap();
    let key = Recipient::key();
    let issuer = Issuer::parse("https://bank.example").unwrap();
    let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, now()).unwrap();
    spawnable(transport.run(draft, &key, now));
    spawnable(transport.send_plain(http::Request::default(), 0));
}
