//! Whatever order the types allow, and whatever the wire does: success or a typed error, nothing
//! twice that is for one use, and no secret where it does not belong.

use std::collections::{BTreeMap, BTreeSet};

use fdx_par::ResponseMode;
use fdx_sandbox::{NoncePolicy, RefreshPolicy};
use fdx_tests::{Authentication, Binding, Requests, Setup, claims};
use fdx_wire::percent_encode;
use proptest::prelude::*;
use serde_json::Value;

use super::driver::{Driver, Event, Fate, Heard};

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => Just(Fate::Arrives),
        1 => Just(Fate::Lost),
        1 => any::<u8>().prop_map(Fate::Earlier),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(at, to)| Fate::Damaged(at, to)),
        1 => any::<u16>().prop_map(Fate::Cut),
        1 => prop::sample::select(vec![200, 201, 302, 400, 401, 403, 429, 500, 503])
            .prop_map(Fate::Status),
        1 => Just(Fate::Challenge),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        10 => fate().prop_map(Event::Next),
        1 => Just(Event::GiveUp),
        2 => fate().prop_map(Event::Refresh),
        1 => fate().prop_map(Event::Accounts),
        1 => fate().prop_map(Event::Introspect),
        1 => fate().prop_map(Event::Revoke),
        1 => (0..120u16).prop_map(Event::Wait),
    ]
}

fn setup() -> impl Strategy<Value = Setup> {
    let client = (
        prop::sample::select(vec![
            Authentication::PrivateKeyJwt,
            Authentication::SelfSignedTlsClientAuth,
        ]),
        prop::sample::select(vec![Binding::Dpop, Binding::Mtls]),
        prop::sample::select(vec![Requests::Plain, Requests::Signed]),
        prop::sample::select(vec![ResponseMode::Query, ResponseMode::Jwt]),
    );
    let server = (
        prop::sample::select(vec![NoncePolicy::Demand, NoncePolicy::Silent]),
        prop::sample::select(vec![RefreshPolicy::Keep, RefreshPolicy::Rotate]),
    );
    (client, server).prop_map(|(client, (nonces, refresh))| {
        let (authentication, binding, requests, response_mode) = client;
        Setup {
            authentication,
            binding,
            requests,
            response_mode,
            nonces,
            refresh,
            ..Setup::default()
        }
    })
}

fn drive(setup: Setup, events: &[Event]) -> Driver {
    let mut driver = Driver::new(setup);
    events.iter().for_each(|event| driver.take(event));
    driver
}

/// The forms that were sent, each with what was heard after it and, before all, its number.
fn forms(driver: &Driver) -> Vec<(BTreeMap<String, String>, Heard)> {
    let sent = driver.world.sent.iter().zip(&driver.heard);
    let posts = sent.filter(|(asked, _)| asked.http.method() == http::Method::POST);
    posts.map(|(asked, heard)| (asked.form(), *heard)).collect()
}

/// Every `jti`, by what it stands in.
fn jtis(driver: &Driver) -> Vec<(&'static str, String)> {
    let mut jtis = Vec::new();
    let mut add = |kind, jws: &str| {
        if let Value::String(jti) = &claims(jws)["jti"] {
            jtis.push((kind, jti.clone()));
        }
    };
    for asked in &driver.world.sent {
        add("proof", &asked.header("dpop"));
    }
    for (form, _) in forms(driver) {
        for kind in ["client_assertion", "request"] {
            add(kind, form.get(kind).map_or("", String::as_str));
        }
    }
    jtis
}

/// What neither a URL nor an error may show, by its name.
fn secrets(driver: &Driver) -> BTreeSet<(&'static str, String)> {
    let mut secrets = BTreeSet::new();
    let names = ["client_assertion", "code", "code_verifier", "nonce", "refresh_token", "token"];
    for (form, _) in forms(driver) {
        let found = names.into_iter().filter_map(|name| Some((name, form.get(name)?.clone())));
        secrets.extend(found);
    }
    for asked in &driver.world.sent {
        secrets.insert(("proof", asked.header("dpop")));
        let credentials = asked.header("authorization");
        secrets.insert(("access token", credentials.split(' ').next_back().unwrap().to_owned()));
    }
    for answer in &driver.world.answers {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        for name in ["access_token", "refresh_token", "id_token"] {
            secrets.insert((name, body[name].as_str().unwrap_or_default().to_owned()));
        }
    }
    secrets.retain(|(_, secret)| secret.len() >= 24);
    secrets
}

/// Begin, end and middle of a secret, as they are and as a URL would have them.
fn needles(secret: &str) -> impl Iterator<Item = String> {
    let middle = secret.len() / 2;
    let parts = [0..12, middle - 6..middle + 6, secret.len() - 12..secret.len()];
    parts
        .into_iter()
        .flat_map(|part| [secret[part.clone()].to_owned(), { percent_encode(&secret[part]) }])
}

fn leaks(driver: &Driver) -> Vec<String> {
    let urls = driver.world.sent.iter().map(|asked| asked.http.uri().to_string());
    let errors = driver.errors.iter().map(|error| format!("{error} {error:?} {error:#?}"));
    let printed: Vec<_> = urls.chain(driver.handed.iter().cloned()).chain(errors).collect();
    let mut leaks = Vec::new();
    for (name, secret) in secrets(driver) {
        for needle in needles(&secret) {
            leaks.extend(
                printed
                    .iter()
                    .filter(|text| text.contains(&needle))
                    .map(|text| format!("{name} in {text}")),
            );
        }
    }
    leaks
}

