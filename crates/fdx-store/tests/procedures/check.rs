//! What an institution reports: narrowed, ended, expired, changed. And what time does.

use fdx_par::dialect::RefreshTokens;
use fdx_rar::{ConsentHint, ConsentReceipt, Notification};
use fdx_store::ConsentState;
use fdx_store::consents::{DueKind, Elapsed, QueueKind, queues};
use fdx_store::procedure::{Access, Checked, KeptUp};
use fdx_store::receipts::{Event, PartOutcome, RevokedBy, StoredEntry, history, verify_chain};
use fdx_store::refresh::RefreshPolicy;
use fdx_testkit::answer;
use serde_json::{Value, json};

use super::refresh::{revoke_at_the_institution, rotating};
use super::scene::{CommitFailure, DAY, Fate, Scene, other_ring, ring};

pub(super) fn check(scene: &mut Scene) -> Checked {
    let (entropy, now, id) = (scene.draw(), scene.now(), scene.id.clone());
    let step = scene.consents.check(&id, entropy, now);
    scene.run(step)
}

fn recorded(checked: Checked) -> Event {
    match checked {
        Checked::Recorded(event) => *event,
        other => panic!("nothing recorded: {other:?}"),
    }
}

/// Changes the consent that the institution reports from now on.
pub(super) fn reports(scene: &mut Scene, change: impl Fn(&mut Value) + 'static) {
    scene.world.tamper(move |request, response| {
        let is_read = request.method() == "GET" && request.uri().path().contains("/consents/");
        if !is_read || response.status() != 200 {
            return response;
        }
        let mut consent: Value = serde_json::from_slice(response.body()).unwrap();
        change(&mut consent);
        let mut response = response;
        *response.body_mut() = consent.to_string().into_bytes();
        response
    });
}

fn stored_receipt(scene: &mut Scene) -> ConsentReceipt {
    ConsentReceipt::from_json(scene.row().access.unwrap()).unwrap()
}

/// All events, whose chain verifies.
fn chain(scene: &mut Scene) -> Vec<StoredEntry> {
    let page = scene.store.run(history(scene.key(), 0, 100)).unwrap();
    let lines: Vec<_> = page.entries.iter().map(|entry| entry.json.as_str()).collect();
    verify_chain(&scene.key(), lines).unwrap();
    page.entries
}

#[test]
fn an_institution_that_reports_the_same_changes_nothing() {
    let mut scene = rotating();
    let before = (scene.row(), chain(&mut scene).len());
    for _ in 0..3 {
        let checked = check(&mut scene);
        assert!(matches!(checked, Checked::Unchanged), "{checked:?}");
        scene.pass(DAY);
    }
    let row = scene.row();
    assert_eq!((row.state, row.access), (before.0.state, before.0.access));
    assert_eq!(chain(&mut scene).len(), before.1);
}

#[test]
fn a_narrowed_consent_has_a_receipt_with_the_difference() {
    let mut scene = rotating();
    let earlier = stored_receipt(&mut scene);
    reports(&mut scene, |consent| {
        consent["resources"].as_array_mut().unwrap().remove(0);
    });
    let event = recorded(check(&mut scene));
    let Event::Narrowed { receipt, difference } = &event else { panic!("{event:?}") };
    assert_eq!(difference.resources.len(), 1);
    let (before, after) = (earlier.granted().unwrap().len(), receipt.granted().unwrap().len());
    assert_eq!(after, before - 1);
    assert_eq!(stored_receipt(&mut scene), **receipt);
    assert_eq!(scene.row().state, ConsentState::Narrowed);
    assert_eq!(scene.events().last(), Some(&event));
    // It is used as before, and a second read finds nothing new.
    scene.token();
    let entries = chain(&mut scene).len();
    let checked = check(&mut scene);
    assert!(matches!(checked, Checked::Unchanged), "{checked:?}");
    assert_eq!(chain(&mut scene).len(), entries);
    // A cluster is gone as well.
    reports(&mut scene, |consent| {
        let resources = consent["resources"].as_array_mut().unwrap();
        resources.remove(0);
        resources[0]["dataClusters"].as_array_mut().unwrap().remove(0);
    });
    let event = recorded(check(&mut scene));
    let Event::Narrowed { difference, .. } = &event else { panic!("{event:?}") };
    assert_eq!((difference.resources.len(), difference.data_clusters.len()), (0, 1));
}

