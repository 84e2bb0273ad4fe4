//! The URL and the certificate of every request: the table of RFC 8705 and FAPI 2.0, row by row.

use fdx_par::{
    AccessToken, CallFault, Client, ClientAuthentication, ClientCertificate, ConfigurationFault,
    Draft, Endpoint, MtlsEndpoints, Output, ResourceRequest, SenderConstraint, StoredStateFault,
    client::Target,
};
use fdx_testkit::kit::attached;
use fdx_testkit::{Authentication, Binding, Setup, World, entropy, patched, usual_request};
use fdx_wire::HttpsUrl;
use serde_json::{Value, json};

use ClientCertificate::{Present, Withhold};
use MtlsEndpoints::{Always, WhereNeeded};

const ALL: [Endpoint; 3] =
    [Endpoint::PushedAuthorizationRequest, Endpoint::Token, Endpoint::Introspection];

fn path(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::PushedAuthorizationRequest => "/par",
        Endpoint::Token => "/token",
        _ => "/introspect",
    }
}

fn member(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::PushedAuthorizationRequest => "pushed_authorization_request_endpoint",
        Endpoint::Token => "token_endpoint",
        _ => "introspection_endpoint",
    }
}

/// A client of a server whose metadata were changed.
fn client(world: &mut World, binding: Binding, mtls: MtlsEndpoints, patch: Value) -> Client {
    world.tamper_at("/.well-known/oauth-authorization-server", move |a| patched(a, &patch));
    let metadata = world.client().unwrap().metadata().clone();
    world.tamper_no_more();
    let mut config = Setup { binding, ..Setup::default() }.config();
    config.mtls_endpoints = mtls;
    Client::new(config, metadata).unwrap()
}

fn target(host: &str, endpoint: Endpoint, certificate: ClientCertificate) -> Target {
    let url = HttpsUrl::parse(&format!("https://{host}{}", path(endpoint))).unwrap();
    Target { url, certificate }
}

const MAIN: &str = "bank.example";
const MTLS: &str = "mtls.bank.example";

/// Binding, `use_mtls_endpoint_aliases`, then host and certificate of push and introspection, and
/// of the token request.
type Row =
    (Binding, MtlsEndpoints, (&'static str, ClientCertificate), (&'static str, ClientCertificate));

const TABLE: [Row; 4] = [
    (Binding::Dpop, WhereNeeded, (MAIN, Withhold), (MAIN, Withhold)),
    (Binding::Dpop, Always, (MTLS, Present), (MTLS, Present)),
    (Binding::Mtls, WhereNeeded, (MAIN, Withhold), (MTLS, Present)),
    (Binding::Mtls, Always, (MTLS, Present), (MTLS, Present)),
];

#[test]
fn every_row_of_the_table_holds_with_aliases() {
    for (binding, mtls, others, token) in TABLE {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let client = client(&mut world, binding, mtls, json!({}));
        for endpoint in ALL {
            let (host, certificate) = if endpoint == Endpoint::Token { token } else { others };
            let expected = target(host, endpoint, certificate);
            assert_eq!(client.target(endpoint).unwrap(), expected, "{binding:?} {mtls:?}");
        }
    }
}

#[test]
fn a_missing_alias_falls_back_to_the_endpoint_with_the_same_certificate() {
    for (binding, mtls, others, token) in TABLE {
        for missing in ALL {
            let mut world = World::new(Setup { binding, ..Setup::default() });
            let aliases: serde_json::Map<_, _> = ALL
                .into_iter()
                .filter(|endpoint| *endpoint != missing)
                .map(|e| (member(e).to_owned(), json!(format!("https://{MTLS}{}", path(e)))))
                .collect();
            let patch = json!({ "mtls_endpoint_aliases": aliases });
            let client = client(&mut world, binding, mtls, patch);
            for endpoint in ALL {
                let (host, certificate) = if endpoint == Endpoint::Token { token } else { others };
                let host = if endpoint == missing { MAIN } else { host };
                let expected = target(host, endpoint, certificate);
                assert_eq!(client.target(endpoint).unwrap(), expected, "{binding:?} {mtls:?}");
            }
        }
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let client = client(&mut world, binding, mtls, json!({ "mtls_endpoint_aliases": null }));
        for endpoint in ALL {
            let (_, certificate) = if endpoint == Endpoint::Token { token } else { others };
            assert_eq!(client.target(endpoint).unwrap(), target(MAIN, endpoint, certificate));
        }
    }
}

#[test]
fn unpublished_endpoint_is_missing_without_an_alias() {
    for (binding, mtls) in [(Binding::Dpop, WhereNeeded), (Binding::Mtls, WhereNeeded)] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let client = client(&mut world, binding, mtls, json!({ "introspection_endpoint": null }));
        let error = client.target(Endpoint::Introspection).unwrap_err();
        assert_eq!(error.code(), "rfc8414.endpoint.missing");
    }
}

