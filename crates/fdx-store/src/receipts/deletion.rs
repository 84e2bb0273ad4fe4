use fdx_wire::UnixTime;

use super::chain::ChainVerifier;
use super::entry::ReceiptEntry;
use super::head::Head;
use super::read::{StoredEntry, read_history, select_history};
use super::retention::{Retention, RetentionPolicy};
use crate::{
    ConsentState, Decision, Operation, RecordId, RecordKey, Rows, Statement, StoreError, Tenant,
    Turn,
};

/// Deletes chains of a tenant whose retention is over at `now`: only whole chains, and no more than
/// `limit` (1 to 100). It goes on after the consent `after`, and looks at no more than 1000 chains.
///
/// It keeps a chain that does not verify, the chain of a consent that has not ended in the store, and
/// a chain whose renewal still has one. After a deletion, roots of before can no longer be compared
/// with an export: make a new one.
pub fn delete_ended(
    tenant: Tenant,
    policy: RetentionPolicy,
    after: Option<RecordId>,
    now: UnixTime,
    limit: u16,
) -> Operation<DeleteEnded> {
    let limit = limit.clamp(1, MAX_CHAINS);
    Operation::new(DeleteEnded { tenant, policy, after, now, limit, state: State::Finding })
}

/// [`delete_ended`].
#[derive(Clone, Debug)]
pub struct DeleteEnded {
    tenant: Tenant,
    policy: RetentionPolicy,
    after: Option<RecordId>,
    now: UnixTime,
    limit: u16,
    state: State,
}

/// A batch of deletions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Deleted {
    /// The heads of the chains that were deleted. Log them: they explain later why a list of heads
    /// has a chain that the store lacks.
    pub chains: Vec<Head>,
    /// Chains that are kept because they do not verify.
    pub unverified: Vec<RecordKey>,
    /// `after` of the next batch. `None` if there are no more chains.
    pub next: Option<RecordId>,
}

const MAX_CHAINS: u16 = 100;
/// How many chains one batch looks at. Most are too new, which their first entry shows.
const FIRST_ENTRIES: u16 = 1000;

#[derive(Clone, Debug)]
enum State {
    /// The first entries.
    Finding,
    /// For each consent whose first entry is old enough, its entries and its state.
    Reading { consents: Vec<RecordKey>, next: Option<RecordId> },
    /// For each chain whose own retention is over, an entry of the chain that renewed it.
    Renewals { ended: Vec<(Head, Option<RecordId>)>, deleted: Deleted },
    /// Each chain's deletion.
    Deleting { deleted: Deleted },
}

impl Decision for DeleteEnded {
    type Output = Deleted;

