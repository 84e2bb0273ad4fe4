//! Compact JWE (RFC 7516): reading, and one error for every decryption failure.

use fdx_jose::{
    ContentKey, Decrypter, DecryptionError, DecryptionInput, EncryptionKey, Jwe, JweError,
    KeyEncryption, KeyError, backend,
};
use fdx_wire::base64url;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{RFC, changed, encryption_key, jwk, public_jwk, text};

const KEY: [u8; 32] = [7; 32];
const VECTOR: [u8; 12] = [9; 12];

/// RFC 7516 appendix A.1.
fn vector() -> (&'static str, ContentKey) {
    let section = &RFC["rfc7516_a1"];
    let key = base64url::decode(text(&section["content_key"])).unwrap();
    (text(&section["jwe"]), ContentKey::new(&key))
}

fn public(members: Value) -> Vec<u8> {
    public_jwk("rfc7516_a1", members)
}

/// Encrypts `plaintext` under [`KEY`] with any header and any encrypted key.
fn encrypted(header: &str, encrypted_key: &[u8], plaintext: &[u8]) -> String {
    encrypted_under(&KEY, header, encrypted_key, plaintext)
}

fn encrypted_under(
    content_key: &[u8; 32],
    header: &str,
    encrypted_key: &[u8],
    plaintext: &[u8],
) -> String {
    use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

    let header = base64url::encode(header.as_bytes());
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, content_key).unwrap());
    let mut in_out = plaintext.to_vec();
    let nonce = Nonce::assume_unique_for_key(VECTOR);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(header.as_bytes()), &mut in_out);
    let parts = [encrypted_key, &VECTOR, &in_out, tag.unwrap().as_ref()].map(base64url::encode);
    format!("{header}.{}", parts.join("."))
}

fn refused(header: &Value) -> JweError {
    Jwe::parse(&encrypted(&header.to_string(), &[1; 256], b"a.b.c")).unwrap_err()
}

fn usual(patch: &Value) -> Value {
    let mut header = json!({"alg": "RSA-OAEP", "enc": "A256GCM", "cty": "JWT"});
    for (name, value) in patch.as_object().unwrap() {
        header[name] = value.clone();
    }
    header
}

#[test]
fn decrypts_the_example_of_the_rfc() {
    let (token, key) = vector();
    let jwe = Jwe::parse(token).unwrap();
    assert_eq!(jwe.algorithm(), KeyEncryption::RsaOaep);
    let opened = jwe.open(backend::ring(), &key).unwrap();
    assert_eq!(opened.expose(), text(&RFC["rfc7516_a1"]["plaintext"]));
    let other = ContentKey::new(&[0; 32]);
    assert_eq!(jwe.open(backend::ring(), &other), Err(JweError::Unopened));
}

#[test]
fn rejects_other_algorithms() {
    for alg in
        ["RSA1_5", "dir", "ECDH-ES", "ECDH-ES+A256KW", "PBES2-HS256+A128KW", "A256KW", "none"]
    {
        let actual = alg.to_owned();
        let header = json!({"alg": alg, "enc": "A256GCM", "p2c": 2_000_000_000, "epk": {}});
        assert_eq!(refused(&header), JweError::AlgorithmRefused { actual });
    }
    for enc in ["A128GCM", "A256CBC-HS512", "a256gcm"] {
        let actual = enc.to_owned();
        assert_eq!(refused(&usual(&json!({"enc": enc}))), JweError::EncryptionRefused { actual });
    }
    assert_eq!(refused(&json!({"enc": "A256GCM"})), JweError::AlgorithmMissing);
    assert_eq!(refused(&json!({"alg": "RSA-OAEP"})), JweError::EncryptionMissing);
    let actual = "[\\\"RSA-OAEP\\\"]".to_owned();
    let header = json!({"alg": ["RSA-OAEP"], "enc": "A256GCM"});
    assert_eq!(refused(&header), JweError::AlgorithmRefused { actual });
}

