use fdx_wire::{Entropy, Label, UnixTime};

use super::flow::{NewFlow, StoredFlow};
use super::outcome::FlowOutcome;
use crate::record::id::{RecordKey, short_id};
use crate::seal::keys;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

const CLAIM: Label = Label::new("store claim");

/// One claim of a flow, by one process.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClaimId(String);

impl ClaimId {
    /// Derives the id from unpredictable bytes.
    #[must_use]
    pub fn new(entropy: &Entropy) -> Self {
        Self(short_id(entropy, CLAIM))
    }

    /// The text, 22 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A claim to make, after `state` and `iss` of the callback were checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    /// The flow.
    pub key: RecordKey,
    /// The claim.
    pub id: ClaimId,
    /// The flow, if a sealed cookie had its pending state: it is stored with the claim.
    pub new: Option<NewFlow>,
    /// How the flow ends with the claim: the callback has an error in place of a code.
    pub outcome: Option<FlowOutcome>,
}

/// Whether a claim was made.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Claimed {
    /// It was, now or by an earlier run of the same operation. Only its process may send the code.
    Claimed {
        /// When.
        at: UnixTime,
    },
    /// Another claim was made before.
    Taken(Box<StoredFlow>),
    /// The store has no such flow.
    NotFound,
}

/// Claims a flow. At most one claim of a flow is ever made.
pub fn claim_flow(claim: Claim, now: UnixTime) -> Operation<ClaimFlow> {
    Operation::new(ClaimFlow { claim, now, claiming: false })
}

/// Stores the outcome of a claimed flow that has no tokens, and deletes its pending state and its key.
/// If the flow has another claim, or its consent is stored, nothing is changed.
pub fn end_flow(key: RecordKey, claim: ClaimId, outcome: FlowOutcome) -> Operation<EndFlow> {
    Operation::new(EndFlow { key, claim, outcome, ending: false })
}

/// The decision of [`claim_flow`].
#[derive(Clone, Debug)]
pub struct ClaimFlow {
    claim: Claim,
    now: UnixTime,
    claiming: bool,
}

impl Decision for ClaimFlow {
    type Output = Claimed;

    fn first(&mut self) -> Vec<Statement> {
        StoredFlow::select(&self.claim.key)
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Claimed>, StoreError> {
        let at = self.now;
        if self.claiming {
            let claimed = results.first().is_some_and(Rows::changed_one);
            return Ok(if claimed { Turn::Commit(Claimed::Claimed { at }) } else { Turn::Restart });
        }
        let id = self.claim.id.as_str();
        let statements = match StoredFlow::read(results)? {
            Some(StoredFlow { claim: Some((claim, at)), .. }) if claim == id => {
                return Ok(Turn::Commit(Claimed::Claimed { at }));
            }
            Some(flow) if flow.claim.is_some() => {
                return Ok(Turn::Commit(Claimed::Taken(flow.into())));
            }
            Some(_) => self.claim.statements(at),
            None => match &self.claim.new {
                Some(new) => new.statements(Some((id, at)), self.claim.outcome.as_ref()),
                None => return Ok(Turn::Commit(Claimed::NotFound)),
            },
        };
        self.claiming = true;
        Ok(Turn::Run(statements))
    }
}

impl Claim {
    /// Claims a stored flow. The first statement must change one row.
    fn statements(&self, now: UnixTime) -> Vec<Statement> {
        let claim = Statement::new(
            "UPDATE fdx_flows SET claim = $1, claimed_at = $2 \
             WHERE tenant = $3 AND id = $4 AND claim IS NULL",
        )
        .with(self.id.as_str())
        .with_time(now)
        .with_key(&self.key);
        let mut statements = vec![claim];
        if let Some(outcome) = &self.outcome {
            statements.extend(ended(&self.key, &self.id, outcome));
        }
        statements
    }
}

/// The decision of [`end_flow`].
#[derive(Clone, Debug)]
pub struct EndFlow {
    key: RecordKey,
    claim: ClaimId,
    outcome: FlowOutcome,
    ending: bool,
}

impl Decision for EndFlow {
    type Output = ();

    fn first(&mut self) -> Vec<Statement> {
        StoredFlow::select(&self.key)
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<()>, StoreError> {
        if self.ending {
            return Ok(Turn::Commit(()));
        }
        let flow = StoredFlow::read(results)?.filter(|flow| flow.consent.is_none());
        let claim = flow.and_then(|flow| flow.claim).map(|(claim, _)| claim);
        if claim.as_deref() != Some(self.claim.as_str()) {
            return Ok(Turn::Commit(()));
        }
        self.ending = true;
        Ok(Turn::Run(ended(&self.key, &self.claim, &self.outcome).into()))
    }
}

fn ended(key: &RecordKey, claim: &ClaimId, outcome: &FlowOutcome) -> [Statement; 2] {
    let outcome = FlowOutcome::bind(
        Some(outcome),
        Statement::new(
            "UPDATE fdx_flows SET sealed = NULL, outcome = $1, error = $2, description = $3 \
             WHERE tenant = $4 AND id = $5 AND claim = $6",
        ),
    );
    [outcome.with_key(key).with(claim.as_str()), keys::delete(key)]
}

/// Stores the outcome of a flow whose consent is stored, for the decision that completes it. Changes no
/// row if the flow is deleted.
pub(crate) fn granted(key: &RecordKey) -> Statement {
    Statement::new("UPDATE fdx_flows SET sealed = NULL, outcome = $1 WHERE tenant = $2 AND id = $3")
        .with(FlowOutcome::Granted.name())
        .with_key(key)
}
