//! The process ends at each step of a procedure, and another one continues.

use core::time::Duration;

use fdx_rar::ConsentStatus;
use fdx_store::ConsentState;
use fdx_store::procedure::{Access, RevocationResult};
use fdx_store::receipts::PartOutcome;
use fdx_store::refresh::Baseline;
use fdx_testkit::answer;

use super::refresh::rotating;
use super::revoke::{outcomes, revoke, revoked, revoking, status_there};
use super::scene::{CommitFailure, Crash, Fate, Scene, consents, ring, usable};

#[test]
fn a_revocation_continues_after_a_crash_at_each_step() {
    for how in [Crash::Before, Crash::AfterTheRequest] {
        let mut last = 0;
        for steps in 0.. {
            let mut scene = rotating();
            let step = revoking(&mut scene);
            let over = scene.crash(step, steps, how);
            let sent = scene.world.sent.len();
            match revoke(&mut scene) {
                RevocationResult::Revoked(stored) => {
                    let [consent_api, refresh_token, access_token] = outcomes(&stored);
                    assert!(
                        matches!(
                            consent_api,
                            Some(PartOutcome::Revoked | PartOutcome::AlreadyEnded)
                        ),
                        "{how:?} {steps}: {consent_api:?}"
                    );
                    let tokens = Some(PartOutcome::Revoked);
                    assert_eq!((refresh_token, access_token), (tokens, tokens), "{how:?} {steps}");
                }
                RevocationResult::Ended { state: ConsentState::Revoked, stored: Some(stored) } => {
                    assert!(stored.ended_at.is_some());
                    assert_eq!(scene.world.sent.len(), sent);
                }
                other => panic!("{how:?} {steps}: {other:?}"),
            }
            assert_eq!(scene.events().len(), 1, "{how:?} {steps}");
            assert_eq!((scene.row().state, scene.row().due_at), (ConsentState::Revoked, None));
            assert_eq!(status_there(&mut scene), ConsentStatus::Revoked);
            if over {
                last = steps;
                break;
            }
        }
        assert!(last > 12, "{last} steps");
    }
}

#[test]
fn a_revocation_that_crashes_again_and_again_ends_with_one_receipt() {
    // Each process takes so few steps that each part needs a process of its own, or more.
    for steps in 5..9 {
        let mut scene = rotating();
        for _ in 0..100 {
            let step = revoking(&mut scene);
            scene.crash(step, steps, Crash::Before);
            if !scene.events().is_empty() {
                break;
            }
        }
        match revoke(&mut scene) {
            RevocationResult::Revoked(_) => {}
            RevocationResult::Ended { state: ConsentState::Revoked, .. } => {}
            other => panic!("{steps}: {other:?}"),
        }
        assert_eq!(scene.events().len(), 1, "{steps}");
    }
}

#[test]
fn a_refresh_continues_after_a_crash_at_each_step() {
    for how in [Crash::Before, Crash::AfterTheRequest] {
        let mut last = 0;
        for steps in 0.. {
            let mut scene = rotating();
            scene.pass(Duration::from_secs(3600));
            let step = scene.refreshing();
            let over = scene.crash(step, steps, how);
            // A keeper picks it up within its time.
            scene.pass(Duration::from_secs(1));
            let token = scene.token();
            assert!(token.generation >= 1, "{how:?} {steps}");
            let client = scene.client.clone();
            scene.world.accounts(&client, token.access_token()).unwrap();
            // The family is alive: the next refresh, much later, is accepted.
            scene.pass(Duration::from_secs(3600));
            let next = usable(scene.refresh());
            assert!(next.generation > token.generation);
            if over {
                last = steps;
                break;
            }
        }
        assert!(last > 8, "{last} steps");
    }
}

/// Runs a procedure once for each of its commits, which fails. Returns how many commits it has.
fn at_each_commit(failure: CommitFailure, run: impl Fn(&mut Scene)) -> usize {
    for number in 1.. {
        let mut scene = rotating();
        scene.fail_commit(number, failure);
        run(&mut scene);
        if scene.awaits_a_commit() {
            return number - 1;
        }
    }
    unreachable!()
}

#[test]
fn a_commit_that_fails_is_repeated_without_harm() {
    for failure in [CommitFailure::RolledBack, CommitFailure::Unknown] {
        let commits = at_each_commit(failure, |scene| {
            let stored = revoked(revoke(scene));
            assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3]);
            assert_eq!(scene.events().len(), 1);
        });
        // The intent and three parts.
        assert!(commits >= 4, "{commits}");
        let commits = at_each_commit(failure, |scene| {
            scene.pass(Duration::from_secs(3600));
            assert_eq!(usable(scene.refresh()).generation, 1);
            assert_eq!(scene.requests("/token"), 1);
        });
        // The intent, the response and its verification.
        assert_eq!(commits, 3);
    }
}

#[test]
fn a_crash_with_a_lost_response_harms_nothing_within_the_window() {
    let mut scene = rotating();
    scene.pass(Duration::from_secs(3600));
    scene.fate_of("/token", Fate::ResponseLost);
    let Access::Later { until, .. } = scene.refresh() else { panic!("answered") };
    scene.all_answered();
    scene.world.now = until + Duration::from_secs(10);
    assert_eq!(usable(scene.refresh()).generation, 1);
    scene.pass(Duration::from_secs(3600));
    assert_eq!(usable(scene.refresh()).generation, 2);
}

#[test]
fn the_end_of_an_attempt_is_recorded_once_although_its_commit_is_reported_as_failed() {
    let refused = answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
    for (fate, paused) in [
        (Fate::NotSent, false),
        (Fate::RequestLost, false),
        (Fate::ResponseLost, false),
        (Fate::Instead(answer(200, "application/json", "{")), false),
        (Fate::Instead(answer(503, "text/plain", "")), false),
        // More refusals than the baseline.
        (Fate::Instead(refused), true),
    ] {
        let ended = |fails: bool| {
            let mut scene = rotating();
            let mut policy = *scene.consents.policy();
            policy.baseline = Baseline { refusals: 0, percent: 0 };
            scene.consents = consents(&scene.client, ring(), None, policy);
            scene.pass(Duration::from_secs(3600));
            scene.fate_of("/token", fate.clone());
            // The first commit stores the intent, the second one the end.
            if fails {
                scene.fail_commit(2, CommitFailure::Unknown);
            }
            let access = scene.refresh();
            assert!(!scene.awaits_a_commit());
            let row = scene.row();
            (format!("{access:?}"), row.state, row.failures, row.due_at, row.reason)
        };
        let expected = ended(false);
        assert_eq!(expected.0.contains("institution_paused: true"), paused, "{}", expected.0);
        assert_eq!(ended(true), expected, "{fate:?}");
    }
}
