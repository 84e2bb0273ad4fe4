use http::StatusCode;
use serde_json::json;

use super::bench::{ISSUER, body, details, fresh_key};
use super::{Attempt, Bench};

/// Each row breaks one rule of an otherwise good push.
fn row(error: &str, clause: &str, change: impl Fn(&mut Attempt)) {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let mut attempt = bench.push();
    change(&mut attempt);
    bench.refuses(&attempt, error, clause);
}

#[test]
fn the_assertion_is_held_against_its_rules() {
    let client = |clause, change: fn(&mut Attempt)| row("invalid_client", clause, change);
    client("FAPI 2.0 SP 5.3.2.1-6", |a| a.assertion = None);
    client("FAPI 2.0 SP 5.3.2.1-6", |a| a.set("client_secret", "s"));
    client("RFC 8725 3.11", |a| a.assertion.as_mut().unwrap().0 = Some("dpop+jwt"));
    client("RFC 7523 3", |a| a.claim("exp", json!("1767607260")));
    client("RFC 7523 3", |a| a.claim("jti", json!(null)));
    client("RFC 7523 3-1", |a| a.claim("iss", json!("nobody")));
    client("RFC 7523 3-2", |a| a.claim("sub", json!("other")));
    client("RFC 7523 3-2", |a| a.set("client_id", "other"));
    client("RFC 7523 3-4", |a| a.claim("exp", json!(1_767_607_200)));
    client("RFC 7523 3-4", |a| a.claim("exp", json!(1_767_607_200 + 3601)));
    client("RFC 7523 3-7", |a| a.claim("jti", json!("")));
    client("RFC 7523 3-7", |a| a.claim("jti", json!("jti-1")));
    client("FAPI 2.0 SP 5.3.2.1-13", |a| a.claim("iat", json!(1_767_607_261)));
    client("FAPI 2.0 SP 5.3.2.1-13", |a| a.claim("nbf", json!(1_767_607_261)));
}

#[test]
fn the_audience_is_the_issuer_as_one_string() {
    let audiences = [
        json!([ISSUER]),
        json!(format!("{ISSUER}/token")),
        json!(format!("{ISSUER}/par")),
        json!(format!("{ISSUER}/")),
        json!(null),
    ];
    for audience in audiences {
        row("invalid_client", "FAPI 2.0 SP 5.3.2.1-8", |attempt| {
            attempt.claim("aud", audience.clone());
        });
    }
}

#[test]
fn clocks_that_are_sixty_seconds_apart_are_fine() {
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
fn an_assertion_by_another_key_or_algorithm_is_refused() {
    let mut bench = Bench::dpop();
    bench.key = fresh_key();
    let attempt = bench.push();
    bench.refuses(&attempt, "invalid_client", "RFC 7523 3-9");

    for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256"}"#, r#"{"alg":"RS256"}"#] {
        let mut attempt = bench.push();
        let claims = attempt.assertion.take().unwrap().1.to_string();
        let encode = |text: &str| fdx_wire::base64url::encode(text.as_bytes());
        let token = format!("{}.{}.", encode(header), encode(&claims));
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        attempt.set("client_assertion_type", kind);
        attempt.set("client_assertion", &token);
        bench.refuses(&attempt, "invalid_client", "FAPI 2.0 SP 5.4.1-1");
    }
}

#[test]
fn the_request_is_held_against_its_rules() {
    let bad = |clause, change: fn(&mut Attempt)| row("invalid_request", clause, change);
    bad("RFC 6749 appendix B", |a| a.content_type = "application/json");
    bad("RFC 6749 3.2", |a| a.form.push(("scope", "openid".to_owned())));
    bad("RFC 9126 2.1", |a| a.set("request_uri", "urn:x"));
    bad("FAPI 2.0 SP 5.3.2.2-6", |a| a.unset("redirect_uri"));
    bad("FAPI 2.0 SP 5.3.2.2-6", |a| a.set("redirect_uri", "https://app.example/callback/"));
    bad("FAPI 2.0 SP 5.3.2.2-5", |a| a.set("code_challenge_method", "plain"));
    bad("FAPI 2.0 SP 5.3.2.2-5", |a| a.unset("code_challenge_method"));
    bad("RFC 7636 4.2", |a| a.unset("code_challenge"));
    bad("RFC 6749 4.1.1", |a| a.set("state", &"s".repeat(2049)));
    bad("FAPI 2.0 SP 5.3.2.2-14", |a| a.set("nonce", &"n".repeat(65)));
    bad("OIDC Core 3.1.2.1", |a| a.set("prompt", "none"));
    bad("OIDC Core 3.1.2.1", |a| a.set("max_age", "soon"));
    bad("RFC 9449 10", |a| a.set("dpop_jkt", "short"));
    row("unsupported_response_type", "FAPI 2.0 SP 5.3.2.2-1", |a| {
        a.set("response_type", "code id_token");
    });
    bad("RFC 9126 3", |a| a.set("request", "e30.e30.e30"));
    bad("OAuth 2.0 Multiple Response Types 2.1", |a| a.set("response_mode", "form_post"));
    row("invalid_target", "RFC 8707 2", |a| a.set("resource", "https://elsewhere.example"));
}

