//! JWK Sets, and which key of a set is selected.

use fdx_jose::{EncryptionKey, Jwks, Jws, JwsError, KeyError, backend};
use fdx_wire::base64url;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{
    EDDSA, ES256, PS256, all_keys, encryption_key, forged, jwk, public_keys, signed,
};

fn set(keys: &[Value]) -> Jwks {
    Jwks::parse(&serde_json::to_vec(&json!({ "keys": keys })).unwrap()).unwrap()
}

fn named(key: &fdx_jose::PrivateKey, kid: &str) -> Value {
    serde_json::from_str(key.public().clone().with_kid(kid).jwk()).unwrap()
}

fn check(token: &str, keys: &Jwks) -> Result<fdx_jose::Thumbprint, JwsError> {
    let key = Jws::parse(token).unwrap().verify_with(backend::ring(), keys)?.thumbprint();
    Ok(key)
}

#[test]
fn written_set_reads_back() {
    let keys = Jwks::new(all_keys().iter().map(|key| key.public().clone()).collect());
    assert_eq!(Jwks::parse(keys.to_json().as_bytes()), Ok(keys));
    assert_eq!(Jwks::parse(Jwks::default().to_json().as_bytes()), Ok(Jwks::default()));
}

#[test]
fn publishes_encryption_keys_with_signing_keys() {
    let ours = encryption_key("enc-1");
    let keys = public_keys().with_encryption_keys(vec![ours.clone()]);
    assert_eq!((keys.keys(), keys.encryption_keys()), (public_keys().keys(), &[ours.clone()][..]));
    let published: Value = serde_json::from_str(&keys.to_json()).unwrap();
    // RFC 7517 4.2: use distinguishes signature keys from encryption keys.
    let numbers = jwk("rfc7516_a1");
    let expected = json!({
        "alg": "RSA-OAEP", "e": numbers["e"], "kid": "enc-1", "kty": "RSA", "n": numbers["n"],
        "use": "enc",
    });
    assert_eq!(published["keys"][3], expected);
    assert_eq!(EncryptionKey::from_jwk(ours.jwk().as_bytes(), ours.algorithm()), Ok(ours));
    // A reader of signature keys skips it.
    let read = Jwks::parse(keys.to_json().as_bytes()).unwrap();
    assert_eq!((read.keys(), read.skipped()), (keys.keys(), 1));
    assert_eq!(read.encryption_keys(), []);
}

#[test]
fn skips_and_counts_unusable_keys() {
    let keys = set(&[
        json!({"kty": "oct", "k": "AAAA"}),
        json!({"kty": "RSA", "n": base64url::encode(&[0xff; 128]), "e": "AQAB"}),
        json!({"kty": "RSA", "n": base64url::encode(&[0xff; 256]), "e": "AQAB", "use": "enc"}),
        json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}),
        jwk("rfc7515_a3"), // private
        named(&EDDSA, "a"),
        json!({"kid": 5}),
        json!("a key"),
        Value::Null,
    ]);
    assert_eq!(keys.keys(), [EDDSA.public().clone().with_kid("a")]);
    assert_eq!(keys.skipped(), 8);
}

#[test]
fn ignores_decoys_with_the_same_kid() {
    let rs256 = {
        let mut jwk = named(&PS256, "one");
        jwk["alg"] = "RS256".into();
        jwk
    };
    let keys = set(&[
        rs256,
        json!({"kty": "oct", "kid": "one", "k": "AAAA"}),
        named(&PS256, "one"),
        named(&ES256, "one"),
        named(&EDDSA, "one"),
        named(&ES256, "two"),
    ]);
    for key in all_keys() {
        let header = format!(r#"{{"alg":"{}","kid":"one"}}"#, key.public().algorithm());
        let token = signed(key, None, &json!({}));
        let (_, rest) = token.split_once('.').unwrap();
        // The signature does not match the new header, but the right key was selected.
        let token = format!("{}.{rest}", base64url::encode(header.as_bytes()));
        assert_eq!(check(&token, &keys), Err(JwsError::Signature));
    }
    let token = forged(r#"{"alg":"EdDSA","kid":"one"}"#, "{}");
    assert_eq!(check(&token, &keys), Ok(EDDSA.public().thumbprint()));
}

#[test]
fn reports_missing_key_as_unknown() {
    let token = forged(r#"{"alg":"EdDSA","kid":"one"}"#, "{}");
    let unnamed: Value = serde_json::from_str(EDDSA.public().proof_jwk()).unwrap();
    for keys in [
        set(&[]),
        set(&[named(&EDDSA, "two")]),
        set(&[named(&ES256, "one")]),
        set(&[named(&EDDSA, "ONE")]),
        set(&[unnamed]),
    ] {
        assert_eq!(check(&token, &keys), Err(JwsError::UnknownKey));
    }
}

#[test]
fn rejects_token_without_kid_if_several_keys_match() {
    let token = forged(r#"{"alg":"EdDSA"}"#, "{}");
    let other = {
        let mut jwk = named(&EDDSA, "b");
        jwk["x"] = base64url::encode(&[1; 32]).into();
        jwk
    };
    let selected = Ok(EDDSA.public().thumbprint());
    assert_eq!(check(&token, &set(&[named(&ES256, "a"), named(&EDDSA, "b")])), selected);
    let ambiguous = Err(JwsError::AmbiguousKey);
    assert_eq!(check(&token, &set(&[named(&EDDSA, "a"), other.clone()])), ambiguous);
    // The same key under two kids is not ambiguous.
    assert_eq!(check(&token, &set(&[named(&EDDSA, "a"), named(&EDDSA, "b")])), selected);
    let token = forged(r#"{"alg":"EdDSA","kid":"b"}"#, "{}");
    assert_eq!(check(&token, &set(&[named(&EDDSA, "b"), other])), ambiguous);
}

#[test]
fn bounds_size_and_reads_any_number_of_keys() {
    let keys = vec![named(&ES256, "a"); 1000];
    assert_eq!(set(&keys).keys().len(), 1000);
    let large = [b"{\"keys\":[]}".to_vec(), vec![b' '; 256 * 1024]].concat();
    assert!(matches!(Jwks::parse(&large), Err(KeyError::Set(_))));
    let deep = format!(r#"{{"keys":[],"x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert!(matches!(Jwks::parse(deep.as_bytes()), Err(KeyError::Set(_))));
    for text in ["{}", "[]", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#, ""] {
        assert!(matches!(Jwks::parse(text.as_bytes()), Err(KeyError::Set(_))), "{text}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = Jwks::parse(&bytes);
    }
}