#[test]
fn rejects_keys_compression_and_extensions_in_the_header() {
    assert_eq!(refused(&usual(&json!({"zip": "DEF"}))), JweError::Compressed);
    assert_eq!(refused(&usual(&json!({"zip": null}))), JweError::Compressed);
    assert_eq!(refused(&usual(&json!({"crit": ["exp"]}))), JweError::Critical);
    assert_eq!(refused(&usual(&json!({"cty": "text"}))), JweError::ContentType);
    for member in ["jwk", "jku", "x5u", "x5c"] {
        let header = usual(&json!({member: "https://other.example"}));
        assert_eq!(refused(&header), JweError::EmbeddedKey { member });
    }
    let twice = r#"{"alg":"RSA-OAEP","alg":"RSA-OAEP","enc":"A256GCM"}"#;
    let twice = Jwe::parse(&encrypted(twice, &[1; 256], b"a.b.c")).unwrap_err();
    assert!(matches!(twice, JweError::Header(_)), "{twice:?}");
}

#[test]
fn rejects_other_parts_lengths_and_alphabets() {
    let (token, _) = vector();
    let parts: Vec<&str> = token.split('.').collect();
    let with = |at: usize, part: &str| {
        let mut parts = parts.clone();
        parts[at] = part;
        Jwe::parse(&parts.join(".")).unwrap_err()
    };
    for wrong in [parts[..4].join("."), format!("{token}."), "a.b.c".to_owned(), String::new()] {
        assert_eq!(Jwe::parse(&wrong).unwrap_err(), JweError::Parts);
    }
    for (at, part) in parts.iter().enumerate() {
        assert_eq!(with(at, "+A"), JweError::Base64Url);
        assert_eq!(with(at, &format!("{part}=")), JweError::Base64Url);
    }
    for length in [0, 11, 13, 16] {
        let part = base64url::encode(&vec![1; length]);
        assert_eq!(with(2, &part), JweError::InitializationVector);
    }
    for length in [0, 4, 12, 15, 17] {
        assert_eq!(with(4, &base64url::encode(&vec![1; length])), JweError::Tag);
    }
    assert!(Jwe::has_five_parts(token) && !Jwe::has_five_parts("a.b.c"));
}

#[test]
fn decrypts_the_longest_jwe_and_rejects_longer_ones() {
    let token = |length| encrypted(&usual(&json!({})).to_string(), &[1; 256], &vec![b'a'; length]);
    let (longest, longer) = (token(18_097), token(18_098));
    assert_eq!(longest.len(), fdx_jose::MAX_JWE_BYTES);
    assert_eq!(longer.len(), fdx_jose::MAX_JWE_BYTES + 1);
    let opened = Jwe::parse(&longest).unwrap().open(backend::ring(), &ContentKey::new(&KEY));
    assert_eq!(opened.unwrap().expose().len(), 18_097);
    assert_eq!(Jwe::parse(&longer).unwrap_err(), JweError::TooLarge);
}

#[test]
fn uses_the_algorithm_names_of_rfc7518() {
    for (algorithm, name) in
        [(KeyEncryption::RsaOaep, "RSA-OAEP"), (KeyEncryption::RsaOaep256, "RSA-OAEP-256")]
    {
        assert_eq!((algorithm.name(), algorithm.to_string().as_str()), (name, name));
        assert_eq!(KeyEncryption::from_name(name), Some(algorithm));
        assert_eq!(KeyEncryption::from_name(&name.to_lowercase()), None);
    }
}

#[test]
fn rejects_content_that_is_not_utf8() {
    let token = encrypted(&usual(&json!({})).to_string(), &[1; 256], &[0xff, 0xfe]);
    let opened = Jwe::parse(&token).unwrap().open(backend::ring(), &ContentKey::new(&KEY));
    assert_eq!(opened, Err(JweError::NotText));
}

