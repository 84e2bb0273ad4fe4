//! PKCS#8, PKCS#1 and PEM.

use fdx_jose::{KeyError, PrivateKey, PublicKey, backend};
use fdx_wire::base64url;
use proptest::prelude::*;

use crate::support::{EDDSA, ES256, PS256, jwk};

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut der = vec![tag];
    match content.len() {
        short @ 0..=0x7f => der.push(short as u8),
        middle @ 0x80..=0xff => der.extend([0x81, middle as u8]),
        long => der.extend([&[0x82], &(long as u16).to_be_bytes()[..]].concat()),
    }
    der.extend(content);
    der
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    match bytes[0] {
        0x80.. => element(2, &[&[0], bytes]),
        _ => element(2, &[bytes]),
    }
}

fn member(section: &str, name: &str) -> Vec<u8> {
    base64url::decode(jwk(section)[name].as_str().unwrap()).unwrap()
}

fn pkcs1() -> Vec<u8> {
    pkcs1_with(0, &[])
}

fn pkcs1_with(version: u8, after: &[u8]) -> Vec<u8> {
    let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    let numbers = names.map(|name| integer(&member("rfc7515_a2", name)));
    element(0x30, &[&element(2, &[&[version]]), &numbers.concat(), after])
}

fn sec1() -> Vec<u8> {
    let (x, y) = (member("rfc7515_a3", "x"), member("rfc7515_a3", "y"));
    let point = element(3, &[&[0, 4], &x, &y]);
    let d = element(4, &[&member("rfc7515_a3", "d")]);
    element(0x30, &[&element(2, &[&[1]]), &d, &element(0xa1, &[&point])])
}

fn seed() -> Vec<u8> {
    element(4, &[&member("rfc8037_a", "d")])
}

