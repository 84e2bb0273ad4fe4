//! The query of an authorization endpoint: kept if it is harmless (RFC 6749 section 3.1), and
//! rejected if it has a parameter that a request adds.

use fdx_par::dialect::{Line, Member, UrlParameter};
use fdx_par::not_fapi::{self, Departure, DocumentedEndpoints};
use fdx_par::{Client, ConfigurationFault, Dialect, Error, ServerRule};
use fdx_testkit::{Setup, World, entropy, patched, usual_request};
use fdx_wire::form::Query;
use serde_json::json;

const SOURCE: &str = "this test";
const ADDS: Dialect = Dialect::new("adds", "a provider that wants one more parameter")
    .with_members(&[Line {
        member: Member::AuthorizationUrlParameters(&[UrlParameter::Fixed("hint", "x")]),
        source: SOURCE,
    }]);
const NOT_PUSHED: Dialect = Dialect::new("not-pushed", "a provider that takes no pushed requests")
    .with_members(&[Line { member: Member::NotFapi(Departure::NotPushed), source: SOURCE }]);
const DOCUMENTED: Dialect =
    Dialect::new("documented", "a provider whose documented endpoint has a scope").with_members(&[
        Line {
            member: Member::NotFapi(Departure::DocumentedEndpoints(DocumentedEndpoints {
                authorization: "/authorize?scope=all",
                token: "/token",
                revocation: "/revoke",
            })),
            source: SOURCE,
        },
    ]);

/// Some servers take parameters from the URL although they were pushed.
#[test]
fn a_dialect_adds_fixed_and_pushed_parameters_to_the_url() {
    const ADDED: Dialect =
        Dialect::new("added", "a server that reads the URL").with_members(&[Line {
            member: Member::AuthorizationUrlParameters(&[
                UrlParameter::Fixed("hint", "x y"),
                UrlParameter::Pushed("nonce"),
                UrlParameter::Pushed("state"),
                UrlParameter::Pushed("login_hint"),
            ]),
            source: SOURCE,
        }]);
    let (mut world, client) = client("", ADDED);
    let client = client.unwrap();
    let (url, _) = world.push(&client, &usual_request()).unwrap();
    let query = Query::parse(url.split_once('?').unwrap().1, 4096).unwrap();
    let pushed = world.sent.iter().rev().find(|sent| sent.http.uri().path() == "/par").unwrap();
    let pushed = Query::parse(str::from_utf8(pushed.http.body()).unwrap(), 16 * 1024).unwrap();
    // A parameter that was not pushed is not added.
    let names: Vec<_> = query.names().collect();
    assert_eq!(names, ["client_id", "request_uri", "hint", "nonce", "state"]);
    assert_eq!(query.one("hint").unwrap(), Some("x y"));
    for name in ["nonce", "state"] {
        assert!(pushed.one(name).unwrap().is_some());
        assert_eq!(query.one(name).unwrap(), pushed.one(name).unwrap(), "{name}");
    }
}

/// A client of a server whose authorization endpoint has this query.
fn client(query: &str, dialect: Dialect) -> (World, Result<Client, Error>) {
    let mut world = World::new(Setup::default());
    let patch =
        json!({ "authorization_endpoint": format!("https://bank.example/authorize{query}") });
    world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
        patched(answer, &patch)
    });
    let client = world.client().and_then(|client| {
        let config = client.config().clone().with_dialect(dialect);
        Client::new(config, client.metadata().clone())
    });
    world.tamper_no_more();
    (world, client)
}

#[test]
fn an_endpoint_whose_query_names_a_parameter_of_a_request_is_not_used() {
    for query in [
        "?client_id=attacker",
        "?client_id",
        "?request_uri=urn:x",
        "?tenant=1&request_uri=urn:x",
        "?&&request=x",
        "?response_type=token",
        "?response_mode=fragment",
        "?redirect_uri=https://evil.example",
        "?scope=all",
        "?state=fixed",
        "?nonce=fixed",
        "?code_challenge=x",
        "?code_challenge_method=plain",
        "?authorization_details=[]",
        "?resource=x",
        "?prompt=none",
        "?login_hint=x",
        "?%63lient_id=attacker",
        "?client%5Fid=attacker",
        "?%ff=a",
    ] {
        let (world, client) = client(query, Dialect::default());
        let pushed = client.unwrap().push(&usual_request(), entropy(1), world.now);
        let expected = Err(ServerRule::AuthorizationEndpointQuery.code());
        assert_eq!(pushed.map(drop).map_err(|error| error.code()), expected, "{query}");
        let (world, client) = self::client(query, NOT_PUSHED);
        let request = usual_request();
        let url = not_fapi::authorize(&client.unwrap(), &request, entropy(1), world.now);
        assert_eq!(url.map(drop).map_err(|error| error.code()), expected, "{query}");
    }
}

#[test]
fn a_harmless_query_of_the_endpoint_is_kept() {
    for query in ["?tenant=1", "?p=b2c_1&x=client_id", "?", "?clientid=a&CLIENT_ID=b", "?hint=y"] {
        let (mut world, client) = client(query, Dialect::default());
        let (url, _) = world.push(&client.unwrap(), &usual_request()).unwrap();
        let kept = format!("https://bank.example/authorize{query}&client_id=app-1&request_uri=");
        assert!(url.starts_with(&kept), "{url}");
    }
}

#[test]
fn rejects_endpoint_query_that_names_added_parameters() {
    assert!(client("?tenant=1", ADDS).1.is_ok());
    let error = client("?hint=y", ADDS).1.unwrap_err();
    assert_eq!(error, ConfigurationFault::AuthorizationEndpointQuery.into());

    let issuer = fdx_testkit::bank_issuer();
    let metadata = DOCUMENTED.documented_metadata(&issuer).unwrap();
    let config = Setup::default().config().with_dialect(DOCUMENTED);
    let error = Client::new(config, metadata).unwrap_err();
    assert_eq!(error, ConfigurationFault::AuthorizationEndpointQuery.into());

    let (world, client) = client("?tenant=1", NOT_PUSHED);
    let client = client.unwrap();
    let authorize = |name: &str| {
        let request = usual_request().extra(name, "2").unwrap();
        not_fapi::authorize(&client, &request, entropy(1), world.now).map(drop)
    };
    assert_eq!(authorize("tenant"), Err(ConfigurationFault::AuthorizationEndpointQuery.into()));
    assert_eq!(authorize("another"), Ok(()));
}
