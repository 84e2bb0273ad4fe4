//! Limits: the largest accepted size, and one more.

use core::time::Duration;

use fdx_jose::{Algorithm, SealingKey, SealingKeys, backend};
use fdx_par::dialect::UAE;
use fdx_par::not_fapi::MX;
use fdx_par::{
    AuthorizationRequest, Callback, CallbackFault, Client, ConfigurationFault, Draft,
    InitialAccess, Output, Pending, Registration, ResourceRequest, ResponseMode, StoredStateFault,
    TokenTypeHint, WellKnown, discover, error::SealFault,
};
use fdx_rar::{
    ConsentDuration, ConsentRequest, ConsentRevocationRequest, DataCluster, PartyType,
    ResourceType, RevocationReason,
};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::kit::attached;
use fdx_testkit::providers::provided;
use fdx_testkit::{Setup, World, answer, entropy, keys, patched, start, usual_request};
use fdx_wire::json::RawJson;
use serde_json::{Value, json};

fn world() -> World {
    World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() })
}

#[test]
fn a_callback_of_8192_bytes_is_read_and_no_longer_one() {
    let mut world = world();
    let client = world.client().unwrap();
    let (pending, url) = world.pending(&client);
    let longest = format!("{url}&x=");
    let longest = format!("{longest}{}", "x".repeat(8192 - longest.len()));
    let refused = client.callback(pending, &format!("{longest}x"), world.now).unwrap_err();
    assert_eq!(refused.error, CallbackFault::TooLong.into());
    let taken = client.callback(*refused.unspent, &longest, world.now);
    assert!(matches!(taken, Ok(Callback::Code(_))));
}

