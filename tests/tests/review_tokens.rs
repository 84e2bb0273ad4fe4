//! What a token response says beside the tokens costs nobody the tokens, and what binds a code
//! binds them.

use fdx_par::dialect::{Line, Member};
use fdx_par::not_fapi::{Departure, Unbound};
use fdx_par::{
    Callback, CallerFault, Client, Dialect, RefreshVerification, SenderConstraint, ServerRule,
};
use fdx_sandbox::NoncePolicy;
use fdx_tests::{Binding, Setup, World, answer, entropy, patched, usual_request};
use serde_json::json;

fn world() -> World {
    World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() })
}

#[test]
fn a_member_of_another_type_beside_the_tokens_loses_neither_of_them() {
    for (patch, code) in [
        (json!({ "grant_id": 7 }), ServerRule::ConsentIdInvalid.code()),
        (json!({ "fdxConsentId": { "id": "c-1" } }), ServerRule::ConsentIdInvalid.code()),
        (json!({ "scope": ["openid"] }), ""),
    ] {
        let mut world = world();
        let client = world.client().unwrap();
        let told = patch.clone();
        world.tamper_at("/token", move |answer| patched(answer, &told));
        let exchanged = world.exchanged(&client);
        assert!(exchanged.stored().tokens().refresh_token().is_some(), "{patch}");
        let keys = world.run(client.fetch_keys(world.now).unwrap()).unwrap();
        match client.verify(exchanged, Some(&keys), world.now) {
            Ok(_) => assert_eq!(code, "", "{patch}"),
            Err(refused) => {
                assert!(refused.unspent.tokens().refresh_token().is_some(), "{patch}");
                assert_eq!(refused.error.code(), code, "{patch}");
            }
        }
    }
}

#[test]
fn a_rotated_refresh_token_survives_a_scope_of_another_type() {
    let mut world = world();
    let (client, grant) = world.stored();
    let told = json!({ "scope": ["openid"], "refresh_token": "rotated", "id_token": null });
    world.tamper_at("/token", move |answer| patched(answer, &told));
    let refreshed = world.refresh(&client, &grant).unwrap();
    let verified = client.verify_refreshed(refreshed, None, world.now).unwrap();
    let RefreshVerification::Verified(grant) = verified else { panic!("keys") };
    assert_eq!(grant.tokens().refresh_token().unwrap().expose(), "rotated");
}

const UNBOUND: Dialect = Dialect::new("unbound", "a provider whose tokens nothing binds")
    .with_members(&[Line { member: Member::NotFapi(Departure::UnboundTokens), source: "a test" }]);

#[test]
fn a_code_that_nothing_binds_is_not_exchanged_for_tokens_that_are_bound() {
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
        assert_eq!(refused.error, CallerFault::OtherKey.into(), "{binding:?}");
    }
}
