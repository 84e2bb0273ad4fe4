use fdx_jose::Algorithm;
use http::StatusCode;
use serde_json::{Value, json};

use super::bench::{ISSUER, body};
use super::{Attempt, Bench};
use crate::customer::Decision;
use crate::{Binding, RequestObjects};

const NOW: u64 = 1_767_607_200;

fn object(attempt: &mut Attempt) -> &mut Value {
    &mut attempt.request_object.as_mut().unwrap().1
}

fn without(name: &'static str) -> impl Fn(&mut Attempt) {
    move |attempt| {
        object(attempt).as_object_mut().unwrap().remove(name).unwrap();
    }
}

fn with(name: &'static str, value: Value) -> impl Fn(&mut Attempt) {
    move |attempt| attempt.parameter(name, value.clone())
}

/// A push that violates one rule is refused.
fn row(error: &str, clause: &str, change: impl Fn(&mut Attempt)) {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let mut attempt = bench.push_signed();
    change(&mut attempt);
    bench.refuses(&attempt, error, clause);
}

fn accepted(change: impl Fn(&mut Attempt)) {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let mut attempt = bench.push_signed();
    change(&mut attempt);
    assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED, "{}", bench.failed());
}

#[test]
fn accepts_signed_requests_with_both_bindings() {
    for mut bench in [Bench::dpop(), Bench::mutual_tls()] {
        bench.change_client(|client| {
            client.request_objects = RequestObjects::Required;
            client.request_object_signing_alg = Some(Algorithm::EdDsa);
        });
        if bench.binding == Binding::Dpop {
            let attempt = bench.push_signed();
            assert_eq!(body(&bench.send(&attempt))["error"], "use_dpop_nonce");
        }
        let mut attempt = bench.push_signed();
        attempt.parameter("max_age", json!(600));
        let request_uri = bench.pushed_by(&attempt);
        let location = bench.decided(&request_uri, &Decision::everything());
        assert!(location.contains("state=the%20state") || location.contains("state=the+state"));
        let code = Bench::code_in(&location);
        let attempt = bench.exchange(&code);
        let tokens = body(&bench.send(&attempt));
        let id_token = bench.signed_claims(tokens["id_token"].as_str().unwrap());
        assert_eq!(id_token["nonce"], "the nonce");
    }
}

#[test]
fn accepts_request_objects_at_the_time_limits() {
    accepted(with("nbf", json!(NOW + 60)));
    accepted(with("iat", json!(NOW + 60)));
    accepted(with("exp", json!(NOW + 3600)));
    accepted(with("exp", json!(NOW + 1)));
    accepted(|a| {
        a.parameter("nbf", json!(NOW - 3599));
        a.parameter("exp", json!(NOW + 1));
    });
    accepted(without("jti"));
    accepted(without("iat"));
    accepted(|a| a.request_object.as_mut().unwrap().0 = None);
    accepted(|a| a.unset("client_id"));
}

#[test]
fn rejects_request_object_parameters_of_wrong_type() {
    let bad = |name, value| row("invalid_request_object", "RFC 9101 4", with(name, value));
    bad("max_age", json!("600"));
    bad("max_age", json!(-1));
    bad("max_age", json!(null));
    bad("scope", json!(["openid"]));
    bad("state", json!(7));
    bad("nonce", json!(null));
    bad("redirect_uri", json!(["https://app.example/callback"]));
    bad("authorization_details", json!("[]"));
    bad("authorization_details", json!({}));
    bad("anything", json!(null));
    accepted(with("max_age", json!(600)));
    accepted(with("anything", json!({ "of": "theirs" })));
}

#[test]
fn checks_parameters_inside_a_request_object() {
    let error = "invalid_request";
    row(error, "FAPI 2.0 SP 5.3.2.2-5", with("code_challenge_method", json!("plain")));
    row(error, "FAPI 2.0 SP 5.3.2.2-6", with("redirect_uri", json!("https://evil.example/")));
    row(error, "FAPI 2.0 SP 5.3.2.2-14", with("nonce", json!("n".repeat(65))));
    row("invalid_dpop_proof", "RFC 9449 10.1", with("dpop_jkt", json!("A".repeat(43))));
    let error = "invalid_authorization_details";
    row(error, "RFC 9396 5", with("authorization_details", json!([{ "type": "payment" }])));
}

#[test]
fn rejects_a_used_request_object_and_an_assertion() {
    let mut bench = Bench::dpop();
    bench.learn_nonces();
    let attempt = bench.push_signed();
    assert_eq!(bench.send(&attempt).status(), StatusCode::CREATED);
    let mut again = bench.push_signed();
    again.request_object = attempt.request_object.clone();
    bench.refuses(&again, "invalid_request_object", "RFC 7519 4.1.7");

    let mut confused = bench.push_signed();
    let assertion = confused.assertion.clone().unwrap().1;
    confused.request_object = Some((None, assertion));
    bench.refuses(&confused, "invalid_request_object", "RFC 9101 10.8");
    // A request object is not an assertion.
    let mut confused = bench.push_signed();
    confused.assertion = confused.request_object.clone();
    bench.refuses(&confused, "invalid_client", "RFC 8725 3.11");
    let mut confused = bench.push_signed();
    confused.assertion = confused.request_object.clone().map(|(_, claims)| (None, claims));
    bench.refuses(&confused, "invalid_client", "RFC 7523 3");
}

#[test]
fn metadata_states_whether_requests_must_be_signed() {
    let mut bench = Bench::new(Binding::Dpop, |config| {
        config.request_objects = RequestObjects::Required;
    });
    let url = format!("{ISSUER}/.well-known/oauth-authorization-server");
    assert_eq!(body(&bench.load(&url))["require_signed_request_object"], true);
    assert_eq!(body(&Bench::dpop().load(&url))["require_signed_request_object"], false);
}
