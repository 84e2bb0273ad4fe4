use fdx_jose::Thumbprint;
use http::StatusCode;
use serde_json::{Value, json};

use super::bench::{CERTIFICATE, body, fresh_key};
use super::{Attempt, Bench};
use crate::customer::Decision;
use crate::{Binding, ClientAuthentication, Peer, RefreshPolicy};

fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().unwrap().to_owned()
}

fn with(policy: RefreshPolicy) -> (Bench, Value) {
    let mut bench = Bench::new(Binding::Dpop, |config| config.refresh_policy = policy);
    let tokens = bench.tokens(&Decision::everything());
    (bench, tokens)
}

#[test]
fn refresh_repeats_the_grant() {
    for mut bench in [Bench::dpop(), Bench::mutual_tls()] {
        let tokens = bench.tokens(&Decision::everything());
        bench.later(301);
        let again = bench.refreshed(&text(&tokens, "refresh_token"));
        for same in ["token_type", "scope", "authorization_details", "grant_id", "expires_in"] {
            assert_eq!(again[same], tokens[same], "{same}");
        }
        assert_ne!(again["access_token"], tokens["access_token"]);
        assert_eq!(bench.get("/accounts", &text(&again, "access_token")).status(), 200);
        assert_eq!(bench.get("/accounts", &text(&tokens, "access_token")).status(), 401);
    }
}

#[test]
fn refreshed_id_token_is_about_the_same_login() {
    let (mut bench, tokens) = with(RefreshPolicy::Keep);
    let first = bench.signed_claims(&text(&tokens, "id_token"));
    bench.later(1000);
    let again = bench.refreshed(&text(&tokens, "refresh_token"));
    let second = bench.signed_claims(&text(&again, "id_token"));
    for same in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    assert_eq!(first["nonce"], "the nonce");
    assert_eq!(second.get("nonce"), None);
    assert_eq!(second["iat"], bench.now.as_seconds());
}

#[test]
fn kept_refresh_token_is_not_repeated_and_stays_valid() {
    let (mut bench, tokens) = with(RefreshPolicy::Keep);
    for _ in 0..3 {
        let again = bench.refreshed(&text(&tokens, "refresh_token"));
        assert_eq!(again.get("refresh_token"), None);
        bench.later(86_400);
    }
}

#[test]
fn repeated_refresh_token_is_the_same() {
    let (mut bench, tokens) = with(RefreshPolicy::Repeat);
    let again = bench.refreshed(&text(&tokens, "refresh_token"));
    assert_eq!(again["refresh_token"], tokens["refresh_token"]);
}

#[test]
fn replaced_refresh_token_is_valid_for_a_minute() {
    let (mut bench, tokens) = with(RefreshPolicy::Rotate);
    let old = text(&tokens, "refresh_token");
    let lost = bench.refreshed(&old);
    assert_ne!(lost["refresh_token"], tokens["refresh_token"]);
    bench.later(59);
    let again = bench.refreshed(&old);
    let newest = text(&again, "refresh_token");

    // A second later, its use counts as theft.
    bench.later(1);
    let attempt = bench.refresh(&old);
    bench.refuses(&attempt, "invalid_grant", "RFC 9700 4.14.2");
    for ended in [&newest, &text(&lost, "refresh_token"), &old] {
        let attempt = bench.refresh(ended);
        bench.refuses(&attempt, "invalid_grant", "RFC 9700 4.14.2");
    }
    assert_eq!(bench.get("/accounts", &text(&again, "access_token")).status(), 401);
}

#[test]
fn rotated_refresh_tokens_can_be_refreshed() {
    let (mut bench, mut tokens) = with(RefreshPolicy::Rotate);
    for _ in 0..5 {
        bench.later(3600);
        tokens = bench.refreshed(&text(&tokens, "refresh_token"));
        assert_eq!(bench.get("/accounts", &text(&tokens, "access_token")).status(), 200);
    }
}

#[test]
fn refresh_binds_the_new_token_to_a_new_key() {
    let (mut bench, tokens) = with(RefreshPolicy::Keep);
    bench.proof_key = fresh_key();
    bench.learn_nonces();
    let again = bench.refreshed(&text(&tokens, "refresh_token"));
    let access_token = text(&again, "access_token");
    let attempt = bench.about("/introspect", &access_token);
    let reported = body(&bench.send(&attempt));
    assert_eq!(reported["cnf"], json!({ "jkt": bench.proof_key.public().thumbprint() }));
    assert_eq!(bench.get("/accounts", &access_token).status(), 200);
    // The earlier token stays bound to the old key.
    let attempt = bench.read("/accounts", &text(&tokens, "access_token"));
    assert_eq!(bench.send(&attempt).status(), 401);
    assert_eq!(bench.failed(), "RFC 9449 7.1");
}

