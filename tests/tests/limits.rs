//! Limits, met exactly and passed by one.

use core::time::Duration;

use fdx_jose::{SealingKey, SealingKeys, backend};
use fdx_par::{
    AuthorizationRequest, Callback, CallbackFault, Client, Pending, ResourceRequest, ResponseMode,
    SealFault,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_sandbox::NoncePolicy;
use fdx_tests::{Setup, World, answer, entropy, start};
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

/// What is pending of a long request with an `acr_values` of this length, and who pushed it.
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
fn three_thousand_accounts_are_no_more_than_a_grant_or_a_resource_may_hold() {
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
