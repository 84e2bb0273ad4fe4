use fdx_wire::UnixTime;

use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::sql::operation::StoreError;
use crate::sql::statement::{Rows, Statement};

/// What decides about a refresh, of one row of `fdx_consents`.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) state: ConsentState,
    pub(crate) state_since: UnixTime,
    pub(crate) reason: Option<String>,
    pub(crate) institution: String,
    pub(crate) generation: i64,
    pub(crate) verified: bool,
    /// The attempt that stored the current tokens.
    pub(crate) stored_by: Option<String>,
    pub(crate) access_expires_at: Option<UnixTime>,
    pub(crate) consent_expires_at: Option<UnixTime>,
    /// The attempt that has no response yet, and its deadline.
    pub(crate) attempt: Option<(String, UnixTime)>,
    /// Attempts with the current tokens that got no response, and when the first began.
    pub(crate) unanswered: i64,
    pub(crate) unanswered_since: Option<UnixTime>,
    pub(crate) failures: u32,
    pub(crate) not_before: Option<UnixTime>,
}

impl Row {
    pub(crate) fn select(key: &RecordKey) -> Statement {
        Statement::new(
            "SELECT state, state_since, reason, institution, generation, verified, stored_by, \
             access_expires_at, consent_expires_at, attempt, deadline, unanswered, unanswered_since, \
             failures, not_before \
             FROM fdx_consents WHERE tenant = $1 AND id = $2",
        )
        .with_key(key)
    }

    /// Counts the receipts of a narrowed consent: the states `suspect` and `renewal_due` hide that it is
    /// narrowed.
    pub(crate) fn narrowings(key: &RecordKey) -> Statement {
        Statement::new(
            "SELECT COUNT(*) FROM fdx_receipts WHERE tenant = $1 AND consent = $2 AND kind = $3",
        )
        .with_key(key)
        .with("narrowed")
    }

    /// Reads [`narrowings`](Self::narrowings).
    pub(crate) fn is_narrowed(rows: Rows) -> Result<bool, StoreError> {
        let count: i64 = rows.reader().ok_or(StoreError::UnexpectedRows)?.next()?;
        Ok(count > 0)
    }

    /// Ends the consent: no attempt is open, and nothing is due except at `due_at`. Changes one row,
    /// unless the consent was changed since it was read.
    pub(crate) fn ended(
        &self,
        key: &RecordKey,
        state: ConsentState,
        reason: Option<&str>,
        due_at: Option<UnixTime>,
        now: UnixTime,
    ) -> Statement {
        let attempt = self.attempt.as_ref().map_or("", |(attempt, _)| attempt);
        Statement::new(
            "UPDATE fdx_consents SET state = $1, state_since = $2, reason = $3, attempt = NULL, \
             deadline = NULL, not_before = NULL, due_at = $4 \
             WHERE tenant = $5 AND id = $6 AND state = $7 AND generation = $8 \
             AND COALESCE(attempt, '') = $9",
        )
        .with(state.name())
        .with_time(now)
        .with(reason.map(str::to_owned))
        .with_time(due_at)
        .with_key(key)
        .with(self.state.name())
        .with(self.generation)
        .with(attempt)
    }

    pub(crate) fn read(rows: Rows) -> Result<Option<Self>, StoreError> {
        let Some(mut row) = rows.reader() else { return Ok(None) };
        let state = row.state()?;
        let (state_since, reason) = (row.time()?, row.optional()?);
        let (institution, generation) = (row.next()?, row.next()?);
        let verified = row.next::<i64>()? != 0;
        let (stored_by, access_expires_at) = (row.optional()?, row.optional_time()?);
        let consent_expires_at = row.optional_time()?;
        let attempt = row.optional::<String>()?.zip(row.optional_time()?);
        let (unanswered, unanswered_since) = (row.next()?, row.optional_time()?);
        let failures = u32::try_from(row.next::<i64>()?).unwrap_or(u32::MAX);
        Ok(Some(Self {
            state,
            state_since,
            reason,
            institution,
            generation,
            verified,
            stored_by,
            access_expires_at,
            consent_expires_at,
            attempt,
            unanswered,
            unanswered_since,
            failures,
            not_before: row.optional_time()?,
        }))
    }
}
