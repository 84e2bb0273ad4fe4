//! Compact JWS: reading, verification, and the inputs of an attacker.

use std::collections::BTreeMap;

use fdx_jose::{Jws, JwsError, MAX_JWS_BYTES, PublicKey, backend};
use fdx_wire::base64url;
use fdx_wire::json::Kind;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{EDDSA, ES256, RFC, all_keys, forged, signed, text};

fn refused(token: &str) -> JwsError {
    Jws::parse(token).unwrap_err()
}

fn with_header(header: &str) -> JwsError {
    refused(&forged(header, "{}"))
}

#[test]
fn verifies_only_with_the_signing_key() {
    for key in all_keys() {
        let jws = Jws::parse(&signed(key, Some("JWT"), &json!({"a": [1]}))).unwrap();
        assert_eq!(jws.kid(), key.public().kid());
        assert_eq!(jws.claims::<Value>().unwrap(), json!({"a": [1]}));
        for other in all_keys() {
            let verdict = jws.verify(backend::ring(), other.public());
            if other.public() == key.public() {
                assert_eq!(verdict, Ok(()));
            } else {
                let (key, token) = (other.public().algorithm(), jws.algorithm());
                assert_eq!(verdict, Err(JwsError::KeyAlgorithm { key, token }));
            }
        }
    }
}

