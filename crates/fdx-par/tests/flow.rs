//! The whole flow in memory: each algorithm and binding, each carrier of the consent id, and a
//! customer who grants less than requested, or nothing.

use fdx_jose::Algorithm;
use fdx_par::dialect::{Line, Member};
use fdx_par::not_fapi::{self, Departure};
use fdx_par::{
    AuthorizationRequest, Callback, Client, ClientCertificate, Dialect, Error, NextStep,
    ResourceRequest,
};
use fdx_rar::{DataCluster, Expiration, GrantSource, ResourceType};
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{ConsentIdCarrier, NoncePolicy};
use fdx_testkit::{
    Binding, Requests, Setup, World, answer, claims, consent_request, entropy, usual_request,
};
use serde_json::json;
use sha2::{Digest, Sha256};

#[test]
fn every_algorithm_and_binding_reaches_the_grant() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Ps256] {
        for binding in [Binding::Dpop, Binding::Mtls] {
            let mut world = World::new(Setup { algorithm, binding, ..Setup::default() });
            let (_, granted) = world.flow(&Decision::everything()).unwrap();
            assert!(granted.coverage().is_whole(), "{algorithm:?} {binding:?}");
            assert!(granted.notices().is_empty(), "{:?}", granted.notices());
        }
    }
}

#[test]
fn every_carrier_of_the_consent_id_is_found() {
    use ConsentIdCarrier::*;
    for carrier in [GrantId, FdxConsentId, IdToken, IntrospectionOnly] {
        let mut world = World::new(Setup { carrier, ..Setup::default() });
        let (_, granted) = world.flow(&Decision::everything()).unwrap();
        assert!(granted.consent_id().is_some(), "{carrier:?}");
        assert_eq!(granted.consent_id(), granted.grant().unwrap().id(), "{carrier:?}");
    }
}

#[test]
fn ends_without_grant_if_no_consent_id_is_reported() {
    let setup = Setup { carrier: ConsentIdCarrier::Nowhere, ..Setup::default() };
    let mut world = World::new(setup);
    let (client, granted) = world.flow(&Decision::everything()).unwrap();
    assert!(granted.grant().is_none() && granted.coverage().is_whole());
    let receipt = client.receipt(&granted, world.now).unwrap();
    assert_eq!((receipt.consent_id(), receipt.revocation_endpoint()), (None, None));
    let sources = [GrantSource::TokenResponse, GrantSource::Scopes];
    assert_eq!(receipt.granted_sources(), sources);
    assert!(matches!(receipt.expiration(), Expiration::Derived(_)));
}

#[test]
fn without_openid_no_key_is_fetched_and_no_nonce_is_sent() {
    let mut world = World::new(Setup::default());
    let request = AuthorizationRequest::new(consent_request());
    let (_, granted) = world.flow_of(&request, &Decision::everything()).unwrap();
    assert!(granted.id_token().is_none());
    assert!(granted.tokens().refresh_token().is_none());
    let paths: Vec<_> =
        world.sent.iter().map(|sent_request| sent_request.http.uri().path()).collect();
    assert!(!paths.contains(&"/jwks"), "{paths:?}");
    let push =
        world.sent.iter().find(|sent_request| sent_request.http.uri().path() == "/par").unwrap();
    let body = String::from_utf8(push.http.body().clone()).unwrap();
    assert!(!body.contains("nonce="), "{body}");
}