/// A zero key takes the place of a missing content key. A sender that encrypts with the zero key must
/// not succeed.
#[test]
fn missing_content_key_does_not_decrypt_with_zeros() {
    let token = encrypted_under(&[0; 32], &usual(&json!({})).to_string(), &[1; 256], b"a.b.c");
    let jwe = Jwe::parse(&token).unwrap();
    let zeros = jwe.open(backend::ring(), &ContentKey::new(&[0; 32])).unwrap();
    assert_eq!(zeros.expose(), "a.b.c");
    for missing in [ContentKey::unavailable(), ContentKey::new(&[0; 31]), ContentKey::new(&[])] {
        assert_eq!(jwe.open(backend::ring(), &missing), Err(JweError::Unopened));
    }
}

#[test]
fn content_key_of_other_length_decrypts_nothing() {
    let (token, key) = vector();
    let jwe = Jwe::parse(token).unwrap();
    for length in [0, 16, 31, 33, 64] {
        let wrong = ContentKey::new(&vec![0; length]);
        assert_eq!(jwe.open(backend::ring(), &wrong), Err(JweError::Unopened));
    }
    let missing = ContentKey::unavailable();
    assert_eq!(jwe.open(backend::ring(), &missing), Err(JweError::Unopened));
    assert_eq!(format!("{key:?} {missing:?}"), "[redacted] [redacted]");
}

#[test]
fn selects_key_by_kid_and_alg() {
    let token = |kid: Value| encrypted(&usual(&json!({"kid": kid})).to_string(), &[1; 9], b"a.b.c");
    let (one, two) = (encryption_key("one"), encryption_key("two"));
    let other = public_jwk("rfc7515_a2", json!({"kid": "other"}));
    let other = EncryptionKey::from_jwk(&other, KeyEncryption::RsaOaep).unwrap();
    let keys = [one.clone(), other.clone()];
    let jwe = Jwe::parse(&token(json!("other"))).unwrap();
    assert_eq!(jwe.kid(), Some("other"));
    let input = jwe.input(&keys).unwrap();
    assert_eq!((input.key(), input.kid()), (other.thumbprint(), Some("other")));
    assert_eq!((input.bytes(), input.algorithm()), (&[1; 9][..], KeyEncryption::RsaOaep));
    let unknown = Jwe::parse(&token(json!("third"))).unwrap().input(&keys);
    assert_eq!(unknown, Err(JweError::UnknownKey));
    let unnamed = Jwe::parse(&token(Value::Null)).unwrap();
    assert_eq!(unnamed.kid(), None);
    assert_eq!(unnamed.input(&keys), Err(JweError::AmbiguousKey));
    // The same key under two kids is not ambiguous.
    assert_eq!(unnamed.input(&[one, two]).unwrap().kid(), Some("one"));
    let stronger = EncryptionKey::from_jwk(&public(json!({})), KeyEncryption::RsaOaep256).unwrap();
    assert_eq!(unnamed.input(&[stronger]), Err(JweError::UnknownKey));
}

#[test]
fn encryption_keys_are_public_rsa_for_encryption() {
    let read = |members| EncryptionKey::from_jwk(&public(members), KeyEncryption::RsaOaep);
    assert!(read(json!({"use": "enc", "alg": "RSA-OAEP", "key_ops": ["wrapKey"]})).is_ok());
    assert_eq!(read(json!({"use": "sig"})), Err(KeyError::Use));
    assert_eq!(read(json!({"alg": "RSA-OAEP-256"})), Err(KeyError::Algorithm));
    assert_eq!(read(json!({"alg": "RSA1_5"})), Err(KeyError::Algorithm));
    assert_eq!(read(json!({"key_ops": ["verify"]})), Err(KeyError::KeyOps));
    assert_eq!(read(json!({"d": "AQ"})), Err(KeyError::PrivateMember { member: "d" }));
    let ec = changed(jwk("rfc7515_a3"), json!({"d": null}));
    assert_eq!(EncryptionKey::from_jwk(&ec, KeyEncryption::RsaOaep), Err(KeyError::NotRsa));
}