#[test]
fn refresh_binds_the_new_token_to_a_renewed_certificate() {
    let renewed = Thumbprint::of_certificate(b"renewed");
    let mut bench = Bench::new(Binding::AnyCertificate, |_| ());
    let tokens = bench.tokens(&Decision::everything());
    let mut attempt = bench.refresh(&text(&tokens, "refresh_token"));
    attempt.peer = renewed.into();
    let response = bench.send(&attempt);
    assert_eq!(response.status(), StatusCode::OK, "{}", bench.failed());
    let mut attempt = bench.read("/accounts", &text(&body(&response), "access_token"));
    attempt.peer = renewed.into();
    assert_eq!(bench.send(&attempt).status(), StatusCode::OK);

    // The same with a certificate that also authenticates, after its registration.
    let old = Thumbprint::of_certificate(CERTIFICATE);
    let how = ClientAuthentication::SelfSignedTlsClientAuth(vec![old]);
    let mut bench = bench.by_certificate(how, Peer::certificate(old));
    bench.certificate = Some(renewed.into());
    let attempt = bench.refresh(&text(&tokens, "refresh_token"));
    bench.refuses(&attempt, "invalid_client", "RFC 8705 2.2");
    bench.change_client(|client| {
        client.authentication = ClientAuthentication::SelfSignedTlsClientAuth(vec![old, renewed]);
    });
    bench.refreshed(&text(&tokens, "refresh_token"));
}

#[test]
fn narrowed_token_gives_less_access() {
    let (mut bench, tokens) = with(RefreshPolicy::Keep);
    let mut attempt = bench.refresh(&text(&tokens, "refresh_token"));
    attempt.set("scope", "fdx:accountbasic:read");
    let narrowed = body(&bench.send(&attempt));
    assert_eq!(narrowed["scope"], "fdx:accountbasic:read");
    assert_eq!(narrowed.get("id_token"), None);
    let access_token = text(&narrowed, "access_token");
    assert_eq!(bench.get("/accounts", &access_token).status(), 200);
    assert_eq!(bench.get("/accounts/acc-1/transactions", &access_token).status(), 403);
    assert_eq!(bench.get("/customers/current", &access_token).status(), 403);
    // The consent and the next token are not narrowed.
    let consent = bench.get(&format!("/consents/{}", text(&tokens, "grant_id")), &access_token);
    assert!(String::from_utf8_lossy(consent.body()).contains("CUSTOMER_CONTACT"));
    assert_eq!(bench.refreshed(&text(&tokens, "refresh_token"))["scope"], tokens["scope"]);
}

/// A refresh that violates one rule is refused, and the refresh token stays valid.
fn row(error: &str, clause: &str, change: impl Fn(&mut Attempt)) {
    for policy in [RefreshPolicy::Keep, RefreshPolicy::Repeat, RefreshPolicy::Rotate] {
        let (mut bench, tokens) = with(policy);
        let refresh_token = text(&tokens, "refresh_token");
        let mut attempt = bench.refresh(&refresh_token);
        change(&mut attempt);
        bench.refuses(&attempt, error, clause);
        bench.refreshed(&refresh_token);
    }
}

#[test]
fn rejects_refreshes_that_violate_a_rule() {
    row("invalid_grant", "RFC 6749 6", |a| a.unset("refresh_token"));
    row("invalid_grant", "RFC 6749 6", |a| a.set("refresh_token", "made up"));
    row("invalid_grant", "RFC 6749 6", |a| {
        a.claim("iss", json!("other"));
        a.claim("sub", json!("other"));
    });
    row("invalid_scope", "RFC 6749 6", |a| a.set("scope", "openid fdx:tax:read"));
    row("invalid_scope", "RFC 6749 6", |a| a.set("scope", "open\"id"));
    row("invalid_dpop_proof", "RFC 9449 4.3-1", |a| a.proof = None);
    row("use_dpop_nonce", "RFC 9449 8", |a| a.proof().nonce = None);
    row("invalid_client", "FAPI 2.0 SP 5.3.2.1-6", |a| a.assertion = None);
    row("invalid_request", "RFC 6749 3.2", |a| {
        a.form.push(("refresh_token", "again".to_owned()));
    });
}
