//! The sealed pending value: a cookie that only the recipient's nodes can open.

use fdx_jose::{SealingKey, SealingKeys, backend};
use fdx_par::{AuthorizationRequest, Callback, Client, Error, NextStep, Pending, error::SealFault};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::kit::received;
use fdx_testkit::{Binding, Setup, World, bank_issuer, entropy, signed_again, usual_request};
use fdx_wire::{Issuer, RedirectUri, base64url};
use proptest::prelude::*;
use serde_json::json;

/// The length of the usual request, sealed: three clusters of accounts and one of the customer,
/// with `openid` and `offline_access`.
const USUAL: usize = 958;

const SESSION: &[u8] = b"session";

fn ring(id: u32, byte: u8) -> SealingKeys {
    SealingKeys::new(backend::ring(), SealingKey::new(id, [byte; 32]))
}

fn world() -> (World, Client, Pending, String) {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    (world, client, pending, callback)
}

fn seal(pending: &Pending) -> String {
    pending.seal(&ring(1, 1), SESSION, entropy(50)).unwrap()
}

#[test]
fn the_usual_request_fits_a_cookie_many_times() {
    let (_, _, pending, _) = world();
    let sealed = seal(&pending);
    assert!(sealed.len() < 1200, "{} characters", sealed.len());
    assert_eq!(sealed.len(), USUAL, "state the new number here and in the documentation");
    let in_a_cookie = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    assert!(sealed.bytes().all(in_a_cookie));
}

#[test]
fn sealed_value_completes_the_flow_on_another_node() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let first = world.client().unwrap();
        let (pending, callback) = world.pending(&first);
        let (id, digest, by) =
            (pending.flow_id().clone(), pending.pushed_sha256(), pending.callback_by());
        let sealed = seal(&pending);
        drop((first, pending));

        let second = world.client().unwrap();
        assert_eq!(fdx_par::FlowId::claimed_by(&callback).as_ref(), Some(&id));
        let pending = second.open(&sealed, &ring(1, 1), SESSION, world.now).unwrap();
        assert_eq!((pending.flow_id(), pending.pushed_sha256()), (&id, digest));
        assert_eq!(pending.callback_by(), by);
        assert_eq!(pending.requested().consent(), Some(&fdx_testkit::consent_request()));
        let exchanged = world.exchange(&second, pending, &callback).unwrap();
        let verified = world.verify(&second, exchanged).unwrap();
        let granted = world.granted(&second, verified).unwrap();
        assert!(granted.coverage().is_whole());
    }
}

#[test]
fn sealed_value_keeps_the_id_token_expectation() {
    let long_ago = fdx_testkit::start().as_seconds() - 1000;
    for (claims, code) in [
        (json!({}), None),
        (json!({ "auth_time": long_ago }), Some("oidc.id_token.auth_time.max_age")),
        (json!({ "acr": "another" }), Some("oidc.id_token.acr")),
        (json!({ "nonce": "another" }), Some("oidc.id_token.nonce")),
    ] {
        let request = usual_request().max_age(300).acr_values("phr phrh").unwrap();
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        let client = world.client().unwrap();
        let (url, pending) = world.push(&client, &request).unwrap();
        let callback = world.customer(&url, &fdx_sandbox::customer::Decision::everything());
        let pending = client.open(&seal(&pending), &ring(1, 1), SESSION, world.now).unwrap();
        let key = fdx_testkit::keys(fdx_jose::Algorithm::EdDsa);
        world.tamper_at("/token", move |answer| signed_again(answer, &claims, &key));
        let exchanged = world.exchange(&client, pending, &callback).unwrap();
        let verified = world.verify(&client, exchanged);
        assert_eq!(verified.map_err(|refused| refused.error.code()).err(), code);
    }
}

