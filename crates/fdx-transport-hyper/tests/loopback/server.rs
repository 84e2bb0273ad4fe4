use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use fdx_jose::Thumbprint;
use fdx_transport_hyper::{Roots, Transport, TransportBuilder};
use http::header::USER_AGENT;
use http::{Request, Version};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::authority::{Authority, Leaf};
use crate::replies::reply;

/// How a test's server differs from the default.
pub struct Settings {
    pub alpn: &'static [&'static [u8]],
    pub versions: Vec<&'static SupportedProtocolVersion>,
    pub certificates: Certificates,
    pub leaf: Option<Leaf>,
}

/// Whether the server requires client certificates.
#[derive(Clone, Copy, PartialEq)]
pub enum Certificates {
    Requested,
    Required,
}

/// A running server. It ends with the test's runtime.
pub struct Server {
    pub address: SocketAddr,
    authority: Authority,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    accepted: Mutex<usize>,
    ended: watch::Sender<usize>,
    seen: Mutex<Vec<Seen>>,
}

/// A request that the server received with all of its body.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub path: String,
    pub version: Version,
    pub certificate: Option<Thumbprint>,
    pub user_agent: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            alpn: &[b"h2", b"http/1.1"],
            versions: rustls::ALL_VERSIONS.to_vec(),
            certificates: Certificates::Requested,
            leaf: None,
        }
    }
}

pub const HTTP_1: &[&[u8]] = &[b"http/1.1"];
pub const HTTP_2: &[&[u8]] = &[b"h2"];

impl Server {
    pub async fn start() -> Self {
        Self::with(Authority::new(), Settings::default()).await
    }

    pub async fn speaking(alpn: &'static [&'static [u8]]) -> Self {
        Self::with(Authority::new(), Settings { alpn, ..Settings::default() }).await
    }

    pub async fn with(authority: Authority, settings: Settings) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = acceptor(&authority, settings);
        let log = Arc::new(Log::default());
        let logged = Arc::clone(&log);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *logged.accepted.lock().unwrap() += 1;
                let (acceptor, log) = (acceptor.clone(), Arc::clone(&logged));
                tokio::spawn(async move {
                    serve(stream, acceptor, Arc::clone(&log)).await;
                    log.ended.send_modify(|ended| *ended += 1);
                });
            }
        });
        Self { address, authority, log }
    }

    /// A transport that trusts only this server's authority.
    pub fn trusted(&self) -> TransportBuilder {
        Transport::builder().root_certificates(Roots::pem(&self.authority.pem).unwrap())
    }

    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    pub fn get(&self, path: &str) -> Request<Vec<u8>> {
        Request::get(self.url(path)).body(Vec::new()).unwrap()
    }

    pub fn accepted(&self) -> usize {
        *self.log.accepted.lock().unwrap()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.log.seen.lock().unwrap().clone()
    }

    pub fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    /// Waits until this many connections have ended.
    pub async fn ended(&self, connections: usize) {
        self.log.ended.subscribe().wait_for(|ended| *ended >= connections).await.unwrap();
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, log: Arc<Log>) {
    let stream = match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => stream,
        // Reads what the client sent before it received the alert. Unread bytes would reset the
        // connection.
        Err((_, mut stream)) => {
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            return;
        }
    };
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let certificate = chain.first().map(|der| Thumbprint::of_certificate(der));
    let service = service_fn(move |request: Request<Incoming>| {
        let log = Arc::clone(&log);
        async move {
            let path = request.uri().path().to_owned();
            let version = request.version();
            let user_agent = request.headers().get(USER_AGENT);
            let user_agent = user_agent.map(|value| value.to_str().unwrap().to_owned());
            let (parts, body) = request.into_parts();
            body.collect().await?;
            let repeated = {
                let mut seen = log.seen.lock().unwrap();
                let repeated = seen.iter().any(|seen| seen.path == path);
                seen.push(Seen { path, version, certificate, user_agent });
                repeated
            };
            Ok::<_, hyper::Error>(reply(&Request::from_parts(parts, ()), repeated).await)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http2().max_header_list_size(1024 * 1024);
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

fn acceptor(authority: &Authority, settings: Settings) -> TlsAcceptor {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let mut verifier =
        WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
    if settings.certificates == Certificates::Requested {
        verifier = verifier.allow_unauthenticated();
    }
    let leaf = settings.leaf.unwrap_or_else(|| authority.server("127.0.0.1"));
    let key = PrivateKeyDer::from_pem_slice(leaf.key.serialize_pem().as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&settings.versions)
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![leaf.certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = settings.alpn.iter().map(|name| name.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}
