//! Discovery: what FAPI 2.0 needs of a server's metadata.

use fdx_par::{ConfigurationFault, Endpoint};
use fdx_testkit::{Binding, Setup, World, entropy, patched};
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

#[test]
fn metadata_without_s256_is_not_used() {
    for methods in [json!(null), json!([]), json!(["plain"]), json!(["s256"]), json!(["S256 "])] {
        let patch = json!({ "code_challenge_methods_supported": methods });
        assert_eq!(code(patch), Err("rfc7636.s256"), "{methods}");
    }
    assert_eq!(code(json!({ "code_challenge_methods_supported": ["plain", "S256"] })), Ok(()));
}

#[test]
fn rejects_metadata_without_required_members() {
    for member in [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "pushed_authorization_request_endpoint",
        "jwks_uri",
    ] {
        assert_eq!(code(json!({ member: null })), Err("rfc8259.json.member"), "{member}");
    }
    for member in [
        "introspection_endpoint",
        "mtls_endpoint_aliases",
        "scopes_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "dpop_signing_alg_values_supported",
    ] {
        assert_eq!(code(json!({ member: null })), Ok(()), "{member}");
    }
}

#[test]
fn every_endpoint_is_https() {
    let members = [
        "authorization_endpoint",
        "token_endpoint",
        "pushed_authorization_request_endpoint",
        "jwks_uri",
    ];
    let bad = [
        "http://bank.example/x",
        "ftp://bank.example/x",
        "//bank.example/x",
        "/x",
        "",
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
    for member in members {
        for url in bad {
            let result = code(json!({ member: url }));
            assert_eq!(result, Err("fapi2.endpoint.https"), "{member}: {url}");
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
        assert_eq!(error, ConfigurationFault::EndpointNotHttps.into(), "{url}");
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
    assert_eq!(error, ConfigurationFault::EndpointNotHttps.into());
}
