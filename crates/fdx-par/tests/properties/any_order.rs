//! Whatever order the types allow, and whatever the wire does: success or a typed error, nothing
//! twice that is for one use, and no secret where it does not belong.

use fdx_par::ResponseMode;
use fdx_sandbox::{NoncePolicy, RefreshPolicy};
use fdx_testkit::{Authentication, Binding, Requests, Setup};
use proptest::prelude::*;

use super::driver::{Driver, Event, Fate};
use super::laws::check;

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

    /// A program that keeps what it is told never sends a refresh token that was replaced, nor one
    /// that was refused.
    #[test]
    fn a_replaced_refresh_token_is_never_sent(
        events in prop::collection::vec(
            prop_oneof![
                6 => fate().prop_map(Event::Refresh),
                1 => fate().prop_map(Event::Revoke),
                1 => (0..120u16).prop_map(Event::Wait),
            ],
            1..10,
        ),
    ) {
        let setup = Setup { refresh: RefreshPolicy::Rotate, ..Setup::default() };
        let mut driver = drive(setup, &[(); 7].map(|()| Event::Next(Fate::Arrives)));
        prop_assert!(driver.grant.is_some(), "{:?}", driver.errors);
        events.iter().for_each(|event| driver.take(event));
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
