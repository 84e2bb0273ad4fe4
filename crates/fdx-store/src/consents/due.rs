use fdx_wire::UnixTime;

use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::refresh::policy::{RefreshPolicy, SLOTS};
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{RowReader, Rows, Statement};

/// A consent that is due.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Due {
    /// The consent.
    pub key: RecordKey,
    /// The institution: its issuer.
    pub institution: String,
    /// Its state.
    pub state: ConsentState,
    /// When the consent expires.
    pub consent_expires_at: Option<UnixTime>,
    /// Since when.
    pub since: UnixTime,
}

impl Due {
    /// What is due, by the policy of its institution.
    #[must_use]
    pub fn kind(&self, policy: &RefreshPolicy, now: UnixTime) -> DueKind {
        let renewable = matches!(self.state, ConsentState::Active | ConsentState::Narrowed);
        match self.consent_expires_at {
            _ if self.state == ConsentState::Revoked => DueKind::Revoke,
            Some(ends) if ends <= now => DueKind::Expire,
            _ if self.state == ConsentState::PendingVerification => DueKind::Verify,
            ends if renewable && policy.is_renewal_due(&self.key.id, ends, now) => DueKind::Renew,
            _ => DueKind::Refresh,
        }
    }
}

/// What is due for a consent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum DueKind {
    /// Verify its first tokens, and read what was granted.
    Verify,
    /// Refresh its tokens: they are kept alive, or an earlier attempt failed.
    Refresh,
    /// Ask the customer again: the consent ends soon.
    Renew,
    /// Record that its time is over.
    Expire,
    /// Carry out the parts of its revocation that have no outcome.
    Revoke,
}

/// How many institutions [`due`] can leave out.
pub const MOST_LEFT_OUT: usize = 8;

/// Reads at most `limit` due consents of one slot, of all tenants, the longest due first. There are
/// [`slots`](due_slots): processes read different ones, so that they do not wait for each other.
///
/// Those of the institutions `left_out` are not read, so that a busy one does not hide the others behind
/// its own. Only the first [`MOST_LEFT_OUT`] of them count.
pub fn due(slot: u16, left_out: &[&str], limit: u16, now: UnixTime) -> Operation<ReadDue> {
    let left_out = left_out.iter().take(MOST_LEFT_OUT).map(|it| (*it).to_owned()).collect();
    Operation::new(ReadDue { slot: slot % SLOTS, left_out, limit, now })
}

/// The number of slots.
#[must_use]
pub fn due_slots() -> u16 {
    SLOTS
}

/// The decision of [`due`].
#[derive(Clone, Debug)]
pub struct ReadDue {
    slot: u16,
    left_out: Vec<String>,
    limit: u16,
    now: UnixTime,
}

impl Decision for ReadDue {
    type Output = Vec<Due>;

    fn first(&mut self) -> Vec<Statement> {
        let select = Statement::new(
            "SELECT tenant, id, institution, state, consent_expires_at, due_at \
             FROM fdx_consents WHERE slot = $1 AND due_at <= $2 \
             AND institution NOT IN ($3, $4, $5, $6, $7, $8, $9, $10) ORDER BY due_at LIMIT $11",
        )
        .with(i64::from(self.slot))
        .with_time(self.now);
        // No institution has an empty issuer.
        let left_out = self.left_out.iter().map(String::as_str).chain(core::iter::repeat(""));
        let select = left_out.take(MOST_LEFT_OUT).fold(select, Statement::with);
        vec![select.with(i64::from(self.limit))]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Vec<Due>>, StoreError> {
        let rows = results.into_iter().next().ok_or(StoreError::UnexpectedRows)?;
        let read = |mut row: RowReader| {
            Ok(Due {
                key: row.record_key()?,
                institution: row.next()?,
                state: row.state()?,
                consent_expires_at: row.optional_time()?,
                since: row.time()?,
            })
        };
        rows.readers().map(read).collect::<Result<_, _>>().map(Turn::Commit)
    }
}
