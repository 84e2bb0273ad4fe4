use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::bench::body;
use super::{Attempt, Bench};
use crate::customer::Decision;

const REQUEST: &str = r#"{"reason":"USER_ACTION","initiator":"INDIVIDUAL"}"#;

fn text(tokens: &Value, name: &str) -> String {
    tokens[name].as_str().unwrap().to_owned()
}

/// The scope that a client can have without a customer.
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
fn revoking_a_consent_revokes_only_its_tokens() {
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
fn client_credentials_token_reads_and_revokes_a_consent() {
    for mut bench in [Bench::dpop(), Bench::mutual_tls()] {
        let id = text(&bench.tokens(&Decision::everything()), "grant_id");
        let own = own_token(&mut bench);
        let (consent, list) = (format!("/consents/{id}"), format!("/consents/{id}/revocation"));
        assert_eq!(body(&bench.get(&consent, &own))["status"], "ACTIVE");
        assert_eq!(body(&bench.get(&list, &own)), json!({ "revocations": [] }));
        bench.later(60);
        revoked(&mut bench, &id, &own);
        let response = body(&bench.get(&consent, &own));
        assert_eq!(
            (&response["status"], &response["updatedTime"]),
            (&json!("REVOKED"), &json!("2026-01-05T10:01:00Z"))
        );
        let response = &body(&bench.get(&list, &own))["revocations"];
        assert_eq!(response[0]["initiator"], "INDIVIDUAL");
        assert_eq!(response[0]["updatedTime"], "2026-01-05T10:01:00Z");
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
fn rejects_revocation_of_an_expired_consent() {
    let mut bench = Bench::dpop();
    let id = text(&bench.tokens(&Decision::everything()), "grant_id");
    bench.later(90 * 86_400);
    let own = own_token(&mut bench);
    assert_eq!(body(&bench.get(&format!("/consents/{id}"), &own))["status"], "EXPIRED");
    let attempt = put(&mut bench, &id, &own);
    assert_eq!(bench.send(&attempt).status(), StatusCode::CONFLICT);
}

#[test]
fn token_gives_access_only_to_its_own_consents() {
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
    // The token of another client does not reveal that it exists.
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
fn client_credentials_token_gives_no_access_to_data() {
    let mut bench = Bench::dpop();
    let own = own_token(&mut bench);
    for path in ["/accounts", "/customers/current", "/accounts/acc-1/transactions"] {
        assert_eq!(bench.get(path, &own).status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(bench.failed(), "FAPI 2.0 SP 5.3.4-4");
    }
    let attempt = bench.about("/introspect", &own);
    let response = body(&bench.send(&attempt));
    assert_eq!((&response["active"], &response["sub"]), (&json!(true), &json!("app")));
    assert!(response.get("fdxConsentId").is_none());
    // It is not a refresh token.
    let attempt = bench.refresh(&own);
    bench.refuses(&attempt, "invalid_grant", "RFC 6749 6");
}

#[test]
fn client_credentials_scopes_are_registered_and_need_no_customer() {
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
fn rejects_revocation_requests_that_violate_the_schema() {
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
