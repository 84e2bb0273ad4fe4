use super::Digest;
use super::entry::{ReceiptDraft, ReceiptEntry};
use super::head::{Head, is_sequence};
use crate::sql::statement::RowReader;
use crate::{Decision, Operation, RecordKey, Rows, Statement, StoreError, Turn};

/// Appends an event to the chain of a consent. Returns the entry that has this event and cause: the
/// new one, or an earlier one if the append is repeated.
///
/// The operation is for events that change no other table. It does not check whether the consent
/// exists.
pub fn append(key: RecordKey, draft: ReceiptDraft) -> Operation<AppendReceipt> {
    Operation::new(AppendReceipt { append: Append { key, draft }, inserts: None })
}

/// [`append`].
#[derive(Clone, Debug)]
pub struct AppendReceipt {
    append: Append,
    inserts: Option<Head>,
}

/// The append of an event within the transaction of another operation: two statements, whose rows
/// result in a third. If it changes no row, another transaction appended an entry at the same time, and
/// this one starts again.
#[derive(Clone, Debug)]
pub(crate) struct Append {
    pub(crate) key: RecordKey,
    pub(crate) draft: ReceiptDraft,
}

/// What the rows of [`Append::reads`] result in.
#[derive(Clone, Debug)]
pub(crate) enum Next {
    /// The chain has an entry with this kind and cause: there is nothing to write.
    Appended(Head),
    /// The statement that inserts the entry, and the entry as the new head.
    Insert(Statement, Head),
}

impl Append {
    /// Reads the head, and an entry of the same kind and cause.
    pub(crate) fn reads(&self) -> [Statement; 2] {
        [
            Statement::new(
                "SELECT sequence, entry FROM fdx_receipts
                WHERE tenant = $1 AND consent = $2 ORDER BY sequence DESC LIMIT 1",
            )
            .with_key(&self.key),
            Statement::new(
                "SELECT sequence, entry FROM fdx_receipts
                WHERE tenant = $1 AND consent = $2 AND kind = $3 AND cause = $4",
            )
            .with_key(&self.key)
            .with(self.draft.event.kind())
            .with(self.draft.cause.as_str()),
        ]
    }

    /// Decides over the rows of [`Append::reads`]. Takes two of `results`.
    pub(crate) fn next(
        &self,
        results: &mut impl Iterator<Item = Rows>,
    ) -> Result<Next, StoreError> {
        let mut head = || {
            let rows = results.next().ok_or(StoreError::UnexpectedRows)?;
            rows.reader().map(|mut row| self.head(&mut row)).transpose()
        };
        let (last, same) = (head()?, head()?);
        if let Some(same) = same {
            return Ok(Next::Appended(same));
        }
        let last = last.map(|head| (head.sequence, head.digest));
        // The number is beyond its range only in a damaged row.
        let entry = ReceiptEntry::new(&self.key, last, &self.draft)
            .map_err(|error| StoreError::Database(error.to_string()))?;
        let sequence = entry.sequence();
        let head = Head { key: self.key.clone(), sequence, digest: entry.digest() };
        let insert = Statement::new(
            "INSERT INTO fdx_receipts
            (tenant, consent, sequence, issued_at, kind, cause, digest, entry)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (tenant, consent, sequence) DO NOTHING",
        )
        .with_key(&self.key)
        .with(i64::try_from(sequence).map_err(|_| StoreError::UnexpectedRows)?)
        .with_time(entry.at())
        .with(entry.event().kind())
        .with(entry.cause().as_str())
        .with(head.digest.to_string())
        .with(entry.canonical_json());
        Ok(Next::Insert(insert, head))
    }

    fn head(&self, row: &mut RowReader) -> Result<Head, StoreError> {
        let sequence = sequence(row)?;
        // The column `digest` is not used: it may differ from the entry after a manipulation.
        let digest = Digest::of(row.next::<String>()?);
        Ok(Head { key: self.key.clone(), sequence, digest })
    }
}

impl Decision for AppendReceipt {
    type Output = Head;

    fn first(&mut self) -> Vec<Statement> {
        self.append.reads().into()
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Head>, StoreError> {
        let mut results = results.into_iter();
        if let Some(head) = self.inserts.take() {
            let inserted = results.next().is_some_and(|rows| rows.changed_one());
            return Ok(if inserted { Turn::Commit(head) } else { Turn::Restart });
        }
        Ok(match self.append.next(&mut results)? {
            Next::Appended(head) => Turn::Commit(head),
            Next::Insert(insert, head) => {
                self.inserts = Some(head);
                Turn::Run(vec![insert])
            }
        })
    }
}

/// The next column as the number of an entry.
pub(super) fn sequence(row: &mut RowReader) -> Result<u64, StoreError> {
    let number = u64::try_from(row.next::<i64>()?).ok();
    number.filter(|number| is_sequence(*number)).ok_or(StoreError::UnexpectedRows)
}
