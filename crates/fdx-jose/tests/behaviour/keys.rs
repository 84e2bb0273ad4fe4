//! Accepted and rejected JWKs.

use core::time::Duration;

use fdx_jose::{
    Algorithm, AssertionKey, AssertionType, EncryptionKey, Jws, JwsError, KeyEncryption, KeyError,
    PrivateKey, ProofClaims, ProofKey, PublicKey, RequestObjectKey, RequestObjectParameters,
    Signer, Thumbprint, backend, statement,
};
use fdx_wire::json::Kind;
use fdx_wire::{HttpsUrl, Issuer, base64url};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{EDDSA, ES256, NOW, PS256, all_keys, changed, jwk, public_jwk};

fn public(section: &str, members: Value) -> Result<PublicKey, KeyError> {
    PublicKey::from_jwk(&public_jwk(section, members))
}

fn private(section: &str, members: Value) -> Result<PublicKey, KeyError> {
    let jwk = changed(jwk(section), members);
    PrivateKey::from_jwk(backend::ring(), &jwk).map(|key| key.public().clone())
}

fn modulus(bytes: usize, first: u8, last: u8) -> String {
    let mut n = vec![0xff; bytes];
    (n[0], n[bytes - 1]) = (first, last);
    base64url::encode(&n)
}

#[test]
fn each_key_has_one_algorithm() {
    let algorithms = all_keys().map(|key| key.public().algorithm());
    assert_eq!(algorithms, [Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa]);
    assert!(public("rfc8037_a", json!({"alg": "Ed25519"})).is_ok());
    for alg in ["ES256", "PS256", "none", "HS256", "eddsa", ""] {
        let key = public("rfc8037_a", json!({"alg": alg}));
        assert_eq!(key, Err(KeyError::Algorithm), "{alg}");
    }
    assert_eq!(public("rfc7515_a2", json!({"alg": "RS256"})), Err(KeyError::Algorithm));
}

#[test]
fn published_jwk_reads_back_without_private_members() {
    for key in all_keys() {
        let key = key.public();
        let read = PublicKey::from_jwk(key.jwk().as_bytes()).unwrap();
        assert_eq!(&read, key);
        let members: Value = serde_json::from_str(key.jwk()).unwrap();
        assert_eq!(members["use"], "sig");
        assert_eq!(members["alg"], key.algorithm().name());
        for private in ["d", "p", "q", "dp", "dq", "qi"] {
            assert!(members.get(private).is_none(), "{private}");
        }
        let proof = PublicKey::from_jwk(key.proof_jwk().as_bytes()).unwrap();
        assert_eq!((proof.thumbprint(), proof.kid()), (key.thumbprint(), None));
    }
}

#[test]
fn rejects_public_key_with_private_member() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        let key = public("rfc7515_a2", json!({member: "AQAB"}));
        assert_eq!(key, Err(KeyError::PrivateMember { member }));
    }
    let key = public("rfc7515_a2", json!({"oth": [{}]}));
    assert_eq!(key, Err(KeyError::PrivateMember { member: "oth" }));
}

#[test]
fn rejects_weak_rsa_keys() {
    let bits = |bits| Err(KeyError::RsaModulus { bits });
    for (n, error) in [
        (modulus(128, 0xff, 0xff), bits(1024)),
        (modulus(256, 0x7f, 0xff), bits(2047)),
        (modulus(256, 0xff, 0xfe), bits(2048)),
        (modulus(1025, 0x01, 0xff), bits(8193)),
        (String::new(), bits(0)),
    ] {
        assert_eq!(public("rfc7515_a2", json!({"n": n})), error);
    }
    assert!(public("rfc7515_a2", json!({"n": modulus(1024, 0xff, 0xff)})).is_ok());
    // 1, 0, 2, 65536, 2^33 + 1
    for e in ["AQ", "AA", "Ag", "AQAA", "AgAAAAE", ""] {
        assert_eq!(public("rfc7515_a2", json!({"e": e})), Err(KeyError::RsaExponent), "{e}");
    }
    // 3, 65537, 2^32 + 1, 2^33 - 1
    for e in ["Aw", "AQAB", "AQAAAAE", "Af____8"] {
        assert!(public("rfc7515_a2", json!({"e": e})).is_ok(), "{e}");
    }
    assert_eq!(private("rfc7515_a2", json!({"e": "Aw"})), Err(KeyError::RsaExponent));
}

