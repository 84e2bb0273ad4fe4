use fdx_jose::{Algorithm, Jws};
use fdx_wire::form::Query;
use http::StatusCode;
use serde_json::{Value, json};

use super::Bench;
use super::bench::{ISSUER, REDIRECT, body};
use crate::customer::Decision;

fn bench() -> Bench {
    let mut bench = Bench::dpop();
    bench.change_client(|client| {
        client.authorization_signed_response_alg = Some(Algorithm::EdDsa);
    });
    bench.learn_nonces();
    bench
}

/// The claims of the JWT, which is the only parameter of the response.
fn response(bench: &mut Bench, decision: &Decision, change: impl Fn(&mut super::Attempt)) -> Value {
    let mut attempt = bench.push();
    attempt.set("response_mode", "jwt");
    change(&mut attempt);
    let request_uri = bench.pushed_by(&attempt);
    let location = bench.decided(&request_uri, decision);
    let (redirect_uri, query) = location.split_once('?').unwrap();
    assert_eq!(redirect_uri, REDIRECT);
    let query = Query::parse(query, 8192).unwrap();
    assert_eq!(query.names().collect::<Vec<_>>(), ["response"]);
    let token = query.one("response").unwrap().unwrap().to_owned();
    assert_eq!(Jws::parse(&token).unwrap().algorithm(), Algorithm::EdDsa);
    bench.signed_claims(&token)
}

#[test]
fn jarm_response_contains_a_valid_code() {
    for mode in ["jwt", "query.jwt"] {
        let mut bench = bench();
        let claims = response(&mut bench, &Decision::everything(), |a| {
            a.set("response_mode", mode);
        });
        let code = claims["code"].as_str().unwrap().to_owned();
        let expected = json!({
            "iss": ISSUER, "aud": "app", "exp": bench.now.as_seconds() + 600,
            "code": code, "state": "the state",
        });
        assert_eq!(claims, expected);
        let attempt = bench.exchange(&code);
        assert_eq!(bench.send(&attempt).status(), StatusCode::OK, "{}", bench.failed());
    }
}

#[test]
fn jarm_response_contains_a_refusal() {
    let mut bench = bench();
    let claims = response(&mut bench, &Decision::refuse(), |a| a.unset("state"));
    let expected = json!({
        "iss": ISSUER, "aud": "app", "exp": bench.now.as_seconds() + 600,
        "error": "access_denied",
    });
    assert_eq!(claims, expected);
}

#[test]
fn accepts_response_mode_in_a_request_object() {
    let mut bench = bench();
    let mut attempt = bench.push_signed();
    attempt.parameter("response_mode", json!("jwt"));
    let request_uri = bench.pushed_by(&attempt);
    let location = bench.decided(&request_uri, &Decision::everything());
    assert!(location.starts_with(&format!("{REDIRECT}?response=")), "{location}");
}

#[test]
fn rejects_jarm_without_a_registered_algorithm() {
    // The institution's only key is for EdDSA.
    for algorithm in [None, Some(Algorithm::Ps256)] {
        let mut bench = Bench::dpop();
        bench.change_client(|client| client.authorization_signed_response_alg = algorithm);
        let mut attempt = bench.push();
        attempt.set("response_mode", "jwt");
        bench.refuses(&attempt, "invalid_request", "JARM 3");
    }
}

#[test]
fn metadata_lists_signing_algorithms() {
    let mut bench = Bench::dpop();
    let metadata = body(&bench.load(&format!("{ISSUER}/.well-known/oauth-authorization-server")));
    assert_eq!(metadata["response_modes_supported"], json!(["query", "jwt", "query.jwt"]));
    for signed in ["authorization", "introspection", "id_token"] {
        let listed = &metadata[format!("{signed}_signing_alg_values_supported")];
        assert_eq!(listed, &json!(["EdDSA"]), "{signed}");
    }
    let listed = &metadata["request_object_signing_alg_values_supported"];
    assert_eq!(listed, &json!(["PS256", "ES256", "EdDSA"]));
}