#[test]
fn ring_reports_that_it_cannot_decrypt() {
    let jwk = serde_json::to_vec(&jwk("rfc7516_a1")).unwrap();
    let loaded = fdx_jose::DecryptionKey::from_jwk(backend::ring(), &jwk, KeyEncryption::RsaOaep);
    assert_eq!(loaded.unwrap_err(), KeyError::CannotDecrypt);
}

/// A service with one content key that is unavailable at first.
struct Service {
    up: bool,
}

impl Decrypter for Service {
    fn decrypt(&self, input: &DecryptionInput) -> Result<ContentKey, DecryptionError> {
        if !self.up {
            return Err(DecryptionError::Unavailable { reason: "down".to_owned() });
        }
        let known = input.bytes() == [1; 256];
        Ok(if known { ContentKey::new(&KEY) } else { ContentKey::unavailable() })
    }
}

#[test]
fn unavailable_service_can_be_called_again() {
    let token = |key: &[u8]| encrypted(&usual(&json!({})).to_string(), key, b"a.b.c");
    let keys = [encryption_key("one")];
    let jwe = Jwe::parse(&token(&[1; 256])).unwrap();
    let input = jwe.input(&keys).unwrap();
    let down = Service { up: false }.decrypt(&input).unwrap_err();
    assert!(matches!(down, DecryptionError::Unavailable { .. }), "{down}");
    let up = Service { up: true };
    let opened = jwe.open(backend::ring(), &up.decrypt(&input).unwrap()).unwrap();
    assert_eq!(opened.expose(), "a.b.c");
    let jwe = Jwe::parse(&token(&[2; 256])).unwrap();
    let refused = up.decrypt(&jwe.input(&keys).unwrap()).unwrap();
    assert_eq!(jwe.open(backend::ring(), &refused), Err(JweError::Unopened));
}

proptest! {
    #[test]
    fn what_was_encrypted_opens(plaintext in "[ -~]{0,200}") {
        let token = encrypted(&usual(&json!({})).to_string(), &[1; 256], plaintext.as_bytes());
        let opened = Jwe::parse(&token).unwrap().open(backend::ring(), &ContentKey::new(&KEY));
        let opened = opened.unwrap();
        prop_assert_eq!(opened.expose(), plaintext);
    }

    /// Five parts are read if vector and tag have their lengths, and decrypt with no key.
    #[test]
    fn no_text_panics(
        text: String,
        header: String,
        encrypted_key: Vec<u8>,
        vector in prop_oneof![Just(VECTOR.to_vec()), prop::collection::vec(any::<u8>(), 10..14)],
        ciphertext: Vec<u8>,
        tag in prop_oneof![Just(vec![3; 16]), prop::collection::vec(any::<u8>(), 14..18)],
    ) {
        let _ = Jwe::parse(&text);
        let token = |header: &str| {
            let parts = [header.as_bytes(), &encrypted_key, &vector, &ciphertext, &tag];
            parts.map(base64url::encode).join(".")
        };
        prop_assert!(Jwe::parse(&token(&header)).is_err());
        let token = token(&usual(&json!({})).to_string());
        let read = Jwe::parse(&token);
        prop_assert_eq!(read.is_ok(), (vector.len(), tag.len()) == (12, 16));
        if let Ok(jwe) = read {
            let opened = jwe.open(backend::ring(), &ContentKey::new(&KEY));
            prop_assert_eq!(opened, Err(JweError::Unopened));
        }
    }

    /// Whatever follows.
    #[test]
    fn what_is_longer_than_the_longest_is_not_looked_at(
        text in "[A-Za-z0-9_.-]{1,64}",
        more in 1..64usize,
    ) {
        let length = fdx_jose::MAX_JWE_BYTES + more;
        let long: String = text.chars().cycle().take(length).collect();
        prop_assert_eq!(Jwe::parse(&long).unwrap_err(), JweError::TooLarge);
    }

    /// After a change of one bit, outside the encrypted key, a readable JWE does not decrypt.
    #[test]
    fn changed_bit_does_not_decrypt(at: prop::sample::Index, bit in 0..8) {
        let (token, key) = vector();
        let mut parts: Vec<Vec<u8>> =
            token.split('.').map(|part| base64url::decode(part).unwrap()).collect();
        let part = [0, 2, 3, 4][at.index(4)];
        let byte = at.index(parts[part].len());
        parts[part][byte] ^= 1_u8 << bit;
        let changed: Vec<_> = parts.iter().map(|part| base64url::encode(part)).collect();
        match Jwe::parse(&changed.join(".")) {
            Ok(jwe) => {
                prop_assert_eq!(jwe.open(backend::ring(), &key), Err(JweError::Unopened));
            }
            Err(_) => prop_assert_eq!(part, 0),
        }
    }
}

