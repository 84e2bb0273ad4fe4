use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use fdx_jose::{Algorithm, Jwks, PrivateKey, Thumbprint, backend};
use fdx_wire::{Entropy, HttpsUrl, Issuer};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Answered, Observer, Running, Server, ServerError, TlsIdentity};
use crate::certificates::{
    Certificate, CertificateAuthority, CertificateError, PemError, certificates_in_pem,
};
use crate::{
    Binding, CertificateName, ClientAuthentication, InstitutionConfig, Outcome, Peer,
    RegisteredClient, Sandbox,
};

struct Scene {
    running: Running,
    authority: CertificateAuthority,
    self_signed: Certificate,
    main: SocketAddr,
    mtls: SocketAddr,
    seen: Arc<Seen>,
}

/// Each request's line and status, and its violated clause.
#[derive(Default)]
struct Seen(Mutex<Vec<(String, Option<&'static str>)>>);

async fn scene() -> Scene {
    let any_port = (Ipv4Addr::LOCALHOST, 0).into();
    let seen = Arc::new(Seen::default());
    let watching = Arc::clone(&seen);
    let observer = Observer::new(move |answered: &Answered<'_>| {
        let failed = answered.verdicts.last().filter(|last| last.outcome == Outcome::Failed);
        let line = format!("{} {} {}", answered.method, answered.path, answered.status.as_u16());
        watching.0.lock().unwrap().push((line, failed.map(|verdict| verdict.clause)));
    });
    let server = Server::bind(any_port, any_port).await.unwrap().observed_by(observer);
    let (main, mtls) = (server.main(), server.mtls());
    let mut config = config(main, mtls);
    let self_signed = Certificate::self_signed("self").unwrap();
    let subject = CertificateName::SubjectDn("CN=app".to_owned());
    let dns = CertificateName::SanDns("app.example".to_owned());
    let registered = vec![self_signed.thumbprint()];
    for (client_id, authentication) in [
        ("by-subject", ClientAuthentication::TlsClientAuth(subject)),
        ("by-dns", ClientAuthentication::TlsClientAuth(dns)),
        ("self-signed", ClientAuthentication::SelfSignedTlsClientAuth(registered)),
    ] {
        let (uris, keys) = (Vec::new(), Jwks::default());
        let mut client = RegisteredClient::new(client_id, uris, keys, Binding::AnyCertificate);
        client.authentication = authentication;
        config.clients.push(client);
    }
    let institution = Sandbox::new(config, Entropy::new([1; 32]));
    let authority = CertificateAuthority::new("Test CA").unwrap();
    let identity = TlsIdentity::from(authority.server().unwrap());
    let institution = Arc::new(Mutex::new(institution));
    let roots = [authority.certificate_der(), self_signed.der()];
    let running = server.serve(institution, identity, &roots);
    Scene { running: running.unwrap(), authority, self_signed, main, mtls, seen }
}

fn config(main: SocketAddr, mtls: SocketAddr) -> InstitutionConfig {
    let url = |address: SocketAddr| format!("https://localhost:{}", address.port());
    let backend = backend::ring();
    let pkcs8 = backend.generate_pkcs8(Algorithm::Es256).unwrap();
    let key = PrivateKey::from_pkcs8_der(backend, &pkcs8, None).unwrap();
    let (issuer, mtls) = (Issuer::parse(&url(main)), HttpsUrl::parse(&url(mtls)));
    InstitutionConfig::new(issuer.unwrap(), mtls.unwrap(), backend, vec![key])
}

/// Sends one request over HTTP/1.1 and returns the whole response.
async fn ask(
    scene: &Scene,
    address: SocketAddr,
    certificate: Option<&Certificate>,
    request: &str,
) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    let root = scene.authority.certificate_der().to_vec();
    roots.add(CertificateDer::from(root)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match certificate {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let chain = vec![CertificateDer::from(certificate.der().to_vec())];
            let key = PrivateKeyDer::Pkcs8(certificate.private_key_der().into());
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(name, stream).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // The server may close without a TLS close_notify.
    let _ = stream.read_to_end(&mut answer).await;
    if answer.is_empty() {
        return Err(std::io::ErrorKind::ConnectionAborted.into());
    }
    Ok(String::from_utf8(answer).unwrap())
}

fn get(path: &str, address: SocketAddr) -> String {
    let port = address.port();
    format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n")
}

fn post(path: &str, address: SocketAddr, form: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        address.port(),
        form.len(),
    )
}

#[tokio::test]
async fn main_port_requests_no_certificate() {
    let scene = scene().await;
    let path = "/.well-known/oauth-authorization-server";
    let answer = ask(&scene, scene.main, None, &get(path, scene.main)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(&format!("\"issuer\":\"https://localhost:{}\"", scene.main.port())));
}

#[tokio::test]
async fn mtls_port_accepts_only_certificates_of_its_roots() {
    let scene = scene().await;
    let request = get("/jwks", scene.mtls);
    let stranger = CertificateAuthority::new("Another CA").unwrap();
    let known = scene.authority.client("app").unwrap();
    let unknown = stranger.client("app").unwrap();
    let server = scene.authority.server().unwrap();

    let answer = ask(&scene, scene.mtls, Some(&known), &request).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = ask(&scene, scene.mtls, Some(&scene.self_signed), &request).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let another = Certificate::self_signed("self").unwrap();
    for wrong in [Some(&unknown), Some(&server), Some(&another)] {
        assert!(ask(&scene, scene.mtls, wrong, &request).await.is_err());
    }
}

/// A program that probes TLS completes its handshake without a certificate.
#[tokio::test]
async fn mtls_port_answers_without_a_certificate_and_grants_nothing() {
    let scene = scene().await;
    let answer = ask(&scene, scene.mtls, None, &get("/jwks", scene.mtls)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = ask(&scene, scene.mtls, None, &get("/", scene.mtls)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    for client_id in ["by-subject", "by-dns", "self-signed"] {
        for (path, form) in [
            ("/par", "response_type=code"),
            ("/token", "grant_type=client_credentials"),
            ("/introspect", "token=unknown"),
            ("/revoke", "token=unknown"),
        ] {
            let form = format!("client_id={client_id}&{form}");
            let answer = ask(&scene, scene.mtls, None, &post(path, scene.mtls, &form)).await;
            let answer = answer.unwrap();
            assert!(answer.starts_with("HTTP/1.1 401"), "{path}: {answer}");
            assert!(
                answer.contains("\"invalid_client\"") && answer.contains("RFC 8705 5"),
                "{answer}"
            );
        }
    }
    let answer = ask(&scene, scene.mtls, None, &get("/fdx/v6/accounts", scene.mtls)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn rejects_a_body_of_more_than_a_mebibyte() {
    let scene = scene().await;
    let (port, length) = (scene.main.port(), 1024 * 1024 + 1);
    let head =
        format!("POST /par HTTP/1.1\r\nhost: localhost:{port}\r\ncontent-length: {length}\r\n\r\n");
    let answer = ask(&scene, scene.main, None, &head).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn ports_are_free_after_the_server_is_dropped() {
    let Scene { running, main, .. } = scene().await;
    drop(running);
    // The task that holds the port ends when it is next polled.
    for _ in 0..10_000 {
        if Server::bind(main, (Ipv4Addr::LOCALHOST, 0).into()).await.is_ok() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the port is still held");
}

#[tokio::test]
async fn bound_port_is_an_error() {
    let scene = scene().await;
    let error = Server::bind(scene.main, scene.mtls).await.unwrap_err();
    assert_eq!(
        error,
        ServerError::Bind { address: scene.main, kind: std::io::ErrorKind::AddrInUse }
    );
}

#[tokio::test]
async fn observer_receives_each_request_with_its_violated_clause() {
    let scene = scene().await;
    let port = scene.main.port();
    ask(&scene, scene.main, None, &get("/jwks?a=secret", scene.main)).await.unwrap();
    let head = format!("POST /par HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    ask(&scene, scene.main, None, &head).await.unwrap();
    let seen = scene.seen.0.lock().unwrap();
    assert_eq!(seen[0], ("GET /jwks 200".to_owned(), None));
    assert!(seen[1].0.starts_with("POST /par 4") && seen[1].1.is_some(), "{seen:?}");
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn client_authenticates_by_the_certificate_of_its_connection() {
    let scene = scene().await;
    let (issued, other) = (scene.authority.client("app"), scene.authority.client("other"));
    let dns = scene.authority.client_with_dns("any", "app.example");
    let (issued, other, dns) = (issued.unwrap(), other.unwrap(), dns.unwrap());
    for (client_id, certificate, stranger) in [
        ("by-subject", &issued, &other),
        ("by-dns", &dns, &issued),
        ("self-signed", &scene.self_signed, &issued),
    ] {
        let form = format!("client_id={client_id}&token=unknown");
        let request = post("/introspect", scene.mtls, &form);
        let answer = ask(&scene, scene.mtls, Some(certificate), &request).await.unwrap();
        assert!(answer.ends_with("{\"active\":false}"), "{answer}");
        let answer = ask(&scene, scene.mtls, Some(stranger), &request).await.unwrap();
        assert!(answer.contains("invalid_client"), "{answer}");
    }
}

#[test]
fn certificate_yields_thumbprint_subject_and_dns_names() {
    let authority = CertificateAuthority::new("Test CA").unwrap();
    let certificate = authority.client_with_dns("An app, really", "app.example").unwrap();
    let expected = Peer::certificate(certificate.thumbprint())
        .subject_dn("CN=An app\\, really")
        .san_dns("app.example");
    assert_eq!(certificate.peer(), expected);
    let garbage = Peer::of_certificate(b"garbage");
    assert_eq!(garbage, Peer::certificate(Thumbprint::of_certificate(b"garbage")));
}

#[test]
fn reads_certificates_in_pem() {
    let authority = CertificateAuthority::new("ca").unwrap();
    let client = authority.client("app").unwrap();
    let both = format!("a comment\n{}{}", authority.certificate_pem(), client.pem());
    let ders = [authority.certificate_der(), client.der()];
    assert_eq!(certificates_in_pem(&both).unwrap(), ders);
    let cut = &both[..both.len() - 40];
    for wrong in ["", "no certificate", &client.private_key_pem(), cut] {
        assert_eq!(certificates_in_pem(wrong), Err(PemError), "{wrong}");
    }
}

#[test]
fn rejects_certificate_for_an_invalid_name() {
    let authority = CertificateAuthority::new("ca").unwrap();
    let refused = authority.client_with_dns("app", "b\u{e4}nk.example");
    assert_eq!(refused.map(drop), Err(CertificateError));
}

#[tokio::test]
async fn rejects_unusable_identity() {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::bind(free, free).await.unwrap();
    let config = config(server.main(), server.mtls());
    let institution = Arc::new(Mutex::new(Sandbox::new(config, Entropy::new([1; 32]))));
    let identity = TlsIdentity { certificate_chain: vec![vec![0]], private_key: vec![0] };
    let refused = server.serve(institution, identity, &[]).map(drop);
    assert!(matches!(refused, Err(ServerError::Tls { .. })), "{refused:?}");
}
