use fdx_jose::Thumbprint;
use fdx_par::{MtlsEndpoints, NextStep};
use fdx_transport_hyper::{
    ClientIdentity, ConnectFault, ResponseFault, RunError, SetupFault, TransportError,
};

use crate::authority::{Authority, Leaf};
use crate::recipient::{Recipient, now};
use crate::server::{Certificates, HTTP_1, HTTP_2, Server, Settings};

#[tokio::test]
async fn presents_certificate_only_where_requested() {
    let server = Server::start().await;
    let identity = identity(&server.authority().client());
    let presented = identity.thumbprint();
    let transport = server.trusted().client_certificate(identity).build().unwrap();
    let recipient = Recipient::of(&server);

    let metadata = recipient.metadata(&transport).await;
    let push = recipient.push(metadata.clone(), MtlsEndpoints::Always);
    let _pushed = transport.run(push, &recipient.key, now).await.unwrap();
    let push = recipient.push(metadata, MtlsEndpoints::default());
    let _pushed = transport.run(push, &recipient.key, now).await.unwrap();
    transport.send_plain(server.get("/announced/1"), 10).await.unwrap();

    let seen = server.seen().into_iter().map(|seen| (seen.path, seen.certificate));
    let expected = [
        ("/.well-known/oauth-authorization-server", None),
        ("/par", Some(presented)),
        ("/par", Some(presented)),
        ("/par", None),
        ("/announced/1", None),
    ];
    assert!(
        seen.eq(expected.map(|(path, certificate)| (path.to_owned(), certificate))),
        "{:?}",
        server.seen()
    );
    assert_eq!(server.accepted(), 2, "a connection with the certificate, and one without");
}

#[tokio::test]
async fn sends_nothing_without_required_certificate() {
    let server = Server::start().await;
    let transport = server.trusted().build().unwrap();
    let recipient = Recipient::of(&server);
    let metadata = recipient.metadata(&transport).await;
    let before = server.seen();

    let push = recipient.push(metadata, MtlsEndpoints::Always);
    let error = transport.run(push, &recipient.key, now).await.unwrap_err();
    let fault = TransportError::Setup(SetupFault::NoClientCertificate);
    let next_step = NextStep::Correct;
    assert_eq!(error.without_draft(), RunError::NotSent { error: fault, draft: (), next_step });
    assert_eq!((server.seen(), server.accepted()), (before, 1));
}

#[tokio::test]
async fn pushes_only_with_the_certificate_that_the_flow_needs_later() {
    let server = Server::start().await;
    let ours = identity(&server.authority().client());
    let bound_to = ours.thumbprint();
    let recipient = Recipient::of(&server);
    let without = server.trusted().build().unwrap();
    let metadata = recipient.metadata(&without).await;
    let other = identity(&server.authority().client());
    let other = server.trusted().client_certificate(other).build().unwrap();
    let before = server.seen();
    for (transport, fault) in
        [(without, SetupFault::NoClientCertificate), (other, SetupFault::OtherClientCertificate)]
    {
        let push = recipient.push_bound_later(metadata.clone(), bound_to);
        let error = transport.run(push, &recipient.key, now).await.unwrap_err();
        let next_step = NextStep::Correct;
        let unsent = RunError::NotSent { error: fault.into(), draft: (), next_step };
        assert_eq!(error.without_draft(), unsent);
    }
    assert_eq!(server.seen(), before, "nothing was sent");

    let with = server.trusted().client_certificate(ours).build().unwrap();
    let push = recipient.push_bound_later(metadata, bound_to);
    // The server refuses the push, because it has no proof.
    let refused = with.run(push, &recipient.key, now).await.unwrap_err();
    assert!(matches!(refused, RunError::Protocol(_)), "{refused}");
    let last = server.seen().pop().unwrap();
    assert_eq!((last.path.as_str(), last.certificate), ("/par", None));
}

