//! The keeper: limits, fairness, and that everything that is due is done.

use std::collections::{BTreeMap, BTreeSet};

use core::time::Duration;

use fdx_jose::{SealingKey, backend};
use fdx_store::consents::Due;
use fdx_store::keeper::{Keeper, KeeperLimits, KeeperStep};
use fdx_store::procedure::KeptUp;
use fdx_store::seal::KeyRing;
use fdx_store::{ConsentState, RecordId, RecordKey, Statement, StoreError};
use fdx_testkit::answer;
use fdx_wire::{Entropy, UnixTime};

use super::refresh::rotating;
use super::scene::{DAY, Fate, Scene, consents, database_failure};

fn keeper(number: u8) -> Keeper {
    Keeper::new(KeeperLimits::new(), &Entropy::new([number; 32]))
}

/// A store with this many due consents at each of five institutions.
fn due_at_five(each: usize) -> Scene {
    let mut scene = rotating();
    let grant = scene.token().grant().clone();
    for institution in 0..5 {
        for number in 0..each {
            let id = RecordId::new(format!("flow-{institution}-{number}")).unwrap();
            scene.insert(&grant, &id);
            let update = "UPDATE fdx_consents SET institution = $1, due_at = 1 WHERE id = $2";
            let issuer = format!("https://bank-{institution}.example");
            scene.sql(Statement::new(update).with(issuer).with(id.as_str()));
        }
    }
    scene
}

/// Reports that a consent is done: it is due tomorrow.
fn done(scene: &mut Scene, due: &Due) {
    let tomorrow = scene.now() + DAY;
    let postpone = fdx_store::consents::postpone(due.key.clone(), tomorrow, scene.now());
    scene.store.run(postpone).unwrap();
}

#[test]
fn each_due_consent_is_run_once_within_the_limits() {
    let mut scene = due_at_five(40);
    let limits = KeeperLimits::new();
    let mut keeper = keeper(1);
    let (mut running, mut ran) = (Vec::<Due>::new(), BTreeMap::<RecordKey, usize>::new());
    let (mut most, mut most_of_one) = (0, 0);
    let mut idle = 0;
    for number in 0_usize.. {
        match keeper.next(scene.now()) {
            KeeperStep::Read(operation) => {
                let found = scene.store.run(operation);
                keeper.read(found, scene.now());
            }
            KeeperStep::Run(due) => {
                idle = 0;
                *ran.entry(due.key.clone()).or_default() += 1;
                running.push(due);
                most = most.max(running.len());
                for due in &running {
                    let same = running.iter().filter(|it| it.institution == due.institution);
                    most_of_one = most_of_one.max(same.count());
                }
            }
            KeeperStep::Wait { until } => {
                if running.is_empty() {
                    idle += 1;
                    scene.world.now = scene.now().max(until);
                } else {
                    // They end in any order.
                    let due = running.swap_remove(number * 7 % running.len());
                    done(&mut scene, &due);
                    keeper.finished(&due.key, Some(true));
                }
            }
            KeeperStep::Stopped => panic!("stopped"),
        }
        assert_eq!(keeper.running(), running.len());
        if idle == 2 {
            break;
        }
    }
    assert_eq!(ran.len(), 200);
    assert!(ran.values().all(|times| *times == 1), "{ran:?}");
    assert_eq!((most, most_of_one), (limits.procedures, limits.per_institution));
}

#[test]
fn two_keepers_begin_with_different_slots() {
    let slots = |number| {
        let mut keeper = keeper(number);
        let mut order = Vec::new();
        for _ in 0..256 {
            let KeeperStep::Read(operation) = keeper.next(UnixTime::from_seconds(5)) else {
                panic!("no slot")
            };
            order.push(format!("{operation:?}"));
            keeper.read(Ok(Vec::new()), UnixTime::from_seconds(5));
        }
        // Then nothing is read until the round is over.
        let KeeperStep::Wait { until } = keeper.next(UnixTime::from_seconds(6)) else {
            panic!("again")
        };
        assert_eq!(until, UnixTime::from_seconds(10));
        assert!(matches!(keeper.next(until), KeeperStep::Read(_)));
        order
    };
    let (one, other) = (slots(1), slots(2));
    assert_eq!(one.iter().collect::<BTreeSet<_>>().len(), 256);
    assert_eq!(one.iter().collect::<BTreeSet<_>>(), other.iter().collect::<BTreeSet<_>>());
    let same = one.iter().zip(&other).filter(|(one, other)| one == other).count();
    assert!(same < 20, "{same}");
}

