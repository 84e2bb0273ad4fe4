use fdx_wire::base64url;
use fdx_wire::json::{JsonError, RawJson};
use serde::Serialize;

use crate::signing::to_json;
use crate::{PublicKey, Role, SigningInput};

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'a str>,
}

/// Any other claims that want a signature, such as an institution's ID token.
///
/// # Errors
/// [`JsonError`] where `claims` has no JSON form.
pub fn statement<C: Serialize>(
    key: &PublicKey,
    typ: Option<&str>,
    claims: &C,
) -> Result<SigningInput, JsonError> {
    let header = to_json(&Header { alg: key.alg(), kid: key.kid(), typ });
    let claims = RawJson::of(claims)?;
    Ok(SigningInput::new(
        Role::Statement,
        key,
        &base64url::encode(header.expose().as_bytes()),
        claims.as_str().as_bytes(),
    ))
}

/// Any bytes under any header, which nothing here looks at: with it whoever tests a reader signs
/// what no issuer should.
#[doc(hidden)]
#[must_use]
pub fn unchecked_statement(key: &PublicKey, header: &[u8], payload: &[u8]) -> SigningInput {
    SigningInput::new(Role::Statement, key, &base64url::encode(header), payload)
}
