//! Rotation of the institution's keys during a flow, and the rules for fetching keys.

use core::time::Duration;

use fdx_jose::{Algorithm, PrivateKey};
use fdx_par::{
    Callback, Client, Error, Exchanged, NextStep, Pending, ResponseMode, ServerKeys, Verification,
    discovery::{KeyDecision, KeyNeed, KeyPolicy},
};
use fdx_sandbox::{NoncePolicy, OldKeys};
use fdx_testkit::kit::received;
use fdx_testkit::{
    Answer, Setup, World, answer, entropy, fresh_key, keys, patched, persisted, start,
};
use fdx_wire::UnixTime;
use http::header::LOCATION;
use proptest::prelude::*;
use serde_json::{Value, json};

const JWKS: &str = "/jwks";

fn world() -> (World, Client) {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    (world, client)
}

fn fetch(world: &mut World, client: &Client) -> Result<ServerKeys, Error> {
    let draft = client.fetch_keys(world.now)?;
    world.run(draft)
}

/// Returns the keys of a request that was drafted at `now`.
fn read(client: &Client, now: UnixTime, answer: Answer) -> Result<ServerKeys, Error> {
    received(client.fetch_keys(now).unwrap(), &keys(Algorithm::EdDsa), answer, now)
}

fn jwks(keys: &[Value]) -> Answer {
    answer(200, "application/jwk-set+json", json!({ "keys": keys }).to_string())
}

fn fetched_at(client: &Client, now: UnixTime) -> ServerKeys {
    read(client, now, jwks(&[])).unwrap()
}

fn new_key() -> PrivateKey {
    fresh_key(Algorithm::EdDsa, Some("2026-02"))
}

fn exchanged(world: &mut World, client: &Client, pending: Pending, back: &str) -> Exchanged {
    world.exchange(client, pending, back).unwrap()
}

/// Asserts that verification requests keys, and returns the unverified tokens.
fn asks_for_keys(
    client: &Client,
    exchanged: Exchanged,
    keys: Option<&ServerKeys>,
    now: UnixTime,
) -> Exchanged {
    let before = exchanged.to_json();
    match client.verify(exchanged, keys, now) {
        Ok(Verification::FetchKeys(exchanged)) => {
            assert_eq!(exchanged.to_json(), before);
            exchanged
        }
        other => panic!("{other:?}"),
    }
}

