//! Signatures by the institution's keys, and signatures by clients' keys.

use fdx_jose::{
    Algorithm, Backend, Jwks, Jws, PrivateKey, Signer, Thumbprint, statement, unchecked_statement,
};
use fdx_wire::base64url;
use fdx_wire::json::{self, JsonError, Limits};
use serde::{Deserialize, Serialize};

use crate::institution::config::InstitutionConfig;

/// Returns `claims` as a JWT signed by the institution's key for `algorithm`. `None` without such a
/// key.
pub(crate) fn jwt<C: Serialize>(
    config: &InstitutionConfig,
    algorithm: Algorithm,
    typ: Option<&str>,
    claims: &C,
) -> Option<String> {
    let key = key(config, algorithm)?;
    let input = statement(key.public(), typ, claims).ok()?;
    let signature = key.sign(&input).ok()?;
    input.attach(&signature).ok()
}

/// Signs `header` and `payload`, unchanged, with the institution's key for `algorithm`.
pub(crate) fn bytes(
    config: &InstitutionConfig,
    algorithm: Algorithm,
    header: &[u8],
    payload: &[u8],
) -> Option<String> {
    let key = key(config, algorithm)?;
    let input = unchecked_statement(key.public(), header, payload);
    input.attach(&key.sign(&input).ok()?).ok()
}

/// Whether the institution has a key for `algorithm`.
pub(crate) fn can_sign(config: &InstitutionConfig, algorithm: Algorithm) -> bool {
    key(config, algorithm).is_some()
}

pub(crate) fn key(config: &InstitutionConfig, algorithm: Algorithm) -> Option<&PrivateKey> {
    config.signing_keys.iter().find(|key| key.public().algorithm() == algorithm)
}

/// Whether one of the keys that match `kid` signed `jws`. During a renewal there can be two keys of
/// one algorithm, and not every client sends a `kid`.
pub(crate) fn is_signed_by_any(jws: &Jws, backend: Backend, keys: &Jwks) -> bool {
    let mut fitting =
        keys.keys().iter().filter(|key| jws.kid().is_none() || key.kid() == jws.kid());
    fitting.any(|key| jws.verify(backend, key).is_ok())
}

const LIMITS: Limits = Limits::bytes(256 * 1024);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    x5c: Vec<String>,
}

/// Returns the `x5t#S256` of the certificates in a client's JWK Set, the first of each `x5c`
/// (RFC 8705 section 2.2.2). `self_signed_tls_client_auth` compares against them.
///
/// # Errors
/// [`JsonError`] if `jwks` is not a JWK Set. A certificate that is not base64 is left out.
pub fn x5c_thumbprints(jwks: &[u8]) -> Result<Vec<Thumbprint>, JsonError> {
    let certificates = x5c_certificates(jwks)?;
    Ok(certificates.iter().map(|der| Thumbprint::of_certificate(der)).collect())
}

/// Returns the first certificate of each `x5c`, in DER. One that is not base64 is left out.
pub(crate) fn x5c_certificates(jwks: &[u8]) -> Result<Vec<Vec<u8>>, JsonError> {
    let document: Document = json::from_slice(jwks, &LIMITS)?;
    let first = document.keys.iter().filter_map(|key| key.x5c.first());
    Ok(first.filter_map(|text| decode(text)).collect())
}

/// RFC 7517 section 4.7: base64, not base64url, of DER.
fn decode(text: &str) -> Option<Vec<u8>> {
    if text.contains(['-', '_']) {
        return None;
    }
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    base64url::decode(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x5c_thumbprints_uses_the_first_certificate_of_each_key() {
        let jwks = br#"{"keys":[{"kty":"EC","x5c":["+/8=","AAAA"]},{"kty":"EC"},{"x5c":["-_8"]}]}"#;
        assert_eq!(x5c_thumbprints(jwks), Ok(vec![Thumbprint::of_certificate(&[0xfb, 0xff])]));
        assert!(x5c_thumbprints(b"[]").is_err());
    }
}
