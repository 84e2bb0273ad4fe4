//! Keys of RFCs, and tokens that no honest signer would write.

use std::sync::LazyLock;

use fdx_jose::{EncryptionKey, Jwks, KeyEncryption, PrivateKey, Signer, backend, statement};
use fdx_wire::{UnixTime, base64url};
use ring::signature::Ed25519KeyPair;
use serde::Serialize;
use serde_json::{Value, json};

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_767_607_200);

pub(crate) static RFC: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/rfc.json")).unwrap());

pub(crate) static PS256: LazyLock<PrivateKey> = LazyLock::new(|| load("rfc7515_a2"));
pub(crate) static ES256: LazyLock<PrivateKey> = LazyLock::new(|| load("rfc7515_a3"));
pub(crate) static EDDSA: LazyLock<PrivateKey> = LazyLock::new(|| load("rfc8037_a"));

pub(crate) fn all_keys() -> [&'static PrivateKey; 3] {
    [&PS256, &ES256, &EDDSA]
}

/// The JWK Set of an issuer with all these keys.
pub(crate) fn public_keys() -> Jwks {
    Jwks::new(all_keys().iter().map(|key| key.public().clone()).collect())
}

pub(crate) fn jwk(section: &str) -> Value {
    RFC[section]["private_jwk"].clone()
}

/// Its public half, with some members changed.
pub(crate) fn public_jwk(section: &str, members: Value) -> Vec<u8> {
    let mut public = jwk(section);
    let object = public.as_object_mut().unwrap();
    object.retain(|name, _| !["d", "p", "q", "dp", "dq", "qi"].contains(&name.as_str()));
    changed(public, members)
}

/// The public key of RFC 7516 appendix A.1.
pub(crate) fn encryption_key(kid: &str) -> EncryptionKey {
    let jwk = public_jwk("rfc7516_a1", json!({"kid": kid}));
    EncryptionKey::from_jwk(&jwk, KeyEncryption::RsaOaep).unwrap()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The JWK with some members set, and those that are null removed.
pub(crate) fn changed(mut jwk: Value, members: Value) -> Vec<u8> {
    let object = jwk.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    serde_json::to_vec(&jwk).unwrap()
}

/// A token that an honest issuer would sign.
pub(crate) fn signed<C: Serialize>(key: &PrivateKey, typ: Option<&str>, claims: &C) -> String {
    let input = statement(key.public(), typ, claims).unwrap();
    input.attach(&key.sign(&input).unwrap()).unwrap()
}

/// A token with any header and payload, and a valid signature by [`EDDSA`].
pub(crate) fn forged(header: &str, payload: &str) -> String {
    let seed = base64url::decode(text(&RFC["rfc8037_a"]["private_jwk"]["d"])).unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
    let signed = format!(
        "{}.{}",
        base64url::encode(header.as_bytes()),
        base64url::encode(payload.as_bytes())
    );
    let signature = base64url::encode(pair.sign(signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

fn load(section: &str) -> PrivateKey {
    let jwk = serde_json::to_vec(&jwk(section)).unwrap();
    PrivateKey::from_jwk(backend::ring(), &jwk).unwrap()
}
