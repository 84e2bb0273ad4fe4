//! Test vectors of the RFCs.

use fdx_jose::{
    Jws, JwsError, KeyError, PublicKey, Signer, Thumbprint, access_token_hash, backend, statement,
};
use fdx_wire::{Secret, base64url};
use serde_json::{Value, json};

use crate::support::{EDDSA, ES256, RFC, changed, text};

#[test]
fn rfc7515_a3_verifies() {
    let jws = Jws::parse(text(&RFC["rfc7515_a3"]["jws"])).unwrap();
    assert_eq!(jws.verify(backend::ring(), ES256.public()), Ok(()));
    let claims: Value = jws.claims().unwrap();
    assert_eq!(claims["iss"], "joe");
}

#[test]
fn rejects_rfc7515_a5() {
    let error = Jws::parse(text(&RFC["rfc7515_a5"]["jws"])).unwrap_err();
    let actual = "none".to_owned();
    assert_eq!(error, JwsError::AlgorithmRefused { actual });
}

#[test]
fn computes_the_thumbprint_of_rfc7638() {
    let vector = &RFC["rfc7638_3_1"];
    let fapi = changed(vector["jwk"].clone(), json!({"alg": "PS256"}));
    let key = PublicKey::from_jwk(&fapi).unwrap();
    assert_eq!(key.thumbprint().to_string(), text(&vector["thumbprint_sha256"]));
    assert_eq!(key.kid(), Some("2011-04-29"));
    // The printed key is for RS256, which FAPI 2.0 does not allow.
    let printed = changed(vector["jwk"].clone(), json!({}));
    assert_eq!(PublicKey::from_jwk(&printed), Err(KeyError::Algorithm));
}

#[test]
fn rfc8037_key_signs_and_verifies_as_printed() {
    let vector = &RFC["rfc8037_a"];
    let thumbprint = text(&vector["thumbprint_sha256"]);
    assert_eq!(EDDSA.public().thumbprint().to_string(), thumbprint);
    assert_eq!(EDDSA.public().kid(), Some(thumbprint));

    let jws = Jws::parse(text(&vector["jws"])).unwrap();
    assert_eq!(jws.payload(), b"Example of Ed25519 signing");
    assert_eq!(jws.verify(backend::ring(), EDDSA.public()), Ok(()));
    // Ed25519 is deterministic: the same key makes the same signature.
    let input = statement(EDDSA.public(), None, &json!({"a": 1})).unwrap();
    let header = format!(r#"{{"alg":"EdDSA","kid":"{thumbprint}"}}"#);
    assert_eq!(
        input.attach(&EDDSA.sign(&input).unwrap()).unwrap(),
        crate::support::forged(&header, r#"{"a":1}"#)
    );
}

#[test]
fn computes_the_certificate_thumbprint_of_rfc8705() {
    let vector = &RFC["rfc8705_a"];
    let der = text(&vector["cert_der_base64"]).replace('+', "-").replace('/', "_");
    let der = base64url::decode(der.trim_end_matches('=')).unwrap();
    let thumbprint = Thumbprint::of_certificate(&der);
    assert_eq!(thumbprint.to_string(), text(&vector["x5t#S256"]));
    assert_eq!(Thumbprint::parse(text(&vector["x5t#S256"])), Ok(thumbprint));
    let json = serde_json::to_string(&thumbprint).unwrap();
    assert_eq!(serde_json::from_str::<Thumbprint>(&json).unwrap(), thumbprint);
}

#[test]
fn rfc9449_proofs_verify_with_their_own_key() {
    let vector = &RFC["rfc9449"];
    for (proof, htm) in
        [("token_request_proof_fig2", "POST"), ("resource_request_proof_fig13", "GET")]
    {
        let proof = Jws::parse_proof(text(&vector[proof])).unwrap();
        let key = proof.embedded_key().unwrap();
        assert_eq!(key.thumbprint().to_string(), text(&vector["jkt_section_6_1"]));
        assert_eq!(proof.verify(backend::ring(), key), Ok(()));
        let claims: Value = proof.claims().unwrap();
        assert_eq!(claims["htm"], htm);
        if htm == "GET" {
            let token = Secret::new(text(&vector["access_token_7_1"]).to_owned());
            assert_eq!(claims["ath"], *access_token_hash(&token));
            assert_eq!(claims["ath"], vector["ath"]);
        }
    }
}