#[test]
fn alias_changes_htu_but_not_aud() {
    for (binding, mtls, others, token) in TABLE {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let client = client(&mut world, binding, mtls, json!({}));
        let verified = world.verified(&client);
        let draft = client.introspect(verified.tokens().access_token(), entropy(5), world.now);
        world.run(draft.unwrap()).unwrap();
        for endpoint in ALL {
            let (host, certificate) = if endpoint == Endpoint::Token { token } else { others };
            let sent_request = world.asked(path(endpoint));
            assert!(!sent_request.is_empty(), "{endpoint:?}");
            for sent_request in sent_request {
                let url = format!("https://{host}{}", path(endpoint));
                assert_eq!(sent_request.http.uri().to_string(), url, "{binding:?} {mtls:?}");
                assert_eq!(
                    sent_request.certificate, certificate,
                    "{binding:?} {mtls:?} {endpoint:?}"
                );
                assert_eq!(sent_request.assertion()["aud"], "https://bank.example");
                let htu = match (binding, endpoint) {
                    (Binding::Dpop, Endpoint::PushedAuthorizationRequest | Endpoint::Token) => {
                        json!(url)
                    }
                    _ => Value::Null,
                };
                assert_eq!(sent_request.proof()["htu"], htu, "{binding:?} {mtls:?} {endpoint:?}");
            }
        }
    }
}

#[test]
fn discovery_and_keys_never_show_the_certificate() {
    for (binding, mtls, ..) in TABLE {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let client = client(&mut world, binding, mtls, json!({}));
        let _ = world.verified(&client);
        for path in ["/.well-known/oauth-authorization-server", "/jwks"] {
            let sent_request = world.asked(path);
            assert!(
                !sent_request.is_empty()
                    && sent_request.iter().all(|sent_request| sent_request.certificate == Withhold)
            );
        }
    }
}

/// Returns method and URL, from the request's accessors and from its HTTP form.
fn said<T: Output>(world: &World, draft: Draft<T>) -> [(String, String); 2] {
    let (request, _) = attached(draft, &world.keys);
    let said = (request.method().to_string(), request.url().as_str().to_owned());
    let http = request.into_http();
    [said, (http.method().to_string(), http.uri().to_string())]
}

#[test]
fn proof_has_the_method_and_url_of_the_request() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let (id, token) = (grant.consent_id().unwrap(), grant.tokens().access_token());
    let url = format!("https://bank.example/fdx/v6/consents/{id}/revocation");
    let why = serde_json::from_str("{}").unwrap();
    let now = world.now;
    let push = client.push(&fdx_testkit::usual_request(), entropy(5), now).unwrap();
    let list = client.list_revocations(id, token, entropy(6), now).unwrap();
    let revoke = client.revoke_consent(id, token, &why, entropy(7), now).unwrap();
    for (said, method, url) in [
        (said(&world, push), "POST", "https://bank.example/par"),
        (said(&world, list), "GET", &url),
        (said(&world, revoke), "PUT", &url),
    ] {
        let expected = (method.to_owned(), url.to_owned());
        assert_eq!(said, [expected.clone(), expected]);
    }
}

/// A nonce of an alias is not used for the endpoint, because its origin differs.
#[test]
fn an_alias_has_nonces_of_its_own() {
    let mut world = World::new(Setup::default());
    let metadata = world.client().unwrap().metadata().clone();
    let nonces = fdx_par::NonceMemory::new();
    let sharing = |mtls| {
        let mut config = Setup::default().config();
        config.mtls_endpoints = mtls;
        Client::with_nonces(config, metadata.clone(), nonces.clone()).unwrap()
    };
    let (aliased, plain) = (sharing(Always), sharing(WhereNeeded));
    let request = fdx_testkit::usual_request();
    let draft = aliased.push(&request, entropy(60), world.now).unwrap();
    assert!(world.run(draft).is_ok());
    assert_eq!(world.asked("/par").len(), 2, "one challenge");
    let draft = plain.push(&request, entropy(61), world.now).unwrap();
    assert_eq!(proof_nonce(&draft), Value::Null);
    let draft = aliased.push(&request, entropy(62), world.now).unwrap();
    assert_ne!(proof_nonce(&draft), Value::Null);
}

fn proof_nonce<T: Output>(draft: &Draft<T>) -> Value {
    let input = &draft.signing_inputs()[1];
    assert_eq!(input.role(), fdx_jose::Role::DpopProof);
    let claims = fdx_testkit::claims(str::from_utf8(input.bytes()).unwrap());
    claims["nonce"].clone()
}