/// How often each value of a parameter was sent, and what was heard in between.
fn uses(driver: &Driver, grant: &str, name: &str) -> Vec<Vec<Heard>> {
    let mut uses: BTreeMap<String, Vec<Heard>> = BTreeMap::new();
    for (form, heard) in forms(driver) {
        if form.get("grant_type").map(String::as_str) == Some(grant) {
            uses.entry(form[name].clone()).or_default().push(heard);
        }
    }
    uses.into_values().collect()
}

fn check(driver: &Driver) -> Result<(), TestCaseError> {
    for error in &driver.errors {
        prop_assert!(!error.code().is_empty() && !error.to_string().is_empty());
        let _ = (error.clause(), error.next_step());
    }
    prop_assert_eq!(driver.heard.len(), driver.world.sent.len());

    let jtis = jtis(driver);
    let different: BTreeSet<_> = jtis.iter().collect();
    prop_assert_eq!(different.len(), jtis.len(), "a jti was sent twice");

    for name in ["code", "code_verifier"] {
        for heard in uses(driver, "authorization_code", name) {
            prop_assert!(heard.len() <= 2, "{} was sent {} times", name, heard.len());
            let again = heard.len() == 1 || heard[0] == Heard::Challenge;
            prop_assert!(again, "{} was sent again after {:?}", name, heard[0]);
        }
    }

    let handed: BTreeSet<_> = driver.handed.iter().collect();
    let repeats = driver.handed.len() - handed.len();
    prop_assert!(repeats <= repeated_pushes(driver), "a request_uri was handed out twice");

    prop_assert_eq!(leaks(driver), Vec::<String>::new());
    Ok(())
}

/// Answers to pushes that arrived more than once: a server that repeats itself.
fn repeated_pushes(driver: &Driver) -> usize {
    let answers: Vec<_> = driver
        .arrived
        .iter()
        .filter_map(|answer| {
            let body: Value = serde_json::from_slice(answer.body()).ok()?;
            Some(body.get("request_uri")?.to_string())
        })
        .collect();
    answers.len() - answers.iter().collect::<BTreeSet<_>>().len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_order_of_events_ends_in_success_or_a_typed_error(
        setup in setup(),
        events in prop::collection::vec(event(), 1..20),
    ) {
        let driver = drive(setup, &events);
        check(&driver)?;
    }

    /// A program that keeps what it is told never sends a refresh token that was replaced.
    #[test]
    fn a_replaced_refresh_token_is_never_sent(
        refreshes in prop::collection::vec(fate(), 1..8),
    ) {
        let setup = Setup { refresh: RefreshPolicy::Rotate, ..Setup::default() };
        let mut driver = drive(setup, &[(); 7].map(|()| Event::Next(Fate::Arrives)));
        prop_assert!(driver.grant.is_some(), "{:?}", driver.errors);
        for fate in refreshes {
            let before = driver.world.sent.len();
            let retired = driver.retired.clone();
            driver.take(&Event::Refresh(fate));
            for asked in &driver.world.sent[before..] {
                prop_assert!(!retired.contains(&asked.form()["refresh_token"]));
            }
        }
        check(&driver)?;
    }
}

/// Every way of going wrong, at every step of a flow that goes on after it as well as it can.
#[test]
fn one_disturbance_at_any_step_ends_in_success_or_a_typed_error() {
    let mut fates = vec![Fate::Lost, Fate::Challenge];
    fates.extend([0, 2, 3].map(Fate::Earlier));
    fates.extend([3, 17, 40, 100].map(|at| Fate::Damaged(at, b'"')));
    fates.extend([0, 20].map(Fate::Cut));
    fates.extend([200, 201, 302, 400, 401, 403, 429, 500, 503].map(Fate::Status));
    let dpop = Setup { refresh: RefreshPolicy::Rotate, ..Setup::default() };
    let mtls = Setup {
        binding: Binding::Mtls,
        requests: Requests::Signed,
        response_mode: ResponseMode::Jwt,
        ..Setup::default()
    };
    let flow = || {
        let mut events: Vec<fn(Fate) -> Event> = vec![Event::Next; 7];
        events.extend([Event::Refresh, Event::Accounts, Event::Introspect, Event::Revoke]);
        events.extend([Event::Next as fn(Fate) -> Event; 2]);
        events.push(Event::Refresh);
        events
    };
    for setup in [dpop, mtls] {
        for at in 0..11 {
            for fate in &fates {
                let fates = (0..).map(|n| if n == at { fate.clone() } else { Fate::Arrives });
                let events: Vec<_> = flow().iter().zip(fates).map(|(event, f)| event(f)).collect();
                check(&drive(setup, &events)).unwrap_or_else(|e| panic!("{at} {fate:?}: {e}"));
            }
        }
    }
}

#[test]
fn a_flow_that_nothing_disturbs_ends_in_a_grant_in_every_setup() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    for _ in 0..12 {
        let setup = setup().new_tree(&mut runner).unwrap().current();
        let mut events = vec![Event::Next(Fate::Arrives); 7];
        events.extend([
            Event::Accounts(Fate::Arrives),
            Event::Introspect(Fate::Arrives),
            Event::Refresh(Fate::Arrives),
            Event::Revoke(Fate::Arrives),
        ]);
        let driver = drive(setup, &events);
        assert_eq!(driver.errors, [], "{setup:?}");
        assert!(driver.grant.is_some(), "{setup:?}");
        check(&driver).unwrap();
    }
}
