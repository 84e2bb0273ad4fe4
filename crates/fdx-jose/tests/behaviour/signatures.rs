//! Signing in two steps: the input goes to a signer, the signature comes back.

use fdx_jose::{
    Algorithm, Jws, Role, Signature, Signer, SigningError, SigningInput, backend, statement,
};
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{EDDSA, ES256, PS256, all_keys};

fn der(parts: &[&[u8]]) -> Vec<u8> {
    let integers: Vec<u8> =
        parts.iter().flat_map(|bytes| [&[2, bytes.len() as u8], *bytes].concat()).collect();
    [&[0x30, integers.len() as u8], &integers[..]].concat()
}

/// The shortest two's complement of a number.
fn shortest(number: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    match digits.first() {
        Some(0x80..) => [&[0], &digits[..]].concat(),
        _ => digits,
    }
}

#[test]
fn input_has_everything_a_signer_needs() {
    for key in all_keys() {
        let input = statement(key.public(), Some("JWT"), &json!({"secret": "Kz8mXK1E"})).unwrap();
        assert_eq!(input.role(), Role::Statement);
        assert_eq!(input.algorithm(), key.public().algorithm());
        assert_eq!(input.kid(), key.public().kid());
        assert_eq!(input.key(), key.public().thumbprint());
        assert_eq!(input.digest(), <[u8; 32]>::from(Sha256::digest(input.bytes())));
        let printed = format!("{input:?}");
        assert!(!printed.contains(str::from_utf8(input.bytes()).unwrap()));
        assert!(printed.contains(&input.bytes().len().to_string()));
    }
}

#[test]
fn several_keys_sign_by_thumbprint() {
    let backend = backend::ring();
    let fresh = |algorithm| {
        let der = backend.generate_pkcs8(algorithm).unwrap();
        fdx_jose::PrivateKey::from_pkcs8_der(backend, &der, Some("same")).unwrap()
    };
    let keys = vec![fresh(Algorithm::Es256), fresh(Algorithm::EdDsa), fresh(Algorithm::Es256)];
    for key in &keys {
        let input = statement(key.public(), None, &json!({})).unwrap();
        let token = input.attach(&keys.sign(&input).unwrap()).unwrap();
        assert_eq!(Jws::parse(&token).unwrap().verify(backend, key.public()), Ok(()));
    }
    let input = statement(EDDSA.public(), None, &json!({})).unwrap();
    let thumbprint = EDDSA.public().thumbprint();
    assert_eq!(keys.sign(&input), Err(SigningError::NoKey { thumbprint }));
    assert_eq!(ES256.sign(&input), Err(SigningError::NoKey { thumbprint }));
}

#[test]
fn keys_and_inputs_are_send_and_sync() {
    fn assert<T: Send + Sync + 'static>() {}
    assert::<fdx_jose::PrivateKey>();
    assert::<SigningInput>();
    assert::<fdx_jose::SealingKeys>();
}

#[test]
fn rejects_signature_of_another_length() {
    for (key, expected) in [(&PS256, 256), (&ES256, 64), (&EDDSA, 64)] {
        let input = statement(key.public(), None, &json!({})).unwrap();
        for actual in [0, 63, 64, 65, 70, 255, 256, 257] {
            let attached = input.attach(&Signature::from_jws(vec![0; actual]));
            if actual == expected {
                assert!(attached.is_ok());
            } else {
                assert_eq!(attached, Err(SigningError::Length { expected, actual }));
            }
        }
    }
}

#[test]
fn converts_der_signature_of_a_service() {
    // A key management service returns DER.
    let input: SigningInput = statement(ES256.public(), None, &json!({"a": 1})).unwrap();
    let raw = ES256.sign(&input).unwrap();
    let (r, s) = raw.as_bytes().split_at(32);
    let converted = Signature::from_der_ecdsa(&der(&[&shortest(r), &shortest(s)])).unwrap();
    let token = input.attach(&converted).unwrap();
    assert_eq!(Jws::parse(&token).unwrap().verify(backend::ring(), ES256.public()), Ok(()));
}

#[test]
fn rejects_lenient_der() {
    let one: &[u8] = &[1];
    let good = der(&[one, one]);
    assert!(Signature::from_der_ecdsa(&good).is_ok());
    let long = |length: u8| [&[0x30, 0x81, length], &good[2..]].concat();
    for bad in [
        vec![],
        good[..good.len() - 1].to_vec(),
        [&good[..], &[0]].concat(),
        [&[0x31], &good[1..]].concat(),
        long(6),
        [&[0x30, 0x80], &good[2..], &[0, 0]].concat(),
        der(&[one]),
        der(&[one, one, one]),
        der(&[&[], one]),
        der(&[&[0], one]),
        der(&[one, &[0]]),
        der(&[&[0x80], one]),
        der(&[&[0, 1], one]),
        der(&[&[1; 33], one]),
        vec![0; 64],
    ] {
        assert_eq!(Signature::from_der_ecdsa(&bad), Err(SigningError::Der), "{bad:02x?}");
    }
}

proptest! {
    #[test]
    fn every_pair_of_numbers_is_read_back_from_der(r: [u8; 32], s: [u8; 32]) {
        let converted = Signature::from_der_ecdsa(&der(&[&shortest(&r), &shortest(&s)]));
        if r == [0; 32] || s == [0; 32] {
            prop_assert_eq!(converted, Err(SigningError::Der));
        } else {
            let converted = converted.unwrap();
            prop_assert_eq!(converted.as_bytes(), [r, s].concat());
        }
    }

    #[test]
    fn short_numbers_are_padded(r in 1_u8.., s in 1_u8..) {
        let pair = der(&[&shortest(&[r]), &shortest(&[s])]);
        let converted = Signature::from_der_ecdsa(&pair).unwrap();
        let mut expected = [0; 64];
        (expected[31], expected[63]) = (r, s);
        prop_assert_eq!(converted.as_bytes(), expected);
    }

    #[test]
    fn no_der_panics(bytes: Vec<u8>) {
        let _ = Signature::from_der_ecdsa(&bytes);
    }

    #[test]
    fn inputs_depend_on_their_arguments_alone(claim: String, typ: String) {
        for key in all_keys() {
            let make = || statement(key.public(), Some(&typ), &json!({"c": claim})).unwrap();
            prop_assert_eq!(make(), make());
        }
    }

    #[test]
    fn ed25519_signs_alike_twice(claim: String) {
        let input = statement(EDDSA.public(), None, &json!({"c": claim})).unwrap();
        prop_assert_eq!(EDDSA.sign(&input), EDDSA.sign(&input));
    }
}