fn call(client: &Client, token: &AccessToken, url: &str) -> Result<(), fdx_par::Error> {
    let request = ResourceRequest::get(HttpsUrl::parse(url).unwrap());
    client.call(token, request, entropy(7), fdx_testkit::start()).map(drop)
}

#[test]
fn certificate_is_presented_only_with_tokens_bound_to_it() {
    for (binding, mtls, ..) in TABLE {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let client = client(&mut world, binding, mtls, json!({}));
        let verified = world.verified(&client);
        let url = client.config().fdx_base.join_segment("accounts").unwrap();
        let token = verified.tokens().access_token();
        let draft = client.call(token, ResourceRequest::get(url), entropy(7), world.now).unwrap();
        world.run(draft).unwrap();
        let (scheme, certificate) = match binding {
            Binding::Dpop => ("DPoP", Withhold),
            Binding::Mtls => ("Bearer", Present),
        };
        assert_eq!(client.config().sender_constraint.token_type(), scheme);
        for sent_request in world.asked("/fdx/v6/accounts") {
            assert_eq!(sent_request.certificate, certificate, "{binding:?} {mtls:?}");
            assert_eq!(
                sent_request.header("authorization"),
                format!("{scheme} {}", token.token().expose())
            );
            assert_eq!(sent_request.proof().is_null(), binding == Binding::Mtls);
        }
    }
}

#[test]
fn sends_no_token_with_another_binding() {
    for (has, uses) in [(Binding::Dpop, Binding::Mtls), (Binding::Mtls, Binding::Dpop)] {
        let mut world = World::new(Setup { binding: has, ..Setup::default() });
        let first = client(&mut world, has, WhereNeeded, json!({}));
        let verified = world.verified(&first);
        let mut config = Setup { binding: uses, ..Setup::default() }.config();
        config.fdx_base = first.config().fdx_base.clone();
        let other = Client::new(config, first.metadata().clone()).unwrap();
        let url = format!("{}/accounts", first.config().fdx_base.as_str());
        let error = call(&other, verified.tokens().access_token(), &url).unwrap_err();
        assert_eq!(error, StoredStateFault::OtherKey.into());
    }
}

/// Some institutions have consents and data on two hosts.
#[test]
fn consents_may_have_a_base_of_their_own() {
    let mut world = World::new(Setup::default());
    let one_base = client(&mut world, Binding::Dpop, WhereNeeded, json!({}));
    let verified = world.verified(&one_base);
    let mut config = one_base.config().clone();
    config.consent_base = Some(HttpsUrl::parse("https://consents.bank.example/v6").unwrap());
    let client = Client::new(config, one_base.metadata().clone()).unwrap();
    let draft = client.read_consent(&verified, entropy(9), world.now).unwrap();
    let (request, _) = attached(draft, &world.keys);
    let id = verified.consent_id().unwrap().as_str();
    let read = format!("https://consents.bank.example/v6/consents/{id}");
    assert_eq!(request.url().as_str(), read);
    let token = verified.tokens().access_token();
    assert!(call(&client, token, "https://bank.example/fdx/v6/accounts").is_ok());
    assert!(call(&client, token, &read).is_ok());
    for url in [
        "https://consents.bank.example/v6/accounts",
        "https://consents.bank.example/v6",
        "https://consents.bank.example/v6/consentsevil/1",
    ] {
        let error = call(&client, token, url).expect_err(url);
        assert_eq!(error, CallFault::OutsideFdxBase.into(), "{url}");
    }
    let error = call(&one_base, token, &read).expect_err(&read);
    assert_eq!(error, CallFault::OutsideFdxBase.into());
}

#[test]
fn a_base_url_has_no_query() {
    let usual = World::new(Setup::default()).client().unwrap();
    let (config, metadata) = (usual.config(), usual.metadata());
    let refused = Err(ConfigurationFault::BaseQuery.into());
    for (query, expected) in [("", Ok(())), ("?", refused.clone()), ("?a=b", refused)] {
        let base = HttpsUrl::parse(&format!("https://bank.example/fdx/v6{query}")).unwrap();
        let mut other_fdx_base = config.clone();
        other_fdx_base.fdx_base = base.clone();
        let mut other_consent_base = config.clone();
        other_consent_base.consent_base = Some(base);
        for config in [other_fdx_base, other_consent_base] {
            assert_eq!(Client::new(config, metadata.clone()).map(drop), expected, "{query}");
        }
    }
}