#[test]
fn an_institution_that_fails_is_asked_by_one_procedure_at_once() {
    let mut scene = due_at_five(40);
    let mut keeper = keeper(3);
    let failing = "https://bank-2.example";
    let mut running: Vec<Due> = Vec::new();
    let (mut failed, mut of_others) = (0, 0);
    for _ in 0..3000 {
        match keeper.next(scene.now()) {
            KeeperStep::Read(operation) => {
                let found = scene.store.run(operation);
                keeper.read(found, scene.now());
            }
            KeeperStep::Run(due) => {
                running.push(due);
                let same = running.iter().filter(|it| it.institution == failing).count();
                assert!(failed < 4 || same <= 1, "{same}");
            }
            KeeperStep::Wait { until } if running.is_empty() => scene.world.now = until,
            KeeperStep::Wait { .. } => {
                let due = running.remove(0);
                done(&mut scene, &due);
                let fails = due.institution == failing;
                if fails {
                    failed += 1
                } else {
                    of_others += 1
                }
                keeper.finished(&due.key, Some(!fails));
            }
            KeeperStep::Stopped => panic!("stopped"),
        }
    }
    assert_eq!((failed, of_others), (40, 160));
}

#[test]
fn a_store_that_fails_is_read_less_and_less_often_until_it_works() {
    let mut keeper = keeper(4);
    let mut now = UnixTime::from_seconds(1000);
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let KeeperStep::Read(_) = keeper.next(now) else { panic!("no slot") };
        keeper.read(Err(StoreError::Busy), now);
        let KeeperStep::Wait { until } = keeper.next(now) else { panic!("at once") };
        pauses.push(until.since(now).as_secs());
        now = until;
    }
    assert_eq!(pauses, [10, 20, 40, 80]);
    let KeeperStep::Read(_) = keeper.next(now) else { panic!("no slot") };
    keeper.read(Ok(Vec::new()), now);
    assert!(matches!(keeper.next(now), KeeperStep::Read(_)));
}

#[test]
fn a_keeper_that_stops_begins_nothing_and_waits_for_what_runs() {
    let mut scene = due_at_five(10);
    let mut keeper = keeper(5);
    let due = loop {
        match keeper.next(scene.now()) {
            KeeperStep::Read(operation) => {
                let found = scene.store.run(operation);
                keeper.read(found, scene.now());
            }
            KeeperStep::Run(due) => break due,
            other => panic!("{other:?}"),
        }
    };
    keeper.stop();
    assert!(matches!(keeper.next(scene.now()), KeeperStep::Wait { .. }));
    keeper.finished(&due.key, Some(true));
    assert!(matches!(keeper.next(scene.now()), KeeperStep::Stopped));
}

/// Runs the keeper with one procedure at a time until this time. Counts what was done.
fn keep(scene: &mut Scene, keeper: &mut Keeper, until: UnixTime) -> Vec<(RecordKey, KeptUp)> {
    let mut kept = Vec::new();
    while scene.now() < until {
        match keeper.next(scene.now()) {
            KeeperStep::Read(operation) => {
                let found = scene.store.run(operation);
                keeper.read(found, scene.now());
            }
            KeeperStep::Run(due) if due.institution != "https://bank.example" => {
                let postpone = keeper.unknown_institution(&due, scene.now());
                scene.store.run(postpone).unwrap();
            }
            KeeperStep::Run(due) => {
                let (entropy, now) = (scene.draw(), scene.now());
                let step = scene.consents.keep_up(&due, entropy, now);
                let done = scene.run(step);
                keeper.finished(&due.key, done.is_success());
                kept.push((due.key, done));
            }
            KeeperStep::Wait { until: at } => scene.world.now = at.min(until),
            KeeperStep::Stopped => panic!("stopped"),
        }
    }
    kept
}

/// Some consents, each with a grant of its own.
fn some(count: usize) -> Scene {
    let mut scene = rotating();
    for number in 1..count {
        let grant = scene.another_grant();
        scene.insert(&grant, &RecordId::new(format!("flow-x{number}")).unwrap());
    }
    scene
}

