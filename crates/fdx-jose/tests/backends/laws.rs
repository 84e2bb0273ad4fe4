//! Laws of one backend.

use fdx_jose::{
    Algorithm, Backend, Jws, JwsError, KeyError, PrivateKey, PublicKey, RsaSize, SealError,
    SealingKey, SealingKeys,
};
use fdx_wire::base64url;
use serde_json::{Value, json};

use crate::support::{
    PS256, RFC, SECTIONS, jwk, keys, signature, signed, text, verify, with_signature,
};

pub(crate) fn verifies_the_examples_of_the_rfcs(backend: Backend) {
    let [_, es256, eddsa] = keys(backend);
    let printed = |section: &str| text(&RFC[section]["jws"]);
    assert_eq!(verify(backend, printed("rfc7515_a3"), es256.public()), Ok(()));
    assert_eq!(verify(backend, printed("rfc8037_a"), eddsa.public()), Ok(()));
    for proof in ["token_request_proof_fig2", "resource_request_proof_fig13"] {
        let proof = Jws::parse_proof(text(&RFC["rfc9449"][proof])).unwrap();
        assert_eq!(proof.verify(backend, proof.embedded_key().unwrap()), Ok(()));
    }
}

pub(crate) fn loads_jwks_of_every_key_type(backend: Backend) {
    for (key, section) in keys(backend).iter().zip(SECTIONS) {
        let printed: Value = serde_json::from_slice(&jwk(section, json!({}))).unwrap();
        let public: Value = serde_json::from_str(key.public().proof_jwk()).unwrap();
        for (name, value) in public.as_object().unwrap() {
            assert_eq!(value, &printed[name], "{section} {name}");
        }
        let token = signed(key, &json!({"a": 1}));
        assert_eq!(verify(backend, &token, key.public()), Ok(()));
    }
}

pub(crate) fn ignores_leading_zeros_of_rsa_numbers(backend: Backend) {
    let padded = |name: &str| {
        let bytes = base64url::decode(text(&RFC["rfc7515_a2"]["private_jwk"][name])).unwrap();
        let padded = base64url::encode(&[&[0, 0], &bytes[..]].concat());
        (name.to_owned(), Value::from(padded))
    };
    let members = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(padded).into_iter().collect();
    let jwk = jwk("rfc7515_a2", Value::Object(members));
    let key = PrivateKey::from_jwk(backend, &jwk).unwrap();
    assert_eq!(key.public(), keys(backend)[0].public());
}

pub(crate) fn rejects_numbers_that_do_not_match(backend: Backend) {
    let rsa = |name: &str| RFC["rfc7515_a2"]["private_jwk"][name].clone();
    let other = RFC["rfc7515_a3"]["private_jwk"]["y"].clone();
    let zero = base64url::encode(&[0; 32]);
    for (section, members) in [
        ("rfc7515_a3", json!({"x": other})),
        ("rfc7515_a3", json!({"d": other})),
        ("rfc7515_a3", json!({"d": zero})),
        ("rfc7515_a3", json!({"d": base64url::encode(&[0xff; 32])})),
        ("rfc8037_a", json!({"x": other})),
        ("rfc7515_a2", json!({"dp": rsa("dq")})),
        ("rfc7515_a2", json!({"dq": rsa("dp")})),
        ("rfc7515_a2", json!({"qi": rsa("dp")})),
        ("rfc7515_a2", json!({"p": rsa("q"), "q": rsa("p")})),
        ("rfc7515_a2", json!({"p": rsa("q")})),
        ("rfc7515_a2", json!({"p": "AQ", "q": rsa("n")})),
    ] {
        let key = PrivateKey::from_jwk(backend, &jwk(section, members.clone()));
        // Some are rejected when they are loaded, some by their first signature.
        let error = key.map(|_| ()).unwrap_err();
        assert!(
            matches!(error, KeyError::Inconsistent | KeyError::Proof),
            "{section} {members}: {error:?}"
        );
    }
}

pub(crate) fn rejects_wrong_rsa_exponent_if_it_is_used(backend: Backend) {
    // The only difference between the backends: see the module `backend`.
    let d = &RFC["rfc7515_a2"]["private_jwk"]["d"];
    let mut wrong = base64url::decode(text(d)).unwrap();
    wrong[9] ^= 1;
    let jwk = jwk("rfc7515_a2", json!({"d": base64url::encode(&wrong)}));
    let loaded = PrivateKey::from_jwk(backend, &jwk).map(|key| key.public().clone());
    match backend.name() {
        "ring" => assert_eq!(loaded.as_ref(), Ok(keys(backend)[0].public())),
        _ => assert_eq!(loaded, Err(KeyError::Inconsistent)),
    }
}

