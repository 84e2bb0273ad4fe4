//! The ends of a consent: each leaves no attempt, and nothing that is due.

use core::time::Duration;

use fdx_rar::ConsentStatus;
use fdx_sandbox::customer::Decision;
use fdx_store::consents::{Erased, erase_consent, expire_consent};
use fdx_store::procedure::{Access, Checked, Finished};
use fdx_store::receipts::{Cause, Event};
use fdx_store::{ConsentState, Statement, Value};
use fdx_testkit::answer;

use super::check::{check, reports};
use super::refresh::rotating;
use super::revoke::{revoke, revoked};
use super::scene::{DAY, Fate, Scene};

/// A consent whose last refresh has no response.
fn refreshing() -> Scene {
    let mut scene = rotating();
    scene.fate_of("/token", Fate::RequestLost);
    let Access::Later { .. } = scene.refresh() else { panic!("answered") };
    scene.all_answered();
    scene
}

/// The columns of a refresh, and the due time.
fn open(scene: &mut Scene) -> Vec<Value> {
    let columns = "SELECT attempt, deadline, not_before, due_at FROM fdx_consents WHERE id = $1";
    let id = scene.id.as_str().to_owned();
    scene.sql(Statement::new(columns).with(id)).remove(0)
}

fn reported(scene: &mut Scene, status: &ConsentStatus) {
    let status = status.as_str().to_owned();
    reports(scene, move |consent| consent["status"] = status.clone().into());
    let checked = check(scene);
    assert!(matches!(checked, Checked::Recorded(_)), "{checked:?}");
}

fn expired(scene: &mut Scene) {
    let end = scene.row().consent_expires_at.unwrap();
    scene.world.now = end;
    let expire = expire_consent(scene.key(), Cause::new("keeper-1").unwrap(), end);
    scene.store.run(expire).unwrap();
}

fn erase(scene: &mut Scene) -> Erased {
    let erase = erase_consent(scene.key(), scene.now());
    scene.store.run(erase).unwrap()
}

/// The institution refuses the refresh token for a week.
fn refused(scene: &mut Scene) {
    let refusal = answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
    scene.fate_of("/token", Fate::Instead(refusal));
    for _ in 0..100 {
        scene.pass(DAY);
        if let Access::Ended { .. } = scene.refresh() {
            return;
        }
    }
    panic!("it lives");
}

#[test]
fn whatever_ends_a_consent_leaves_no_attempt_and_nothing_due() {
    type End = fn(&mut Scene);
    let ends: [(End, ConsentState); 6] = [
        (|scene| drop(revoked(revoke(scene))), ConsentState::Revoked),
        (|scene| reported(scene, &ConsentStatus::Revoked), ConsentState::Revoked),
        (|scene| reported(scene, &ConsentStatus::Expired), ConsentState::Expired),
        (expired, ConsentState::Expired),
        (refused, ConsentState::Dead),
        (|scene| assert_eq!(erase(scene), Erased::Erased), ConsentState::Erased),
    ];
    for (number, (end, state)) in ends.into_iter().enumerate() {
        let mut scene = refreshing();
        assert!(open(&mut scene).iter().all(|value| !matches!(value, Value::Null(_))));
        end(&mut scene);
        assert_eq!(scene.row().state, state, "{number}");
        let left = open(&mut scene);
        assert!(left.iter().all(|value| matches!(value, Value::Null(_))), "{number}: {left:?}");
        assert_eq!(scene.events().len(), 1, "{number}");
        // The reason of a failure before the end is not that of the end.
        let reason = scene.row().reason.filter(|reason| reason.contains("connection"));
        assert_eq!(reason, None, "{number}");
        scene.pass(Duration::from_secs(60));
        let access = scene.refresh();
        assert!(matches!(access, Access::Ended { state: now, .. } if now == state), "{access:?}");
    }
}

#[test]
fn erasing_deletes_key_and_tokens_and_has_one_receipt() {
    let mut scene = rotating();
    let id = scene.id.clone();
    assert!(scene.has_key(&id));
    for _ in 0..2 {
        assert_eq!(erase(&mut scene), Erased::Erased);
        assert_eq!(scene.events(), [Event::Erased {}]);
        assert_eq!((scene.has_key(&id), scene.stored_responses()), (false, 0));
        scene.pass(DAY);
    }
}

#[test]
fn erasing_a_flow_deletes_its_key_and_writes_no_receipt() {
    let mut scene = Scene::new();
    let flow = scene.decided(&Decision::everything());
    assert!(scene.has_key(&flow.id));
    assert_eq!(erase(&mut scene), Erased::Unknown);
    assert!(!scene.has_key(&flow.id));
    assert!(matches!(scene.finish(&flow), Finished::UnknownFlow));
    assert!(scene.events().is_empty());
}
