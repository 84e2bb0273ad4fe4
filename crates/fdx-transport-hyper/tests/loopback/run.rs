use fdx_par::{Error, MtlsEndpoints, NextStep, WellKnown, discover};
use fdx_transport_hyper::{
    CertificateFault, ConnectFault, ResponseFault, RunError, Transport, TransportError,
};
use fdx_wire::Issuer;

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
    let next_step = NextStep::Retry { after: None };
    assert_eq!(error, RunError::NotSent { error: TransportError::Connect(fault), next_step });
    assert_eq!(error.next_step(), next_step);
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