/// Tests with a private key.
#[cfg(feature = "aws-lc-rs")]
mod at_hand {
    use fdx_jose::DecryptionKey;

    use super::*;

    fn key(algorithm: KeyEncryption) -> DecryptionKey {
        let jwk = serde_json::to_vec(&jwk("rfc7516_a1")).unwrap();
        DecryptionKey::from_jwk(backend::aws_lc_rs(), &jwk, algorithm).unwrap()
    }

    fn open(token: &str, key: &DecryptionKey) -> Result<fdx_wire::Secret, JweError> {
        let jwe = Jwe::parse(token)?;
        let input = jwe.input(&[key.public().clone()])?;
        jwe.open(backend::aws_lc_rs(), &key.decrypt(&input).unwrap())
    }

    #[test]
    fn decrypts_the_example_with_its_private_key() {
        let opened = open(vector().0, &key(KeyEncryption::RsaOaep)).unwrap();
        assert_eq!(opened.expose(), text(&RFC["rfc7516_a1"]["plaintext"]));
        let other = open(vector().0, &key(KeyEncryption::RsaOaep256));
        assert_eq!(other, Err(JweError::UnknownKey));
    }

    /// Encrypted by aws-lc-rs with the public key only, as a server does.
    #[test]
    fn decrypts_only_with_the_algorithm_of_encryption() {
        use aws_lc_rs::rsa::{
            OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey,
            PublicEncryptingKey,
        };

        let encrypting = PublicEncryptingKey::from_der(&spki()).unwrap();
        let encrypting = OaepPublicEncryptingKey::new(encrypting).unwrap();
        for (algorithm, other, oaep) in [
            (KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256, &OAEP_SHA1_MGF1SHA1),
            (KeyEncryption::RsaOaep256, KeyEncryption::RsaOaep, &OAEP_SHA256_MGF1SHA256),
        ] {
            let mut encrypted_key = vec![0; encrypting.ciphertext_size()];
            encrypting.encrypt(oaep, &KEY, &mut encrypted_key, None).unwrap();
            let token = |named: KeyEncryption| {
                let header = usual(&json!({"alg": named.name()})).to_string();
                encrypted(&header, &encrypted_key, b"a.b.c")
            };
            let opened = open(&token(algorithm), &key(algorithm)).unwrap();
            assert_eq!(opened.expose(), "a.b.c");
            // With the other algorithm it is read, and does not decrypt.
            assert_eq!(open(&token(other), &key(other)), Err(JweError::Unopened));
        }
    }