#[test]
fn rejects_none_and_every_other_algorithm() {
    for alg in [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS512", "RS256", "PS384", "PS512", "ES384",
        "ES256K", "Ed448", "es256", "ES256 ", "dir", "A256GCM",
    ] {
        let actual = alg.to_owned();
        let error = with_header(&format!(r#"{{"alg":"{alg}"}}"#));
        assert_eq!(error, JwsError::AlgorithmRefused { actual });
    }
    for (alg, actual) in
        [("null", "null"), ("5", "5"), (r#"["ES256"]"#, r#"[\"ES256\"]"#), ("{}", "{}")]
    {
        let error = with_header(&format!(r#"{{"alg":{alg}}}"#));
        assert_eq!(error, JwsError::AlgorithmRefused { actual: actual.to_owned() });
    }
    assert_eq!(with_header("{}"), JwsError::AlgorithmMissing);
    let long = with_header(&format!(
        r#"{{"alg":"{}"}}"#,
        "\u{1b}é".repeat(500).replace('\u{1b}', "\\u001b")
    ));
    assert!(matches!(long, JwsError::AlgorithmRefused { actual }
            if actual.len() < 300 && actual.bytes().all(|byte| byte.is_ascii_graphic())));
}

#[test]
fn reads_both_names_of_ed25519() {
    for alg in ["EdDSA", "Ed25519"] {
        let jws = Jws::parse(&forged(&format!(r#"{{"alg":"{alg}"}}"#), "{}")).unwrap();
        assert_eq!(jws.verify(backend::ring(), EDDSA.public()), Ok(()));
    }
}

#[test]
fn rejects_any_crit() {
    for crit in [r#"["x"]"#, "[]", "null", r#""exp""#, r#"["alg"]"#, r#"["b64"]"#, "{}", "false"] {
        let error = with_header(&format!(r#"{{"alg":"EdDSA","crit":{crit}}}"#));
        assert_eq!(error, JwsError::Critical, "{crit}");
    }
    for b64 in ["true", "false", "null"] {
        let error = with_header(&format!(r#"{{"alg":"EdDSA","b64":{b64}}}"#));
        assert_eq!(error, JwsError::UnencodedPayload, "{b64}");
    }
}

#[test]
fn rejects_keys_in_the_header() {
    for value in [EDDSA.public().proof_jwk(), "null"] {
        let error = with_header(&format!(r#"{{"alg":"EdDSA","jwk":{value}}}"#));
        assert_eq!(error, JwsError::EmbeddedKey { member: "jwk" });
    }
}

/// RFC 7515 4.1: these members are hints. Keys come from a set that the caller chose.
#[test]
fn ignores_certificates_and_key_urls_in_the_header() {
    for (member, value) in [
        ("jku", r#""https://evil.example/jwks""#),
        ("x5u", r#""https://evil.example/x5u""#),
        ("x5c", r#"["MIIB"]"#),
        ("x5c", "null"),
    ] {
        let token = forged(&format!(r#"{{"alg":"EdDSA","{member}":{value}}}"#), "{}");
        let jws = Jws::parse(&token).unwrap();
        assert!(jws.verify(backend::ring(), ES256.public()).is_err(), "{member}");
    }
}

#[test]
fn rejects_headers_that_are_not_strict_json() {
    for (header, kind) in [
        (r#"{"alg":"EdDSA","alg":"EdDSA"}"#, Kind::DuplicateKey),
        (r#"{"alg":"EdDSA","\u0061lg":"none"}"#, Kind::DuplicateKey),
        (r#"{"alg":"EdDSA","x":{"a":1,"a":2}}"#, Kind::DuplicateKey),
        (r#"{"alg":"EdDSA","kid":5}"#, Kind::Shape),
        (r#"{"alg":"EdDSA","typ":[]}"#, Kind::Shape),
        (r#"["EdDSA"]"#, Kind::Shape),
        (r#"{"alg":"EdDSA"}x"#, Kind::Syntax),
        ("", Kind::Syntax),
    ] {
        assert!(
            matches!(with_header(header), JwsError::Header(error) if error.kind() == kind),
            "{header}"
        );
    }
    let latin1 = format!("{}.e30.AA", base64url::encode(b"{\"alg\":\"EdDSA\",\"kid\":\"\xe9\"}"));
    assert!(matches!(refused(&latin1), JwsError::Header(error) if error.kind() == Kind::NotUtf8));
    let deep = format!(r#"{{"alg":"EdDSA","x":{}{}}}"#, "[".repeat(1000), "]".repeat(1000));
    assert!(matches!(with_header(&deep), JwsError::Header(error) if error.kind() == Kind::TooDeep));
}

#[test]
fn rejects_other_parts_and_alphabets() {
    let good = forged(r#"{"alg":"EdDSA"}"#, "{}");
    let (signed, _) = good.rsplit_once('.').unwrap();
    for token in ["", ".", "a", &format!("{good}.AA"), &format!("{good}.AA.AA"), signed] {
        assert_eq!(refused(token), JwsError::Parts, "{token}");
    }
    for token in [
        format!("{good}="),
        format!("{good} "),
        format!("{good}\n"),
        format!(" {good}"),
        good.replacen('.', "=.", 1),
        good.replace('-', "+").replace('_', "/") + "+",
    ] {
        assert_eq!(refused(&token), JwsError::Base64Url, "{token}");
    }
    assert!(matches!(refused(".."), JwsError::Header(_)));
}

#[test]
fn checks_size_first() {
    assert_eq!(refused(&".".repeat(1_000_000)), JwsError::TooLarge);
    assert_eq!(refused(&"A".repeat(10_000_000)), JwsError::TooLarge);
    assert_eq!(refused(&".".repeat(MAX_JWS_BYTES)), JwsError::Parts);
}

#[test]
fn rejects_ecdsa_signatures_in_der() {
    let token = signed(&ES256, None, &json!({}));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let raw = base64url::decode(signature).unwrap();
    let number = |half: &[u8]| {
        let half: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        let zero: &[u8] = if half[0] >= 0x80 { &[0] } else { &[] };
        [&[2, (zero.len() + half.len()) as u8], zero, &half[..]].concat()
    };
    let numbers = [number(&raw[..32]), number(&raw[32..])].concat();
    let der = [&[0x30, numbers.len() as u8], &numbers[..]].concat();
    for bytes in [vec![], vec![0; 64], vec![0; 32], vec![0xff; 64], der, raw[..63].to_vec()] {
        let forged = format!("{signed}.{}", base64url::encode(&bytes));
        let jws = Jws::parse(&forged).unwrap();
        assert_eq!(jws.verify(backend::ring(), ES256.public()), Err(JwsError::Signature));
    }
}

#[test]
fn point_off_the_curve_verifies_nothing() {
    let mut jwk: Value = serde_json::from_str(ES256.public().proof_jwk()).unwrap();
    jwk["y"] = jwk["x"].clone();
    let key = PublicKey::from_jwk(jwk.to_string().as_bytes()).unwrap();
    let jws = Jws::parse(text(&RFC["rfc7515_a3"]["jws"])).unwrap();
    assert_eq!(jws.verify(backend::ring(), &key), Err(JwsError::Signature));
}

#[test]
fn compares_typ_as_media_type() {
    for (typ, same) in [
        ("at+jwt", true),
        ("AT+JWT", true),
        ("application/at+jwt", true),
        ("Application/At+Jwt", true),
        ("application/application/at+jwt", false),
        ("at+jwt ", false),
        ("jwt", false),
        ("", false),
    ] {
        let jws = Jws::parse(&signed(&EDDSA, Some(typ), &json!({}))).unwrap();
        assert_eq!(jws.is_typ("at+jwt"), same, "{typ}");
        assert_eq!(jws.typ(), Some(typ));
    }
    assert!(!Jws::parse(&signed(&EDDSA, None, &json!({}))).unwrap().is_typ("at+jwt"));
}

#[test]
fn rejects_claims_that_are_not_strict_json() {
    for (payload, kind) in [
        (r#"{"a":1,"a":2}"#, Kind::DuplicateKey),
        ("", Kind::Syntax),
        (r#"{"a":1e400}"#, Kind::Shape),
        (r#"{"a":NaN}"#, Kind::Syntax),
        (r#"{"$serde_json::private::RawValue":"{}"}"#, Kind::ReservedName),
    ] {
        let jws = Jws::parse(&forged(r#"{"alg":"EdDSA"}"#, payload)).unwrap();
        let error = jws.claims::<BTreeMap<String, f64>>().unwrap_err();
        assert!(matches!(error, JwsError::Claims(error) if error.kind() == kind), "{payload}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_fails(at: usize, other in "[A-Za-z0-9_.-]") {
        for key in all_keys() {
            let mut token = signed(key, Some("JWT"), &json!({"sub": "customer"}));
            let at = at % token.len();
            if token[at..=at] == other {
                continue;
            }
            token.replace_range(at..=at, &other);
            let jws = Jws::parse(&token);
            let verdict = jws.and_then(|jws| jws.verify(backend::ring(), key.public()));
            prop_assert!(verdict.is_err(), "{}", token);
        }
    }

    #[test]
    fn no_text_panics(text: String, header: String, payload: Vec<u8>, signature: Vec<u8>) {
        let _ = Jws::parse(&text);
        let token = format!(
            "{}.{}.{}",
            base64url::encode(header.as_bytes()),
            base64url::encode(&payload),
            base64url::encode(&signature)
        );
        prop_assert!(Jws::parse(&token).is_err());
        prop_assert!(Jws::parse_proof(&token).is_err());
    }

    /// Any payload length: read up to the bound, rejected beyond it.
    #[test]
    fn what_is_longer_than_the_longest_is_not_looked_at(length in 12_100..12_300usize) {
        let token = forged(r#"{"alg":"EdDSA"}"#, &"a".repeat(length));
        let expected = if token.len() > MAX_JWS_BYTES { Err(JwsError::TooLarge) } else { Ok(()) };
        prop_assert_eq!(Jws::parse(&token).map(drop), expected);
    }

    #[test]
    fn no_signature_is_guessed(signature: Vec<u8>) {
        let header = base64url::encode(br#"{"alg":"EdDSA"}"#);
        let token = format!("{header}.e30.{}", base64url::encode(&signature));
        let jws = Jws::parse(&token).unwrap();
        prop_assert_eq!(jws.verify(backend::ring(), EDDSA.public()), Err(JwsError::Signature));
    }
}
