//! Reads every response that the providers' documents show.

use core::time::Duration;

use fdx_par::dialect::{AUTIONAL, MASTERCARD, UAE};
use fdx_par::not_fapi::MX;
use fdx_par::{Dialect, Error, NextStep, Notice, Pushed, Refusal};
use fdx_sandbox::customer::Decision;
use fdx_testkit::providers::provided;
use fdx_testkit::{World, answer, entropy, persisted};
use serde_json::{Value, json};

/// Returns the result of a push with this response.
fn pushed(dialect: Dialect, path: &'static str, status: u16, body: Value) -> Result<Pushed, Error> {
    let provided = provided(dialect).unwrap();
    let mut world = (provided.world)(dialect);
    let client = world.client().unwrap();
    world.tamper_at(path, move |_| answer(status, "application/json", body.to_string()));
    let draft = client.push(&(provided.request)(), entropy(1), world.now).unwrap();
    world.run(draft)
}

fn refusal(pushed: Result<Pushed, Error>) -> Refusal {
    match pushed.unwrap_err() {
        Error::Refusal(refusal) => *refusal,
        other => panic!("{other}"),
    }
}

#[test]
fn reads_documented_push_responses() {
    // Mastercard: another form of request_uri, valid for an hour, which is used as ten minutes.
    let shown = json!({
        "request_uri": "urn:ietf:params:oauth2:eb6b74fb-2249-499a-9889-3e1c485e687b",
        "expires_in": 3600,
    });
    let taken = pushed(MASTERCARD, "/oauth2/par", 200, shown).unwrap();
    assert_eq!(taken.notices(), [Notice::ExpiresInCapped]);

    let shown = json!({
        "request_uri": "urn:ietf:params:oauth:request-uri:bwc4JDpSd7", "expires_in": 90,
    });
    assert_eq!(pushed(UAE, "/par", 200, shown).unwrap().notices(), []);

    let shown = json!({ "request_uri": "urn:example:request_uri:xxx", "expires_in": 90 });
    let taken = pushed(AUTIONAL, "/oauth/pushed-authorization", 201, shown).unwrap();
    assert_eq!(taken.notices(), []);
}

#[test]
fn reads_documented_push_errors() {
    // Autional's error has a page and the state.
    let shown = json!({
        "error": "invalid_request",
        "error_description": "Missing required parameter",
        "error_uri": "https://docs.example.com/errors",
        "state": "state-123",
    });
    for status in [400, 401, 500] {
        let mut shown = shown.clone();
        shown["error"] = match status {
            401 => json!("invalid_client"),
            500 => json!("server_error"),
            _ => json!("invalid_request"),
        };
        let refused = refusal(pushed(AUTIONAL, "/oauth/pushed-authorization", status, shown));
        let said = refused.said;
        assert_eq!(said.status, status);
        assert_eq!(said.error_uri.unwrap().as_str(), "https://docs.example.com/errors");
        assert_eq!(said.state.unwrap().as_str(), "state-123");
    }
    // Mastercard writes codes in capitals, and returns 400 for every error.
    for code in ["INVALID_PAR_REQUEST", "INVALID_CLIENT"] {
        let shown = json!({ "error": code, "error_description": "no" });
        let refused = refusal(pushed(MASTERCARD, "/oauth2/par", 400, shown));
        assert!(refused.is(&code.to_lowercase()), "{refused}");
        assert_eq!(refused.next_step, NextStep::Correct);
    }
    for code in ["EXPIRED_PAR_REQUEST", "INVALID_REQUEST_URI"] {
        let shown = json!({ "error": code });
        let refused = refusal(pushed(MASTERCARD, "/oauth2/par", 400, shown));
        assert_eq!(refused.next_step, NextStep::StartOver, "{code}");
    }
    // UAE documents each of these.
    for code in [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    ] {
        let shown = json!({ "error": code, "error_description": "no" });
        assert!(refusal(pushed(UAE, "/par", 400, shown)).is(code));
    }
}

