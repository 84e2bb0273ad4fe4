use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ledger::Harm;
use crate::tally::merge;

/// What happened in worlds of nodes, counted.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub(super) worlds: u64,
    pub(super) flows: u64,
    pub(super) events: u64,
    pub(super) requests: u64,
    pub(super) transactions: u64,
    pub(super) receipts: u64,
    /// Faults of the network, the machines and the store.
    pub(super) faults: BTreeMap<&'static str, u64>,
    /// How flows ended.
    pub(super) ends: BTreeMap<&'static str, u64>,
    /// Results of the other procedures.
    pub(super) results: BTreeMap<&'static str, u64>,
    /// The states of the consents at the end.
    pub(super) consents: BTreeMap<&'static str, u64>,
    /// The consents that were lost although nothing is wrong.
    pub(super) losses: BTreeMap<&'static str, u64>,
    /// The seed of the world, the broken promise, and the consent or text.
    pub(super) harms: Vec<(u64, Harm, String)>,
}

/// Faults and results without which worlds prove nothing. Each must occur in a long simulation.
const EXPECTED: [&str; 15] = [
    "crashes between two steps",
    "crashes in a transaction",
    "requests lost",
    "responses lost",
    "requests repeated",
    "responses repeated",
    "requests late",
    "requests not sent",
    "processes paused",
    "commits with an unknown outcome",
    "transactions failed",
    "outages",
    "callbacks repeated",
    "consents ended at the institution",
    "requests refused for reuse",
];

impl Report {
    /// Adds the report of another world.
    pub fn add(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.flows += other.flows;
        self.events += other.events;
        self.requests += other.requests;
        self.transactions += other.transactions;
        self.receipts += other.receipts;
        merge(&mut self.faults, other.faults);
        merge(&mut self.ends, other.ends);
        merge(&mut self.results, other.results);
        merge(&mut self.consents, other.consents);
        merge(&mut self.losses, other.losses);
        self.harms.extend(other.harms);
    }

    /// The number of flows that customers began.
    #[must_use]
    pub fn flows(&self) -> u64 {
        self.flows
    }

    /// The broken promises: the seed of the world, the promise, and the consent or text.
    #[must_use]
    pub fn harms(&self) -> &[(u64, Harm, String)] {
        &self.harms
    }

    /// The consents that were lost in a way that the manual names, by that way.
    #[must_use]
    pub fn losses(&self) -> &BTreeMap<&'static str, u64> {
        &self.losses
    }

    /// The totals, each with its name.
    #[must_use]
    pub fn totals(&self) -> [(&'static str, u64); 6] {
        [
            ("worlds", self.worlds),
            ("flows", self.flows),
            ("events", self.events),
            ("requests", self.requests),
            ("transactions", self.transactions),
            ("receipts verified", self.receipts),
        ]
    }

    /// The counts, each group with its title.
    #[must_use]
    pub fn groups(&self) -> [(&'static str, &BTreeMap<&'static str, u64>); 5] {
        [
            ("network, machines and store", &self.faults),
            ("flows", &self.ends),
            ("other procedures", &self.results),
            ("consents at the end", &self.consents),
            ("consents lost, as the manual names", &self.losses),
        ]
    }

    /// Faults that never occurred and should have.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        EXPECTED.into_iter().filter(|name| !self.faults.contains_key(name)).collect()
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut document = serde_json::Map::new();
        for (name, count) in self.totals() {
            document.insert(name.replace(' ', "_"), count.into());
        }
        for (name, counts) in [
            ("faults", &self.faults),
            ("outcomes", &self.ends),
            ("results", &self.results),
            ("consents", &self.consents),
            ("lost", &self.losses),
        ] {
            document.insert(name.to_owned(), json!(counts));
        }
        let harm = |(seed, harm, what): &(u64, Harm, String)| json!({ "seed": seed, "harm": format!("{harm:?}"), "what": what });
        document.insert("broken".to_owned(), self.harms.iter().map(harm).collect());
        document.insert("never_occurred".to_owned(), json!(self.missing()));
        document.into()
    }
}
