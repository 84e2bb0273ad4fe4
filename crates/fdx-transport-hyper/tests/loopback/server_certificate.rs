use fdx_transport_hyper::{
    CertificateFault, ConnectFault, Roots, SetupFault, Transport, TransportError,
};
use rcgen::{CertificateParams, date_time_ymd};

use crate::authority::{Authority, Leaf};
use crate::server::{Server, Settings};

#[tokio::test]
async fn the_name_that_was_asked_for_must_be_in_the_certificate() {
    let fault = refused(|authority| authority.server("bank.example")).await;
    assert_eq!(fault, CertificateFault::OtherName);
}

#[tokio::test]
async fn the_common_name_is_no_name() {
    let fault = refused(|authority| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, "127.0.0.1");
        authority.sign(params)
    });
    assert_eq!(fault.await, CertificateFault::OtherName);
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let fault = refused(|authority| {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
        authority.sign(params)
    });
    assert_eq!(fault.await, CertificateFault::Expired);
}

#[tokio::test]
async fn a_certificate_of_the_future_is_refused() {
    let fault = refused(|authority| {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(4000, 1, 1);
        authority.sign(params)
    });
    assert_eq!(fault.await, CertificateFault::NotYetValid);
}

#[tokio::test]
async fn an_authority_that_was_not_named_is_refused() {
    let fault = refused(|_| Authority::named("Another").server("127.0.0.1"));
    assert_eq!(fault.await, CertificateFault::UnknownIssuer);
}

#[tokio::test]
async fn an_authority_is_known_by_its_key_and_not_by_its_name() {
    let fault = refused(|_| Authority::new().server("127.0.0.1"));
    assert_eq!(fault.await, CertificateFault::Invalid);
}

#[tokio::test]
async fn by_default_only_public_authorities_are_trusted() {
    let server = Server::start().await;
    let transport = Transport::builder().build().unwrap();
    let error = transport.send_plain(server.get("/announced/1"), 10).await.unwrap_err();
    let fault = ConnectFault::ServerCertificate(CertificateFault::UnknownIssuer);
    assert_eq!(error, TransportError::Connect(fault));
}

#[test]
fn roots_are_certificates() {
    let fault = TransportError::Setup(SetupFault::Certificates);
    for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "AAAA"] {
        assert_eq!(Roots::pem(text).unwrap_err(), fault, "{text}");
    }
    let two = Authority::new().pem + &Authority::new().pem;
    assert_eq!(format!("{:?}", Roots::pem(&two).unwrap()), "Only(RootCertificates(2))");
}

/// What is found wrong with a certificate, and that nothing was sent to who showed it.
async fn refused(leaf: impl FnOnce(&Authority) -> Leaf) -> CertificateFault {
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
