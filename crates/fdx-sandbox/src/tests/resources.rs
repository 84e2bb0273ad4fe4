use std::time::Duration;

use super::bench::{ISSUER, MTLS, body};
use super::{Attempt, Bench};
use crate::customer::Decision;

/// A call that violates one rule is refused.
fn row(mut bench: Bench, (status, code): (u16, &str), clause: &str, change: fn(&mut Attempt)) {
    let tokens = bench.tokens(&Decision::everything());
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(bench.get("/accounts", access_token).status(), 200);
    let mut attempt = bench.read("/accounts", access_token);
    change(&mut attempt);
    let response = bench.send(&attempt);
    assert_eq!(bench.failed(), clause);
    assert_eq!(response.status(), status, "{clause}");
    assert_eq!(body(&response)["code"], code, "{clause}");
    let challenged = response.headers().contains_key("www-authenticate");
    assert_eq!(challenged, status == 401, "{clause}");
}

#[test]
fn rejects_dpop_calls_that_violate_a_rule() {
    let bad = |clause, change| row(Bench::dpop(), (401, "603"), clause, change);
    bad("FAPI 2.0 SP 5.3.4-1", |a| a.headers.retain(|(name, _)| *name != "authorization"));
    bad("FAPI 2.0 SP 5.3.4-3", |a| a.headers[0].1.push('x'));
    bad("RFC 9449 7.1", |a| a.headers[0].1 = a.headers[0].1.replace("DPoP", "Bearer"));
    bad("RFC 8705 5", |a| a.url = a.url.replace(ISSUER, MTLS));
    bad("RFC 9449 4.3-1", |a| a.proof = None);
    bad("RFC 9449 4.3-8", |a| a.proof().htm = "POST".to_owned());
    bad("RFC 9449 4.3-9", |a| a.proof().htu = format!("{ISSUER}/fdx/v6/account"));
    bad("RFC 9449 4.3-11", |a| a.proof().iat = a.proof().iat - Duration::from_secs(301));
    bad("RFC 9449 4.3-12", |a| a.proof().token = None);
    bad("RFC 9449 4.3-12", |a| a.proof().token = Some("another".to_owned()));
    bad("RFC 9449 9", |a| a.proof().nonce = None);
    let bad = |clause, change| row(Bench::dpop(), (400, "401"), clause, change);
    bad("FAPI 2.0 SP 5.3.4-2", |a| a.url.push_str("?access_token=t"));
    bad("FDX API 6, headers", |a| a.headers.truncate(1));
    bad("FDX API 6, headers", |a| a.headers[1].1 = "not a uuid".to_owned());
    bad("FDX API 6, headers", |a| a.headers.push(("fdx-api-actor-type", "user".to_owned())));
    bad("FDX API 6, headers", |a| {
        a.headers.extend(vec![("fdx-api-actor-type", "USER".to_owned()); 2]);
    });
    bad("FDX API 6, headers", |a| a.headers.push(("fdx-api-data-provider-id", "x".repeat(257))));
    bad("FDX API 6, headers", |a| a.headers.push(("fdx-api-data-recipient-id", String::new())));
    bad("FAPI 1.0 Baseline 6.2.2", |a| {
        a.headers.push(("x-fapi-auth-date", "2026-01-05T10:00:00Z".to_owned()));
    });
    bad("FAPI 1.0 Baseline 6.2.2", |a| {
        a.headers.push(("x-fapi-customer-ip-address", "192.0.2".to_owned()));
    });
}

#[test]
fn insufficient_consent_is_an_fdx_and_oauth_error() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::less_than_requested());
    let response = bench.get("/accounts/acc-2", tokens["access_token"].as_str().unwrap());
    assert_eq!((response.status().as_u16(), &body(&response)["code"]), (403, &"602".into()));
    assert_eq!(bench.failed(), "FAPI 2.0 SP 5.3.4-4");
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
}

#[test]
fn challenge_states_what_is_missing() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::everything());
    let attempt = bench.read("/accounts", tokens["access_token"].as_str().unwrap());
    let response = bench.send(&attempt);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.starts_with("DPoP "), "{challenge}");
    assert!(challenge.contains("error=\"use_dpop_nonce\""), "{challenge}");
    // RFC 9449 8 and 9: the two servers have separate nonces.
    assert_ne!(bench.nonces[0], bench.nonces[1]);
    assert!(bench.nonces[1].is_some());

    let mut attempt = bench.read("/accounts", "");
    attempt.headers.remove(0);
    let response = bench.send(&attempt);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    // RFC 6750 3.1: no error code without credentials.
    assert!(!challenge.contains("error"), "{challenge}");
}

#[test]
fn token_is_valid_for_300_seconds_and_nonce_for_one_proof() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::everything());
    let access_token = tokens["access_token"].as_str().unwrap();
    bench.later(299);
    assert_eq!(bench.get("/accounts", access_token).status(), 200);
    let mut attempt = bench.read("/accounts", access_token);
    assert_eq!(bench.send(&attempt).status(), 200);
    attempt.proof().jti = bench.jti();
    assert_eq!(bench.send(&attempt).status(), 401);
    assert_eq!(bench.failed(), "RFC 9449 9");
    bench.later(1);
    assert_eq!(bench.get("/accounts", access_token).status(), 401);
    assert_eq!(bench.failed(), "FAPI 2.0 SP 5.3.4-3");
}

#[test]
fn each_cluster_adds_its_members_about_the_customer() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::everything());
    let response = bench.get("/customers/current", tokens["access_token"].as_str().unwrap());
    assert_eq!(response.status(), 200);
    let customer = body(&response);
    assert_eq!(customer["customerId"], "cust-1");
    assert!(customer["email"].is_array());
    assert!(customer.get("dateOfBirth").is_none());
}
