//! The process ends at each step of a procedure, and another one continues.

use core::time::Duration;

use fdx_rar::ConsentStatus;
use fdx_store::ConsentState;
use fdx_store::procedure::{Access, RevocationResult, Step};
use fdx_store::receipts::PartOutcome;
use fdx_store::refresh::Baseline;
use fdx_store::{Action, Failure};
use fdx_testkit::answer;

use super::refresh::rotating;
use super::revoke::{outcomes, revoke, revoked, revoking, status_there};
use super::scene::{Fate, Scene, consents, ring, usable};

/// Whether the request of the last step arrived before the process ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Crash {
    Before,
    AfterTheRequest,
}

/// Takes `steps` steps of a procedure and ends the process. Returns whether it was over before.
fn crash<T: 'static>(scene: &mut Scene, step: Step<T>, steps: usize, crash: Crash) -> bool {
    let mut step = step;
    for _ in 0..steps {
        if matches!(step, Step::Done(_)) {
            return true;
        }
        step = scene.advance(step);
    }
    if crash == Crash::AfterTheRequest {
        // The request is on its way, and no process waits for the response.
        if let Step::Send(sending) = step {
            if let Ok((request, _)) = sending.start(scene.now()) {
                let certificate = request.certificate();
                scene.world.carry(request.into_http(), certificate);
            }
            return false;
        }
    }
    let over = matches!(step, Step::Done(_));
    scene.kill(step);
    over
}

#[test]
fn a_revocation_continues_after_a_crash_at_each_step() {
    for how in [Crash::Before, Crash::AfterTheRequest] {
        let mut last = 0;
        for steps in 0.. {
            let mut scene = rotating();
            let step = revoking(&mut scene);
            let over = crash(&mut scene, step, steps, how);
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
            crash(&mut scene, step, steps, Crash::Before);
            if !scene.events().is_empty() {
                break;
            }
        }
        let _ = revoke(&mut scene);
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
            let over = crash(&mut scene, step, steps, how);
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

/// A commit whose outcome is unknown: it is done, and the driver reports a failure.
fn commits_fail_after(scene: &mut Scene, number: usize) {
    let mut seen = 0;
    scene.store_fails(move |action| {
        if !matches!(action, Action::Commit) {
            return None;
        }
        seen += 1;
        (seen == number).then_some(Failure::Restart)
    });
}

#[test]
fn a_commit_that_failed_is_repeated_without_harm() {
    for number in 1..6 {
        let mut scene = rotating();
        commits_fail_after(&mut scene, number);
        let stored = revoked(revoke(&mut scene));
        assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3], "{number}");
        assert_eq!(scene.events().len(), 1);

        let mut scene = rotating();
        scene.pass(Duration::from_secs(3600));
        commits_fail_after(&mut scene, number);
        assert_eq!(usable(scene.refresh()).generation, 1, "{number}");
        assert_eq!(scene.requests("/token"), 1);
    }
}

#[test]
fn a_commit_that_was_done_and_reported_as_failed_is_repeated_without_harm() {
    for number in 1..6 {
        let mut scene = rotating();
        scene.lost_commit(number);
        let stored = revoked(revoke(&mut scene));
        assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3], "{number}");
        assert_eq!(scene.events().len(), 1);

        let mut scene = rotating();
        scene.pass(Duration::from_secs(3600));
        scene.lost_commit(number);
        assert_eq!(usable(scene.refresh()).generation, 1, "{number}");
        assert_eq!(scene.requests("/token"), 1);
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
        let ended = |lost_commit: Option<usize>| {
            let mut scene = rotating();
            let mut policy = *scene.consents.policy();
            policy.baseline = Baseline { refusals: 0, percent: 0 };
            scene.consents = consents(&scene.client, ring(), None, policy);
            scene.pass(Duration::from_secs(3600));
            scene.fate_of("/token", fate.clone());
            // The first commit stores the intent, the second one the end.
            lost_commit.into_iter().for_each(|number| scene.lost_commit(number));
            let access = scene.refresh();
            let row = scene.row();
            (format!("{access:?}"), row.state, row.failures, row.due_at, row.reason)
        };
        let expected = ended(None);
        assert_eq!(expected.0.contains("institution_paused: true"), paused, "{}", expected.0);
        assert_eq!(ended(Some(2)), expected, "{fate:?}");
    }
}
