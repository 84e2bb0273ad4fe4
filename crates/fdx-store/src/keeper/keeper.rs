use std::collections::{BTreeMap, BTreeSet, VecDeque};

use core::time::Duration;

use fdx_wire::{Entropy, UnixTime};

use super::limits::KeeperLimits;
use super::slots::Slots;
use crate::consents::{Due, Postpone, ReadDue, due, postpone};
use crate::record::id::RecordKey;
use crate::sql::operation::{Operation, StoreError};

/// Decides what is done next for all consents of a database. It is a value: the driver does what
/// [`next`](Self::next) says, several things at once if it likes, and reports each end.
#[derive(Clone, Debug)]
pub struct Keeper {
    limits: KeeperLimits,
    slots: Slots,
    /// The slot that is being read.
    reading: bool,
    /// Due consents that wait for their procedure.
    waiting: VecDeque<Due>,
    /// The consents whose procedures run, with their institutions.
    running: BTreeMap<RecordKey, String>,
    /// Institutions whose last procedure failed: one procedure at once tries them.
    failing: BTreeSet<String>,
    /// Nothing is read before this time, after the store failed.
    pause_until: Option<UnixTime>,
    failures: u32,
    stopping: bool,
}

/// How often the pause after failures of the store is doubled.
const MOST_DOUBLED: u32 = 6;

/// What a driver does next.
#[derive(Debug)]
#[must_use = "the keeper waits for the result"]
pub enum KeeperStep {
    /// Run this operation, and give its result to [`Keeper::read`].
    Read(Operation<ReadDue>),
    /// Run [`Consents::keep_up`](crate::procedure::Consents::keep_up) for this consent, with the
    /// handle of its tenant and institution, then call [`Keeper::finished`]. Without a handle, run
    /// [`Keeper::unknown_institution`].
    Run(Due),
    /// Wait until this time, or until a procedure that runs has finished.
    Wait {
        /// When.
        until: UnixTime,
    },
    /// [`Keeper::stop`] was called, and no procedure runs.
    Stopped,
}

impl Keeper {
    /// A keeper. `entropy` decides in which order it reads the slots.
    #[must_use]
    pub fn new(limits: KeeperLimits, entropy: &Entropy) -> Self {
        Self {
            limits,
            slots: Slots::new(entropy),
            reading: false,
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            failing: BTreeSet::new(),
            pause_until: None,
            failures: 0,
            stopping: false,
        }
    }

    /// What to do next. Call it again after each result, and while it returns something to run.
    pub fn next(&mut self, now: UnixTime) -> KeeperStep {
        if self.stopping {
            return match self.running.is_empty() {
                true => KeeperStep::Stopped,
                false => KeeperStep::Wait { until: now + self.limits.round },
            };
        }
        if let Some(due) = self.runnable() {
            self.running.insert(due.key.clone(), due.institution.clone());
            return KeeperStep::Run(due);
        }
        // Consents that wait for their institution keep no others from being read.
        let is_full = self.running.len() >= self.limits.procedures;
        if self.reading || is_full {
            return KeeperStep::Wait { until: now + self.limits.round };
        }
        // A longer pause began before the clock went back.
        let longest = self.pause(MOST_DOUBLED);
        let pauses = |until: &UnixTime| now < *until && until.since(now) <= longest;
        if let Some(until) = self.pause_until.filter(pauses) {
            return KeeperStep::Wait { until };
        }
        match self.slots.next(self.limits.round, now) {
            Ok(slot) => {
                self.reading = true;
                // The head of the slot may be running already.
                let running = u16::try_from(self.running.len()).unwrap_or(u16::MAX);
                let limit = self.limits.batch.saturating_add(running);
                KeeperStep::Read(due(slot, &self.busy(), limit, now))
            }
            Err(until) => KeeperStep::Wait { until },
        }
    }

    /// Takes the due consents of the slot that [`KeeperStep::Read`] named. After a failure of the
    /// store, nothing is read for a while.
    ///
    /// Consents of an institution that has enough to do are left out: they stay due, and are read again
    /// in a later round.
    pub fn read(&mut self, result: Result<Vec<Due>, StoreError>, now: UnixTime) {
        self.reading = false;
        let found = match result {
            Ok(found) => found,
            Err(_) => {
                self.failures = self.failures.saturating_add(1);
                self.pause_until = Some(now + self.pause(self.failures));
                return;
            }
        };
        (self.failures, self.pause_until) = (0, None);
        self.slots.advance();
        for due in found {
            let is_known = self.running.contains_key(&due.key)
                || self.waiting.iter().any(|waiting| waiting.key == due.key);
            if !is_known && !self.is_busy(&due.institution) {
                self.waiting.push_back(due);
            }
        }
    }

    /// Takes the end of a procedure. `success` is whether the institution answered:
    /// [`KeptUp::is_success`](crate::procedure::KeptUp::is_success). After a failure, the institution
    /// is asked by one procedure at once until one succeeds. `None` changes nothing.
    pub fn finished(&mut self, key: &RecordKey, success: Option<bool>) {
        let Some(institution) = self.running.remove(key) else { return };
        match success {
            Some(true) => drop(self.failing.remove(&institution)),
            Some(false) => drop(self.failing.insert(institution)),
            None => {}
        }
    }

    /// Takes that the driver has no handle for the tenant and institution of a consent. Run the
    /// operation: it makes the consent due again in an hour, so that others are read. Report it to the
    /// operator.
    pub fn unknown_institution(&mut self, due: &Due, now: UnixTime) -> Operation<Postpone> {
        self.running.remove(&due.key);
        postpone(due.key.clone(), now + Duration::from_secs(60 * 60), now)
    }

    /// Begins nothing from now on. [`KeeperStep::Stopped`] follows when no procedure runs.
    pub fn stop(&mut self) {
        self.stopping = true;
        self.waiting.clear();
    }

    /// How many procedures run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// The pause after this many failures of the store in a row.
    fn pause(&self, failures: u32) -> Duration {
        self.limits.round.max(Duration::from_secs(1)) * (1 << failures.min(MOST_DOUBLED))
    }

    /// Whether enough consents of this institution wait.
    fn is_busy(&self, institution: &str) -> bool {
        let waiting = self.waiting.iter().filter(|due| due.institution == institution);
        waiting.count() >= self.limits.per_institution.max(1)
    }

    /// The institutions of which enough consents wait, those that fail first: they stay so for longer.
    fn busy(&self) -> Vec<&str> {
        let waiting: BTreeSet<&str> =
            self.waiting.iter().map(|it| it.institution.as_str()).collect();
        let busy = waiting.into_iter().filter(|institution| self.is_busy(institution));
        let (mut failing, others): (Vec<_>, Vec<_>) =
            busy.partition(|institution| self.failing.contains(*institution));
        failing.extend(others);
        failing
    }

    /// Takes the first consent whose institution may be asked now.
    fn runnable(&mut self) -> Option<Due> {
        if self.running.len() >= self.limits.procedures {
            return None;
        }
        let place = self.waiting.iter().position(|due| {
            let running = self.running.values().filter(|it| **it == due.institution).count();
            let most = match self.failing.contains(&due.institution) {
                true => 1,
                false => self.limits.per_institution.max(1),
            };
            running < most
        })?;
        self.waiting.remove(place)
    }
}
