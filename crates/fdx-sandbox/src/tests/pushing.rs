use fdx_wire::RedirectUri;
use http::StatusCode;
use serde_json::json;

use super::bench::{ISSUER, body};
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

#[test]
fn accepts_any_port_of_a_registered_loopback_address() {
    for (registered, sent, accepted) in [
        ("http://127.0.0.1/callback", "http://127.0.0.1:49152/callback", true),
        ("http://127.0.0.1:8080/callback", "http://127.0.0.1:49152/callback", true),
        ("http://127.0.0.1:8080/callback", "http://127.0.0.1/callback", true),
        ("http://[::1]:8080/callback", "http://[::1]:1/callback", true),
        ("http://127.0.0.1:8080/callback", "http://[::1]:8080/callback", false),
        ("http://127.0.0.1:8080/callback", "http://127.0.0.1:8080/other", false),
        ("http://127.0.0.1:8080/callback", "http://127.0.0.1:8080/callback?a=1", false),
        ("http://127.0.0.1:8080/callback", "https://127.0.0.1:8080/callback", false),
        ("https://app.example/callback", "https://app.example:8443/callback", false),
    ] {
        let mut bench = Bench::dpop();
        bench.learn_nonces();
        bench.change_client(|client| {
            client.redirect_uris = vec![RedirectUri::parse(registered).unwrap()];
        });
        let mut attempt = bench.push();
        attempt.set("redirect_uri", sent);
        let response = bench.send(&attempt);
        assert_eq!(response.status() == StatusCode::CREATED, accepted, "{registered}, {sent}");
    }
}

#[test]
fn accepts_several_resources_but_no_other_parameter_twice() {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let base = format!("{ISSUER}/fdx/v6");
    for (resources, status) in [
        ([base.as_str(), &base], StatusCode::CREATED),
        ([base.as_str(), "https://other.example"], StatusCode::BAD_REQUEST),
        (["https://other.example", base.as_str()], StatusCode::BAD_REQUEST),
    ] {
        let mut attempt = bench.push();
        attempt.form.extend(resources.map(|resource| ("resource", resource.to_owned())));
        assert_eq!(bench.send(&attempt).status(), status, "{resources:?}");
        let mut attempt = bench.push_signed();
        attempt.parameter("resource", json!(resources));
        assert_eq!(bench.send(&attempt).status(), status, "{resources:?}, signed");
    }
    let mut attempt = bench.push();
    attempt.form.push(("state", "another".to_owned()));
    bench.refuses(&attempt, "invalid_request", "RFC 6749 3.2");
}

#[test]
fn every_unauthorized_response_has_a_challenge() {
    let mut bench = Bench::dpop();
    for path in ["/par", "/token", "/introspect", "/revoke"] {
        let mut attempt = bench.post(path);
        attempt.claim("sub", json!("another"));
        let response = bench.send(&attempt);
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(response.headers()["www-authenticate"], "private_key_jwt realm=\"fdx\"");
        attempt.headers.push(("authorization", "Basic YTpi".to_owned()));
        let response = bench.send(&attempt);
        assert_eq!(response.headers()["www-authenticate"], "Basic realm=\"fdx\"");
    }
}

#[test]
fn fractional_times_are_rounded_towards_rejection() {
    for (name, time, accepted) in [
        ("exp", 0.5, false),
        ("exp", 1.5, true),
        ("exp", 3600.5, false),
        ("iat", 59.5, true),
        ("iat", 60.5, false),
        ("nbf", 60.5, false),
    ] {
        let mut bench = Bench::dpop();
        bench.learn_nonces();
        let now = bench.now.as_seconds();
        let time = json!(f64::from(u32::try_from(now).unwrap()) + time);
        let mut attempt = bench.push();
        attempt.claim(name, time.clone());
        let response = bench.send(&attempt);
        assert_eq!(response.status() == StatusCode::CREATED, accepted, "{name} {time}");
        let mut attempt = bench.push_signed();
        attempt.parameter(name, time.clone());
        let response = bench.send(&attempt);
        assert_eq!(response.status() == StatusCode::CREATED, accepted, "{name} {time}, signed");
    }
}