#[test]
fn reports_withheld_clusters_in_coverage_and_receipt() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let decision = Decision::allow()
            .account("acc-1", [DataCluster::AccountBasic, DataCluster::Transactions])
            .customer("cust-1", [DataCluster::CustomerContact]);
        let (client, granted) = world.flow(&decision).unwrap();

        let coverage = granted.coverage();
        assert!(coverage.is_partial() && coverage.not_requested().is_empty());
        assert_eq!(coverage.granted().len(), 3);
        let withheld: Vec<_> = coverage.withheld().iter().map(|w| w.data_cluster()).collect();
        assert!(withheld.iter().all(|cluster| **cluster == DataCluster::AccountDetailed));

        let base = client.config().fdx_base.clone();
        let url = |id| base.join_segment("accounts").unwrap().join_segment(id).unwrap();
        let token = granted.tokens().access_token();
        let transactions = url("acc-1").join_segment("transactions").unwrap();
        let draft =
            client.call(token, ResourceRequest::get(transactions), entropy(5), world.now).unwrap();
        let answer = world.run(draft).unwrap();
        let json: serde_json::Value = answer.json().unwrap();
        assert!(json["transactions"].as_array().is_some_and(|list| !list.is_empty()), "{json}");

        let draft =
            client.call(token, ResourceRequest::get(url("acc-2")), entropy(6), world.now).unwrap();
        let Err(Error::Refusal(refusal)) = world.run(draft) else { panic!("acc-2 was served") };
        assert!(refusal.is_withheld(), "{refusal}");
        assert_eq!(refusal.next_step, NextStep::RespectTheCustomer);

        let receipt = client.receipt(&granted, world.now).unwrap();
        assert_eq!(receipt.withheld(), Some(coverage.withheld()));
        assert_eq!(receipt.granted(), granted.grant().unwrap().resources());
        assert_eq!(receipt.issuer(), &client.config().issuer);
        // The same key signs assertions and proofs here. A certificate is separate.
        let keys = if binding == Binding::Dpop { 1 } else { 2 };
        assert_eq!(receipt.evidence().key_thumbprints.len(), keys);
        assert!(receipt.revocation_endpoint().unwrap().path().ends_with("/revocation"));
    }
}

#[test]
fn denial_ends_the_flow_with_a_reason() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let request = AuthorizationRequest::new(consent_request());
    let (url, pending) = world.push(&client, &request).unwrap();
    let callback = world.customer(&url, &Decision::refuse());
    let sent = world.sent.len();
    match client.callback(pending, &callback, world.now).unwrap() {
        Callback::Denied(refusal) => {
            assert!(refusal.is("access_denied"), "{refusal}");
            assert_eq!(refusal.next_step, NextStep::RespectTheCustomer);
        }
        Callback::Code(_) => panic!("a code came"),
    }
    assert_eq!(world.sent.len(), sent);
}

#[test]
fn without_nonces_demanded_none_is_sent() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    world.flow(&Decision::everything()).unwrap();
    let proofs = world.signed.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let claims = proofs.filter_map(|text| {
        let (_, payload) = text.split_once('.')?;
        String::from_utf8(fdx_wire::base64url::decode(payload).ok()?).ok()
    });
    let proofs: Vec<_> = claims.filter(|claims| claims.contains("\"htm\"")).collect();
    assert!(proofs.len() >= 3);
    assert!(proofs.iter().all(|claims| !claims.contains("\"nonce\"")), "{proofs:?}");
}

#[test]
fn only_the_token_request_and_bound_resources_show_the_certificate() {
    let mut world = World::new(Setup { binding: Binding::Mtls, ..Setup::default() });
    world.flow(&Decision::everything()).unwrap();
    for sent_request in &world.sent {
        let path = sent_request.http.uri().path();
        let shown = path == "/token" || path.starts_with("/fdx/v6/");
        assert_eq!(sent_request.certificate == ClientCertificate::Present, shown, "{path}");
    }
    assert!(world.sent.iter().any(|sent_request| sent_request.http.uri().path() == "/token"));
}

#[test]
fn scopes_follow_from_the_consent_and_the_types_match() {
    let mut world = World::new(Setup::default());
    let (_, granted) = world.flow(&Decision::everything()).unwrap();
    let scopes = granted.tokens().scopes();
    for scope in ["openid", "offline_access", "fdx:accountbasic:read", "fdx:customercontact:read"] {
        assert!(scopes.contains(scope), "{scopes:?}");
    }
    assert!(
        granted
            .requested()
            .consent()
            .unwrap()
            .pairs()
            .any(|(kind, _)| *kind == ResourceType::Customer)
    );
    assert!(granted.tokens().refresh_token().is_some());
}

