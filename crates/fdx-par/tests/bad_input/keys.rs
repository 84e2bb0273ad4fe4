//! The key set (RFC 7517), and keys that only look like the right one.

use fdx_jose::{Algorithm, PrivateKey, backend};
use fdx_par::{NextStep, Verification};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Setup, World, answer, keys, signed_again};
use serde_json::{Value, json};

use super::change::body;
use super::endpoint::At;

#[test]
fn unusable_keys_are_skipped() {
    let text = json!({ "keys": [{}, 5, null, [], { "kty": "oct", "k": "AAAA" }, vec![1; 50]] });
    At::Keys.broken(move |a| body(a, &text.to_string())).unwrap();
}

fn named(algorithm: Algorithm, kid: &str) -> Value {
    let key = keys(algorithm).public().clone().with_kid(kid);
    serde_json::from_str(key.jwk()).unwrap()
}

fn private_named(kid: &str) -> PrivateKey {
    let jwk = json!({
        "kty": "OKP", "crv": "Ed25519", "kid": kid,
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    PrivateKey::from_jwk(backend::ring(), jwk.to_string().as_bytes()).unwrap()
}

#[test]
fn ignores_keys_with_the_same_kid_and_another_algorithm() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let private = private_named("k");
    world.tamper_at("/token", move |answer| signed_again(answer, &json!({}), &private));
    let exchanged = world.exchanged(&client);

    let decoys = json!({ "keys": [
        named(Algorithm::Ps256, "k"),
        named(Algorithm::Es256, "k"),
        { "kty": "oct", "kid": "k", "alg": "HS256", "k": "c2VjcmV0" },
        { "kty": "OKP", "crv": "X25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
        { "kty": "OKP", "crv": "Ed25519", "kid": "k", "use": "enc", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    ]});
    let mut with_the_key = decoys.clone();
    with_the_key["keys"].as_array_mut().unwrap().push(named(Algorithm::EdDsa, "k"));

    // With decoys only, the key is unknown and the tokens are kept.
    let jwks = decoys.to_string();
    world.tamper_at("/jwks", move |_| answer(200, "application/json", jwks.clone()));
    let keys = world.run(client.fetch_keys(world.now).unwrap()).unwrap();
    let exchanged = match client.verify(exchanged, Some(&keys), world.now).unwrap() {
        Verification::FetchKeys(exchanged) => exchanged,
        Verification::Decrypt(_) => panic!("no encryption was registered"),
        Verification::Done(_) => panic!("verified by a decoy"),
    };

    let jwks = with_the_key.to_string();
    world.tamper_at("/jwks", move |_| answer(200, "application/json", jwks.clone()));
    let keys = world.run(client.fetch_keys(world.now).unwrap()).unwrap();
    assert_eq!(keys.jwks().keys().len(), 3);
    match client.verify(exchanged, Some(&keys), world.now).unwrap() {
        Verification::Done(verified) => assert!(verified.id_token().is_some()),
        Verification::Decrypt(_) | Verification::FetchKeys(_) => panic!("the key is there"),
    }
}

#[test]
fn a_failed_key_fetch_loses_no_tokens() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let exchanged = world.exchanged(&client);
    world.tamper_at("/jwks", |_| answer(503, "text/html", ""));
    let refused = world.verify(&client, exchanged).unwrap_err();
    assert_eq!(refused.error.next_step(), NextStep::Retry { after: None });
    world.tamper_no_more();
    assert!(world.verify(&client, *refused.unspent).is_ok());
}