pub(crate) fn rejects_weak_private_keys(backend: Backend) {
    let refused = |members| PrivateKey::from_jwk(backend, &jwk("rfc7515_a2", members)).unwrap_err();
    let short = base64url::encode(&[0xff; 128]);
    assert_eq!(refused(json!({"n": short})), KeyError::RsaModulus { bits: 1024 });
    let long = base64url::encode(&[0xff; 513]);
    assert_eq!(refused(json!({"n": long})), KeyError::RsaModulus { bits: 4104 });
    let between = base64url::encode(&[0xff; 320]);
    assert_eq!(refused(json!({"n": between})), KeyError::RsaModulus { bits: 2560 });
    assert_eq!(refused(json!({"e": "Aw"})), KeyError::RsaExponent);
    assert_eq!(refused(json!({"p": null})), KeyError::RsaPrimes { member: "p" });
}

pub(crate) fn loads_seed_without_public_key(backend: Backend) {
    // PKCS#8 version 1, the format of OpenSSL (RFC 8410 section 7).
    let seed = base64url::decode(text(&RFC["rfc8037_a"]["private_jwk"]["d"])).unwrap();
    let before = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let der = [&before[..], &seed].concat();
    let key = PrivateKey::from_pkcs8_der(backend, &der, None).unwrap();
    assert_eq!(key.public(), keys(backend)[2].public());
}

pub(crate) fn generated_keys_load_sign_and_differ(backend: Backend) {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256] {
        let der = backend.generate_pkcs8(algorithm).unwrap();
        assert_ne!(backend.generate_pkcs8(algorithm).unwrap(), der);
        let key = PrivateKey::from_pkcs8_der(backend, &der, None).unwrap();
        assert_eq!(key.public().algorithm(), algorithm);
        assert_eq!(verify(backend, &signed(&key, &json!({})), key.public()), Ok(()));
    }
}

pub(crate) fn generated_keys_reload_from_pem_and_jwk(backend: Backend) {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256] {
        let fresh = match PrivateKey::generate(backend, algorithm, Some("new")) {
            Err(error) => {
                assert_eq!(
                    (error, backend.name()),
                    (KeyError::CannotGenerate { algorithm }, "ring")
                );
                continue;
            }
            Ok(fresh) => fresh,
        };
        assert_eq!(fresh.key.public().algorithm(), algorithm);
        let loaded = PrivateKey::from_pem(backend, fresh.pkcs8_pem.expose(), Some("new")).unwrap();
        assert_eq!(loaded.public(), fresh.key.public());
        let jwk = PrivateKey::from_jwk(backend, fresh.private_jwk.expose().as_bytes()).unwrap();
        assert_eq!(jwk.public(), fresh.key.public());
        let token = signed(&loaded, &json!({"a": 1}));
        assert_eq!(verify(backend, &token, fresh.key.public()), Ok(()));
        assert!(!format!("{fresh:?}").contains("BEGIN"));
    }
}

pub(crate) fn generates_rsa_keys_of_the_requested_size_or_reports_that_it_cannot(backend: Backend) {
    let algorithm = Algorithm::Ps256;
    if backend.name() == "ring" {
        let refused = Err(KeyError::CannotGenerate { algorithm });
        assert_eq!(backend.generate_pkcs8(algorithm), refused);
        assert_eq!(backend.generate_rsa_pkcs8(RsaSize::Bits3072), refused);
        return;
    }
    for (der, length) in [
        (backend.generate_pkcs8(algorithm).unwrap(), 256),
        (backend.generate_rsa_pkcs8(RsaSize::Bits2048).unwrap(), 256),
        (backend.generate_rsa_pkcs8(RsaSize::Bits3072).unwrap(), 384),
    ] {
        let key = PrivateKey::from_pkcs8_der(backend, &der, None).unwrap();
        let token = signed(&key, &json!({}));
        assert_eq!(signature(&token).len(), length);
        assert_eq!(verify(backend, &token, key.public()), Ok(()));
    }
}