fn verifies(client: &Client, exchanged: Exchanged, keys: Option<&ServerKeys>, now: UnixTime) {
    match client.verify(exchanged, keys, now) {
        Ok(Verification::Done(verified)) => assert!(verified.id_token().is_some()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn key_fetch_follows_the_decision_table() {
    use KeyDecision::{FetchAgain, Refuse, Use};
    let (_, client) = world();
    let policy = KeyPolicy::default();
    let held = fetched_at(&client, start());
    let at = |seconds| start() + Duration::from_secs(seconds);
    for (held, need, now, decision) in [
        (None, KeyNeed::Any, at(0), FetchAgain),
        (None, KeyNeed::Unknown, at(0), FetchAgain),
        (Some(&held), KeyNeed::Any, at(0), Use),
        (Some(&held), KeyNeed::Any, at(3599), Use),
        (Some(&held), KeyNeed::Any, at(3600), FetchAgain),
        (Some(&held), KeyNeed::Any, at(1_000_000), FetchAgain),
        (Some(&held), KeyNeed::Unknown, at(0), Refuse),
        (Some(&held), KeyNeed::Unknown, at(59), Refuse),
        (Some(&held), KeyNeed::Unknown, at(60), FetchAgain),
        (Some(&held), KeyNeed::Unknown, at(3600), FetchAgain),
        // A clock that went back does not cause a fetch.
        (Some(&held), KeyNeed::Any, start() - Duration::from_secs(5), Use),
        (Some(&held), KeyNeed::Unknown, start() - Duration::from_secs(5), Refuse),
    ] {
        assert_eq!(policy.decide(held, need, now), decision, "{need:?} at {now}");
    }
}

proptest! {
    #[test]
    fn changing_key_ids_cause_one_fetch_per_cooldown(
        (time_to_live, cooldown) in (0..300_u64, 0..300_u64),
        steps in prop::collection::vec((0..120_u64, any::<bool>()), 1..60),
    ) {
        let policy = KeyPolicy {
            time_to_live: Duration::from_secs(time_to_live),
            cooldown: Duration::from_secs(cooldown),
        };
        let (_, client) = world();
        let (mut held, mut now): (Option<ServerKeys>, _) = (None, start());
        for (later, unknown) in steps {
            now = now + Duration::from_secs(later);
            let need = if unknown { KeyNeed::Unknown } else { KeyNeed::Any };
            let age = held.as_ref().map(|held| now.since(held.fetched_at()).as_secs());
            match policy.decide(held.as_ref(), need, now) {
                KeyDecision::FetchAgain => {
                    let enough = if unknown { cooldown } else { time_to_live };
                    prop_assert!(age.is_none_or(|age| age >= enough), "{age:?}");
                    held = Some(fetched_at(&client, now));
                    // Fresh keys are not fetched again at once.
                    let again = policy.decide(held.as_ref(), KeyNeed::Unknown, now);
                    prop_assert_eq!(again == KeyDecision::Refuse, cooldown > 0);
                }
                KeyDecision::Use => {
                    prop_assert!(!unknown && age.is_some_and(|age| age < time_to_live));
                }
                KeyDecision::Refuse => {
                    prop_assert!(unknown && age.is_some_and(|age| age < cooldown));
                }
            }
        }
    }
}

#[test]
fn keys_that_changed_between_push_and_exchange_are_fetched_once() {
    for old in [OldKeys::Published, OldKeys::Withdrawn] {
        let (mut world, client) = world();
        let held = fetch(&mut world, &client).unwrap();
        let (pending, back) = world.pending(&client);
        world.bank.rotate_keys(vec![new_key()], old);
        let exchanged = exchanged(&mut world, &client, pending, &back);
        world.now = world.now + Duration::from_secs(61);
        let exchanged = asks_for_keys(&client, exchanged, Some(&held), world.now);
        let decision = KeyPolicy::default().decide(Some(&held), KeyNeed::Unknown, world.now);
        assert_eq!(decision, KeyDecision::FetchAgain);
        let fresh = fetch(&mut world, &client).unwrap();
        verifies(&client, exchanged, Some(&fresh), world.now);
        assert_eq!(world.asked(JWKS).len(), 2, "{old:?}");
    }
}

#[test]
fn keys_that_changed_between_exchange_and_verification_verify_while_published() {
    let (mut world, client) = world();
    let (pending, back) = world.pending(&client);
    let exchanged = exchanged(&mut world, &client, pending, &back);
    world.bank.rotate_keys(vec![new_key()], OldKeys::Published);
    let exchanged = asks_for_keys(&client, exchanged, None, world.now);
    let fresh = fetch(&mut world, &client).unwrap();
    verifies(&client, exchanged, Some(&fresh), world.now);
    assert_eq!(world.asked(JWKS).len(), 1);
}

#[test]
fn cached_keys_verify_after_withdrawal() {
    let (mut world, client) = world();
    let held = fetch(&mut world, &client).unwrap();
    let (pending, back) = world.pending(&client);
    let exchanged = exchanged(&mut world, &client, pending, &back);
    world.bank.rotate_keys(vec![new_key()], OldKeys::Withdrawn);
    verifies(&client, exchanged, Some(&held), world.now);
}

#[test]
fn rejects_unpublished_key_after_one_fetch_and_keeps_the_tokens() {
    let (mut world, client) = world();
    let (pending, back) = world.pending(&client);
    let exchanged = exchanged(&mut world, &client, pending, &back);
    world.bank.rotate_keys(vec![new_key()], OldKeys::Withdrawn);
    let exchanged = asks_for_keys(&client, exchanged, None, world.now);
    let fresh = fetch(&mut world, &client).unwrap();
    let exchanged = asks_for_keys(&client, exchanged, Some(&fresh), world.now);
    let decision = KeyPolicy::default().decide(Some(&fresh), KeyNeed::Unknown, world.now);
    assert_eq!(decision, KeyDecision::Refuse);
    // The institution publishes the key again, and the kept tokens verify.
    world.bank.rotate_keys(vec![keys(Algorithm::EdDsa)], OldKeys::Withdrawn);
    let fresh = fetch(&mut world, &client).unwrap();
    verifies(&client, exchanged, Some(&fresh), world.now);
}

#[test]
fn replaced_key_with_the_same_kid_is_not_unknown() {
    let (mut world, client) = world();
    let held = fetch(&mut world, &client).unwrap();
    let (pending, back) = world.pending(&client);
    let same = fresh_key(Algorithm::EdDsa, keys(Algorithm::EdDsa).public().kid());
    world.bank.rotate_keys(vec![same], OldKeys::Withdrawn);
    let exchanged = exchanged(&mut world, &client, pending, &back);
    let refused = client.verify(exchanged, Some(&held), world.now).unwrap_err();
    assert_eq!(refused.error.code(), "oidc.id_token.signature");
    let fresh = fetch(&mut world, &client).unwrap();
    verifies(&client, *refused.unspent, Some(&fresh), world.now);
}

#[test]
fn a_signed_callback_survives_a_rotation_too() {
    let setup =
        Setup { nonces: NoncePolicy::Silent, response_mode: ResponseMode::Jwt, ..Setup::default() };
    let mut world = World::new(setup);
    let client = world.client().unwrap();
    let held = fetch(&mut world, &client).unwrap();
    let (url, pending) = world.push(&client, &fdx_testkit::usual_request()).unwrap();
    world.bank.rotate_keys(vec![new_key()], OldKeys::Published);
    let back = world.customer(&url, &fdx_sandbox::customer::Decision::everything());
    let signed = client.signed_callback(pending, &back, world.now).unwrap();
    let verification = client.verify(signed, Some(&held), world.now).unwrap();
    let Verification::FetchKeys(signed) = verification else { panic!("{verification:?}") };
    let fresh = fetch(&mut world, &client).unwrap();
    let done = client.verify(signed, Some(&fresh), world.now).unwrap();
    let Verification::Done(Callback::Code(accepted)) = done else { panic!("{done:?}") };
    // A second rotation, between callback and ID token.
    world.bank.rotate_keys(vec![fresh_key(Algorithm::EdDsa, None)], OldKeys::Withdrawn);
    let draft = client.exchange(accepted, entropy(2), world.now).unwrap();
    let exchanged = world.run(draft).unwrap();
    let exchanged = asks_for_keys(&client, exchanged, Some(&fresh), world.now);
    let fresh = fetch(&mut world, &client).unwrap();
    verifies(&client, exchanged, Some(&fresh), world.now);
}

#[test]
fn ignores_keys_of_another_jwks_uri() {
    let (mut world, client) = world();
    let own = fetch(&mut world, &client).unwrap();
    world.tamper_at("/.well-known/oauth-authorization-server", |answer| {
        patched(answer, &json!({ "jwks_uri": "https://bank.example/jwks?elsewhere" }))
    });
    let elsewhere = world.client().unwrap();
    world.tamper_no_more();
    let others = fetch(&mut world, &elsewhere).unwrap();
    // The same keys from another URL.
    assert_eq!(others.jwks(), own.jwks());
    assert_ne!(others.jwks_uri(), own.jwks_uri());
    let exchanged = world.exchanged(&client);
    let exchanged = asks_for_keys(&client, exchanged, Some(&others), world.now);
    verifies(&client, exchanged, Some(&own), world.now);
}

/// A change of the response, the rule that it breaks, and the next step.
type Row = (&'static str, fn(Answer) -> Answer, &'static str, NextStep);

#[test]
fn a_key_fetch_that_fails_keeps_the_tokens() {
    let (mut world, client) = world();
    let mut exchanged = world.exchanged(&client);
    let retry = NextStep::Retry { after: None };
    let ask = NextStep::AskTheInstitution;
    let rows: [Row; 7] = [
        ("down", |_| answer(503, "text/html", "down"), "rfc9110.error", retry),
        ("gone", |_| answer(404, "text/html", "gone"), "rfc9110.error", ask),
        ("no success", |_| answer(204, "application/json", ""), "rfc9110.status", ask),
        (
            "cut short",
            |right| {
                let body = &right.body()[..right.body().len() - 5];
                answer(200, "application/json", body)
            },
            "rfc8259.json.syntax",
            retry,
        ),
        ("a page", |_| answer(200, "text/html", "<html>"), "rfc9110.content_type", ask),
        (
            "moved",
            |mut right| {
                *right.status_mut() = http::StatusCode::FOUND;
                right.headers_mut().insert(LOCATION, "https://bank.example/jwks2".parse().unwrap());
                right
            },
            "fapi2.back_channel.redirect",
            ask,
        ),
        (
            "twice",
            |_| answer(200, "application/json", r#"{"keys":[],"keys":[]}"#),
            "rfc8259.json.duplicate",
            ask,
        ),
    ];
    for (name, change, code, next_step) in rows {
        world.tamper_at(JWKS, change);
        let refused = world.verify(&client, exchanged).unwrap_err();
        assert_eq!(refused.error.code(), code, "{name}: {}", refused.error);
        assert_eq!(refused.error.next_step(), next_step, "{name}");
        exchanged = *refused.unspent;
        assert!(persisted(&exchanged.to_json())["refresh_token"].is_string());
    }
    world.tamper_no_more();
    let verified = world.verify(&client, exchanged).unwrap();
    assert!(verified.id_token().is_some());
    assert_eq!(world.asked("/token").len(), 1, "the code was sent again");
}

#[test]
fn reads_a_thousand_keys() {
    let (mut world, client) = world();
    let right: Value = serde_json::from_str(keys(Algorithm::EdDsa).public().jwk()).unwrap();
    let set = |count: usize| {
        let mut keys = vec![json!({ "kty": "oct", "k": "AAAA" }); count - 1];
        keys.push(right.clone());
        jwks(&keys)
    };
    let taken = read(&client, world.now, set(1000)).unwrap();
    assert_eq!((taken.jwks().keys().len(), taken.jwks().skipped()), (1, 999));
    let exchanged = world.exchanged(&client);
    verifies(&client, exchanged, Some(&taken), world.now);
}

#[test]
fn keys_are_as_old_as_the_request_for_them() {
    let (world, client) = world();
    let draft = client.fetch_keys(world.now).unwrap();
    let late = world.now + Duration::from_secs(30);
    let keys = received(draft, &world.keys, jwks(&[]), late).unwrap();
    assert_eq!(keys.fetched_at(), world.now);
    assert_eq!(Some(keys.jwks_uri()), client.metadata().jwks_uri());
}
