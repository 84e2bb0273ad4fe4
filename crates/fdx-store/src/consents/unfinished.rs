//! Consents whose tokens are stored and whose grant is not: read, and put off.

use core::fmt;

use fdx_wire::UnixTime;

use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::refresh::begin::CURRENT;
use crate::refresh::policy::RefreshPolicy;
use crate::seal::{WrappedKey, keys};
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// A consent that is pending verification, with its tokens.
#[derive(Clone, Eq, PartialEq)]
pub struct Unfinished {
    /// The generation of the tokens.
    pub generation: i64,
    /// The tokens, sealed for this generation.
    pub sealed: Vec<u8>,
    /// The key of the consent.
    pub wrapped_key: WrappedKey,
}

/// Reads a consent that is pending verification. `None` if there is no such consent, or if it is in
/// another state.
pub fn read_unfinished(key: RecordKey) -> Operation<ReadUnfinished> {
    Operation::new(ReadUnfinished { key })
}

/// Records why a consent is still pending verification, and when it is due again: after a pause that
/// is twice as long each time. The output is that time.
pub fn put_off(
    key: RecordKey,
    reason: String,
    policy: RefreshPolicy,
    now: UnixTime,
) -> Operation<PutOff> {
    Operation::new(PutOff { key, reason, policy, now, until: None })
}

/// The decision of [`read_unfinished`].
#[derive(Clone, Debug)]
pub struct ReadUnfinished {
    key: RecordKey,
}

impl Decision for ReadUnfinished {
    type Output = Option<Unfinished>;

    fn first(&mut self) -> Vec<Statement> {
        let (tenant, id) = (self.key.tenant.as_str(), self.key.id.as_str());
        vec![
            Statement::new(
                "SELECT generation FROM fdx_consents WHERE tenant = $1 AND id = $2 AND state = $3",
            )
            .with(tenant)
            .with(id)
            .with(ConsentState::PendingVerification.name()),
            Statement::new(
                "SELECT generation, sealed FROM fdx_tokens \
                 WHERE tenant = $1 AND consent = $2 AND place = $3",
            )
            .with(tenant)
            .with(id)
            .with(CURRENT),
            keys::select(tenant, id),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Self::Output>, StoreError> {
        let Ok([consent, tokens, key]) = <[Rows; 3]>::try_from(results) else {
            return Err(StoreError::UnexpectedRows);
        };
        let (tokens, key) = (tokens.reader(), keys::read(key)?);
        let (Some(_), Some(mut row), Some(wrapped_key)) = (consent.reader(), tokens, key) else {
            return Ok(Turn::Commit(None));
        };
        let (generation, sealed) = (row.next()?, row.next()?);
        Ok(Turn::Commit(Some(Unfinished { generation, sealed, wrapped_key })))
    }
}

/// The decision of [`put_off`].
#[derive(Clone, Debug)]
pub struct PutOff {
    key: RecordKey,
    reason: String,
    policy: RefreshPolicy,
    now: UnixTime,
    until: Option<UnixTime>,
}

impl Decision for PutOff {
    type Output = UnixTime;

    fn first(&mut self) -> Vec<Statement> {
        vec![
            Statement::new(
                "SELECT failures FROM fdx_consents WHERE tenant = $1 AND id = $2 AND state = $3",
            )
            .with(self.key.tenant.as_str())
            .with(self.key.id.as_str())
            .with(ConsentState::PendingVerification.name()),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<UnixTime>, StoreError> {
        if let Some(until) = self.until {
            return Ok(Turn::Commit(until));
        }
        // It may have been completed or ended meanwhile.
        let Some(mut row) = results.into_iter().next().and_then(Rows::reader) else {
            return Ok(Turn::Commit(self.now));
        };
        let failures = u32::try_from(row.next::<i64>()?).unwrap_or(u32::MAX).saturating_add(1);
        let until = self.now + self.policy.pause_after(failures);
        self.until = Some(until);
        Ok(Turn::Run(vec![
            Statement::new(
                "UPDATE fdx_consents SET reason = $1, failures = $2, due_at = $3 \
                 WHERE tenant = $4 AND id = $5 AND state = $6",
            )
            .with(self.reason.as_str())
            .with(i64::from(failures))
            .with_time(until)
            .with(self.key.tenant.as_str())
            .with(self.key.id.as_str())
            .with(ConsentState::PendingVerification.name()),
        ]))
    }
}

impl fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfinished").field("generation", &self.generation).finish_non_exhaustive()
    }
}
