//! What a token response says beside the tokens costs nobody the tokens.

use fdx_par::{RefreshVerification, ServerRule};
use fdx_sandbox::NoncePolicy;
use fdx_tests::{Setup, World, patched};
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
