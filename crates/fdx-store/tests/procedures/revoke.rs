//! Revocations by us: each part has an outcome, and the receipt has all.

use core::time::Duration;

use fdx_jose::SealError;
use fdx_par::dialect::RefreshTokens;
use fdx_rar::{ConsentStatus, PartyType, RevocationReason};
use fdx_store::consents::{DueKind, erase_consent};
use fdx_store::procedure::{Access, RevocationResult, Step};
use fdx_store::receipts::{Event, PartOutcome, RevokedBy};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::revocation::{Part, StoredRevocation};
use fdx_store::{ConsentState, Statement};
use fdx_testkit::{Setup, answer};

use super::refresh::{revoke_at_the_institution, rotating};
use super::scene::{Fate, Scene, consents, other_ring, usable};

pub(super) const REVOCATION: &str = "/revocation";

pub(super) fn revoking(scene: &mut Scene) -> Step<RevocationResult> {
    let (entropy, now, id) = (scene.draw(), scene.now(), scene.id.clone());
    let (why, who) = (RevocationReason::UserAction, PartyType::Individual);
    scene.consents.revoke(&id, why, who, entropy, now)
}

pub(super) fn revoke(scene: &mut Scene) -> RevocationResult {
    let step = revoking(scene);
    scene.run(step)
}

fn resume(scene: &mut Scene) -> RevocationResult {
    let (entropy, now, id) = (scene.draw(), scene.now(), scene.id.clone());
    let step = scene.consents.resume_revocation(&id, entropy, now);
    scene.run(step)
}

pub(super) fn revoked(result: RevocationResult) -> StoredRevocation {
    match result {
        RevocationResult::Revoked(stored) => *stored,
        other => panic!("not revoked: {other:?}"),
    }
}

pub(super) fn outcomes(stored: &StoredRevocation) -> [Option<PartOutcome>; 3] {
    let revocation = &stored.revocation;
    [revocation.consent_api, revocation.refresh_token, revocation.access_token]
}

/// The status of the consent at the institution.
pub(super) fn status_there(scene: &mut Scene) -> ConsentStatus {
    let client = scene.client.clone();
    let id = scene.receipt.consent_id().unwrap().clone();
    let own = scene.world.own_token(&client).unwrap();
    let read = scene.world.read_consent(&client, &id, own.access_token()).unwrap();
    read.grant().status().unwrap().clone()
}

#[test]
fn a_revocation_ends_the_consent_then_both_tokens_and_has_one_receipt() {
    let mut scene = rotating();
    let stored = revoked(revoke(&mut scene));
    assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3]);
    assert_eq!(stored.revocation.by, RevokedBy::Customer);
    assert_eq!(stored.ended_at, Some(scene.now()));
    let paths = scene.world.sent.iter().map(|asked| {
        let form = asked.http.uri().path().ends_with("/revoke").then(|| asked.form());
        match form {
            Some(form) => form["token_type_hint"].clone(),
            None => asked.http.uri().path().rsplit('/').next().unwrap().to_owned(),
        }
    });
    let mut paths: Vec<_> = paths.collect();
    paths.dedup();
    assert_eq!(paths, ["revocation", "refresh_token", "access_token"]);
    let row = scene.row();
    assert_eq!((row.state, row.due_at), (ConsentState::Revoked, None));
    assert_eq!(scene.events(), [Event::Revoked(stored.revocation)]);
    assert_eq!(status_there(&mut scene), ConsentStatus::Revoked);
    // Nothing is done twice.
    let sent = scene.world.sent.len();
    let RevocationResult::Ended { state, stored: Some(_) } = revoke(&mut scene) else {
        panic!("again")
    };
    assert_eq!((state, scene.world.sent.len()), (ConsentState::Revoked, sent));
    assert_eq!(scene.events().len(), 1);
}

#[test]
fn nothing_is_refreshed_after_the_intent_is_stored() {
    let mut scene = rotating();
    scene.pass(Duration::from_secs(3600));
    let step = revoking(&mut scene);
    let step = scene.until(step, |step| !matches!(step, Step::Store(_)));
    scene.kill(step);
    for access in [scene.access_token(), scene.refresh(), scene.access_after(Some(0))] {
        let Access::Ended { state: ConsentState::Revoked, .. } = access else {
            panic!("{access:?}")
        };
    }
    assert_eq!(scene.world.sent.len(), 0);
}

