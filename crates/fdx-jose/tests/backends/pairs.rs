//! Laws of two backends: each accepts the output of the other.

use fdx_jose::{
    Algorithm, Backend, JwsError, KeyError, PrivateKey, SealingKey, SealingKeys, Signer, statement,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::support::{SECTIONS, jwk, keys, signature, signed, verify, with_signature};

pub(crate) fn each_verifies_signatures_of_the_other(one: Backend, other: Backend) {
    let (ours, theirs) = (keys(one), keys(other));
    let law = |claim: String| {
        for (our, their) in ours.iter().zip(&theirs) {
            prop_assert_eq!(our.public(), their.public());
            let token = signed(our, &json!({"claim": claim}));
            prop_assert_eq!(verify(other, &token, their.public()), Ok(()));
        }
        Ok(())
    };
    runner().run(&any::<String>(), law).unwrap();
}

pub(crate) fn both_reject_the_same_signatures(one: Backend, other: Backend) {
    let keys = keys(one);
    let law = |(at, bit): (usize, u8)| {
        for key in &keys {
            let token = signed(key, &json!({}));
            let mut changed = signature(&token);
            let at = at % changed.len();
            changed[at] ^= 1 << bit;
            let token = with_signature(&token, &changed);
            for backend in [one, other] {
                prop_assert_eq!(verify(backend, &token, key.public()), Err(JwsError::Signature));
            }
        }
        Ok(())
    };
    runner().run(&(any::<usize>(), 0_u8..8), law).unwrap();
}

pub(crate) fn ed25519_signs_alike(one: Backend, other: Backend) {
    let ([.., ours], [.., theirs]) = (keys(one), keys(other));
    let law = |claim: String| {
        let input = statement(ours.public(), None, &json!({"claim": claim})).unwrap();
        prop_assert_eq!(ours.sign(&input), theirs.sign(&input));
        Ok(())
    };
    runner().run(&any::<String>(), law).unwrap();
}

pub(crate) fn each_loads_keys_of_the_other(one: Backend, other: Backend) {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Ps256] {
        let der = match one.generate_pkcs8(algorithm) {
            Ok(der) => der,
            Err(error) => {
                assert_eq!(error, KeyError::CannotGenerate { algorithm });
                continue;
            }
        };
        let load = |backend| PrivateKey::from_pkcs8_der(backend, &der, None).unwrap();
        let (ours, theirs) = (load(one), load(other));
        assert_eq!(ours.public(), theirs.public());
        assert_eq!(verify(one, &signed(&theirs, &json!({})), ours.public()), Ok(()));
    }
}

pub(crate) fn each_opens_values_sealed_by_the_other(one: Backend, other: Backend) {
    let law = |(id, key, salt, text): (u32, [u8; 32], [u8; 32], String)| {
        let keys = |backend| SealingKeys::new(backend, SealingKey::new(id, key));
        let sealed = keys(one).seal(&[b"c"], salt, text.as_bytes()).unwrap();
        prop_assert_eq!(&sealed, &keys(other).seal(&[b"c"], salt, text.as_bytes()).unwrap());
        let opened = keys(other).open(&[b"c"], &sealed).unwrap();
        prop_assert_eq!(opened.expose(), text);
        Ok(())
    };
    runner().run(&any::<(u32, [u8; 32], [u8; 32], String)>(), law).unwrap();
}

pub(crate) fn both_reject_the_same_keys(one: Backend, other: Backend) {
    // All members except `d` of RSA, which ring never uses: see the module `backend`.
    let members = [&["n", "p", "q", "dp", "dq", "qi"][..], &["d", "x", "y"], &["d", "x"]];
    let law = |(section, member, at, bit): (usize, usize, usize, u8)| {
        let names = members[section];
        let name = names[member % names.len()];
        let section = SECTIONS[section];
        let printed = &crate::support::RFC[section]["private_jwk"][name];
        let mut bytes = fdx_wire::base64url::decode(crate::support::text(printed)).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let jwk = jwk(section, json!({name: fdx_wire::base64url::encode(&bytes)}));
        for backend in [one, other] {
            prop_assert!(
                PrivateKey::from_jwk(backend, &jwk).is_err(),
                "{} {} {}",
                section,
                name,
                at
            );
        }
        Ok(())
    };
    runner().run(&(0..3_usize, any::<usize>(), any::<usize>(), 0_u8..8), law).unwrap();
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })
}