#[test]
fn private_rsa_keys_have_2048_3072_or_4096_bits() {
    let sizes = [2048_usize, 3072, 4096];
    let neighbours = sizes.iter().flat_map(|bits| [bits - 1, bits + 1]);
    for bits in sizes.into_iter().chain(neighbours).chain([2560, 5120, 8192]) {
        let bytes = bits.div_ceil(8);
        let n = json!({"n": modulus(bytes, 0xff >> (8 * bytes - bits), 0xff)});
        let signs = private("rfc7515_a2", n.clone()).unwrap_err();
        let jwk = public_jwk("rfc7516_a1", n);
        let decrypts = EncryptionKey::from_jwk(&jwk, KeyEncryption::RsaOaep).map(|_| ());
        if sizes.contains(&bits) {
            // The size is allowed. The primes of another modulus are rejected later.
            assert_eq!((signs, decrypts), (KeyError::Inconsistent, Ok(())), "{bits}");
        } else {
            let refused = KeyError::RsaModulus { bits };
            assert_eq!((signs, decrypts), (refused, Err(refused)), "{bits}");
        }
    }
}

#[test]
fn ignores_leading_zeros_of_rsa_numbers() {
    let padded = |name: &str| {
        let mut bytes = vec![0, 0];
        bytes.extend(base64url::decode(jwk("rfc7515_a2")[name].as_str().unwrap()).unwrap());
        base64url::encode(&bytes)
    };
    let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    let members: serde_json::Map<String, Value> =
        names.map(|name| (name.to_owned(), padded(name).into())).into_iter().collect();
    let key = private("rfc7515_a2", members.into()).unwrap();
    assert_eq!(&key, PS256.public());
}

#[test]
fn rejects_rsa_without_its_primes() {
    for member in ["p", "q", "dp", "dq", "qi"] {
        let key = private("rfc7515_a2", json!({member: null}));
        assert_eq!(key, Err(KeyError::RsaPrimes { member }));
    }
    let alone = json!({"p": null, "q": null, "dp": null, "dq": null, "qi": null});
    assert_eq!(private("rfc7515_a2", alone), Err(KeyError::RsaPrimes { member: "p" }));
    assert_eq!(private("rfc7515_a2", json!({"oth": []})), Err(KeyError::MultiPrime));
    assert_eq!(private("rfc7515_a2", json!({"d": null})), Err(KeyError::Missing { member: "d" }));
}

#[test]
fn rejects_numbers_that_do_not_match() {
    let other = ES256.public().proof_jwk();
    let x = serde_json::from_str::<Value>(other).unwrap()["y"].clone();
    assert_eq!(private("rfc7515_a3", json!({"x": x})), Err(KeyError::Inconsistent));
    assert_eq!(private("rfc8037_a", json!({"x": x})), Err(KeyError::Inconsistent));
    // A wrong RSA exponent loads, and its first signature does not verify.
    let dp = jwk("rfc7515_a2")["dq"].clone();
    assert_eq!(private("rfc7515_a2", json!({"dp": dp})), Err(KeyError::Proof));
}

