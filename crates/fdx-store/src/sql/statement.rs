use fdx_wire::UnixTime;

use super::operation::StoreError;
use super::value::{Column, Value};
use crate::record::id::{RecordId, RecordKey, Tenant};
use crate::record::state::ConsentState;

/// One SQL statement and its parameters, `$1` first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement {
    sql: &'static str,
    parameters: Vec<Value>,
}

impl Statement {
    /// A statement without parameters. Its parameters `$1`, `$2` appear in numeric order, each once.
    #[must_use]
    pub const fn new(sql: &'static str) -> Self {
        Self { sql, parameters: Vec::new() }
    }

    /// Adds the next parameter.
    #[must_use]
    pub fn with(mut self, value: impl Into<Value>) -> Self {
        self.parameters.push(value.into());
        self
    }

    /// Adds the tenant and the id of a record.
    pub(crate) fn with_key(self, key: &RecordKey) -> Self {
        self.with(key.tenant.as_str()).with(key.id.as_str())
    }

    /// Adds a time as its seconds.
    pub(crate) fn with_time(self, time: impl Into<Option<UnixTime>>) -> Self {
        self.with(time.into().map(seconds))
    }

    /// The text.
    #[must_use]
    pub fn sql(&self) -> &'static str {
        self.sql
    }

    /// The parameters in their order.
    #[must_use]
    pub fn parameters(&self) -> &[Value] {
        &self.parameters
    }
}

/// A time as a column holds it.
pub(crate) fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_seconds()).unwrap_or(i64::MAX)
}

/// What a statement returned.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Rows {
    /// How many rows an `INSERT`, `UPDATE` or `DELETE` changed. 0 for a `SELECT`.
    pub changed: u64,
    /// The rows of a `SELECT`, each with its columns in their order.
    pub rows: Vec<Vec<Value>>,
}

impl Rows {
    /// The result of a statement that changed rows.
    #[must_use]
    pub fn changed(changed: u64) -> Self {
        Self { changed, rows: Vec::new() }
    }

    /// The result of a `SELECT`.
    #[must_use]
    pub fn selected(rows: Vec<Vec<Value>>) -> Self {
        Self { changed: 0, rows }
    }

    /// Whether the statement changed one row.
    pub(crate) fn changed_one(&self) -> bool {
        self.changed == 1
    }

    /// The readers of all rows.
    pub(crate) fn readers(self) -> impl Iterator<Item = RowReader> {
        self.rows.into_iter().map(|row| RowReader { columns: row.into_iter() })
    }

    /// The reader of the only row, if there is one.
    pub(crate) fn reader(self) -> Option<RowReader> {
        self.readers().next()
    }
}

/// Reads the columns of one row from left to right.
pub(crate) struct RowReader {
    columns: std::vec::IntoIter<Value>,
}

impl RowReader {
    /// The next column, which has a value.
    pub(crate) fn next<T: Column>(&mut self) -> Result<T, StoreError> {
        self.optional()?.ok_or(StoreError::UnexpectedRows)
    }

    /// The next column, which may have none.
    pub(crate) fn optional<T: Column>(&mut self) -> Result<Option<T>, StoreError> {
        match self.columns.next().ok_or(StoreError::UnexpectedRows)? {
            // Some drivers don't know the type of a NULL.
            Value::Null(_) => Ok(None),
            value => T::of(value).map(Some).ok_or(StoreError::UnexpectedRows),
        }
    }

    /// The next column as a time.
    pub(crate) fn time(&mut self) -> Result<UnixTime, StoreError> {
        self.optional_time()?.ok_or(StoreError::UnexpectedRows)
    }

    /// The next column as a time, if it has one.
    pub(crate) fn optional_time(&mut self) -> Result<Option<UnixTime>, StoreError> {
        let seconds = self.optional::<i64>()?.map(u64::try_from).transpose();
        Ok(seconds.map_err(|_| StoreError::UnexpectedRows)?.map(UnixTime::from_seconds))
    }

    /// The next column as the state of a consent.
    pub(crate) fn state(&mut self) -> Result<ConsentState, StoreError> {
        ConsentState::by_name(&self.next::<String>()?).ok_or(StoreError::UnexpectedRows)
    }

    /// The next column as the id of a record.
    pub(crate) fn record_id(&mut self) -> Result<RecordId, StoreError> {
        self.optional_record_id()?.ok_or(StoreError::UnexpectedRows)
    }

    /// The next column as the id of a record, if it has one.
    pub(crate) fn optional_record_id(&mut self) -> Result<Option<RecordId>, StoreError> {
        let id = self.optional::<String>()?.map(RecordId::new).transpose();
        id.map_err(|_| StoreError::UnexpectedRows)
    }

    /// The next two columns as the tenant and the id of a record.
    pub(crate) fn record_key(&mut self) -> Result<RecordKey, StoreError> {
        let tenant = Tenant::new(self.next::<String>()?).map_err(|_| StoreError::UnexpectedRows)?;
        Ok(RecordKey::new(tenant, self.record_id()?))
    }
}