#[test]
fn each_status_of_the_consent_api_is_an_outcome() {
    for (status, outcome) in [
        (204, PartOutcome::Revoked),
        (200, PartOutcome::Revoked),
        (202, PartOutcome::Requested),
        (404, PartOutcome::NotFound),
        (409, PartOutcome::AlreadyEnded),
        (410, PartOutcome::AlreadyEnded),
        (400, PartOutcome::Refused),
        (403, PartOutcome::Refused),
    ] {
        let mut scene = Scene::new();
        scene.world.tamper(move |request, response| {
            match request.method() == "PUT" && !response.headers().contains_key("www-authenticate")
            {
                true => answer(status, "text/plain", ""),
                false => response,
            }
        });
        let stored = revoked(revoke(&mut scene));
        assert_eq!(stored.revocation.consent_api, Some(outcome), "{status}");
        assert_eq!(stored.revocation.refresh_token, Some(PartOutcome::Revoked), "{status}");
    }
}

#[test]
fn an_expired_access_token_is_replaced_by_one_of_the_client() {
    let mut scene = Scene::new();
    scene.pass(Duration::from_secs(3600));
    let stored = revoked(revoke(&mut scene));
    assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3]);
    let grants: Vec<_> =
        scene.world.asked("/token").iter().map(|it| it.form()["grant_type"].clone()).collect();
    assert!(grants.iter().all(|grant| grant == "client_credentials"), "{grants:?}");
    assert_eq!(status_there(&mut scene), ConsentStatus::Revoked);
}

#[test]
fn an_expired_token_is_sent_if_the_client_gets_none_and_the_tokens_are_revoked_anyway() {
    let mut scene = Scene::new();
    scene.pass(Duration::from_secs(3600));
    scene.world.tamper_at("/token", |_| {
        answer(400, "application/json", r#"{"error":"unauthorized_client"}"#)
    });
    let stored = revoked(revoke(&mut scene));
    assert_eq!(stored.revocation.consent_api, Some(PartOutcome::Refused));
    assert_eq!(stored.revocation.refresh_token, Some(PartOutcome::Revoked));
    assert!(scene.requests(REVOCATION) >= 1);
}

#[test]
fn a_consent_that_ended_at_the_institution_is_already_ended() {
    let mut scene = Scene::new();
    revoke_at_the_institution(&mut scene);
    let stored = revoked(revoke(&mut scene));
    // Its own token ended with it: 401, then the client's own token is sent.
    assert_eq!(stored.revocation.consent_api, Some(PartOutcome::AlreadyEnded));
}

#[test]
fn a_consent_without_an_id_has_only_tokens() {
    let mut scene = Scene::new();
    scene.sql(Statement::new("UPDATE fdx_consents SET consent_id = NULL"));
    let stored = revoked(revoke(&mut scene));
    let revoked = Some(PartOutcome::Revoked);
    assert_eq!(outcomes(&stored), [Some(PartOutcome::Absent), revoked, revoked]);
    assert_eq!(scene.requests(REVOCATION), 0);
}

#[test]
fn a_part_without_an_answer_is_repeated_and_the_others_are_not() {
    for (path, fate) in [
        (REVOCATION, Fate::RequestLost),
        (REVOCATION, Fate::ResponseLost),
        (REVOCATION, Fate::NotSent),
        ("/revoke", Fate::RequestLost),
        ("/revoke", Fate::ResponseLost),
    ] {
        let mut scene = rotating();
        scene.fate_of(path, fate.clone());
        let RevocationResult::Later { until, stored, .. } = revoke(&mut scene) else {
            panic!("{path} {fate:?}")
        };
        let part = if path == REVOCATION { Part::ConsentApi } else { Part::RefreshToken };
        assert_eq!(stored.next_part(), Some(part));
        let row = scene.row();
        assert_eq!((row.state, row.due_at), (ConsentState::Revoked, Some(until)));
        assert!(scene.events().is_empty());
        scene.all_answered();
        let before = scene.requests(REVOCATION);
        scene.world.now = until;
        let stored = revoked(resume(&mut scene));
        if path == "/revoke" {
            assert_eq!(scene.requests(REVOCATION), before);
        }
        let consent_api = match (path, &fate) {
            // The repeated request finds the consent ended.
            (REVOCATION, Fate::ResponseLost) => PartOutcome::AlreadyEnded,
            _ => PartOutcome::Revoked,
        };
        let tokens = Some(PartOutcome::Revoked);
        assert_eq!(outcomes(&stored), [Some(consent_api), tokens, tokens], "{path} {fate:?}");
        assert_eq!(scene.events().len(), 1);
    }
}

#[test]
fn errors_of_the_institutions_servers_and_about_the_client_are_repeated() {
    for (status, body) in [(503, ""), (429, ""), (401, r#"{"error":"invalid_client"}"#)] {
        let mut scene = rotating();
        scene.world.tamper_at("/revoke", move |_| answer(status, "application/json", body));
        let RevocationResult::Later { stored, .. } = revoke(&mut scene) else { panic!("{status}") };
        assert_eq!(stored.next_part(), Some(Part::RefreshToken), "{status}");
        scene.world.tamper_no_more();
        let stored = revoked(resume(&mut scene));
        assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3]);
    }
}