#[test]
fn a_narrowed_consent_is_narrowed_after_it_was_suspect_or_due_for_renewal() {
    let mut scene = rotating();
    let narrowed = |consent: &mut Value| {
        consent["resources"].as_array_mut().unwrap().remove(0);
    };
    reports(&mut scene, narrowed);
    recorded(check(&mut scene));
    // The institution refuses a refresh, then answers again.
    let suspect_and_back = |scene: &mut Scene| {
        let refusal = answer(400, "application/json", r#"{"error":"invalid_grant"}"#);
        scene.fate_of("/token", Fate::Instead(refusal));
        let Access::Suspect { until, .. } = scene.refresh() else { panic!("not refused") };
        assert_eq!(scene.row().state, ConsentState::Suspect);
        scene.all_answered();
        scene.world.now = until;
        super::scene::usable(scene.refresh());
        scene.row().state
    };
    assert_eq!(suspect_and_back(&mut scene), ConsentState::Narrowed);
    // The institution reports an end that is near: the consent is due for renewal.
    let near = (scene.now() + DAY * 12).to_rfc3339();
    reports(&mut scene, move |consent| {
        narrowed(consent);
        consent["expirationTime"] = json!(near);
    });
    recorded(check(&mut scene));
    scene.world.now = scene.row().due_at.unwrap();
    let Some((DueKind::Renew, _)) = keep_up(&mut scene) else { panic!("not due") };
    assert_eq!(scene.row().state, ConsentState::RenewalDue);
    assert_eq!(suspect_and_back(&mut scene), ConsentState::RenewalDue);
    // Then a later one.
    let far = (scene.now() + DAY * 100).to_rfc3339();
    reports(&mut scene, move |consent| {
        narrowed(consent);
        consent["expirationTime"] = json!(far);
    });
    recorded(check(&mut scene));
    assert_eq!(scene.row().state, ConsentState::Narrowed);
}

#[test]
fn resources_that_are_not_reported_or_not_understood_narrow_nothing() {
    for change in [
        (|consent| drop(consent.as_object_mut().unwrap().remove("resources"))) as fn(&mut Value),
        |consent| consent["resources"][0]["dataClusters"] = json!(7),
        |consent| consent["resources"][0]["resourceType"] = json!([]),
    ] {
        let mut scene = rotating();
        let before = scene.row().access;
        reports(&mut scene, change);
        let checked = check(&mut scene);
        assert!(matches!(checked, Checked::Unchanged), "{checked:?}");
        assert_eq!(scene.row().access, before);
        assert_eq!(scene.row().state, ConsentState::Active);
    }
}

#[test]
fn a_consent_that_was_revoked_at_the_institution_is_revoked_by_it() {
    let mut scene = rotating();
    revoke_at_the_institution(&mut scene);
    let event = recorded(check(&mut scene));
    let Event::Revoked(revocation) = &event else { panic!("{event:?}") };
    assert_eq!(revocation.by, RevokedBy::Institution);
    assert_eq!(revocation.consent_api, Some(PartOutcome::AlreadyEnded));
    let row = scene.row();
    assert_eq!((row.state, row.due_at), (ConsentState::Revoked, None));
    assert_eq!(chain(&mut scene).len(), 1);
    let Access::Ended { state: ConsentState::Revoked, .. } = scene.access_token() else {
        panic!("usable")
    };
    let Checked::Ended { state: ConsentState::Revoked } = check(&mut scene) else {
        panic!("read again")
    };
}

#[test]
fn a_consent_that_expired_at_the_institution_is_expired() {
    let mut scene = rotating();
    reports(&mut scene, |consent| consent["status"] = json!("EXPIRED"));
    assert_eq!(recorded(check(&mut scene)), Event::Expired {});
    let row = scene.row();
    assert_eq!((row.state, row.due_at), (ConsentState::Expired, None));
    assert_eq!(chain(&mut scene).len(), 1);
}

#[test]
fn another_expiration_or_status_is_a_change() {
    let mut scene = rotating();
    reports(&mut scene, |consent| consent["expirationTime"] = json!("2026-02-05T10:00:00Z"));
    let Event::Changed(change) = recorded(check(&mut scene)) else { panic!("other event") };
    assert_eq!(change.expiration.unwrap().as_str(), "2026-02-05T10:00:00Z");
    assert_eq!(change.status, None);
    let expires_at = scene.row().consent_expires_at.unwrap();
    assert_eq!(expires_at.to_rfc3339(), "2026-02-05T10:00:00Z");
    assert!(scene.row().due_at <= Some(expires_at));
    reports(&mut scene, |consent| {
        consent["expirationTime"] = json!("2026-02-05T10:00:00Z");
        consent["status"] = json!("SUSPENDED");
    });
    let Event::Changed(change) = recorded(check(&mut scene)) else { panic!("other event") };
    assert_eq!(change.status.unwrap().as_str(), "SUSPENDED");
    let checked = check(&mut scene);
    assert!(matches!(checked, Checked::Unchanged), "{checked:?}");
    assert_eq!(scene.row().state, ConsentState::Active);
    chain(&mut scene);
}

fn hint(consent_id: &str) -> ConsentHint {
    let notification = json!({
        "notificationId": "n-1", "type": "CONSENT_REVOKED", "category": "CONSENT",
        "sentOn": "2026-01-05T10:00:00Z",
        "publisher": { "name": "Anybody", "type": "DATA_PROVIDER" },
        "notificationPayload": { "id": consent_id, "idType": "CONSENT" },
    });
    match Notification::read(notification.to_string().as_bytes()).unwrap() {
        Notification::Consent(hint) => hint,
        other => panic!("{other:?}"),
    }
}

fn notified(scene: &mut Scene, hint: &ConsentHint) -> Checked {
    let (entropy, now, id) = (scene.draw(), scene.now(), scene.id.clone());
    let step = scene.consents.notified(&id, hint, entropy, now);
    scene.run(step)
}

#[test]
fn a_notification_only_causes_a_read() {
    let mut scene = rotating();
    let id = scene.receipt.consent_id().unwrap().as_str().to_owned();
    let sent = scene.world.sent.len();
    let Checked::OtherConsent = notified(&mut scene, &hint("c-other")) else { panic!("read") };
    assert_eq!(scene.world.sent.len(), sent);
    // It is false: the institution reports the same.
    let checked = notified(&mut scene, &hint(&id));
    assert!(matches!(checked, Checked::Unchanged), "{checked:?}");
    revoke_at_the_institution(&mut scene);
    assert!(matches!(recorded(notified(&mut scene, &hint(&id))), Event::Revoked(_)));
}

#[test]
fn an_institution_that_does_not_answer_changes_nothing() {
    let mut scene = rotating();
    for fate in [
        Fate::NotSent,
        Fate::RequestLost,
        Fate::Instead(answer(500, "text/plain", "")),
        Fate::Instead(answer(404, "application/json", r#"{"code":"404","message":"no"}"#)),
        Fate::Instead(answer(200, "application/json", r#"{"id":"c-other"}"#)),
        Fate::Instead(answer(200, "application/json", "{")),
    ] {
        scene.fate_of("/consents/", fate.clone());
        let checked = check(&mut scene);
        assert!(matches!(checked, Checked::NotRead { .. }), "{fate:?}: {checked:?}");
    }
    assert_eq!(scene.row().state, ConsentState::Active);
    assert!(scene.events().is_empty());
}

#[test]
fn a_read_of_the_callers_own_is_recorded_in_the_same_way() {
    let mut scene = rotating();
    let (client, id) = (scene.client.clone(), scene.receipt.consent_id().unwrap().clone());
    revoke_at_the_institution(&mut scene);
    let own = scene.world.own_token(&client).unwrap();
    let read = scene.world.read_consent(&client, &id, own.access_token()).unwrap();
    let (entropy, now, record) = (scene.draw(), scene.now(), scene.id.clone());
    let step = scene.consents.reported(&record, &read, entropy, now);
    assert!(matches!(recorded(scene.run(step)), Event::Revoked(_)));
}

fn keep_up(scene: &mut Scene) -> Option<(DueKind, KeptUp)> {
    let due = scene.due().pop()?;
    let (entropy, now) = (scene.draw(), scene.now());
    let kind = due.kind(scene.consents.policy(), now);
    let step = scene.consents.keep_up(&due, entropy, now);
    let kept = scene.run(step);
    assert!(scene.due().is_empty(), "{kind:?}: {kept:?}");
    Some((kind, kept))
}

#[test]
fn a_consent_is_kept_alive_then_due_for_renewal_then_expired() {
    // Each institution has its own time for renewals.
    for days in [1, 3, 14, 31, 60] {
        let mut scene = rotating();
        let mut policy = *scene.consents.policy();
        policy.renew_before = DAY * days;
        scene.consents = super::scene::consents(&scene.client, super::scene::ring(), None, policy);
        kept_until_it_expires(&mut scene);
    }
}

fn kept_until_it_expires(scene: &mut Scene) {
    let policy = *scene.consents.policy();
    let end = scene.row().consent_expires_at.unwrap();
    let mut kinds: Vec<DueKind> = Vec::new();
    let (mut renewal, mut used) = (None, scene.now());
    while let Some(at) = scene.row().due_at {
        assert!(at > scene.now() && at <= end, "{:?}", scene.row());
        scene.world.now = at;
        let (kind, kept) = keep_up(scene).unwrap();
        match &kept {
            KeptUp::Refreshed(Access::Token(_)) => {
                // The refresh token is never idle for longer than it may be.
                assert!(at.since(used) <= policy.keep_alive, "{:?}", at.since(used));
                used = at;
            }
            KeptUp::Elapsed(Elapsed::Recorded { state: ConsentState::RenewalDue }) => {
                renewal = Some(at);
            }
            KeptUp::Elapsed(Elapsed::Recorded { state: ConsentState::Expired }) => {}
            other => panic!("{other:?}"),
        }
        kinds.push(kind);
    }
    assert_eq!(scene.row().state, ConsentState::Expired);
    assert_eq!(scene.now(), end);
    assert_eq!(scene.events(), [Event::Expired {}]);
    assert_eq!(kinds.last(), Some(&DueKind::Expire));
    assert_eq!(kinds.iter().filter(|kind| **kind == DueKind::Renew).count(), 1);
    assert!(kinds.len() > 50, "{}", kinds.len());
    let (before, renew_before) = (end.since(renewal.unwrap()), policy.renew_before);
    assert!(before >= renew_before && before <= renew_before * 5 / 4 + DAY, "{before:?}");
    let Access::Ended { state: ConsentState::Expired, .. } = scene.access_token() else {
        panic!("usable")
    };
}

#[test]
fn what_can_not_be_done_now_does_not_stay_the_first_of_its_slot() {
    // Paused.
    let mut scene = rotating();
    scene.store.run(fdx_store::consents::pause(None, "restored", scene.world.now)).unwrap();
    scene.pass(DAY * 2);
    let Some((DueKind::Refresh, KeptUp::Refreshed(Access::Paused { .. }))) = keep_up(&mut scene)
    else {
        panic!("not paused")
    };
    // The store failed once the consent was read.
    let mut scene = rotating();
    scene.sql(fdx_store::Statement::new("UPDATE fdx_consents SET state = 'pending_verification'"));
    scene.pass(DAY * 2);
    let Some((DueKind::Verify, KeptUp::Resumed(_))) = keep_up(&mut scene) else {
        panic!("verified")
    };
}

#[test]
fn expiring_is_repeated_without_harm_and_nothing_expires_early() {
    use fdx_store::consents::{expire_consent, mark_renewal_due};
    let mut scene = rotating();
    let (key, cause) = (scene.key(), fdx_store::receipts::Cause::new("keeper-1").unwrap());
    let policy = RefreshPolicy::new(RefreshTokens::FAPI);
    let state = ConsentState::Active;
    let now = scene.now();
    let early = scene.store.run(expire_consent(key.clone(), cause.clone(), now)).unwrap();
    assert_eq!(early, Elapsed::Unchanged { state });
    let early = scene.store.run(mark_renewal_due(key.clone(), policy, now)).unwrap();
    assert_eq!(early, Elapsed::Unchanged { state });
    let end = scene.row().consent_expires_at.unwrap();
    for _ in 0..2 {
        let expired = scene.store.run(expire_consent(key.clone(), cause.clone(), end)).unwrap();
        assert_eq!(expired, Elapsed::Recorded { state: ConsentState::Expired });
    }
    assert_eq!(scene.events(), [Event::Expired {}]);
}

#[test]
fn the_queues_count_what_waits_with_reason_and_age() {
    let mut scene = rotating();
    let grant = scene.token().grant().clone();
    let names = ["due", "renewal", "suspect", "pending", "revoking", "ended"];
    for name in names {
        scene.insert(&grant, &fdx_store::RecordId::new(name).unwrap());
    }
    let began = scene.now();
    let mut set = |sql, name: &str| {
        scene.sql(fdx_store::Statement::new(sql).with(name));
    };
    set("UPDATE fdx_consents SET due_at = 5, reason = 'status 503' WHERE id = $1", "due");
    set("UPDATE fdx_consents SET state = 'renewal_due' WHERE id = $1", "renewal");
    set("UPDATE fdx_consents SET state = 'suspect', reason = 'refused' WHERE id = $1", "suspect");
    set("UPDATE fdx_consents SET state = 'pending_verification' WHERE id = $1", "pending");
    set("UPDATE fdx_consents SET state = 'revoked', due_at = 7 WHERE id = $1", "revoking");
    set("UPDATE fdx_consents SET state = 'revoked', due_at = NULL WHERE id = $1", "ended");
    let issuer = "https://bank.example".to_owned();
    let tenant = scene.consents.tenant().clone();
    let pause = fdx_store::consents::pause(Some((tenant.clone(), issuer.clone())), "alert", began);
    scene.store.run(pause).unwrap();
    let read = |scene: &mut Scene, ring| {
        let found = scene.store.run(queues(tenant.clone(), &ring, began)).unwrap();
        found
            .into_iter()
            .map(|queue| {
                let age = queue.age(began).map(|age| age.as_secs());
                (queue.kind, queue.count, age, queue.reason)
            })
            .collect::<Vec<_>>()
    };
    let now = began.as_seconds();
    let text = |text: &str| Some(text.to_owned());
    let expected = vec![
        (QueueKind::Verification, 1, Some(0), None),
        (QueueKind::Refresh, 1, Some(now - 5), text("status 503")),
        (QueueKind::Renewal, 1, Some(0), None),
        (QueueKind::Revocation, 1, Some(now - 7), None),
        (QueueKind::Suspect, 1, Some(0), text("refused")),
        (QueueKind::PausedInstitution(issuer), 4, Some(0), text("alert")),
    ];
    assert_eq!(read(&mut scene, ring()), expected);
    let locked = read(&mut scene, other_ring());
    assert!(locked.contains(&(QueueKind::Locked { key_id: 1 }, 7, None, None)), "{locked:?}");
    scene.store.run(fdx_store::consents::pause(None, "restored", began)).unwrap();
    let all = read(&mut scene, ring());
    assert!(all.contains(&(QueueKind::Paused, 4, None, text("restored"))), "{all:?}");
}

#[test]
fn a_report_whose_commit_has_an_unknown_outcome_is_recorded_once() {
    for number in 1.. {
        let mut scene = rotating();
        reports(&mut scene, |consent| {
            consent["resources"].as_array_mut().unwrap().remove(0);
        });
        scene.fail_commit(number, CommitFailure::Unknown);
        let event = recorded(check(&mut scene));
        assert!(matches!(event, Event::Narrowed { .. }), "{number}: {event:?}");
        let events = scene.events();
        let narrowed = events.iter().filter(|it| matches!(it, Event::Narrowed { .. }));
        assert_eq!(narrowed.count(), 1, "{number}");
        assert_eq!(events.last(), Some(&event));
        if scene.awaits_a_commit() {
            assert!(number > 2, "{number}");
            break;
        }
    }
}
