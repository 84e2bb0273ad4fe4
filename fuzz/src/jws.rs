use fdx_jose::{Jws, MAX_JWS_BYTES, backend};
use fdx_wire::base64url;

use crate::scene::{key, token};

/// A compact JWS, or claims that are signed.
///
/// # Panics
/// If the parts that were read differ from the text, or if another payload verifies.
pub fn jws(bytes: &[u8]) {
    let Some(text) = token("JWT", bytes) else { return };
    if let Ok(proof) = Jws::parse_proof(&text) {
        assert!(proof.embedded_key().is_some() && proof.is_typ("dpop+jwt"));
    }
    let Ok(read) = Jws::parse(&text) else { return };
    assert!(text.len() <= MAX_JWS_BYTES && read.embedded_key().is_none());
    let parts: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    assert_eq!(read.payload(), base64url::decode(payload).unwrap());
    if read.verify(backend::ring(), key().public()).is_ok()
        && let Ok(other) = Jws::parse(&format!("{header}.{}.{signature}", base64url::encode(b"{}")))
    {
        let changed = other.payload() != read.payload();
        assert!(!changed || other.verify(backend::ring(), key().public()).is_err());
    }
}
