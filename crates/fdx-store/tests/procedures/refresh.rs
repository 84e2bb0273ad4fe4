//! Refreshes: one attempt at a time, and no response is lost.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use fdx_jose::Algorithm;
use fdx_par::dialect::{RefreshTokens, Replay, Rotation};
use fdx_sandbox::RefreshPolicy as Rotating;
use fdx_store::procedure::{Access, Step};
use fdx_store::receipts::{Event, PartOutcome, RevokedBy};
use fdx_store::refresh::{
    AttemptEnd, AttemptId, Begun, RefreshPolicy, Want, begin_attempt, end_attempt,
};
use fdx_store::{ConsentState, Statement};
use fdx_testkit::{Setup, answer, keys};
use fdx_wire::Secret;
use http::HeaderValue;
use http::header::RETRY_AFTER;

use super::scene::{DAY, Fate, Scene, database_failure, usable};

const HOUR: Duration = Duration::from_secs(3600);

/// An institution that replaces refresh tokens, and accepts a replaced one for 60 seconds.
pub(super) fn rotating() -> Scene {
    let window = Replay::Within(Duration::from_secs(60));
    let tokens = RefreshTokens::new(Rotation::NewSuccessor, window, "fdx-sandbox");
    let setup = Setup { refresh: Rotating::Rotate, ..Setup::default() };
    Scene::of(setup, RefreshPolicy::new(tokens))
}

fn refresh_token(token: &fdx_store::procedure::UsableToken) -> &str {
    token.grant().tokens().refresh_token().map(Secret::expose).unwrap()
}

#[test]
fn a_valid_token_is_returned_without_a_request() {
    let mut scene = Scene::new();
    let token = scene.token();
    assert_eq!(token.generation, 0);
    assert_eq!(scene.world.sent.len(), 0);
    let client = scene.client.clone();
    scene.world.accounts(&client, token.access_token()).unwrap();
}

#[test]
fn an_expired_token_is_refreshed_verified_and_usable() {
    let mut scene = rotating();
    let first = scene.token();
    scene.pass(HOUR);
    let token = scene.token();
    assert_eq!(token.generation, 1);
    assert_ne!(refresh_token(&token), refresh_token(&first));
    let client = scene.client.clone();
    scene.world.accounts(&client, token.access_token()).unwrap();
    let row = scene.row();
    assert_eq!((row.state, row.generation, row.failures), (ConsentState::Active, 1, 0));
    assert_eq!(row.refreshed_at, scene.now());
    assert!(row.due_at > Some(scene.now()));
    // The next call needs no request.
    let sent = scene.world.sent.len();
    assert_eq!(scene.token().generation, 1);
    assert_eq!(scene.world.sent.len(), sent);
}

#[test]
fn a_second_process_waits_and_gets_the_winners_token() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let first = scene.refreshing();
    let (awaiting, response) = scene.held(first);
    let second = scene.refreshing();
    let second = scene.until(second, |step| matches!(step, Step::Wait(_)));
    let first = awaiting.received(response, scene.now());
    let winner = usable(scene.run(first));
    let waiter = usable(scene.run(second));
    assert_eq!((winner.generation, waiter.generation), (1, 1));
    assert_eq!(winner.access_token().token(), waiter.access_token().token());
    assert_eq!(scene.requests("/token"), 1);
}

#[test]
fn a_refresh_after_a_process_that_ended_is_a_refresh() {
    let mut scene = rotating();
    // The access token has not expired, and is kept alive.
    scene.pass(Duration::from_secs(60));
    let first = scene.refreshing();
    let (awaiting, _) = scene.held(first);
    drop(awaiting);
    let token = usable(scene.refresh());
    assert_eq!((token.generation, scene.row().generation), (1, 1));
    assert_eq!(scene.requests("/token"), 2);
}

#[test]
fn after_401_the_store_is_read_before_the_token_is_refreshed() {
    let mut scene = rotating();
    let refreshed = usable(scene.access_after(Some(0)));
    assert_eq!((refreshed.generation, scene.requests("/token")), (1, 1));
    // Another process was refused the same token, later.
    let same = usable(scene.access_after(Some(0)));
    assert_eq!((same.generation, scene.requests("/token")), (1, 1));
}

#[test]
fn a_token_bound_to_another_key_is_refreshed() {
    let mut scene = rotating();
    let other = keys(Algorithm::Es256).public().thumbprint();
    let (entropy, now, id) = (scene.draw(), scene.now(), scene.id.clone());
    let step = scene.consents.access_token(&id, &[other], None, entropy, now);
    assert_eq!(usable(scene.run(step)).generation, 1);
    assert_eq!(scene.requests("/token"), 1);
}

