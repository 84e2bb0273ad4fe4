//! Discovery: what FAPI 2.0 needs of a server's metadata.

use fdx_par::{
    AuthorizationRequest, Callback, Client, ConfigurationFault, Endpoint, Error, NextStep, Pending,
    ResponseMode, TokenTypeHint, Verification,
};
use fdx_rar::Scopes;
use fdx_sandbox::customer::Decision;
use fdx_testkit::{Binding, Setup, World, consent_request, entropy, patched, usual_request};
use fdx_wire::UnixTime;
use serde_json::{Value, json};

use super::endpoint::At;

fn code(patch: Value) -> Result<(), &'static str> {
    At::Discovery.broken(move |answer| patched(answer, &patch)).map_err(|error| error.code())
}

#[test]
fn metadata_of_another_issuer_is_not_used() {
    for issuer in [
        "https://evil.example",
        "https://Bank.example",
        "HTTPS://bank.example",
        "https://bank.example/",
        "https://bank.example:443",
        "https://bank.example:8443",
        "https://bank.example/fdx",
        "https://bank.example.evil.example",
        "https://bank.example?x=1",
        "https://bank.example#",
        "http://bank.example",
        " https://bank.example",
        "",
    ] {
        assert_eq!(code(json!({ "issuer": issuer })), Err("rfc8414.issuer.mismatch"), "{issuer}");
    }
}

/// The code of a push by a client of a server whose metadata has this member.
fn pushed(member: &str, value: &Value) -> Result<(), &'static str> {
    let (world, client) = client(Setup::default(), member, value);
    push(&client, usual_request(), world.now).map_err(|error| {
        assert_eq!(error.next_step(), NextStep::AskTheInstitution);
        error.code()
    })
}

#[test]
fn metadata_without_s256_is_not_used() {
    let member = "code_challenge_methods_supported";
    for methods in
        [json!(null), json!([]), json!(["plain"]), json!(["s256"]), json!(["S256 "]), json!("S256")]
    {
        assert_eq!(pushed(member, &methods), Err("rfc7636.s256"), "{methods}");
    }
    // Other elements name no method.
    for methods in [json!(["plain", "S256"]), json!(["S256", 7, null])] {
        assert_eq!(pushed(member, &methods), Ok(()), "{methods}");
    }
}

/// What does not protect a flow stops each of its steps, and nothing else.
#[test]
fn metadata_unfit_for_flows_still_refresh_and_revoke() {
    let setup = Setup { nonces: fdx_sandbox::NoncePolicy::Silent, ..Setup::default() };
    for (member, value, code, named) in [
        ("code_challenge_methods_supported", json!(null), "rfc7636.s256", true),
        ("code_challenge_methods_supported", json!(["plain"]), "rfc7636.s256", true),
        ("code_challenge_methods_supported", json!("S256"), "rfc7636.s256", true),
        (
            "authorization_response_iss_parameter_supported",
            json!("true"),
            "rfc8259.json.member",
            true,
        ),
        (
            "authorization_endpoint",
            json!("https://bank.example/authorize?state=x"),
            "rfc6749.authorization_endpoint.query",
            false,
        ),
    ] {
        for response_mode in [ResponseMode::Query, ResponseMode::Jwt] {
            let mut world = World::new(Setup { response_mode, ..setup });
            let (fit, grant) = world.stored();
            let draft = fit.push(&usual_request(), world.draw(), world.now).unwrap();
            let (url, pending) = world.run(draft).unwrap().redirect(world.now).unwrap();
            let callback = world.customer(url.as_str(), &Decision::everything());
            let patch = json!({ member: value });
            world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
                patched(answer, &patch)
            });
            let client = world.client().unwrap();
            for error in refused(&mut world, &fit, &client, pending, &callback) {
                assert_eq!(error.code(), code, "{member}: {value}");
                assert_eq!(error.member().map(|it| it.member()), named.then_some(member));
                assert_eq!(error.next_step(), NextStep::AskTheInstitution, "{error}");
            }
            let renewed = world.renewed(&client, &grant);
            let hint = TokenTypeHint::RefreshToken;
            let draft = client.revoke(renewed.tokens(), hint, world.draw(), world.now).unwrap();
            assert!(world.run(draft).is_ok(), "{member}: {value}");
        }
    }
}

