use fdx_wire::UnixTime;

use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// Erases a consent: deletes its key and its tokens, and sets its state `erased`. See the
/// [module](super) for the limit of erasing.
///
/// It may be repeated. A response that arrives later finds another generation and is not stored.
/// Receipts stay: they contain no token. To end the consent at the institution as well, revoke it
/// first: afterwards no token is left to revoke.
pub fn erase(tenant: &str, consent: &str, now: UnixTime) -> Operation<Erase> {
    Operation::new(Erase { tenant: tenant.to_owned(), consent: consent.to_owned(), now })
}

/// The result of erasing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Erased {
    /// The consent is erased, now or earlier.
    Erased,
    /// There is no such consent. A key or tokens without a consent were deleted as well.
    Unknown,
}

/// The operation of [`erase`].
#[derive(Clone, Debug)]
pub struct Erase {
    tenant: String,
    consent: String,
    now: UnixTime,
}

impl Decision for Erase {
    type Output = Erased;

    fn first(&mut self) -> Vec<Statement> {
        let mut statements = statements(&self.tenant, &self.consent, self.now);
        statements.push(
            Statement::new("SELECT COUNT(*) FROM fdx_consents WHERE tenant = $1 AND id = $2")
                .with(&*self.tenant)
                .with(&*self.consent),
        );
        statements
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Erased>, StoreError> {
        let row = results.into_iter().last().and_then(Rows::reader);
        let consents: i64 = row.ok_or(StoreError::UnexpectedRows)?.next()?;
        Ok(Turn::Commit(if consents == 0 { Erased::Unknown } else { Erased::Erased }))
    }
}

/// The statements that erase a consent, for decisions that also write its receipt. The key is the
/// first to go.
pub(crate) fn statements(tenant: &str, consent: &str, now: UnixTime) -> Vec<Statement> {
    vec![
        Statement::new("DELETE FROM fdx_keys WHERE tenant = $1 AND consent = $2")
            .with(tenant)
            .with(consent),
        Statement::new("DELETE FROM fdx_tokens WHERE tenant = $1 AND consent = $2")
            .with(tenant)
            .with(consent),
        // Nothing is due any more. The next generation refuses a response that is still out.
        Statement::new(
            "UPDATE fdx_consents SET state = 'erased', state_since = $1, reason = NULL,
            generation = generation + 1, attempt = NULL, deadline = NULL, not_before = NULL,
            due_at = NULL
            WHERE tenant = $2 AND id = $3 AND state <> 'erased'",
        )
        .with_time(now)
        .with(tenant)
        .with(consent),
    ]
}
