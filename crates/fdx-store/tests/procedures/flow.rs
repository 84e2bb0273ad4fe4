//! Flows from their beginning to the stored consent.

use core::time::Duration;

use fdx_jose::{Algorithm, EncryptionKey, KeyEncryption};
use fdx_par::client::IdTokenEncryption;
use fdx_par::dialect::{Line, Member, RefreshTokens};
use fdx_par::not_fapi::Departure;
use fdx_par::{AuthorizationRequest, Client, Dialect, Error, FlowId, NextStep, ResponseMode};
use fdx_sandbox::ConsentIdCarrier;
use fdx_sandbox::customer::Decision;
use fdx_store::consents::{ConsentRow, DueKind, erase_consent};
use fdx_store::flows::{
    ClaimId, FlowOutcome, StoredFlow, delete_expired_flows, end_flow, read_flow,
};
use fdx_store::procedure::{Access, Finished, Granted, KeptUp, Redirect, Started, Step};
use fdx_store::receipts::{Event, Renewal};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::read_key;
use fdx_store::{Action, ConsentState, RecordId, RecordKey, Statement, Tenant, Value};
use fdx_testkit::{Binding, Setup, consent_request, usual_request};
use fdx_wire::form::Query;
use fdx_wire::{Secret, base64url};

use super::refresh::rotating;
use super::scene::{
    CommitFailure, DAY, Fate, Scene, consents, database_failure, other_ring, ring, usable,
};

pub(super) const CUSTOMER: &str = "customer-1";
const MINUTE: Duration = Duration::from_secs(60);

/// A flow whose customer has decided.
pub(super) struct Flow {
    pub(super) id: RecordId,
    pub(super) callback: String,
}

impl Scene {
    pub(super) fn begin(&mut self, request: &AuthorizationRequest) -> Redirect {
        let (entropy, now) = (self.draw(), self.now());
        let step = self.consents.begin(CUSTOMER, request, entropy, now);
        redirect(self.run(step))
    }

    /// Begins a flow, and lets the customer decide.
    pub(super) fn decided(&mut self, decision: &Decision) -> Flow {
        let redirect = self.begin(&usual_request());
        self.visited(&redirect, decision)
    }

    fn visited(&mut self, redirect: &Redirect, decision: &Decision) -> Flow {
        let callback = self.world.customer(redirect.url.as_str(), decision);
        // What follows is about this consent.
        self.id = RecordId::from(&redirect.flow);
        self.world.sent.clear();
        self.world.answers.clear();
        Flow { id: self.id.clone(), callback }
    }

    pub(super) fn finishing(&mut self, flow: &Flow) -> Step<Finished> {
        let (entropy, now) = (self.draw(), self.now());
        self.consents.finish(CUSTOMER, &flow.callback, entropy, now)
    }

    pub(super) fn finish(&mut self, flow: &Flow) -> Finished {
        let step = self.finishing(flow);
        self.run(step)
    }

    pub(super) fn resume(&mut self, flow: &Flow) -> Finished {
        let (entropy, now) = (self.draw(), self.now());
        let step = self.consents.resume(&flow.id, entropy, now);
        self.run(step)
    }

    fn renew(&mut self, record: &RecordId) -> Redirect {
        let (entropy, now) = (self.draw(), self.now());
        let step = self.consents.renew(record, &usual_request(), entropy, now);
        redirect(self.run(step))
    }

    pub(super) fn flow(&mut self, flow: &Flow) -> Option<StoredFlow> {
        self.store.run(read_flow(key(&flow.id))).unwrap()
    }

    pub(super) fn has_key(&mut self, id: &RecordId) -> bool {
        self.store.run(read_key(Tenant::default().as_str(), id.as_str())).unwrap().is_some()
    }

    fn row_of(&mut self, id: &RecordId) -> ConsentRow {
        self.rows().into_iter().find(|row| row.id == *id).unwrap()
    }

    fn events_of(&mut self, id: &RecordId) -> Vec<Event> {
        let own = core::mem::replace(&mut self.id, id.clone());
        let events = self.events();
        self.id = own;
        events
    }
}

fn key(id: &RecordId) -> RecordKey {
    RecordKey::new(Tenant::default(), id.clone())
}

fn redirect(started: Started) -> Redirect {
    match started {
        Started::Redirect(redirect) => redirect,
        other => panic!("not begun: {other:?}"),
    }
}

pub(super) fn granted(finished: Finished) -> Granted {
    match finished {
        Finished::Granted(granted) => *granted,
        other => panic!("not granted: {other:?}"),
    }
}

fn everything() -> Decision {
    Decision::everything()
}

#[test]
fn a_flow_ends_in_an_active_consent_with_a_receipt() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let Granted { consent, revoke, .. } = granted(scene.finish(&flow));
    assert_eq!((consent.state, revoke), (ConsentState::Active, None));
    assert_eq!((&consent.id, consent.generation), (&flow.id, 0));
    assert_eq!(consent.customer, CUSTOMER);
    assert!(consent.consent_id.is_some() && consent.subject.is_some());
    assert!(consent.due_at > Some(scene.now()));
    assert!(consent.consent_expires_at > Some(scene.now() + DAY * 300));
    let [Event::Granted { receipt }] = &scene.events()[..] else { panic!("one receipt") };
    assert_eq!(consent.access, Some(receipt.canonical_json()));
    assert_eq!(receipt.consent_id().map(|id| id.as_str()), consent.consent_id.as_deref());
    // The tokens are verified: a call needs no other request.
    let sent = scene.world.sent.len();
    let token = scene.token();
    assert_eq!(scene.world.sent.len(), sent);
    let client = scene.client.clone();
    scene.world.accounts(&client, token.access_token()).unwrap();
    assert!(scene.flow(&flow).unwrap().sealed.is_none());
}

