//! Runs each operation with each store, next to its bare loop.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use fdx_processes::Recipient;
use fdx_store::RecordKey;
use fdx_store::consents::{due, due_slots, find_consent, queues};
use fdx_store::flows::{Claim, ClaimId, Claimed, claim_flow};
use fdx_store::procedure::{Access, Step};
use fdx_store::receipts::{Cause, ReceiptDraft, append};
use fdx_store_sqlite::SqliteStore;
use fdx_wire::UnixTime;
use rusqlite::Connection;
use serde::Serialize;

use crate::bare::Bare;
use crate::fill::{CONSENT, FLOW, NOW, RECEIPT_CAUSE, entropy, granted, recipient, record_id};

/// How large the store is.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Sizes {
    /// Everything, with indexes and free space in pages.
    pub(crate) bytes_per_consent: f64,
    /// The receipt of a consent, as text.
    pub(crate) receipt: f64,
    /// Its sealed tokens.
    pub(crate) tokens: f64,
}

impl Sizes {
    /// `bytes` is what the file has grown by.
    pub(crate) fn new(
        connection: &Connection,
        bytes: i64,
        consents: u32,
    ) -> rusqlite::Result<Self> {
        let average = |sql| connection.query_row(sql, [], |row| row.get::<_, Option<f64>>(0));
        Ok(Self {
            bytes_per_consent: bytes as f64 / f64::from(consents),
            receipt: average(
                "SELECT avg(length(entry)) FROM (SELECT entry FROM fdx_receipts LIMIT 1000)",
            )?
            .unwrap_or_default(),
            tokens: average(
                "SELECT avg(length(sealed)) FROM (SELECT sealed FROM fdx_tokens LIMIT 1000)",
            )?
            .unwrap_or_default(),
        })
    }
}

/// Median and 99th percentile, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Times {
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

/// One operation, and the bare loop next to it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// Whether it commits a change.
    pub(crate) commits: bool,
    pub(crate) store: Times,
    pub(crate) bare: Times,
    /// Its median, divided by that of the bare loop.
    pub(crate) ratio: f64,
}

/// A store and the bare loop next to it.
pub(crate) struct Subject {
    store: SqliteStore,
    bare: Bare,
    consents: u32,
}

impl Subject {
    pub(crate) fn open(file: &Path, bare: Bare, consents: u32) -> Result<Self, Box<dyn Error>> {
        Ok(Self { store: SqliteStore::open_existing(file)?, bare, consents })
    }
}

/// Measures all operations. Returns the results of each operation, one for each subject.
pub(crate) fn measure(
    subjects: &mut [Subject],
    repeats: u32,
) -> Result<Vec<Vec<Measured>>, Box<dyn Error>> {
    let mut bench = Bench { recipient: recipient()?, subjects, repeats };
    let now = UnixTime::from_seconds(NOW);
    let event = granted()?;
    Ok(vec![
        bench.run("find a consent", false, |store, _, key, _| {
            let found = store.run(find_consent(key))?;
            expect(found.is_some())
        })?,
        bench.run("claim a flow", true, |store, recipient, _, number| {
            let key = recipient.key(record_id(FLOW, number));
            let id = ClaimId::new(&entropy(FLOW, number));
            let claim = Claim { key, id, new: None, outcome: None };
            let claimed = store.run(claim_flow(claim, now))?;
            expect(matches!(claimed, Claimed::Claimed { .. }))
        })?,
        bench.run("access token, no refresh", false, |store, recipient, key, number| {
            let (consents, usable) = (recipient.consents(), [recipient.certificate()]);
            let step = consents.access_token(&key.id, &usable, None, entropy(FLOW, number), now);
            expect(matches!(finished(store, step, now), Some(Access::Token(_))))
        })?,
        bench.run("append a receipt", true, |store, _, key, number| {
            let cause = Cause::from(record_id(RECEIPT_CAUSE, number));
            let draft = ReceiptDraft::new(now, cause, event.clone());
            let head = store.run(append(key, draft))?;
            expect(head.sequence > 1)
        })?,
        bench.run("read the due queue", false, |store, _, _, number| {
            let slot = u16::try_from(number % u32::from(due_slots()))?;
            expect(!store.run(due(slot, &[], 20, now))?.is_empty())
        })?,
        bench.run("count the queues", false, |store, recipient, key, _| {
            let found = store.run(queues(key.tenant, recipient.ring(), now))?;
            expect(!found.is_empty())
        })?,
    ])
}

struct Bench<'a> {
    recipient: Recipient,
    subjects: &'a mut [Subject],
    repeats: u32,
}

/// How often an operation runs with one subject before it runs with the next. Each subject has its
/// own pages in the caches of the processor meanwhile, and both meet the same disturbances.
const BLOCK: u32 = 50;

impl Bench<'_> {
    /// Runs an operation and the bare loop, one after the other.
    fn run(
        &mut self,
        name: &'static str,
        commits: bool,
        mut operation: impl FnMut(
            &mut SqliteStore,
            &Recipient,
            RecordKey,
            u32,
        ) -> Result<(), Box<dyn Error>>,
    ) -> Result<Vec<Measured>, Box<dyn Error>> {
        let mut times = vec![(Vec::new(), Vec::new()); self.subjects.len()];
        for begin in (0..self.repeats).step_by(BLOCK as usize) {
            for (subject, (stores, bares)) in self.subjects.iter_mut().zip(&mut times) {
                for number in begin..self.repeats.min(begin + BLOCK) {
                    // A prime: all over the ids, and none twice.
                    let consent = (u64::from(number) * 7_919 + 13) % u64::from(subject.consents);
                    let id = record_id(CONSENT, u32::try_from(consent)?);
                    let key = self.recipient.key(id.clone());
                    let began = Instant::now();
                    operation(&mut subject.store, &self.recipient, key, number)?;
                    stores.push(began.elapsed());
                    let began = Instant::now();
                    match commits {
                        true => subject.bare.write(id.as_str())?,
                        false => drop(subject.bare.read(id.as_str())?),
                    }
                    bares.push(began.elapsed());
                }
            }
        }
        let measured = times.into_iter().map(|(store, bare)| {
            let (store, bare) = (Times::of(store), Times::of(bare));
            Measured { name, commits, store, bare, ratio: store.median / bare.median }
        });
        Ok(measured.collect())
    }
}

impl Times {
    fn of(mut times: Vec<std::time::Duration>) -> Self {
        times.sort_unstable();
        let at = |hundredth: usize| {
            let place = (times.len() * hundredth / 100).min(times.len().saturating_sub(1));
            times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e6)
        };
        Self { median: at(50), p99: at(99) }
    }
}

/// Runs a procedure that only needs the store.
fn finished<T>(store: &mut SqliteStore, mut step: Step<T>, now: UnixTime) -> Option<T> {
    loop {
        step = match step {
            Step::Store(storing) => {
                let result = store.perform(storing.action());
                storing.answered(result, now)
            }
            Step::Done(output) => return Some(output),
            _ => return None,
        };
    }
}

fn expect(holds: bool) -> Result<(), Box<dyn Error>> {
    if holds { Ok(()) } else { Err("an operation has an unexpected output".into()) }
}