#[test]
fn sealed_value_opens_only_in_its_context() {
    let (mut world, client, pending, _) = world();
    let sealed = seal(&pending);
    let now = world.now;
    let open = |client: &Client, keys: &SealingKeys, session: &[u8]| {
        client.open(&sealed, keys, session, now).map(drop).map_err(|error| (error.code(), error))
    };
    assert_eq!(open(&client, &ring(1, 1), SESSION), Ok(()));

    let metadata = client.metadata().clone();
    let other = |change: fn(&mut fdx_par::ClientConfig)| {
        let mut config = Setup::default().config();
        change(&mut config);
        Client::new(config, metadata.clone()).unwrap()
    };
    let another_issuer = {
        let issuer = "https://other.example";
        world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
            fdx_testkit::patched(answer, &json!({ "issuer": issuer }))
        });
        let issuer = Issuer::parse(issuer).unwrap();
        let mut config = Setup::default().config();
        config.issuer = issuer.clone();
        let draft =
            fdx_par::discover(&issuer, fdx_par::WellKnown::OAuthAuthorizationServer, now).unwrap();
        // The institution has no such issuer, so the test changes its metadata.
        let own =
            fdx_par::discover(&bank_issuer(), fdx_par::WellKnown::OAuthAuthorizationServer, now);
        assert!(world.run(own.unwrap()).is_err());
        let document = world.answers.last().unwrap().clone();
        let metadata = received(draft, &world.keys, document, now).unwrap();
        Client::new(config, metadata).unwrap()
    };
    let redirect = |config: &mut fdx_par::ClientConfig| {
        config.redirect_uri = RedirectUri::parse("https://app.example/callback2").unwrap();
    };
    for (name, client, keys, session) in [
        ("another key", client.clone(), ring(1, 2), SESSION),
        ("another key id", client.clone(), ring(2, 1), SESSION),
        ("another session", client.clone(), ring(1, 1), b"another".as_slice()),
        ("no session", client.clone(), ring(1, 1), b""),
        ("another client", other(|config| config.client_id = "app-2".into()), ring(1, 1), SESSION),
        ("another redirect_uri", other(redirect), ring(1, 1), SESSION),
        ("another issuer", another_issuer, ring(1, 1), SESSION),
    ] {
        let (code, error) = open(&client, &keys, session).expect_err(name);
        assert_eq!(error, Error::Seal(SealFault::NotOurs), "{name}");
        assert_eq!((code, error.next_step()), ("fdx.seal.not_ours", NextStep::StartOver), "{name}");
    }
}

#[test]
fn it_opens_until_the_callback_deadline() {
    let (_, client, pending, _) = world();
    let (sealed, by) = (seal(&pending), pending.callback_by());
    assert!(client.open(&sealed, &ring(1, 1), SESSION, by).is_ok());
    let late = by + core::time::Duration::from_secs(1);
    let error = client.open(&sealed, &ring(1, 1), SESSION, late).unwrap_err();
    assert_eq!((error.code(), error.next_step()), ("fdx.seal.expired", NextStep::StartOver));
}

#[test]
fn an_older_key_still_opens_after_rotation() {
    let (world, client, pending, _) = world();
    let old = seal(&pending);
    let rotated = || ring(2, 2).and_opens(SealingKey::new(1, [1; 32]));
    assert!(client.open(&old, &rotated(), SESSION, world.now).is_ok());
    let new = pending.seal(&rotated(), SESSION, entropy(51)).unwrap();
    assert!(client.open(&new, &rotated(), SESSION, world.now).is_ok());
    assert!(client.open(&new, &ring(1, 1), SESSION, world.now).is_err());
    assert!(client.open(&old, &ring(2, 2), SESSION, world.now).is_err());
}

#[test]
fn it_is_encrypted_and_never_the_same_twice() {
    let (_, _, pending, _) = world();
    let first = seal(&pending);
    let second = pending.seal(&ring(1, 1), SESSION, entropy(52)).unwrap();
    assert_ne!(first[7..], second[7..]);
    let bytes = base64url::decode(&first).unwrap();
    for text in [&b"\"v\":1"[..], b"fdx:", b"ACCOUNT", pending.flow_id().as_str().as_bytes()] {
        assert!(!bytes.windows(text.len()).any(|window| window == text));
    }
}

#[test]
fn over_3800_characters_is_an_error_when_it_is_sealed() {
    // The longest possible acr_values fit in addition to the usual request.
    let longest = usual_request().acr_values(&"a".repeat(2048)).unwrap();
    assert!(sealed_anyway(&longest).unwrap() <= 3800);

    let big = |names: usize| {
        let cluster = |n| DataCluster::parse(&format!("CLUSTER_OF_A_LATER_VERSION_{n:04}"));
        let consent = ConsentRequest::new(ConsentDuration::OneTime)
            .resource(ResourceType::Account, (0..names).map(cluster))
            .build()
            .unwrap();
        AuthorizationRequest::new(consent)
    };
    let fits = (1..100).take_while(|names| sealed_anyway(&big(*names)).is_ok()).last();
    let longest = sealed_anyway(&big(fits.unwrap())).unwrap();
    assert!((3700..=3800).contains(&longest), "{fits:?} clusters, {longest} characters");
    let error = sealed_anyway(&big(fits.unwrap() + 1)).unwrap_err();
    assert_eq!(error, Error::Seal(SealFault::TooLarge));
    assert_eq!(error.code(), "fdx.seal.size");
}