    /// The public key in the DER of X.509: two integers in a bit string, after rsaEncryption.
    fn spki() -> Vec<u8> {
        let jwk = jwk("rfc7516_a1");
        let integer = |name: &str| {
            let mut bytes = vec![0];
            bytes.extend(base64url::decode(text(&jwk[name])).unwrap());
            der(0x02, &bytes)
        };
        let exponent = der(0x02, &base64url::decode(text(&jwk["e"])).unwrap());
        let key = der(0x30, &[integer("n"), exponent].concat());
        let rsa = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
        let bits = der(0x03, &[&[0][..], &key].concat());
        der(0x30, &[der(0x30, &rsa), bits].concat())
    }

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let head = if length[0] == 0 && length[1] < 0x80 {
            vec![tag, length[1]]
        } else {
            vec![tag, 0x82, length[0], length[1]]
        };
        [head.as_slice(), content].concat()
    }

    #[test]
    fn reports_the_thumbprint_of_a_missing_key() {
        let jwe = Jwe::parse(vector().0).unwrap();
        let input = jwe.input(&[encryption_key("one")]).unwrap();
        let none: Vec<DecryptionKey> = Vec::new();
        let thumbprint = input.key();
        let error = none.decrypt(&input).unwrap_err();
        assert_eq!(error, DecryptionError::NoKey { thumbprint });
    }

    /// One key for each algorithm, after an unrelated one.
    #[test]
    fn several_keys_decrypt_by_thumbprint_and_algorithm() {
        let other = serde_json::to_vec(&jwk("rfc7515_a2")).unwrap();
        let (backend, ours) = (backend::aws_lc_rs(), KeyEncryption::RsaOaep);
        let mut keys = vec![
            DecryptionKey::from_jwk(backend, &other, ours).unwrap(),
            key(KeyEncryption::RsaOaep256),
            key(ours),
        ];
        let jwe = Jwe::parse(vector().0).unwrap();
        let input = jwe.input(&[encryption_key("one")]).unwrap();
        let opened = jwe.open(backend, &keys.decrypt(&input).unwrap()).unwrap();
        assert_eq!(opened.expose(), text(&RFC["rfc7516_a1"]["plaintext"]));
        keys.pop();
        let thumbprint = input.key();
        assert_eq!(keys.decrypt(&input).unwrap_err(), DecryptionError::NoKey { thumbprint });
    }

    #[test]
    fn rejects_decryption_keys_that_are_not_consistent_rsa() {
        let backend = backend::aws_lc_rs();
        let ec = serde_json::to_vec(&jwk("rfc7515_a3")).unwrap();
        let refused = DecryptionKey::from_jwk(backend, &ec, KeyEncryption::RsaOaep).unwrap_err();
        assert_eq!(refused, KeyError::NotRsa);
        let d = json!({"d": jwk("rfc7515_a2")["d"]});
        let wrong = changed(jwk("rfc7516_a1"), d);
        let refused = DecryptionKey::from_jwk(backend, &wrong, KeyEncryption::RsaOaep).unwrap_err();
        assert_eq!(refused, KeyError::Inconsistent);
        let pkcs8 = backend.generate_rsa_pkcs8(fdx_jose::RsaSize::default()).unwrap();
        let algorithm = KeyEncryption::RsaOaep256;
        let made = DecryptionKey::from_pkcs8_der(backend, &pkcs8, algorithm, None).unwrap();
        let thumbprint = made.public().thumbprint().to_string();
        assert_eq!(made.public().kid(), Some(thumbprint.as_str()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Key, length or tag: the sender learns nothing about the cause.
        #[test]
        fn every_decryption_failure_is_the_same_error(
            at: prop::sample::Index,
            bit in 0..8,
            length in prop_oneof![Just(256_usize), 0_usize..600],
        ) {
            let key = key(KeyEncryption::RsaOaep);
            let mut parts: Vec<Vec<u8>> =
                vector().0.split('.').map(|part| base64url::decode(part).unwrap()).collect();
            if length == 256 {
                let byte = at.index(256);
                parts[1][byte] ^= 1_u8 << bit;
            } else {
                parts[1].resize(length, 1);
            }
            let changed: Vec<_> = parts.iter().map(|part| base64url::encode(part)).collect();
            prop_assert_eq!(open(&changed.join("."), &key), Err(JweError::Unopened));
        }
    }
}
