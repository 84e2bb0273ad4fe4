//! The bare loop: one statement in one transaction, with the settings of the store.

use std::error::Error;
use std::path::Path;

use rusqlite::Connection;

use crate::fill::{CONSENT, record_id, synchronize};

/// A table with as many rows as there are consents, in a file of its own.
pub(crate) struct Bare(Connection);

/// The length of a value: a row fits into a page with others.
const VALUE: usize = 400;

impl Bare {
    pub(crate) fn create(path: &Path, rows: u32) -> Result<Self, Box<dyn Error>> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             PRAGMA cache_size = -2000000;
             CREATE TABLE bare (id TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL,
                                value TEXT NOT NULL) STRICT, WITHOUT ROWID;
             BEGIN IMMEDIATE",
        )?;
        let value = "v".repeat(VALUE);
        for number in 0..rows {
            let sql = "INSERT INTO bare (id, number, value) VALUES ($1, $2, $3)";
            let id = record_id(CONSENT, number);
            connection.prepare_cached(sql)?.execute((id.as_str(), number, &value))?;
        }
        connection.execute_batch("COMMIT")?;
        drop(connection);
        synchronize(path)?;
        // What `fdx_store_sqlite::Options` sets.
        let connection = Connection::open(path)?;
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
             PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF",
        )?;
        Ok(Self(connection))
    }

    /// Reads a row in a transaction of its own.
    pub(crate) fn read(&self, id: &str) -> rusqlite::Result<String> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut select = self.0.prepare_cached("SELECT value FROM bare WHERE id = $1")?;
        let value = select.query_row([id], |row| row.get(0))?;
        self.execute("COMMIT")?;
        Ok(value)
    }

    /// Changes a row in a transaction of its own.
    pub(crate) fn write(&self, id: &str) -> rusqlite::Result<()> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut update =
            self.0.prepare_cached("UPDATE bare SET number = number + 1 WHERE id = $1")?;
        update.execute([id])?;
        self.execute("COMMIT")
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.0.prepare_cached(sql)?.execute([]).map(drop)
    }
}
