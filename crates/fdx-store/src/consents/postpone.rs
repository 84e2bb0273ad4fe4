use fdx_wire::UnixTime;

use crate::record::id::RecordKey;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// Makes a consent that is due at `now` due at `until` instead. Without it, a consent for which nothing
/// can be done now, such as one of a paused institution, would stay the first of its slot, and others
/// would never be read.
pub fn postpone(key: RecordKey, until: UnixTime, now: UnixTime) -> Operation<Postpone> {
    Operation::new(Postpone { key, until, now })
}

/// The decision of [`postpone`].
#[derive(Clone, Debug)]
pub struct Postpone {
    key: RecordKey,
    until: UnixTime,
    now: UnixTime,
}

impl Decision for Postpone {
    type Output = ();

    fn first(&mut self) -> Vec<Statement> {
        vec![
            Statement::new(
                "UPDATE fdx_consents SET due_at = $1 \
                 WHERE tenant = $2 AND id = $3 AND due_at <= $4",
            )
            .with_time(self.until)
            .with_key(&self.key)
            .with_time(self.now),
        ]
    }

    fn next(&mut self, _: Vec<Rows>) -> Result<Turn<()>, StoreError> {
        Ok(Turn::Commit(()))
    }
}
