use fdx_jose::Thumbprint;
use fdx_wire::UnixTime;
use http::StatusCode;
use serde_json::json;

use super::bench::{ISSUER, body};
use super::{Attempt, Bench};
use crate::Peer;
use crate::customer::Decision;

/// An exchange that violates one rule is refused, and the code stays valid.
fn row(mut bench: Bench, error: &str, clause: &str, change: impl Fn(&mut Attempt)) {
    let code = bench.code(&Decision::everything());
    let mut attempt = bench.exchange(&code);
    change(&mut attempt);
    bench.refuses(&attempt, error, clause);
    let attempt = bench.exchange(&code);
    assert_eq!(bench.send(&attempt).status(), StatusCode::OK, "{clause}");
}

#[test]
fn rejects_exchanges_that_violate_a_rule() {
    let grant = |clause, change: fn(&mut Attempt)| {
        row(Bench::dpop(), "invalid_grant", clause, change);
    };
    grant("RFC 6749 4.1.3", |a| a.set("code", "made up"));
    grant("RFC 6749 4.1.3", |a| a.unset("code"));
    grant("RFC 6749 4.1.3", |a| {
        a.claim("iss", json!("other"));
        a.claim("sub", json!("other"));
    });
    grant("RFC 6749 4.1.3", |a| a.unset("redirect_uri"));
    grant("RFC 6749 4.1.3", |a| a.set("redirect_uri", "https://app.example/callback?"));
    grant("RFC 7636 4.6", |a| a.unset("code_verifier"));
    grant("RFC 7636 4.6", |a| a.set("code_verifier", &"a".repeat(43)));
    row(Bench::dpop(), "unsupported_grant_type", "FAPI 2.0 SP 5.3.2.2-1", |a| {
        a.set("grant_type", "password");
    });
    row(Bench::dpop(), "invalid_client", "FAPI 2.0 SP 5.3.2.1-6", |a| a.assertion = None);
    row(Bench::dpop(), "invalid_request", "RFC 6749 3.2", |a| {
        a.form.push(("code", "again".to_owned()));
    });
}

#[test]
fn rejects_exchanges_without_a_valid_proof() {
    let bad = |error, clause, change: fn(&mut Attempt)| row(Bench::dpop(), error, clause, change);
    let error = "invalid_dpop_proof";
    bad(error, "RFC 9449 4.3-1", |a| a.proof = None);
    bad(error, "RFC 9449 4.3-9", |a| a.proof().htu = format!("{ISSUER}/par"));
    bad(error, "RFC 9449 4.3-11", |a| a.proof().iat = UnixTime::from_seconds(1));
    bad(error, "RFC 9449 4.2", |a| a.proof().token = Some("token".to_owned()));
    bad("use_dpop_nonce", "RFC 9449 8", |a| a.proof().nonce = None);
}

#[test]
fn rejects_exchanges_without_the_bound_certificate() {
    let (error, clause) = ("invalid_request", "RFC 8705 3");
    row(Bench::mutual_tls(), error, clause, |a| a.peer = Peer::anonymous());
    row(Bench::mutual_tls(), error, clause, |a| {
        a.peer = Thumbprint::of_certificate(b"another").into();
    });
    // The main authority requests no certificate.
    row(Bench::mutual_tls(), error, clause, |a| a.url = format!("{ISSUER}/token"));
}

#[test]
fn code_is_valid_for_a_minute() {
    for (seconds, status) in [(59, StatusCode::OK), (60, StatusCode::BAD_REQUEST)] {
        let mut bench = Bench::dpop();
        let code = bench.code(&Decision::everything());
        bench.later(seconds);
        let attempt = bench.exchange(&code);
        assert_eq!(bench.send(&attempt).status(), status);
    }
}

#[test]
fn introspection_reports_only_the_clients_own_tokens() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::everything());
    let mut attempt = bench.post("/introspect");
    attempt.claim("iss", json!("other"));
    attempt.claim("sub", json!("other"));
    attempt.set("token", tokens["access_token"].as_str().unwrap());
    let response = bench.send(&attempt);
    assert_eq!(body(&response), json!({ "active": false }));
}
