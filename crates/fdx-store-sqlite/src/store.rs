use core::fmt;

use fdx_store::{Action, Database, Decision, Failure, Operation, OperationStep, Rows, Statement};
use fdx_store::{StoreError, Type, Value};
use rusqlite::Connection;
use rusqlite::ffi::SQLITE_BUSY;
use rusqlite::types::{Null, ValueRef};

use crate::failure::{defect, failure, store_error};
use crate::origin::{self, Origin};
use crate::witness::Witness;

/// A connection to a store in SQLite. Each thread or process opens its own.
///
/// A transaction that is open when the value is dropped is rolled back.
pub struct SqliteStore {
    connection: Connection,
    /// The witness, and the instance that it repeats. Absent in memory.
    witness: Option<(Witness, String)>,
    /// The changes of this connection when the transaction began.
    changes_before: u64,
}

impl SqliteStore {
    pub(crate) fn new(connection: Connection, witness: Option<(Witness, String)>) -> Self {
        Self { connection, witness, changes_before: 0 }
    }

    /// Runs an operation in a transaction of its own.
    ///
    /// # Errors
    /// [`StoreError`]: the transaction was rolled back. After [`StoreError::Disk`], the outcome of a
    /// commit is unknown.
    pub fn run<D: Decision>(&mut self, operation: Operation<D>) -> Result<D::Output, StoreError> {
        let mut step = operation.start();
        loop {
            step = match step {
                OperationStep::Perform(running) => {
                    let result = self.perform(running.action());
                    running.answered(result)
                }
                OperationStep::Done(output) => return output,
            }
        }
    }

    /// Performs one action of an operation.
    ///
    /// To run several operations in one transaction, perform [`Action::Begin`], run each with
    /// [`Operation::inside_a_transaction`], and perform [`Action::Commit`].
    ///
    /// A NULL in the rows has the type [`Type::Text`], because SQLite does not report another.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if another connection writes for longer than the busy timeout.
    /// [`Failure::Restart`] if another connection was faster. Otherwise another [`StoreError`]. If the
    /// transaction has begun, the caller performs [`Action::RollBack`].
    pub fn perform(&mut self, action: &Action) -> Result<Vec<Rows>, Failure> {
        match action {
            Action::Begin => {
                begin(&self.connection)?;
                self.changes_before = self.connection.total_changes();
                Ok(Vec::new())
            }
            Action::Run(statements) => {
                self.inside()?;
                statements.iter().map(|statement| self.rows(statement)).collect()
            }
            Action::Commit => self.commit().map(|()| Vec::new()),
            // Some failures have rolled back already.
            Action::RollBack if self.connection.is_autocommit() => Ok(Vec::new()),
            Action::RollBack => self.execute("ROLLBACK").map(|()| Vec::new()),
        }
    }

    /// Whether the database is the one that was used last in this place, as the store found it since
    /// the last [`SqliteStore::acknowledge_origin`]. A keeper reads this when it starts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn origin(&self) -> Result<Origin, StoreError> {
        origin::marked(&self.connection)
    }

    /// Records that an operator knows of the restored or copied database. From now on, its origin is
    /// the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn acknowledge_origin(&mut self) -> Result<(), StoreError> {
        origin::unmark(&self.connection)
    }

    /// Moves the write-ahead log into the database and empties it. Returns `false` if another
    /// connection prevented that.
    ///
    /// Until then, the log can contain pages as they were before a deletion, such as the key of
    /// an erased consent. SQLite also does this by itself, but at no certain time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn empty_log(&mut self) -> Result<bool, StoreError> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        busy.map(|busy| busy == 0).map_err(store_error)
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.inside()?;
        let changed = self.connection.total_changes() != self.changes_before;
        let Some((witness, instance)) = self.witness.as_mut().filter(|_| changed) else {
            return self.execute("COMMIT");
        };
        let commits = origin::count(&self.connection).map_err(failure)?;
        execute(&self.connection, "COMMIT")?;
        // The commit is done, so a failure here is none of the operation's. An older witness takes
        // fewer backups for restored ones, until the next commit writes it.
        let _ = witness.write(instance, commits);
        Ok(())
    }

    fn execute(&self, sql: &'static str) -> Result<(), Failure> {
        execute(&self.connection, sql)
    }

    /// Without a transaction, each statement would commit alone.
    fn inside(&self) -> Result<(), Failure> {
        match self.connection.is_autocommit() {
            true => Err(defect("no transaction has begun")),
            false => Ok(()),
        }
    }

    fn rows(&self, statement: &Statement) -> Result<Rows, Failure> {
        let mut prepared = self.connection.prepare_cached(statement.sql()).map_err(failure)?;
        let (expected, actual) = (prepared.parameter_count(), statement.parameters().len());
        if expected != actual {
            return Err(defect(format_args!("{actual} values for {expected} parameters")));
        }
        for (index, value) in (1..).zip(statement.parameters()) {
            match value {
                Value::Integer(number) => prepared.raw_bind_parameter(index, number),
                Value::Text(text) => prepared.raw_bind_parameter(index, text),
                Value::Bytes(bytes) => prepared.raw_bind_parameter(index, bytes),
                Value::Null(_) => prepared.raw_bind_parameter(index, Null),
            }
            .map_err(failure)?;
        }
        let (columns, reads) = (prepared.column_count(), prepared.readonly());
        let mut found = prepared.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(failure)? {
            let read = |column| value(row.get_ref(column).map_err(failure)?);
            rows.push((0..columns).map(read).collect::<Result<_, _>>()?);
        }
        let changed = if reads { 0 } else { self.connection.changes() };
        Ok(Rows { changed, rows })
    }
}

impl Database for SqliteStore {
    fn perform(&mut self, action: &Action) -> Result<Vec<Rows>, Failure> {
        Self::perform(self, action)
    }
}

/// A database that is busy at this point was so for the busy timeout. To begin again would wait as
/// long again.
fn begin(connection: &Connection) -> Result<(), Failure> {
    let begun = connection.prepare_cached("BEGIN IMMEDIATE").and_then(|mut it| it.raw_execute());
    begun.map(drop).map_err(|error| match error.sqlite_error() {
        Some(error) if error.extended_code == SQLITE_BUSY => StoreError::Busy.into(),
        _ => failure(error),
    })
}

fn execute(connection: &Connection, sql: &'static str) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached(sql).map_err(failure)?;
    statement.raw_execute().map(drop).map_err(failure)
}

fn value(value: ValueRef<'_>) -> Result<Value, Failure> {
    match value {
        ValueRef::Null => Ok(Value::Null(Type::Text)),
        ValueRef::Integer(number) => Ok(Value::Integer(number)),
        ValueRef::Text(text) => {
            let text = String::from_utf8(text.to_vec());
            text.map(Value::Text).map_err(|_| Failure::Store(StoreError::UnexpectedRows))
        }
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_vec())),
        ValueRef::Real(_) => Err(Failure::Store(StoreError::UnexpectedRows)),
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}
