//! A keeper of several institutions, of which one hangs or refuses everything: the others' consents are
//! kept as if it were not there.

use core::time::Duration;
use std::collections::BTreeSet;

use fdx_store::consents::Due;
use fdx_store::keeper::{Keeper, KeeperLimits, KeeperStep};
use fdx_store::procedure::{Access, Awaiting, KeptUp, Step, Waiting};
use fdx_store::{ConsentState, RecordId, Statement};
use fdx_testkit::answer;
use fdx_wire::{Entropy, UnixTime};

use super::refresh::rotating;
use super::scene::{DAY, Scene};

const HOUR: Duration = Duration::from_secs(3600);

/// What an institution does with requests.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Does {
    Answers,
    /// No response arrives before the deadline.
    Hangs,
    Refuses,
}

/// What a procedure waits for.
enum Blocked {
    Deadline(Awaiting<KeptUp>, UnixTime),
    Time(Waiting<KeptUp>),
    Done(KeptUp),
}

impl Blocked {
    fn until(&self) -> Option<UnixTime> {
        match self {
            Self::Deadline(_, at) => Some(*at),
            Self::Time(waiting) => Some(waiting.until()),
            Self::Done(_) => None,
        }
    }
}

/// A procedure that has ended.
struct Kept {
    due: Due,
    at: UnixTime,
    done: KeptUp,
}

/// A keeper whose procedures run at the same time.
struct Process {
    keeper: Keeper,
    running: Vec<(Due, Blocked)>,
    kept: Vec<Kept>,
}

fn bank(number: usize) -> String {
    format!("https://bank-{number}.example")
}

/// The consents of these institutions, each with a grant of its own.
fn scene(counts: &[usize]) -> Scene {
    let mut scene = rotating();
    for (place, count) in counts.iter().enumerate() {
        for number in 0..*count {
            let grant = scene.another_grant();
            let id = RecordId::new(format!("flow-{place}-{number}")).unwrap();
            scene.insert(&grant, &id);
            let update = "UPDATE fdx_consents SET institution = $1 WHERE id = $2";
            scene.sql(Statement::new(update).with(bank(place)).with(id.as_str()));
        }
    }
    scene.sql(Statement::new("DELETE FROM fdx_consents WHERE id = 'flow-1'"));
    scene
}

impl Process {
    fn new(round: Duration) -> Self {
        let mut limits = KeeperLimits::new();
        limits.round = round;
        let keeper = Keeper::new(limits, &Entropy::new([21; 32]));
        Self { keeper, running: Vec::new(), kept: Vec::new() }
    }

    /// Runs until this time. Returns what ended.
    fn run(&mut self, scene: &mut Scene, end: UnixTime, does: impl Fn(&str) -> Does) -> Vec<Kept> {
        loop {
            match self.keeper.next(scene.now()) {
                KeeperStep::Read(operation) => {
                    let found = scene.store.run(operation);
                    self.keeper.read(found, scene.now());
                }
                KeeperStep::Run(due) => {
                    let (entropy, now) = (scene.draw(), scene.now());
                    let step = scene.consents.keep_up(&due, entropy, now);
                    self.advance(scene, due, step, &does);
                }
                KeeperStep::Wait { until } => {
                    let blocked = self.running.iter().filter_map(|(_, blocked)| blocked.until());
                    let until = blocked.fold(until, UnixTime::min);
                    if until > end {
                        scene.world.now = end;
                        return core::mem::take(&mut self.kept);
                    }
                    scene.world.now = scene.now().max(until);
                    self.resume(scene, &does);
                }
                KeeperStep::Stopped => panic!("stopped"),
            }
        }
    }

    fn resume(&mut self, scene: &mut Scene, does: &impl Fn(&str) -> Does) {
        for (due, blocked) in core::mem::take(&mut self.running) {
            let now = scene.now();
            let step = match blocked {
                Blocked::Deadline(awaiting, at) if at <= now => awaiting.no_response("late", now),
                Blocked::Time(waiting) if waiting.until() <= now => waiting.resumed(now),
                blocked => {
                    self.running.push((due, blocked));
                    continue;
                }
            };
            self.advance(scene, due, step, does);
        }
    }