#[test]
fn a_part_that_is_never_answered_has_an_outcome_after_a_week() {
    let mut scene = rotating();
    scene.fate_of("/revo", Fate::RequestLost);
    let began = scene.now();
    let stored = loop {
        match revoke(&mut scene) {
            RevocationResult::Later { until, .. } => scene.world.now = until,
            result => break revoked(result),
        }
    };
    assert_eq!(outcomes(&stored), [Some(PartOutcome::NoResponse); 3]);
    assert!(scene.now().since(began) >= scene.consents.policy().suspect_for);
    assert_eq!(scene.events().len(), 1);
}

#[test]
fn tokens_of_a_response_that_lost_are_revoked_too() {
    let mut scene = rotating();
    scene.pass(Duration::from_secs(3600));
    let first = scene.refreshing();
    let (awaiting, late) = scene.held(first);
    scene.pass(Duration::from_secs(18));
    usable(scene.refresh());
    let step = awaiting.received(late, scene.now());
    usable(scene.run(step));
    assert_eq!(scene.stored_responses(), 2);
    revoked(revoke(&mut scene));
    let tokens = scene.world.asked("/revoke").iter().map(|it| it.form()["token"].clone()).fold(
        std::collections::BTreeSet::new(),
        |mut all, token| {
            all.insert(token);
            all
        },
    );
    assert_eq!(tokens.len(), 4);
}

#[test]
fn a_token_whose_revocation_fails_does_not_hold_up_the_others() {
    let mut scene = rotating();
    scene.pass(Duration::from_secs(3600));
    let first = scene.refreshing();
    let (awaiting, late) = scene.held(first);
    scene.pass(Duration::from_secs(18));
    let current = usable(scene.refresh());
    let current = current.grant().tokens().refresh_token().unwrap().expose().to_owned();
    let step = awaiting.received(late, scene.now());
    usable(scene.run(step));
    // The institution never answers about the current refresh token.
    let failing = current.clone();
    scene.fates(move |request| {
        let body = String::from_utf8_lossy(request.body());
        match body.contains(&format!("token={failing}&")) || body.ends_with(&failing) {
            true => Fate::RequestLost,
            false => Fate::Answered,
        }
    });
    let RevocationResult::Later { stored, .. } = revoke(&mut scene) else { panic!("revoked") };
    assert_eq!(stored.next_part(), Some(Part::RefreshToken));
    let sent: Vec<_> =
        scene.world.asked("/revoke").iter().map(|it| it.form()["token"].clone()).collect();
    assert!(!sent.is_empty() && !sent.contains(&current), "{sent:?}");
    // After a week it has an outcome, and the other part follows.
    scene.pass(scene.consents.policy().suspect_for);
    let stored = revoked(resume(&mut scene));
    let [_, refresh_token, access_token] = outcomes(&stored);
    assert_eq!(refresh_token, Some(PartOutcome::NoResponse));
    assert_eq!(access_token, Some(PartOutcome::Revoked));
}