#[tokio::test]
async fn rejects_certificate_that_the_client_does_not_name() {
    let server = Server::start().await;
    let ours = identity(&server.authority().client());
    let recipient = Recipient::of(&server);
    let metadata = recipient.metadata(&server.trusted().build().unwrap()).await;
    let before = server.seen();
    for (bound_to, fits) in
        [(ours.thumbprint(), true), (Thumbprint::of_certificate(b"another"), false)]
    {
        let transport = server.trusted().client_certificate(ours.clone()).build().unwrap();
        let push = recipient.push_bound_to(metadata.clone(), bound_to);
        let pushed = transport.run(push, &recipient.key, now).await;
        let fault = TransportError::Setup(SetupFault::OtherClientCertificate);
        let next_step = NextStep::Correct;
        let unsent = RunError::NotSent { error: fault, draft: (), next_step };
        assert_eq!(pushed.unwrap_err().without_draft() == unsent, !fits);
    }
    // Only the matching certificate was used; the server then refuses the push for its missing proof.
    assert_eq!(server.seen().len(), before.len() + 1);
}

#[tokio::test]
async fn reports_missing_client_certificate() {
    let settings = Settings {
        versions: vec![&rustls::version::TLS12],
        certificates: Certificates::Required,
        ..Settings::default()
    };
    let server = Server::with(Authority::new(), settings).await;
    let transport = server.trusted().build().unwrap();
    let error = transport.send_plain(server.get("/announced/1"), 10).await.unwrap_err();
    assert_eq!(error, TransportError::Connect(ConnectFault::ClientCertificateRefused));
}

#[tokio::test]
async fn reports_certificate_missed_after_handshake() {
    for alpn in [HTTP_1, HTTP_2] {
        let settings =
            Settings { alpn, certificates: Certificates::Required, ..Settings::default() };
        let server = Server::with(Authority::new(), settings).await;
        let transport = server.trusted().build().unwrap();
        let error = transport.send_plain(server.get("/announced/1"), 10).await.unwrap_err();
        assert_eq!(error, TransportError::Response(ResponseFault::ClientCertificateRefused));
    }
}

#[tokio::test]
async fn reports_certificate_refused_after_handshake() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let untrusted = identity(&Authority::named("Another").client());
        let transport = server.trusted().client_certificate(untrusted).build().unwrap();
        let recipient = Recipient::of(&server);
        let metadata = recipient.metadata(&transport).await;
        let push = recipient.push(metadata, MtlsEndpoints::Always);
        let error = transport.run(push, &recipient.key, now).await.unwrap_err();
        let RunError::NoResponse { error, next_step } = error else { panic!("{error:?}") };
        assert_eq!(error, TransportError::Response(ResponseFault::ClientCertificateRefused));
        assert_eq!(next_step, NextStep::Correct);
    }
}

#[test]
fn computes_thumbprint_of_first_certificate() {
    let leaf = Authority::new().client();
    let chain = leaf.certificate.pem() + &Authority::new().pem;
    let identity = ClientIdentity::from_pem(&chain, &leaf.key.serialize_pem()).unwrap();
    assert_eq!(identity.thumbprint(), Thumbprint::of_certificate(leaf.certificate.der()));
}

#[test]
fn rejects_keys_of_other_certificates() {
    let (leaf, other) = (Authority::new().client(), Authority::new().client());
    let (chain, key) = (leaf.certificate.pem(), leaf.key.serialize_pem());
    let fault = |chain: &str, key: &str| match ClientIdentity::from_pem(chain, key) {
        Err(TransportError::Setup(fault)) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(&chain, &other.key.serialize_pem()), SetupFault::KeyMismatch);
    assert_eq!(fault(&chain, ""), SetupFault::PrivateKey);
    assert_eq!(fault(&chain, &chain), SetupFault::PrivateKey);
    assert_eq!(fault("", &key), SetupFault::Certificates);
    assert_eq!(fault(&key, &key), SetupFault::Certificates);
}

#[test]
fn redacts_the_private_key() {
    let identity = identity(&Authority::new().client());
    let expected = format!(
        "ClientIdentity {{ thumbprint: {:?}, private_key: \"[redacted]\" }}",
        identity.thumbprint()
    );
    assert_eq!(format!("{identity:?}"), expected);
}

fn identity(leaf: &Leaf) -> ClientIdentity {
    ClientIdentity::from_pem(&leaf.certificate.pem(), &leaf.key.serialize_pem()).unwrap()
}
