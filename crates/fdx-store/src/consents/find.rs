use fdx_wire::UnixTime;

use crate::record::id::{RecordId, RecordKey, Tenant};
use crate::record::state::ConsentState;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{RowReader, Rows, Statement};

/// What the store knows about a consent, without its tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConsentRow {
    /// The id of the record.
    pub id: RecordId,
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
    /// The state.
    pub state: ConsentState,
    /// Since when.
    pub state_since: UnixTime,
    /// Why, with the institution's words.
    pub reason: Option<String>,
    /// What was granted and withheld: the last receipt of a grant, as canonical JSON.
    pub access: Option<String>,
    /// The record that this consent renews.
    pub renews: Option<RecordId>,
    /// A newer consent of the same customer at the same institution, which possibly supersedes this
    /// one.
    pub superseded_by: Option<RecordId>,
    /// How often its tokens were replaced.
    pub generation: i64,
    /// When the access token expires.
    pub access_expires_at: Option<UnixTime>,
    /// When the refresh token expires.
    pub refresh_expires_at: Option<UnixTime>,
    /// When the consent expires.
    pub consent_expires_at: Option<UnixTime>,
    /// The last refresh.
    pub refreshed_at: UnixTime,
    /// How many refreshes failed in a row.
    pub failures: i64,
    /// The earliest time of the next attempt after a failure.
    pub not_before: Option<UnixTime>,
    /// When something is due.
    pub due_at: Option<UnixTime>,
    /// When the record was inserted.
    pub created_at: UnixTime,
}

macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "SELECT id, customer, institution, client_id, dialect, consent_id, subject, state, \
             state_since, reason, access, renews, superseded_by, generation, access_expires_at, \
             refresh_expires_at, consent_expires_at, refreshed_at, failures, not_before, due_at, \
             created_at FROM fdx_consents WHERE tenant = $1 ",
            $rest
        )
    };
}

impl ConsentRow {
    fn read(mut row: RowReader) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.record_id()?,
            customer: row.next()?,
            institution: row.next()?,
            client_id: row.next()?,
            dialect: row.optional()?,
            consent_id: row.optional()?,
            subject: row.optional()?,
            state: row.state()?,
            state_since: row.time()?,
            reason: row.optional()?,
            access: row.optional()?,
            renews: row.optional_record_id()?,
            superseded_by: row.optional_record_id()?,
            generation: row.next()?,
            access_expires_at: row.optional_time()?,
            refresh_expires_at: row.optional_time()?,
            consent_expires_at: row.optional_time()?,
            refreshed_at: row.time()?,
            failures: row.next()?,
            not_before: row.optional_time()?,
            due_at: row.optional_time()?,
            created_at: row.time()?,
        })
    }
}

/// Finds a consent by its key.
pub fn find_consent(key: RecordKey) -> Operation<FindConsent> {
    Operation::new(FindConsent { key })
}

/// The decision of [`find_consent`].
#[derive(Clone, Debug)]
pub struct FindConsent {
    key: RecordKey,
}

impl Decision for FindConsent {
    type Output = Option<ConsentRow>;

    fn first(&mut self) -> Vec<Statement> {
        vec![Statement::new(columns!("AND id = $2")).with_key(&self.key)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Self::Output>, StoreError> {
        let row = results.into_iter().next().and_then(Rows::reader);
        row.map(ConsentRow::read).transpose().map(Turn::Commit)
    }
}

/// Which consents of a tenant are listed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Filter {
    /// All.
    All,
    /// Those of a customer.
    Customer(String),
    /// Those in a state.
    State(ConsentState),
    /// Those in a state at an institution.
    Institution(String, ConsentState),
}

/// The place after which a page begins. It stays valid while consents are inserted and change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cursor(String);

/// A page of consents, ordered by their ids.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// The consents.
    pub consents: Vec<ConsentRow>,
    /// The place of the next page, if there may be one.
    pub next: Option<Cursor>,
}

/// Lists at most `limit` consents after a cursor.
pub fn list_consents(
    tenant: Tenant,
    filter: Filter,
    after: Option<Cursor>,
    limit: u16,
) -> Operation<ListConsents> {
    Operation::new(ListConsents { tenant, filter, after, limit: limit.max(1) })
}

/// The decision of [`list_consents`].
#[derive(Clone, Debug)]
pub struct ListConsents {
    tenant: Tenant,
    filter: Filter,
    after: Option<Cursor>,
    limit: u16,
}

impl Decision for ListConsents {
    type Output = Page;

    fn first(&mut self) -> Vec<Statement> {
        let tenant = self.tenant.as_str();
        let filtered = match &self.filter {
            Filter::All => {
                Statement::new(columns!("AND id > $2 ORDER BY id LIMIT $3")).with(tenant)
            }
            Filter::Customer(customer) => {
                Statement::new(columns!("AND customer = $2 AND id > $3 ORDER BY id LIMIT $4"))
                    .with(tenant)
                    .with(customer.as_str())
            }
            Filter::State(state) => {
                Statement::new(columns!("AND state = $2 AND id > $3 ORDER BY id LIMIT $4"))
                    .with(tenant)
                    .with(state.name())
            }
            Filter::Institution(institution, state) => Statement::new(columns!(
                "AND institution = $2 AND state = $3 AND id > $4 ORDER BY id LIMIT $5"
            ))
            .with(tenant)
            .with(institution.as_str())
            .with(state.name()),
        };
        let after = self.after.as_ref().map_or("", |cursor| cursor.0.as_str());
        vec![filtered.with(after).with(i64::from(self.limit))]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Page>, StoreError> {
        let rows = results.into_iter().next().ok_or(StoreError::UnexpectedRows)?;
        let consents = rows.readers().map(ConsentRow::read).collect::<Result<Vec<_>, _>>()?;
        let full = consents.len() >= usize::from(self.limit);
        let last = consents.last().filter(|_| full);
        let next = last.map(|consent| Cursor(consent.id.as_str().to_owned()));
        Ok(Turn::Commit(Page { consents, next }))
    }
}