#[test]
fn rejects_weak_ed25519_keys() {
    // 0, 1, -1 and one of order 8; then 0, 1 and 18 with 2^255 - 19 added; each in both signs.
    let high = |low| {
        let mut y = [0xff; 32];
        (y[0], y[31]) = (low, 0x7f);
        y
    };
    let mut one = [0; 32];
    one[0] = 1;
    let eight = "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU";
    let eight = base64url::decode_array(eight).unwrap();
    for mut y in [[0; 32], one, high(0xec), eight, high(0xed), high(0xee), high(0xff)] {
        for sign in [0, 0x80] {
            y[31] |= sign;
            let x = base64url::encode(&y);
            let weak = Err(KeyError::Ed25519Point);
            assert_eq!(public("rfc8037_a", json!({"x": x})), weak, "{x}");
        }
    }
    assert!(public("rfc8037_a", json!({"x": base64url::encode(&high(0xeb))})).is_ok());
}

#[test]
fn signature_for_every_message_verifies_none() {
    // R is the neutral point and S is 0: valid for any message if the key is the neutral point.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&neutral)});
    let header = json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk}).to_string();
    let signature = [neutral, [0; 32]].concat();
    let parts = [header.as_bytes(), b"{}", &signature].map(base64url::encode);
    let proof = Jws::parse_proof(&parts.join("."));
    assert_eq!(proof.err(), Some(JwsError::ProofKey(KeyError::Ed25519Point)));
}

#[test]
fn rejects_other_curves_types_and_lengths() {
    for crv in ["P-384", "P-521", "secp256k1", "Ed25519", "p-256"] {
        assert_eq!(public("rfc7515_a3", json!({"crv": crv})), Err(KeyError::Curve), "{crv}");
    }
    for crv in ["Ed448", "X25519", "P-256"] {
        assert_eq!(public("rfc8037_a", json!({"crv": crv})), Err(KeyError::Curve), "{crv}");
    }
    for kty in ["oct", "rsa", "AKP", ""] {
        assert_eq!(public("rfc7515_a3", json!({"kty": kty})), Err(KeyError::KeyType), "{kty}");
    }
    let x = base64url::encode(&[1; 33]);
    let encoding = Err(KeyError::Encoding { member: "x" });
    assert_eq!(public("rfc7515_a3", json!({"x": x})), encoding);
    assert_eq!(public("rfc8037_a", json!({"x": "AQ=="})), encoding);
    assert_eq!(public("rfc7515_a3", json!({"y": null})), Err(KeyError::Missing { member: "y" }));
    let shape = public("rfc7515_a3", json!({"x": 5}));
    assert!(matches!(shape, Err(KeyError::Json(error)) if error.kind() == Kind::Shape));
}

#[test]
fn checks_use_and_key_ops() {
    assert_eq!(public("rfc7515_a3", json!({"use": "enc"})), Err(KeyError::Use));
    assert!(public("rfc7515_a3", json!({"use": "sig", "key_ops": ["verify"]})).is_ok());
    for ops in [json!([]), json!(["sign"]), json!(["verify", "verify"]), json!(["encrypt"])] {
        assert_eq!(public("rfc7515_a3", json!({"key_ops": ops})), Err(KeyError::KeyOps), "{ops}");
    }
    assert!(private("rfc7515_a3", json!({"key_ops": ["sign"]})).is_ok());
    assert_eq!(private("rfc7515_a3", json!({"key_ops": ["verify"]})), Err(KeyError::KeyOps));
    for ops in [json!("verify"), json!([1]), json!({})] {
        assert!(matches!(public("rfc7515_a3", json!({"key_ops": ops})), Err(KeyError::Json(_))));
    }
}

#[test]
fn key_id_defaults_to_the_thumbprint() {
    let named = private("rfc7515_a3", json!({"kid": "k\"1"})).unwrap();
    assert_eq!(named.kid(), Some("k\"1"));
    assert_eq!(PublicKey::from_jwk(named.jwk().as_bytes()), Ok(named.clone()));
    let unnamed = private("rfc7515_a3", json!({})).unwrap();
    assert_eq!(unnamed.kid(), Some(unnamed.thumbprint().to_string().as_str()));
    assert_eq!(named.thumbprint(), unnamed.thumbprint());
    assert_eq!(named.with_kid(unnamed.kid().unwrap()), unnamed);
}