#[test]
fn an_unknown_token_type_is_unsupported() {
    let mut scene = rotating();
    scene.world.tamper(|request, response| {
        let body = String::from_utf8_lossy(request.body());
        match body.contains("token_type_hint=access_token") {
            true => answer(400, "application/json", r#"{"error":"unsupported_token_type"}"#),
            false => response,
        }
    });
    let stored = revoked(revoke(&mut scene));
    assert_eq!(stored.revocation.access_token, Some(PartOutcome::Unsupported));
}

#[test]
fn without_the_wrapping_key_the_revocation_waits_and_nothing_is_used() {
    let mut scene = rotating();
    let policy = RefreshPolicy::new(RefreshTokens::FAPI);
    let right = core::mem::replace(
        &mut scene.consents,
        consents(&scene.client, other_ring(), None, policy),
    );
    let RevocationResult::Locked(SealError::UnknownKey { id: 1 }) = revoke(&mut scene) else {
        panic!("opened")
    };
    // The consent API was asked with the client's own token.
    assert_eq!(status_there(&mut scene), ConsentStatus::Revoked);
    scene.consents = right;
    let stored = revoked(resume(&mut scene));
    assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3]);
}

#[test]
fn consents_in_other_states_are_revoked_as_well() {
    for state in ["suspect", "expired", "dead", "narrowed", "renewal_due", "pending_verification"] {
        let mut scene = rotating();
        scene.sql(Statement::new("UPDATE fdx_consents SET state = $1").with(state));
        let stored = revoked(revoke(&mut scene));
        assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3], "{state}");
        assert_eq!(scene.row().state, ConsentState::Revoked);
    }
}

#[test]
fn an_erased_consent_is_not_revoked_and_an_open_revocation_survives_erasing() {
    let mut scene = rotating();
    scene.store.run(erase_consent(scene.key(), scene.world.now)).unwrap();
    let RevocationResult::Ended { state: ConsentState::Erased, stored: None } = revoke(&mut scene)
    else {
        panic!("revoked")
    };
    assert_eq!(scene.world.sent.len(), 0);

    let mut scene = rotating();
    scene.fate_of(REVOCATION, Fate::RequestLost);
    let RevocationResult::Later { .. } = revoke(&mut scene) else { panic!("answered") };
    scene.store.run(erase_consent(scene.key(), scene.world.now)).unwrap();
    scene.all_answered();
    let stored = revoked(resume(&mut scene));
    let absent = Some(PartOutcome::Absent);
    assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked), absent, absent]);
    assert_eq!(scene.row().state, ConsentState::Erased);
    assert_eq!(scene.events(), [Event::Erased {}, Event::Revoked(stored.revocation)]);
}

#[test]
fn an_open_revocation_is_due_and_an_unknown_one_is_not_begun() {
    let mut scene = rotating();
    let RevocationResult::NotBegun = resume(&mut scene) else { panic!("began") };
    scene.fate_of(REVOCATION, Fate::RequestLost);
    let RevocationResult::Later { until, .. } = revoke(&mut scene) else { panic!("answered") };
    scene.world.now = until - Duration::from_secs(1);
    assert_eq!(scene.due(), []);
    scene.world.now = until;
    let [due] = &scene.due()[..] else { panic!("not due") };
    assert_eq!(due.kind(scene.consents.policy(), until), DueKind::Revoke);
}

#[test]
fn a_revocation_works_without_dpop_nonces_and_with_certificates() {
    use fdx_testkit::{Authentication, Binding};
    let setup = Setup {
        authentication: Authentication::TlsClientAuth,
        binding: Binding::Mtls,
        ..Setup::default()
    };
    let mut scene = Scene::of(setup, RefreshPolicy::new(RefreshTokens::FAPI));
    let stored = revoked(revoke(&mut scene));
    assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3]);
}

#[test]
fn two_processes_that_revoke_at_once_write_one_receipt() {
    let mut scene = rotating();
    let first = revoking(&mut scene);
    let (awaiting, response) = scene.held(first);
    // The other one finds the consent ended by the first, and finishes before it.
    let stored = revoked(revoke(&mut scene));
    assert_eq!(stored.revocation.consent_api, Some(PartOutcome::AlreadyEnded));
    let sent = scene.world.sent.len();
    let step = awaiting.received(response, scene.now());
    let same = revoked(scene.run(step));
    // The outcomes that were stored first stay.
    assert_eq!(same, stored);
    assert_eq!((scene.world.sent.len(), scene.events().len()), (sent, 1));
}

#[test]
fn a_pause_stops_no_revocation() {
    let mut scene = rotating();
    let now = scene.now();
    scene.store.run(fdx_store::consents::pause(None, "restored", now)).unwrap();
    let stored = revoked(revoke(&mut scene));
    assert_eq!(outcomes(&stored), [Some(PartOutcome::Revoked); 3]);
}