#[test]
fn all_consents_are_kept_alive() {
    let mut scene = some(8);
    let mut limits = KeeperLimits::new();
    limits.round = Duration::from_secs(6 * 3600);
    let mut keeper = Keeper::new(limits, &Entropy::new([6; 32]));
    let until = scene.now() + DAY * 20;
    let kept = keep(&mut scene, &mut keeper, until);
    let refreshed: BTreeSet<_> = kept.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(refreshed.len(), 8);
    assert!(kept.iter().all(|(_, done)| done.is_success() == Some(true)), "{kept:?}");
    for row in scene.rows() {
        assert_eq!((row.state, row.failures), (ConsentState::Active, 0));
        // First after a day, then at least every 7 days.
        assert!((3..=5).contains(&row.generation), "{}", row.generation);
        assert!(row.due_at > Some(scene.now()));
    }
}

#[test]
fn what_an_earlier_process_left_is_picked_up_in_time() {
    let mut scene = some(3);
    scene.pass(DAY);
    // One process ends with a request under way, and its response is lost.
    let step = scene.refreshing();
    let (awaiting, _) = scene.held(step);
    drop(awaiting);
    let began = scene.now();
    let mut keeper = keeper(7);
    let policy = *scene.consents.policy();
    let until = began + policy.deadline + policy.clock_skew + policy.pick_up;
    let kept = keep(&mut scene, &mut keeper, until);
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert!(kept.iter().all(|(_, done)| done.is_success() == Some(true)), "{kept:?}");
    assert!(scene.rows().iter().all(|row| row.generation == 1));
}

#[test]
fn what_a_call_left_is_picked_up_in_time_although_nothing_was_due() {
    let mut scene = some(1);
    scene.pass(Duration::from_secs(3600));
    assert!(scene.rows().iter().all(|row| row.due_at > Some(scene.now() + DAY / 2)));
    // A call needs a token, and its process ends with the request under way.
    let step = scene.refreshing();
    let (awaiting, _) = scene.held(step);
    drop(awaiting);
    let policy = *scene.consents.policy();
    let until = scene.now() + policy.deadline + policy.clock_skew + policy.pick_up;
    let kept = keep(&mut scene, &mut keeper(7), until);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept.iter().all(|(_, done)| done.is_success() == Some(true)), "{kept:?}");
    assert!(scene.rows().iter().all(|row| row.generation == 1));
}

#[test]
fn unknown_institutions_do_not_hold_up_the_others_of_their_slot() {
    let mut scene = some(2);
    let grant = scene.token().grant().clone();
    // All in one slot, those of the unknown institution first.
    for number in 0..100 {
        scene.insert(&grant, &RecordId::new(format!("flow-u{number}")).unwrap());
    }
    scene.sql(Statement::new(
        "UPDATE fdx_consents SET slot = 5, due_at = 1, institution = 'https://gone.example' \
         WHERE id >= 'flow-u'  AND id < 'flow-v'",
    ));
    scene.sql(Statement::new(
        "UPDATE fdx_consents SET slot = 5, due_at = 2 WHERE id = 'flow-1' OR id = 'flow-x1'",
    ));
    scene.pass(Duration::from_secs(3600));
    let mut keeper = keeper(8);
    let until = scene.now() + Duration::from_secs(200);
    let kept = keep(&mut scene, &mut keeper, until);
    assert_eq!(kept.len(), 2, "{kept:?}");
}

#[test]
fn an_institution_that_is_down_costs_few_requests_and_no_consent() {
    let mut scene = some(6);
    scene.fate_of("/token", Fate::Instead(answer(503, "text/plain", "")));
    scene.pass(DAY);
    let mut limits = KeeperLimits::new();
    limits.round = Duration::from_secs(1800);
    let mut keeper = Keeper::new(limits, &Entropy::new([9; 32]));
    let until = scene.now() + DAY;
    keep(&mut scene, &mut keeper, until);
    // Pauses double up to six hours.
    assert!(scene.in_place < 6 * 20, "{}", scene.in_place);
    scene.all_answered();
    let until = scene.now() + DAY;
    let kept = keep(&mut scene, &mut keeper, until);
    assert_eq!(kept.len(), 6);
    assert!(scene.rows().iter().all(|row| row.state == ConsentState::Active));
}

