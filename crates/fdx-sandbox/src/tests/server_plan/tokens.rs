//! Codes, tokens, and their keys and certificates.

use fdx_wire::UnixTime;
use http::{Method, StatusCode};
use serde_json::json;

use super::*;
use crate::tests::bench::MTLS;

#[test]
fn token_requests() {
    let rows: &[Row] = &[
        (
            "ensure-holder-of-key-required",
            without_key,
            &["invalid_request", "invalid_grant", "invalid_dpop_proof", "invalid_client"],
        ),
        (
            "ensure-client-assertion-in-token-endpoint",
            |a| {
                a.set("client_id", "app");
                a.assertion = None;
                a.peer = Peer::anonymous();
            },
            CLIENT,
        ),
        (
            "ensure-client-id-in-token-endpoint",
            |a| {
                a.set("client_id", "other");
                if a.assertion.is_some() {
                    a.claim("sub", json!("other"));
                }
            },
            &["invalid_client", "invalid_grant"],
        ),
        ("par-ensure-pkce-code-verifier-required", |a| a.unset("code_verifier"), GRANT),
        (
            "par-incorrect-pkce-code-verifier-rejected",
            |a| a.set("code_verifier", &"v".repeat(43)),
            GRANT,
        ),
        ("client_id next to the assertion", |a| a.set("client_id", "app"), ACCEPTED),
    ];
    for (module, change, errors) in rows {
        for mut bench in variants() {
            let mut attempt = push(&mut bench);
            let pushed = send(&mut bench, &mut attempt).1;
            let mut attempt = exchange(&mut bench, pushed["request_uri"].as_str().unwrap());
            change(&mut attempt);
            let answer = send(&mut bench, &mut attempt);
            check(module, &bench, &answer, errors);
        }
    }
}

/// No proof, and no certificate.
fn without_key(attempt: &mut Attempt) {
    match attempt.proof.take() {
        Some(_) => {}
        None => attempt.peer = Peer::anonymous(),
    }
}

#[test]
fn expired_and_reused_codes_and_request_uris() {
    for mut bench in variants() {
        let mut attempt = push(&mut bench);
        let pushed = send(&mut bench, &mut attempt).1;
        let request_uri = pushed["request_uri"].as_str().unwrap();
        // par-ensure-server-accepts-reused-request-uri-before-authentication-completion
        bench.load(&Bench::authorize_url(request_uri));
        let mut first = exchange(&mut bench, request_uri);
        let code = first.form.iter().find(|(name, _)| *name == "code").unwrap().1.clone();
        let tokens = send(&mut bench, &mut first).1;
        bench.later(1);
        let mut again = bench.exchange(&code);
        let answer = send(&mut bench, &mut again);
        check("attempt-reuse-authorization-code-after-one-second", &bench, &answer, GRANT);
        let mut read = bench.read("/accounts", tokens["access_token"].as_str().unwrap());
        assert_eq!(send(&mut bench, &mut read).0, StatusCode::UNAUTHORIZED, "revoked");
        // par-attempt-reuse-request_uri
        let page = bench.load(&Bench::authorize_url(request_uri));
        assert_eq!(page.status(), StatusCode::BAD_REQUEST);

        let mut attempt = push(&mut bench);
        let pushed = send(&mut bench, &mut attempt).1;
        let mut late = exchange(&mut bench, pushed["request_uri"].as_str().unwrap());
        bench.later(60);
        let code = late.form.iter().find(|(name, _)| *name == "code").unwrap().1.clone();
        late = bench.exchange(&code);
        let answer = send(&mut bench, &mut late);
        check("attempt-to-use-expired-auth-code", &bench, &answer, GRANT);

        let mut attempt = push(&mut bench);
        let pushed = send(&mut bench, &mut attempt).1;
        bench.later(pushed["expires_in"].as_u64().unwrap());
        let url = Bench::authorize_url(pushed["request_uri"].as_str().unwrap());
        assert_eq!(bench.load(&url).status(), StatusCode::BAD_REQUEST, "expired");

        let mut attempt = push(&mut bench);
        let pushed = send(&mut bench, &mut attempt).1;
        let url = Bench::authorize_url(pushed["request_uri"].as_str().unwrap());
        let url = url.replace("client_id=app", "client_id=other");
        let page = bench.load(&url);
        assert_eq!(page.status(), StatusCode::BAD_REQUEST, "par-ensure-request-uri-is-bound");

        let mut attempt = push(&mut bench);
        let pushed = send(&mut bench, &mut attempt).1;
        let request_uri = pushed["request_uri"].as_str().unwrap();
        let location = decide(&mut bench, request_uri, &Decision::refuse());
        assert!(location.contains("error=access_denied"), "user-rejects-authentication");

        let mut attempt = push(&mut bench);
        attempt.method = Method::PUT;
        assert!(bench.send(&attempt).status().is_client_error(), "par-test-invalid-http-method");
    }
}