#[test]
fn a_token_never_leaves_the_fdx_base() {
    let mut world = World::new(Setup::default());
    let client = client(&mut world, Binding::Dpop, WhereNeeded, json!({}));
    let verified = world.verified(&client);
    let token = verified.tokens().access_token();
    for url in [
        "https://evil.example/fdx/v6/accounts",
        "https://bank.example.evil.example/fdx/v6/accounts",
        "https://evil-bank.example/fdx/v6/accounts",
        "https://mtls.bank.example/fdx/v6/accounts",
        "https://bank.example:8443/fdx/v6/accounts",
        "https://bank.example/fdx/v66/accounts",
        "https://bank.example/fdx/v6evil",
        "https://bank.example/fdx/v6%2faccounts",
        "https://bank.example/fdx/v6;a/accounts",
        "https://bank.example/fdx",
        "https://bank.example/",
        "https://bank.example",
        "https://bank.example?/fdx/v6/accounts",
        "https://bank.example//fdx/v6/accounts",
        "https://bank.example/FDX/V6/accounts",
        "https://bank.example/x/fdx/v6/accounts",
        "https://bank.example/fdx/v6/..%2f..%2fother",
        "https://bank.example/fdx/v6/..%2F..%2Fother",
        "https://bank.example/fdx/v6/accounts%2f..%2f..%2fother",
        "https://bank.example/fdx/v6/..;/..;/other",
        "https://bank.example/fdx/v6/..;a=b/..;a=b/other",
        "https://bank.example/fdx/v6/%2e%2e;/%2e%2e;/other",
        "https://bank.example/fdx/v6/.%2E%3b/other",
        "https://bank.example/fdx/v6/..%5c..%5cother",
        "https://bank.example/fdx/v6/..%5C..%5Cother",
        "https://bank.example/fdx/v6/..%00/other",
        "https://bank.example/fdx/v6/%252e%252e%252fother",
        "https://bank.example/fdx/v6/%c0%ae%c0%ae/other",
    ] {
        let error = call(&client, token, url).expect_err(url);
        assert_eq!(error, CallFault::OutsideFdxBase.into(), "{url}");
        assert_eq!(error.next_step(), fdx_par::NextStep::Correct);
    }
    // A text that another reader would parse differently is not accepted as a URL.
    for url in [
        "http://bank.example/fdx/v6/accounts",
        "https://bank.example@evil.example/fdx/v6/accounts",
        "https://bank.example\\@evil.example/fdx/v6/accounts",
        "https://bank.example/fdx/v6/../../accounts",
        "https://bank.example/fdx/v6/%2e%2e/accounts",
        "https://bank.example/fdx/v6/.%2E/accounts",
    ] {
        assert!(HttpsUrl::parse(url).is_err(), "{url}");
    }
    for url in [
        "https://bank.example/fdx/v6",
        "https://bank.example/fdx/v6/",
        "https://BANK.example:443/fdx/v6/accounts?x=/../",
    ] {
        call(&client, token, url).expect(url);
    }
}

#[test]
fn a_request_names_the_certificate_to_show() {
    use Authentication::{PrivateKeyJwt, SelfSignedTlsClientAuth, TlsClientAuth};
    for (authentication, binding, mtls, named) in [
        (PrivateKeyJwt, Binding::Dpop, WhereNeeded, false),
        // Any certificate will do, because it neither authenticates nor binds.
        (PrivateKeyJwt, Binding::Dpop, Always, false),
        (PrivateKeyJwt, Binding::Mtls, WhereNeeded, false),
        (PrivateKeyJwt, Binding::Mtls, Always, true),
        (TlsClientAuth, Binding::Dpop, WhereNeeded, true),
        (SelfSignedTlsClientAuth, Binding::Mtls, WhereNeeded, true),
    ] {
        let setup = Setup { authentication, binding, ..Setup::default() };
        let mut world = World::new(setup);
        let mut config = setup.config();
        config.mtls_endpoints = mtls;
        let shown = match (&config.authentication, &config.sender_constraint) {
            (
                ClientAuthentication::TlsClientAuth(shown)
                | ClientAuthentication::SelfSignedTlsClientAuth(shown),
                _,
            )
            | (_, SenderConstraint::Mtls(shown)) => Some(*shown),
            _ => None,
        };
        let client = Client::new(config, world.client().unwrap().metadata().clone()).unwrap();
        let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
        let (request, _) = attached(draft, &world.keys);
        let expected = if named { shown } else { None };
        assert!(!named || shown.is_some());
        assert_eq!(request.certificate_thumbprint(), expected, "{setup:?} {mtls:?}");
    }
}

#[test]
fn a_call_names_the_certificate_to_which_its_token_is_bound() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let client = world.client().unwrap();
        let verified = world.verified(&client);
        let token = verified.tokens().access_token();
        let url = client.config().fdx_base.join_segment("accounts").unwrap();
        let draft = client.call(token, ResourceRequest::get(url), entropy(9), world.now).unwrap();
        let (request, _) = attached(draft, &world.keys);
        let named = token.bound_to().filter(|_| binding == Binding::Mtls);
        assert_eq!(request.certificate_thumbprint(), named);
    }
}
