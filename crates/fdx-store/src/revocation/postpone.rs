use fdx_wire::UnixTime;

use crate::record::id::RecordKey;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// Stores that a part got no usable response, and when the revocation is due again.
pub fn postpone_revocation(
    key: RecordKey,
    reason: String,
    until: UnixTime,
) -> Operation<PostponeRevocation> {
    Operation::new(PostponeRevocation { key, reason, until })
}

/// The decision of [`postpone_revocation`].
#[derive(Clone, Debug)]
pub struct PostponeRevocation {
    key: RecordKey,
    reason: String,
    until: UnixTime,
}

impl Decision for PostponeRevocation {
    type Output = ();

    fn first(&mut self) -> Vec<Statement> {
        vec![
            // `due_at` is absent if another process has ended the last part, or the consent is erased.
            Statement::new(
                "UPDATE fdx_consents SET due_at = $1, reason = $2 \
                 WHERE tenant = $3 AND id = $4 AND state = 'revoked' AND due_at IS NOT NULL",
            )
            .with_time(self.until)
            .with(self.reason.as_str())
            .with_key(&self.key),
            Statement::new(
                "UPDATE fdx_revocations SET failures = failures + 1 \
                 WHERE tenant = $1 AND consent = $2 AND ended_at IS NULL",
            )
            .with_key(&self.key),
        ]
    }

    fn next(&mut self, _: Vec<Rows>) -> Result<Turn<()>, StoreError> {
        Ok(Turn::Commit(()))
    }
}
