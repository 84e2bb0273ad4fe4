//! JWTs that are wrong in one thing.

use fdx_jose::{Algorithm, Jws, PrivateKey, Signer, statement};
use fdx_wire::base64url;
use serde_json::{Map, Value};

use crate::config::InstitutionConfig;
use crate::signed;

/// The key of RFC 7517 appendix A.2, which everybody has.
const STRANGER: &str = r#"{"kty":"EC","crv":"P-256","kid":"another-key",
    "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#;

/// A key that is not the institution's, or not yet.
pub(super) fn stranger(config: &InstitutionConfig) -> Option<PrivateKey> {
    PrivateKey::from_jwk(config.backend, STRANGER.as_bytes()).ok()
}

/// The same with its private member, as no key set may list it.
pub(super) fn stranger_in_private() -> Option<Value> {
    serde_json::from_str(STRANGER).ok()
}

pub(super) fn claims(jwt: &str) -> Option<Map<String, Value>> {
    let jws = Jws::parse(jwt).ok()?;
    serde_json::from_slice(jws.payload()).ok()
}

/// The claims that `change` makes of those of `jwt`, with the same `typ`, signed as it was.
pub(super) fn resigned(
    config: &InstitutionConfig,
    jwt: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Option<String> {
    let jws = Jws::parse(jwt).ok()?;
    let mut claims = claims(jwt)?;
    change(&mut claims);
    signed::jwt(config, jws.algorithm(), jws.typ(), &claims)
}

pub(super) fn signed(
    config: &InstitutionConfig,
    algorithm: Algorithm,
    typ: Option<&str>,
    claims: &Value,
) -> Option<String> {
    signed::jwt(config, algorithm, typ, claims)
}

/// The same claims, signed by the stranger's key. `at_hash`, which depends on the algorithm and
/// need not be there, is left out.
pub(super) fn signed_by_stranger(config: &InstitutionConfig, jwt: &str) -> Option<String> {
    let key = stranger(config)?;
    let jws = Jws::parse(jwt).ok()?;
    let mut claims = claims(jwt)?;
    claims.remove("at_hash");
    let input = statement(key.public(), jws.typ(), &claims).ok()?;
    input.attach(&key.sign(&input).ok()?).ok()
}

/// The same with members of the header set. The signature fits no more, which a reader who is
/// careful about headers never comes to.
pub(super) fn headed(jwt: &str, members: &Value) -> String {
    let (header, rest) = jwt.split_once('.').unwrap_or((jwt, ""));
    let header = base64url::decode(header).unwrap_or_default();
    let mut header: Map<String, Value> = serde_json::from_slice(&header).unwrap_or_default();
    header.extend(members.as_object().cloned().unwrap_or_default());
    format!("{}.{rest}", base64url::encode(Value::Object(header).to_string().as_bytes()))
}

/// Without a signature, and the header says so.
pub(super) fn unsecured(jwt: &str, alg: &str) -> String {
    let headed = headed(jwt, &serde_json::json!({ "alg": alg }));
    let (kept, _) = headed.rsplit_once('.').unwrap_or((&headed, ""));
    format!("{kept}.")
}

/// With another signature, of the same length.
pub(super) fn signature(jwt: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let (kept, signature) = jwt.rsplit_once('.').unwrap_or((jwt, ""));
    let mut signature = base64url::decode(signature).unwrap_or_default();
    change(&mut signature);
    format!("{kept}.{}", base64url::encode(&signature))
}

/// With another payload, as it is written. The signature fits no more.
pub(super) fn payload(jwt: &str, payload: &[u8]) -> String {
    let mut parts = jwt.split('.');
    let (header, _, signature) = (parts.next(), parts.next(), parts.next());
    let (header, signature) = (header.unwrap_or_default(), signature.unwrap_or_default());
    format!("{header}.{}.{signature}", base64url::encode(payload))
}

/// An ECDSA signature as most libraries write it (RFC 3279 section 2.2.3).
pub(super) fn der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let mut pair = Vec::new();
    for number in [r, s] {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let mut number = number.get(zeros..).unwrap_or_default().to_vec();
        if number.first().is_none_or(|first| *first > 0x7f) {
            number.insert(0, 0);
        }
        pair.extend(tagged(0x02, &number));
    }
    tagged(0x30, &pair)
}

/// Fewer than 128 bytes of content.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag, u8::try_from(content.len()).unwrap_or_default()];
    bytes.extend_from_slice(content);
    bytes
}
