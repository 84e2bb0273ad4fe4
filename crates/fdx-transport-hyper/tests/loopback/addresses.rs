use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use fdx_par::{NextStep, WellKnown, discover};
use fdx_transport_hyper::{
    AddressDecision, ConnectFault, Resolver, RunError, SetupFault, TransportError,
    public_addresses_only,
};
use fdx_wire::Issuer;
use http::Request;
use tokio::net::TcpListener;

use crate::authority::Authority;
use crate::recipient::{Recipient, now};
use crate::server::{HTTP_1, HTTP_2, Server, Settings};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Returns one list of addresses after the other, and records the names.
#[derive(Clone, Default)]
pub struct Scripted {
    answers: Arc<Mutex<VecDeque<Vec<IpAddr>>>>,
    pub names: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub fn new<const N: usize>(answers: [Vec<IpAddr>; N]) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into())), names: Arc::default() }
    }

    fn names(&self) -> Vec<String> {
        self.names.lock().unwrap().clone()
    }
}

impl Resolver for Scripted {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async move {
            self.names.lock().unwrap().push(host.to_owned());
            self.answers.lock().unwrap().pop_front().ok_or(io::ErrorKind::NotFound.into())
        })
    }
}

/// A server whose certificate names `bank.example`.
pub async fn bank(alpn: &'static [&'static [u8]]) -> Server {
    let authority = Authority::new();
    let leaf = Some(authority.server("bank.example"));
    Server::with(authority, Settings { alpn, leaf, ..Settings::default() }).await
}

fn get(url: &str) -> Request<Vec<u8>> {
    Request::get(url).body(Vec::new()).unwrap()
}

#[tokio::test]
async fn connects_to_what_the_callers_resolver_returns() {
    let server = bank(HTTP_2).await;
    let resolver = Scripted::new([vec![LOCALHOST]]);
    let transport = server.trusted().resolver(resolver.clone()).build().unwrap();
    let url = format!("https://bank.example:{}/announced/1", server.address.port());
    for _ in 0..2 {
        transport.send_plain(get(&url), 1).await.unwrap();
    }
    assert_eq!(resolver.names(), ["bank.example"]);
}

#[tokio::test]
async fn reports_a_name_that_the_resolver_does_not_know() {
    let server = bank(HTTP_2).await;
    for resolver in [Scripted::new([]), Scripted::new([vec![]])] {
        let transport = server.trusted().resolver(resolver).build().unwrap();
        let error = transport.send_plain(get("https://bank.example/"), 1).await.unwrap_err();
        assert_eq!(error, TransportError::Connect(ConnectFault::NameNotResolved));
    }
}

#[tokio::test]
async fn connects_only_to_addresses_that_the_filter_allows() {
    let server = bank(HTTP_2).await;
    let port = server.address.port();
    // The rejected address is preferred, and accepts connections.
    let rejected = TcpListener::bind((OTHER, port)).await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let transport = server
        .trusted()
        .resolver(Scripted::new([vec![OTHER, LOCALHOST]]))
        .address_filter(move |address| {
            record.lock().unwrap().push(address);
            if address.ip() == OTHER { AddressDecision::Reject } else { AddressDecision::Allow }
        })
        .build()
        .unwrap();
    let url = format!("https://bank.example:{port}/announced/1");
    transport.send_plain(get(&url), 1).await.unwrap();
    let addresses = [OTHER, LOCALHOST].map(|ip| SocketAddr::new(ip, port));
    assert_eq!(*seen.lock().unwrap(), addresses);
    assert!(rejected.into_std().unwrap().accept().is_err(), "nothing connected to it");
}

#[tokio::test]
async fn connects_to_the_filtered_address_when_dns_changes_its_answer() {
    let server = bank(HTTP_1).await;
    let port = server.address.port();
    let internal = TcpListener::bind((OTHER, port)).await.unwrap();
    // The second look-up of an attacker's name points inside (DNS rebinding).
    let resolver = Scripted::new([vec![LOCALHOST], vec![OTHER], vec![OTHER]]);
    let transport = server
        .trusted()
        .resolver(resolver.clone())
        .address_filter(|address| {
            if address.ip() == OTHER { AddressDecision::Reject } else { AddressDecision::Allow }
        })
        .build()
        .unwrap();
    let get = |path: &str| get(&format!("https://bank.example:{port}{path}"));
    // The server closes this connection, so that the next request needs another one.
    transport.send_plain(get("/closing"), 1).await.unwrap();
    assert_eq!(resolver.names().len(), 1, "a name is resolved once for each connection");
    server.ended(1).await;
    let error = transport.send_plain(get("/announced/1"), 1).await.unwrap_err();
    let address = SocketAddr::new(OTHER, port);
    assert_eq!(error, TransportError::Setup(SetupFault::AddressRejected { address }));
    assert!(internal.into_std().unwrap().accept().is_err(), "nothing connected to it");
}

#[tokio::test]
async fn filters_ip_literals_and_local_names() {
    let server = Server::start().await;
    let port = server.address.port();
    let transport = server.trusted().address_filter(public_addresses_only).build().unwrap();
    for host in [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "169.254.169.254",
        "10.0.0.1",
        "localhost",
    ] {
        let url = format!("https://{host}:{port}/announced/1");
        let error = transport.send_plain(get(&url), 1).await.unwrap_err();
        let TransportError::Setup(SetupFault::AddressRejected { address }) = error else {
            panic!("{host}: {error}")
        };
        assert_eq!(address.port(), port);
        if let Ok(literal) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            assert_eq!(address.ip(), literal);
        }
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn filters_loopback_issuers() {
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let text = format!("http://{}", listener.local_addr().unwrap());
    let issuer = Issuer::parse_loopback(&text).unwrap();
    let server = Server::start().await;
    let transport = server.trusted().address_filter(public_addresses_only).build().unwrap();
    let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, now()).unwrap();
    let error = transport.run(draft, &Recipient::key(), now).await.unwrap_err();
    let address = listener.local_addr().unwrap();
    let error_expected = TransportError::Setup(SetupFault::AddressRejected { address });
    let next_step = NextStep::Correct;
    let expected = RunError::NotSent { error: error_expected, draft: (), next_step };
    assert_eq!(error.without_draft(), expected);
    assert!(listener.into_std().unwrap().accept().is_err(), "nothing connected to it");
}

#[tokio::test]
async fn allows_every_address_by_default() {
    let server = Server::start().await;
    let transport = server.trusted().build().unwrap();
    transport.send_plain(server.get("/announced/1"), 1).await.unwrap();
}
