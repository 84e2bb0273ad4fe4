//! An issuer on a loopback address that uses plain http, accepted only by its dialect.

use fdx_par::dialect::{self, Line, MASTERCARD_MOCK, Member};
use fdx_par::{
    Client, ConfigurationFault, Dialect, Error, ServerMetadata, Step, StoredStateFault, WellKnown,
    discover,
};
use fdx_testkit::kit::attached;
use fdx_testkit::{Setup, entropy, keys, start, usual_request};
use fdx_wire::{HttpsUrl, Issuer};
use http::Response;
use serde_json::{Value, json};

const ISSUER: &str = "http://127.0.0.1:8080";

fn document(issuer: &str, base: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "pushed_authorization_request_endpoint": format!("{base}/par"),
        "jwks_uri": format!("{base}/jwks"),
        "code_challenge_methods_supported": ["S256"],
    })
}

fn read(issuer: &Issuer, document: &Value) -> Result<ServerMetadata, Error> {
    let draft = discover(issuer, WellKnown::OAuthAuthorizationServer, start()).unwrap();
    let (request, sent) = draft.attach(vec![]).unwrap();
    assert!(request.url().as_str().starts_with(issuer.as_str()));
    let response = Response::builder().header("content-type", "application/json");
    let response = response.body(document.to_string().into_bytes()).unwrap();
    match sent.receive(response, start())? {
        Step::Done(metadata) => Ok(metadata),
        Step::Again(_) => panic!("discovery asks once"),
    }
}

/// A provider whose only deviation is plain http on a loopback address.
const LOCAL: Dialect = Dialect::new("local", "a server on this machine")
    .with_members(&[Line { member: Member::LoopbackHttp, source: "these tests" }]);

fn client() -> Client {
    made(LOCAL).unwrap()
}

fn made(dialect: Dialect) -> Result<Client, Error> {
    let issuer = Issuer::parse_loopback(ISSUER).unwrap();
    let metadata = read(&issuer, &document(ISSUER, ISSUER)).unwrap();
    let mut config = Setup::default().config();
    config.fdx_base = HttpsUrl::parse_loopback("http://127.0.0.1:8080/fdx/v6").unwrap();
    config.issuer = issuer;
    Client::new(config.with_dialect(dialect), metadata)
}

#[test]
fn loopback_issuer_needs_the_dialect_member() {
    for dialect in dialect::ALL.iter().filter(|dialect| **dialect != MASTERCARD_MOCK) {
        let error = made(*dialect).unwrap_err();
        if dialect.needs().is_empty() {
            assert_eq!(error, ConfigurationFault::LoopbackHttp.into(), "{}", dialect.name());
        }
    }
    assert!(made(LOCAL).is_ok());
}

#[test]
fn an_fdx_api_over_http_needs_that_dialect_as_its_issuer_does() {
    let metadata = read(
        &Issuer::parse("https://bank.example").unwrap(),
        &document("https://bank.example", "https://bank.example"),
    );
    let metadata = metadata.unwrap();
    let mut config = Setup::default().config();
    config.fdx_base = HttpsUrl::parse_loopback("http://127.0.0.1:8080/fdx/v6").unwrap();
    let refused = Client::new(config.clone(), metadata.clone()).unwrap_err();
    assert_eq!(refused, ConfigurationFault::LoopbackHttp.into());
    assert!(Client::new(config.with_dialect(LOCAL), metadata).is_ok());
}

/// Whether authorization_endpoint and jwks_uri can be used.
fn usable(metadata: &ServerMetadata) -> [bool; 2] {
    [metadata.authorization_endpoint().is_some(), metadata.jwks_uri().is_some()]
}

#[test]
fn its_endpoints_may_be_http_to_this_machine_alone() {
    let issuer = Issuer::parse_loopback(ISSUER).unwrap();
    for base in [ISSUER, "http://127.0.0.1:9", "http://[::1]", "https://bank.example"] {
        assert_eq!(usable(&read(&issuer, &document(ISSUER, base)).unwrap()), [true; 2], "{base}");
    }
    for base in ["http://localhost:8080", "http://bank.example", "http://127.0.0.1.evil.example"] {
        assert_eq!(usable(&read(&issuer, &document(ISSUER, base)).unwrap()), [false; 2], "{base}");
    }
    let error = read(&issuer, &document("http://127.0.0.1:8081", ISSUER)).unwrap_err();
    assert_eq!(error.code(), "rfc8414.issuer.mismatch");
}

#[test]
fn endpoints_of_another_issuer_are_never_http() {
    // The same for a loopback issuer with https.
    for issuer in ["https://bank.example", "https://127.0.0.1:8080"] {
        for parsed in [Issuer::parse(issuer).unwrap(), Issuer::parse_loopback(issuer).unwrap()] {
            let metadata = read(&parsed, &document(issuer, ISSUER)).unwrap();
            assert_eq!(usable(&metadata), [false; 2], "{issuer}");
        }
    }
}

#[test]
fn loopback_proof_has_the_http_url() {
    let client = client();
    let draft = client.push(&usual_request(), entropy(1), start()).unwrap();
    let (request, _) = attached(draft, &keys(Setup::default().algorithm));
    assert_eq!(request.url().as_str(), "http://127.0.0.1:8080/par");
    assert_eq!(request.into_http().uri(), "http://127.0.0.1:8080/par");
}

#[test]
fn its_stored_grants_are_restored() {
    let stored = json!({
        "version": 2, "issuer": ISSUER, "client_id": "app-1", "access_token": "at-1",
        "token_type": "DPoP", "bound_to": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        "scope": "openid",
    });
    let client = client();
    let grant = client.restore(&stored.to_string()).unwrap();
    let again = client.restore(grant.to_json().expose()).unwrap();
    assert_eq!(again.to_json().expose(), grant.to_json().expose());

    let mut other = stored;
    other["issuer"] = "http://[::1]:8080".into();
    let error = client.restore(&other.to_string()).unwrap_err();
    assert_eq!(error, Error::from(StoredStateFault::OtherClient));
}