#[test]
fn key_writes_ed25519_by_its_configured_name() {
    let default = public("rfc8037_a", json!({"kid": "a"})).unwrap();
    let renamed = default.clone().with_fully_specified_alg();
    assert_eq!((default.alg(), renamed.alg()), ("EdDSA", "Ed25519"));
    // A JWK has it as well, and publishing and renaming preserve it.
    let jwk = json!({"kid": "a", "alg": "Ed25519"});
    assert_eq!(public("rfc8037_a", jwk.clone()), Ok(renamed.clone()));
    assert_eq!(private("rfc8037_a", jwk), Ok(renamed.clone()));
    assert_eq!(PublicKey::from_jwk(renamed.jwk().as_bytes()), Ok(renamed.clone()));
    assert_eq!(renamed.clone().with_kid("b").alg(), "Ed25519");
    // It is the same key, and the same algorithm.
    assert_eq!(renamed.thumbprint(), default.thumbprint());
    assert_eq!(renamed.algorithm(), Algorithm::EdDsa);
    for key in [&ES256, &PS256] {
        let key = key.public().clone();
        assert_eq!(key.clone().with_fully_specified_alg(), key);
    }
}

#[test]
fn every_header_uses_the_configured_name() {
    let jwk = serde_json::to_vec(&jwk("rfc8037_a")).unwrap();
    for (key, alg) in [
        (PrivateKey::from_jwk(backend::ring(), &jwk).unwrap(), "EdDSA"),
        (
            PrivateKey::from_jwk(backend::ring(), &jwk).unwrap().with_fully_specified_alg(),
            "Ed25519",
        ),
    ] {
        let public = key.public();
        let issuer = Issuer::parse("https://bank.example").unwrap();
        let htu = HttpsUrl::parse("https://bank.example/token").unwrap();
        let claims = ProofClaims::new("POST", &htu, "j", NOW);
        let second = Duration::from_secs(1);
        for input in [
            AssertionKey::new(public.clone(), AssertionType::default())
                .client_assertion("app", &issuer, "j", NOW, second),
            RequestObjectKey::new(public.clone())
                .request_object("app", &issuer, "j", NOW, second, &RequestObjectParameters::new())
                .unwrap(),
            ProofKey::new(public.clone()).proof(&claims),
            statement(public, None, &json!({})).unwrap(),
        ] {
            let header = str::from_utf8(input.bytes()).unwrap().split('.').next().unwrap();
            let header: Value =
                serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
            assert_eq!(header["alg"], alg, "{:?}", input.role());
            assert!(input.attach(&key.sign(&input).unwrap()).is_ok());
        }
    }
}

#[test]
fn generated_keys_load_and_sign() {
    let backend = backend::ring();
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let der = backend.generate_pkcs8(algorithm).unwrap();
        let key = PrivateKey::from_pkcs8_der(backend, &der, None).unwrap();
        assert_eq!(key.public().algorithm(), algorithm);
        let input = statement(key.public(), None, &json!({})).unwrap();
        assert!(input.attach(&key.sign(&input).unwrap()).is_ok());
        assert_ne!(backend.generate_pkcs8(algorithm).unwrap(), der);
    }
    let algorithm = Algorithm::Ps256;
    assert_eq!(backend.generate_pkcs8(algorithm), Err(KeyError::CannotGenerate { algorithm }));
}

