//! Moves a consent into the store with rusqlite, in a transaction of the program's own.

use std::error::Error;

use fdx_store::transfer::InsertObtained;
use fdx_store::{
    Action, Decision, Failure, Operation, OperationStep, Rows, Statement, StoreError, Type, Value,
};
use fdx_store_sqlite::SqliteStore;
use fdx_transactions::{ATTEMPTS, Folder, OWN_TABLE, find, insert, print};
use rusqlite::types::{Value as SqlValue, ValueRef};
use rusqlite::{Connection, ErrorCode, Transaction};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Folder::new("rusqlite")?;
    let path = folder.path().join("consents.db");
    // Creates the tables of fdx-store.
    drop(SqliteStore::open(&path)?);
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open(&path)?;
        // As fdx-store-sqlite does: a commit is on the disk, and deleted keys are overwritten.
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")?;
        Ok(connection)
    };
    let (mut connection, mut other) = (open()?, open()?);
    for sql in OWN_TABLE {
        connection.execute(sql, [])?;
    }

    let attempts = move_in(&mut connection, &insert()?, Some(&mut other))?;

    let transaction = connection.transaction()?;
    let row = run_inside(&transaction, find()?)?;
    let old = transaction.query_row("SELECT COUNT(*) FROM old_tokens", [], |row| row.get(0))?;
    print(attempts, row, old)
}

/// Inserts the consent and deletes the old row, in one transaction. Returns how often it began.
///
/// `other` stands for another process, which does the same after the first read.
fn move_in(
    connection: &mut Connection,
    operation: &Operation<InsertObtained>,
    mut other: Option<&mut Connection>,
) -> Result<u32, Box<dyn Error>> {
    for attempt in 1..=ATTEMPTS {
        // With `TransactionBehavior::Immediate` it waits for other writers, and is never repeated.
        let transaction = connection.transaction()?;
        let _: i64 =
            transaction.query_row("SELECT COUNT(*) FROM old_tokens", [], |it| it.get(0))?;
        if let Some(other) = other.take() {
            move_in(other, operation, None)?;
        }
        match run_inside(&transaction, operation.clone()) {
            // Dropping the transaction rolls it back.
            Err(StoreError::RestartTransaction) => continue,
            inserted => inserted?,
        };
        transaction.execute("DELETE FROM old_tokens WHERE customer = 'customer-17'", [])?;
        transaction.commit()?;
        return Ok(attempt);
    }
    Err("the database is busy".into())
}

/// Runs an operation inside `transaction`, which the caller commits.
fn run_inside<D: Decision>(
    transaction: &Transaction<'_>,
    operation: Operation<D>,
) -> Result<D::Output, StoreError> {
    let mut step = operation.inside_a_transaction().start();
    loop {
        step = match step {
            OperationStep::Done(output) => return output,
            OperationStep::Perform(running) => {
                let results = match running.action() {
                    Action::Run(statements) => {
                        statements.iter().map(|statement| rows(transaction, statement)).collect()
                    }
                    // Inside a transaction, an operation has no other actions.
                    _ => Ok(Vec::new()),
                };
                running.answered(results.map_err(|error| failure(&error)))
            }
        }
    }
}

fn rows(transaction: &Transaction<'_>, statement: &Statement) -> rusqlite::Result<Rows> {
    let mut prepared = transaction.prepare_cached(statement.sql())?;
    let parameters = statement.parameters().iter().map(|value| match value {
        Value::Integer(number) => SqlValue::Integer(*number),
        Value::Text(text) => SqlValue::Text(text.clone()),
        Value::Bytes(bytes) => SqlValue::Blob(bytes.clone()),
        Value::Null(_) => SqlValue::Null,
    });
    let (columns, reads) = (prepared.column_count(), prepared.readonly());
    let mut found = prepared.query(rusqlite::params_from_iter(parameters))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let row = (0..columns).map(|column| value(row.get_ref(column)?));
        rows.push(row.collect::<rusqlite::Result<_>>()?);
    }
    Ok(Rows { changed: if reads { 0 } else { transaction.changes() }, rows })
}

fn value(value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null(Type::Text),
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        text => Value::Text(text.as_str()?.to_owned()),
    })
}

fn failure(error: &rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Failure::Restart,
        _ => Failure::Store(StoreError::Database(error.to_string())),
    }
}
