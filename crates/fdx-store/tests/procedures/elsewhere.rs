//! What broke elsewhere, each as a test. The table is in the documentation of `keeper`.

use core::time::Duration;

use fdx_par::dialect::{RefreshTokens, Replay, Rotation};
use fdx_sandbox::RefreshPolicy as Rotating;
use fdx_store::consents::erase_consent;
use fdx_store::procedure::{Access, Step};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::{ConsentState, RecordId, Statement};
use fdx_testkit::{Setup, answer};
use serde_json::Value;

use super::refresh::rotating;
use super::revoke::{revoke, revoked};
use super::scene::{DAY, Fate, Scene, usable};

const HOUR: Duration = Duration::from_secs(3600);

// Nango #1005: a promise in the process stays unresolved, and every later call waits for it.
#[test]
fn a_process_that_hangs_delays_others_until_its_deadline_only() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let hanging = scene.refreshing();
    let hanging = scene.until(hanging, |step| matches!(step, Step::Send(_)));
    let began = scene.now();
    let other = usable(scene.refresh());
    assert_eq!(other.generation, 1);
    assert!(scene.now().since(began) < Duration::from_secs(20));
    // The first process continues, and must not send any more.
    let sent = scene.world.sent.len();
    let late = scene.run(hanging);
    assert!(matches!(late, Access::Later { .. }), "{late:?}");
    assert_eq!(scene.world.sent.len(), sent);
    assert_eq!(scene.token().access_token().token(), other.access_token().token());
}

// Nango #2494: all processes wait for the lock, refresh again after it, and time out.
#[test]
fn many_waiters_get_the_winners_token_by_one_request() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let winner = scene.refreshing();
    let (awaiting, response) = scene.held(winner);
    let waiters: Vec<_> = (0..20)
        .map(|_| {
            let (entropy, now, id) = (scene.draw(), scene.now(), scene.id.clone());
            let keys = [fdx_testkit::keys(scene.world.algorithm()).public().thumbprint()];
            let waiter = scene.consents.access_token(&id, &keys, None, entropy, now);
            scene.until(waiter, |step| matches!(step, Step::Wait(_)))
        })
        .collect();
    let winner = awaiting.received(response, scene.now());
    let winner = usable(scene.run(winner));
    for waiter in waiters {
        let token = usable(scene.run(waiter));
        assert_eq!(token.access_token().token(), winner.access_token().token());
    }
    assert_eq!(scene.requests("/token"), 1);
}

// Nango #2859: advisory locks of PostgreSQL deadlock. No statement locks anything: the test of all
// statements refuses every function and `FOR UPDATE`.
#[test]
fn nothing_is_locked_while_a_refresh_is_under_way() {
    let mut scene = rotating();
    let grant = scene.token().grant().clone();
    scene.pass(HOUR);
    let first = scene.refreshing();
    let (awaiting, response) = scene.held(first);
    // Meanwhile the same consent and others are read, written and ended.
    let mine = scene.id.clone();
    let other = RecordId::new("flow-2").unwrap();
    scene.insert(&grant, &other);
    scene.id = other;
    revoked(revoke(&mut scene));
    scene.id = mine;
    scene.sql(Statement::new("UPDATE fdx_consents SET reason = 'seen' WHERE id = 'flow-1'"));
    let step = awaiting.received(response, scene.now());
    let access = scene.run(step);
    assert!(matches!(access, Access::Token(_)), "{access:?}");
}

// ShipfoxHQ #695: a connection, or a transaction, is held during the request.
#[test]
fn no_transaction_is_open_during_a_request() {
    // `Scene::advance` checks it at each step that is not one of the store.
    let mut scene = rotating();
    scene.pass(HOUR);
    usable(scene.refresh());
    revoked(revoke(&mut scene));
    assert!(scene.world.sent.len() > 4);
}

// Nango `Locking.ts`: a lock expires, another process acquires it, and the first one releases it.
#[test]
fn an_attempt_that_was_taken_over_does_not_end_its_successor() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let first = scene.refreshing();
    let first = scene.unanswered(first);
    scene.pass(Duration::from_secs(18));
    let second = scene.refreshing();
    let (second, response) = scene.held(second);
    // The connection of the first one is closed.
    let first = first.no_response("closed", scene.now());
    let first = scene.run(first);
    assert!(matches!(first, Access::Later { .. }), "{first:?}");
    // The second one's attempt is still open: a third one waits.
    let third = scene.refreshing();
    let third = scene.until(third, |step| matches!(step, Step::Wait(_) | Step::Send(_)));
    assert!(matches!(third, Step::Wait(_)));
    let second = second.received(response, scene.now());
    assert_eq!(usable(scene.run(second)).generation, 1);
    assert_eq!(usable(scene.run(third)).generation, 1);
}

