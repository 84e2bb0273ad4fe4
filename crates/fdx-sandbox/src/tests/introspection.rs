use fdx_jose::{Algorithm, Jws};
use http::StatusCode;
use serde_json::json;

use super::Bench;
use super::bench::{ISSUER, body};
use crate::customer::Decision;

const SIGNED: &str = "application/token-introspection+jwt";

#[test]
fn introspection_ignores_the_hint() {
    let mut bench = Bench::dpop();
    let tokens = bench.tokens(&Decision::everything());
    for name in ["access_token", "refresh_token"] {
        for hint in ["access_token", "refresh_token", "anything"] {
            let mut attempt = bench.about("/introspect", tokens[name].as_str().unwrap());
            attempt.set("token_type_hint", hint);
            let reported = body(&bench.send(&attempt));
            assert_eq!(reported["active"], true, "{name} as {hint}");
            // A refresh token is bound only to its client.
            assert_eq!(reported.get("cnf").is_some(), name == "access_token");
        }
    }
}

#[test]
fn signed_introspection_equals_the_json_response() {
    let mut bench = Bench::dpop();
    bench.change_client(|client| {
        client.introspection_signed_response_alg = Some(Algorithm::EdDsa);
    });
    let tokens = bench.tokens(&Decision::everything());
    for token in [tokens["access_token"].as_str().unwrap(), "unknown"] {
        let attempt = bench.about("/introspect", token);
        let plain = body(&bench.send(&attempt));
        for accept in [SIGNED, "application/json;q=0.1, Application/Token-Introspection+JWT"] {
            let mut attempt = bench.about("/introspect", token);
            attempt.headers.push(("accept", accept.to_owned()));
            let response = bench.send(&attempt);
            assert_eq!(response.status(), StatusCode::OK, "{}", bench.failed());
            assert_eq!(response.headers()["content-type"], SIGNED);
            let text = String::from_utf8(response.into_body()).unwrap();
            assert_eq!(Jws::parse(&text).unwrap().typ(), Some("token-introspection+jwt"));
            assert_eq!(
                bench.signed_claims(&text),
                json!({
                    "iss": ISSUER, "aud": "app", "iat": bench.now.as_seconds(),
                    "token_introspection": plain,
                })
            );
        }
    }
}

#[test]
fn rejects_signed_introspection_without_a_registered_algorithm() {
    // The institution's only key is for EdDSA.
    for algorithm in [None, Some(Algorithm::Ps256)] {
        let mut bench = Bench::dpop();
        bench.change_client(|client| client.introspection_signed_response_alg = algorithm);
        let mut attempt = bench.about("/introspect", "any");
        attempt.headers.push(("accept", SIGNED.to_owned()));
        bench.refuses(&attempt, "invalid_request", "RFC 9701 6");
    }
}
