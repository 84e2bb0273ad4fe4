//! A token that one institution issued is never sent to another (FAPI 2.0 attacker A4, mix-up).

use fdx_par::{
    Client, ResourceRequest, ServerMetadata, StoredStateFault, TokenTypeHint, WellKnown, discover,
};
use fdx_testkit::kit::received;
use fdx_testkit::{Setup, World, answer, entropy, patched};
use fdx_wire::{HttpsUrl, Issuer};
use serde_json::json;

/// The same recipient with the same keys at another institution.
pub(crate) fn elsewhere(world: &World, client: &Client) -> Client {
    let issuer = Issuer::parse("https://rogue.example").unwrap();
    let draft = discover(&issuer, WellKnown::OAuthAuthorizationServer, world.now).unwrap();
    let response = patched(world.answers[0].clone(), &json!({ "issuer": issuer.as_str() }));
    let response = answer(200, "application/json", response.into_body());
    let metadata: ServerMetadata = received(draft, &world.keys, response, world.now).unwrap();
    let mut config = client.config().clone();
    config.issuer = issuer;
    config.fdx_base = HttpsUrl::parse("https://rogue.example/fdx/v6").unwrap();
    Client::new(config, metadata).unwrap()
}

#[test]
fn another_institution_s_tokens_are_never_drafted() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let rogue = elsewhere(&world, &client);
    let verified = world.verified(&client);
    let (tokens, now) = (verified.tokens(), world.now);
    let token = tokens.access_token();
    let url = rogue.config().fdx_base.join_segment("accounts").unwrap();

    let drafts = [
        ("read_consent", rogue.read_consent(&verified, entropy(1), now).err()),
        ("call", rogue.call(token, ResourceRequest::get(url), entropy(2), now).err()),
        ("introspect", rogue.introspect(token, entropy(3), now).err()),
        ("introspect_signed", rogue.introspect_signed(token, entropy(4), now).err()),
        ("introspect_refresh_token", rogue.introspect_refresh_token(tokens, entropy(5), now).err()),
        ("revoke", rogue.revoke(tokens, TokenTypeHint::AccessToken, entropy(6), now).err()),
        ("revoke", rogue.revoke(tokens, TokenTypeHint::RefreshToken, entropy(7), now).err()),
    ];
    for (name, error) in drafts {
        assert_eq!(error, Some(StoredStateFault::OtherClient.into()), "{name}");
    }
}

#[test]
fn another_client_s_tokens_are_never_drafted() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let mut config = client.config().clone();
    config.client_id = "app-2".to_owned();
    let other = Client::new(config, client.metadata().clone()).unwrap();
    let restored = client.restore(grant.to_json().expose()).unwrap();
    let renewed = world.renewed(&client, &grant);
    for grant in [grant, restored, renewed] {
        let token = grant.tokens().access_token();
        let url = other.config().fdx_base.join_segment("accounts").unwrap();
        for error in [
            other.call(token, ResourceRequest::get(url), entropy(2), world.now).err(),
            other.introspect(token, entropy(3), world.now).err(),
            other.revoke(grant.tokens(), TokenTypeHint::AccessToken, entropy(6), world.now).err(),
        ] {
            assert_eq!(error, Some(StoredStateFault::OtherClient.into()));
        }
    }
}

#[test]
fn restored_token_is_bound_to_its_issuer() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let rogue = elsewhere(&world, &client);
    let restored = client.restore(grant.to_json().expose()).unwrap();
    let draft = rogue.introspect(restored.tokens().access_token(), entropy(1), world.now);
    assert_eq!(draft.err(), Some(StoredStateFault::OtherClient.into()));
    let renewed = world.renewed(&client, &grant);
    let draft = rogue.introspect(renewed.tokens().access_token(), entropy(1), world.now);
    assert_eq!(draft.err(), Some(StoredStateFault::OtherClient.into()));
}
