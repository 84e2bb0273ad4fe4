use fdx_jose::{Algorithm, Jwks, Jws, PrivateKey, PublicKey, backend};
use serde_json::Value;

use super::Bench;
use super::bench::{ISSUER, fresh_key};
use crate::customer::Decision;
use crate::{Binding, OldKeys};

fn published(bench: &mut Bench) -> Jwks {
    Jwks::parse(bench.load(&format!("{ISSUER}/jwks")).body()).unwrap()
}

fn id_token(tokens: &Value) -> Jws {
    Jws::parse(tokens["id_token"].as_str().unwrap()).unwrap()
}

fn key_of(algorithm: Algorithm, kid: &str) -> PrivateKey {
    let pkcs8 = backend::ring().generate_pkcs8(algorithm).unwrap();
    PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, Some(kid)).unwrap()
}

#[test]
fn rotated_keys_sign_and_old_keys_stay_published_if_configured() {
    let mut bench = Bench::dpop();
    let old = id_token(&bench.tokens(&Decision::everything()));
    let before = published(&mut bench);
    bench.institution.rotate_keys(vec![fresh_key()], OldKeys::Published);
    let new = id_token(&bench.tokens(&Decision::everything()));

    assert!(new.verify_with(backend::ring(), &before).is_err());
    let both = published(&mut bench);
    assert_eq!(both.keys().len(), 2);
    for token in [&old, &new] {
        assert!(token.verify_with(backend::ring(), &both).is_ok());
    }

    bench.institution.rotate_keys(vec![fresh_key()], OldKeys::Withdrawn);
    let newest = id_token(&bench.tokens(&Decision::everything()));
    let after = published(&mut bench);
    assert_eq!(after.keys().len(), 1);
    assert!(newest.verify_with(backend::ring(), &after).is_ok());
    for token in [&old, &new] {
        assert!(token.verify_with(backend::ring(), &after).is_err());
    }
}

#[test]
fn decoys_share_the_key_id_and_precede_the_key() {
    let decoys = [key_of(Algorithm::Es256, "x"), key_of(Algorithm::EdDsa, "x")];
    let decoys = decoys.map(|decoy| decoy.public().clone());
    let mut bench = Bench::new(Binding::Dpop, |config| {
        config.signing_keys = vec![key_of(Algorithm::EdDsa, "2026")];
        config.decoy_keys = decoys.to_vec();
    });
    let keys = published(&mut bench);
    let listed: Vec<_> = keys.keys().iter().map(|key| (key.kid(), key.algorithm())).collect();
    // The second decoy has the key's algorithm and is left out.
    let expected = [(Some("2026"), Algorithm::Es256), (Some("2026"), Algorithm::EdDsa)];
    assert_eq!(listed, expected);
    assert_eq!(keys.keys().first().map(PublicKey::thumbprint), Some(decoys[0].thumbprint()));
    let token = id_token(&bench.tokens(&Decision::everything()));
    assert!(token.verify_with(backend::ring(), &keys).is_ok());
}

#[test]
fn client_can_be_replaced_and_added() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::everything());
    bench.change_client(|client| client.scopes.retain(|scope| scope != "openid"));
    let attempt = bench.push();
    bench.refuses(&attempt, "invalid_scope", "RFC 6749 3.3");
    // Earlier grants stay valid.
    assert!(bench.is_active(tokens["access_token"].as_str().unwrap()));

    let mut another = bench.institution.config().client("other").unwrap().clone();
    another.client_id = "third".to_owned();
    bench.institution.register(another);
    let mut attempt = bench.about("/introspect", "any");
    attempt.claim("iss", "third".into());
    attempt.claim("sub", "third".into());
    assert_eq!(bench.send(&attempt).status(), 200);
}
