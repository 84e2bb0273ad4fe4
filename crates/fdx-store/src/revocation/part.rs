use fdx_wire::UnixTime;

use super::row::{Part, StoredRevocation};
use crate::consents::recording::Recording;
use crate::receipts::{Event, PartOutcome, ReceiptDraft};
use crate::record::id::RecordKey;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// What is stored of a revocation after the outcome of a part.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PartEnded {
    /// The revocation, with the outcome of this part. If no part is left, its receipt is written.
    Stored(Box<StoredRevocation>),
    /// The store has no such revocation.
    NotFound,
}

/// Stores the outcome of a part. An outcome that is stored already stays. With the last outcome, the
/// receipt is written in the same transaction, and nothing is due any more.
pub fn end_part(
    key: RecordKey,
    part: Part,
    outcome: PartOutcome,
    now: UnixTime,
) -> Operation<EndPart> {
    Operation::new(EndPart { key, part, outcome, now, at: At::Reading })
}

/// The decision of [`end_part`].
#[derive(Clone, Debug)]
pub struct EndPart {
    key: RecordKey,
    part: Part,
    outcome: PartOutcome,
    now: UnixTime,
    at: At,
}

#[derive(Clone, Debug)]
enum At {
    Reading,
    /// The outcome is being stored, and other parts are left.
    Writing(Box<StoredRevocation>),
    /// The last outcome is being stored, and the receipt.
    Recording(Box<StoredRevocation>, Box<Recording>),
}

impl Decision for EndPart {
    type Output = PartEnded;

    fn first(&mut self) -> Vec<Statement> {
        vec![StoredRevocation::select(&self.key)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<PartEnded>, StoreError> {
        match &mut self.at {
            At::Reading => self.read(results),
            At::Writing(stored) if results.iter().all(Rows::changed_one) => {
                Ok(Turn::Commit(PartEnded::Stored(stored.clone())))
            }
            At::Writing(_) => Ok(Turn::Restart),
            At::Recording(stored, recording) => {
                recording.turn(results, PartEnded::Stored(stored.clone()))
            }
        }
    }
}

impl EndPart {
    fn read(&mut self, results: Vec<Rows>) -> Result<Turn<PartEnded>, StoreError> {
        let rows = results.into_iter().next().ok_or(StoreError::UnexpectedRows)?;
        let Some(mut stored) = StoredRevocation::read(rows)?.map(Box::new) else {
            return Ok(Turn::Commit(PartEnded::NotFound));
        };
        // The commit of an earlier run had an unknown outcome, or another process was faster.
        if stored.ended_at.is_some() || stored.outcome(self.part).is_some() {
            return Ok(Turn::Commit(PartEnded::Stored(stored)));
        }
        *stored.outcome(self.part) = Some(self.outcome);
        stored.failures = 0;
        let update = self.part.update(&self.key, self.outcome);
        if stored.next_part().is_some() {
            self.at = At::Writing(stored);
            return Ok(Turn::Run(vec![update]));
        }
        stored.ended_at = Some(self.now);
        let [revocation, consent] = self.ended();
        let event = Event::Revoked(stored.revocation.clone());
        let draft = ReceiptDraft::new(self.now, stored.cause.clone(), event);
        let recording = Recording::new(self.key.clone(), draft, vec![update, revocation, consent]);
        let reads = recording.reads();
        self.at = At::Recording(stored, Box::new(recording));
        Ok(Turn::Run(reads))
    }

    fn ended(&self) -> [Statement; 2] {
        [
            Statement::new(
                "UPDATE fdx_revocations SET ended_at = $1 WHERE tenant = $2 AND consent = $3",
            )
            .with_time(self.now)
            .with_key(&self.key),
            Statement::new(
                "UPDATE fdx_consents SET due_at = NULL, reason = NULL WHERE tenant = $1 AND id = $2",
            )
            .with_key(&self.key),
        ]
    }
}
