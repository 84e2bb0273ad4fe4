//! Properties of worlds without which the simulation would prove nothing.

use fdx_par::ResponseMode;
use fdx_sandbox::NoncePolicy;
use fdx_simulation::{Attack, Faults, Renewals, Settings, Trace, World};
use fdx_testkit::{Authentication, Binding, Requests, Setup};
use proptest::prelude::*;

fn settings(flows: u64) -> Settings {
    Settings {
        flows,
        faults: Faults::Usual,
        attack: None,
        setup: None,
        renewals: Renewals::Some,
        trace: Trace::Off,
    }
}

#[test]
fn seed_decides_everything() {
    let run = |seed| World::from_seed(seed, settings(40)).run().to_json();
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn keeps_every_promise_among_faults_and_attacks() {
    for seed in 1..=3 {
        let tally = World::from_seed(seed, settings(40)).run();
        assert!(tally.harms().is_empty(), "seed {seed}: {:?}", tally.harms());
    }
}

#[test]
fn every_attack_fails_except_those_that_fapi_leaves_open() {
    for attack in Attack::ALL {
        let settings = Settings {
            flows: 1,
            faults: Faults::None,
            attack: Some(attack),
            setup: Some(Setup::default()),
            renewals: Renewals::Some,
            trace: Trace::Off,
        };
        let tally = World::from_seed(1, settings).run();
        let (tried, _) = tally.attack(attack);
        assert!(tried > 0, "{}", attack.name());
        assert_eq!(tally.harms_of(attack), attack.open_harms(), "{}", attack.name());
    }
}

/// A small world whose choices come from bytes, with every fault.
fn small(bytes: &[u8], setup: Option<Setup>) -> World {
    World::from_bytes(bytes, Settings { setup, ..Settings::SMALL })
}

#[test]
fn flows_without_faults_succeed_in_every_setup() {
    for number in 0..32 {
        let bit = |bit: u32| number >> bit & 1 == 1;
        let setup = Setup {
            binding: if bit(0) { Binding::Mtls } else { Binding::Dpop },
            authentication: match bit(1) {
                true => Authentication::SelfSignedTlsClientAuth,
                false => Authentication::PrivateKeyJwt,
            },
            requests: if bit(2) { Requests::Signed } else { Requests::Plain },
            response_mode: if bit(3) { ResponseMode::Jwt } else { ResponseMode::Query },
            nonces: if bit(4) { NoncePolicy::Silent } else { NoncePolicy::Demand },
            ..Setup::default()
        };
        let tally = small(&[], Some(setup)).run();
        assert_eq!(tally.harms(), [], "{setup:?}");
        assert_eq!(tally.ends().get("granted whole"), Some(&2), "{setup:?} {:?}", tally.errors());
        assert!(tally.errors().is_empty(), "{setup:?}: {:?}", tally.errors());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_choices_break_no_promise(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let tally = small(&bytes, None).run();
        prop_assert_eq!(tally.harms(), []);
    }

    /// Every grant is renewed up to three times, with few faults.
    #[test]
    fn any_renewals_break_no_promise(
        bytes in prop::collection::vec(prop_oneof![15 => Just(0), 1 => any::<u8>()], 0..600),
    ) {
        let settings = Settings { renewals: Renewals::All, ..Settings::SMALL };
        let tally = World::from_bytes(&bytes, settings).run();
        prop_assert_eq!(tally.harms(), []);
    }
}