// Nango #5648, #7000: the timeout of a lock is reported as a dead credential.
#[test]
fn a_process_that_stops_waiting_returns_later_and_the_consent_lives() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let mut waiter = scene.refreshing();
    let mut hanging = Vec::new();
    let access = loop {
        // Each time the waiting process reads the store, another process has begun.
        let other = scene.refreshing();
        let other = scene.until(other, |step| matches!(step, Step::Send(_) | Step::Done(_)));
        hanging.push(other);
        waiter = scene.until(waiter, |step| matches!(step, Step::Wait(_) | Step::Done(_)));
        match waiter {
            Step::Done(access) => break access,
            step => waiter = scene.advance(step),
        }
        assert!(hanging.len() < 20);
        scene.sql(
            Statement::new(
                "UPDATE fdx_consents SET deadline = $1, attempt = 'another' WHERE id = 'flow-1'",
            )
            .with(i64::try_from(scene.now().as_seconds()).unwrap() + 15),
        );
    };
    assert!(matches!(access, Access::Later { .. }), "{access:?}");
    assert_eq!(scene.row().state, ConsentState::Active);
    scene.pass(HOUR);
    assert_eq!(usable(scene.refresh()).generation, 1);
}

// Nango #6136: the rotated token is written to one column, and another one is read.
#[test]
fn each_refresh_sends_the_token_of_the_last_response() {
    let mut scene = rotating();
    let mut last = scene.token().grant().tokens().refresh_token().unwrap().clone();
    for generation in 1..6 {
        scene.pass(HOUR);
        let token = usable(scene.refresh());
        assert_eq!(token.generation, generation);
        let sent = scene.world.asked("/token").last().unwrap().form()["refresh_token"].clone();
        assert_eq!(sent, last.expose());
        let next = token.grant().tokens().refresh_token().unwrap().clone();
        assert_ne!(next.expose(), last.expose());
        last = next;
    }
}

// Nango #6941: a row is deleted while its refresh is under way.
#[test]
fn a_response_for_a_consent_that_was_erased_or_deleted_brings_nothing_back() {
    for deleted in [false, true] {
        let mut scene = rotating();
        scene.pass(HOUR);
        let step = scene.refreshing();
        let (awaiting, response) = scene.held(step);
        let new: Value = serde_json::from_slice(response.body()).unwrap();
        scene.store.run(erase_consent(scene.key(), scene.world.now)).unwrap();
        if deleted {
            scene.sql(Statement::new("DELETE FROM fdx_consents"));
        }
        let step = awaiting.received(response, scene.now());
        let access = scene.run(step);
        let Access::Ended { state: ConsentState::Erased, .. } = access else {
            panic!("{access:?}")
        };
        assert_eq!(scene.stored_responses(), 0);
        let revoked = scene.world.asked("/revoke");
        assert!(revoked.iter().any(|it| it.form()["token"] == new["refresh_token"]));
    }
}

// oh-my-pi #5081, xagent #1454: the loser is refused with invalid_grant, and deletes the winner's row.
#[test]
fn a_losers_refusal_does_not_touch_the_winners_tokens() {
    let mut scene = rotating();
    scene.pass(HOUR);
    let loser = scene.refreshing();
    let loser = scene.unanswered(loser);
    scene.pass(Duration::from_secs(18));
    let winner = usable(scene.refresh());
    let refusal = answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
    let step = loser.received(refusal, scene.now());
    let lost = scene.run(step);
    assert!(!matches!(lost, Access::Suspect { .. } | Access::Ended { .. }), "{lost:?}");
    assert_eq!(scene.row().state, ConsentState::Active);
    assert_eq!(scene.token().access_token().token(), winner.access_token().token());
    scene.pass(HOUR);
    assert_eq!(usable(scene.refresh()).generation, 2);
}

// Airbyte #82783: a job carries a snapshot of the token.
#[test]
fn a_job_with_an_old_token_gets_the_current_one_without_a_request() {
    let mut scene = rotating();
    let snapshot = scene.token();
    for _ in 0..3 {
        scene.pass(HOUR);
        usable(scene.refresh());
    }
    let sent = scene.world.sent.len();
    let current = usable(scene.access_after(Some(snapshot.generation)));
    assert_eq!((current.generation, scene.world.sent.len()), (3, sent));
}

