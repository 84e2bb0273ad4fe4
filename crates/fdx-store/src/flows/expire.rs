use fdx_wire::UnixTime;

use crate::record::id::RecordKey;
use crate::seal::keys;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// Deletes at most `limit` (1 to 500) flows of all tenants whose callback was due before this time,
/// the oldest first, and the keys of those without a consent. The output is the number of deleted
/// flows: if it is the limit, there may be more.
///
/// Pass a time that is at least some hours ago. For so long, a reload of the callback returns the
/// outcome, and a process that exchanges a code finds its key.
pub fn delete_expired_flows(before: UnixTime, limit: u16) -> Operation<DeleteExpired> {
    Operation::new(DeleteExpired { before, limit: limit.clamp(1, 500), state: State::Finding })
}

/// The decision of [`delete_expired_flows`].
#[derive(Clone, Debug)]
pub struct DeleteExpired {
    before: UnixTime,
    limit: u16,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Finding,
    /// For each flow, its consent is looked for.
    Consents(Vec<RecordKey>),
    Deleting(u64),
}

impl Decision for DeleteExpired {
    type Output = u64;

    fn first(&mut self) -> Vec<Statement> {
        vec![
            Statement::new(
                "SELECT tenant, id FROM fdx_flows WHERE callback_by < $1 \
                 ORDER BY callback_by, tenant, id LIMIT $2",
            )
            .with_time(self.before)
            .with(i64::from(self.limit)),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<u64>, StoreError> {
        let (state, statements) = match core::mem::replace(&mut self.state, State::Finding) {
            State::Finding => {
                let rows = results.into_iter().next().ok_or(StoreError::UnexpectedRows)?;
                let flows = rows.readers().map(|mut row| row.record_key());
                let flows = flows.collect::<Result<Vec<_>, _>>()?;
                if flows.is_empty() {
                    return Ok(Turn::Commit(0));
                }
                let consents = flows.iter().map(consent).collect();
                (State::Consents(flows), consents)
            }
            State::Consents(flows) => {
                let deletions = flows.iter().zip(results);
                let deletions = deletions.flat_map(|(flow, found)| {
                    let key = found.rows.is_empty().then(|| keys::delete(flow));
                    [Some(delete(flow)), key]
                });
                let deletions = deletions.flatten().collect();
                (State::Deleting(flows.len() as u64), deletions)
            }
            State::Deleting(count) => return Ok(Turn::Commit(count)),
        };
        self.state = state;
        Ok(Turn::Run(statements))
    }
}

fn consent(flow: &RecordKey) -> Statement {
    Statement::new("SELECT id FROM fdx_consents WHERE tenant = $1 AND id = $2").with_key(flow)
}

fn delete(flow: &RecordKey) -> Statement {
    Statement::new("DELETE FROM fdx_flows WHERE tenant = $1 AND id = $2").with_key(flow)
}
