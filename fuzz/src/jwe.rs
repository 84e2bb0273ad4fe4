use fdx_jose::{ContentKey, EncryptionKey, Jwe, KeyEncryption, MAX_JWE_BYTES, backend};
use fdx_wire::base64url;

use crate::scene::vector;

/// A compact JWE, opened with the content key of RFC 7516 appendix A.1.
///
/// # Panics
/// If the parts that were read differ from the text, if the key receives other bytes, or if the
/// token opens without a content key or with a changed bit of the tag.
pub fn jwe(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let read = match Jwe::parse(text) {
        Ok(read) => read,
        Err(error) => return assert!(error.to_string().len() < 1024),
    };
    assert!(text.len() <= MAX_JWE_BYTES && Jwe::has_five_parts(text));
    let parts: Vec<&str> = text.split('.').collect();
    let [header, encrypted_key, iv, ciphertext, tag] = parts[..] else { panic!("five parts") };
    if let Ok(input) = read.input(&[key(read.algorithm(), read.kid())]) {
        assert_eq!(input.bytes(), base64url::decode(encrypted_key).unwrap());
        assert_eq!(input.algorithm(), read.algorithm());
    }
    assert!(read.open(backend::ring(), &ContentKey::unavailable()).is_err());
    if let Ok(opened) = read.open(backend::ring(), &content_key()) {
        assert_eq!(opened.expose().len(), base64url::decode(ciphertext).unwrap().len());
        let mut changed = base64url::decode(tag).unwrap();
        changed[bytes.len() % 16] ^= 1;
        let tag = base64url::encode(&changed);
        let changed = [header, encrypted_key, iv, ciphertext, &tag].join(".");
        let changed = Jwe::parse(&changed).unwrap();
        assert!(changed.open(backend::ring(), &content_key()).is_err());
    }
}

fn content_key() -> ContentKey {
    let key = vector("/rfc7516_a1/content_key");
    ContentKey::new(&base64url::decode(key.as_str().unwrap()).unwrap())
}

/// A decryption key for any header of a token.
fn key(algorithm: KeyEncryption, kid: Option<&str>) -> EncryptionKey {
    let private = vector("/rfc7516_a1/private_jwk");
    let kid = kid.unwrap_or("enc-1");
    let jwk = serde_json::json!({"kty": "RSA", "n": private["n"], "e": private["e"], "kid": kid});
    EncryptionKey::from_jwk(jwk.to_string().as_bytes(), algorithm).unwrap()
}
