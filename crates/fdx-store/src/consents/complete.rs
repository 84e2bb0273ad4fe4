use core::fmt;

use fdx_rar::ConsentReceipt;
use fdx_wire::UnixTime;

use crate::flows::claim::granted;
use crate::receipts::{Append, Cause, Event, Next, ReceiptDraft, Renewal};
use crate::record::id::{RecordId, RecordKey};
use crate::record::state::ConsentState;
use crate::refresh::begin::CURRENT;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// What completes a consent whose tokens are stored: the verified tokens, and what was granted.
#[derive(Clone)]
pub struct Completion {
    /// The consent.
    pub key: RecordKey,
    /// The generation of the tokens that were verified.
    pub generation: i64,
    /// The verified tokens, sealed for this generation.
    pub sealed: Vec<u8>,
    /// The customer's identity at the institution.
    pub subject: Option<String>,
    /// What was granted.
    pub receipt: Box<ConsentReceipt>,
    /// When the consent is due first.
    pub due_at: Option<UnixTime>,
}

/// Whether a consent was completed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Completed {
    /// It is, now or by an earlier run.
    Active,
    /// Its tokens were replaced meanwhile: those were not verified.
    OtherTokens,
    /// It ended meanwhile: revoke its tokens.
    Ended {
        /// Its state.
        state: ConsentState,
    },
    /// The store has no such consent.
    NotFound,
}

/// Completes a consent that is pending verification, in one transaction: its state is active, its
/// tokens are verified, its receipt is appended, its flow has an outcome, and older consents of the
/// same subject are marked as possibly superseded. A renewal has a receipt in both chains: a consent
/// renews one of the same customer at the same institution, which the caller may not have checked.
pub fn complete_consent(completion: Completion, now: UnixTime) -> Operation<CompleteConsent> {
    let state = State::Looking;
    Operation::new(CompleteConsent { completion: Box::new(completion), now, state })
}

/// The decision of [`complete_consent`].
#[derive(Clone, Debug)]
pub struct CompleteConsent {
    completion: Box<Completion>,
    now: UnixTime,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Reading the consent.
    Looking,
    /// Reading the record that it renews, its chains, and other consents of the customer.
    Reading(Box<Pending>),
    /// Each of the first statements must change one row.
    Writing { must_change: usize },
}

/// The consent as it was inserted.
#[derive(Clone, Debug)]
struct Pending {
    customer: String,
    institution: String,
    client_id: String,
    renews: Option<RecordId>,
    created_at: UnixTime,
}

/// Another consent of the same subject, at the same institution.
struct Other {
    id: String,
    state: ConsentState,
    created_at: UnixTime,
}

impl Decision for CompleteConsent {
    type Output = Completed;

