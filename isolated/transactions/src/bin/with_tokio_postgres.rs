//! Moves a consent into the store with tokio-postgres, in a transaction of the program's own.
//!
//! The argument has the settings of an empty database, such as `host=127.0.0.1 user=app`.

use std::env;
use std::error::Error;
use std::pin::pin;

use fdx_store::transfer::InsertObtained;
use fdx_store::{
    Action, Decision, Failure, Operation, OperationStep, Rows, Statement, StoreError, Type, Value,
    schema,
};
use fdx_transactions::{ATTEMPTS, OWN_TABLE, find, insert, print};
use futures_util::TryStreamExt;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type as SqlType};
use tokio_postgres::{Client, IsolationLevel, NoTls, Row, Transaction};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = env::args().nth(1).ok_or("the settings of an empty database are missing")?;
    let (mut client, mut other) = (connect(&settings).await?, connect(&settings).await?);
    let own_table = OWN_TABLE.map(str::to_owned);
    for sql in schema::postgres().chain(own_table) {
        client.batch_execute(&sql).await?;
    }

    let attempts = move_in(&mut client, &insert()?, Some(&mut other)).await?;

    let transaction = client.transaction().await?;
    let row = run_inside(&transaction, find()?).await?;
    let old = transaction.query_one("SELECT COUNT(*) FROM old_tokens", &[]).await?;
    print(attempts, row, old.get(0))
}

/// Opens a connection to this machine. To another one, use TLS.
async fn connect(settings: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(settings, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Inserts the consent and deletes the old row, in one transaction. Returns how often it began.
///
/// `other` stands for another process, which does the same after the first read.
async fn move_in(
    client: &mut Client,
    operation: &Operation<InsertObtained>,
    mut other: Option<&mut Client>,
) -> Result<u32, Box<dyn Error>> {
    for attempt in 1..=ATTEMPTS {
        let serializable = client.build_transaction().isolation_level(IsolationLevel::Serializable);
        let transaction = serializable.start().await?;
        transaction.query_one("SELECT COUNT(*) FROM old_tokens", &[]).await?;
        if let Some(other) = other.take() {
            Box::pin(move_in(other, operation, None)).await?;
        }
        match run_inside(&transaction, operation.clone()).await {
            // Dropping the transaction rolls it back.
            Err(StoreError::RestartTransaction) => continue,
            inserted => inserted?,
        };
        // The program's own statements and its commit fail in the same way.
        let delete = "DELETE FROM old_tokens WHERE customer = 'customer-17'";
        match transaction.execute(delete, &[]).await {
            Err(error) if must_restart(&error) => continue,
            deleted => deleted?,
        };
        match transaction.commit().await {
            Err(error) if must_restart(&error) => continue,
            committed => committed?,
        }
        return Ok(attempt);
    }
    Err("the database is busy".into())
}

/// Runs an operation inside `transaction`, which the caller commits.
async fn run_inside<D: Decision>(
    transaction: &Transaction<'_>,
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
                running.answered(results)
            }
        }
    }
}

async fn all_rows(
    transaction: &Transaction<'_>,
    statements: &[Statement],
) -> Result<Vec<Rows>, Failure> {
    let mut all = Vec::with_capacity(statements.len());
    for statement in statements {
        all.push(rows(transaction, statement).await?);
    }
    Ok(all)
}

async fn rows(transaction: &Transaction<'_>, statement: &Statement) -> Result<Rows, Failure> {
    let parameters = statement.parameters().iter().map(|value| -> Box<dyn ToSql + Send + Sync> {
        match value {
            Value::Integer(number) => Box::new(*number),
            Value::Text(text) => Box::new(text.clone()),
            Value::Bytes(bytes) => Box::new(bytes.clone()),
            Value::Null(Type::Integer) => Box::new(None::<i64>),
            Value::Null(Type::Text) => Box::new(None::<String>),
            Value::Null(Type::Bytes) => Box::new(None::<Vec<u8>>),
        }
    });
    let parameters: Vec<_> = parameters.collect();
    let stream = transaction.query_raw(statement.sql(), parameters).await.map_err(failure)?;
    let mut stream = pin!(stream);
    let mut rows = Rows::default();
    while let Some(row) = stream.try_next().await.map_err(failure)? {
        let values = (0..row.len()).map(|column| value(&row, column));
        rows.rows.push(values.collect::<Result<_, _>>()?);
    }
    // PostgreSQL also counts the rows of a SELECT.
    if !statement.sql().starts_with("SELECT") {
        rows.changed = stream.rows_affected().unwrap_or_default();
    }
    Ok(rows)
}

fn value(row: &Row, column: usize) -> Result<Value, Failure> {
    let kind = row.columns().get(column).map(|column| column.type_().clone());
    let value = match kind {
        Some(SqlType::INT8) => row.try_get::<_, Option<i64>>(column).map(Value::from),
        // A number that is written in the statement.
        Some(SqlType::INT4) => {
            row.try_get::<_, Option<i32>>(column).map(|it| Value::from(it.map(i64::from)))
        }
        Some(SqlType::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(column).map(Value::from),
        _ => row.try_get::<_, Option<String>>(column).map(Value::from),
    };
    value.map_err(failure)
}

fn failure(error: tokio_postgres::Error) -> Failure {
    if must_restart(&error) {
        return Failure::Restart;
    }
    // The message of PostgreSQL names tables and columns. Its detail would name values.
    let text = match error.as_db_error() {
        Some(error) => format!("{}: {}", error.code().code(), error.message()),
        None => error.to_string(),
    };
    Failure::Store(StoreError::Database(text))
}

/// Whether another transaction was faster. An operation reads a key before it inserts it: a unique
/// violation then also means that (PostgreSQL, section 13.5).
fn must_restart(error: &tokio_postgres::Error) -> bool {
    let codes = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::UNIQUE_VIOLATION,
    ];
    error.code().is_some_and(|code| codes.contains(code))
}
