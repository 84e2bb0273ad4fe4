use fdx_wire::UnixTime;

use super::recording::Recording;
use crate::receipts::{Cause, Event, ReceiptDraft};
use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::refresh::policy::{RefreshPolicy, Served};
use crate::refresh::row::Row;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// What time has done to a consent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Elapsed {
    /// Its state is recorded, now or by an earlier run of the same operation.
    Recorded {
        /// The state: expired or renewal due.
        state: ConsentState,
    },
    /// It is not time, or the consent is in another state. Nothing was changed.
    Unchanged {
        /// The state.
        state: ConsentState,
    },
    /// The store has no such consent.
    NotFound,
}

/// Records that the time of a consent is over: the state `expired`, and a receipt. A refresh that is
/// under way can't bring it back: its tokens are revoked when they arrive.
pub fn expire_consent(key: RecordKey, cause: Cause, now: UnixTime) -> Operation<ExpireConsent> {
    Operation::new(ExpireConsent { key, cause, now, recording: None })
}

/// Records that a consent ends soon: the state `renewal_due`. Its tokens are refreshed as before.
pub fn mark_renewal_due(
    key: RecordKey,
    policy: RefreshPolicy,
    now: UnixTime,
) -> Operation<MarkRenewalDue> {
    Operation::new(MarkRenewalDue { key, policy, now, marking: false })
}

/// The decision of [`expire_consent`].
#[derive(Clone, Debug)]
pub struct ExpireConsent {
    key: RecordKey,
    cause: Cause,
    now: UnixTime,
    recording: Option<Recording>,
}

/// The decision of [`mark_renewal_due`].
#[derive(Clone, Debug)]
pub struct MarkRenewalDue {
    key: RecordKey,
    policy: RefreshPolicy,
    now: UnixTime,
    marking: bool,
}

impl Decision for ExpireConsent {
    type Output = Elapsed;

    fn first(&mut self) -> Vec<Statement> {
        vec![Row::select(&self.key)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Elapsed>, StoreError> {
        let expired = Elapsed::Recorded { state: ConsentState::Expired };
        if let Some(recording) = &mut self.recording {
            return recording.turn(results, expired);
        }
        let row = Row::read(results.into_iter().next().ok_or(StoreError::UnexpectedRows)?)?;
        let Some(row) = row else { return Ok(Turn::Commit(Elapsed::NotFound)) };
        let state = row.state;
        if state == ConsentState::Expired {
            return Ok(Turn::Commit(expired));
        }
        let is_over = row.consent_expires_at.is_some_and(|at| at <= self.now);
        if state.has_ended() || !is_over {
            return Ok(Turn::Commit(Elapsed::Unchanged { state }));
        }
        let update = row.ended(&self.key, ConsentState::Expired, None, None, self.now);
        let draft = ReceiptDraft::new(self.now, self.cause.clone(), Event::Expired {});
        let recording = Recording::new(self.key.clone(), draft, vec![update]);
        let reads = recording.reads();
        self.recording = Some(recording);
        Ok(Turn::Run(reads))
    }
}

impl Decision for MarkRenewalDue {
    type Output = Elapsed;

    fn first(&mut self) -> Vec<Statement> {
        vec![
            Row::select(&self.key),
            Statement::new(
                "SELECT refreshed_at, refresh_expires_at FROM fdx_consents \
                 WHERE tenant = $1 AND id = $2",
            )
            .with_key(&self.key),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Elapsed>, StoreError> {
        let marked = Elapsed::Recorded { state: ConsentState::RenewalDue };
        let mut results = results.into_iter();
        let mut next = || results.next().ok_or(StoreError::UnexpectedRows);
        if self.marking {
            let stored = next()?.changed_one();
            return Ok(if stored { Turn::Commit(marked) } else { Turn::Restart });
        }
        let Some(row) = Row::read(next()?)? else { return Ok(Turn::Commit(Elapsed::NotFound)) };
        let state = row.state;
        let ends = row.consent_expires_at;
        let is_due = self.policy.is_renewal_due(&self.key.id, ends, self.now);
        match state {
            ConsentState::RenewalDue => return Ok(Turn::Commit(marked)),
            ConsentState::Active | ConsentState::Narrowed if is_due => {}
            _ => return Ok(Turn::Commit(Elapsed::Unchanged { state })),
        }
        let mut times = next()?.reader().ok_or(StoreError::UnexpectedRows)?;
        let (refreshed_at, expires_at) = (times.time()?, times.optional_time()?);
        // Nothing was refreshed now. If there is no refresh token, the next attempt says so.
        let served = Served::ByRefreshes(expires_at);
        let due_at = self.policy.due_at(&self.key.id, refreshed_at, served, ends, self.now);
        self.marking = true;
        Ok(Turn::Run(vec![
            Statement::new(
                "UPDATE fdx_consents SET state = $1, state_since = $2, due_at = $3 \
                 WHERE tenant = $4 AND id = $5 AND state = $6 AND generation = $7",
            )
            .with(ConsentState::RenewalDue.name())
            .with_time(self.now)
            .with_time(due_at)
            .with_key(&self.key)
            .with(state.name())
            .with(row.generation),
        ]))
    }
}
