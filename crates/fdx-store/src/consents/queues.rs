use core::time::Duration;

use fdx_wire::UnixTime;

use crate::record::id::Tenant;
use crate::record::state::ConsentState;
use crate::seal::KeyRing;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{RowReader, Rows, Statement};

/// The consents of a tenant that wait for something.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Queue {
    /// What they wait for.
    pub kind: QueueKind,
    /// How many there are.
    pub count: u64,
    /// Since when the first one waits. `None` for locked consents, and for a pause of everything.
    pub oldest: Option<UnixTime>,
    /// Why: the reason of the first one, with the institution's words.
    pub reason: Option<String>,
}

/// What consents wait for.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum QueueKind {
    /// Their first tokens are not verified yet.
    Verification,
    /// A refresh that is due.
    Refresh,
    /// A new grant of the customer: they end soon.
    Renewal,
    /// The parts of a revocation that have no outcome.
    Revocation,
    /// The institution refused their refresh token.
    Suspect,
    /// An operator, who has to resume everything.
    Paused,
    /// An operator, who has to resume this institution.
    PausedInstitution(String),
    /// A wrapping key that the key ring lacks.
    Locked {
        /// The id of the wrapping key.
        key_id: u32,
    },
}

impl Queue {
    /// How long the first one waits.
    #[must_use]
    pub fn age(&self, now: UnixTime) -> Option<Duration> {
        self.oldest.map(|oldest| now.since(oldest))
    }
}

/// Counts the consents of a tenant that wait for something. Empty queues are left out. Consents are
/// locked if `ring` lacks their wrapping key.
///
/// It reads the rows of each queue in an index. A pause also counts the consents that it stops.
pub fn queues(tenant: Tenant, ring: &KeyRing, now: UnixTime) -> Operation<ReadQueues> {
    let mut keys: Vec<u32> = ring.ids().collect();
    keys.sort_unstable();
    Operation::new(ReadQueues { tenant, keys, now, found: None })
}

/// The decision of [`queues`].
#[derive(Clone, Debug)]
pub struct ReadQueues {
    tenant: Tenant,
    /// The wrapping keys of the ring, sorted.
    keys: Vec<u32>,
    now: UnixTime,
    /// The queues that are read, and the paused institutions whose consents are being counted.
    found: Option<(Vec<Queue>, Vec<Queue>)>,
}

/// The states in which tokens are refreshed.
const ALIVE: [ConsentState; 4] =
    [ConsentState::Active, ConsentState::Narrowed, ConsentState::RenewalDue, ConsentState::Suspect];

impl Decision for ReadQueues {
    type Output = Vec<Queue>;

    fn first(&mut self) -> Vec<Statement> {
        let tenant = self.tenant.as_str();
        let mut statements = vec![
            Statement::new("SELECT value FROM fdx_meta WHERE name = 'paused'"),
            Statement::new(
                "SELECT institution, paused_at, reason FROM fdx_institutions \
                 WHERE tenant = $1 AND paused_at >= 0 ORDER BY institution",
            )
            .with(tenant),
        ];
        statements.extend(self.gaps().map(|(above, below)| {
            Statement::new(
                "SELECT key_id, COUNT(*) FROM fdx_keys WHERE tenant = $1 AND key_id > $2 \
                 AND key_id < $3 GROUP BY key_id ORDER BY key_id",
            )
            .with(tenant)
            .with(above)
            .with(below)
        }));
        for state in
            [ConsentState::PendingVerification, ConsentState::RenewalDue, ConsentState::Suspect]
        {
            statements.extend(self.in_state(state));
        }
        for state in ALIVE.iter().chain([&ConsentState::Revoked]) {
            statements.extend(self.due_in_state(*state));
        }
        statements
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Vec<Queue>>, StoreError> {
        let mut results = results.into_iter();
        if let Some((mut queues, paused)) = self.found.take() {
            for mut queue in paused {
                let counts = results.by_ref().take(ALIVE.len());
                queue.count = counts.map(count).sum::<Result<u64, _>>()?;
                queues.push(queue);
            }
            queues.retain(|queue| queue.count > 0);
            return Ok(Turn::Commit(queues));
        }
        let mut next = || results.next().ok_or(StoreError::UnexpectedRows);
        let mut paused = Vec::new();
        if let Some(mut row) = next()?.reader() {
            let (kind, reason) = (QueueKind::Paused, row.optional()?);
            paused.push(Queue { kind, count: 0, oldest: None, reason });
        }
        for mut row in next()?.readers() {
            let kind = QueueKind::PausedInstitution(row.next()?);
            let (oldest, reason) = (row.optional_time()?, row.optional()?);
            paused.push(Queue { kind, count: 0, oldest, reason });
        }
        let mut locked = Vec::new();
        for _ in self.gaps() {
            for mut row in next()?.readers() {
                locked.push(locked_by(&mut row)?);
            }
        }
        let mut queues = vec![
            queue(QueueKind::Verification, next()?, next()?)?,
            queue(QueueKind::Renewal, next()?, next()?)?,
            queue(QueueKind::Suspect, next()?, next()?)?,
        ];
        let mut refresh = queue(QueueKind::Refresh, next()?, next()?)?;
        for _ in ALIVE.iter().skip(1) {
            refresh = joined(refresh, queue(QueueKind::Refresh, next()?, next()?)?);
        }
        queues.insert(1, refresh);
        queues.insert(3, queue(QueueKind::Revocation, next()?, next()?)?);
        queues.extend(locked);
        let statements: Vec<_> =
            paused.iter().flat_map(|queue| self.waiting(&queue.kind)).collect();
        if statements.is_empty() {
            queues.retain(|queue| queue.count > 0);
            return Ok(Turn::Commit(queues));
        }
        self.found = Some((queues, paused));
        Ok(Turn::Run(statements))
    }
}

impl ReadQueues {
    fn in_state(&self, state: ConsentState) -> [Statement; 2] {
        [
            Statement::new(
                "SELECT COUNT(*), MIN(state_since) FROM fdx_consents \
                 WHERE tenant = $1 AND state = $2",
            ),
            Statement::new(
                "SELECT reason FROM fdx_consents WHERE tenant = $1 AND state = $2 \
                 ORDER BY state_since, id LIMIT 1",
            ),
        ]
        .map(|statement| statement.with(self.tenant.as_str()).with(state.name()))
    }

