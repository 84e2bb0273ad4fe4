use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::bench::body;
use super::{Attempt, Bench};
use crate::customer::Decision;

const REQUEST: &str = r#"{"reason":"USER_ACTION","initiator":"INDIVIDUAL"}"#;

fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().unwrap().to_owned()
}

/// What every client can have without a customer.
fn own_token(bench: &mut Bench) -> String {
    bench.learn_nonces();
    let mut attempt = bench.post("/token");
    attempt.set("grant_type", "client_credentials");
    let response = bench.send(&attempt);
    assert_eq!(response.status(), StatusCode::OK, "{}", bench.failed());
    let tokens = body(&response);
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none());
    text(&tokens, "access_token")
}

fn put(bench: &mut Bench, consent_id: &str, access_token: &str) -> Attempt {
    bench.get("/consents/-", access_token);
    let mut attempt = bench.read(&format!("/consents/{consent_id}/revocation"), access_token);
    attempt.method = Method::PUT;
    attempt.content_type = "application/json";
    attempt.body = Some(REQUEST.to_owned());
    if let Some(proof) = &mut attempt.proof {
        proof.htm = "PUT".to_owned();
    }
    attempt
}

fn revoked(bench: &mut Bench, consent_id: &str, access_token: &str) {
    let attempt = put(bench, consent_id, access_token);
    let response = bench.send(&attempt);
    assert_eq!(response.status(), StatusCode::NO_CONTENT, "{}", bench.failed());
    assert!(response.body().is_empty());
}

#[test]
fn a_revoked_consent_takes_its_tokens_with_it_and_no_others() {
    for mut bench in [Bench::dpop(), Bench::mutual_tls()] {
        let tokens = bench.tokens(&Decision::everything());
        let another = bench.tokens(&Decision::everything());
        revoked(&mut bench, &text(&tokens, "grant_id"), &text(&tokens, "access_token"));
        for name in ["access_token", "refresh_token"] {
            assert!(!bench.is_active(&text(&tokens, name)), "{name}");
            assert!(bench.is_active(&text(&another, name)), "{name}");
        }
        let response = bench.get("/accounts", &text(&tokens, "access_token"));
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let attempt = bench.refresh(&text(&tokens, "refresh_token"));
        bench.refuses(&attempt, "invalid_grant", "RFC 9700 4.14.2");
    }
}

