use fdx_jose::backend;
use fdx_jose::{Algorithm, PrivateKey, Signer, statement};
use fdx_wire::base64url;
use serde::Serialize;
use serde_json::Value;

/// A compact JWS of `claims` by `key`.
///
/// # Panics
/// If `claims` have no JSON form.
pub fn signed<C: Serialize>(key: &PrivateKey, typ: Option<&str>, claims: &C) -> String {
    let input = statement(key.public(), typ, claims).unwrap();
    input.attach(&key.sign(&input).unwrap()).unwrap()
}

/// A compact JWS with its header's members set, or removed where they are null. The signature stays
/// as it was and fits no more.
///
/// # Panics
/// If `jws` is not a JWS.
#[must_use]
pub fn with_header(jws: &str, patch: &Value) -> String {
    let (header, rest) = jws.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
    set(&mut header, patch);
    format!("{}.{rest}", base64url::encode(header.to_string().as_bytes()))
}

/// The header of a compact JWS, unchecked.
///
/// # Panics
/// If it can't be read.
#[must_use]
pub fn header(jws: &str) -> Value {
    let (header, _) = jws.split_once('.').unwrap();
    serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap()
}

/// Sets members of an object, or removes those that are null in `patch`.
///
/// # Panics
/// If either is not an object.
pub fn set(object: &mut Value, patch: &Value) {
    let object = object.as_object_mut().unwrap();
    for (name, value) in patch.as_object().unwrap() {
        match value {
            Value::Null => object.remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
    }
}

/// A new key, with the id `kid` or its own thumbprint.
///
/// # Panics
/// If the random number generator fails.
#[must_use]
pub fn fresh_key(algorithm: Algorithm, kid: Option<&str>) -> PrivateKey {
    let pkcs8 = backend::ring().generate_pkcs8(algorithm).unwrap();
    PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, kid).unwrap()
}
