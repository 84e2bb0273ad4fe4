use http::StatusCode;
use serde_json::json;

use super::Bench;
use super::bench::body;

#[test]
fn rejects_null_as_assertion_audience() {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let mut attempt = bench.push();
    attempt.claim("aud", json!(null));
    bench.refuses(&attempt, "invalid_client", "FAPI 2.0 SP 5.3.2.1-8");
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