#[test]
fn every_binding_response_mode_and_carrier_of_the_consent_id_is_finished() {
    use ConsentIdCarrier::{GrantId, IdToken, IntrospectionOnly, Nowhere};
    for binding in [Binding::Dpop, Binding::Mtls] {
        for response_mode in [ResponseMode::Query, ResponseMode::Jwt] {
            for carrier in [GrantId, IdToken, IntrospectionOnly, Nowhere] {
                let setup = Setup { binding, response_mode, carrier, ..Setup::default() };
                let mut scene = Scene::of(setup, RefreshPolicy::new(RefreshTokens::FAPI));
                let flow = scene.decided(&everything());
                let consent = granted(scene.finish(&flow)).consent;
                let case = format!("{binding:?} {response_mode:?} {carrier:?}");
                assert_eq!(consent.state, ConsentState::Active, "{case}");
                assert_eq!(consent.consent_id.is_some(), carrier != Nowhere, "{case}");
                assert_eq!(scene.events().len(), 1, "{case}");
            }
        }
    }
}

#[test]
fn without_openid_or_a_refresh_token_a_consent_is_due_when_its_access_token_expires() {
    let mut scene = Scene::new();
    let redirect = scene.begin(&AuthorizationRequest::new(consent_request()));
    let flow = scene.visited(&redirect, &everything());
    let consent = granted(scene.finish(&flow)).consent;
    assert_eq!((consent.subject, consent.due_at), (None, consent.access_expires_at));
    assert!(consent.due_at.is_some());
}

#[test]
fn a_consent_without_a_refresh_token_serves_until_its_access_token_expires() {
    let mut scene = Scene::new();
    let redirect = scene.begin(&AuthorizationRequest::new(consent_request()));
    let flow = scene.visited(&redirect, &everything());
    granted(scene.finish(&flow));
    let expires_at = scene.row().access_expires_at.unwrap();
    // It is kept alive early, a call refuses its token, and a call finds it almost expired.
    for (time, rejected) in
        [(0, None), (0, Some(0)), (expires_at.since(scene.now()).as_secs() - 5, None)]
    {
        scene.pass(Duration::from_secs(time));
        let access = match (time, rejected) {
            (0, None) => scene.refresh(),
            _ => scene.access_after(rejected),
        };
        let Access::Later { until, reason } = access else { panic!("{access:?}") };
        assert_eq!(until, expires_at, "{reason}");
        assert_eq!((scene.row().state, scene.row().due_at), (ConsentState::Active, Some(until)));
        if time == 0 {
            scene.token();
        }
    }
    assert_eq!(scene.requests("/token"), 1);
    scene.world.now = expires_at;
    let Access::Ended { state: ConsentState::Expired, .. } = scene.refresh() else {
        panic!("{:?}", scene.row())
    };
    assert_eq!(scene.row().due_at, None);
    assert!(matches!(&scene.events()[..], [Event::Granted { .. }, Event::Expired {}]));
}

#[test]
fn a_consent_whose_access_token_has_no_known_end_does_not_end_without_a_refresh_token() {
    let mut scene = Scene::new();
    let redirect = scene.begin(&AuthorizationRequest::new(consent_request()));
    let flow = scene.visited(&redirect, &everything());
    granted(scene.finish(&flow));
    scene.sql(Statement::new("UPDATE fdx_consents SET access_expires_at = NULL"));
    scene.pass(DAY * 20);
    let Access::Later { until, .. } = scene.refresh() else { panic!("{:?}", scene.row()) };
    assert_eq!(until, scene.now() + scene.consents.policy().keep_alive);
    scene.token();
}

#[test]
fn a_reload_of_the_callback_returns_the_consent_and_sends_nothing() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let first = granted(scene.finish(&flow)).consent;
    let sent = scene.world.sent.len();
    scene.pass(DAY);
    assert_eq!(granted(scene.finish(&flow)).consent, first);
    assert_eq!(granted(scene.resume(&flow)).consent, first);
    assert_eq!(scene.world.sent.len(), sent);
    assert_eq!(scene.events().len(), 1);
    // It is returned as it is now.
    scene.store.run(erase_consent(key(&flow.id), scene.world.now)).unwrap();
    assert_eq!(granted(scene.finish(&flow)).consent.state, ConsentState::Erased);
}

#[test]
fn another_customer_is_refused_and_the_flow_is_unchanged() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let before = scene.flow(&flow);
    for url in [flow.callback.clone(), format!("{}&error=access_denied", flow.callback)] {
        let (entropy, now) = (scene.draw(), scene.now());
        let step = scene.consents.finish("customer-2", &url, entropy, now);
        assert!(matches!(scene.run(step), Finished::OtherCustomer));
    }
    assert_eq!(scene.flow(&flow), before);
    assert!(scene.world.sent.is_empty());
    granted(scene.finish(&flow));
    // Another customer does not see the outcome either.
    let (entropy, now) = (scene.draw(), scene.now());
    let step = scene.consents.finish("customer-2", &flow.callback, entropy, now);
    assert!(matches!(scene.run(step), Finished::OtherCustomer));
}

#[test]
fn a_callback_of_no_flow_is_unknown() {
    let mut scene = Scene::new();
    for url in [
        "https://app.example/callback".to_owned(),
        "https://app.example/callback?code=x".to_owned(),
        format!("https://app.example/callback?code=x&state={}", "A".repeat(67)),
    ] {
        let (entropy, now) = (scene.draw(), scene.now());
        let step = scene.consents.finish(CUSTOMER, &url, entropy, now);
        assert!(matches!(scene.run(step), Finished::UnknownFlow), "{url}");
    }
}