#[test]
fn dpop_keys_at_the_par_endpoint() {
    let other = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    for mut bench in variants().filter(|bench| bench.binding == Binding::Dpop) {
        // ensure-dpop-proof-at-par-endpoint-binding-success
        let at_par = |bench: &mut Bench| {
            let mut attempt = push(bench);
            attempt.proof = bench.post("/par").proof;
            attempt
        };
        let mut attempt = at_par(&mut bench);
        let pushed = send(&mut bench, &mut attempt);
        finish("ensure-dpop-proof-at-par-endpoint-binding-success", &mut bench, &pushed.1);

        let mut attempt = at_par(&mut bench);
        attempt.set("dpop_jkt", other);
        let answer = send(&mut bench, &mut attempt);
        let errors = &["invalid_request", "invalid_dpop_proof"];
        check("ensure-mismatched-dpop-jkt-fails", &bench, &answer, errors);

        for shift in [-10, 10] {
            let mut attempt = push(&mut bench);
            let pushed = send(&mut bench, &mut attempt).1;
            let mut exchange = exchange(&mut bench, pushed["request_uri"].as_str().unwrap());
            let iat = bench.now.as_seconds().checked_add_signed(shift).unwrap();
            exchange.proof().iat = UnixTime::from_seconds(iat);
            let answer = send(&mut bench, &mut exchange);
            let module = format!("ensure-dpop-proof-with-iat-is-{shift}-seconds-succeeds");
            check(&module, &bench, &answer, ACCEPTED);
        }

        let mut attempt = push(&mut bench);
        attempt.set("dpop_jkt", other);
        let pushed = send(&mut bench, &mut attempt).1;
        let mut exchange = exchange(&mut bench, pushed["request_uri"].as_str().unwrap());
        let answer = send(&mut bench, &mut exchange);
        check("ensure-token-endpoint-fails-with-mismatched-dpop-jkt", &bench, &answer, SENDER);
    }
}

#[test]
fn refresh_tokens() {
    for mut bench in variants() {
        let mut attempt = push(&mut bench);
        let pushed = send(&mut bench, &mut attempt).1;
        let mut attempt = exchange(&mut bench, pushed["request_uri"].as_str().unwrap());
        let tokens = send(&mut bench, &mut attempt).1;
        let refresh_token = tokens["refresh_token"].as_str().unwrap();
        let scope = tokens["scope"].as_str().unwrap();

        let mut refresh = bench.refresh(refresh_token);
        refresh.set("scope", scope);
        let refreshed = send(&mut bench, &mut refresh);
        check("refresh-token", &bench, &refreshed, ACCEPTED);

        let mut refresh = bench.refresh(refresh_token);
        without_key(&mut refresh);
        let answer = send(&mut bench, &mut refresh);
        let errors = &["invalid_request", "invalid_dpop_proof", "invalid_client", "invalid_grant"];
        check("refresh-token without its key", &bench, &answer, errors);

        // Another client, which authenticates by an assertion in each variant.
        let mut refresh = bench.refresh(refresh_token);
        refresh.unset("client_id");
        let now = bench.now.as_seconds();
        let claims = json!({
            "iss": "other", "sub": "other", "aud": ISSUER, "jti": bench.jti(), "exp": now + 60,
        });
        refresh.assertion = Some((None, claims));
        let answer = send(&mut bench, &mut refresh);
        check("refresh-token of another client", &bench, &answer, GRANT);
    }
}

#[test]
fn alias_endpoints_are_at_the_mtls_authority() {
    let mut bench = variants().nth(2).unwrap();
    assert_eq!(bench.binding, Binding::AnyCertificate);
    let attempt = push(&mut bench);
    assert!(attempt.url.starts_with(MTLS) && attempt.peer == Peer::anonymous());
    assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED, "{}", bench.failed());
}