#[test]
fn reads_retry_after_with_and_without_a_value() {
    for (dialect, path, after) in
        [(UAE, "/par", Some(Duration::from_secs(30))), (MASTERCARD, "/oauth2/par", None)]
    {
        let provided = provided(dialect).unwrap();
        let mut world = (provided.world)(dialect);
        let client = world.client().unwrap();
        world.tamper_at(path, move |_| {
            let mut answer = answer(429, "application/json", r#"{"error":"too many requests"}"#);
            if let Some(after) = after {
                let value = after.as_secs().into();
                answer.headers_mut().insert("retry-after", value);
            }
            answer
        });
        let draft = client.push(&(provided.request)(), entropy(1), world.now).unwrap();
        let refused = refusal(world.run(draft));
        assert_eq!(refused.next_step, NextStep::Retry { after }, "{}", dialect.name());
    }
}

/// Runs a Mastercard flow whose token endpoint returns this body.
fn exchanged(body: Value) -> (World, Result<fdx_par::Exchanged, Error>) {
    let provided = provided(MASTERCARD).unwrap();
    let mut world = (provided.world)(MASTERCARD);
    let client = world.client().unwrap();
    let (url, pending) = world.push(&client, &(provided.request)()).unwrap();
    let callback = world.customer(&url, &Decision::everything());
    world.tamper_at("/oauth2/token", move |_| answer(200, "application/json", body.to_string()));
    let exchanged = world.exchange(&client, pending, &callback);
    (world, exchanged)
}

#[test]
fn a_token_response() {
    let shown = json!({
        "access_token": "eyJraWQiOiI5OWJjMzNlZSJ9.eyJzdWIiOiJkaC1mZHgifQ.c2ln",
        "scope": "client.read", "token_type": "Bearer", "expires_in": 299,
    });
    let (world, exchanged) = exchanged(shown);
    let exchanged = exchanged.unwrap();
    let tokens = persisted(&exchanged.to_json());
    let expires_at = world.now + Duration::from_secs(299);
    assert_eq!(tokens["expires_at"], expires_at.as_seconds());
    assert_eq!(tokens.get("bound_to"), None);
    assert_eq!(tokens["scope"], "client.read");
}

#[test]
fn an_introspection() {
    let provided = provided(MASTERCARD).unwrap();
    let mut world = (provided.world)(MASTERCARD);
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let shown = json!({
        "active": true, "sub": "fdxuser", "aud": ["dh-fdx-client-registrar-2"],
        "nbf": 1_722_333_643_u64, "scope": "fdx:transactions:read",
        "iss": "http://localhost:8080", "exp": 1_722_333_943_u64, "iat": 1_722_333_643_u64,
        "jti": "10c56f8c-956c-4830-99f1-c66080c589d2",
        "client_id": "dh-fdx-client-registrar-2", "token_type": "Bearer",
    });
    world.tamper_at("/oauth2/introspect", move |_| {
        answer(200, "application/json", shown.to_string())
    });
    let token = verified.tokens().access_token();
    let draft = client.introspect(token, entropy(3), world.now).unwrap();
    let introspection = world.run(draft).unwrap();
    assert!(introspection.is_active() && introspection.consent_id().is_none());
    assert_eq!(introspection.expires_at().unwrap().as_seconds(), 1_722_333_943);
}

#[test]
fn the_customer_of_mastercard_s_cancels() {
    let provided = provided(MASTERCARD).unwrap();
    let mut world = (provided.world)(MASTERCARD);
    let client = world.client().unwrap();
    let (_, pending) = world.push(&client, &(provided.request)()).unwrap();
    let state = fdx_testkit::claims(&world.sent.last().unwrap().form()["request"]);
    let state = state["state"].as_str().unwrap();
    let callback = format!(
        "https://app.example/callback?error=access_denied\
         &error_description=User%20cancelled%20consent%20process&state={state}"
    );
    match client.callback(pending, &callback, world.now).unwrap() {
        fdx_par::Callback::Denied(refusal) => {
            assert_eq!(refusal.next_step, NextStep::RespectTheCustomer);
        }
        fdx_par::Callback::Code(_) => panic!("no code was there"),
    }
    assert_eq!(MX.refresh_token_lifetime(), Some(Duration::from_secs(30 * 86_400)));
}