#[test]
fn a_rejected_callback_leaves_the_flow_to_the_right_one() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let before = scene.flow(&flow);
    let wrong_state = flow.callback.replace("state=", "x=1&state=").replace("&iss=", "x&iss=");
    for url in [
        flow.callback.replace("bank.example", "evil.example"),
        flow.callback.replace("&iss=", "&other="),
        format!("{}&code=another", flow.callback),
        format!("{}&error=access_denied", flow.callback),
        wrong_state,
    ] {
        let forged = Flow { id: flow.id.clone(), callback: url };
        let Finished::Rejected(error) = scene.finish(&forged) else {
            panic!("{}", forged.callback)
        };
        assert_eq!(error.next_step(), NextStep::KeepWaiting, "{error}: {}", forged.callback);
    }
    assert_eq!(scene.flow(&flow), before);
    granted(scene.finish(&flow));
}

#[test]
fn a_callback_after_its_deadline_starts_over() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    scene.pass(MINUTE * 31);
    let Finished::Rejected(error) = scene.finish(&flow) else { panic!("accepted") };
    assert_eq!(error.next_step(), NextStep::StartOver);
    assert!(scene.flow(&flow).unwrap().claim.is_none());
}

#[test]
fn a_denial_is_stored_with_the_institutions_words() {
    let mut scene = Scene::new();
    let flow = scene.decided(&Decision::refuse());
    for _ in 0..2 {
        match scene.finish(&flow) {
            Finished::Denied { error, .. } => assert_eq!(error.as_deref(), Some("access_denied")),
            other => panic!("{other:?}"),
        }
    }
    assert!(scene.world.sent.is_empty());
    let stored = scene.flow(&flow).unwrap();
    assert!(stored.sealed.is_none() && stored.consent.is_none());
    assert!(!scene.has_key(&flow.id));
    assert!(scene.events().is_empty());
    // A forged callback with a code changes nothing any more.
    let code = Flow { id: flow.id.clone(), callback: flow.callback.replace("error=", "code=") };
    assert!(matches!(scene.finish(&code), Finished::Denied { .. }));
}

#[test]
fn another_error_in_the_callback_starts_over() {
    let mut scene = Scene::new();
    let flow = scene.decided(&Decision::refuse());
    let callback = flow.callback.replace("access_denied", "temporarily_unavailable");
    let flow = Flow { id: flow.id, callback };
    for _ in 0..2 {
        let Finished::StartOver { reason, .. } = scene.finish(&flow) else { panic!("denied") };
        assert!(reason.starts_with("temporarily_unavailable"), "{reason}");
    }
}

fn is_begin(step: &Step<Finished>) -> bool {
    matches!(step, Step::Store(storing) if *storing.action() == Action::Begin)
}

#[test]
fn two_processes_with_the_same_callback_exchange_the_code_once() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    // Both read the flow before either claims it.
    let mut first = scene.finishing(&flow);
    first = scene.advance(first);
    first = scene.until(first, is_begin);
    granted(scene.finish(&flow));
    let first = scene.run(first);
    assert_eq!(granted(first).consent.id, flow.id);
    assert_eq!(scene.requests("/token"), 1);
    assert_eq!(scene.events().len(), 1);
}

#[test]
fn a_callback_while_another_process_runs_is_in_progress() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let first = scene.finishing(&flow);
    let first = scene.until(first, |step| matches!(step, Step::Send(_)));
    assert!(scene.flow(&flow).unwrap().claim.is_some());
    let Finished::InProgress { until } = scene.finish(&flow) else { panic!("not in progress") };
    assert!(until > scene.now() + MINUTE && until < scene.now() + MINUTE * 2);
    granted(scene.run(first));
    assert_eq!(scene.requests("/token"), 1);
    granted(scene.finish(&flow));
}

#[test]
fn only_the_claim_of_a_flow_ends_it() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let first = scene.finishing(&flow);
    let first = scene.until(first, |step| matches!(step, Step::Send(_)));
    let before = scene.flow(&flow);
    let (other, reason) = (ClaimId::new(&scene.draw()), "another process".to_owned());
    let end = end_flow(key(&flow.id), other, FlowOutcome::Failed { reason });
    scene.store.run(end).unwrap();
    assert_eq!(scene.flow(&flow), before);
    granted(scene.run(first));
}

#[test]
fn a_code_that_was_not_sent_is_sent_again_while_it_lives() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let mut left = 4;
    scene.fates(move |request| {
        let lost = request.uri().path() == "/token" && left > 0;
        left -= usize::from(lost);
        if lost { Fate::NotSent } else { Fate::Answered }
    });
    let begun = scene.now();
    granted(scene.finish(&flow));
    assert_eq!(scene.now(), begun + Duration::from_secs(1 + 2 + 4 + 8));
    assert_eq!(scene.requests("/token"), 1);

    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    scene.fate_of("/token", Fate::NotSent);
    let begun = scene.now();
    assert!(matches!(scene.finish(&flow), Finished::StartOver { .. }));
    assert!(scene.now() <= begun + MINUTE);
    scene.all_answered();
    assert!(matches!(scene.finish(&flow), Finished::StartOver { .. }));
    assert_eq!(scene.requests("/token"), 0);
}

#[test]
fn a_code_without_a_response_is_never_sent_again() {
    for fate in [Fate::ResponseLost, Fate::RequestLost] {
        let mut scene = Scene::new();
        let flow = scene.decided(&everything());
        scene.fate_of("/token", fate);
        assert!(matches!(scene.finish(&flow), Finished::StartOver { .. }));
        scene.all_answered();
        let sent = scene.world.sent.len();
        for time in [Duration::ZERO, MINUTE * 2] {
            scene.pass(time);
            assert!(matches!(scene.finish(&flow), Finished::StartOver { .. }));
        }
        assert_eq!(scene.world.sent.len(), sent);
        assert!(!scene.has_key(&flow.id));
        assert!(scene.events().is_empty());
        assert!(matches!(scene.resume(&flow), Finished::NotFound));
    }
}