    fn first(&mut self) -> Vec<Statement> {
        let key = &self.completion.key;
        vec![
            Statement::new(
                "SELECT state, generation, customer, institution, client_id, renews, created_at \
                 FROM fdx_consents WHERE tenant = $1 AND id = $2",
            )
            .with_key(key),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Completed>, StoreError> {
        match core::mem::replace(&mut self.state, State::Looking) {
            State::Looking => self.looked(results),
            State::Reading(pending) => {
                let (statements, must_change) = self.write(&pending, results)?;
                self.state = State::Writing { must_change };
                Ok(Turn::Run(statements))
            }
            State::Writing { must_change } => {
                let changed = results.iter().take(must_change).all(Rows::changed_one);
                Ok(if changed { Turn::Commit(Completed::Active) } else { Turn::Restart })
            }
        }
    }
}

impl CompleteConsent {
    fn looked(&mut self, results: Vec<Rows>) -> Result<Turn<Completed>, StoreError> {
        let Some(mut row) = results.into_iter().next().and_then(Rows::reader) else {
            return Ok(Turn::Commit(Completed::NotFound));
        };
        let state = row.state()?;
        if state != ConsentState::PendingVerification {
            let ended = Completed::Ended { state };
            let completed = if state.is_alive() { Completed::Active } else { ended };
            return Ok(Turn::Commit(completed));
        }
        if row.next::<i64>()? != self.completion.generation {
            return Ok(Turn::Commit(Completed::OtherTokens));
        }
        let pending = Pending {
            customer: row.next()?,
            institution: row.next()?,
            client_id: row.next()?,
            renews: row.optional_record_id()?,
            created_at: row.time()?,
        };
        let statements = self.reads(&pending);
        self.state = State::Reading(Box::new(pending));
        Ok(Turn::Run(statements))
    }

    /// Reads the chain of this consent; its other consents, by customer and by subject; and of the
    /// record that it renews, the subject and the chain.
    fn reads(&self, pending: &Pending) -> Vec<Statement> {
        let Completion { key, subject, .. } = &*self.completion;
        let mut statements = Vec::from(self.append(None).reads());
        statements.push(
            Statement::new(
                "SELECT id, state, created_at, subject FROM fdx_consents \
                 WHERE tenant = $1 AND customer = $2 AND institution = $3 AND client_id = $4 \
                 AND superseded_by IS NULL",
            )
            .with(key.tenant.as_str())
            .with(pending.customer.as_str())
            .with(pending.institution.as_str())
            .with(pending.client_id.as_str()),
        );
        statements.push(
            Statement::new(
                "SELECT id, state, created_at, subject FROM fdx_consents \
                 WHERE tenant = $1 AND institution = $2 AND subject = $3 AND client_id = $4 \
                 AND superseded_by IS NULL",
            )
            .with(key.tenant.as_str())
            .with(pending.institution.as_str())
            .with(subject.clone())
            .with(pending.client_id.as_str()),
        );
        if let Some(renews) = &pending.renews {
            statements.push(
                Statement::new(
                    "SELECT subject FROM fdx_consents WHERE tenant = $1 AND id = $2 \
                     AND customer = $3 AND institution = $4",
                )
                .with(key.tenant.as_str())
                .with(renews.as_str())
                .with(pending.customer.as_str())
                .with(pending.institution.as_str()),
            );
            statements.extend(self.renewed_by(renews).reads());
        }
        statements
    }

    /// All changes, and how many of the first ones must change one row.
    fn write(
        &self,
        pending: &Pending,
        results: Vec<Rows>,
    ) -> Result<(Vec<Statement>, usize), StoreError> {
        let mut results = results.into_iter();
        // The receipt of the new consent depends on what it renews, its head does not.
        let chain: Vec<Rows> = results.by_ref().take(2).collect();
        let mut others = Vec::new();
        for rows in results.by_ref().take(2) {
            self.others(rows, &mut others)?;
        }
        let mut renews = None;
        let mut inserts = Vec::new();
        if let Some(id) = &pending.renews {
            let renewed = results.next().and_then(Rows::reader);
            let subject = renewed.map(|mut row| row.optional::<String>()).transpose()?;
            if subject.is_some_and(|subject| self.is_same_subject(subject.as_deref())) {
                renews = Some(id);
                inserts.push(self.renewed_by(id).next(&mut results)?);
            }
        }
        inserts.push(self.append(renews).next(&mut chain.into_iter())?);
        let newer = self.newest_after(pending, &others);
        let mut statements = vec![self.activate(renews, newer), self.tokens()];
        statements.extend(inserts.into_iter().filter_map(|next| match next {
            Next::Insert(insert, _) => Some(insert),
            Next::Appended(_) => None,
        }));
        let must_change = statements.len();
        statements.push(granted(&self.completion.key));
        let older = others.iter().filter(|other| !self.is_after(other, pending));
        statements.extend(older.map(|other| self.supersede(&other.id)));
        Ok((statements, must_change))
    }

    fn others(&self, rows: Rows, others: &mut Vec<Other>) -> Result<(), StoreError> {
        for mut row in rows.readers() {
            let id: String = row.next()?;
            let (state, created_at) = (row.state()?, row.time()?);
            let subject: Option<String> = row.optional()?;
            let is_other = id != self.completion.key.id.as_str()
                && !state.has_ended()
                && self.is_same_subject(subject.as_deref())
                && others.iter().all(|other| other.id != id);
            if is_other {
                others.push(Other { id, state, created_at });
            }
        }
        Ok(())
    }

    /// Whether another consent is of the same subject, or one of both subjects is unknown.
    fn is_same_subject(&self, other: Option<&str>) -> bool {
        let subject = self.completion.subject.as_deref();
        subject.zip(other).is_none_or(|(subject, other)| subject == other)
    }

    fn is_after(&self, other: &Other, pending: &Pending) -> bool {
        let own = (pending.created_at, self.completion.key.id.as_str());
        (other.created_at, other.id.as_str()) > own
    }

    /// The newest consent that supersedes this one, if a later flow was faster.
    fn newest_after<'a>(&self, pending: &Pending, others: &'a [Other]) -> Option<&'a str> {
        let after = others
            .iter()
            .filter(|other| other.state.is_alive() && self.is_after(other, pending))
            .max_by_key(|other| (other.created_at, &other.id));
        after.map(|other| other.id.as_str())
    }

