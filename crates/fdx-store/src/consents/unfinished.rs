//! Consents whose tokens are stored and whose grant is not: read, and put off.

use fdx_wire::UnixTime;

use super::recording::Recording;
use crate::receipts::{Cause, Event, ReceiptDraft, Revocation, RevokedBy};
use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::refresh::begin::{AllTokens, StoredTokens};
use crate::refresh::policy::RefreshPolicy;
use crate::refresh::row::Row;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// Reads the current tokens of a consent that is pending verification. `None` if there is no such
/// consent, or if it is in another state.
pub fn read_unfinished(key: RecordKey) -> Operation<ReadUnfinished> {
    Operation::new(ReadUnfinished { key })
}

/// What follows after a consent could not be completed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PutOffUntil {
    /// It is due again at this time.
    Time(UnixTime),
    /// It is not pending any more: another process completed it.
    Complete,
    /// It has ended: this was tried for too long, or it ended meanwhile.
    Ended {
        /// Its state.
        state: ConsentState,
    },
}

/// Records why a consent is still pending verification, and when it is due again: after a pause that
/// is twice as long each time. A consent that is pending for longer than
/// [`suspect_for`](RefreshPolicy::suspect_for) is dead: the recipient gives it up, and `cause` is the id
/// of its receipt's event. Its tokens may still be valid: revoke it.
pub fn put_off(
    key: RecordKey,
    reason: String,
    cause: Cause,
    policy: RefreshPolicy,
    now: UnixTime,
) -> Operation<PutOff> {
    Operation::new(PutOff { key, reason, cause, policy, now, at: At::Reading })
}

/// The decision of [`read_unfinished`].
#[derive(Clone, Debug)]
pub struct ReadUnfinished {
    key: RecordKey,
}

impl Decision for ReadUnfinished {
    type Output = Option<StoredTokens>;

    fn first(&mut self) -> Vec<Statement> {
        let [tokens, key] = AllTokens::select(&self.key);
        vec![Row::select(&self.key), tokens, key]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Self::Output>, StoreError> {
        let Ok([row, tokens, key]) = <[Rows; 3]>::try_from(results) else {
            return Err(StoreError::UnexpectedRows);
        };
        let is_pending =
            Row::read(row)?.is_some_and(|row| row.state == ConsentState::PendingVerification);
        let current = AllTokens::read(tokens, key)?.into_current();
        Ok(Turn::Commit(current.filter(|_| is_pending)))
    }
}

/// The decision of [`put_off`].
#[derive(Clone, Debug)]
pub struct PutOff {
    key: RecordKey,
    reason: String,
    cause: Cause,
    policy: RefreshPolicy,
    now: UnixTime,
    at: At,
}

#[derive(Clone, Debug)]
enum At {
    Reading,
    Pausing(UnixTime),
    /// The consent ends.
    Recording(Box<Recording>),
}

impl Decision for PutOff {
    type Output = PutOffUntil;

    fn first(&mut self) -> Vec<Statement> {
        vec![Row::select(&self.key)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<PutOffUntil>, StoreError> {
        let dead = PutOffUntil::Ended { state: ConsentState::Dead };
        match &mut self.at {
            At::Reading => {}
            At::Pausing(until) => return Ok(Turn::Commit(PutOffUntil::Time(*until))),
            At::Recording(recording) => return recording.turn(results, dead),
        }
        let row = Row::read(results.into_iter().next().ok_or(StoreError::UnexpectedRows)?)?;
        let Some(row) = row else {
            return Ok(Turn::Commit(PutOffUntil::Ended { state: ConsentState::Erased }));
        };
        match row.state {
            ConsentState::PendingVerification => {}
            state if state.has_ended() => return Ok(Turn::Commit(PutOffUntil::Ended { state })),
            _ => return Ok(Turn::Commit(PutOffUntil::Complete)),
        }
        if row.state_since + self.policy.suspect_for <= self.now {
            return Ok(Turn::Run(self.give_up(&row)));
        }
        let failures = row.failures.saturating_add(1);
        let until = self.now + self.policy.pause_after(failures);
        self.at = At::Pausing(until);
        Ok(Turn::Run(vec![
            Statement::new(
                "UPDATE fdx_consents SET reason = $1, failures = $2, due_at = $3 \
                 WHERE tenant = $4 AND id = $5 AND state = $6",
            )
            .with(self.reason.as_str())
            .with(i64::from(failures))
            .with_time(until)
            .with_key(&self.key)
            .with(ConsentState::PendingVerification.name()),
        ]))
    }
}

impl PutOff {
    fn give_up(&mut self, row: &Row) -> Vec<Statement> {
        let (state, reason) = (ConsentState::Dead, Some(self.reason.as_str()));
        let ended = row.ended(&self.key, state, reason, None, self.now);
        let event = Event::Revoked(Revocation::new(RevokedBy::Recipient));
        let draft = ReceiptDraft::new(self.now, self.cause.clone(), event);
        let recording = Recording::new(self.key.clone(), draft, vec![ended]);
        let reads = recording.reads();
        self.at = At::Recording(Box::new(recording));
        reads
    }
}