#[test]
fn a_refused_code_starts_over_with_the_institutions_words() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    scene.world.tamper_at("/token", |_| {
        fdx_testkit::answer(400, "application/json", r#"{"error":"invalid_grant"}"#.to_owned())
    });
    for is_first in [true, false] {
        let finished = scene.finish(&flow);
        let Finished::StartOver { reason, error } = finished else { panic!("granted") };
        assert!(reason.contains("invalid_grant"), "{reason}");
        let refusal =
            error.map(|error| matches!(*error, Error::Refusal(it) if it.is("invalid_grant")));
        assert_eq!(refusal, is_first.then_some(true));
    }
}

#[test]
fn tokens_are_stored_again_until_the_store_works() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let step = scene.finishing(&flow);
    // The response has arrived.
    let (awaiting, response) = scene.held(step);
    let mut left = 3;
    scene.store_fails(move |action| {
        let fails = matches!(action, Action::Commit) && left > 0;
        left -= usize::from(fails);
        fails.then(database_failure)
    });
    let step = awaiting.received(response, scene.now());
    granted(scene.run(step));
    assert_eq!(scene.requests("/token"), 1);
}

#[test]
fn a_commit_of_a_flow_that_fails_is_repeated_without_harm() {
    for failure in [CommitFailure::RolledBack, CommitFailure::Unknown] {
        for number in 1.. {
            let mut scene = Scene::new();
            scene.fail_commit(number, failure);
            let flow = scene.decided(&everything());
            granted(scene.finish(&flow));
            assert_eq!(scene.requests("/token"), 1, "{number}");
            assert_eq!(scene.events().len(), 1, "{number}");
            if scene.awaits_a_commit() {
                // The flow, its claim, the tokens and the grant are stored.
                assert!(number > 4, "{number}");
                break;
            }
        }
    }
}

#[test]
fn keys_that_cannot_be_fetched_leave_a_signed_callback_to_try_again() {
    let setup = Setup { response_mode: ResponseMode::Jwt, ..Setup::default() };
    let mut scene = Scene::of(setup, RefreshPolicy::new(RefreshTokens::FAPI));
    let flow = scene.decided(&everything());
    scene.fate_of("/jwks", Fate::NotSent);
    assert!(matches!(scene.finish(&flow), Finished::Unreachable { .. }));
    assert!(scene.flow(&flow).unwrap().claim.is_none());
    scene.all_answered();
    granted(scene.finish(&flow));
}

#[test]
fn tokens_that_cannot_be_completed_are_kept_and_resumed() {
    for (path, fate) in [
        ("/jwks", Fate::NotSent),
        ("/jwks", Fate::ResponseLost),
        ("/consents", Fate::NotSent),
        ("/consents", Fate::ResponseLost),
    ] {
        let mut scene = Scene::new();
        let flow = scene.decided(&everything());
        let reload = matches!(fate, Fate::NotSent);
        scene.fate_of(path, fate);
        let Finished::Incomplete { record, until, error, .. } = scene.finish(&flow) else {
            panic!("complete")
        };
        assert_eq!((&record, error.is_none()), (&flow.id, true));
        let row = scene.row();
        assert_eq!((row.state, row.due_at), (ConsentState::PendingVerification, Some(until)));
        assert!(row.reason.is_some() && row.access.is_none() && scene.events().is_empty());
        // It is no token to use yet, and no consent that has ended.
        assert!(matches!(scene.access_token(), Access::Incomplete));
        scene.all_answered();
        // The process has ended: a reload completes the consent at once.
        let row = match reload {
            true => granted(scene.finish(&flow)).consent,
            false => granted(scene.resume(&flow)).consent,
        };
        assert_eq!((row.state, row.reason, row.failures), (ConsentState::Active, None, 0));
        assert_eq!(scene.events().len(), 1);
        assert_eq!(scene.requests("/token"), 1);
        scene.token();
    }
}

#[test]
fn the_keeper_completes_what_a_stopped_process_left() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let step = scene.finishing(&flow);
    let step = scene.until_sent_to(step, "/jwks");
    scene.kill(step);
    // The consent that the scene inserts is due much later.
    assert_eq!(scene.due(), []);
    scene.pass(MINUTE * 2);
    let [due] = &scene.due()[..] else { panic!("not due") };
    assert_eq!(due.kind(scene.consents.policy(), scene.world.now), DueKind::Verify);
    let (entropy, now) = (scene.draw(), scene.now());
    let step = scene.consents.keep_up(due, entropy, now);
    let KeptUp::Resumed(finished) = scene.run(step) else { panic!("not resumed") };
    assert_eq!(granted(*finished).consent.state, ConsentState::Active);
    assert_eq!(scene.events().len(), 1);
}

