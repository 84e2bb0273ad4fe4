//! Keys of RFCs.

use std::sync::LazyLock;

use fdx_jose::{Backend, Jws, JwsError, PrivateKey, PublicKey, Signer, statement};
use serde_json::{Value, json};

pub(crate) static RFC: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/rfc.json")).unwrap());

pub(crate) static PS256: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../vectors/ps256.json")).unwrap());

/// PS256, ES256, EdDSA.
pub(crate) const SECTIONS: [&str; 3] = ["rfc7515_a2", "rfc7515_a3", "rfc8037_a"];

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The private JWK with some members set, and those that are null removed.
pub(crate) fn jwk(section: &str, members: Value) -> Vec<u8> {
    let mut jwk = RFC[section]["private_jwk"].clone();
    let object = jwk.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        object.insert(name.clone(), value.clone());
    }
    object.retain(|_, value| !value.is_null());
    serde_json::to_vec(&jwk).unwrap()
}

pub(crate) fn keys(backend: Backend) -> [PrivateKey; 3] {
    SECTIONS.map(|section| PrivateKey::from_jwk(backend, &jwk(section, json!({}))).unwrap())
}

pub(crate) fn signed(key: &PrivateKey, claims: &Value) -> String {
    let input = statement(key.public(), None, claims).unwrap();
    input.attach(&key.sign(&input).unwrap()).unwrap()
}

pub(crate) fn verify(backend: Backend, token: &str, key: &PublicKey) -> Result<(), JwsError> {
    Jws::parse(token).unwrap().verify(backend, key)
}

/// The token with another signature.
pub(crate) fn with_signature(token: &str, signature: &[u8]) -> String {
    let (rest, _) = token.rsplit_once('.').unwrap();
    format!("{rest}.{}", fdx_wire::base64url::encode(signature))
}

pub(crate) fn signature(token: &str) -> Vec<u8> {
    let (_, signature) = token.rsplit_once('.').unwrap();
    fdx_wire::base64url::decode(signature).unwrap()
}
