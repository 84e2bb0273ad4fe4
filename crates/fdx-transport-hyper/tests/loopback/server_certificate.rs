use fdx_transport_hyper::{
    CertificateFault, ConnectFault, Roots, SetupFault, Transport, TransportError,
};
use rcgen::{CertificateParams, date_time_ymd};

use crate::authority::{Authority, Leaf};
use crate::server::{Server, Settings};

#[tokio::test]
async fn rejects_certificates_for_other_names() {
    let fault = rejected(|authority| authority.server("bank.example")).await;
    assert_eq!(fault, CertificateFault::OtherName);
}

#[tokio::test]
async fn ignores_the_common_name() {
    let fault = rejected(|authority| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, "127.0.0.1");
        authority.sign(params)
    });
    assert_eq!(fault.await, CertificateFault::OtherName);
}

#[tokio::test]
async fn rejects_expired_certificates() {
    let fault = rejected(|authority| {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
        authority.sign(params)
    });
    assert_eq!(fault.await, CertificateFault::Expired);
}

#[tokio::test]
async fn rejects_certificates_not_yet_valid() {
    let fault = rejected(|authority| {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(4000, 1, 1);
        authority.sign(params)
    });
    assert_eq!(fault.await, CertificateFault::NotYetValid);
}

#[tokio::test]
async fn rejects_unknown_authorities() {
    let fault = rejected(|_| Authority::named("Another").server("127.0.0.1"));
    assert_eq!(fault.await, CertificateFault::UnknownIssuer);
}

#[tokio::test]
async fn identifies_authorities_by_key() {
    let fault = rejected(|_| Authority::new().server("127.0.0.1"));
    assert_eq!(fault.await, CertificateFault::Invalid);
}

#[tokio::test]
async fn trusts_only_public_authorities_by_default() {
    let server = Server::start().await;
    let transport = Transport::builder().build().unwrap();
    let error = transport.send_plain(server.get("/announced/1"), 10).await.unwrap_err();
    let fault = ConnectFault::ServerCertificate(CertificateFault::UnknownIssuer);
    assert_eq!(error, TransportError::Connect(fault));
}

#[test]
fn rejects_roots_that_are_not_certificates() {
    let fault = TransportError::Setup(SetupFault::Certificates);
    for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "AAAA"] {
        assert_eq!(Roots::pem(text).unwrap_err(), fault, "{text}");
    }
    let two = Authority::new().pem + &Authority::new().pem;
    assert_eq!(format!("{:?}", Roots::pem(&two).unwrap()), "Only(RootCertificates(2))");
}

/// Connects to a server with this certificate, checks that no request was sent, and returns the fault.
async fn rejected(leaf: impl FnOnce(&Authority) -> Leaf) -> CertificateFault {
    let authority = Authority::new();
    let leaf = Some(leaf(&authority));
    let server = Server::with(authority, Settings { leaf, ..Settings::default() }).await;
    let transport = server.trusted().build().unwrap();

    let error = transport.send_plain(server.get("/announced/1"), 10).await.unwrap_err();
    server.ended(1).await;
    assert!(server.seen().is_empty());
    assert!(!error.may_have_arrived());
    match error {
        TransportError::Connect(ConnectFault::ServerCertificate(fault)) => fault,
        other => panic!("{other}"),
    }
}