/// RFC 7516 appendix A.1.
fn encryption_key() -> EncryptionKey {
    let vectors = include_str!("../../../fdx-jose/tests/vectors/rfc.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    let jwk = &vectors["rfc7516_a1"]["private_jwk"];
    let jwk = serde_json::json!({"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": "enc-1"});
    EncryptionKey::from_jwk(jwk.to_string().as_bytes(), KeyEncryption::RsaOaep).unwrap()
}

/// An encrypted ID token, which is not opened here.
fn jwe() -> String {
    let header = br#"{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT","kid":"enc-1"}"#;
    let parts: [&[u8]; 5] = [header, &[1; 256], &[9; 12], b"ciphertext", &[0; 16]];
    parts.map(base64url::encode).join(".")
}

#[test]
fn an_encrypted_id_token_keeps_the_tokens_and_says_so() {
    let mut scene = Scene::new();
    let mut config = scene.client.config().clone();
    config.id_token_encryption = Some(IdTokenEncryption::new(encryption_key()));
    let client = Client::new(config, scene.client.metadata().clone()).unwrap();
    let policy = *scene.consents.policy();
    scene.consents = consents(&client, ring(), None, policy);
    scene.world.tamper_at("/token", |answer| match answer.status().is_success() {
        true => fdx_testkit::patched(answer, &serde_json::json!({ "id_token": jwe() })),
        false => answer,
    });
    let flow = scene.decided(&everything());
    let Finished::Incomplete { error: Some(error), .. } = scene.finish(&flow) else {
        panic!("complete")
    };
    assert_eq!(*error, fdx_jose::IdTokenError::Unopened.into());
    assert_eq!(scene.row().state, ConsentState::PendingVerification);
}

#[test]
fn expired_first_tokens_are_refreshed_before_the_grant_is_read() {
    let mut scene = rotating();
    let flow = scene.decided(&everything());
    scene.fate_of("/consents", Fate::NotSent);
    assert!(matches!(scene.finish(&flow), Finished::Incomplete { .. }));
    scene.all_answered();
    scene.pass(DAY);
    // The first attempt gets no response, and is repeated by the rules of a refresh.
    scene.fate_of("/token", Fate::RequestLost);
    let Finished::Incomplete { until, .. } = scene.resume(&flow) else { panic!("complete") };
    scene.all_answered();
    scene.world.now = until + Duration::from_secs(1);
    let consent = granted(scene.resume(&flow)).consent;
    assert_eq!((consent.state, consent.generation), (ConsentState::Active, 1));
    assert_eq!(scene.events().len(), 1);
    assert_eq!(scene.token().generation, 1);
}

#[test]
fn tokens_that_were_refreshed_meanwhile_are_not_replaced_by_older_ones() {
    let mut scene = rotating();
    let flow = scene.decided(&everything());
    let slow = scene.finishing(&flow);
    // The slow process has read the grant, and not stored it.
    let mut slow = scene.until_sent_to(slow, "/consents");
    while !is_begin(&slow) {
        slow = scene.advance(slow);
    }
    scene.pass(DAY);
    scene.fate_of("/consents", Fate::NotSent);
    assert!(matches!(scene.resume(&flow), Finished::Incomplete { .. }));
    assert_eq!(scene.row().generation, 1);
    scene.all_answered();
    assert!(matches!(scene.run(slow), Finished::Incomplete { .. }));
    assert!(scene.events().is_empty());
    assert_eq!(granted(scene.resume(&flow)).consent.generation, 1);
    assert_eq!(scene.token().generation, 1);
}

#[test]
fn a_refreshed_pending_consent_is_due_at_once() {
    let mut scene = rotating();
    let flow = scene.decided(&everything());
    scene.fate_of("/consents", Fate::NotSent);
    assert!(matches!(scene.finish(&flow), Finished::Incomplete { .. }));
    scene.all_answered();
    scene.pass(DAY);
    let (entropy, now) = (scene.draw(), scene.now());
    let step = scene.consents.resume(&flow.id, entropy, now);
    let step = scene.until_sent_to(step, "/consents");
    scene.kill(step);
    let row = scene.row();
    assert_eq!((row.generation, row.due_at), (1, Some(scene.now())));
}

#[test]
fn a_pending_consent_whose_tokens_are_refused_stays_pending_then_is_dead() {
    let mut scene = rotating();
    let flow = scene.decided(&everything());
    scene.fate_of("/consents", Fate::NotSent);
    assert!(matches!(scene.finish(&flow), Finished::Incomplete { .. }));
    scene.all_answered();
    scene.world.tamper_at("/token", |_| {
        fdx_testkit::answer(400, "application/json", r#"{"error":"invalid_grant"}"#.to_owned())
    });
    scene.pass(DAY);
    assert!(matches!(scene.resume(&flow), Finished::Incomplete { .. }));
    assert_eq!(scene.row().state, ConsentState::PendingVerification);
    scene.pass(DAY * 8);
    assert!(matches!(
        scene.resume(&flow),
        Finished::Ended { state: ConsentState::Dead, reason: Some(_) }
    ));
}

#[test]
fn a_pending_consent_whose_tokens_are_refused_counts_once_against_its_institution() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    scene.fate_of("/jwks", Fate::NotSent);
    assert!(matches!(scene.finish(&flow), Finished::Incomplete { .. }));
    let refusal = fdx_testkit::answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
    scene.fate_of("/token", Fate::Instead(refusal));
    scene.pass(MINUTE * 60);
    for _ in 0..14 {
        let Finished::Incomplete { .. } = scene.resume(&flow) else { panic!("{:?}", scene.row()) };
        scene.world.now = scene.row().due_at.unwrap();
    }
    assert_eq!(scene.in_place, 14);
    let refusals = scene.sql(Statement::new("SELECT refusals, paused_at FROM fdx_institutions"));
    assert!(matches!(&refusals[0][..], [Value::Integer(1), Value::Null(_)]), "{refusals:?}");
}

#[test]
fn a_rejected_id_token_keeps_the_consent_pending() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let key = fdx_testkit::fresh_key(Algorithm::EdDsa, Some("other"));
    scene.world.tamper_at("/token", move |answer| match answer.status().is_success() {
        true => fdx_testkit::signed_again(answer, &serde_json::json!({}), &key),
        false => answer,
    });
    for time in [Duration::ZERO, MINUTE * 3] {
        scene.pass(time);
        let Finished::Incomplete { error: Some(error), .. } = scene.finish(&flow) else {
            panic!("complete")
        };
        assert!(error.code().starts_with("oidc.id_token"), "{error}");
    }
    assert_eq!(scene.row().state, ConsentState::PendingVerification);
    assert!(scene.events().is_empty());
}

