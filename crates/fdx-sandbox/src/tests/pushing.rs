use http::StatusCode;
use serde_json::json;

use super::bench::body;
use super::{Attempt, Bench};
use crate::customer::Decision;

#[test]
fn rejects_null_as_assertion_audience() {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let mut attempt = bench.push();
    attempt.claim("aud", json!(null));
    bench.refuses(&attempt, "invalid_client", "FAPI 2.0 SP 5.3.2.1-8");
}

/// Sends `attempt`, which is challenged, again with the nonce and otherwise unchanged.
fn accepts_after_the_challenge(bench: &mut Bench, mut attempt: Attempt) -> Attempt {
    let response = bench.send(&attempt);
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(body(&response)["error"], "use_dpop_nonce", "{}", bench.failed());
    attempt.proof().nonce = bench.nonces[0].clone();
    assert!(attempt.proof().nonce.is_some());
    let response = bench.send(&attempt);
    assert!(response.status().is_success(), "{}", bench.failed());
    attempt
}

#[test]
fn nonce_challenge_uses_nothing_up() {
    for signed in [false, true] {
        let mut bench = Bench::dpop();
        let attempt = if signed { bench.push_signed() } else { bench.push() };
        // Assertion, request object, code challenge and the proof's jti are those of the first
        // request.
        let pushed = accepts_after_the_challenge(&mut bench, attempt);
        // Now they are used.
        let mut again = bench.push();
        again.assertion = pushed.assertion.clone();
        bench.refuses(&again, "invalid_client", "RFC 7523 3-7");
        let mut again = bench.push();
        again.proof().jti = pushed.proof.as_ref().unwrap().jti.clone();
        bench.refuses(&again, "invalid_dpop_proof", "RFC 9449 11.1");
        if signed {
            let mut again = bench.push_signed();
            again.request_object = pushed.request_object.clone();
            bench.refuses(&again, "invalid_request_object", "RFC 7519 4.1.7");
        }
    }
}

#[test]
fn nonce_challenge_at_the_token_endpoint_uses_nothing_up() {
    let mut bench = Bench::dpop();
    let code = bench.code(&Decision::everything());
    bench.nonces[0] = None;
    let attempt = bench.exchange(&code);
    accepts_after_the_challenge(&mut bench, attempt);
    let attempt = bench.exchange(&code);
    bench.refuses(&attempt, "invalid_grant", "FAPI 2.0 SP 5.3.2.2-9");
}

#[test]
fn nonce_challenge_at_a_resource_uses_nothing_up() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::everything());
    let mut attempt = bench.read("/accounts", tokens["access_token"].as_str().unwrap());
    assert_eq!(bench.send(&attempt).status(), StatusCode::UNAUTHORIZED);
    assert_eq!(bench.failed(), "RFC 9449 9");
    attempt.proof().nonce = bench.nonces[1].clone();
    assert_eq!(bench.send(&attempt).status(), StatusCode::OK, "{}", bench.failed());
    attempt.proof().nonce = bench.nonces[1].clone();
    assert_eq!(bench.send(&attempt).status(), StatusCode::UNAUTHORIZED);
    assert_eq!(bench.failed(), "RFC 9449 11.1");
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
