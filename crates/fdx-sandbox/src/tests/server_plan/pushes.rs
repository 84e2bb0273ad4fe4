//! Pushed requests, unsigned and signed.

use serde_json::json;

use super::*;
use crate::tests::bench::REDIRECT;

fn pushes(make: fn(&mut Bench) -> Attempt, rows: &[Row]) {
    for (module, change, errors) in rows {
        for mut bench in variants() {
            let mut attempt = make(&mut bench);
            change(&mut attempt);
            let pushed = send(&mut bench, &mut attempt);
            check(module, &bench, &pushed, errors);
            if errors.is_empty() {
                finish(module, &mut bench, &pushed.1);
            }
        }
    }
}

#[test]
fn unsigned_pushes() {
    pushes(
        push,
        &[
            ("happy-flow", |_| (), ACCEPTED),
            ("happy-flow, second client", |a| a.set("state", &"s".repeat(128)), ACCEPTED),
            ("ensure-authorization-request-without-state-success", |a| a.unset("state"), ACCEPTED),
            ("ensure-authorization-request-without-nonce-success", |a| a.unset("nonce"), ACCEPTED),
            (
                "ensure-authorization-request-with-64-char-nonce-success",
                |a| a.set("nonce", &"n".repeat(64)),
                ACCEPTED,
            ),
            (
                "ensure-authorization-request-with-long-nonce",
                |a| a.set("nonce", &"n".repeat(384)),
                REQUEST,
            ),
            (
                "ensure-authorization-request-with-long-state",
                |a| a.set("state", &"s".repeat(384)),
                ACCEPTED,
            ),
            (
                "ensure-other-scope-order-succeeds",
                |a| a.set("scope", "fdx:accountbasic:read offline_access openid"),
                ACCEPTED,
            ),
            ("refresh-token, offline_access", |a| a.set("prompt", "consent"), ACCEPTED),
            (
                "ensure-registered-redirect-uri",
                |a| a.set("redirect_uri", &format!("{REDIRECT}/x")),
                REQUEST_OR_OBJECT,
            ),
            (
                "ensure-redirect-uri-in-authorization-request",
                |a| a.unset("redirect_uri"),
                REQUEST_OR_OBJECT,
            ),
            (
                "ensure-response-type-code-idtoken-fails",
                |a| a.set("response_type", "code id_token"),
                TYPE,
            ),
            ("ensure-response-type-token-fails", |a| a.set("response_type", "token"), TYPE),
            (
                "par-pushed-authorization-url-as-audience, array, token endpoint",
                |a| match a.assertion.is_some() {
                    true => a.claim("aud", json!(format!("{ISSUER}/par"))),
                    false => a.peer = Peer::anonymous(),
                },
                CLIENT,
            ),
            (
                "par-ensure-jwt-client-assertion-with-iat-nbf-over-60-seconds-in-the-future-fails",
                |a| match a.assertion.as_mut() {
                    Some((_, claims)) => {
                        let now = claims["iat"].as_u64().unwrap();
                        (claims["iat"], claims["nbf"]) = (json!(now + 65), json!(now + 65));
                        claims["exp"] = json!(now + 125);
                    }
                    None => a.peer = Peer::anonymous(),
                },
                CLIENT,
            ),
            (
                "par-authorization-request-containing-request_uri-form-param",
                |a| a.set("request_uri", "urn:ietf:params:oauth:request_uri:x"),
                REQUEST,
            ),
            ("par-ensure-pkce-required", |a| a.unset("code_challenge"), REQUEST),
            (
                "par-ensure-plain-pkce-rejected",
                |a| a.set("code_challenge_method", "plain"),
                REQUEST,
            ),
        ],
    );
}

#[test]
fn signed_pushes() {
    fn shift(attempt: &mut Attempt, name: &str, seconds: i64) {
        let claims = &mut attempt.request_object.as_mut().unwrap().1;
        claims[name] = json!(claims["nbf"].as_i64().unwrap() + seconds);
    }
    fn remove(attempt: &mut Attempt, name: &str) {
        let claims = &mut attempt.request_object.as_mut().unwrap().1;
        claims.as_object_mut().unwrap().remove(name);
    }
    pushes(
        signed,
        &[
            ("happy-flow", |_| (), ACCEPTED),
            (
                "happy-flow, second client",
                |a| a.request_object.as_mut().unwrap().0 = Some("oauth-authz-req+jwt"),
                ACCEPTED,
            ),
            (
                "ensure-server-accepts-request-object-with-multiple-aud",
                |a| a.parameter("aud", json!([ISSUER, "https://other1.example.com", "invalid"])),
                ACCEPTED,
            ),
            (
                "ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted",
                |a| shift(a, "nbf", 8),
                ACCEPTED,
            ),
            ("ensure-request-object-without-exp-fails", |a| remove(a, "exp"), OBJECT),
            ("ensure-request-object-without-nbf-fails", |a| remove(a, "nbf"), OBJECT),
            (
                "ensure-request-object-without-redirect-uri-fails",
                |a| remove(a, "redirect_uri"),
                REQUEST_OR_OBJECT,
            ),
            ("ensure-expired-request-object-fails", |a| shift(a, "exp", -300), OBJECT),
            (
                "ensure-request-object-with-bad-aud-fails",
                |a| a.parameter("aud", json!("https://other1.example.com")),
                OBJECT,
            ),
            ("ensure-request-object-with-exp-over-60-fails", |a| shift(a, "exp", 4200), OBJECT),
            ("ensure-request-object-with-nbf-over-60-fails", |a| shift(a, "nbf", -4200), OBJECT),
            (
                "par-authorization-request-containing-request_uri",
                |a| a.parameter("request_uri", json!("urn:ietf:params:oauth:request_uri:x")),
                OBJECT,
            ),
        ],
    );
}
