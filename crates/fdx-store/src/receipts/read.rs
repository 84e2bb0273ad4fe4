use core::fmt;

use fdx_wire::UnixTime;

use super::Digest;
use super::append::sequence;
use super::head::{Head, Scope};
use crate::sql::statement::{RowReader, seconds};
use crate::{Decision, Operation, RecordKey, Rows, Statement, StoreError, Turn};

/// Reads entries of a consent in their order: at most `limit` (1 to 1000) after the number `after`,
/// which is 0 for the first page. A later page never repeats or skips an entry, because entries are
/// only added at the end.
pub fn history(key: RecordKey, after: u64, limit: u16) -> Operation<History> {
    Operation::new(History { key, after, limit: bounded(limit) })
}

/// Reads the heads of all chains in `scope`, sorted by tenant and consent: at most `limit` (1 to
/// 1000) after the consent `after`.
///
/// With `as_of`, only entries before that time count. These heads don't change any more as soon as no
/// operation with an earlier time can commit.
pub fn heads(
    scope: Scope,
    after: Option<RecordKey>,
    as_of: Option<UnixTime>,
    limit: u16,
) -> Operation<Heads> {
    Operation::new(Heads { scope, after, as_of, limit: bounded(limit), found: None })
}

/// [`history`].
#[derive(Clone, Debug)]
pub struct History {
    key: RecordKey,
    after: u64,
    limit: u16,
}

/// [`heads`].
#[derive(Clone, Debug)]
pub struct Heads {
    scope: Scope,
    after: Option<RecordKey>,
    as_of: Option<UnixTime>,
    limit: u16,
    found: Option<Vec<(RecordKey, u64)>>,
}

/// A page of the entries of a consent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HistoryPage {
    /// The rows.
    pub entries: Vec<StoredEntry>,
    /// `after` of the next page. `None` for the last page.
    pub next: Option<u64>,
}

/// A page of heads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeadsPage {
    /// The heads.
    pub heads: Vec<Head>,
    /// `after` of the next page. `None` for the last page.
    pub next: Option<RecordKey>,
}

/// The row of an entry. Nothing in it is verified: see
/// [`ChainVerifier::check_row`](super::ChainVerifier::check_row).
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct StoredEntry {
    /// The number.
    pub sequence: u64,
    /// The time.
    pub at: UnixTime,
    /// The kind of the event.
    pub kind: String,
    /// The cause.
    pub cause: String,
    /// The digest's text.
    pub digest: String,
    /// The entry itself.
    pub json: String,
}

/// Without the entry: a receipt has ids of accounts.
impl fmt::Debug for StoredEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEntry")
            .field("sequence", &self.sequence)
            .field("at", &self.at)
            .field("kind", &self.kind)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

const MAX_PAGE: u16 = 1000;

fn bounded(limit: u16) -> u16 {
    limit.clamp(1, MAX_PAGE)
}

/// Reads the rows of a consent after a number.
pub(super) fn select_history(key: &RecordKey, after: u64, limit: i64) -> Statement {
    Statement::new(
        "SELECT sequence, issued_at, kind, cause, digest, entry FROM fdx_receipts
        WHERE tenant = $1 AND consent = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
    )
    .with_key(key)
    .with(i64::try_from(after).unwrap_or(i64::MAX))
    .with(limit)
}

/// The rows of [`select_history`].
pub(super) fn read_history(rows: Rows) -> Result<Vec<StoredEntry>, StoreError> {
    let entry = |mut row: RowReader| {
        Ok(StoredEntry {
            sequence: sequence(&mut row)?,
            at: row.time()?,
            kind: row.next()?,
            cause: row.next()?,
            digest: row.next()?,
            json: row.next()?,
        })
    };
    rows.readers().map(entry).collect()
}

impl Decision for History {
    type Output = HistoryPage;

    fn first(&mut self) -> Vec<Statement> {
        vec![select_history(&self.key, self.after, self.limit.into())]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<HistoryPage>, StoreError> {
        let rows = results.into_iter().next().ok_or(StoreError::UnexpectedRows)?;
        let entries = read_history(rows)?;
        let is_full = entries.len() >= usize::from(self.limit);
        let next = entries.last().filter(|_| is_full).map(|entry| entry.sequence);
        Ok(Turn::Commit(HistoryPage { entries, next }))
    }
}

impl Heads {
    fn select(&self) -> Statement {
        let after = self.after.as_ref().map_or("", |key| key.id.as_str());
        let tenant = self.after.as_ref().map_or("", |key| key.tenant.as_str());
        let statement = match &self.scope {
            Scope::All => Statement::new(
                "SELECT tenant, consent, MAX(sequence) FROM fdx_receipts
                WHERE (tenant, consent) > ($1, $2) AND issued_at < $3
                GROUP BY tenant, consent ORDER BY tenant, consent LIMIT $4",
            )
            .with(tenant),
            Scope::Tenant(tenant) => Statement::new(
                "SELECT tenant, consent, MAX(sequence) FROM fdx_receipts
                WHERE tenant = $1 AND consent > $2 AND issued_at < $3
                GROUP BY tenant, consent ORDER BY tenant, consent LIMIT $4",
            )
            .with(tenant.as_str()),
        };
        let as_of = self.as_of.map_or(i64::MAX, seconds);
        statement.with(after).with(as_of).with(i64::from(self.limit))
    }

    fn page(&self, heads: Vec<Head>) -> HeadsPage {
        let is_full = heads.len() >= usize::from(self.limit);
        let next = heads.last().filter(|_| is_full).map(|head| head.key.clone());
        HeadsPage { heads, next }
    }
}

impl Decision for Heads {
    type Output = HeadsPage;

    fn first(&mut self) -> Vec<Statement> {
        vec![self.select()]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<HeadsPage>, StoreError> {
        let mut results = results.into_iter();
        let mut next = || results.next().ok_or(StoreError::UnexpectedRows);
        let Some(found) = self.found.take() else {
            let found = next()?
                .readers()
                .map(|mut row| Ok((row.record_key()?, sequence(&mut row)?)))
                .collect::<Result<Vec<_>, StoreError>>()?;
            if found.is_empty() {
                return Ok(Turn::Commit(self.page(Vec::new())));
            }
            let digests = found.iter().map(|(key, sequence)| select_digest(key, *sequence));
            let digests = digests.collect::<Result<_, _>>()?;
            self.found = Some(found);
            return Ok(Turn::Run(digests));
        };
        let mut heads = Vec::with_capacity(found.len());
        for (key, sequence) in found {
            // Without serializable transactions, a chain can be deleted between the two reads.
            let Some(mut row) = next()?.reader() else { return Ok(Turn::Restart) };
            // A text that is no digest is one that differs from the entry.
            let digest = Digest::parse(&row.next::<String>()?).unwrap_or(Digest::new([0; 32]));
            heads.push(Head { key, sequence, digest });
        }
        Ok(Turn::Commit(self.page(heads)))
    }
}

fn select_digest(key: &RecordKey, sequence: u64) -> Result<Statement, StoreError> {
    let sequence = i64::try_from(sequence).map_err(|_| StoreError::UnexpectedRows)?;
    Ok(Statement::new(
        "SELECT digest FROM fdx_receipts WHERE tenant = $1 AND consent = $2 AND sequence = $3",
    )
    .with_key(key)
    .with(sequence))
}
