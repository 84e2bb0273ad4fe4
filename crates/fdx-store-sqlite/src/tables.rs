use fdx_store::{StoreError, schema};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use crate::failure::{bounded, store_error};

/// What a database contains.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Found {
    /// No table.
    Empty,
    /// A store of a version that this release reads and writes.
    Store,
}

/// Reads the tables' names and the version. Writes nothing.
pub(crate) fn found(connection: &Connection) -> Result<Found, StoreError> {
    let count = |condition: &str| {
        let sql = format!("SELECT count(*) FROM sqlite_schema WHERE {condition}");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).map_err(store_error)
    };
    if count("name NOT LIKE 'sqlite~_%' ESCAPE '~'")? == 0 {
        return Ok(Found::Empty);
    }
    if count("type = 'table' AND name = 'fdx_meta'")? == 0 {
        return Err(StoreError::Schema(
            "the database contains tables of another program".to_owned(),
        ));
    }
    let version: Option<String> = connection
        .query_row("SELECT value FROM fdx_meta WHERE name = 'schema'", [], |row| row.get(0))
        .optional()
        .map_err(store_error)?;
    let version = version.unwrap_or_default();
    let (ours, before) = (schema::VERSION, schema::VERSION - 1);
    match version.parse::<i64>() {
        Ok(version) if version == ours || version == before => Ok(Found::Store),
        Ok(version) => Err(StoreError::Schema(format!(
            "the database has version {version}, and this release uses {ours} or {before}"
        ))),
        Err(_) => Err(StoreError::Schema(bounded(format_args!(
            "the database has the unknown version '{version}'"
        )))),
    }
}

/// Creates the tables in an empty database, all or none. Another process may be faster.
pub(crate) fn create(connection: &Connection) -> Result<(), StoreError> {
    let transaction = immediate(connection)?;
    if found(&transaction)? == Found::Empty {
        for statement in schema::SQLITE {
            transaction.execute_batch(statement).map_err(store_error)?;
        }
    }
    transaction.commit().map_err(store_error)
}

/// A transaction that writes. It is rolled back unless it is committed.
pub(crate) fn immediate(connection: &Connection) -> Result<Transaction<'_>, StoreError> {
    Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(store_error)
}