#[test]
fn a_signed_callback_is_taken_until_its_deadline() {
    let mut world = World::new(Setup { response_mode: ResponseMode::Jwt, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, url) = world.pending(&client);
    let deadline = pending.callback_by();
    let late = client.signed_callback(pending, &url, deadline + Duration::from_secs(1));
    let refused = late.map(drop).unwrap_err();
    assert_eq!(refused.error, CallbackFault::Expired.into());
    assert!(client.signed_callback(*refused.unspent, &url, deadline).is_ok());
}

/// Returns the pending value of a long request with an `acr_values` of this length, and its client.
fn long_pending(acr_values: usize) -> (Client, Pending) {
    let cluster = |n| DataCluster::parse(&format!("CLUSTER_OF_A_LATER_VERSION_{n:04}"));
    let consent = ConsentRequest::new(ConsentDuration::OneTime)
        .resource(ResourceType::Account, (0..20).map(cluster))
        .build()
        .unwrap();
    let request = AuthorizationRequest::new(consent).acr_values(&"a".repeat(acr_values)).unwrap();
    let mut world = world();
    world.tamper_at("/par", |_| {
        answer(201, "application/json", r#"{"request_uri":"urn:x","expires_in":60}"#)
    });
    let client = world.client().unwrap();
    let (_, pending) = world.push(&client, &request).unwrap();
    (client, pending)
}

#[test]
fn a_sealed_value_of_3800_characters_is_made_and_opened() {
    let keys = SealingKeys::new(backend::ring(), SealingKey::new(1, [7; 32]));
    let mut acr_values = 1;
    let (client, sealed) = loop {
        let (client, pending) = long_pending(acr_values);
        let sealed = pending.seal(&keys, b"", entropy(9)).unwrap();
        match 3800 - sealed.len() {
            0 => break (client, sealed),
            // Four characters are three bytes.
            short => acr_values += (short * 3 / 4).saturating_sub(2).max(1),
        }
    };
    let (_, longer) = long_pending(acr_values + 1);
    assert_eq!(longer.seal(&keys, b"", entropy(9)).unwrap_err(), SealFault::TooLarge.into());
    assert!(client.open(&sealed, &keys, b"", start()).is_ok());
    let longer = client.open(&format!("{sealed}A"), &keys, b"", start()).map(drop);
    assert_eq!(longer, Err(SealFault::TooLarge.into()));
}

#[test]
fn reads_three_thousand_accounts() {
    let mut world = world();
    let (client, grant) = world.stored();
    let id = grant.consent_id().unwrap().clone();
    let accounts: Vec<Value> = (0..3000)
        .map(|number| {
            json!({
                "resourceType": "ACCOUNT", "resourceId": format!("a-{number}"),
                "dataClusters": ["ACCOUNT_BASIC", "TRANSACTIONS"],
            })
        })
        .collect();
    let document = json!({ "id": id.as_str(), "status": "ACTIVE", "resources": accounts });
    world.tamper(move |_, _| answer(200, "application/json", document.to_string()));
    let token = grant.tokens().access_token();
    let draft = client.read_consent_by_id(&id, token, world.draw(), world.now).unwrap();
    assert_eq!(world.run(draft).unwrap().grant().resources().unwrap().len(), 3000);
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    let draft = client.call(token, ResourceRequest::get(url), world.draw(), world.now).unwrap();
    let read: Value = world.run(draft).unwrap().json().unwrap();
    assert_eq!(read["resources"].as_array().unwrap().len(), 3000);
}

/// Returns the number of response bytes that are read.
fn most<T: Output>(world: &World, draft: Draft<T>) -> usize {
    let (request, _) = attached(draft, &world.keys);
    request.max_response_bytes()
}

#[test]
fn each_exchange_limits_its_response_size() {
    const KIB: usize = 1024;
    let mut world = world();
    let (client, grant) = world.stored();
    let (tokens, id) = (grant.tokens(), grant.consent_id().unwrap());
    let (token, now, one) = (tokens.access_token(), world.now, || entropy(77));
    let accounts = client.config().fdx_base.join_segment("accounts").unwrap();
    let issuer = &client.config().issuer;
    let (why, who) = (RevocationReason::UserAction, PartyType::DataRecipient);
    let reason = ConsentRevocationRequest::new(why, who);
    let discover = discover(issuer, WellKnown::OAuthAuthorizationServer, now).unwrap();
    assert_eq!(most(&world, discover), 256 * KIB);
    assert_eq!(most(&world, client.fetch_keys(now).unwrap()), 256 * KIB);
    assert_eq!(most(&world, client.push(&usual_request(), one(), now).unwrap()), 16 * KIB);
    assert_eq!(most(&world, client.refresh(&grant, one(), now).unwrap()), 256 * KIB);
    assert_eq!(most(&world, client.introspect(token, one(), now).unwrap()), 256 * KIB);
    assert_eq!(most(&world, client.introspect_signed(token, one(), now).unwrap()), 256 * KIB);
    let revoke = client.revoke(tokens, TokenTypeHint::RefreshToken, one(), now).unwrap();
    assert_eq!(most(&world, revoke), 64 * KIB);
    let read = client.read_consent_by_id(id, token, one(), now).unwrap();
    assert_eq!(most(&world, read), 8192 * KIB);
    let call = client.call(token, ResourceRequest::get(accounts), one(), now).unwrap();
    assert_eq!(most(&world, call), 8192 * KIB);
    let revoke = client.revoke_consent(id, token, &reason, one(), now).unwrap();
    assert_eq!(most(&world, revoke), 64 * KIB);
    let list = client.list_revocations(id, token, one(), now).unwrap();
    assert_eq!(most(&world, list), 256 * KIB);
    let (mut world, registrar) = crate::registration::scene::everything();
    let register = registrar.register(InitialAccess::Open, world.draw(), world.now).unwrap();
    assert_eq!(most(&world, register), 256 * KIB);
    let mut world = (provided(UAE).unwrap().world)(UAE);
    let client = world.client().unwrap();
    let register = client.register_by_certificate(one(), world.now).unwrap();
    assert_eq!(most(&world, register), 64 * KIB);
}

#[test]
fn a_stored_grant_of_1_mib_is_restored_and_no_larger_one() {
    let (client, grant) = world().stored();
    let stored = grant.to_json();
    let mut text = stored.expose().to_owned();
    text.push_str(&" ".repeat(1_048_576 - text.len()));
    assert!(client.restore(&text).is_ok());
    text.push(' ');
    assert_eq!(client.restore(&text).map(drop), Err(StoredStateFault::StoredGrant.into()));
}

#[test]
fn a_refresh_token_of_mx_is_good_for_thirty_days() {
    assert_eq!(MX.refresh_token_lifetime(), Some(Duration::from_secs(2_592_000)));
}

#[test]
fn an_access_token_of_16_kib_is_taken_and_no_longer_one() {
    for (length, taken) in [(16_384, true), (16_385, false)] {
        let mut world = world();
        let patch = json!({ "access_token": "a".repeat(length) });
        world.tamper_at("/token", move |answer| patched(answer, &patch));
        let client = world.client().unwrap();
        let (pending, callback) = world.pending(&client);
        assert_eq!(world.exchange(&client, pending, &callback).is_ok(), taken, "{length}");
    }
}

#[test]
fn a_key_set_of_64_kib_is_registered_and_no_larger_one() {
    let mut key: Value = serde_json::from_str(keys(Algorithm::Es256).public().jwk()).unwrap();
    let mut registered = |padding: usize| {
        key["padding"] = json!("x".repeat(padding));
        let jwks = RawJson::of(&json!({ "keys": [key] })).unwrap();
        let length = jwks.as_str().len();
        (length, Registration::new("Budget").jwks(jwks).map(drop))
    };
    let (empty, _) = registered(0);
    assert_eq!(registered(65_536 - empty), (65_536, Ok(())));
    let refused = Err(ConfigurationFault::RegistrationKeys.into());
    assert_eq!(registered(65_537 - empty), (65_537, refused));
}