pub(crate) fn ps256_of_another_library_verifies(backend: Backend) {
    let [ps256, ..] = keys(backend);
    assert_eq!(verify(backend, text(&PS256["good"]), ps256.public()), Ok(()));
}

pub(crate) fn rejects_other_pss_parameters(backend: Backend) {
    // RFC 7518 3.5: the salt is as long as the hash, and the hash of MGF1 is the same.
    let [ps256, ..] = keys(backend);
    for (name, token) in PS256["refused"].as_object().unwrap() {
        let verdict = verify(backend, text(token), ps256.public());
        assert_eq!(verdict, Err(JwsError::Signature), "{name}");
    }
}

pub(crate) fn verifies_with_unusual_rsa_keys(backend: Backend) {
    for other in PS256["other_keys"].as_array().unwrap() {
        let key = PublicKey::from_jwk(other["jwk"].to_string().as_bytes()).unwrap();
        assert_eq!(verify(backend, text(&other["jws"]), &key), Ok(()), "{}", other["name"]);
    }
}

pub(crate) fn rejects_signatures_of_another_form(backend: Backend) {
    for key in &keys(backend) {
        let token = signed(key, &json!({}));
        let good = signature(&token);
        let length = good.len();
        let (r, s) = good.split_at(length / 2);
        let zeros = vec![0; length / 2];
        for bytes in [
            vec![],
            vec![0; length],
            vec![0xff; length],
            good[1..].to_vec(),
            good[..length - 1].to_vec(),
            [&[0], &good[..]].concat(),
            [&good[..], &[0]].concat(),
            [r, &zeros].concat(),
            [&zeros, s].concat(),
            [s, r].concat(),
            [&[0x30, length as u8 + 4, 2, length as u8 / 2], r, &[2, length as u8 / 2], s].concat(),
        ] {
            let verdict = verify(backend, &with_signature(&token, &bytes), key.public());
            assert_eq!(verdict, Err(JwsError::Signature), "{bytes:02x?}");
        }
    }
}

pub(crate) fn point_off_the_curve_verifies_nothing(backend: Backend) {
    let token = text(&RFC["rfc7515_a3"]["jws"]);
    let mut jwk: Value = serde_json::from_str(keys(backend)[1].public().proof_jwk()).unwrap();
    for y in [jwk["x"].clone(), base64url::encode(&[0; 32]).into()] {
        jwk["y"] = y;
        let key = PublicKey::from_jwk(jwk.to_string().as_bytes()).unwrap();
        assert_eq!(verify(backend, token, &key), Err(JwsError::Signature));
    }
}

pub(crate) fn seal_format_is_stable(backend: Backend) {
    // Computed from the description of the format with another library (pyca/cryptography).
    const SEALED: &str =
        "AQAAAAEJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCe-wOb06TOuErdW9q9YuhW4vLdFe1w";
    let keys = SealingKeys::new(backend, SealingKey::new(1, [7; 32]));
    let context: [&[u8]; 2] = [b"https://bank.example", b"session"];
    assert_eq!(keys.seal(&context, [9; 32], b"state").unwrap(), SEALED);
    assert_eq!(keys.open(&context, SEALED).unwrap().expose(), "state");
    let bytes = base64url::decode(SEALED).unwrap();
    assert_eq!(keys.seal_bytes(&context, [9; 32], b"state").unwrap(), bytes);
    assert_eq!(keys.open_bytes(&context, &bytes).unwrap().as_bytes(), b"state");
}

pub(crate) fn rejects_changed_sealed_values(backend: Backend) {
    let keys = SealingKeys::new(backend, SealingKey::new(1, [7; 32]));
    let sealed = keys.seal(&[b"c"], [9; 32], b"state").unwrap();
    assert_eq!(keys.open(&[b"d"], &sealed), Err(SealError::Unauthentic));
    let bytes = base64url::decode(&sealed).unwrap();
    for at in 5..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let changed = base64url::encode(&changed);
        assert_eq!(keys.open(&[b"c"], &changed), Err(SealError::Unauthentic), "{at}");
    }
    for length in 37..bytes.len() {
        let short = base64url::encode(&bytes[..length]);
        assert_eq!(keys.open(&[b"c"], &short), Err(SealError::Unauthentic), "{length}");
    }
}

pub(crate) fn debug_shows_only_the_name(backend: Backend) {
    assert_eq!(format!("{backend:?}"), format!("Backend({})", backend.name()));
}
