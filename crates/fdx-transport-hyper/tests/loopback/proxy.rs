use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fdx_par::{WellKnown, discover};
use fdx_transport_hyper::{
    AddressDecision, CertificateFault, ConnectFault, Proxy, ProxyFault, SetupFault, TransportError,
    public_addresses_only,
};
use fdx_wire::{Issuer, Secret};
use http::Request;

use crate::addresses::{Scripted, bank};
use crate::authority::Authority;
use crate::plain;
use crate::recipient::{Recipient, now};
use crate::relay::Relay;
use crate::server::{HTTP_1, HTTP_2, Server, Settings};

const ESTABLISHED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

fn through(relay: &Relay) -> Proxy {
    Proxy::new("127.0.0.1", relay.address.port()).unwrap()
}

/// A URL that only the proxy can resolve.
fn get() -> Request<Vec<u8>> {
    Request::get("https://bank.example/announced/1").body(Vec::new()).unwrap()
}

#[tokio::test]
async fn carries_requests_through_a_tunnel() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = bank(alpn).await;
        let relay = Relay::proxy(server.address, ESTABLISHED).await;
        let authorization = Secret::new("Basic YXBwOnNlc2FtZQ==".to_owned());
        let proxy = through(&relay).authorization(authorization).unwrap();
        let transport = server.trusted().proxy(proxy).build().unwrap();
        for _ in 0..2 {
            transport.send_plain(get(), 1).await.unwrap();
        }
        assert_eq!(server.paths(), ["/announced/1", "/announced/1"]);
        assert_eq!(
            relay.connect_heads(),
            ["CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example:443\r\n\
              Proxy-Authorization: Basic YXBwOnNlc2FtZQ==\r\n\r\n"],
            "one tunnel for both"
        );
    }
}

#[tokio::test]
async fn checks_the_institutions_certificate_inside_the_tunnel() {
    let server = bank(HTTP_2).await;
    let intercepting = Server::start().await;
    for (address, fault) in [
        (intercepting.address, CertificateFault::Invalid),
        (Server::with(Authority::named("Another"), Settings::default()).await.address, {
            CertificateFault::UnknownIssuer
        }),
    ] {
        let relay = Relay::proxy(address, ESTABLISHED).await;
        let transport = server.trusted().proxy(through(&relay)).build().unwrap();
        let error = transport.send_plain(get(), 1).await.unwrap_err();
        assert_eq!(error, TransportError::Connect(ConnectFault::ServerCertificate(fault)));
    }
    assert!(intercepting.seen().is_empty());
}

#[tokio::test]
async fn reports_a_proxy_that_opens_no_tunnel() {
    let server = bank(HTTP_2).await;
    let large = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(9000));
    for (response, expected) in [
        ("HTTP/1.1 407 No\r\n\r\n", TransportError::Setup(SetupFault::ProxyAuthorization)),
        (
            "HTTP/1.1 403 No\r\n\r\n",
            ConnectFault::Proxy(ProxyFault::Refused { status: 403 }).into(),
        ),
        ("SSH-2.0-OpenSSH\r\n\r\n", ProxyFault::Unreadable.into()),
        (&large, ProxyFault::HeadTooLarge.into()),
    ] {
        let relay = Relay::proxy(server.address, response).await;
        let transport = server.trusted().proxy(through(&relay)).build().unwrap();
        let error = transport.send_plain(get(), 1).await.unwrap_err();
        assert_eq!(error, expected);
        assert!(!error.may_have_arrived());
    }
    assert!(server.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_hung_proxy_ends_in_the_connect_timeout() {
    let server = bank(HTTP_2).await;
    let relay = Relay::proxy(server.address, "").await;
    let builder = server.trusted().proxy(through(&relay));
    let transport = builder.connect_timeout(Duration::from_secs(3)).build().unwrap();
    let error = transport.send_plain(get(), 1).await.unwrap_err();
    assert_eq!(error, TransportError::Connect(ConnectFault::TimedOut));
}

#[tokio::test]
async fn filters_an_address_in_the_url_before_the_proxy_connects_to_it() {
    let server = bank(HTTP_2).await;
    let relay = Relay::proxy(server.address, ESTABLISHED).await;
    let transport = server
        .trusted()
        .proxy(through(&relay))
        .address_filter(|address| match address.ip().is_loopback() {
            true => AddressDecision::Allow,
            false => AddressDecision::Reject,
        })
        .build()
        .unwrap();
    let request = http::Request::get("https://169.254.169.254/").body(Vec::new()).unwrap();
    let error = transport.send_plain(request, 1).await.unwrap_err();
    let address = SocketAddr::from((Ipv4Addr::new(169, 254, 169, 254), 443));
    assert_eq!(error, TransportError::Setup(SetupFault::AddressRejected { address }));
}

#[tokio::test]
async fn the_filter_and_the_resolver_see_the_proxy_only() {
    let server = bank(HTTP_2).await;
    let relay = Relay::proxy(server.address, ESTABLISHED).await;
    let port = relay.address.port();
    let proxy = Proxy::new("proxy.example", port).unwrap();
    let resolver = Scripted::new([vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let builder = server.trusted().proxy(proxy).resolver(resolver.clone());
    let transport = builder
        .address_filter(move |address| {
            record.lock().unwrap().push(address);
            AddressDecision::Allow
        })
        .build()
        .unwrap();
    transport.send_plain(get(), 1).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [SocketAddr::from((Ipv4Addr::LOCALHOST, port))]);
    assert_eq!(*resolver.names.lock().unwrap(), ["proxy.example"]);

    let builder = server.trusted().proxy(through(&relay));
    let transport = builder.address_filter(public_addresses_only).build().unwrap();
    let error = transport.send_plain(get(), 1).await.unwrap_err();
    let address = relay.address;
    assert_eq!(error, TransportError::Setup(SetupFault::AddressRejected { address }));
}

#[tokio::test]
async fn http_to_this_machine_bypasses_the_proxy() {
    let server = Server::start().await;
    let relay = Relay::proxy(server.address, ESTABLISHED).await;
    let transport = server.trusted().proxy(through(&relay)).build().unwrap();
    let text = plain::serve(Ipv4Addr::LOCALHOST.into()).await.unwrap();
    let issuer = Issuer::parse_loopback(&text).unwrap();
    let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, now()).unwrap();
    transport.run(draft, &Recipient::key(), now).await.unwrap();
    assert_eq!(relay.accepted(), 0);
}