#[test]
fn a_consent_that_can_not_be_completed_is_tried_less_and_less_often_then_dead() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let key = fdx_testkit::fresh_key(Algorithm::EdDsa, Some("other"));
    scene.world.tamper_at("/token", move |answer| match answer.status().is_success() {
        true => fdx_testkit::signed_again(answer, &serde_json::json!({}), &key),
        false => answer,
    });
    let Finished::Incomplete { .. } = scene.finish(&flow) else { panic!("complete") };
    let began = scene.now();
    let policy = *scene.consents.policy();
    let (mut tries, mut pause) = (0, Duration::ZERO);
    let reason = loop {
        let due_at = scene.row().due_at.unwrap();
        // The tokens expire in between, and are refreshed.
        assert!(due_at.since(scene.now()) >= pause, "{:?}", scene.row());
        pause = due_at.since(scene.now());
        scene.world.now = due_at;
        match scene.resume(&flow) {
            Finished::Incomplete { .. } => tries += 1,
            Finished::Ended { state: ConsentState::Dead, reason } => break reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(pause, policy.longest_pause);
    assert!(tries < 50, "{tries}");
    let lasted = scene.now().since(began);
    assert!(lasted >= policy.suspect_for && lasted <= policy.suspect_for + pause, "{lasted:?}");
    let row = scene.row();
    assert_eq!((row.state, row.due_at, row.reason), (ConsentState::Dead, None, reason));
    let [Event::Revoked(revocation)] = &scene.events()[..] else { panic!("{:?}", scene.events()) };
    assert_eq!(revocation.by, fdx_store::receipts::RevokedBy::Recipient);
    // A reload of the callback says so, and a second end has no second receipt.
    assert!(matches!(scene.finish(&flow), Finished::Ended { state: ConsentState::Dead, .. }));
    assert!(matches!(scene.resume(&flow), Finished::Ended { state: ConsentState::Dead, .. }));
    assert_eq!(scene.events().len(), 1);
}

#[test]
fn tokens_of_a_consent_that_ended_meanwhile_are_revoked() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let step = scene.finishing(&flow);
    let step = scene.until_sent_to(step, "/consents");
    scene.store.run(erase_consent(key(&flow.id), scene.world.now)).unwrap();
    match scene.run(step) {
        Finished::Ended { state: ConsentState::Erased, .. } => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.requests("/revoke"), 2);
    assert_eq!(scene.events(), [Event::Erased {}]);
    assert!(!scene.has_key(&flow.id));
}

#[test]
fn older_consents_of_the_customer_are_possibly_superseded_and_stay_as_they_are() {
    let mut scene = Scene::new();
    let older = scene.id.clone();
    let unrelated = scene.decided(&everything());
    let other = granted(scene.finish(&unrelated)).consent.id;
    scene.sql(Statement::new("UPDATE fdx_consents SET superseded_by = NULL"));
    scene.sql(
        Statement::new("UPDATE fdx_consents SET customer = $1, subject = $2 WHERE id = $3")
            .with("customer-2")
            .with("another subject")
            .with(other.as_str()),
    );
    scene.pass(MINUTE);
    let flow = scene.decided(&everything());
    let consent = granted(scene.finish(&flow)).consent;
    assert_eq!(consent.superseded_by, None);
    let row = scene.row_of(&older);
    assert_eq!((row.state, row.superseded_by), (ConsentState::Active, Some(flow.id.clone())));
    assert_eq!(scene.row_of(&other).superseded_by, None);
    // The next one supersedes the newest.
    scene.pass(MINUTE);
    let next = scene.decided(&everything());
    granted(scene.finish(&next));
    assert_eq!(scene.row_of(&flow.id).superseded_by, Some(next.id));
    assert_eq!(scene.row_of(&older).superseded_by, Some(flow.id));
}

#[test]
fn the_same_subject_of_another_customer_reference_is_possibly_superseded() {
    let mut scene = Scene::new();
    let older = scene.id.clone();
    scene.sql(
        Statement::new("UPDATE fdx_consents SET customer = $1 WHERE id = $2")
            .with("the customer's earlier account")
            .with(older.as_str()),
    );
    scene.pass(MINUTE);
    let flow = scene.decided(&everything());
    let consent = granted(scene.finish(&flow)).consent;
    assert_eq!(consent.subject, scene.row_of(&older).subject);
    assert_eq!(scene.row_of(&older).superseded_by, Some(flow.id));
}

#[test]
fn a_consent_that_completes_late_does_not_supersede_a_newer_one() {
    let mut scene = Scene::new();
    let first = scene.decided(&everything());
    scene.fate_of("/consents", Fate::NotSent);
    assert!(matches!(scene.finish(&first), Finished::Incomplete { .. }));
    scene.all_answered();
    scene.pass(MINUTE);
    let second = scene.decided(&everything());
    granted(scene.finish(&second));
    assert_eq!(scene.row_of(&first.id).superseded_by, Some(second.id.clone()));
    assert_eq!(granted(scene.resume(&first)).consent.superseded_by, Some(second.id.clone()));
    assert_eq!(scene.row_of(&second.id).superseded_by, None);
}

