use crate::receipts::{Append, Next, ReceiptDraft};
use crate::record::id::RecordKey;
use crate::sql::operation::{StoreError, Turn};
use crate::sql::statement::{Rows, Statement};

/// The change of a consent and the receipt of its event, written by one transaction: the chain is read,
/// then both are written. The first statement of the change must change one row.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    append: Append,
    changes: Vec<Statement>,
    writing: Option<Writing>,
}

/// Whether the last statement is the receipt's.
#[derive(Clone, Copy, Debug)]
struct Writing {
    receipt: bool,
}

impl Recording {
    pub(crate) fn new(key: RecordKey, draft: ReceiptDraft, changes: Vec<Statement>) -> Self {
        Self { append: Append { key, draft }, changes, writing: None }
    }

    /// Reads the chain. The rows are those of the first [`turn`](Self::turn).
    pub(crate) fn reads(&self) -> Vec<Statement> {
        self.append.reads().into()
    }

    /// Continues with the results of the last statements. Commits with `output` after everything is
    /// written, and starts again if another transaction was faster.
    pub(crate) fn turn<T>(&mut self, results: Vec<Rows>, output: T) -> Result<Turn<T>, StoreError> {
        let one = |rows: Option<&Rows>| rows.is_some_and(Rows::changed_one);
        if let Some(Writing { receipt }) = self.writing {
            let written = one(results.first()) && (!receipt || one(results.last()));
            return Ok(if written { Turn::Commit(output) } else { Turn::Restart });
        }
        let mut statements = core::mem::take(&mut self.changes);
        let insert = match self.append.next(&mut results.into_iter())? {
            Next::Insert(insert, _) => Some(insert),
            Next::Appended(_) => None,
        };
        self.writing = Some(Writing { receipt: insert.is_some() });
        statements.extend(insert);
        Ok(Turn::Run(statements))
    }
}
