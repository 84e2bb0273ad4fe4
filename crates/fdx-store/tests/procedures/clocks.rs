//! Clocks that jump, forwards and back: stored times are then far ahead, or long ago.

use core::time::Duration;

use fdx_sandbox::customer::Decision;
use fdx_store::ConsentState;
use fdx_store::consents::postpone;
use fdx_store::keeper::{Keeper, KeeperLimits, KeeperStep};
use fdx_store::procedure::{Access, Finished, Step};
use fdx_testkit::answer;
use fdx_wire::{Entropy, UnixTime};

use super::refresh::rotating;
use super::scene::{DAY, Fate, Scene, usable};

const HOUR: Duration = Duration::from_secs(3600);

fn unavailable() -> Fate {
    Fate::Instead(answer(503, "text/plain", ""))
}

#[test]
fn a_clock_that_goes_back_makes_no_token_unusable() {
    for back in [Duration::from_secs(1), HOUR, DAY * 3] {
        let mut scene = rotating();
        scene.world.now = scene.now() - back;
        assert_eq!(scene.token().generation, 0);
        // The institution refuses it, which has another clock. The ID token of the next response is not
        // accepted before the authentication that it names: the response is kept, and verified later.
        for generation in [1, 2] {
            let access = match generation {
                1 => scene.access_after(Some(0)),
                _ => scene.refresh(),
            };
            let is_verified = matches!(access, Access::Token(_));
            let is_early = matches!(access, Access::NotVerified { .. });
            assert!(if back < HOUR { is_verified } else { is_early }, "{access:?}");
            assert_eq!(scene.row().generation, generation);
        }
        // The clock is right again.
        scene.pass(back);
        let token = if back < HOUR { scene.token() } else { usable(scene.refresh()) };
        assert!(token.access_token().expires_at() > Some(scene.now()));
        assert!(scene.row().due_at > Some(scene.now() - back), "{:?}", scene.row());
        assert_eq!(scene.row().state, ConsentState::Active);
    }
}

#[test]
fn an_open_attempt_of_a_later_time_is_neither_repeated_nor_waited_for() {
    let mut scene = rotating();
    let step = scene.refreshing();
    let (awaiting, _) = scene.held(step);
    drop(awaiting);
    let began = scene.now();
    let until = began + scene.consents.policy().deadline + scene.consents.policy().clock_skew;
    scene.world.now = began - HOUR;
    let sent = scene.world.sent.len();
    for access in [scene.access_after(Some(0)), scene.refresh()] {
        let Access::Later { until: at, .. } = access else { panic!("{access:?}") };
        assert_eq!(at, until);
    }
    // A call that needs no new token is not affected.
    assert_eq!(scene.token().generation, 0);
    assert_eq!((scene.now(), scene.world.sent.len()), (began - HOUR, sent));
    scene.world.now = until + Duration::from_secs(1);
    assert_eq!(usable(scene.refresh()).generation, 1);
}

#[test]
fn a_pause_that_a_clock_far_ahead_began_ends() {
    let mut scene = rotating();
    let right = scene.now();
    scene.pass(DAY * 30);
    scene.fate_of("/token", unavailable());
    let Access::Later { until, .. } = scene.refresh() else { panic!("answered") };
    assert!(until > right + DAY * 30);
    scene.all_answered();
    scene.world.now = right;
    assert_eq!(usable(scene.refresh()).generation, 1);
    // A pause of this time is kept.
    scene.fate_of("/token", unavailable());
    let Access::Later { until, .. } = scene.refresh() else { panic!("answered") };
    scene.all_answered();
    let Access::Later { until: same, .. } = scene.refresh() else { panic!("no pause") };
    assert_eq!(same, until);
}

