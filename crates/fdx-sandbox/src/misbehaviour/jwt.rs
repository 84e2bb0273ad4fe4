//! JWTs with one defect each.

use fdx_jose::{Algorithm, Jws, PrivateKey, Signer, statement, unchecked_statement};
use fdx_wire::base64url;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::institution::config::InstitutionConfig;
use crate::institution::signing;

/// The public example key of RFC 7517 appendix A.2.
const STRANGER: &str = r#"{"kty":"EC","crv":"P-256","kid":"another-key",
    "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#;

/// A key that is not one of the institution's.
pub(crate) fn stranger(config: &InstitutionConfig) -> Option<PrivateKey> {
    PrivateKey::from_jwk(config.backend, STRANGER.as_bytes()).ok()
}

/// The same key with its private member.
pub(crate) fn stranger_in_private() -> Option<Value> {
    serde_json::from_str(STRANGER).ok()
}

pub(crate) fn claims(jwt: &str) -> Option<Map<String, Value>> {
    let jws = Jws::parse(jwt).ok()?;
    serde_json::from_slice(jws.payload()).ok()
}

/// Signs changed claims of `jwt`, with the same `typ` and algorithm.
pub(crate) fn resigned(
    config: &InstitutionConfig,
    jwt: &str,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Option<String> {
    let jws = Jws::parse(jwt).ok()?;
    let mut claims = claims(jwt)?;
    change(&mut claims);
    signing::jwt(config, jws.algorithm(), jws.typ(), &claims)
}

pub(crate) fn signed(
    config: &InstitutionConfig,
    algorithm: Algorithm,
    typ: Option<&str>,
    claims: &Value,
) -> Option<String> {
    signing::jwt(config, algorithm, typ, claims)
}

/// The same claims, signed by the foreign key. The optional `at_hash`, which depends on the
/// algorithm, is left out.
pub(crate) fn signed_by_stranger(config: &InstitutionConfig, jwt: &str) -> Option<String> {
    let key = stranger(config)?;
    let jws = Jws::parse(jwt).ok()?;
    let mut claims = claims(jwt)?;
    claims.remove("at_hash");
    let input = statement(key.public(), jws.typ(), &claims).ok()?;
    input.attach(&key.sign(&input).ok()?).ok()
}

/// The same claims with other header members, signed by the same key. Only the header is wrong.
pub(crate) fn headed(config: &InstitutionConfig, jwt: &str, members: &Value) -> Option<String> {
    let jws = Jws::parse(jwt).ok()?;
    let header = with_members(jwt, members)?;
    signing::bytes(config, jws.algorithm(), header.as_bytes(), jws.payload())
}

/// The same claims signed by the foreign key, whose public part is in the header.
pub(crate) fn with_its_own_key(config: &InstitutionConfig, jwt: &str) -> Option<String> {
    let key = stranger(config)?;
    let jws = Jws::parse(jwt).ok()?;
    let mut claims = claims(jwt)?;
    claims.remove("at_hash");
    let jwk: Value = serde_json::from_str(key.public().jwk()).ok()?;
    let header = json!({ "alg": key.public().alg(), "typ": jws.typ(), "jwk": jwk });
    let payload = Value::Object(claims);
    let (header, payload) = (header.to_string(), payload.to_string());
    let input = unchecked_statement(key.public(), header.as_bytes(), payload.as_bytes());
    input.attach(&key.sign(&input).ok()?).ok()
}

/// The same claims with HS256. The secret is the institution's public JWK.
pub(crate) fn by_public_key_as_secret(config: &InstitutionConfig, jwt: &str) -> Option<String> {
    let algorithm = Jws::parse(jwt).ok()?.algorithm();
    let secret = signing::key(config, algorithm)?.public().jwk();
    let header = with_members(jwt, &json!({ "alg": "HS256" }))?;
    let (_, rest) = jwt.split_once('.')?;
    let (payload, _) = rest.split_once('.')?;
    let input = format!("{}.{payload}", base64url::encode(header.as_bytes()));
    let mac = hmac_sha256(secret.as_bytes(), input.as_bytes());
    Some(format!("{input}.{}", base64url::encode(&mac)))
}

/// RFC 2104.
fn hmac_sha256(secret: &[u8], text: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut key = match secret.len() > BLOCK {
        true => Sha256::digest(secret).to_vec(),
        false => secret.to_vec(),
    };
    key.resize(BLOCK, 0);
    let padded = |pad: u8| key.iter().map(|byte| byte ^ pad).collect::<Vec<_>>();
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// The header's JSON with additional members.
fn with_members(jwt: &str, members: &Value) -> Option<String> {
    let (header, _) = jwt.split_once('.')?;
    let mut header: Map<String, Value> =
        serde_json::from_slice(&base64url::decode(header).ok()?).ok()?;
    header.extend(members.as_object()?.clone());
    Some(Value::Object(header).to_string())
}

/// The same claims without a signature, with this `alg` in the header.
pub(crate) fn unsecured(jwt: &str, alg: &str) -> Option<String> {
    let (_, rest) = jwt.split_once('.')?;
    let (payload, _) = rest.split_once('.')?;
    let header = with_members(jwt, &json!({ "alg": alg }))?;
    Some(format!("{}.{payload}.", base64url::encode(header.as_bytes())))
}

/// The same JWT with a changed signature.
pub(crate) fn signature(jwt: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let (kept, signature) = jwt.rsplit_once('.').unwrap_or((jwt, ""));
    let mut signature = base64url::decode(signature).unwrap_or_default();
    change(&mut signature);
    format!("{kept}.{}", base64url::encode(&signature))
}

/// The same JWT with another payload, signed by the same key.
pub(crate) fn payload(config: &InstitutionConfig, jwt: &str, payload: &[u8]) -> Option<String> {
    let jws = Jws::parse(jwt).ok()?;
    let header = with_members(jwt, &json!({}))?;
    signing::bytes(config, jws.algorithm(), header.as_bytes(), payload)
}

/// An ECDSA signature in DER (RFC 3279 section 2.2.3).
pub(crate) fn der(signature: &[u8]) -> Vec<u8> {
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