#[test]
fn a_lost_response_is_repeated_after_the_deadline_with_the_same_token() {
    let mut scene = rotating();
    let first = scene.token();
    scene.pass(HOUR);
    scene.fate_of("/token", Fate::ResponseLost);
    let Access::Later { until, .. } = scene.refresh() else { panic!("answered") };
    let policy = *scene.consents.policy();
    assert!(until <= scene.now() + policy.deadline + policy.clock_skew);
    scene.all_answered();
    // Until then no process sends the token a second time.
    let sent = scene.world.sent.len();
    let early = scene.refreshing();
    let early = scene.until(early, |step| matches!(step, Step::Wait(_) | Step::Done(_)));
    assert_eq!(scene.world.sent.len(), sent);
    scene.kill(early);
    scene.world.now = until + Duration::from_secs(1);
    let token = usable(scene.refresh());
    assert_eq!(token.generation, 1);
    let forms: Vec<_> = scene.world.asked("/token").iter().map(|asked| asked.form()).collect();
    assert!(forms.iter().all(|form| form["refresh_token"] == refresh_token(&first)));
}

#[test]
fn a_request_that_begins_too_late_is_not_sent() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let step = scene.refreshing();
    let step = scene.until(step, |step| matches!(step, Step::Send(_)));
    // The process was paused.
    scene.pass(Duration::from_secs(16));
    let Access::Later { reason, .. } = scene.run(step) else { panic!("sent") };
    assert!(reason.contains("over before it was sent"), "{reason}");
    assert_eq!(scene.world.sent.len(), 0);
}

/// Revokes the consent at the institution.
pub(super) fn revoke_at_the_institution(scene: &mut Scene) {
    let client = scene.client.clone();
    let id = scene.receipt.consent_id().unwrap().clone();
    let own = scene.world.own_token(&client).unwrap();
    scene.world.revoke_consent(&client, &id, own.access_token()).unwrap();
    scene.world.sent.clear();
    scene.world.answers.clear();
}

#[test]
fn a_refused_consent_is_suspect_keeps_its_tokens_and_is_dead_after_a_week() {
    let mut scene = rotating();
    revoke_at_the_institution(&mut scene);
    scene.pass(HOUR);
    let Access::Suspect { until, reason, institution_paused } = scene.refresh() else {
        panic!("not refused")
    };
    assert!(reason.contains("invalid_grant") && !institution_paused, "{reason}");
    assert!(until > scene.now());
    assert_eq!(scene.row().state, ConsentState::Suspect);
    let began = scene.now();
    let mut tries = 0;
    let reason = loop {
        assert_eq!(scene.stored_responses(), 1);
        scene.world.now = scene.row().due_at.unwrap();
        match scene.refresh() {
            Access::Suspect { institution_paused, .. } => assert!(!institution_paused),
            Access::Ended { state: ConsentState::Dead, reason } => break reason,
            other => panic!("{other:?}"),
        }
        tries += 1;
    };
    assert!(reason.unwrap().contains("invalid_grant"));
    assert!(tries > 10, "{tries}");
    let policy = *scene.consents.policy();
    let after = scene.now().since(began);
    assert!(after >= policy.suspect_for && after <= policy.suspect_for + policy.longest_pause);
    let row = scene.row();
    assert_eq!((row.state, row.due_at), (ConsentState::Dead, None));
    let [Event::Revoked(revocation)] = &scene.events()[..] else { panic!("{:?}", scene.events()) };
    assert_eq!(revocation.by, RevokedBy::Institution);
    assert_eq!(revocation.refresh_token, Some(PartOutcome::AlreadyEnded));
}

