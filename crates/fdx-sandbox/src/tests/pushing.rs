use http::StatusCode;
use serde_json::json;

use super::bench::{body, details};
use super::{Attempt, Bench};

/// A push that violates one rule is refused.
fn row(error: &str, clause: &str, change: impl Fn(&mut Attempt)) {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let mut attempt = bench.push();
    change(&mut attempt);
    bench.refuses(&attempt, error, clause);
}

#[test]
fn rejects_null_as_assertion_audience() {
    row("invalid_client", "FAPI 2.0 SP 5.3.2.1-8", |attempt| attempt.claim("aud", json!(null)));
}

#[test]
fn accepts_clocks_that_differ_by_sixty_seconds() {
    for ahead in [10, 60] {
        let mut bench = Bench::dpop();
        bench.learn_nonces();
        let mut attempt = bench.push();
        attempt.claim("iat", json!(1_767_607_200 + ahead));
        attempt.claim("nbf", json!(1_767_607_200 + ahead));
        attempt.proof().iat = bench.now + std::time::Duration::from_secs(ahead);
        assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED);
    }
}

#[test]
fn rejects_scopes_that_differ_from_the_consent_request() {
    let bad = |clause, change: fn(&mut Attempt)| row("invalid_scope", clause, change);
    let fdx = "FDX Security Model v5";
    bad("RFC 6749 3.3", |a| a.set("scope", "openid fdx:tax:read"));
    bad(fdx, |a| a.set("scope", "openid fdx:accountbasic:read fdx:transactions:read"));
    bad(fdx, |a| a.unset("scope"));
    bad(fdx, |a| {
        let less = details().to_string().replace(",\"TRANSACTIONS\"", "");
        a.set("authorization_details", &less);
    });
}

#[test]
fn rejects_unknown_or_malformed_authorization_details() {
    let error = "invalid_authorization_details";
    row(error, "RFC 9396 5", |a| a.unset("authorization_details"));
    row(error, "RFC 9396 5", |a| a.set("authorization_details", "{}"));
    row(error, "RFC 9396 5", |a| a.set("authorization_details", r#"[{"type":"payment"}]"#));
    row(error, "FDX Consent API, ConsentRequest", |a| a.set("authorization_details", "[]"));
    row(error, "FDX Consent API, ConsentRequest", |a| {
        let unknown = details().to_string().replace("TRANSACTIONS", "CRYPTO");
        a.set("authorization_details", &unknown);
    });
    for broken in ["\"durationPeriod\":366", "\"durationPeriod\":0"] {
        row(error, "RFC 9396 5", |a| {
            let details = details().to_string();
            a.set("authorization_details", &details.replace("\"durationPeriod\":90", broken));
        });
    }
}

#[test]
fn rejects_a_proof_that_is_not_a_jws() {
    row("invalid_dpop_proof", "RFC 9449 4.3-2", |a| {
        a.headers = vec![("dpop", "not a jws".to_owned())];
        a.proof = None;
    });
}

#[cfg(feature = "server")]
#[test]
fn checks_nbf_and_exp_of_a_proof() {
    use crate::{Binding, NoncePolicy};

    // 60 seconds in the future are allowed, 61 are not.
    let rows = [
        (json!({ "nbf": 1_767_607_260 }), None),
        (json!({ "nbf": 1_767_607_261 }), Some("FAPI 2.0 SP 5.3.2.1-13")),
        (json!({ "exp": 1_767_607_201 }), None),
        (json!({ "exp": 1_767_607_200 }), Some("RFC 7519 4.1.4")),
    ];
    for (times, clause) in rows {
        let mut bench =
            Bench::new(Binding::Dpop, |config| config.nonce_policy = NoncePolicy::Silent);
        let mut attempt = bench.push();
        let proof = attempt.proof.take().unwrap();
        attempt.headers = vec![("dpop", proof_with(&bench, &proof, &times))];
        match clause {
            Some(clause) => bench.refuses(&attempt, "invalid_dpop_proof", clause),
            None => assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED, "{times}"),
        }
    }
}

/// A proof with claims that our client never sends, signed without its code.
#[cfg(feature = "server")]
fn proof_with(bench: &Bench, proof: &super::bench::Proof, more: &serde_json::Value) -> String {
    use fdx_wire::base64url::{decode, encode};
    use rustls::SignatureScheme;
    use rustls::crypto::ring::sign::any_eddsa_type;
    use serde_json::Value;

    let pkcs8 = fdx_jose::backend::ring().generate_pkcs8(fdx_jose::Algorithm::EdDsa).unwrap();
    let key = fdx_jose::PrivateKey::from_pkcs8_der(fdx_jose::backend::ring(), &pkcs8, None);
    let jwk: Value = serde_json::from_str(key.unwrap().public().proof_jwk()).unwrap();
    let header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk });
    let signed = bench.sign_proof(proof);
    let claims = decode(signed.split('.').nth(1).unwrap()).unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let text = [header, claims].map(|part| encode(part.to_string().as_bytes())).join(".");
    let signer = any_eddsa_type(&pkcs8.into()).unwrap();
    let signer = signer.choose_scheme(&[SignatureScheme::ED25519]).unwrap();
    format!("{text}.{}", encode(&signer.sign(text.as_bytes()).unwrap()))
}

#[test]
fn first_push_gets_a_nonce_and_uses_its_assertion() {
    let mut bench = Bench::dpop();
    let attempt = bench.push();
    let response = bench.send(&attempt);
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(body(&response)["error"], "use_dpop_nonce");
    assert!(bench.nonces[0].is_some());
    bench.refuses(&attempt, "invalid_client", "RFC 7523 3-7");
}

#[test]
fn accepts_a_push_without_a_proof_for_a_minute() {
    let mut bench = Bench::dpop();
    let mut attempt = bench.push();
    attempt.proof = None;
    let response = bench.send(&attempt);
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(body(&response)["expires_in"], 60);
}
