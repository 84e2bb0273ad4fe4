use super::key_ring::{KeyRing, WrappedKey};
use crate::record::id::RecordKey;
use crate::sql::operation::{Decision, Operation, StoreError, Turn};
use crate::sql::statement::{RowReader, Rows, Statement};

/// Reads the wrapped key of a consent. `None` if the consent has none: it never had one, or it was
/// erased.
pub fn read_key(tenant: &str, consent: &str) -> Operation<ReadKey> {
    Operation::new(ReadKey { tenant: tenant.to_owned(), consent: consent.to_owned() })
}

/// Counts the wrapped keys of a tenant by their wrapping key. Reads each of the tenant's keys once in
/// an index.
pub fn count_keys(tenant: &str) -> Operation<CountKeys> {
    Operation::new(CountKeys { tenant: tenant.to_owned() })
}

/// Reads a page of the consents whose keys are wrapped with one wrapping key: at most `limit`, in the
/// order of their ids, after the consent `after` if there is one.
///
/// The id of the last consent of a page is the cursor to the next one. Keys that are wrapped again, or
/// erased, between two pages move no other consent to another page.
pub fn read_keys(
    tenant: &str,
    key_id: u32,
    after: Option<&str>,
    limit: u16,
) -> Operation<ReadKeys> {
    Operation::new(ReadKeys {
        tenant: tenant.to_owned(),
        key_id,
        after: after.unwrap_or_default().to_owned(),
        limit,
    })
}

/// The number of wrapped keys of a tenant for each wrapping key.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KeyCounts {
    counts: Vec<(u32, u64)>,
}

/// The keys of consents that one wrapping key wraps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyPage {
    /// The id of the wrapping key.
    pub key_id: u32,
    /// The consents and their keys, in the order of the consents.
    pub entries: Vec<KeyEntry>,
    /// Whether there may be more after the last entry.
    pub more: bool,
}

/// A consent and its wrapped key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyEntry {
    /// The id of the consent.
    pub consent: String,
    /// Its key.
    pub key: WrappedKey,
}

impl KeyCounts {
    /// The ids of the wrapping keys in ascending order, each with the number of keys that it wraps.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        self.counts.iter().copied()
    }

    /// The wrapping keys that the ring lacks, each with the number of consents that it locks.
    /// [`read_keys`] names the consents.
    pub fn locked(&self, ring: &KeyRing) -> impl Iterator<Item = (u32, u64)> {
        self.iter().filter(|(key_id, _)| !ring.has(*key_id))
    }
}

/// The operation of [`read_key`].
#[derive(Clone, Debug)]
pub struct ReadKey {
    tenant: String,
    consent: String,
}

impl Decision for ReadKey {
    type Output = Option<WrappedKey>;

    fn first(&mut self) -> Vec<Statement> {
        vec![select(&self.tenant, &self.consent)]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Self::Output>, StoreError> {
        read(only(results)?).map(Turn::Commit)
    }
}

/// Selects the wrapped key of a consent; [`read`] reads it. For decisions that need it next to other
/// rows.
pub(crate) fn select(tenant: &str, consent: &str) -> Statement {
    Statement::new("SELECT key_id, wrapped FROM fdx_keys WHERE tenant = $1 AND consent = $2")
        .with(tenant)
        .with(consent)
}

/// Inserts the key of a new flow. If it has one, this changes no row.
pub(crate) fn insert(tenant: &str, consent: &str, key: &WrappedKey) -> Statement {
    Statement::new(
        "INSERT INTO fdx_keys (tenant, consent, key_id, wrapped) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant, consent) DO NOTHING",
    )
    .with(tenant)
    .with(consent)
    .with(i64::from(key.key_id))
    .with(key.bytes.clone())
}

/// Deletes the key of a consent: its tokens can't be opened any more.
pub(crate) fn delete(key: &RecordKey) -> Statement {
    Statement::new("DELETE FROM fdx_keys WHERE tenant = $1 AND consent = $2").with_key(key)
}

/// The key that [`select`] selected.
pub(crate) fn read(rows: Rows) -> Result<Option<WrappedKey>, StoreError> {
    rows.reader().map(|mut row| wrapped_key(&mut row)).transpose()
}

/// The operation of [`count_keys`].
#[derive(Clone, Debug)]
pub struct CountKeys {
    tenant: String,
}

impl Decision for CountKeys {
    type Output = KeyCounts;

    fn first(&mut self) -> Vec<Statement> {
        vec![
            Statement::new(
                "SELECT key_id, COUNT(*) FROM fdx_keys WHERE tenant = $1
                GROUP BY key_id ORDER BY key_id",
            )
            .with(&*self.tenant),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<KeyCounts>, StoreError> {
        let counts = only(results)?.readers().map(|mut row| {
            let key_id = key_id(&mut row)?;
            let count = u64::try_from(row.next::<i64>()?);
            Ok((key_id, count.map_err(|_| StoreError::UnexpectedRows)?))
        });
        Ok(Turn::Commit(KeyCounts { counts: counts.collect::<Result<_, StoreError>>()? }))
    }
}

/// The operation of [`read_keys`].
#[derive(Clone, Debug)]
pub struct ReadKeys {
    tenant: String,
    key_id: u32,
    /// Every id is greater than the empty text.
    after: String,
    limit: u16,
}

impl Decision for ReadKeys {
    type Output = KeyPage;

    fn first(&mut self) -> Vec<Statement> {
        vec![
            Statement::new(
                "SELECT consent, key_id, wrapped FROM fdx_keys
                WHERE tenant = $1 AND key_id = $2 AND consent > $3 ORDER BY consent LIMIT $4",
            )
            .with(&*self.tenant)
            .with(i64::from(self.key_id))
            .with(&*self.after)
            .with(i64::from(self.limit)),
        ]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<KeyPage>, StoreError> {
        let entries = only(results)?
            .readers()
            .map(|mut row| Ok(KeyEntry { consent: row.next()?, key: wrapped_key(&mut row)? }));
        let entries = entries.collect::<Result<Vec<_>, StoreError>>()?;
        let more = !entries.is_empty() && entries.len() >= usize::from(self.limit);
        Ok(Turn::Commit(KeyPage { key_id: self.key_id, entries, more }))
    }
}

/// The result of the only statement.
pub(super) fn only(results: Vec<Rows>) -> Result<Rows, StoreError> {
    results.into_iter().next().ok_or(StoreError::UnexpectedRows)
}

fn wrapped_key(row: &mut RowReader) -> Result<WrappedKey, StoreError> {
    Ok(WrappedKey { key_id: key_id(row)?, bytes: row.next()? })
}

fn key_id(row: &mut RowReader) -> Result<u32, StoreError> {
    u32::try_from(row.next::<i64>()?).map_err(|_| StoreError::UnexpectedRows)
}