#[test]
fn a_renewal_has_a_receipt_in_both_chains_and_returns_the_old_record_to_revoke() {
    let mut scene = Scene::new();
    let old = scene.decided(&everything());
    granted(scene.finish(&old));
    scene.pass(DAY * 300);
    let redirect = scene.renew(&old.id);
    let new = scene.visited(&redirect, &everything());
    for _ in 0..2 {
        let Granted { consent, revoke, .. } = granted(scene.finish(&new));
        assert_eq!(consent.renews.as_ref(), Some(&old.id));
        assert_eq!(revoke.as_ref(), Some(&old.id));
    }
    let [Event::Renewed { link: Renewal::Renews(renewed), .. }] = &scene.events()[..] else {
        panic!("one receipt")
    };
    assert_eq!(*renewed, old.id);
    match &scene.events_of(&old.id)[..] {
        [Event::Granted { .. }, Event::Renewed { link: Renewal::RenewedBy(by), .. }] => {
            assert_eq!(*by, new.id);
        }
        other => panic!("{other:?}"),
    }
    // The old one is untouched until it is revoked.
    assert_eq!(scene.row_of(&old.id).state, ConsentState::Active);
    scene.store.run(erase_consent(key(&old.id), scene.world.now)).unwrap();
    assert_eq!(granted(scene.finish(&new)).revoke, None);
}

#[test]
fn a_denied_renewal_leaves_the_old_consent() {
    let mut scene = Scene::new();
    let old = scene.id.clone();
    let redirect = scene.renew(&old);
    let new = scene.visited(&redirect, &Decision::refuse());
    assert!(matches!(scene.finish(&new), Finished::Denied { .. }));
    let row = scene.row_of(&old);
    assert_eq!((row.state, row.superseded_by), (ConsentState::Active, None));
    assert!(scene.events_of(&old).is_empty());
}

#[test]
fn a_grant_of_another_subject_is_no_renewal() {
    let mut scene = Scene::new();
    let old = scene.id.clone();
    scene.sql(
        Statement::new("UPDATE fdx_consents SET subject = $1 WHERE id = $2")
            .with("the customer's spouse")
            .with(old.as_str()),
    );
    let redirect = scene.renew(&old);
    let new = scene.visited(&redirect, &everything());
    let Granted { consent, revoke, .. } = granted(scene.finish(&new));
    assert_eq!((consent.renews, revoke), (None, None));
    assert!(matches!(&scene.events()[..], [Event::Granted { .. }]));
    assert!(scene.events_of(&old).is_empty());
    assert_eq!(scene.row_of(&old).superseded_by, None);
}

#[test]
fn only_a_known_consent_can_be_renewed() {
    let mut scene = Scene::new();
    let (entropy, now) = (scene.draw(), scene.now());
    let unknown = RecordId::new("unknown").unwrap();
    let step = scene.consents.renew(&unknown, &usual_request(), entropy, now);
    assert!(matches!(scene.run(step), Started::NotFound));
    assert!(scene.world.sent.is_empty());
}

#[test]
fn a_flow_of_a_sealed_cookie_is_claimed_once_and_its_reload_returns_the_consent() {
    let mut scene = Scene::new();
    let client = scene.client.clone();
    let (pending, callback) = scene.world.pending(&client);
    let text = pending.to_json();
    let id = RecordId::from(&FlowId::claimed_by(&callback).unwrap());
    let flow = Flow { id: id.clone(), callback };
    scene.id = id;
    scene.world.sent.clear();
    scene.world.answers.clear();
    let opened = |scene: &mut Scene, text: &Secret, customer: &str| {
        let pending = scene.client.restore_pending(text.expose()).unwrap();
        let (entropy, now) = (scene.draw(), scene.now());
        let callback = flow.callback.clone();
        scene.consents.finish_opened(customer, pending, &callback, None, entropy, now)
    };
    let first = opened(&mut scene, &text, CUSTOMER);
    let first = scene.until(first, |step| matches!(step, Step::Send(_)));
    let second = opened(&mut scene, &text, CUSTOMER);
    assert!(matches!(scene.run(second), Finished::InProgress { .. }));
    let other = opened(&mut scene, &text, "customer-2");
    assert!(matches!(scene.run(other), Finished::OtherCustomer));
    granted(scene.run(first));
    let again = opened(&mut scene, &text, CUSTOMER);
    granted(scene.run(again));
    granted(scene.finish(&flow));
    assert_eq!(scene.requests("/token"), 1);
    assert_eq!(scene.events().len(), 1);
    scene.token();
}

#[test]
fn a_sealed_cookie_renews_only_a_consent_of_the_same_customer_and_institution() {
    for (case, change) in [
        ("same", "UPDATE fdx_consents SET subject = subject WHERE id = $1"),
        ("another customer", "UPDATE fdx_consents SET customer = 'customer-2' WHERE id = $1"),
        ("another institution", "UPDATE fdx_consents SET institution = 'https://x' WHERE id = $1"),
        ("unknown", "DELETE FROM fdx_consents WHERE id = $1"),
    ] {
        let mut scene = Scene::new();
        let old = scene.id.clone();
        scene.sql(Statement::new(change).with(old.as_str()));
        let client = scene.client.clone();
        let (pending, callback) = scene.world.pending(&client);
        scene.id = RecordId::from(&FlowId::claimed_by(&callback).unwrap());
        let (entropy, now) = (scene.draw(), scene.now());
        let renews = Some(old.clone());
        let step = scene.consents.finish_opened(CUSTOMER, pending, &callback, renews, entropy, now);
        let consent = granted(scene.run(step)).consent;
        let renewed = scene.events_of(&old).len();
        if case == "same" {
            assert_eq!((consent.renews.as_ref(), renewed), (Some(&old), 1));
        } else {
            assert_eq!((consent.renews, renewed), (None, 0), "{case}");
            assert!(matches!(&scene.events()[..], [Event::Granted { .. }]), "{case}");
        }
    }
}

