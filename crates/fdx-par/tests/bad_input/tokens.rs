//! The token response (RFC 6749 section 5.1), and the tokens that survive a broken one.

use fdx_par::{AuthorizationRequest, Error, Exchanged, NextStep, Notice, Verification};
use fdx_sandbox::NoncePolicy;
use fdx_sandbox::customer::Decision;
use fdx_testkit::{Binding, Setup, World, consent_request, patched, persisted};
use serde_json::{Value, json};

fn exchange(binding: Binding, patch: Value) -> Result<Exchanged, Error> {
    let setup = Setup { nonces: NoncePolicy::Silent, binding, ..Setup::default() };
    let mut world = World::new(setup);
    let client = world.client()?;
    let (pending, callback) = world.pending(&client);
    world.tamper_at("/token", move |answer| patched(answer, &patch));
    let sent = world.sent.len();
    let exchanged = world.exchange(&client, pending, &callback);
    assert_eq!(world.sent.len(), sent + 1);
    exchanged
}

#[test]
fn rejects_token_with_another_binding() {
    for (binding, token_type) in [
        (Binding::Dpop, json!("Bearer")),
        (Binding::Dpop, json!("")),
        (Binding::Dpop, json!("DPoP ")),
        (Binding::Dpop, json!(null)),
        (Binding::Mtls, json!("DPoP")),
        (Binding::Mtls, json!(null)),
    ] {
        let error = exchange(binding, json!({ "token_type": token_type })).unwrap_err();
        assert_eq!(error.code(), "rfc6749.token_type", "{binding:?} {token_type}");
        assert_eq!(error.next_step(), NextStep::AskTheInstitution);
    }
}

#[test]
fn token_type_has_no_case() {
    for (binding, token_type) in
        [(Binding::Dpop, "dpOp"), (Binding::Dpop, "DPOP"), (Binding::Mtls, "bEaReR")]
    {
        let exchanged = exchange(binding, json!({ "token_type": token_type }));
        assert!(exchanged.is_ok(), "{binding:?} {token_type}");
    }
}

#[test]
fn an_access_token_has_to_fit_a_header() {
    for token in [
        json!(null),
        json!(""),
        json!("="),
        json!("a b"),
        json!("a\r\nx: y"),
        json!("a\u{0}"),
        json!("\u{e4}"),
        json!("a,b"),
        json!("a=b"),
        json!("a".repeat(16 * 1024 + 1)),
    ] {
        let error = exchange(Binding::Dpop, json!({ "access_token": token })).unwrap_err();
        assert_eq!(error.code(), "rfc6749.access_token.text");
        assert_eq!(error.next_step(), NextStep::AskTheInstitution);
    }
    for token in ["a".to_owned(), "a-._~+/Z9==".to_owned(), "a".repeat(16 * 1024)] {
        let exchanged = exchange(Binding::Dpop, json!({ "access_token": token })).unwrap();
        assert_eq!(persisted(&exchanged.to_json())["access_token"], token);
    }
}

#[test]
fn unreadable_expires_in_counts_as_absent() {
    for expires_in in [json!(null), json!("soon"), json!(-1), json!({}), json!(1e40)] {
        let exchanged = exchange(Binding::Dpop, json!({ "expires_in": expires_in })).unwrap();
        assert_eq!(persisted(&exchanged.to_json()).get("expires_at"), None, "{expires_in}");
    }
    for lifetime in [json!(300), json!(300.9), json!("300")] {
        let exchanged = exchange(Binding::Dpop, json!({ "expires_in": lifetime })).unwrap();
        let expires_at = persisted(&exchanged.to_json())["expires_at"].as_u64();
        assert_eq!(expires_at, Some(fdx_testkit::start().as_seconds() + 300), "{lifetime}");
    }
    let exchanged = exchange(Binding::Dpop, json!({ "expires_in": u64::MAX })).unwrap();
    let expires_at = persisted(&exchanged.to_json())["expires_at"].as_u64();
    assert!(expires_at > Some(fdx_testkit::start().as_seconds()));
}

#[test]
fn missing_id_token_keeps_the_tokens() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    world.tamper_at("/token", |answer| patched(answer, &json!({ "id_token": null })));
    let exchanged = world.exchanged(&client);
    let text = exchanged.to_json();
    let sent = world.sent.len();
    let refused = client.verify(exchanged, None, world.now).unwrap_err();
    assert_eq!(refused.error.code(), "oidc.id_token.missing");
    assert_eq!(refused.error.next_step(), NextStep::AskTheInstitution);
    assert_eq!(refused.unspent.to_json(), text);
    assert_eq!(world.sent.len(), sent);
}

#[test]
fn unrequested_id_token_is_a_notice() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let request = AuthorizationRequest::new(consent_request());
    let (url, pending) = world.push(&client, &request).unwrap();
    let callback = world.customer(&url, &Decision::everything());
    world.tamper_at("/token", |answer| patched(answer, &json!({ "id_token": "not looked at" })));
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    match client.verify(exchanged, None, world.now).unwrap() {
        Verification::Done(verified) => {
            assert_eq!(verified.notices(), [Notice::IdTokenNotRequested]);
            assert!(verified.id_token().is_none());
        }
        Verification::Decrypt(_) | Verification::FetchKeys(_) => panic!("no key is needed"),
    }
}