/// The errors of each step of a flow by `unfit`, a client of unfit metadata. `fit` takes the step, so
/// that the next one can be tried.
fn refused(
    world: &mut World,
    fit: &Client,
    unfit: &Client,
    pending: Pending,
    callback: &str,
) -> Vec<Error> {
    let now = world.now;
    let mut errors = vec![push(unfit, usual_request(), now).unwrap_err()];
    let accepted = if unfit.config().response_mode == ResponseMode::Query {
        let refused = unfit.callback(pending, callback, now).unwrap_err();
        errors.push(refused.error);
        fit.callback(*refused.unspent, callback, now).unwrap()
    } else {
        let refused = unfit.signed_callback(pending, callback, now).unwrap_err();
        errors.push(refused.error);
        let signed = fit.signed_callback(*refused.unspent, callback, now).unwrap();
        let keys = world.run(fit.fetch_keys(now).unwrap()).unwrap();
        let refused = unfit.verify(signed, Some(&keys), now).unwrap_err();
        errors.push(refused.error);
        match fit.verify(*refused.unspent, Some(&keys), now).unwrap() {
            Verification::Done(callback) => callback,
            Verification::FetchKeys(_) => panic!("the keys do not fit"),
        }
    };
    let Callback::Code(accepted) = accepted else { panic!("denied") };
    errors.push(unfit.exchange(accepted, entropy(2), now).unwrap_err().error);
    errors
}

#[test]
fn only_the_issuer_is_required_at_once() {
    assert_eq!(code(json!({ "issuer": null })), Err("rfc8259.json.member"));
    for member in [
        "authorization_endpoint",
        "token_endpoint",
        "pushed_authorization_request_endpoint",
        "jwks_uri",
        "introspection_endpoint",
        "revocation_endpoint",
        "mtls_endpoint_aliases",
        "scopes_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "dpop_signing_alg_values_supported",
    ] {
        assert_eq!(code(json!({ member: null })), Ok(()), "{member}");
    }
}

/// A client of a server whose metadata has this member, and the server.
fn client(setup: Setup, member: &str, value: &Value) -> (World, Client) {
    let mut world = World::new(setup);
    let patch = json!({ member: value });
    world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
        patched(answer, &patch)
    });
    let client = world.client().unwrap();
    (world, client)
}

type Call = fn(&Client, UnixTime) -> Result<(), Error>;

/// Each call that needs a URL of the metadata.
const NEEDED: &[(&str, Call)] = &[
    ("authorization_endpoint", |client, now| push(client, usual_request(), now)),
    ("token_endpoint", |client, now| push(client, usual_request(), now)),
    ("token_endpoint", |client, now| {
        client.client_credentials(&Scopes::new(), entropy(1), now).map(drop)
    }),
    ("pushed_authorization_request_endpoint", |client, now| push(client, usual_request(), now)),
    ("jwks_uri", |client, now| push(client, usual_request(), now)),
    ("jwks_uri", |client, now| client.fetch_keys(now).map(drop)),
    ("introspection_endpoint", |client, _| client.target(Endpoint::Introspection).map(drop)),
    ("revocation_endpoint", |client, _| client.target(Endpoint::Revocation).map(drop)),
];

fn push(client: &Client, request: AuthorizationRequest, now: UnixTime) -> Result<(), Error> {
    client.push(&request, entropy(1), now).map(drop)
}

fn missing(error: Error) -> (&'static str, &'static str) {
    let Error::Metadata(fault) = error else { panic!("{error}") };
    assert_eq!(fault.fault, ConfigurationFault::EndpointMissing);
    (fault.member, fault.purpose)
}

#[test]
fn a_missing_url_is_named_by_the_call_that_needs_it() {
    for (member, call) in NEEDED {
        let (world, client) = client(Setup::default(), member, &Value::Null);
        let error = call(&client, world.now).unwrap_err();
        assert_eq!(error.next_step(), NextStep::Correct);
        assert!(error.to_string().contains(member), "{error}");
        assert_eq!(missing(error).0, *member);
        assert_eq!(world.asked("/par").len(), 0);
    }
}