/// RFC 8410 section 7. OpenSSL 3.0, Node and Python's cryptography read no other version.
#[test]
fn generated_ed25519_keys_are_pkcs8_version_1() {
    let der = backend::ring().generate_pkcs8(Algorithm::EdDsa).unwrap();
    let (before, seed) = der.split_at(16);
    assert_eq!(before, b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20");
    assert_eq!(seed.len(), 32);
}

#[test]
fn keys_use_the_name_that_a_server_lists() {
    let listed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let key = EDDSA.public().clone();
    for (names, alg) in [
        (&["Ed25519"][..], "Ed25519"),
        (&["ES256", "Ed25519"], "Ed25519"),
        (&["Ed25519", "EdDSA"], "EdDSA"),
        (&["EdDSA"], "EdDSA"),
        (&["ES256"], "EdDSA"),
        (&[], "EdDSA"),
    ] {
        assert_eq!(key.clone().with_listed_alg(&listed(names)).alg(), alg, "{names:?}");
    }
    let renamed = key.with_fully_specified_alg();
    assert_eq!(renamed.clone().with_listed_alg(&listed(&["EdDSA"])).alg(), "EdDSA");
    assert_eq!(renamed.with_listed_alg(&listed(&["EdDSA", "Ed25519"])).alg(), "Ed25519");
    let es256 = ES256.public().clone();
    assert_eq!(es256.clone().with_listed_alg(&listed(&["Ed25519"])), es256);
}

#[test]
fn private_keys_do_not_print() {
    for (key, section) in all_keys().into_iter().zip(["rfc7515_a2", "rfc7515_a3", "rfc8037_a"]) {
        let printed = format!("{key:?}");
        let d = base64url::decode(jwk(section)["d"].as_str().unwrap()).unwrap();
        assert!(!printed.contains(jwk(section)["d"].as_str().unwrap()));
        assert!(!printed.contains(&format!("{:?}", &d[..4])));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, text: String) {
        let _ = PublicKey::from_jwk(&bytes);
        let _ = PrivateKey::from_jwk(backend::ring(), text.as_bytes());
        let _ = Thumbprint::parse(&text);
    }

    #[test]
    fn no_member_panics(
        name in "kty|crv|x|y|d|n|e|p|alg|use|kid|key_ops",
        value in "[A-Za-z0-9_-]{0,50}",
    ) {
        for section in ["rfc7515_a2", "rfc7515_a3", "rfc8037_a"] {
            let _ = public(section, json!({name.as_str(): value}));
            if let Ok(key) = private(section, json!({name.as_str(): value})) {
                // Members of another key type are ignored.
                let known = all_keys().map(|known| known.public().thumbprint());
                prop_assert!(known.contains(&key.thumbprint()));
            }
        }
    }

    #[test]
    fn a_thumbprint_does_not_depend_on_members_that_rfc7638_leaves_out(kid in ".{0,20}") {
        for section in ["rfc7515_a2", "rfc7515_a3", "rfc8037_a"] {
            let key = public(section, json!({"kid": kid, "use": "sig", "x-more": [1]})).unwrap();
            prop_assert_eq!(key.thumbprint(), public(section, json!({})).unwrap().thumbprint());
        }
    }

    #[test]
    fn a_thumbprint_is_read_back(certificate: Vec<u8>) {
        let thumbprint = Thumbprint::of_certificate(&certificate);
        // RFC 8705 3.1: the SHA-256 digest of the DER encoding.
        prop_assert_eq!(&thumbprint.as_bytes()[..], &Sha256::digest(&certificate)[..]);
        prop_assert_eq!(Thumbprint::parse(&thumbprint.to_string()), Ok(thumbprint));
        let json = serde_json::to_string(&thumbprint).unwrap();
        prop_assert_eq!(serde_json::from_str::<Thumbprint>(&json).unwrap(), thumbprint);
    }

    #[test]
    fn a_public_key_is_read_back(kid in ".{0,20}") {
        for section in ["rfc7515_a2", "rfc7515_a3", "rfc8037_a"] {
            let key = public(section, json!({})).unwrap().with_kid(&kid);
            prop_assert_eq!(PublicKey::from_jwk(key.jwk().as_bytes()), Ok(key));
        }
    }
}