#[test]
fn a_push_that_fails_stores_nothing() {
    for (fate, refused) in
        [(Fate::NotSent, false), (Fate::ResponseLost, false), (Fate::Answered, true)]
    {
        let mut scene = Scene::new();
        scene.fate_of("/par", fate);
        if refused {
            scene.world.tamper_at("/par", |_| {
                let body = r#"{"error":"invalid_request"}"#.to_owned();
                fdx_testkit::answer(400, "application/json", body)
            });
        }
        let (entropy, now) = (scene.draw(), scene.now());
        let step = scene.consents.begin(CUSTOMER, &usual_request(), entropy, now);
        match scene.run(step) {
            Started::Failed(_) => assert!(refused),
            Started::Unreachable { .. } => assert!(!refused),
            other => panic!("{other:?}"),
        }
        assert!(scene.sql(Statement::new("SELECT id FROM fdx_flows")).is_empty());
    }
}

#[test]
fn a_request_that_is_not_pushed_is_stored_before_the_redirect_as_well() {
    const URL: &[Line] =
        &[Line { member: Member::NotFapi(Departure::NotPushed), source: "this test" }];
    let mut scene = Scene::new();
    let dialect = Dialect::new("url", "a provider without pushes").with_members(URL);
    let config = scene.client.config().clone().with_dialect(dialect);
    let client = Client::new(config, scene.client.metadata().clone()).unwrap();
    let policy = *scene.consents.policy();
    scene.consents = consents(&client, ring(), None, policy);
    let redirect = scene.begin(&usual_request());
    assert!(redirect.url.as_str().contains("code_challenge="));
    assert!(scene.world.sent.is_empty());
    let flow = Flow { id: RecordId::from(&redirect.flow), callback: String::new() };
    let stored = scene.flow(&flow).unwrap();
    assert!(stored.sealed.is_some() && stored.callback_by == redirect.callback_by);
}

/// Everything that the database contains, as bytes.
fn contents(scene: &mut Scene) -> Vec<u8> {
    let mut contents = Vec::new();
    for all in [
        "SELECT * FROM fdx_meta",
        "SELECT * FROM fdx_flows",
        "SELECT * FROM fdx_consents",
        "SELECT * FROM fdx_keys",
        "SELECT * FROM fdx_tokens",
        "SELECT * FROM fdx_receipts",
        "SELECT * FROM fdx_refreshes",
        "SELECT * FROM fdx_institutions",
        "SELECT * FROM fdx_revocations",
    ] {
        for value in scene.sql(Statement::new(all)).into_iter().flatten() {
            match value {
                Value::Text(text) => contents.extend(text.bytes()),
                Value::Bytes(bytes) => contents.extend(bytes),
                _ => {}
            }
            contents.push(b'\n');
        }
    }
    contents
}

#[test]
fn the_database_never_contains_a_secret_of_the_flow_in_plain_text() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let mut step = scene.finishing(&flow);
    let mut all = contents(&mut scene);
    while !matches!(step, Step::Done(_)) {
        let committed = matches!(&step, Step::Store(at) if *at.action() == Action::Commit);
        step = scene.advance(step);
        if committed {
            all.extend(contents(&mut scene));
        }
    }
    let query = flow.callback.split_once('?').unwrap().1;
    let query = Query::parse(query, 9000).unwrap();
    let mut secrets: Vec<String> = vec![
        query.one("state").unwrap().unwrap().to_owned(),
        query.one("code").unwrap().unwrap().to_owned(),
        scene.world.asked("/token")[0].form()["code_verifier"].clone(),
    ];
    for answer in &scene.world.answers {
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let tokens = ["access_token", "refresh_token", "id_token"].map(|name| body[name].as_str());
        secrets.extend(tokens.into_iter().flatten().map(str::to_owned));
    }
    assert_eq!(secrets.len(), 6);
    for secret in secrets {
        let found = all.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret}");
    }
    assert!(all.windows(24).any(|window| window == flow.id.as_str().as_bytes()));
}

#[test]
fn a_flow_that_another_key_ring_sealed_is_locked_and_unchanged() {
    let mut scene = Scene::new();
    let flow = scene.decided(&everything());
    let before = scene.flow(&flow);
    let other = other_ring();
    let policy = *scene.consents.policy();
    let own = core::mem::replace(&mut scene.consents, consents(&scene.client, other, None, policy));
    assert!(matches!(scene.finish(&flow), Finished::Locked(_)));
    assert_eq!(scene.flow(&flow), before);
    scene.consents = own;
    granted(scene.finish(&flow));
}

#[test]
fn expired_flows_are_deleted_in_batches_with_the_keys_of_those_without_a_consent() {
    let mut scene = Scene::new();
    let stored = scene.decided(&everything());
    granted(scene.finish(&stored));
    let denied = scene.decided(&Decision::refuse());
    assert!(matches!(scene.finish(&denied), Finished::Denied { .. }));
    let open: Vec<_> = (0..3).map(|_| scene.decided(&everything())).collect();
    let now = scene.now();
    assert_eq!(scene.store.run(delete_expired_flows(now, 10)).unwrap(), 0);
    scene.pass(DAY);
    let newer = scene.decided(&everything());
    let mut deleted = Vec::new();
    for _ in 0..4 {
        let before = scene.now() - MINUTE;
        deleted.push(scene.store.run(delete_expired_flows(before, 2)).unwrap());
    }
    assert_eq!(deleted, [2, 2, 1, 0]);
    for flow in open.iter().chain([&denied]) {
        assert!(!scene.has_key(&flow.id));
        assert!(matches!(scene.finish(flow), Finished::UnknownFlow));
    }
    assert!(scene.has_key(&stored.id) && scene.has_key(&newer.id));
    granted(scene.finish(&newer));
    scene.id = stored.id.clone();
    usable(scene.access_token());
}