/// RFC 8414 2: `jwks_uri` is optional. A plain OAuth server may have none.
#[test]
fn jwks_uri_is_needed_only_to_verify_a_signature() {
    let (mut world, client) = client(Setup::default(), "jwks_uri", &Value::Null);
    let plain = AuthorizationRequest::new(consent_request());
    let (url, pending) = world.push(&client, &plain).unwrap();
    let callback = world.customer(&url, &Decision::everything());
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    let Ok(Verification::Done(verified)) = client.verify(exchanged, None, world.now) else {
        panic!("nothing is signed")
    };
    let error = push(&client, usual_request(), world.now).unwrap_err();
    assert_eq!(missing(error), ("jwks_uri", "to verify the ID token"));
    let token = verified.tokens().access_token();
    let error = client.introspect_signed(token, entropy(1), world.now).unwrap_err();
    assert_eq!(missing(error), ("jwks_uri", "to verify the signed introspection"));
    let jarm = Setup { response_mode: ResponseMode::Jwt, ..Setup::default() };
    let (world, client) = self::client(jarm, "jwks_uri", &Value::Null);
    let error = push(&client, plain, world.now).unwrap_err();
    assert_eq!(missing(error), ("jwks_uri", "to verify the signed callback (JARM)"));
}

/// The tokens of a flow that began with other metadata are kept.
#[test]
fn an_id_token_without_jwks_uri_keeps_the_tokens() {
    let mut world = World::new(Setup::default());
    let with_keys = world.client().unwrap();
    let exchanged = world.exchanged(&with_keys);
    let patch = json!({ "jwks_uri": null });
    world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
        patched(answer, &patch)
    });
    let without = world.client().unwrap();
    let refused = without.verify(exchanged, None, world.now).unwrap_err();
    assert_eq!(missing(refused.error), ("jwks_uri", "to verify the ID token"));
    let verified = with_keys.verify(*refused.unspent, None, world.now);
    assert!(matches!(verified, Ok(Verification::FetchKeys(_))));
}

#[test]
fn every_endpoint_is_https() {
    let bad = [
        "http://bank.example/x",
        "ftp://bank.example/x",
        "//bank.example/x",
        "/x",
        "https://user@bank.example/x",
        "https://bank.example/x#fragment",
        "https://bank.example\\@evil.example/x",
        "https://bank.example:0/x",
        "https://bank.example:65536/x",
        "https://bank.example/a/../x",
        "https://bank.example/%2e%2e/x",
        "https://bank.example/\u{e4}",
        "https://",
    ];
    for (member, call) in NEEDED {
        for url in bad {
            let (world, client) = client(Setup::default(), member, &json!(url));
            let error = call(&client, world.now).unwrap_err();
            assert_eq!(error.code(), "fapi2.endpoint.https.used", "{member}: {url}");
        }
    }
}

/// An unusable endpoint has no effect until a call needs it. That call fails before it is sent.
#[test]
fn other_endpoints_are_checked_when_they_are_used() {
    for url in [json!("http://bank.example/x"), json!("/x"), json!(7), json!({ "a": 1 })] {
        let mut world = World::new(Setup::default());
        let patch = json!({ "introspection_endpoint": url.clone() });
        world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
            patched(answer, &patch)
        });
        let client = world.client().unwrap();
        let exchanged = world.exchanged(&client);
        let verified = world.verify(&client, exchanged).unwrap();
        let access_token = verified.tokens().access_token();
        let error = client.introspect(access_token, entropy(9), world.now).unwrap_err();
        assert_eq!(error.code(), "fapi2.endpoint.https.used", "{url}");
    }
    for empty in [json!(""), json!([]), json!({}), Value::Null] {
        assert_eq!(code(json!({ "introspection_endpoint": empty.clone() })), Ok(()));
        let aliases = json!({ "mtls_endpoint_aliases": { "token_endpoint": empty } });
        assert_eq!(code(aliases), Ok(()));
    }
    // A client without a certificate needs no alias.
    let aliases =
        json!({ "mtls_endpoint_aliases": { "token_endpoint": "http://mtls.bank.example/x" } });
    assert_eq!(code(aliases.clone()), Ok(()));
    let mut world = World::new(Setup { binding: Binding::Mtls, ..Setup::default() });
    world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
        patched(answer, &aliases)
    });
    let client = world.client().unwrap();
    let error = client.target(Endpoint::Token).unwrap_err();
    assert!(error.to_string().contains("mtls_endpoint_aliases.token_endpoint"), "{error}");
    assert_eq!(error.code(), "fapi2.endpoint.https.used");
}