#[test]
fn grant_and_stored_grant_repeat_the_token_response() {
    let mut world = World::new(Setup::default());
    let (_, granted) = world.flow(&Decision::everything()).unwrap();
    let read = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap();
    let mut said = world.answers.iter().map(|answer| read(answer.body()));
    let said = said.find(|body| body.get("access_token").is_some()).unwrap();
    let details = serde_json::to_value(granted.authorization_details().unwrap()).unwrap();
    assert_eq!(details, said["authorization_details"]);
    let subject = claims(said["id_token"].as_str().unwrap())["sub"].clone();
    assert_eq!(granted.id_token().unwrap().subject(), subject);
    assert_eq!(granted.stored().identity().unwrap().subject(), subject);
}

#[test]
fn receipt_evidence_is_the_digest_of_the_push() {
    for requests in [Requests::Plain, Requests::Signed] {
        let mut world = World::new(Setup { requests, ..Setup::default() });
        let client = world.client().unwrap();
        let (url, pending) = world.push(&client, &usual_request()).unwrap();
        // The second push: the first one got a nonce.
        let pushed = world.asked("/par").pop().unwrap().http.body().clone();
        let digest: [u8; 32] = Sha256::digest(&pushed).into();
        assert_eq!(pending.pushed_sha256(), digest, "{requests:?}");

        let callback = world.customer(&url, &Decision::everything());
        let exchanged = world.exchange(&client, pending, &callback).unwrap();
        let verified = world.verify(&client, exchanged).unwrap();
        let granted = world.granted(&client, verified).unwrap();
        let receipt = client.receipt(&granted, world.now).unwrap();
        assert_eq!(receipt.evidence().pushed_request_sha256, digest, "{requests:?}");
        let read = world.sent.last().unwrap().header("x-fapi-interaction-id");
        assert_eq!(read.len(), 36);
        assert_eq!(receipt.evidence().interaction_ids, [read]);
    }
}

#[test]
fn the_digest_is_of_the_json_or_the_url_that_has_the_parameters() {
    const JSON: &[Line] = &[Line { member: Member::PushAsJson, source: "this test" }];
    const URL: &[Line] =
        &[Line { member: Member::NotFapi(Departure::NotPushed), source: "this test" }];
    for requests in [Requests::Plain, Requests::Signed] {
        let mut world = World::new(Setup { requests, ..Setup::default() });
        let fapi = world.client().unwrap();
        let dialect = Dialect::new("json", "a provider that reads JSON").with_members(JSON);
        let config = fapi.config().clone().with_dialect(dialect);
        let client = Client::new(config, fapi.metadata().clone()).unwrap();
        world.tamper_at("/par", |_| {
            let pushed =
                json!({ "request_uri": "urn:ietf:params:oauth:request_uri:1", "expires_in": 60 });
            answer(201, "application/json", pushed.to_string())
        });
        let (_, pending) = world.push(&client, &usual_request()).unwrap();
        let pushed = world.asked("/par").pop().unwrap().http.body().clone();
        assert!(pushed.starts_with(b"{"));
        assert_eq!(pending.pushed_sha256(), <[u8; 32]>::from(Sha256::digest(&pushed)));
    }

    let mut world = World::new(Setup::default());
    let fapi = world.client().unwrap();
    let dialect = Dialect::new("url", "a provider without pushes").with_members(URL);
    let config = fapi.config().clone().with_dialect(dialect);
    let client = Client::new(config, fapi.metadata().clone()).unwrap();
    let (url, pending) =
        not_fapi::authorize(&client, &usual_request(), entropy(1), world.now).unwrap();
    assert_eq!(pending.pushed_sha256(), <[u8; 32]>::from(Sha256::digest(url.as_str())));
}
