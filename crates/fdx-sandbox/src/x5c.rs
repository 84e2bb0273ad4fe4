use fdx_jose::Thumbprint;
use fdx_wire::base64url;
use fdx_wire::json::{self, JsonError, Limits};
use serde::Deserialize;

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

/// The `x5t#S256` of the certificates in a client's JWK Set, the first of each `x5c`
/// (RFC 8705 section 2.2.2): what `self_signed_tls_client_auth` compares with.
///
/// # Errors
/// [`JsonError`] where `jwks` is no JWK Set. A certificate that is not base64 is left out.
pub fn x5c_thumbprints(jwks: &[u8]) -> Result<Vec<Thumbprint>, JsonError> {
    let document: Document = json::from_slice(jwks, &LIMITS)?;
    let first = document.keys.iter().filter_map(|key| key.x5c.first());
    Ok(first.filter_map(|text| decode(text)).map(|der| Thumbprint::of_certificate(&der)).collect())
}

/// RFC 7517 section 4.7: base64 and not base64url, of DER.
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
    fn the_first_certificate_of_each_key_counts() {
        let jwks = br#"{"keys":[{"kty":"EC","x5c":["+/8=","AAAA"]},{"kty":"EC"},{"x5c":["-_8"]}]}"#;
        assert_eq!(x5c_thumbprints(jwks), Ok(vec![Thumbprint::of_certificate(&[0xfb, 0xff])]));
        assert!(x5c_thumbprints(b"[]").is_err());
    }
}
