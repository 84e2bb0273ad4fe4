//! Clients that know FAPI 2.0 and not FDX, at an institution that is configured for them.

use http::StatusCode;
use serde_json::Value;

use super::bench::{Bench, body};
use crate::customer::{ConsentPage, Decision};
use crate::{Binding, Outcome, Presence};

fn bench() -> Bench {
    Bench::new(Binding::Dpop, |config| {
        config.authorization_details = Presence::Optional;
        config.interaction_id = Presence::Optional;
    })
}

/// The token response to a request of `scope` without authorization details.
fn tokens(bench: &mut Bench, scope: &str) -> Value {
    bench.learn_nonces();
    let mut push = bench.push();
    push.unset("authorization_details");
    push.set("scope", scope);
    let request_uri = bench.pushed_by(&push);
    let location = bench.decided(&request_uri, &Decision::everything());
    let exchange = bench.exchange(&Bench::code_in(&location));
    let response = bench.send(&exchange);
    assert_eq!(response.status(), StatusCode::OK, "{}", bench.failed());
    body(&response)
}

#[test]
fn scopes_of_data_clusters_request_these_clusters() {
    let mut bench = bench();
    let tokens = tokens(&mut bench, "openid fdx:accountbasic:read fdx:customercontact:read");
    assert_eq!(tokens.get("authorization_details"), None);
    assert_eq!(tokens["scope"], "openid fdx:accountbasic:read fdx:customercontact:read");
    let access_token = tokens["access_token"].as_str().unwrap();
    let consent = format!("/consents/{}", tokens["grant_id"].as_str().unwrap());
    let consent = body(&bench.get(&consent, access_token));
    assert_eq!(consent["durationType"], "PERSISTENT");
    let clusters: Vec<_> = consent["resources"].as_array().unwrap().iter().collect();
    assert!(clusters.iter().any(|resource| resource["dataClusters"][0] == "ACCOUNT_BASIC"));
    assert!(clusters.iter().any(|resource| resource["dataClusters"][0] == "CUSTOMER_CONTACT"));
    assert_eq!(bench.get("/accounts", access_token).status(), StatusCode::OK);
    assert_eq!(bench.get("/accounts/acc-1/transactions", access_token).status(), 403);
}

#[test]
fn customer_can_allow_a_request_for_no_data() {
    let mut bench = bench();
    let tokens = tokens(&mut bench, "openid");
    assert!(tokens["id_token"].is_string());
    assert_eq!(bench.get("/accounts", tokens["access_token"].as_str().unwrap()).status(), 403);
    // The customer can still refuse.
    let mut push = bench.push();
    push.unset("authorization_details");
    push.set("scope", "openid");
    let request_uri = bench.pushed_by(&push);
    let page = ConsentPage::read(&bench.load(&Bench::authorize_url(&request_uri))).unwrap();
    let refused = page.decide(&Decision::refuse()).unwrap();
    let response = bench.institution.handle(&refused, None, bench.now);
    assert!(response.headers()["location"].to_str().unwrap().contains("error=access_denied"));
}

#[test]
fn details_are_checked_although_they_are_optional() {
    let mut bench = bench();
    bench.learn_nonces();
    for details in ["[]", "{}", r#"[{"type":"payment"}]"#] {
        let mut push = bench.push();
        push.set("authorization_details", details);
        assert_eq!(bench.send(&push).status(), StatusCode::BAD_REQUEST);
        assert_ne!(bench.failed(), "", "{details}");
    }
    let mut push = bench.push();
    push.unset("authorization_details");
    push.set("scope", "");
    bench.refuses(&push, "invalid_scope", "RFC 6749 3.3");
}

#[test]
fn absent_interaction_id_is_a_finding_and_a_wrong_one_is_refused() {
    let mut bench = bench();
    let tokens = tokens(&mut bench, "openid fdx:accountbasic:read");
    let access_token = tokens["access_token"].as_str().unwrap();
    bench.get("/accounts", access_token);
    let mut read = bench.read("/accounts", access_token);
    read.headers.retain(|(name, _)| *name != "x-fapi-interaction-id");
    assert_eq!(bench.send(&read).status(), StatusCode::OK, "{}", bench.failed());
    let findings = bench.institution.last_verdicts().iter();
    let findings: Vec<_> = findings.filter(|verdict| verdict.outcome == Outcome::Finding).collect();
    assert!(matches!(findings[..], [finding] if finding.clause == "FDX API 6, headers"));
    let mut read = bench.read("/accounts", access_token);
    read.headers.retain(|(name, _)| *name != "x-fapi-interaction-id");
    read.headers.push(("x-fapi-interaction-id", "1".to_owned()));
    assert_eq!(bench.send(&read).status(), StatusCode::BAD_REQUEST);
    assert_eq!(bench.failed(), "FDX API 6, headers");
}
