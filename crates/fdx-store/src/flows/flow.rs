use core::fmt;

use fdx_wire::UnixTime;

use super::outcome::FlowOutcome;
use crate::record::id::{RecordId, RecordKey};
use crate::record::state::ConsentState;
use crate::seal::{WrappedKey, keys};
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// A flow to store, before the customer is redirected.
#[derive(Clone, Eq, PartialEq)]
pub struct NewFlow {
    /// The key of the flow, and later of its consent.
    pub key: RecordKey,
    /// The recipient's own reference to the customer who begins it.
    pub customer: String,
    /// The institution: its issuer.
    pub institution: String,
    /// The record that the new consent will renew.
    pub renews: Option<RecordId>,
    /// The key of the consent, wrapped.
    pub wrapped_key: WrappedKey,
    /// The pending state, sealed with the key of the consent. `None` if a sealed cookie has it.
    pub sealed: Option<Vec<u8>>,
    /// When the callback must have arrived.
    pub callback_by: UnixTime,
}

/// What the store knows about a flow.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct StoredFlow {
    /// The customer who began it.
    pub customer: String,
    /// The institution: its issuer.
    pub institution: String,
    /// The record that the new consent will renew.
    pub renews: Option<RecordId>,
    /// The sealed pending state, until the flow has an outcome.
    pub sealed: Option<Vec<u8>>,
    /// The key that opens it.
    pub wrapped_key: Option<WrappedKey>,
    /// When the callback must have arrived.
    pub callback_by: UnixTime,
    /// The claim, and when it was made.
    pub claim: Option<(String, UnixTime)>,
    /// How the flow ended.
    pub outcome: Option<FlowOutcome>,
    /// The state of its consent, if its tokens were stored.
    pub consent: Option<ConsentState>,
    /// Why the consent is not complete, if its completion was put off.
    pub put_off: Option<String>,
}

/// Stores a flow. The output is `false` if another flow has this key: it is unchanged.
pub fn insert_flow(flow: NewFlow) -> Operation<InsertFlow> {
    Operation::new(InsertFlow { flow, inserting: false })
}

/// Reads a flow.
pub fn read_flow(key: RecordKey) -> Operation<ReadFlow> {
    Operation::new(ReadFlow { key })
}

/// The decision of [`insert_flow`].
#[derive(Clone, Debug)]
pub struct InsertFlow {
    flow: NewFlow,
    inserting: bool,
}

impl Decision for InsertFlow {
    type Output = bool;

    fn first(&mut self) -> Vec<Statement> {
        StoredFlow::select(&self.flow.key)
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<bool>, StoreError> {
        if self.inserting {
            let inserted = results.first().is_some_and(Rows::changed_one);
            return Ok(if inserted { Turn::Commit(true) } else { Turn::Restart });
        }
        Ok(match StoredFlow::read(results)? {
            // The commit of an earlier run of this operation had an unknown outcome.
            Some(stored) => Turn::Commit(stored.sealed == self.flow.sealed),
            None => {
                self.inserting = true;
                Turn::Run(self.flow.statements(None, None))
            }
        })
    }
}

impl NewFlow {
    /// Inserts the flow and its key, with a claim or an outcome where it has one already. The first
    /// statement must change one row.
    pub(super) fn statements(
        &self,
        claim: Option<(&str, UnixTime)>,
        outcome: Option<&FlowOutcome>,
    ) -> Vec<Statement> {
        let (tenant, id) = (self.key.tenant.as_str(), self.key.id.as_str());
        let (claim, claimed_at) = claim.unzip();
        let flow = Statement::new(
            "INSERT INTO fdx_flows (tenant, id, customer, institution, renews, sealed, \
             callback_by, claim, claimed_at, outcome, error, description) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (tenant, id) DO NOTHING",
        )
        .with_key(&self.key)
        .with(self.customer.as_str())
        .with(self.institution.as_str())
        .with(self.renews.as_ref().map(|id| id.as_str().to_owned()))
        .with(self.sealed.clone())
        .with_time(self.callback_by)
        .with(claim.map(str::to_owned))
        .with_time(claimed_at);
        let flow = FlowOutcome::bind(outcome, flow);
        match outcome {
            // Nothing will be sealed.
            Some(_) => vec![flow],
            None => vec![flow, keys::insert(tenant, id, &self.wrapped_key)],
        }
    }
}

/// The decision of [`read_flow`].
#[derive(Clone, Debug)]
pub struct ReadFlow {
    key: RecordKey,
}

impl Decision for ReadFlow {
    type Output = Option<StoredFlow>;

    fn first(&mut self) -> Vec<Statement> {
        StoredFlow::select(&self.key)
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Self::Output>, StoreError> {
        StoredFlow::read(results).map(Turn::Commit)
    }
}

impl StoredFlow {
    pub(super) fn select(key: &RecordKey) -> Vec<Statement> {
        let (tenant, id) = (key.tenant.as_str(), key.id.as_str());
        vec![
            Statement::new(
                "SELECT customer, institution, renews, sealed, callback_by, claim, claimed_at, \
                 outcome, error, description FROM fdx_flows WHERE tenant = $1 AND id = $2",
            )
            .with_key(key),
            keys::select(tenant, id),
            Statement::new("SELECT state, reason FROM fdx_consents WHERE tenant = $1 AND id = $2")
                .with_key(key),
        ]
    }

    pub(super) fn read(results: Vec<Rows>) -> Result<Option<Self>, StoreError> {
        let Ok([flow, key, consent]) = <[Rows; 3]>::try_from(results) else {
            return Err(StoreError::UnexpectedRows);
        };
        let Some(mut row) = flow.reader() else { return Ok(None) };
        let (customer, institution) = (row.next()?, row.next()?);
        let renews = row.optional_record_id()?;
        let (sealed, callback_by) = (row.optional()?, row.time()?);
        let claim = row.optional::<String>()?.zip(row.optional_time()?);
        let outcome = FlowOutcome::read(&mut row)?;
        let (mut state, mut put_off) = (None, None);
        if let Some(mut row) = consent.reader() {
            state = Some(row.state()?);
            put_off = row.optional()?;
        }
        Ok(Some(Self {
            customer,
            institution,
            renews,
            sealed,
            wrapped_key: keys::read(key)?,
            callback_by,
            claim,
            outcome,
            consent: state,
            put_off: put_off.filter(|_| state == Some(ConsentState::PendingVerification)),
        }))
    }
}

impl fmt::Debug for NewFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewFlow")
            .field("key", &self.key)
            .field("institution", &self.institution)
            .field("renews", &self.renews)
            .field("callback_by", &self.callback_by)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for StoredFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredFlow")
            .field("institution", &self.institution)
            .field("renews", &self.renews)
            .field("callback_by", &self.callback_by)
            .field("claim", &self.claim)
            .field("outcome", &self.outcome)
            .field("consent", &self.consent)
            .finish_non_exhaustive()
    }
}