#[test]
fn scopes_say_what_the_consent_request_says() {
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
fn authorization_details_are_of_a_known_type_and_shape() {
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
fn the_proof_is_held_against_its_rules() {
    let bad = |clause, change: fn(&mut Attempt)| row("invalid_dpop_proof", clause, change);
    bad("RFC 9449 4.3-8", |a| a.proof().htm = "post".to_owned());
    bad("RFC 9449 4.3-9", |a| a.proof().htu = format!("{ISSUER}/token"));
    bad("RFC 9449 4.3-9", |a| a.proof().htu = "https://bank.example/par".to_owned());
    bad("RFC 9449 4.3-11", |a| a.proof().iat = fdx_wire::UnixTime::from_seconds(1_767_606_899));
    bad("RFC 9449 4.3-11", |a| a.proof().iat = fdx_wire::UnixTime::from_seconds(1_767_607_261));
    bad("RFC 9449 4.2", |a| a.proof().token = Some("token".to_owned()));
    bad("RFC 9449 11.1", |a| a.proof().jti = "jti-2".to_owned());
    bad("RFC 9449 10.1", |a| a.set("dpop_jkt", &"A".repeat(43)));
    bad("RFC 9449 4.3-1", |a| {
        a.headers = vec![("dpop", "a".to_owned()), ("dpop", "b".to_owned())];
        a.proof = None;
    });
    bad("RFC 9449 4.3-2", |a| {
        a.headers = vec![("dpop", "not a jws".to_owned())];
        a.proof = None;
    });
    row("use_dpop_nonce", "RFC 9449 8", |a| a.proof().nonce = None);
    row("use_dpop_nonce", "RFC 9449 8", |a| a.proof().nonce = Some("stale".to_owned()));
}

#[test]
fn a_proof_of_another_type_or_with_a_changed_claim_is_refused() {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let mut attempt = bench.push();
    let proof = attempt.proof.take().unwrap();
    let parts = bench.sign_proof(&proof);
    let mut parts: Vec<_> = parts.split('.').map(str::to_owned).collect();
    parts[1] = fdx_wire::base64url::encode(br#"{"jti":"x"}"#);
    attempt.headers = vec![("dpop", parts.join("."))];
    bench.refuses(&attempt, "invalid_dpop_proof", "RFC 9449 4.3-6");

    let mut attempt = bench.push();
    attempt.proof = None;
    let other = bench.sign_assertion(Some("JWT"), &json!({ "jti": "y" }));
    attempt.headers = vec![("dpop", other)];
    bench.refuses(&attempt, "invalid_dpop_proof", "RFC 9449 4.3-4");
}

#[cfg(feature = "server")]
#[test]
fn a_proof_is_a_jwt_with_times_of_its_own_too() {
    use crate::{Binding, NoncePolicy};

    // 60 seconds ahead are allowed, 61 are not; what has expired has expired.
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

/// A proof with more claims than our client ever makes, and so not signed by what it signs with.
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
fn the_first_push_is_told_a_nonce_and_the_assertion_is_spent_all_the_same() {
    let mut bench = Bench::dpop();
    let attempt = bench.push();
    let response = bench.send(&attempt);
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(body(&response)["error"], "use_dpop_nonce");
    assert!(bench.nonces[0].is_some());
    bench.refuses(&attempt, "invalid_client", "RFC 7523 3-7");
}

#[test]
fn a_push_may_go_without_a_proof_and_is_answered_for_a_minute() {
    let mut bench = Bench::dpop();
    let mut attempt = bench.push();
    attempt.proof = None;
    let response = bench.send(&attempt);
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(body(&response)["expires_in"], 60);
}

#[test]
fn a_client_that_is_bound_by_certificate_sends_no_dpop() {
    let mut bench = Bench::mutual_tls();
    let mut attempt = bench.push();
    attempt.set("dpop_jkt", &"A".repeat(43));
    bench.refuses(&attempt, "invalid_request", "FAPI 2.0 SP 5.3.2.1-5");
}