#[test]
fn a_client_reads_and_revokes_on_its_own_and_is_told_what_has_ended() {
    for mut bench in [Bench::dpop(), Bench::mutual_tls()] {
        let id = text(&bench.tokens(&Decision::everything()), "grant_id");
        let own = own_token(&mut bench);
        let (consent, list) = (format!("/consents/{id}"), format!("/consents/{id}/revocation"));
        assert_eq!(body(&bench.get(&consent, &own))["status"], "ACTIVE");
        assert_eq!(body(&bench.get(&list, &own)), json!({ "revocations": [] }));
        bench.later(60);
        revoked(&mut bench, &id, &own);
        let told = body(&bench.get(&consent, &own));
        assert_eq!(
            (&told["status"], &told["updatedTime"]),
            (&json!("REVOKED"), &json!("2026-01-05T10:01:00Z"))
        );
        let told = &body(&bench.get(&list, &own))["revocations"];
        assert_eq!(told[0]["initiator"], "INDIVIDUAL");
        assert_eq!(told[0]["updatedTime"], "2026-01-05T10:01:00Z");
        let again = put(&mut bench, &id, &own);
        let response = bench.send(&again);
        assert_eq!(
            (response.status(), bench.failed()),
            (StatusCode::CONFLICT, "FDX Consent API, PUT revocation".to_owned())
        );
        assert_eq!(body(&bench.get(&list, &own))["revocations"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn what_has_expired_is_not_revoked() {
    let mut bench = Bench::dpop();
    let id = text(&bench.tokens(&Decision::everything()), "grant_id");
    bench.later(90 * 86_400);
    let own = own_token(&mut bench);
    assert_eq!(body(&bench.get(&format!("/consents/{id}"), &own))["status"], "EXPIRED");
    let attempt = put(&mut bench, &id, &own);
    assert_eq!(bench.send(&attempt).status(), StatusCode::CONFLICT);
}

#[test]
fn a_token_opens_its_own_consents_alone() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::everything());
    let other = text(&bench.tokens(&Decision::everything()), "grant_id");
    let own = own_token(&mut bench);
    let access_token = text(&tokens, "access_token");
    for (id, token) in [(other.as_str(), &access_token), ("unknown", &own)] {
        let attempt = put(&mut bench, id, token);
        assert_eq!(bench.send(&attempt).status(), StatusCode::NOT_FOUND, "{id}");
        let response = bench.get(&format!("/consents/{id}"), token);
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{id}");
    }
    // Another client's own token does not even see that it exists.
    let mut attempt = bench.post("/token");
    attempt.set("grant_type", "client_credentials");
    attempt.claim("iss", json!("other"));
    attempt.claim("sub", json!("other"));
    let stranger = text(&body(&bench.send(&attempt)), "access_token");
    let attempt = put(&mut bench, &other, &stranger);
    assert_eq!(bench.send(&attempt).status(), StatusCode::NOT_FOUND);
    assert_eq!(body(&bench.get(&format!("/consents/{other}"), &own))["status"], "ACTIVE");
}

#[test]
fn a_clients_own_token_opens_no_data_and_is_introspected_as_its_own() {
    let mut bench = Bench::dpop();
    let own = own_token(&mut bench);
    for path in ["/accounts", "/customers/current", "/accounts/acc-1/transactions"] {
        assert_eq!(bench.get(path, &own).status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(bench.failed(), "FAPI 2.0 SP 5.3.4-4");
    }
    let attempt = bench.about("/introspect", &own);
    let told = body(&bench.send(&attempt));
    assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!("app")));
    assert!(told.get("fdxConsentId").is_none());
    // It is no refresh token either.
    let attempt = bench.refresh(&own);
    bench.refuses(&attempt, "invalid_grant", "RFC 6749 6");
}

#[test]
fn own_scopes_are_registered_and_without_a_customer() {
    let mut bench = Bench::dpop();
    bench.change_client(|client| client.scopes.push("READ_CONSENTS".to_owned()));
    bench.learn_nonces();
    for scope in ["openid", "offline_access", "fdx:transactions:read", "UPDATE_CONSENTS", "\""] {
        let mut attempt = bench.post("/token");
        attempt.set("grant_type", "client_credentials");
        attempt.set("scope", scope);
        bench.refuses(&attempt, "invalid_scope", "RFC 6749 4.4.2");
    }
    let mut attempt = bench.post("/token");
    attempt.set("grant_type", "client_credentials");
    attempt.set("scope", "READ_CONSENTS");
    assert_eq!(body(&bench.send(&attempt))["scope"], "READ_CONSENTS");
    attempt.assertion = None;
    bench.refuses(&attempt, "invalid_client", "FAPI 2.0 SP 5.3.2.1-6");
}

#[test]
fn the_request_to_revoke_is_held_against_its_schema() {
    let clause = "FDX Consent API, ConsentRevocationRequest";
    let mut bench = Bench::mutual_tls();
    let tokens = bench.tokens(&Decision::everything());
    let (id, token) = (text(&tokens, "grant_id"), text(&tokens, "access_token"));
    for bad in ["", "[]", "null", "{", r#"{"reason":1}"#] {
        let mut attempt = put(&mut bench, &id, &token);
        attempt.body = Some(bad.to_owned());
        let response = bench.send(&attempt);
        assert_eq!((response.status(), bench.failed().as_str()), (StatusCode::BAD_REQUEST, clause));
    }
    let mut attempt = put(&mut bench, &id, &token);
    attempt.content_type = "text/plain";
    assert_eq!(bench.send(&attempt).status(), StatusCode::BAD_REQUEST);
    for method in [Method::POST, Method::DELETE] {
        let mut attempt = put(&mut bench, &id, &token);
        attempt.method = method;
        let response = bench.send(&attempt);
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET, PUT");
    }
    let mut attempt = put(&mut bench, &id, &token);
    attempt.body = Some("{}".to_owned());
    assert_eq!(bench.send(&attempt).status(), StatusCode::NO_CONTENT);
}