#[test]
fn more_refusals_than_the_baseline_pause_the_institution_instead_of_killing_consents() {
    let mut scene = rotating();
    let grant = scene.token().grant().clone();
    let ids: Vec<_> =
        (0..30).map(|n| fdx_store::RecordId::new(format!("flow-b{n}")).unwrap()).collect();
    for id in &ids {
        scene.insert(&grant, id);
    }
    scene.pass(HOUR);
    let refusal = answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
    scene.fate_of("/token", Fate::Instead(refusal));
    let mut paused = 0;
    for (place, id) in ids.iter().enumerate() {
        scene.id = id.clone();
        match scene.refresh() {
            Access::Suspect { institution_paused, .. } => {
                assert_eq!(institution_paused, place == 10, "{place}");
            }
            Access::Paused { reason } => {
                assert!(reason.contains("baseline"), "{reason}");
                paused += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((paused, scene.in_place), (19, 11));
    // An operator resumes: what was refused before was not forgotten, and no consent is lost.
    scene.all_answered();
    let place = (scene.consents.tenant().clone(), "https://bank.example".to_owned());
    scene.store.run(fdx_store::consents::resume(Some(place))).unwrap();
    scene.pass(DAY);
    scene.id = ids[0].clone();
    usable(scene.refresh());
    assert!(scene.rows().iter().all(|row| !row.state.has_ended()));
}

#[test]
fn a_server_that_refuses_everything_for_longer_than_a_week_ends_no_more_than_the_baseline() {
    let mut scene = rotating();
    let grant = scene.token().grant().clone();
    let ids: Vec<_> =
        (0..30).map(|n| fdx_store::RecordId::new(format!("flow-b{n}")).unwrap()).collect();
    for id in &ids {
        scene.insert(&grant, id);
    }
    // All are suspect, and an operator has resumed too early.
    scene.sql(Statement::new("UPDATE fdx_consents SET state = 'suspect'"));
    scene.pass(scene.consents.policy().suspect_for);
    let refusal = answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
    scene.fate_of("/token", Fate::Instead(refusal));
    let (mut dead, mut alerts, mut paused) = (0, 0, 0);
    for id in &ids {
        scene.id = id.clone();
        match scene.refresh() {
            Access::Ended { state: ConsentState::Dead, .. } => dead += 1,
            Access::Suspect { institution_paused: true, .. } => alerts += 1,
            Access::Paused { .. } => paused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((dead, alerts, paused), (10, 1, 19));
}

#[test]
fn errors_about_anything_but_the_grant_never_harm() {
    for (status, body, retry_after) in [
        (401, r#"{"error":"invalid_client"}"#, None),
        (400, r#"{"error":"invalid_client"}"#, None),
        (400, r#"{"error":"unauthorized_client"}"#, None),
        (400, r#"{"error":"invalid_request"}"#, None),
        (400, r#"{"error":"invalid_dpop_proof"}"#, None),
        (400, "", None),
        (403, "", None),
        (404, "", None),
        (429, "", Some("120")),
        (429, r#"{"error":"slow_down"}"#, None),
        (500, "", None),
        (502, "<p>", None),
        (503, "", Some("600")),
        (504, "", None),
    ] {
        let mut scene = rotating();
        scene.pass(HOUR);
        let mut answer = answer(status, "application/json", body);
        if let Some(seconds) = retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        scene.fate_of("/token", Fate::Instead(answer));
        for _ in 0..12 {
            let Access::Later { until, .. } = scene.refresh() else {
                panic!("{status} {body}: {:?}", scene.row())
            };
            let asked: u64 = retry_after.map_or(1, |it| it.parse().unwrap());
            assert!(until >= scene.now() + Duration::from_secs(asked), "{status} {body}");
            assert!(until <= scene.now() + Duration::from_secs(6 * 3600 + 600));
            scene.world.now = until;
        }
        assert_eq!(scene.row().state, ConsentState::Active, "{status} {body}");
        assert_eq!(scene.row().failures, 12);
        scene.all_answered();
        assert_eq!(usable(scene.refresh()).generation, 1, "{status} {body}");
    }
    for fate in [Fate::NotSent, Fate::RequestLost] {
        let mut scene = rotating();
        scene.pass(HOUR);
        scene.fate_of("/token", fate.clone());
        for _ in 0..12 {
            let Access::Later { until, .. } = scene.refresh() else { panic!("{fate:?}") };
            scene.world.now = until + Duration::from_secs(3);
        }
        scene.all_answered();
        assert_eq!(usable(scene.refresh()).generation, 1, "{fate:?}");
    }
}

#[test]
fn a_response_that_arrives_after_the_revocation_is_revoked() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let refresh = scene.refreshing();
    let (awaiting, response) = scene.held(refresh);
    let text = String::from_utf8(response.body().clone()).unwrap();
    let new: serde_json::Value = serde_json::from_str(&text).unwrap();
    let revoked = super::revoke::revoke(&mut scene);
    assert!(matches!(revoked, fdx_store::procedure::RevocationResult::Revoked(_)), "{revoked:?}");
    let generation = scene.row().generation;
    let step = awaiting.received(response, scene.now());
    let Access::Ended { state: ConsentState::Revoked, .. } = scene.run(step) else {
        panic!("usable")
    };
    assert_eq!(scene.row().generation, generation);
    let revoked: Vec<_> =
        scene.world.asked("/revoke").iter().map(|asked| asked.form()["token"].clone()).collect();
    for token in ["refresh_token", "access_token"] {
        assert!(revoked.iter().any(|it| *it == new[token].as_str().unwrap()), "{token}");
    }
}

#[test]
fn a_response_is_kept_in_memory_while_the_store_fails() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let step = scene.refreshing();
    let (awaiting, response) = scene.held(step);
    let failures = Rc::new(Cell::new(0));
    let counted = Rc::clone(&failures);
    scene.store_fails(move |_| {
        counted.set(counted.get() + 1);
        (counted.get() <= 5).then(database_failure)
    });
    let began = scene.now();
    let step = awaiting.received(response, scene.now());
    let token = usable(scene.run(step));
    assert_eq!(token.generation, 1);
    assert!(failures.get() > 5);
    assert!(scene.now().since(began) < Duration::from_secs(60));
    let client = scene.client.clone();
    scene.world.accounts(&client, token.access_token()).unwrap();
    // The stored tokens are those.
    assert_eq!(scene.token().access_token().token(), token.access_token().token());
}

#[test]
fn a_response_that_loses_is_kept_until_the_next_refresh_and_never_revoked() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let first = scene.refreshing();
    let (awaiting, late) = scene.held(first);
    scene.pass(Duration::from_secs(18));
    // Another process takes over after the deadline.
    let winner = usable(scene.refresh());
    assert_eq!(winner.generation, 1);
    let step = awaiting.received(late, scene.now());
    let loser = usable(scene.run(step));
    assert_eq!(loser.access_token().token(), winner.access_token().token());
    assert_eq!(scene.stored_responses(), 2);
    assert_eq!(scene.requests("/revoke"), 0);
    scene.pass(HOUR);
    assert_eq!(usable(scene.refresh()).generation, 2);
    assert_eq!(scene.stored_responses(), 1);
}

#[test]
fn a_kept_response_is_tried_before_a_consent_is_dead() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let first = scene.refreshing();
    let (awaiting, late) = scene.held(first);
    scene.pass(Duration::from_secs(18));
    usable(scene.refresh());
    let step = awaiting.received(late, scene.now());
    usable(scene.run(step));
    scene.pass(HOUR);
    // The institution counts the late response as the last one, and refuses the stored tokens.
    let refused = Rc::new(Cell::new(false));
    let first = Rc::clone(&refused);
    scene.world.tamper_at("/token", move |response| {
        if response.status() == 200 && !first.replace(true) {
            return answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
        }
        response
    });
    let Access::Suspect { until, .. } = scene.refresh() else { panic!("not refused") };
    assert_eq!(until, scene.now());
    let token = usable(scene.refresh());
    assert_eq!((token.generation, scene.row().state), (2, ConsentState::Active));
}

#[test]
fn a_kept_response_is_tried_before_a_consent_expires() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let first = scene.refreshing();
    let (awaiting, late) = scene.held(first);
    scene.pass(Duration::from_secs(18));
    usable(scene.refresh());
    let step = awaiting.received(late, scene.now());
    usable(scene.run(step));
    scene.pass(HOUR);
    // The time of the stored refresh token is over.
    let (id, policy) = (AttemptId::new(&scene.draw()), *scene.consents.policy());
    let begin = begin_attempt(scene.key(), Want::Refreshed, id, policy, scene.world.now);
    let Begun::Attempt(attempt, _) = scene.store.run(begin).unwrap() else { panic!("not begun") };
    let over = AttemptEnd::Over { reason: "expired".to_owned() };
    let ended = scene.store.run(end_attempt(attempt, over, policy, scene.world.now)).unwrap();
    assert_eq!((ended.state, ended.not_before), (ConsentState::Active, scene.now()));
    assert_eq!(usable(scene.refresh()).generation, 2);
}

/// A process that stored the response and ended before it verified it.
fn unverified() -> Scene {
    let mut scene = rotating();
    scene.pass(HOUR);
    scene.fate_of("/jwks", Fate::NotSent);
    let Access::Later { .. } = scene.refresh() else { panic!("verified") };
    assert_eq!(scene.row().generation, 1);
    scene
}

#[test]
fn tokens_that_were_stored_unverified_are_verified_when_they_are_needed() {
    let mut scene = unverified();
    let Access::Later { .. } = scene.access_token() else { panic!("verified") };
    scene.all_answered();
    let before = scene.requests("/token");
    assert_eq!(scene.token().generation, 1);
    assert_eq!(scene.requests("/token"), before);
    // From now on they are usable without keys.
    scene.fate_of("/jwks", Fate::NotSent);
    assert_eq!(scene.token().generation, 1);
}

#[test]
fn tokens_that_are_verified_after_they_have_expired_are_refreshed() {
    let mut scene = unverified();
    scene.all_answered();
    scene.pass(HOUR);
    let token = scene.token();
    assert_eq!(token.generation, 2);
    assert!(token.access_token().expires_at() > Some(scene.now()));
}

#[test]
fn unverified_tokens_are_kept_alive_while_keys_can_not_be_fetched() {
    let mut scene = unverified();
    for generation in 2..5 {
        scene.pass(DAY * 7);
        let Access::Later { .. } = scene.refresh() else { panic!("verified") };
        assert_eq!(scene.row().generation, generation);
    }
    scene.all_answered();
    let token = scene.token();
    assert!(token.access_token().expires_at() > Some(scene.now()));
}