#[test]
fn a_response_is_stored_although_the_clock_jumped_while_it_was_on_its_way() {
    for forwards in [true, false] {
        let mut scene = rotating();
        scene.pass(HOUR);
        let step = scene.refreshing();
        let (awaiting, response) = scene.held(step);
        let before = scene.now();
        scene.world.now = if forwards { before + DAY * 3 } else { before - DAY * 3 };
        let step = awaiting.received(response, scene.now());
        let _ = scene.run(step);
        let row = scene.row();
        assert_eq!((row.generation, row.state), (1, ConsentState::Active), "{forwards}");
        scene.world.now = before;
        assert_eq!(scene.requests("/token"), 1);
        let _ = usable(scene.refresh());
        assert_eq!(scene.row().generation, 2);
    }
}

#[test]
fn a_claim_of_a_later_time_is_in_progress_and_its_code_is_not_sent_again() {
    let mut scene = Scene::new();
    let flow = scene.decided(&Decision::everything());
    let step = scene.finishing(&flow);
    let step = scene.until(step, |step| matches!(step, Step::Send(_)));
    scene.kill(step);
    let claimed_at = scene.now();
    scene.world.now = claimed_at - HOUR;
    let Finished::InProgress { until } = scene.finish(&flow) else { panic!("finished") };
    assert!(until > claimed_at);
    scene.world.now = until + Duration::from_secs(1);
    assert!(matches!(scene.finish(&flow), Finished::StartOver { .. }));
    assert_eq!(scene.requests("/token"), 0);
}

#[test]
fn a_code_is_not_sent_after_its_time_although_the_clock_jumped() {
    let mut scene = Scene::new();
    let flow = scene.decided(&Decision::everything());
    let step = scene.finishing(&flow);
    let step = scene.until(step, |step| matches!(step, Step::Send(_)));
    scene.pass(HOUR);
    assert!(matches!(scene.run(step), Finished::StartOver { .. }));
    assert_eq!(scene.requests("/token"), 0);
    assert!(matches!(scene.finish(&flow), Finished::StartOver { .. }));
}

/// Runs the keeper for so long. Returns whether the consent was due in between.
fn finds_the_consent(scene: &mut Scene, keeper: &mut Keeper, time: Duration) -> bool {
    let until = scene.now() + time;
    while scene.now() < until {
        match keeper.next(scene.now()) {
            KeeperStep::Read(operation) => {
                let found = scene.store.run(operation);
                keeper.read(found, scene.now());
            }
            KeeperStep::Run(due) => {
                let tomorrow = scene.now() + DAY;
                let postpone = postpone(due.key.clone(), tomorrow, scene.now());
                scene.store.run(postpone).unwrap();
                keeper.finished(&due.key, None);
                return true;
            }
            KeeperStep::Wait { until: at } => scene.world.now = at.min(until),
            KeeperStep::Stopped => panic!("stopped"),
        }
    }
    false
}

#[test]
fn a_keeper_goes_on_after_the_clock_went_back() {
    let mut scene = rotating();
    let mut keeper = Keeper::new(KeeperLimits::new(), &Entropy::new([31; 32]));
    let round = KeeperLimits::new().round;
    assert!(!finds_the_consent(&mut scene, &mut keeper, round * 3));
    let due = |scene: &mut Scene, now: UnixTime| {
        let due_at = i64::try_from(now.as_seconds()).unwrap();
        let update = fdx_store::Statement::new("UPDATE fdx_consents SET due_at = $1");
        scene.sql(update.with(due_at));
    };
    for back in [HOUR, DAY * 30] {
        scene.world.now = scene.now() - back;
        let now = scene.now();
        due(&mut scene, now);
        assert!(finds_the_consent(&mut scene, &mut keeper, round * 2));
    }
    // A pause after failures of the store is not prolonged either.
    while !matches!(keeper.next(scene.now()), KeeperStep::Read(_)) {
        scene.pass(round);
    }
    keeper.read(Err(fdx_store::StoreError::Busy), scene.now());
    scene.world.now = scene.now() - DAY;
    let now = scene.now();
    due(&mut scene, now);
    assert!(finds_the_consent(&mut scene, &mut keeper, round * 2));
    // Nor does a jump forwards stop it.
    scene.pass(DAY * 30);
    assert!(finds_the_consent(&mut scene, &mut keeper, round * 2));
}
