//! DPoP proofs (RFC 9449): writing and reading.

use fdx_jose::{
    Jws, JwsError, KeyError, PrivateKey, ProofClaims, ProofKey, Role, Signer, access_token_hash,
    backend,
};
use fdx_wire::{HttpsUrl, Secret};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{EDDSA, NOW, all_keys, forged, jwk};

fn proof(key: &PrivateKey, claims: &ProofClaims<'_>) -> Jws {
    let input = ProofKey::new(key.public().clone()).proof(claims);
    Jws::parse_proof(&input.attach(&key.sign(&input).unwrap()).unwrap()).unwrap()
}

#[test]
fn proof_has_its_key_and_only_applicable_claims() {
    let htu = HttpsUrl::parse("https://bank.example/token?a=b").unwrap();
    let token = Secret::new("Kz~8mXK1".to_owned());
    let bare = ProofClaims::new("POST", &htu, "j", NOW);
    let iat = NOW.as_seconds();
    for key in all_keys() {
        let jws = proof(key, &bare);
        assert_eq!(jws.kid(), None);
        assert_eq!(jws.embedded_key().unwrap().thumbprint(), key.public().thumbprint());
        assert_eq!(jws.verify(backend::ring(), jws.embedded_key().unwrap()), Ok(()));
        // htu without the query; no ath, no nonce, no null.
        let expected = json!({
            "jti": "j", "htm": "POST", "htu": "https://bank.example/token", "iat": iat,
        });
        assert_eq!(jws.claims::<Value>().unwrap(), expected);

        let full = bare.with_access_token(Some(&token)).with_nonce(Some("n"));
        let claims: Value = proof(key, &full).claims().unwrap();
        assert_eq!(claims["ath"], *access_token_hash(&token));
        assert_eq!(claims["nonce"], "n");
        assert!(!format!("{full:?}").contains("Kz~8"));
    }
}

#[test]
fn proof_key_is_identified_by_its_thumbprint() {
    let key = ProofKey::new(EDDSA.public().clone());
    assert_eq!(key.thumbprint(), EDDSA.public().thumbprint());
    assert_eq!(key.public(), EDDSA.public());
    let htu = HttpsUrl::parse("https://bank.example/").unwrap();
    let claims = ProofClaims::new("GET", &htu, "j", NOW);
    let input = key.proof(&claims);
    assert_eq!((input.role(), input.key()), (Role::DpopProof, key.thumbprint()));
    assert_eq!(input, key.proof(&claims));
}

#[test]
fn proofs_and_other_tokens_are_never_confused() {
    let own = EDDSA.public().proof_jwk();
    let good = forged(&format!(r#"{{"typ":"dpop+jwt","alg":"EdDSA","jwk":{own}}}"#), "{}");
    assert!(Jws::parse_proof(&good).is_ok());
    assert_eq!(Jws::parse(&good).unwrap_err(), JwsError::EmbeddedKey { member: "jwk" });

    let private = jwk("rfc8037_a");
    let weak = json!({"kty": "RSA", "n": "_w", "e": "AQAB"});
    for (header, error) in [
        (r#"{"typ":"dpop+jwt","alg":"EdDSA"}"#.to_owned(), JwsError::ProofKeyMissing),
        (format!(r#"{{"alg":"EdDSA","jwk":{own}}}"#), JwsError::ProofType),
        (format!(r#"{{"typ":"JWT","alg":"EdDSA","jwk":{own}}}"#), JwsError::ProofType),
        (
            format!(r#"{{"typ":"dpop+jwt","alg":"EdDSA","jwk":{private}}}"#),
            JwsError::ProofKey(KeyError::PrivateMember { member: "d" }),
        ),
        (
            format!(r#"{{"typ":"dpop+jwt","alg":"EdDSA","jwk":{weak}}}"#),
            JwsError::ProofKey(KeyError::RsaModulus { bits: 8 }),
        ),
        (
            format!(r#"{{"typ":"dpop+jwt","alg":"none","jwk":{own}}}"#),
            JwsError::AlgorithmRefused { actual: "none".to_owned() },
        ),
    ] {
        assert_eq!(Jws::parse_proof(&forged(&header, "{}")).unwrap_err(), error, "{header}");
    }
}

#[test]
fn htu_is_the_url_that_a_server_computes() {
    for (url, expected) in [
        ("https://bank.example/token?a=b", "https://bank.example/token"),
        ("https://Bank.EXAMPLE/Token", "https://bank.example/Token"),
        ("https://bank.example:443/token", "https://bank.example/token"),
        ("https://bank.example:8443/token", "https://bank.example:8443/token"),
        ("https://bank.example", "https://bank.example/"),
        ("https://bank.example?a=b", "https://bank.example/"),
        ("https://bank.example/%7Eme/", "https://bank.example/%7Eme/"),
        ("https://[0:0::1]:443/token", "https://[::1]/token"),
    ] {
        let htu = HttpsUrl::parse(url).unwrap();
        let claims: Value =
            proof(&EDDSA, &ProofClaims::new("POST", &htu, "j", NOW)).claims().unwrap();
        assert_eq!(claims["htu"], expected, "{url}");
        assert_eq!(htu.as_str(), url, "the text stays as received");
    }
    let htu = HttpsUrl::parse_loopback("http://127.0.0.1:80/token").unwrap();
    let claims: Value = proof(&EDDSA, &ProofClaims::new("POST", &htu, "j", NOW)).claims().unwrap();
    assert_eq!(claims["htu"], "http://127.0.0.1/token");
}

proptest! {
    #[test]
    fn htu_never_has_a_query(path in "[a-z/]{0,20}", query in "[a-z=&?]{0,20}") {
        let htu = HttpsUrl::parse(&format!("https://bank.example/{path}?{query}")).unwrap();
        let claims = ProofClaims::new("GET", &htu, "j", NOW);
        let read: Value = proof(&EDDSA, &claims).claims().unwrap();
        prop_assert_eq!(&read["htu"], &format!("https://bank.example/{path}"));
    }
}