// Airbyte #13660: a token expires in a loop that waits for a rate limit.
#[test]
fn a_loop_that_waits_for_longer_than_a_token_lives_asks_for_a_new_one() {
    let mut scene = rotating();
    let client = scene.client.clone();
    for generation in 0..4 {
        let token = scene.token();
        assert_eq!(token.generation, generation);
        scene.world.accounts(&client, token.access_token()).unwrap();
        // The institution's API: 429, Retry-After: 600.
        scene.pass(Duration::from_secs(600));
    }
    // The token endpoint as well: nothing is sent before the time that it asked for.
    let mut limited = answer(429, "application/json", "");
    limited.headers_mut().insert("retry-after", http::HeaderValue::from_static("600"));
    scene.fate_of("/token", Fate::Instead(limited));
    let Access::Later { until, .. } = scene.access_token() else { panic!("a token") };
    assert_eq!(until, scene.now() + Duration::from_secs(600));
    for _ in 0..100 {
        let Access::Later { until: still, .. } = scene.access_token() else { panic!("a token") };
        assert_eq!(still, until);
    }
    assert_eq!(scene.in_place, 1);
    scene.all_answered();
    scene.world.now = until;
    assert_eq!(scene.token().generation, 4);
}

// tpp-issues #26 (504 after the rotation), QuickBooks SDK #342, xero-node #614, kcap-cli #946.
#[test]
fn an_answer_that_is_lost_after_the_rotation_is_repeated_within_the_window() {
    for gateway in [None, Some(504), Some(502)] {
        let mut scene = rotating();
        scene.pass(HOUR);
        let began = scene.now();
        match gateway {
            None => scene.fate_of("/token", Fate::ResponseLost),
            // The institution acts, and a gateway in front of it gives up.
            Some(status) => scene.world.tamper_at("/token", move |response| {
                match response.status().is_success() {
                    true => answer(status, "text/html", "<p>"),
                    false => response,
                }
            }),
        }
        let Access::Later { until, .. } = scene.refresh() else { panic!("{gateway:?}") };
        scene.all_answered();
        scene.world.tamper_no_more();
        let pick_up = scene.consents.policy().pick_up;
        scene.world.now = until + pick_up;
        assert!(scene.now() < began + Duration::from_secs(60), "{gateway:?}");
        assert_eq!(usable(scene.refresh()).generation, 1, "{gateway:?}");
        scene.pass(DAY);
        assert_eq!(usable(scene.refresh()).generation, 2, "{gateway:?}");
    }
}

// kcap-cli #946: the retry comes a minute later, and the window is 30 seconds.
#[test]
fn a_retry_that_would_miss_the_window_is_an_error_of_the_configuration() {
    let within = |seconds| {
        let window = Replay::Within(Duration::from_secs(seconds));
        RefreshPolicy::new(RefreshTokens::new(Rotation::NewSuccessor, window, "WorkOS"))
    };
    assert_eq!(within(34).check(), Ok(()));
    let fault = within(33).check().unwrap_err();
    assert_eq!((fault.window.as_secs(), fault.retry.as_secs()), (33, 33));
    let mut slow = within(34);
    slow.pick_up = Duration::from_secs(60);
    assert!(slow.check().is_err());
}

// Akoya: a used refresh token gives invalid_request.
#[test]
fn the_dialect_states_which_errors_end_a_grant() {
    let used = answer(400, "application/json", r#"{"error":"invalid_request"}"#);
    let akoya = RefreshTokens::FAPI.with_ends_grant(&["invalid_grant", "invalid_request"]);
    for (tokens, suspect) in [(akoya, true), (RefreshTokens::FAPI, false)] {
        let setup = Setup { refresh: Rotating::Rotate, ..Setup::default() };
        let mut scene = Scene::of(setup, RefreshPolicy::new(tokens));
        scene.pass(HOUR);
        scene.fate_of("/token", Fate::Instead(used.clone()));
        assert_eq!(matches!(scene.refresh(), Access::Suspect { .. }), suspect);
    }
}

// Adopted from there: a failure counts once, however often it is repeated.
#[test]
fn a_refused_consent_counts_once_against_its_institution() {
    let mut scene = rotating();
    let refusal = answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
    scene.fate_of("/token", Fate::Instead(refusal));
    for _ in 0..14 {
        let Access::Suspect { until, institution_paused, .. } = scene.refresh() else {
            panic!("{:?}", scene.row())
        };
        assert!(!institution_paused);
        scene.world.now = until;
    }
    scene.all_answered();
    let (client, token) = (scene.client.clone(), usable(scene.refresh()));
    scene.world.accounts(&client, token.access_token()).unwrap();
    assert_eq!(scene.row().state, ConsentState::Active);
}
