//! Malformed members of a token response do not lose its tokens, and tokens have the binding of
//! their code.

use fdx_par::dialect::{Line, Member};
use fdx_par::not_fapi::{Departure, Unbound};
use fdx_par::{
    Callback, Client, Dialect, Notice, SenderConstraint, ServerRule, StoredStateFault, Verification,
};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Binding, Setup, World, answer, entropy, patched, persisted, usual_request};
use serde_json::{Value, json};

fn world() -> World {
    World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() })
}

#[test]
fn member_of_another_type_keeps_the_tokens() {
    for (patch, code) in [
        (json!({ "grant_id": 7 }), ""),
        (json!({ "grant_id": 7.5 }), ServerRule::ConsentIdInvalid.code()),
        (json!({ "fdxConsentId": { "id": "c-1" } }), ServerRule::ConsentIdInvalid.code()),
        (json!({ "scope": ["openid"] }), ""),
    ] {
        let mut world = world();
        let client = world.client().unwrap();
        let applied = patch.clone();
        world.tamper_at("/token", move |answer| patched(answer, &applied));
        let exchanged = world.exchanged(&client);
        assert!(persisted(&exchanged.to_json())["refresh_token"].is_string(), "{patch}");
        let keys = world.run(client.fetch_keys(world.now).unwrap()).unwrap();
        match client.verify(exchanged, Some(&keys), world.now) {
            Ok(_) => assert_eq!(code, "", "{patch}"),
            Err(refused) => {
                assert!(
                    persisted(&refused.unspent.to_json())["refresh_token"].is_string(),
                    "{patch}"
                );
                assert_eq!(refused.error.code(), code, "{patch}");
            }
        }
    }
}

/// RFC 6749 appendix A.17: 1*VSCHAR.
#[test]
fn malformed_refresh_token_does_not_replace_a_valid_one() {
    for (token, taken) in [
        ("", false),
        ("ro\ntated", false),
        ("rot\u{e9}", false),
        ("\u{7f}", false),
        ("\u{1f}", false),
        (" ~", true),
    ] {
        let mut world = world();
        let (client, grant) = world.stored();
        let known = grant.tokens().refresh_token().unwrap().clone();
        let patch = json!({ "refresh_token": token, "id_token": null });
        let first = patch.clone();
        world.tamper_at("/token", move |answer| patched(answer, &patch));
        let refreshed = world.refresh(&client, &grant).unwrap();
        let kept = &persisted(&refreshed.to_json())["refresh_token"];
        assert_eq!(kept, if taken { token } else { known.expose() }, "{token:?}");
        let notices: &[_] = if taken { &[] } else { &[Notice::RefreshTokenText] };
        assert_eq!(refreshed.notices(), notices, "{token:?}");

        let mut world = self::world();
        let client = world.client().unwrap();
        world.tamper_at("/token", move |answer| patched(answer, &first));
        let exchanged = world.exchanged(&client);
        let kept = persisted(&exchanged.to_json()).get("refresh_token").is_some();
        assert_eq!(kept, taken, "{token:?}");
    }
}

#[test]
fn reports_an_expires_in_that_is_no_number() {
    for (expires_in, notices) in [
        (json!(60), &[][..]),
        (Value::Null, &[]),
        (json!("60"), &[]),
        (json!(60.5), &[]),
        (json!("soon"), &[Notice::NotUnderstood("expires_in")]),
        (json!(-1), &[Notice::NotUnderstood("expires_in")]),
    ] {
        let mut world = world();
        let client = world.client().unwrap();
        let patch = json!({ "expires_in": expires_in.clone() });
        world.tamper_at("/token", move |answer| patched(answer, &patch));
        let exchanged = world.exchanged(&client);
        let keys = world.run(client.fetch_keys(world.now).unwrap()).unwrap();
        let verification = client.verify(exchanged, Some(&keys), world.now).unwrap();
        let Verification::Done(verified) = verification else { panic!("{verification:?}") };
        assert_eq!(verified.notices(), notices, "{expires_in}");
    }
}

/// As many as a response can hold: comparing each with all others would take minutes.
#[test]
fn reads_fifty_thousand_scopes_in_order() {
    let scope = (0..50_000).map(|it| format!("{it:x}")).collect::<Vec<_>>().join(" ");
    let mut world = world();
    let client = world.client().unwrap();
    let patch = json!({ "scope": format!("\u{e9} {scope} 0") });
    world.tamper_at("/token", move |answer| patched(answer, &patch));
    assert!(persisted(&world.exchanged(&client).to_json())["scope"] == scope);
}

#[test]
fn a_rotated_refresh_token_survives_a_scope_of_another_type() {
    let mut world = world();
    let (client, grant) = world.stored();
    let patch = json!({ "scope": ["openid"], "refresh_token": "rotated", "id_token": null });
    world.tamper_at("/token", move |answer| patched(answer, &patch));
    let refreshed = world.refresh(&client, &grant).unwrap();
    let verified = client.verify(refreshed, None, world.now).unwrap();
    let Verification::Done(grant) = verified else { panic!("keys") };
    assert_eq!(grant.tokens().refresh_token().unwrap().expose(), "rotated");
}

const UNBOUND: Dialect = Dialect::new("unbound", "a provider whose tokens nothing binds")
    .with_members(&[Line { member: Member::NotFapi(Departure::UnboundTokens), source: "a test" }]);

#[test]
fn rejects_bound_tokens_for_an_unbound_code() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        world.tamper_at("/par", |_| {
            answer(201, "application/json", r#"{"request_uri":"urn:x","expires_in":60}"#)
        });
        let bound = world.client().unwrap();
        let mut config = bound.config().clone().with_dialect(UNBOUND);
        config.sender_constraint = SenderConstraint::NotFapi(Unbound);
        let unbound = Client::new(config, bound.metadata().clone()).unwrap();
        let (_, pending) = world.push(&unbound, &usual_request()).unwrap();
        let state = world.asked("/par").last().unwrap().form()["state"].clone();
        let callback = format!("https://app.example/callback?code=c0de&state={state}");
        let callback = format!("{callback}&iss=https://bank.example");
        let Ok(Callback::Code(code)) = bound.callback(pending, &callback, world.now) else {
            panic!("no code");
        };
        let refused = bound.exchange(code, entropy(2), world.now).unwrap_err();
        assert_eq!(refused.error, StoredStateFault::OtherKey.into(), "{binding:?}");
    }
}
