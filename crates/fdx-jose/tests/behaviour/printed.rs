//! `Debug` output: owner, algorithm and length. Never a key, a token, or a claim about the customer.

use core::fmt::Debug;

use fdx_jose::{
    AuthorizationResponse, IdToken, IdTokenExpectation, Jwe, Jws, JwtExpectation, ProofClaims,
    Signature, SignedIntrospection, backend,
};
use fdx_wire::{HttpsUrl, Issuer, Secret};
use serde_json::{Value, json};

use crate::support::{EDDSA, NOW, RFC, changed, encryption_key, public_keys, signed, text};

/// The key of RFC 8037 appendix A. Its thumbprint (A.3) is also its key id.
const PUBLIC_KEY: &str = "PublicKey { alg: \"EdDSA\", \
    kid: Some(\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\"), \
    thumbprint: Thumbprint(kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k) }";

/// The key of RFC 7516 appendix A.1.
const ENCRYPTION_KEY: &str = "EncryptionKey { algorithm: RsaOaep, kid: Some(\"enc-1\"), \
    thumbprint: Thumbprint(xtIsOV1FqKH77AI_A3jdTg5QfdabzqI-LNpYTPi0IgI) }";

fn each_prints(table: &[(&dyn Debug, &str)]) {
    for (value, printed) in table {
        assert_eq!(format!("{value:?}"), *printed);
    }
}

#[test]
fn debug_of_key_shows_public_names() {
    each_prints(&[
        (&EDDSA.public().thumbprint(), "Thumbprint(kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)"),
        (EDDSA.public(), PUBLIC_KEY),
        (&*EDDSA, &format!("PrivateKey {{ public: {PUBLIC_KEY}, .. }}")),
        (&encryption_key("enc-1"), ENCRYPTION_KEY),
    ]);
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn debug_of_decryption_key_shows_public_half() {
    use fdx_jose::{DecryptionKey, KeyEncryption};

    let jwk = changed(crate::support::jwk("rfc7516_a1"), json!({"kid": "enc-1"}));
    let key = DecryptionKey::from_jwk(backend::aws_lc_rs(), &jwk, KeyEncryption::RsaOaep).unwrap();
    each_prints(&[(&key, &format!("DecryptionKey {{ public: {ENCRYPTION_KEY}, .. }}"))]);
}

#[test]
fn debug_of_unread_values_shows_their_length() {
    let jws = Jws::parse(text(&RFC["rfc8037_a"]["jws"])).unwrap();
    let jwe = Jwe::parse(text(&RFC["rfc7516_a1"]["jwe"])).unwrap();
    let input = jwe.input(&[encryption_key("enc-1")]).unwrap();
    each_prints(&[
        (&jws, "Jws { algorithm: EdDsa, payload: 26, .. }"),
        // The 63 bytes of the text and the 16 of the tag.
        (&jwe, "Jwe { algorithm: RsaOaep, ciphertext: 79, .. }"),
        (
            &input,
            "DecryptionInput { algorithm: RsaOaep, kid: Some(\"enc-1\"), \
             key: Thumbprint(xtIsOV1FqKH77AI_A3jdTg5QfdabzqI-LNpYTPi0IgI), bytes: 256 }",
        ),
        (&Signature::from_jws(vec![7; 64]), "Signature(64 bytes)"),
    ]);
}

#[test]
fn debug_of_expectations_hides_secrets() {
    let issuer = Issuer::parse("https://bank.example").unwrap();
    let htu = HttpsUrl::parse("https://bank.example/accounts?id=4711").unwrap();
    let token = Secret::new("Kz~8mXK1".to_owned());
    let (access_token, nonce) = (Some(&token), Some("n-0S6"));
    let proof =
        ProofClaims::new("GET", &htu, "j", NOW).with_access_token(access_token).with_nonce(nonce);
    each_prints(&[
        (
            &proof,
            "ProofClaims { htm: \"GET\", htu: \"https://bank.example/accounts\", \
             iat: UnixTime(1767607200), .. }",
        ),
        (
            &IdTokenExpectation::new(JwtExpectation::new(&issuer, "app", NOW))
                .with_nonce(nonce)
                .with_access_token(&token),
            "IdTokenExpectation { jwt: JwtExpectation { \
             issuer: Issuer(\"https://bank.example\"), client_id: \"app\", algorithm: None, \
             now: UnixTime(1767607200), tolerance: Tolerance(10), repeated_iss: false }, .. }",
        ),
    ]);
}

#[test]
fn debug_of_verified_tokens_hides_the_customer() {
    let issuer = &Issuer::parse("https://bank.example").unwrap();
    let (backend, keys) = (backend::ring(), &public_keys());
    let jwt = JwtExpectation::new(issuer, "app", NOW);
    let id_token = IdTokenExpectation::new(jwt);
    let token = |typ, members: Value| {
        let seconds = NOW.as_seconds();
        let common = json!({
            "iss": "https://bank.example", "aud": "app", "iat": seconds, "exp": seconds + 60,
        });
        let claims: Value = serde_json::from_slice(&changed(common, members)).unwrap();
        signed(&EDDSA, Some(typ), &claims)
    };
    let response = |members| {
        AuthorizationResponse::verify(&token("JWT", members), &jwt, backend, keys).unwrap()
    };
    let active = json!({"token_introspection": {"active": true, "sub": "customer"}});
    let active = token("token-introspection+jwt", active);
    let customer = token("JWT", json!({"sub": "customer", "acr": "urn:a"}));
    each_prints(&[
        (
            &response(json!({"code": "PyyF", "state": "S8NJ"})),
            "AuthorizationResponse { issuer: Issuer(\"https://bank.example\"), error: None, .. }",
        ),
        (
            &response(json!({"error": "access_denied", "state": "S8NJ"})),
            "AuthorizationResponse { issuer: Issuer(\"https://bank.example\"), \
             error: Some(\"access_denied\"), .. }",
        ),
        (
            &IdToken::verify(&customer, &id_token, backend, keys).unwrap(),
            "IdToken { issuer: Issuer(\"https://bank.example\"), \
             expires_at: UnixTime(1767607260), .. }",
        ),
        (
            &SignedIntrospection::verify(&active, &jwt, backend, keys).unwrap(),
            "SignedIntrospection { issuer: Issuer(\"https://bank.example\"), \
             issued_at: UnixTime(1767607200), .. }",
        ),
    ]);
}