    fn first(&mut self) -> Vec<Statement> {
        let after = self.after.as_ref().map_or("", RecordId::as_str);
        vec![
            Statement::new(
                "SELECT consent, issued_at FROM fdx_receipts
                WHERE tenant = $1 AND consent > $2 AND sequence = 1 ORDER BY consent LIMIT $3",
            )
            .with(self.tenant.as_str())
            .with(after)
            .with(i64::from(FIRST_ENTRIES)),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Deleted>, StoreError> {
        let mut results = results.into_iter();
        match core::mem::replace(&mut self.state, State::Finding) {
            State::Finding => self.read(results.next().ok_or(StoreError::UnexpectedRows)?),
            State::Reading { consents, next } => self.weigh(consents, next, &mut results),
            State::Renewals { ended, deleted } => self.delete(ended, deleted, &mut results),
            State::Deleting { deleted } => {
                let complete = deleted
                    .chains
                    .iter()
                    .all(|head| results.next().is_some_and(|rows| rows.changed == head.sequence));
                // An entry was appended, or the chain was deleted, by another transaction.
                Ok(if complete { Turn::Commit(deleted) } else { Turn::Restart })
            }
        }
    }
}

impl DeleteEnded {
    fn read(&mut self, found: Rows) -> Result<Turn<Deleted>, StoreError> {
        // The last authorization is not before the first entry.
        let newest = self.now - self.policy.period();
        let is_full = found.rows.len() >= usize::from(FIRST_ENTRIES);
        let (mut consents, mut next) = (Vec::new(), None);
        for mut row in found.readers() {
            if consents.len() >= usize::from(self.limit) {
                break;
            }
            let id = row.record_id()?;
            if row.time()? <= newest {
                consents.push(RecordKey::new(self.tenant.clone(), id.clone()));
            }
            next = Some(id);
        }
        let next = next.filter(|_| is_full || consents.len() >= usize::from(self.limit));
        if consents.is_empty() {
            return Ok(Turn::Commit(Deleted { next, ..Deleted::default() }));
        }
        let statements =
            consents.iter().flat_map(|key| [select_history(key, 0, i64::MAX), select_state(key)]);
        let statements = statements.collect();
        self.state = State::Reading { consents, next };
        Ok(Turn::Run(statements))
    }

    fn weigh(
        &mut self,
        consents: Vec<RecordKey>,
        next: Option<RecordId>,
        results: &mut impl Iterator<Item = Rows>,
    ) -> Result<Turn<Deleted>, StoreError> {
        let mut deleted = Deleted { next, ..Deleted::default() };
        let mut ended = Vec::new();
        for key in consents {
            let rows = read_history(results.next().ok_or(StoreError::UnexpectedRows)?)?;
            let state = results.next().ok_or(StoreError::UnexpectedRows)?;
            let Some((head, entries)) = verified(&key, &rows) else {
                deleted.unverified.push(key);
                continue;
            };
            if !has_ended(state)? {
                continue;
            }
            match self.policy.retention(&entries) {
                Retention::Until(until) if until <= self.now => ended.push((head, None)),
                Retention::UntilAndWith(until, id) if until <= self.now => {
                    ended.push((head, Some(id)));
                }
                _ => {}
            }
        }
        let renewals = ended.iter().filter_map(|(_, id)| id.as_ref());
        let statements: Vec<_> = renewals
            .map(|id| {
                Statement::new(
                    "SELECT sequence FROM fdx_receipts
                    WHERE tenant = $1 AND consent = $2 ORDER BY sequence LIMIT 1",
                )
                .with(self.tenant.as_str())
                .with(id.as_str())
            })
            .collect();
        if statements.is_empty() {
            return self.delete(ended, deleted, results);
        }
        self.state = State::Renewals { ended, deleted };
        Ok(Turn::Run(statements))
    }

    fn delete(
        &mut self,
        ended: Vec<(Head, Option<RecordId>)>,
        mut deleted: Deleted,
        renewals: &mut impl Iterator<Item = Rows>,
    ) -> Result<Turn<Deleted>, StoreError> {
        for (head, renewal) in ended {
            let renewed = match renewal {
                Some(_) => renewals.next().ok_or(StoreError::UnexpectedRows)?.rows,
                None => Vec::new(),
            };
            if renewed.is_empty() {
                deleted.chains.push(head);
            }
        }
        let deletions = deleted.chains.iter().map(|head| {
            Statement::new("DELETE FROM fdx_receipts WHERE tenant = $1 AND consent = $2")
                .with_key(&head.key)
        });
        let deletions: Vec<_> = deletions.collect();
        if deletions.is_empty() {
            return Ok(Turn::Commit(deleted));
        }
        self.state = State::Deleting { deleted };
        Ok(Turn::Run(deletions))
    }
}

/// The head and the entries of a chain that verifies.
fn verified(key: &RecordKey, rows: &[StoredEntry]) -> Option<(Head, Vec<ReceiptEntry>)> {
    let mut chain = ChainVerifier::new(key.clone());
    let entries = rows.iter().map(|row| chain.check_row(row)).collect::<Result<_, _>>().ok()?;
    Some((chain.head()?, entries))
}

fn select_state(key: &RecordKey) -> Statement {
    Statement::new("SELECT state FROM fdx_consents WHERE tenant = $1 AND id = $2").with_key(key)
}

/// Whether the consent has ended in the store, or is no longer there. A state that this version does
/// not know has not ended.
fn has_ended(state: Rows) -> Result<bool, StoreError> {
    let Some(mut row) = state.reader() else { return Ok(true) };
    let state = row.next::<String>()?;
    Ok(ConsentState::by_name(&state).is_some_and(ConsentState::has_ended))
}