    fn due_in_state(&self, state: ConsentState) -> [Statement; 2] {
        [
            Statement::new(
                "SELECT COUNT(*), MIN(due_at) FROM fdx_consents \
                 WHERE tenant = $1 AND state = $2 AND due_at <= $3",
            )
            .with(self.tenant.as_str())
            .with(state.name())
            .with_time(self.now),
            Statement::new(
                "SELECT reason FROM fdx_consents WHERE tenant = $1 AND state = $2 \
                 AND due_at <= $3 ORDER BY due_at, id LIMIT 1",
            )
            .with(self.tenant.as_str())
            .with(state.name())
            .with_time(self.now),
        ]
    }

    /// Counts the consents that a pause stops.
    fn waiting(&self, kind: &QueueKind) -> Vec<Statement> {
        let count = |state: &ConsentState| match kind {
            QueueKind::PausedInstitution(institution) => Statement::new(
                "SELECT COUNT(*) FROM fdx_consents \
                 WHERE tenant = $1 AND institution = $2 AND state = $3",
            )
            .with(self.tenant.as_str())
            .with(institution.as_str())
            .with(state.name()),
            _ => {
                Statement::new("SELECT COUNT(*) FROM fdx_consents WHERE tenant = $1 AND state = $2")
                    .with(self.tenant.as_str())
                    .with(state.name())
            }
        };
        ALIVE.iter().map(count).collect()
    }

    /// The ids between those of the ring, as exclusive bounds. Few consents are locked, if any, so
    /// this reads less than a count of all keys.
    fn gaps(&self) -> impl Iterator<Item = (i64, i64)> {
        let keys = self.keys.iter().copied().map(i64::from);
        let above = core::iter::once(-1).chain(keys.clone());
        above.zip(keys.chain([i64::MAX]))
    }
}

fn locked_by(row: &mut RowReader) -> Result<Queue, StoreError> {
    let key_id = u32::try_from(row.next::<i64>()?).map_err(|_| StoreError::UnexpectedRows)?;
    let kind = QueueKind::Locked { key_id };
    Ok(Queue { kind, count: counted(row)?, oldest: None, reason: None })
}

fn queue(kind: QueueKind, counts: Rows, reason: Rows) -> Result<Queue, StoreError> {
    let mut row = counts.reader().ok_or(StoreError::UnexpectedRows)?;
    let (count, oldest) = (counted(&mut row)?, row.optional_time()?);
    let reason = reason.reader().map(|mut row| row.optional()).transpose()?.flatten();
    Ok(Queue { kind, count, oldest, reason })
}

/// Two queues of one kind as one, with the reason of the older one.
fn joined(one: Queue, other: Queue) -> Queue {
    let older = match (one.oldest, other.oldest) {
        (Some(one), Some(other)) => one <= other,
        (one, _) => one.is_some(),
    };
    let count = one.count + other.count;
    Queue { count, ..if older { one } else { other } }
}

fn count(rows: Rows) -> Result<u64, StoreError> {
    counted(&mut rows.reader().ok_or(StoreError::UnexpectedRows)?)
}

fn counted(row: &mut RowReader) -> Result<u64, StoreError> {
    u64::try_from(row.next::<i64>()?).map_err(|_| StoreError::UnexpectedRows)
}
