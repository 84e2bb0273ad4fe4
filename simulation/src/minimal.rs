//! For each attack, the smallest sets of checks that must be off together for it to succeed.
//!
//! The search tries sets by size, beginning with the empty set. If the attack fails, the world
//! reports which checks stopped it. Every set that lets the attack succeed contains one of them, so
//! only these are added. Sets that contain a set that was found are not tried.

use std::collections::BTreeSet;

use fdx_testkit::{Binding, Setup};

use crate::attack::Attack;
use crate::ledger::Harm;
use crate::switches;
use crate::world::{Faults, Renewals, Settings, Trace, World};

/// The largest set that is tried. No attack needs more.
const LARGEST: u32 = 6;

/// The minimal sets of an attack for one kind of binding.
pub(crate) struct Needs {
    pub(crate) attack: Attack,
    pub(crate) binding: Binding,
    /// The sets, with one bit for each check.
    pub(crate) sets: Vec<u64>,
}

pub(crate) fn search() -> Vec<Needs> {
    let mut all = Vec::new();
    for attack in Attack::ALL {
        for binding in [Binding::Dpop, Binding::Mtls] {
            if binding == Binding::Dpop || !attack.needs_dpop() {
                all.push(Needs { attack, binding, sets: sets(attack, binding) });
            }
        }
    }
    all
}

fn sets(attack: Attack, binding: Binding) -> Vec<u64> {
    let mut found: Vec<u64> = Vec::new();
    let mut level = BTreeSet::from([0_u64]);
    while !level.is_empty() {
        let mut next = BTreeSet::new();
        for set in level {
            if found.iter().any(|known| set & known == *known) {
                continue;
            }
            let (harm, stopped) = play(attack, binding, set);
            if harm {
                found.push(set);
            } else if set.count_ones() < LARGEST {
                let bits = (0..u64::BITS).map(|bit| 1_u64 << bit);
                next.extend(bits.filter(|bit| stopped & bit & !set != 0).map(|bit| set | bit));
            }
        }
        level = next;
    }
    // The path to a set may contain a check that the set does not need.
    let can_do_without = |set: &u64| {
        let bits = (0..u64::BITS).map(|bit| 1_u64 << bit).filter(|bit| set & bit != 0);
        bits.into_iter().any(|bit| play(attack, binding, set & !bit).0)
    };
    found.retain(|set| *set == 0 || !can_do_without(set));
    switches::switch_off(0);
    found
}

/// Runs one flow without faults. Returns whether the attack did harm, and which checks stopped
/// it.
fn play(attack: Attack, binding: Binding, off: u64) -> (bool, u64) {
    switches::switch_off(off);
    let settings = Settings {
        flows: 1,
        faults: Faults::None,
        attack: Some(attack),
        setup: Some(Setup { binding, ..Setup::default() }),
        renewals: Renewals::Some,
        trace: Trace::Off,
    };
    let tally = World::from_seed(1, settings).run();
    let harm = tally.harms_of(attack).into_iter().any(Harm::serves_attacker);
    (harm, switches::stopped())
}