    /// Takes the steps of a procedure until it has to wait.
    fn advance(
        &mut self,
        scene: &mut Scene,
        due: Due,
        mut step: Step<KeptUp>,
        does: &impl Fn(&str) -> Does,
    ) {
        let does = does(&due.institution);
        let blocked = loop {
            step = match step {
                Step::Done(done) => break Blocked::Done(done),
                Step::Wait(waiting) => break Blocked::Time(waiting),
                Step::Send(sending) if does != Does::Answers => {
                    let deadline = sending.deadline().unwrap();
                    match sending.start(scene.now()) {
                        Err(late) => late,
                        Ok((_, awaiting)) if does == Does::Hangs => {
                            break Blocked::Deadline(awaiting, deadline);
                        }
                        Ok((_, awaiting)) => {
                            let body = r#"{"error":"invalid_grant"}"#;
                            let refusal = answer(400, "application/json", body);
                            awaiting.received(refusal, scene.now())
                        }
                    }
                }
                step => scene.advance(step),
            };
        };
        match blocked {
            Blocked::Done(done) => {
                self.keeper.finished(&due.key, done.is_success());
                self.kept.push(Kept { due, at: scene.now(), done });
            }
            blocked => self.running.push((due, blocked)),
        }
    }
}

#[test]
fn an_institution_that_hangs_delays_no_consent_of_another() {
    let mut scene = scene(&[8, 8, 8, 8]);
    scene.pass(DAY);
    let began = scene.now();
    // All of the first at once; one of the others every two minutes.
    for place in 0..4 {
        for number in 0..8 {
            let after =
                Duration::from_secs(if place == 0 { 0 } else { number * 360 + place * 120 });
            let due_at = i64::try_from((began + after).as_seconds()).unwrap();
            let id = format!("flow-{place}-{number}");
            let update = "UPDATE fdx_consents SET due_at = $1 WHERE id = $2";
            scene.sql(Statement::new(update).with(due_at).with(id));
        }
    }
    let round = Duration::from_secs(60);
    let mut process = Process::new(round);
    let hangs = bank(0);
    let kept = process.run(&mut scene, began + HOUR * 2, |institution| {
        if institution == hangs { Does::Hangs } else { Does::Answers }
    });
    let (failed, others): (Vec<_>, Vec<_>) =
        kept.into_iter().partition(|kept| kept.due.institution == hangs);
    let ids: BTreeSet<_> = others.iter().map(|kept| kept.due.key.id.as_str()).collect();
    assert_eq!((others.len(), ids.len()), (24, 24));
    for Kept { due, at, done } in &others {
        assert!(matches!(done, KeptUp::Refreshed(Access::Token(_))), "{done:?}");
        assert!(at.since(due.since) <= round, "{} {:?}", due.key.id, at.since(due.since));
    }
    // Each is tried less and less often.
    assert!((40..120).contains(&failed.len()), "{}", failed.len());
    assert!(failed.iter().all(|kept| kept.done.is_success() == Some(false)));
    assert!(scene.rows().iter().all(|row| row.state == ConsentState::Active));
    // It answers again.
    let end = scene.now() + HOUR * 3;
    let kept = process.run(&mut scene, end, |_| Does::Answers);
    let refreshed = kept.iter().filter(|kept| kept.due.institution == hangs);
    assert_eq!(refreshed.filter(|kept| kept.done.is_success() == Some(true)).count(), 8);
    assert!(scene.rows().iter().all(|row| (row.generation, row.failures) == (1, 0)));
}

#[test]
fn an_institution_that_refuses_everything_is_paused_and_loses_no_consent() {
    let mut scene = scene(&[16, 4]);
    scene.pass(DAY);
    let began = scene.now();
    let mut process = Process::new(HOUR);
    let refuses = bank(0);
    let kept = process.run(&mut scene, began + DAY * 9, |institution| {
        if institution == refuses { Does::Refuses } else { Does::Answers }
    });
    // 10 refusals a day are normal: the next one pauses the institution.
    let alerts = kept.iter().filter(|kept| {
        matches!(kept.done, KeptUp::Refreshed(Access::Suspect { institution_paused: true, .. }))
    });
    assert_eq!(alerts.count(), 1);
    let suspects = scene.rows().iter().filter(|row| row.state == ConsentState::Suspect).count();
    assert_eq!(suspects, 11);
    // Deaths have stopped, although the suspects are so for longer than a week.
    assert!(scene.rows().iter().all(|row| !row.state.has_ended()));
    // The other institution is not affected.
    for row in scene.rows().iter().filter(|row| row.institution != refuses) {
        assert_eq!((row.state, row.failures), (ConsentState::Active, 0));
        assert!(row.generation >= 2 && row.due_at > Some(scene.now()));
    }
    // An operator resumes after it works again.
    let place = (scene.consents.tenant().clone(), refuses.clone());
    scene.store.run(fdx_store::consents::resume(Some(place))).unwrap();
    let end = scene.now() + DAY;
    process.run(&mut scene, end, |_| Does::Answers);
    for row in scene.rows().iter().filter(|row| row.institution == refuses) {
        assert_eq!((row.state, row.generation), (ConsentState::Active, 1));
    }
}