fn pkcs8(version: u8, algorithm: &[&[u8]], key: &[u8], after: &[u8]) -> Vec<u8> {
    let algorithm = element(0x30, &[&algorithm.concat()]);
    element(0x30, &[&element(2, &[&[version]]), &algorithm, &element(4, &[key]), after])
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64url::encode(der).replace('-', "+").replace('_', "/");
    let text = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|c| str::from_utf8(c).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn all_pkcs8() -> [(Vec<u8>, &'static PublicKey); 4] {
    let rsa = pkcs8(0, &[&element(6, &[RSA]), &[5, 0]], &pkcs1(), &[]);
    let ec = pkcs8(0, &[&element(6, &[EC]), &element(6, &[P256])], &sec1(), &[]);
    let ed1 = pkcs8(0, &[&element(6, &[ED25519])], &seed(), &[]);
    let x = element(0x81, &[&[0], &member("rfc8037_a", "x")]);
    let ed2 = pkcs8(1, &[&element(6, &[ED25519])], &seed(), &x);
    [(rsa, PS256.public()), (ec, ES256.public()), (ed1, EDDSA.public()), (ed2, EDDSA.public())]
}

fn from_der(der: &[u8]) -> Result<PublicKey, KeyError> {
    PrivateKey::from_pkcs8_der(backend::ring(), der, None).map(|key| key.public().clone())
}

fn from_pem(pem: &str) -> Result<PublicKey, KeyError> {
    PrivateKey::from_pem(backend::ring(), pem, None).map(|key| key.public().clone())
}

#[test]
fn loads_pkcs8_of_every_key_type_from_der_and_pem() {
    for (der, public) in all_pkcs8() {
        assert_eq!(from_der(&der).as_ref(), Ok(public));
        assert_eq!(from_pem(&pem("PRIVATE KEY", &der)).as_ref(), Ok(public));
        let named = PrivateKey::from_pkcs8_der(backend::ring(), &der, Some("a")).unwrap();
        assert_eq!(named.public().kid(), Some("a"));
    }
}

/// `SubjectPublicKeyInfo` (RFC 5280 section 4.1).
fn spki(algorithm: &[&[u8]], bits: &[u8]) -> Vec<u8> {
    element(0x30, &[&element(0x30, &[&algorithm.concat()]), &element(3, &[&[0], bits])])
}

#[test]
fn loads_public_pem_of_every_key_type() {
    let rsa = ["n", "e"].map(|name| integer(&member("rfc7515_a2", name))).concat();
    let point = [&[4][..], &member("rfc7515_a3", "x"), &member("rfc7515_a3", "y")].concat();
    let x = member("rfc8037_a", "x");
    let ed = spki(&[&element(6, &[ED25519])], &x);
    for (der, public) in [
        (spki(&[&element(6, &[RSA]), &[5, 0]], &element(0x30, &[&rsa])), PS256.public()),
        (spki(&[&element(6, &[EC]), &element(6, &[P256])], &point), ES256.public()),
        (ed.clone(), EDDSA.public()),
    ] {
        let text = pem("PUBLIC KEY", &der);
        let read = PublicKey::from_pem(&text, public.kid()).unwrap();
        assert_eq!(&read, public);
        let unnamed = PublicKey::from_pem(&text, None).unwrap();
        assert_eq!(unnamed.kid(), Some(public.thumbprint().to_string().as_str()));
        let longer = [der, vec![0]].concat();
        assert_eq!(PublicKey::from_pem(&pem("PUBLIC KEY", &longer), None), Err(KeyError::Trailing));
    }
    for (text, error) in [
        (
            pem("PUBLIC KEY", &spki(&[&element(6, &[EC]), &element(6, &[P384])], &point)),
            KeyError::Curve,
        ),
        (pem("PUBLIC KEY", &spki(&[&element(6, &[RSA_PSS])], &x)), KeyError::KeyType),
        (pem("PUBLIC KEY", &spki(&[&element(6, &[ED25519])], &x[1..])), KeyError::Der),
        (pem("PUBLIC KEY", &ed).repeat(2), KeyError::Pem),
        (pem("PRIVATE KEY", &ed), KeyError::Pem),
    ] {
        assert_eq!(PublicKey::from_pem(&text, None), Err(error), "{text}");
    }
}

#[test]
fn loads_pkcs1_pem_inside_other_text() {
    let text = pem("RSA PRIVATE KEY", &pkcs1());
    assert_eq!(from_pem(&text).as_ref(), Ok(PS256.public()));
    let certificate = pem("CERTIFICATE", &[1, 2, 3]);
    let around = format!("key of the demo\r\n{certificate}{}", text.replace('\n', "\r\n"));
    assert_eq!(from_pem(&around).as_ref(), Ok(PS256.public()));
}

#[test]
fn rejects_pkcs1_with_more_than_two_primes() {
    // RFC 8017 A.1.2: version 1 has more than two primes. There is no other version.
    let after = element(2, &[&[3]]);
    for (der, error) in [
        (pkcs1_with(1, &[]), KeyError::MultiPrime),
        (pkcs1_with(1, &after), KeyError::MultiPrime),
        (pkcs1_with(2, &[]), KeyError::Der),
        (pkcs1_with(0, &after), KeyError::Trailing),
        ([pkcs1(), after].concat(), KeyError::Trailing),
    ] {
        assert_eq!(from_pem(&pem("RSA PRIVATE KEY", &der)), Err(error));
    }
}

#[test]
fn rejects_pem_over_64_kib() {
    let key = pem("PRIVATE KEY", &all_pkcs8()[1].0);
    let long = |length: usize| format!("{}{key}", "x".repeat(length - key.len()));
    assert_eq!(from_pem(&long(65_536)).as_ref(), Ok(ES256.public()));
    assert_eq!(from_pem(&long(65_537)), Err(KeyError::Pem));
}

#[test]
fn rejects_sec1_and_encrypted_pem_with_conversion_command() {
    let refused = [
        (pem("EC PRIVATE KEY", &sec1()), KeyError::Sec1),
        (pem("ENCRYPTED PRIVATE KEY", &[1]), KeyError::Encrypted),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n\
             AAAA\n-----END RSA PRIVATE KEY-----\n"
                .to_owned(),
            KeyError::Encrypted,
        ),
    ];
    for (text, error) in refused {
        assert_eq!(from_pem(&text), Err(error));
        assert!(error.to_string().contains("openssl pkcs8 -topk8 -nocrypt"));
    }
}

#[test]
fn rejects_other_pem() {
    let one = pem("PRIVATE KEY", &all_pkcs8()[1].0);
    for text in [
        String::new(),
        pem("PUBLIC KEY", &[1]),
        format!("{one}{one}"),
        one.replace("-----END", "-----end"),
        one.replacen('\n', "\n-", 1),
        "x".repeat(100_000),
    ] {
        assert_eq!(from_pem(&text), Err(KeyError::Pem), "{text:.80}");
    }
    assert_eq!(from_pem(&pem("DSA PRIVATE KEY", &[1])), Err(KeyError::KeyType));
}

#[test]
fn rejects_other_pkcs8() {
    let p384 = pkcs8(0, &[&element(6, &[EC]), &element(6, &[P384])], &sec1(), &[]);
    assert_eq!(from_der(&p384), Err(KeyError::Curve));
    let pss = pkcs8(0, &[&element(6, &[RSA_PSS])], &pkcs1(), &[]);
    assert_eq!(from_der(&pss), Err(KeyError::KeyType));
    assert_eq!(from_der(&pkcs1()), Err(KeyError::Der));
    let version = pkcs8(2, &[&element(6, &[ED25519])], &seed(), &[]);
    assert_eq!(from_der(&version), Err(KeyError::Der));
    let other = element(0x81, &[&[0], &member("rfc7515_a3", "x")]);
    let mismatch = pkcs8(1, &[&element(6, &[ED25519])], &seed(), &other);
    assert_eq!(from_der(&mismatch), Err(KeyError::Inconsistent));
}

#[test]
fn rejects_bytes_after_the_key() {
    for (mut der, _) in all_pkcs8() {
        der.push(0);
        assert_eq!(from_der(&der), Err(KeyError::Trailing));
    }
}

#[test]
fn rejects_elements_that_the_key_type_does_not_have() {
    let (null, oid) = (vec![5, 0], |oid| element(6, &[oid]));
    let rsa: [&[u8]; 2] = [&oid(RSA), &null];
    let ec: [&[u8]; 2] = [&oid(EC), &oid(P256)];
    let public = element(0x81, &[&[0], &member("rfc7515_a3", "x")]);
    let sec1_with = |in_point: &[u8], after: &[u8]| {
        let (x, y) = (member("rfc7515_a3", "x"), member("rfc7515_a3", "y"));
        let point = element(3, &[&[0, 4], &x, &y]);
        let d = element(4, &[&member("rfc7515_a3", "d")]);
        let public = element(0xa1, &[&point, in_point]);
        element(0x30, &[&element(2, &[&[1]]), &d, &public, after])
    };
    for (name, der) in [
        ("RSA, after the key", pkcs8(0, &rsa, &pkcs1(), &null)),
        ("RSA, a public key", pkcs8(1, &rsa, &pkcs1(), &public)),
        ("RSA, in the algorithm", pkcs8(0, &[rsa[0], &null, &null], &pkcs1(), &[])),
        ("RSA, other parameters", pkcs8(0, &[rsa[0], &oid(P256)], &pkcs1(), &[])),
        ("P-256, after the key", pkcs8(0, &ec, &sec1(), &null)),
        ("P-256, a second public key", pkcs8(1, &ec, &sec1(), &public)),
        ("P-256, in the algorithm", pkcs8(0, &[ec[0], ec[1], &null], &sec1(), &[])),
        ("P-256, after the SEC1 key", pkcs8(0, &ec, &[sec1(), null.clone()].concat(), &[])),
        ("P-256, in the SEC1 key", pkcs8(0, &ec, &sec1_with(&[], &null), &[])),
        ("P-256, after the point", pkcs8(0, &ec, &sec1_with(&null, &[]), &[])),
        ("Ed25519, after the key", pkcs8(0, &[&oid(ED25519)], &seed(), &null)),
        ("Ed25519, in the algorithm", pkcs8(0, &[&oid(ED25519), &null], &seed(), &[])),
        ("Ed25519, after the seed", {
            pkcs8(0, &[&oid(ED25519)], &[seed(), null.clone()].concat(), &[])
        }),
    ] {
        assert_eq!(from_der(&der), Err(KeyError::Trailing), "{name}");
    }
    // RFC 5208: attributes.
    let attributes = element(0xa0, &[]);
    assert_eq!(from_der(&pkcs8(0, &rsa, &pkcs1(), &attributes)).as_ref(), Ok(PS256.public()));
    assert_eq!(from_der(&pkcs8(0, &ec, &sec1(), &attributes)).as_ref(), Ok(ES256.public()));
    assert_eq!(from_der(&pkcs8(0, &[rsa[0]], &pkcs1(), &[])).as_ref(), Ok(PS256.public()));
}

#[test]
fn rejects_a_p256_key_whose_parameters_name_another_curve() {
    let ec: [&[u8]; 2] = [&element(6, &[EC]), &element(6, &[P256])];
    let (x, y) = (member("rfc7515_a3", "x"), member("rfc7515_a3", "y"));
    let point = element(0xa1, &[&element(3, &[&[0, 4], &x, &y])]);
    let d = element(4, &[&member("rfc7515_a3", "d")]);
    let key = |curve: &[u8]| {
        let parameters = element(0xa0, &[&element(6, &[curve])]);
        pkcs8(0, &ec, &element(0x30, &[&element(2, &[&[1]]), &d, &parameters, &point]), &[])
    };
    assert_eq!(from_der(&key(P256)).as_ref(), Ok(ES256.public()));
    assert_eq!(from_der(&key(P384)), Err(KeyError::Curve));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, text: String) {
        let _ = from_der(&bytes);
        let _ = from_pem(&text);
        let _ = from_pem(&format!("-----BEGIN PRIVATE KEY-----{text}-----END PRIVATE KEY-----"));
    }

    #[test]
    fn a_changed_file_is_refused_or_another_consistent_key(at: usize, bit in 0..8) {
        for (mut der, public) in all_pkcs8() {
            let at = at % der.len();
            der[at] ^= 1_u8 << bit;
            // A seed without its public key can't contradict it, and attributes and parameters are
            // ignored.
            if let Ok(key) = from_der(&der) {
                let same = key.thumbprint() == public.thumbprint();
                prop_assert!(same || key.algorithm() == EDDSA.public().algorithm());
            }
        }
    }

    #[test]
    fn a_file_that_is_cut_short_is_refused(at: usize) {
        for (der, _) in all_pkcs8() {
            prop_assert!(from_der(&der[..at % der.len()]).is_err());
        }
    }
}
