//! The process that finishes a flow ends at each step, and another one continues: the table of
//! `Finished`.

use core::time::Duration;

use fdx_par::ResponseMode;
use fdx_par::dialect::RefreshTokens;
use fdx_sandbox::customer::Decision;
use fdx_store::ConsentState;
use fdx_store::procedure::Finished;
use fdx_store::receipts::Event;
use fdx_store::refresh::RefreshPolicy;
use fdx_testkit::Setup;

use super::flow::{Flow, granted};
use super::scene::{Crash, Fate, Scene};

/// The state that a stopped process leaves behind: a row of the table.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Left {
    Pending,
    Claimed,
    Unfinished,
    Granted,
}

fn left(scene: &mut Scene, flow: &Flow) -> Left {
    let stored = scene.flow(flow).unwrap();
    let receipts = scene.events().len();
    let left = match (stored.claim, stored.consent, stored.outcome) {
        (None, None, None) => Left::Pending,
        (Some(_), None, None) => Left::Claimed,
        (Some(_), Some(ConsentState::PendingVerification), None) => Left::Unfinished,
        (Some(_), Some(ConsentState::Active), Some(_)) => Left::Granted,
        other => panic!("a state without a row: {other:?}"),
    };
    assert_eq!(receipts, usize::from(left == Left::Granted));
    left
}

fn setups() -> [Setup; 2] {
    [Setup::default(), Setup { response_mode: ResponseMode::Jwt, ..Setup::default() }]
}

fn scene(setup: Setup) -> (Scene, Flow) {
    let mut scene = Scene::of(setup, RefreshPolicy::new(RefreshTokens::FAPI));
    let flow = scene.decided(&Decision::everything());
    (scene, flow)
}

/// Longer than the exchange of a code.
const PATIENCE: Duration = Duration::from_secs(120);

/// Crashes at each step, then calls `next` at once, and again after some time. Checks that the code
/// was sent once, and that there is one receipt for a grant. Returns the rows of the table that
/// occurred.
fn at_each_step(setup: Setup, next: impl Fn(&mut Scene, &Flow, Left) -> Finished) -> Vec<Left> {
    let mut rows = Vec::new();
    for how in [Crash::Before, Crash::AfterTheRequest] {
        for steps in 0.. {
            let (mut scene, flow) = scene(setup);
            let step = scene.finishing(&flow);
            let over = scene.crash(step, steps, how);
            let left = left(&mut scene, &flow);
            rows.push(left);
            let last = next(&mut scene, &flow, left);
            let receipts = match last {
                Finished::Granted(granted) => {
                    assert_eq!(granted.consent.state, ConsentState::Active);
                    scene.token();
                    1
                }
                Finished::StartOver { .. } => {
                    assert_eq!(left, Left::Claimed, "{how:?} {steps}");
                    0
                }
                other => panic!("{how:?} {steps}: {other:?}"),
            };
            let events = scene.events();
            assert_eq!(events.len(), receipts, "{how:?} {steps}");
            assert!(events.iter().all(|event| matches!(event, Event::Granted { .. })));
            assert!(scene.requests("/token") <= 1, "{how:?} {steps}");
            if over {
                break;
            }
        }
    }
    rows.sort();
    rows.dedup();
    rows
}

#[test]
fn after_a_crash_at_each_step_finish_returns_what_the_table_says() {
    for setup in setups() {
        let rows = at_each_step(setup, |scene, flow, left| {
            match (left, scene.finish(flow)) {
                (Left::Pending | Left::Granted, finished) => return finished,
                (Left::Claimed | Left::Unfinished, Finished::InProgress { until }) => {
                    assert!(until < scene.now() + PATIENCE);
                }
                (left, other) => panic!("{left:?}: {other:?}"),
            }
            scene.pass(PATIENCE);
            scene.finish(flow)
        });
        assert_eq!(rows, [Left::Pending, Left::Claimed, Left::Unfinished, Left::Granted]);
    }
}

#[test]
fn after_a_crash_at_each_step_resume_completes_stored_tokens() {
    at_each_step(Setup::default(), |scene, flow, left| match left {
        Left::Unfinished | Left::Granted => scene.resume(flow),
        Left::Pending | Left::Claimed => {
            assert!(matches!(scene.resume(flow), Finished::NotFound));
            scene.pass(if left == Left::Claimed { PATIENCE } else { Duration::ZERO });
            scene.finish(flow)
        }
    });
}

#[test]
fn a_completion_that_crashes_again_and_again_has_one_receipt() {
    for steps in 1.. {
        let (mut scene, flow) = scene(Setup::default());
        scene.fate_of("/jwks", Fate::NotSent);
        assert!(matches!(scene.finish(&flow), Finished::Incomplete { .. }));
        scene.all_answered();
        let (entropy, now) = (scene.draw(), scene.now());
        let step = scene.consents.resume(&flow.id, entropy, now);
        let over = scene.crash(step, steps, Crash::Before);
        granted(scene.resume(&flow));
        assert_eq!(scene.events().len(), 1, "{steps}");
        if over {
            assert!(steps > 10);
            break;
        }
    }
}
