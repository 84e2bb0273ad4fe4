use core::fmt;
use core::time::Duration;

use fdx_rar::{ConsentId, ConsentReceipt};
use fdx_wire::UnixTime;

use super::row::StoredRevocation;
use crate::receipts::{Cause, Revocation};
use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::refresh::begin::{AllTokens, StoredTokens};
use crate::refresh::row::Row;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// A revocation with parts to do, and what they need.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct OpenRevocation {
    /// The consent.
    pub key: RecordKey,
    /// The revocation.
    pub stored: StoredRevocation,
    /// The institution's id of the consent, if it is known and its consent API has the consent: the
    /// request was for an FDX consent, or is not known.
    pub consent_id: Option<ConsentId>,
    /// All tokens that are stored: the current ones first, then responses that lost a comparison.
    pub tokens: Vec<StoredTokens>,
}

/// Whether there is a revocation to carry out.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RevocationBegun {
    /// Carry out the parts that have no outcome. The intent is stored.
    Open(Box<OpenRevocation>),
    /// There is nothing to do: it is revoked completely, or the institution ended the consent.
    Ended {
        /// The consent's state.
        state: ConsentState,
        /// The revocation, if one is recorded.
        stored: Option<Box<StoredRevocation>>,
    },
    /// No revocation has begun, and none was asked for.
    NotBegun,
    /// The store has no such consent.
    NotFound,
}

/// Stores the intent to revoke a consent, and sets its state `revoked`; or finds the revocation that
/// began before, which counts. Without an `intent`, only an earlier one is found.
///
/// A consent that is expired, dead or pending verification is revoked as well: its tokens may still be
/// valid.
pub fn begin_revocation(
    key: RecordKey,
    intent: Option<Revocation>,
    cause: Cause,
    now: UnixTime,
) -> Operation<BeginRevocation> {
    Operation::new(BeginRevocation { key, intent, cause, now, begun: None })
}

/// How long the process that began a revocation has for it. Then it is due for a keeper.
const PICK_UP: Duration = Duration::from_secs(60);

/// The decision of [`begin_revocation`].
#[derive(Clone, Debug)]
pub struct BeginRevocation {
    key: RecordKey,
    intent: Option<Revocation>,
    cause: Cause,
    now: UnixTime,
    /// The revocation whose intent is being stored.
    begun: Option<RevocationBegun>,
}

impl Decision for BeginRevocation {
    type Output = RevocationBegun;

    fn first(&mut self) -> Vec<Statement> {
        let [tokens, key] = AllTokens::select(&self.key);
        vec![
            Row::select(&self.key),
            StoredRevocation::select(&self.key),
            Statement::new(
                "SELECT consent_id, access FROM fdx_consents WHERE tenant = $1 AND id = $2",
            )
            .with_key(&self.key),
            tokens,
            key,
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<RevocationBegun>, StoreError> {
        if let Some(begun) = self.begun.take() {
            let stored = results.iter().all(Rows::changed_one);
            return Ok(if stored { Turn::Commit(begun) } else { Turn::Restart });
        }
        let Ok([row, stored, grant, tokens, key]) = <[Rows; 5]>::try_from(results) else {
            return Err(StoreError::UnexpectedRows);
        };
        let Some(row) = Row::read(row)? else {
            return Ok(Turn::Commit(RevocationBegun::NotFound));
        };
        let stored = StoredRevocation::read(stored)?;
        let open = |stored: StoredRevocation| {
            let tokens = AllTokens::read(tokens, key)?.current_first();
            let consent_id = consent_id(grant)?;
            let open = OpenRevocation { key: self.key.clone(), stored, consent_id, tokens };
            Ok(RevocationBegun::Open(Box::new(open)))
        };
        match (stored, &self.intent) {
            (Some(stored), _) if stored.ended_at.is_none() => open(stored).map(Turn::Commit),
            (None, None) => Ok(Turn::Commit(RevocationBegun::NotBegun)),
            (None, Some(intent))
                if !matches!(row.state, ConsentState::Erased | ConsentState::Revoked) =>
            {
                let stored = StoredRevocation {
                    cause: self.cause.clone(),
                    revocation: intent.clone(),
                    failures: 0,
                    begun_at: self.now,
                    ended_at: None,
                };
                // It is due soon, so that a keeper continues after a crash.
                let (state, due_at) = (ConsentState::Revoked, Some(self.now + PICK_UP));
                let revoked = row.ended(&self.key, state, None, due_at, self.now);
                let statements = vec![stored.insert(&self.key), revoked];
                self.begun = Some(open(stored)?);
                Ok(Turn::Run(statements))
            }
            (stored, _) => {
                let stored = stored.map(Box::new);
                Ok(Turn::Commit(RevocationBegun::Ended { state: row.state, stored }))
            }
        }
    }
}

/// The consent's id at the consent API. FDX's consent API has only FDX consents. An imported consent
/// has no receipt: a request with its id does no harm.
fn consent_id(rows: Rows) -> Result<Option<ConsentId>, StoreError> {
    let Some(mut row) = rows.reader() else { return Ok(None) };
    let (id, access) = (row.optional::<String>()?, row.optional::<String>()?);
    let receipt = access.and_then(|json| ConsentReceipt::from_json(json).ok());
    let is_fdx = receipt.is_none_or(|receipt| receipt.requested().is_some());
    Ok(id.filter(|_| is_fdx).and_then(|id| id.parse().ok()))
}

impl fmt::Debug for OpenRevocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenRevocation")
            .field("key", &self.key)
            .field("stored", &self.stored)
            .field("tokens", &self.tokens.len())
            .finish_non_exhaustive()
    }
}
