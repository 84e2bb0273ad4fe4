use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::attack::Attack;
use crate::ledger::Harm;

/// How a flow can end. Each must occur in a long simulation.
pub(crate) const ENDS: [&str; 16] = [
    "granted whole",
    "granted in part",
    "the customer said no",
    "the customer left",
    "the institution showed no page",
    "too late to redirect",
    "push refused",
    "push lost",
    "callback refused",
    "cookie missing",
    "cookie does not open",
    "already claimed",
    "exchange refused",
    "answer to the code lost",
    "tokens kept, consent not read",
    "node crashed",
];

/// What happened, counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub(crate) worlds: u64,
    pub(crate) flows: u64,
    pub(crate) events: u64,
    pub(crate) requests: u64,
    pub(crate) network: BTreeMap<&'static str, u64>,
    pub(crate) ends: BTreeMap<&'static str, u64>,
    pub(crate) errors: BTreeMap<&'static str, u64>,
    pub(crate) tried: BTreeMap<Attack, u64>,
    pub(crate) succeeded: BTreeMap<(Attack, Harm), u64>,
    /// The most requests of any one flow.
    pub(crate) most_requests: u64,
    /// The seed, the broken promise, and the attack.
    pub(crate) harms: Vec<(u64, Harm, Option<Attack>)>,
}

pub(crate) fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
    *counts.entry(key).or_default() += 1;
}

impl Tally {
    /// Adds the tally of another world.
    pub fn add(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.flows += other.flows;
        self.events += other.events;
        self.requests += other.requests;
        self.most_requests = self.most_requests.max(other.most_requests);
        merge(&mut self.network, other.network);
        merge(&mut self.ends, other.ends);
        merge(&mut self.errors, other.errors);
        merge(&mut self.tried, other.tried);
        merge(&mut self.succeeded, other.succeeded);
        self.harms.extend(other.harms);
    }

    /// The number of flows that were begun.
    #[must_use]
    pub fn flows(&self) -> u64 {
        self.flows
    }

    /// The number of worlds.
    #[must_use]
    pub fn worlds(&self) -> u64 {
        self.worlds
    }

    /// The number of events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The number of requests that institutions answered.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The most requests that any flow took.
    #[must_use]
    pub fn most_requests(&self) -> u64 {
        self.most_requests
    }

    /// The faults of the network and the machines.
    #[must_use]
    pub fn network(&self) -> &BTreeMap<&'static str, u64> {
        &self.network
    }

    /// How flows ended.
    #[must_use]
    pub fn ends(&self) -> &BTreeMap<&'static str, u64> {
        &self.ends
    }

    /// The recipient's errors, by code.
    #[must_use]
    pub fn errors(&self) -> &BTreeMap<&'static str, u64> {
        &self.errors
    }

    /// How often an attack was tried, and how often it did harm.
    #[must_use]
    pub fn attack(&self, attack: Attack) -> (u64, u64) {
        let done = self.succeeded.iter().filter(|((by, _), _)| *by == attack);
        (self.tried.get(&attack).copied().unwrap_or(0), done.map(|(_, count)| count).sum())
    }

    /// The harms that an attack caused.
    #[must_use]
    pub fn harms_of(&self, attack: Attack) -> Vec<Harm> {
        let done = self.succeeded.keys().filter(|(by, _)| *by == attack);
        done.map(|(_, harm)| *harm).collect()
    }

    /// The broken promises: the seed of the world, the promise, and the attack.
    #[must_use]
    pub fn harms(&self) -> &[(u64, Harm, Option<Attack>)] {
        &self.harms
    }

    /// Attacks, faults and endings that never occurred and should have. A simulation without them
    /// proves nothing.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let ends = ENDS.iter().filter(|end| !self.ends.contains_key(*end));
        let attacks = Attack::ALL.iter().filter(|attack| !self.tried.contains_key(attack));
        let events = EVENTS.iter().filter(|event| !self.network.contains_key(*event));
        ends.map(ToString::to_string)
            .chain(attacks.map(|attack| attack.name().to_owned()))
            .chain(events.map(ToString::to_string))
            .collect()
    }

    /// The tally as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let attacks: BTreeMap<_, _> = Attack::ALL
            .iter()
            .map(|attack| {
                let (tried, succeeded) = self.attack(*attack);
                let row = json!({
                    "tried": tried,
                    "harms": succeeded,
                    "open": attack.is_open(),
                });
                (attack.name(), row)
            })
            .collect();
        let harm = |(seed, harm, by): &(u64, Harm, Option<Attack>)| json!({ "seed": seed, "harm": format!("{harm:?}"), "attack": by.map(Attack::name) });
        json!({
            "worlds": self.worlds,
            "flows": self.flows,
            "events": self.events,
            "requests": self.requests,
            "most_requests_of_a_flow": self.most_requests,
            "network": self.network,
            "outcomes": self.ends,
            "errors": self.errors,
            "attacks": attacks,
            "broken": self.harms.iter().map(harm).collect::<Vec<_>>(),
            "never_occurred": self.missing(),
        })
    }
}

/// The names of faults.
pub(crate) const EVENTS: [&str; 9] = [
    "crashed",
    "delayed",
    "dropped",
    "duplicated",
    "ended by a code sent twice",
    "ended by a late renewal",
    "reloaded",
    "refreshed",
    "renewed after a lost answer",
];

pub(crate) fn merge<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}
