//! Changes of the ID token in a response.

use serde_json::{Map, Value, json};

use crate::misbehaviour::jwt;
use crate::misbehaviour::stage::Stage;

pub(crate) fn set(stage: &mut Stage<'_>, name: &str, value: Value) -> Option<()> {
    stage.id_token(|claims| {
        claims.insert(name.to_owned(), value);
    })
}

pub(crate) fn remove(stage: &mut Stage<'_>, name: &str) -> Option<()> {
    stage.id_token(|claims| {
        claims.remove(name);
    })
}

pub(crate) fn with_aud(stage: &mut Stage<'_>, of: impl FnOnce(&Value) -> Value) -> Option<()> {
    stage.id_token(|claims| {
        let aud = of(claims.get("aud").unwrap_or(&Value::Null));
        claims.insert("aud".to_owned(), aud);
    })
}

pub(crate) fn signed_by_stranger(stage: &mut Stage<'_>) -> Option<()> {
    let other = jwt::signed_by_stranger(stage.config, &stage.read("id_token")?)?;
    stage.member("id_token", json!(other))
}

/// The same claims after one more, which is inserted as text.
pub(crate) fn claims_too(stage: &mut Stage<'_>, claim: &str) -> Option<()> {
    let config = stage.config;
    stage.id_token_text(|jwt| {
        let claims = Value::Object(jwt::claims(jwt)?).to_string();
        let claims = claims.replacen('{', &format!("{{{claim},"), 1);
        jwt::payload(config, jwt, claims.as_bytes())
    })
}

/// Replaces the ID token by another JWT of the same issuer for the same client, with `shared` claims
/// of the ID token.
pub(crate) fn instead(
    stage: &mut Stage<'_>,
    typ: Option<&str>,
    shared: &[&str],
    others: Value,
) -> Option<()> {
    let was = jwt::claims(&stage.read("id_token")?)?;
    let mut claims: Map<String, Value> = others.as_object()?.clone();
    for name in ["iss", "aud"].iter().chain(shared) {
        claims.insert((*name).to_owned(), was.get(*name)?.clone());
    }
    stage.instead_of_id_token(typ, &Value::Object(claims))
}