#[test]
fn a_response_that_can_not_be_used_is_repeated_within_the_window() {
    let mut scene = some(1);
    scene.pass(DAY);
    // The institution has replaced the refresh token, and its response is cut off.
    let mut cut = false;
    scene.world.tamper_at("/token", move |response| {
        match response.status() == 200 && !core::mem::replace(&mut cut, true) {
            true => answer(200, "application/json", r#"{"access_tok"#),
            false => response,
        }
    });
    let began = scene.now();
    let kept = keep(&mut scene, &mut keeper(10), began + Duration::from_secs(30));
    let done: Vec<_> = kept.iter().map(|(_, done)| done.is_success()).collect();
    assert_eq!(done, [Some(false), Some(true)], "{kept:?}");
    assert_eq!(scene.row().generation, 1);
}

/// Runs what is due for the only consent.
fn kept_up(scene: &mut Scene) -> KeptUp {
    let due = scene.due();
    let [due] = &due[..] else { panic!("{due:?}") };
    let (entropy, now) = (scene.draw(), scene.now());
    let step = scene.consents.keep_up(due, entropy, now);
    scene.run(step)
}

type Change = Box<dyn FnOnce(&mut Scene)>;

#[test]
fn only_answers_and_failures_of_the_institution_count_for_it() {
    let token = |fate: Fate| move |scene: &mut Scene| scene.fate_of("/token", fate);
    let error = |status, body: &str| Fate::Instead(answer(status, "application/json", body));
    let cases: Vec<(&str, Change, Option<bool>)> = vec![
        ("refreshed", Box::new(|_| {}), Some(true)),
        ("refused", Box::new(token(error(400, r#"{"error":"invalid_grant"}"#))), Some(true)),
        ("unavailable", Box::new(token(error(503, ""))), Some(false)),
        ("no response", Box::new(token(Fate::RequestLost)), Some(false)),
        (
            "keys unreachable",
            Box::new(|scene: &mut Scene| scene.fate_of("/jwks", Fate::NotSent)),
            Some(false),
        ),
        (
            "paused",
            Box::new(|scene: &mut Scene| {
                scene.store.run(fdx_store::consents::pause(None, "x", scene.world.now)).unwrap();
            }),
            None,
        ),
        (
            "locked",
            Box::new(|scene: &mut Scene| {
                let ring = KeyRing::new(backend::ring(), SealingKey::new(2, [8; 32]));
                let policy = *scene.consents.policy();
                scene.consents = consents(&scene.client, ring, None, policy);
            }),
            None,
        ),
        (
            "store fails",
            Box::new(|scene: &mut Scene| scene.store_fails(|_| Some(database_failure()))),
            None,
        ),
        (
            "expired",
            Box::new(|scene: &mut Scene| {
                scene.sql(Statement::new("UPDATE fdx_consents SET consent_expires_at = 1"));
            }),
            None,
        ),
        (
            "no revocation has begun",
            Box::new(|scene: &mut Scene| {
                scene.sql(Statement::new("UPDATE fdx_consents SET state = 'revoked'"));
            }),
            None,
        ),
    ];
    for (case, change, expected) in cases {
        let mut scene = rotating();
        scene.pass(DAY);
        change(&mut scene);
        let kept = kept_up(&mut scene);
        assert_eq!(kept.is_success(), expected, "{case}: {kept:?}");
    }
}

/// The most procedures at once for one institution after its first ends. `report` is what is reported
/// for each of its ends, the first has number 1.
fn most_at_once(report: impl Fn(usize) -> Option<bool>) -> usize {
    let mut scene = due_at_five(40);
    let mut keeper = keeper(11);
    let is_its = |due: &Due| due.institution == "https://bank-0.example";
    let (mut running, mut ended, mut most) = (Vec::<Due>::new(), 0, 0);
    for _ in 0..3000 {
        match keeper.next(scene.now()) {
            KeeperStep::Read(operation) => {
                let found = scene.store.run(operation);
                keeper.read(found, scene.now());
            }
            KeeperStep::Run(due) => {
                running.push(due);
                if ended > 4 {
                    most = most.max(running.iter().filter(|due| is_its(due)).count());
                }
            }
            KeeperStep::Wait { until } if running.is_empty() => scene.world.now = until,
            KeeperStep::Wait { .. } => {
                let due = running.remove(0);
                done(&mut scene, &due);
                ended += usize::from(is_its(&due));
                let success = if is_its(&due) { report(ended) } else { Some(true) };
                keeper.finished(&due.key, success);
            }
            KeeperStep::Stopped => panic!("stopped"),
        }
    }
    assert_eq!(ended, 40);
    most
}

#[test]
fn what_says_nothing_about_an_institution_changes_nothing_for_it() {
    assert_eq!(most_at_once(|_| None), 4);
    assert_eq!(most_at_once(|number| (number == 1).then_some(false)), 1);
    let answers_again = |number| match number {
        1 => Some(false),
        4 => Some(true),
        _ => None,
    };
    assert_eq!(most_at_once(answers_again), 4);
}

/// Runs the keeper until it waits for procedures, none of which ends. Returns what runs then.
fn begun(scene: &mut Scene, keeper: &mut Keeper) -> Vec<Due> {
    let mut running = Vec::new();
    let until = scene.now() + Duration::from_secs(60);
    while scene.now() < until {
        match keeper.next(scene.now()) {
            KeeperStep::Read(operation) => {
                let found = scene.store.run(operation);
                keeper.read(found, scene.now());
            }
            KeeperStep::Run(due) => running.push(due),
            KeeperStep::Wait { until } => scene.world.now = until,
            KeeperStep::Stopped => panic!("stopped"),
        }
    }
    running
}

#[test]
fn institutions_that_hang_do_not_stop_the_others() {
    let mut scene = due_at_five(40);
    // Three of five hang, and the others have one due consent each.
    scene.sql(Statement::new(
        "UPDATE fdx_consents SET due_at = NULL WHERE id LIKE 'flow-3-%' OR id LIKE 'flow-4-%'",
    ));
    let mut keeper = keeper(12);
    assert_eq!(begun(&mut scene, &mut keeper).len(), 12);
    scene.sql(Statement::new(
        "UPDATE fdx_consents SET due_at = 1 WHERE id = 'flow-3-1' OR id = 'flow-4-1'",
    ));
    let later: Vec<_> =
        begun(&mut scene, &mut keeper).into_iter().map(|due| due.key.id.to_string()).collect();
    assert_eq!(later.len(), 2, "{later:?}");
}

#[test]
fn a_failing_institution_hides_no_consents_of_others_in_its_slot() {
    let mut scene = rotating();
    let grant = scene.token().grant().clone();
    let others: Vec<_> = (0..4).map(|bank| format!("https://other-{bank}.example")).collect();
    for number in 0..100 {
        let id = RecordId::new(format!("flow-{number}")).unwrap();
        if number != 1 {
            scene.insert(&grant, &id);
        }
        // Behind 96 consents of the one that fails.
        let (institution, due_at) = match others.get(number) {
            Some(other) => (other.as_str(), 2),
            None => ("https://failing.example", 1),
        };
        let update =
            "UPDATE fdx_consents SET slot = 5, institution = $1, due_at = $2 WHERE id = $3";
        scene.sql(Statement::new(update).with(institution).with(due_at).with(id.as_str()));
    }
    let mut keeper = keeper(13);
    let first = begun(&mut scene, &mut keeper);
    let found: BTreeSet<_> = first.iter().map(|due| due.institution.clone()).collect();
    assert_eq!((first.len(), found.len()), (8, 5));
    // One of them fails: no other begins while three run.
    let failed = first.iter().find(|due| !others.contains(&due.institution)).unwrap();
    done(&mut scene, failed);
    keeper.finished(&failed.key, Some(false));
    assert!(begun(&mut scene, &mut keeper).is_empty());
}

#[test]
fn the_keeper_asks_again_after_retry_after_and_never_before() {
    for (value, seconds) in [
        ("3600", 3600),
        // An institution that says never, or that says nothing: a day, and the own pause.
        ("99999999", 86_400),
        ("0", 10),
        ("soon", 10),
    ] {
        let mut scene = some(1);
        scene.pass(DAY);
        let mut busy = answer(429, "application/json", "");
        busy.headers_mut().insert("retry-after", value.parse().unwrap());
        scene.fate_of("/token", Fate::Instead(busy));
        let mut limits = KeeperLimits::new();
        limits.round = Duration::from_secs(if seconds > 3600 { 1800 } else { 60 });
        let mut keeper = Keeper::new(limits, &Entropy::new([14; 32]));
        let began = scene.now();
        let _ = keep(&mut scene, &mut keeper, began + limits.round);
        let asked = scene.in_place;
        assert!(asked >= 1, "{value}");
        let row = scene.row();
        let due_at = row.due_at.unwrap();
        assert_eq!(row.not_before, Some(due_at), "{value}");
        let asks_after = Duration::from_secs(seconds);
        if seconds > 60 {
            assert!(due_at >= began + asks_after && due_at <= began + asks_after + limits.round);
            let _ = keep(&mut scene, &mut keeper, due_at - Duration::from_secs(1));
            assert_eq!(scene.in_place, asked, "{value}");
            scene.all_answered();
            let kept = keep(&mut scene, &mut keeper, due_at + limits.round * 2);
            assert_eq!(kept.len(), 1, "{kept:?}");
        } else {
            assert!(due_at <= scene.now() + Duration::from_secs(60), "{value}");
        }
        assert_eq!(scene.row().state, ConsentState::Active);
    }
}