    fn activate(&self, renews: Option<&RecordId>, superseded_by: Option<&str>) -> Statement {
        let Completion { key, generation, subject, receipt, due_at, .. } = &*self.completion;
        Statement::new(
            "UPDATE fdx_consents SET state = 'active', state_since = $1, reason = NULL, \
             access = $2, consent_id = $3, subject = $4, consent_expires_at = $5, renews = $6, \
             superseded_by = $7, verified = 1, failures = 0, not_before = NULL, due_at = $8 \
             WHERE tenant = $9 AND id = $10 AND generation = $11 \
             AND state = 'pending_verification'",
        )
        .with_time(self.now)
        .with(receipt.canonical_json())
        .with(receipt.consent_id().map(|id| id.as_str().to_owned()))
        .with(subject.clone())
        .with_time(receipt.expiration().time())
        .with(renews.map(|id| id.as_str().to_owned()))
        .with(superseded_by.map(str::to_owned))
        .with_time(*due_at)
        .with_key(key)
        .with(*generation)
    }

    fn tokens(&self) -> Statement {
        let Completion { key, generation, sealed, .. } = &*self.completion;
        Statement::new(
            "UPDATE fdx_tokens SET sealed = $1 \
             WHERE tenant = $2 AND consent = $3 AND place = $4 AND generation = $5",
        )
        .with(sealed.clone())
        .with_key(key)
        .with(CURRENT)
        .with(*generation)
    }

    fn supersede(&self, id: &str) -> Statement {
        let key = &self.completion.key;
        Statement::new("UPDATE fdx_consents SET superseded_by = $1 WHERE tenant = $2 AND id = $3")
            .with(key.id.as_str())
            .with(key.tenant.as_str())
            .with(id)
    }

    /// The receipt in the chain of this consent.
    fn append(&self, renews: Option<&RecordId>) -> Append {
        let Completion { key, receipt, .. } = &*self.completion;
        let event = match renews {
            Some(id) => {
                Event::Renewed { receipt: receipt.clone(), link: Renewal::Renews(id.clone()) }
            }
            None => Event::Granted { receipt: receipt.clone() },
        };
        Append { key: key.clone(), draft: self.draft(event) }
    }

    /// The receipt in the chain of the renewed record.
    fn renewed_by(&self, renewed: &RecordId) -> Append {
        let Completion { key, receipt, .. } = &*self.completion;
        let link = Renewal::RenewedBy(key.id.clone());
        let event = Event::Renewed { receipt: receipt.clone(), link };
        let key = RecordKey::new(key.tenant.clone(), renewed.clone());
        Append { key, draft: self.draft(event) }
    }

    fn draft(&self, event: Event) -> ReceiptDraft {
        ReceiptDraft::new(self.now, Cause::from(self.completion.key.id.clone()), event)
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion")
            .field("key", &self.key)
            .field("generation", &self.generation)
            .field("due_at", &self.due_at)
            .finish_non_exhaustive()
    }
}
