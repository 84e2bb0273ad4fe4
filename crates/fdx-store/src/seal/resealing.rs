use std::collections::VecDeque;

use fdx_jose::SealError;
use fdx_wire::Entropy;

use super::key_ring::{KeyRing, WrappedKey};
use super::keys::{KeyCounts, KeyPage, ReadKeys, read_keys};
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// Wraps the keys of a tenant's consents again with the newest key of a ring, page by page, while the
/// store is in use.
///
/// ```
/// # use fdx_store::{Decision, Operation, StoreError};
/// use fdx_store::seal::{KeyRing, Progress, Resealing, count_keys};
/// use fdx_wire::Entropy;
///
/// /// `run` performs one operation.
/// fn reseal(
///     ring: &KeyRing,
///     mut run: impl Runner,
///     mut entropy: impl FnMut() -> Entropy,
/// ) -> Result<Progress, StoreError> {
///     let counts = run.run(count_keys("tenant"))?;
///     let mut resealing = Resealing::new("tenant", ring, &counts);
///     while let Some(operation) = resealing.read_page() {
///         let page = run.run(operation)?;
///         let (operation, damaged) = resealing.rewrap(page, ring, &entropy());
///         run.run(operation)?;
///         for entry in damaged {
///             eprintln!("{}: {}", entry.consent, entry.error);
///         }
///     }
///     Ok(resealing.progress())
/// }
/// # trait Runner {
/// #     fn run<D: Decision>(&mut self, operation: Operation<D>) -> Result<D::Output, StoreError>;
/// # }
/// ```
///
/// It keeps no state in the store: after an error or a crash, begin again. Keys that are wrapped
/// already are not read again. Several processes may reseal at the same time.
#[derive(Clone, Debug)]
pub struct Resealing {
    tenant: String,
    newest: u32,
    /// The wrapping keys to replace, the current one first.
    replaced: VecDeque<u32>,
    /// The last consent that was read of the current wrapping key.
    after: Option<String>,
    progress: Progress,
}

/// How far a [`Resealing`] is, in numbers of consents.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Progress {
    /// Their keys are wrapped with the newest key, or were erased meanwhile.
    pub done: u64,
    /// Their keys are still to be wrapped again.
    pub remaining: u64,
    /// Their wrapping key is not in the ring: [`KeyCounts::locked`].
    pub locked: u64,
    /// Their wrapped keys do not open: [`Damaged`].
    pub damaged: u64,
}

/// A wrapped key that does not open, although its wrapping key is in the ring. It stays as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Damaged {
    /// The id of the consent.
    pub consent: String,
    /// Why the key does not open.
    pub error: SealError,
}

/// The number of keys that are read and written in one transaction.
const PAGE: u16 = 500;

impl Resealing {
    /// Begins, with the result of [`count_keys`](super::count_keys).
    #[must_use]
    pub fn new(tenant: &str, ring: &KeyRing, counts: &KeyCounts) -> Self {
        let newest = ring.newest();
        let mut progress = Progress::default();
        let mut replaced = VecDeque::new();
        for (key_id, count) in counts.iter() {
            if key_id == newest {
                progress.done += count;
            } else if ring.has(key_id) {
                replaced.push_back(key_id);
                progress.remaining += count;
            } else {
                progress.locked += count;
            }
        }
        Self { tenant: tenant.to_owned(), newest, replaced, after: None, progress }
    }

    /// Reads the next page. `None` when all pages are done.
    pub fn read_page(&self) -> Option<Operation<ReadKeys>> {
        let key_id = *self.replaced.front()?;
        Some(read_keys(&self.tenant, key_id, self.after.as_deref(), PAGE))
    }

    /// Wraps the keys of a page again, and counts them as done. Run the operation; its output is the
    /// number of keys that it replaced.
    pub fn rewrap(
        &mut self,
        page: KeyPage,
        ring: &KeyRing,
        entropy: &Entropy,
    ) -> (Operation<Rewrap>, Vec<Damaged>) {
        if page.more {
            self.after = page.entries.last().map(|entry| entry.consent.clone());
        } else {
            self.after = None;
            self.replaced.pop_front();
        }
        let (mut keys, mut damaged) = (Vec::new(), Vec::new());
        for entry in page.entries {
            match ring.rewrap(&self.tenant, &entry.consent, &entry.key, entropy) {
                Ok(new) => keys.push(Rewrapped { consent: entry.consent, old: entry.key, new }),
                Err(error) => damaged.push(Damaged { consent: entry.consent, error }),
            }
        }
        self.count(keys.len(), damaged.len());
        (Operation::new(Rewrap { tenant: self.tenant.clone(), keys }), damaged)
    }

    /// How far it is. Consents that are created or erased meanwhile are not counted.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The id of the key that wraps everything at the end.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.newest
    }

    fn count(&mut self, done: usize, damaged: usize) {
        let progress = &mut self.progress;
        progress.done += done as u64;
        progress.damaged += damaged as u64;
        progress.remaining = progress.remaining.saturating_sub((done + damaged) as u64);
        if self.replaced.is_empty() {
            // Another process wrapped or erased the rest.
            progress.done += core::mem::take(&mut progress.remaining);
        }
    }
}

/// Replaces wrapped keys by those of the newest wrapping key. The output is the number of replaced
/// keys: a key that was replaced or erased meanwhile is not counted.
#[derive(Clone, Debug)]
pub struct Rewrap {
    tenant: String,
    keys: Vec<Rewrapped>,
}

#[derive(Clone, Debug)]
struct Rewrapped {
    consent: String,
    old: WrappedKey,
    new: WrappedKey,
}

impl Decision for Rewrap {
    type Output = u64;

    fn first(&mut self) -> Vec<Statement> {
        let update = |key: &Rewrapped| {
            // The bytes as well: an erased consent may have been imported again with its id.
            Statement::new(
                "UPDATE fdx_keys SET key_id = $1, wrapped = $2
                WHERE tenant = $3 AND consent = $4 AND key_id = $5 AND wrapped = $6",
            )
            .with(i64::from(key.new.key_id))
            .with(key.new.bytes.clone())
            .with(&*self.tenant)
            .with(&*key.consent)
            .with(i64::from(key.old.key_id))
            .with(key.old.bytes.clone())
        };
        self.keys.iter().map(update).collect()
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<u64>, StoreError> {
        Ok(Turn::Commit(results.iter().map(|rows| rows.changed).sum()))
    }
}
