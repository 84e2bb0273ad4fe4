//! Moves a consent into the store with sqlx and SQLite, in a transaction of the program's own.
//!
//! `fdx-store-sqlite` is in the same program: both link the same SQLite.

use std::error::Error;

use fdx_store::transfer::InsertObtained;
use fdx_store::{
    Action, Decision, Failure, Operation, OperationStep, Rows, Statement, StoreError, Type, Value,
};
use fdx_store_sqlite::SqliteStore;
use fdx_transactions::{ATTEMPTS, Folder, OWN_TABLE, find, insert, print};
use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow, SqliteSynchronous};
use sqlx::{Connection, Either, Executor, Row, SqliteConnection, TypeInfo, ValueRef};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = Folder::new("sqlx")?;
    let path = folder.path().join("consents.db");
    // Creates the tables of fdx-store.
    drop(SqliteStore::open(&path)?);
    // As fdx-store-sqlite does: a commit is on the disk, and deleted keys are overwritten.
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON");
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let mut other = SqliteConnection::connect_with(&options).await?;
    for sql in OWN_TABLE {
        connection.execute(sql).await?;
    }

    let attempts = move_in(&mut connection, &insert()?, Some(&mut other)).await?;

    let mut transaction = connection.begin().await?;
    let row = run_inside(&mut transaction, find()?).await?;
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM old_tokens");
    print(attempts, row, count.fetch_one(&mut *transaction).await?)
}

/// Inserts the consent and deletes the old row, in one transaction. Returns how often it began.
///
/// `other` stands for another process, which does the same after the first read.
async fn move_in(
    connection: &mut SqliteConnection,
    operation: &Operation<InsertObtained>,
    mut other: Option<&mut SqliteConnection>,
) -> Result<u32, Box<dyn Error>> {
    for attempt in 1..=ATTEMPTS {
        // With `begin_with("BEGIN IMMEDIATE")` it waits for other writers, and is never repeated.
        let mut transaction = connection.begin().await?;
        transaction.execute("SELECT COUNT(*) FROM old_tokens").await?;
        if let Some(other) = other.take() {
            Box::pin(move_in(other, operation, None)).await?;
        }
        match run_inside(&mut transaction, operation.clone()).await {
            Err(StoreError::RestartTransaction) => {
                transaction.rollback().await?;
                continue;
            }
            inserted => inserted?,
        };
        transaction.execute("DELETE FROM old_tokens WHERE customer = 'customer-17'").await?;
        transaction.commit().await?;
        return Ok(attempt);
    }
    Err("the database is busy".into())
}

/// Runs an operation inside a transaction, which the caller commits.
async fn run_inside<D: Decision>(
    transaction: &mut SqliteConnection,
    operation: Operation<D>,
) -> Result<D::Output, StoreError> {
    let mut step = operation.inside_a_transaction().start();
    loop {
        step = match step {
            OperationStep::Done(output) => return output,
            OperationStep::Perform(running) => {
                let results = match running.action() {
                    Action::Run(statements) => all_rows(transaction, statements).await,
                    // Inside a transaction, an operation has no other actions.
                    _ => Ok(Vec::new()),
                };
                running.answered(results.map_err(|error| failure(&error)))
            }
        }
    }
}

async fn all_rows(
    transaction: &mut SqliteConnection,
    statements: &[Statement],
) -> sqlx::Result<Vec<Rows>> {
    let mut all = Vec::with_capacity(statements.len());
    for statement in statements {
        all.push(rows(transaction, statement).await?);
    }
    Ok(all)
}

async fn rows(transaction: &mut SqliteConnection, statement: &Statement) -> sqlx::Result<Rows> {
    let query = statement.parameters().iter().cloned().fold(
        sqlx::query(statement.sql()),
        |query, value| match value {
            Value::Integer(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Null(Type::Integer) => query.bind(None::<i64>),
            Value::Null(Type::Text) => query.bind(None::<String>),
            Value::Null(Type::Bytes) => query.bind(None::<Vec<u8>>),
        },
    );
    let mut stream = transaction.fetch_many(query);
    let mut rows = Rows::default();
    while let Some(found) = stream.try_next().await? {
        match found {
            Either::Right(row) => rows.rows.push(values(&row)?),
            // SQLite counts the rows of the last change, which a SELECT does not reset.
            Either::Left(_) if statement.sql().starts_with("SELECT") => {}
            Either::Left(done) => rows.changed = done.rows_affected(),
        }
    }
    Ok(rows)
}

fn values(row: &SqliteRow) -> sqlx::Result<Vec<Value>> {
    let value = |column| {
        let raw = row.try_get_raw(column)?;
        if raw.is_null() {
            return Ok(Value::Null(Type::Text));
        }
        Ok(match raw.type_info().name() {
            "INTEGER" => Value::Integer(row.try_get(column)?),
            "BLOB" => Value::Bytes(row.try_get(column)?),
            _ => Value::Text(row.try_get(column)?),
        })
    };
    (0..row.len()).map(value).collect()
}

fn failure(error: &sqlx::Error) -> Failure {
    let code = error.as_database_error().and_then(|error| error.code());
    // SQLITE_BUSY, SQLITE_LOCKED, and their extended codes.
    match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
        Some(5 | 6) => Failure::Restart,
        _ => Failure::Store(StoreError::Database(error.to_string())),
    }
}
