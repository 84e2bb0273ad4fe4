//! Properties of worlds without which the simulation would prove nothing.

use fdx_simulation::{Attack, Binding, Faults, Settings, Trace, World};

fn settings(flows: u64) -> Settings {
    Settings { flows, faults: Faults::Usual, attack: None, binding: None, trace: Trace::Off }
}

#[test]
fn seed_decides_everything() {
    let run = |seed| World::new(seed, settings(40)).run().to_json();
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn keeps_every_promise_among_faults_and_attacks() {
    for seed in 1..=3 {
        let tally = World::new(seed, settings(40)).run();
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
            binding: Some(Binding::Dpop),
            trace: Trace::Off,
        };
        let tally = World::new(1, settings).run();
        let (tried, _) = tally.attack(attack);
        assert!(tried > 0, "{}", attack.name());
        assert_eq!(tally.harms_of(attack), attack.open_harms(), "{}", attack.name());
    }
}