/// Pushes to an institution that accepts every request, and seals the pending value.
fn sealed_anyway(request: &AuthorizationRequest) -> Result<usize, Error> {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client()?;
    world.tamper_at("/par", |_| {
        let body = r#"{"request_uri":"urn:x","expires_in":60}"#;
        fdx_testkit::answer(201, "application/json", body)
    });
    let (_, pending) = world.push(&client, request)?;
    pending.seal(&ring(1, 1), SESSION, entropy(50)).map(|sealed| sealed.len())
}

#[test]
fn sealed_size_excludes_parameters_that_are_not_sealed() {
    let mut request = usual_request().login_hint(&"h".repeat(2048)).unwrap();
    for number in 0..5 {
        request = request.extra(&format!("x{number}"), &"x".repeat(2048)).unwrap();
    }
    assert_eq!(sealed_anyway(&request).unwrap(), USUAL);
}

#[test]
fn an_overlong_text_is_not_opened() {
    let (world, client, ..) = world();
    for length in [3801, 100_000] {
        let error = client.open(&"A".repeat(length), &ring(1, 1), SESSION, world.now).unwrap_err();
        assert_eq!(error.code(), "fdx.seal.size");
    }
}

#[test]
fn reports_another_version() {
    let (world, client, pending, _) = world();
    let mut bytes = base64url::decode(&seal(&pending)).unwrap();
    bytes[0] = 2;
    let error = client.open(&base64url::encode(&bytes), &ring(1, 1), SESSION, world.now);
    assert_eq!(error.unwrap_err().code(), "fdx.seal.version");
}

#[test]
fn value_opened_twice_is_exchanged_once() {
    let (mut world, client, pending, callback) = world();
    let sealed = seal(&pending);
    let [first, second] = [1, 2].map(|number| {
        let pending = client.open(&sealed, &ring(1, 1), SESSION, world.now).unwrap();
        let Ok(Callback::Code(code)) = client.callback(pending, &callback, world.now) else {
            panic!("both callbacks are right")
        };
        client.exchange(code, entropy(60 + number), world.now).unwrap()
    });
    let exchanged = world.run(first).unwrap();
    let kept = exchanged.to_json();

    let sent = world.sent.len();
    let error = world.run(second).unwrap_err();
    assert_eq!((error.code(), error.next_step()), ("rfc6749.error", NextStep::StartOver));
    assert!(matches!(&error, Error::Refusal(refusal) if refusal.is("invalid_grant")), "{error}");
    assert_eq!(world.sent.len(), sent + 1);
    // The second exchange does not change the state of the first.
    assert_eq!(exchanged.to_json(), kept);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_changed_character_is_refused(changes in prop::collection::vec((0..USUAL, "[A-Za-z0-9_-]"), 20)) {
        let (world, client, pending, _) = world();
        let sealed = seal(&pending);
        for (at, to) in changes {
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, &to);
            if changed != sealed {
                let error = client.open(&changed, &ring(1, 1), SESSION, world.now).unwrap_err();
                prop_assert!(matches!(error, Error::Seal(_)), "{error}");
            }
        }
    }

    #[test]
    fn a_part_or_more_is_refused(at in 0..USUAL, more in "[A-Za-z0-9_=.-]{1,8}") {
        let (world, client, pending, _) = world();
        let sealed = seal(&pending);
        for changed in [sealed[..at].to_owned(), sealed[at + 1..].to_owned(), format!("{sealed}{more}")] {
            let error = client.open(&changed, &ring(1, 1), SESSION, world.now).unwrap_err();
            prop_assert!(matches!(error, Error::Seal(_)), "{error}");
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let (world, client, ..) = world();
        prop_assert!(client.open(&text, &ring(1, 1), SESSION, world.now).is_err());
    }
}
