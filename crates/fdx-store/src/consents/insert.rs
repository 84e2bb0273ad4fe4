use core::fmt;

use fdx_wire::UnixTime;

use crate::record::id::RecordKey;
use crate::record::state::ConsentState;
use crate::refresh::begin::CURRENT;
use crate::refresh::policy::slot;
use crate::seal::{WrappedKey, keys};
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// A consent to insert, with its first tokens.
#[derive(Clone)]
pub struct NewConsent {
    /// The key of the record.
    pub key: RecordKey,
    /// The recipient's own reference to the customer.
    pub customer: String,
    /// The institution: its issuer.
    pub institution: String,
    /// The client at the institution.
    pub client_id: String,
    /// The dialect.
    pub dialect: Option<String>,
    /// The institution's id of the consent.
    pub consent_id: Option<String>,
    /// The customer's identity at the institution.
    pub subject: Option<String>,
    /// The state: pending verification after a code exchange, active after an import.
    pub state: ConsentState,
    /// Why it is in this state, such as an unknown coverage.
    pub reason: Option<String>,
    /// The wrapped key of the consent.
    pub wrapped_key: WrappedKey,
    /// The tokens, sealed for generation 0.
    pub sealed: Vec<u8>,
    /// Whether the tokens are verified.
    pub verified: bool,
    /// When the access token expires.
    pub access_expires_at: Option<UnixTime>,
    /// When the refresh token expires.
    pub refresh_expires_at: Option<UnixTime>,
    /// When the consent expires.
    pub consent_expires_at: Option<UnixTime>,
    /// When the consent is due first.
    pub due_at: Option<UnixTime>,
    /// The record that this consent renews.
    pub renews: Option<String>,
}

/// Whether a consent was inserted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Inserted {
    /// It was, now or by an earlier run of the same operation.
    New,
    /// Another consent has this key. It is unchanged.
    Exists,
}

/// Inserts a consent with its first tokens.
pub fn insert_consent(consent: NewConsent, now: UnixTime) -> Operation<InsertConsent> {
    let (consent, key_row) = (Box::new(consent), KeyRow::New);
    Operation::new(InsertConsent { consent, key_row, now, inserting: false })
}

/// Inserts the consent of a flow, whose key is stored already.
pub(crate) fn insert_consent_of_flow(
    consent: NewConsent,
    now: UnixTime,
) -> Operation<InsertConsent> {
    let (consent, key_row) = (Box::new(consent), KeyRow::OfFlow);
    Operation::new(InsertConsent { consent, key_row, now, inserting: false })
}

/// Whether the key of a consent has a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum KeyRow {
    /// It has none: a row would be another consent's.
    New,
    /// It has one since its flow began, which may be wrapped again meanwhile.
    OfFlow,
}

/// The decision of [`insert_consent`].
#[derive(Clone, Debug)]
pub struct InsertConsent {
    consent: Box<NewConsent>,
    key_row: KeyRow,
    now: UnixTime,
    inserting: bool,
}

impl Decision for InsertConsent {
    type Output = Inserted;

    fn first(&mut self) -> Vec<Statement> {
        let key = &self.consent.key;
        vec![
            Statement::new(
                "SELECT sealed FROM fdx_tokens WHERE tenant = $1 AND consent = $2 AND place = $3",
            )
            .with_key(key)
            .with(CURRENT),
            Statement::new("SELECT id FROM fdx_consents WHERE tenant = $1 AND id = $2")
                .with_key(key),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Inserted>, StoreError> {
        if self.inserting {
            return Ok(Turn::Commit(Inserted::New));
        }
        let Ok([tokens, consent]) = <[Rows; 2]>::try_from(results) else {
            return Err(StoreError::UnexpectedRows);
        };
        if consent.rows.is_empty() {
            self.inserting = true;
            return Ok(Turn::Run(self.consent.statements(self.key_row, self.now)));
        }
        let sealed = tokens.reader().map(|mut row| row.next::<Vec<u8>>()).transpose()?;
        // The commit of an earlier run of this operation had an unknown outcome.
        let same = sealed.is_some_and(|sealed| sealed == self.consent.sealed);
        Ok(Turn::Commit(if same { Inserted::New } else { Inserted::Exists }))
    }
}

impl NewConsent {
    fn statements(&self, key_row: KeyRow, now: UnixTime) -> Vec<Statement> {
        let (tenant, id) = (self.key.tenant.as_str(), self.key.id.as_str());
        let consent = Statement::new(
            "INSERT INTO fdx_consents (tenant, id, customer, institution, client_id, dialect, \
             consent_id, subject, state, state_since, reason, renews, generation, verified, \
             access_expires_at, refresh_expires_at, consent_expires_at, refreshed_at, unanswered, \
             failures, slot, due_at, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, $15, $16, $17, \
             0, 0, $18, $19, $20)",
        )
        .with_key(&self.key)
        .with(self.customer.as_str())
        .with(self.institution.as_str())
        .with(self.client_id.as_str())
        .with(self.dialect.clone())
        .with(self.consent_id.clone())
        .with(self.subject.clone())
        .with(self.state.name())
        .with_time(now)
        .with(self.reason.clone())
        .with(self.renews.clone())
        .with(i64::from(self.verified))
        .with_time(self.access_expires_at)
        .with_time(self.refresh_expires_at)
        .with_time(self.consent_expires_at)
        .with_time(now)
        .with(slot(&self.key.id))
        .with_time(self.due_at)
        .with_time(now);
        let key = match key_row {
            KeyRow::New => Statement::new(
                "INSERT INTO fdx_keys (tenant, consent, key_id, wrapped) VALUES ($1, $2, $3, $4)",
            )
            .with_key(&self.key)
            .with(i64::from(self.wrapped_key.key_id))
            .with(self.wrapped_key.bytes.clone()),
            KeyRow::OfFlow => keys::insert(tenant, id, &self.wrapped_key),
        };
        let tokens = Statement::new(
            "INSERT INTO fdx_tokens (tenant, consent, place, generation, sealed, stored_at) \
             VALUES ($1, $2, $3, 0, $4, $5)",
        )
        .with_key(&self.key)
        .with(CURRENT)
        .with(self.sealed.clone())
        .with_time(now);
        vec![consent, key, tokens]
    }
}

impl fmt::Debug for NewConsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewConsent")
            .field("key", &self.key)
            .field("institution", &self.institution)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
