use fdx_wire::UnixTime;

use super::recording::Recording;
use crate::receipts::{Event, ReceiptDraft};
use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::refresh::row::Row;
use crate::seal::keys;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// Erases a consent: deletes its key and its tokens, sets its state `erased`, and appends the receipt.
/// See [`seal`](crate::seal) for the limit of erasing.
///
/// It may be repeated. A response that arrives later is not stored: its tokens are revoked. Receipts
/// stay: they contain no token. To end the consent at the institution as well, revoke it first:
/// afterwards no token is left to revoke.
pub fn erase_consent(key: RecordKey, now: UnixTime) -> Operation<EraseConsent> {
    Operation::new(EraseConsent { key, now, at: At::Reading })
}

/// The result of erasing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Erased {
    /// The consent is erased, now or earlier.
    Erased,
    /// There is no such consent. The key of a flow that has no consent yet was deleted.
    Unknown,
}

/// The decision of [`erase_consent`].
#[derive(Clone, Debug)]
pub struct EraseConsent {
    key: RecordKey,
    now: UnixTime,
    at: At,
}

#[derive(Clone, Debug)]
enum At {
    Reading,
    /// The key of a flow is being deleted.
    Deleting,
    /// The consent is being erased.
    Erasing(Box<Recording>),
}

impl Decision for EraseConsent {
    type Output = Erased;

    fn first(&mut self) -> Vec<Statement> {
        vec![Row::select(&self.key)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Erased>, StoreError> {
        match &mut self.at {
            At::Reading => {}
            At::Deleting => return Ok(Turn::Commit(Erased::Unknown)),
            At::Erasing(recording) => return recording.turn(results, Erased::Erased),
        }
        let rows = results.into_iter().next().ok_or(StoreError::UnexpectedRows)?;
        let Some(row) = Row::read(rows)? else {
            self.at = At::Deleting;
            return Ok(Turn::Run(self.secrets().into()));
        };
        if row.state == ConsentState::Erased {
            return Ok(Turn::Commit(Erased::Erased));
        }
        let mut changes = vec![row.ended(&self.key, ConsentState::Erased, None, None, self.now)];
        changes.extend(self.secrets());
        let draft = ReceiptDraft::new(self.now, self.key.id.clone().into(), Event::Erased {});
        let recording = Recording::new(self.key.clone(), draft, changes);
        let reads = recording.reads();
        self.at = At::Erasing(Box::new(recording));
        Ok(Turn::Run(reads))
    }
}

impl EraseConsent {
    /// Deletes the key and the tokens.
    fn secrets(&self) -> [Statement; 2] {
        [
            keys::delete(&self.key),
            Statement::new("DELETE FROM fdx_tokens WHERE tenant = $1 AND consent = $2")
                .with_key(&self.key),
        ]
    }
}
