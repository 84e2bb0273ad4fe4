use core::time::Duration;
use std::io;
use std::path::{Path, PathBuf};

use fdx_store::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::failure::{bounded, file_error, store_error};
use crate::store::SqliteStore;
use crate::tables::{self, Found};
use crate::witness::Witness;
use crate::{files, origin};

/// How a database is opened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    busy_timeout: Duration,
    witness: Option<PathBuf>,
}

/// The first version of SQLite that loses no commit of two connections in WAL mode.
const SQLITE: i32 = 3_051_003;
/// How often the journal mode is changed next to other processes.
const ATTEMPTS: usize = 16;
/// All statements of a keeper.
const STATEMENTS: usize = 128;

impl Default for Options {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(5), witness: None }
    }
}

impl Options {
    /// Waits 5 seconds for other connections. The witness is next to the database.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long a transaction waits for those of other connections. Zero: not at all.
    #[must_use]
    pub fn busy_timeout(self, timeout: Duration) -> Self {
        Self { busy_timeout: timeout, ..self }
    }

    /// Sets the place of the witness: see [`Origin`](crate::Origin). All processes that use the
    /// database must name the same file. Default: the path of the database with `-witness` after it.
    #[must_use]
    pub fn witness(self, path: impl Into<PathBuf>) -> Self {
        Self { witness: Some(path.into()), ..self }
    }

    /// Opens the database at `path`. If there is no file, or one without tables, it is created.
    ///
    /// On Unix, only its owner can read a new file. Several processes may do this at once.
    ///
    /// # Errors
    /// [`StoreError`]. Nothing was written if it is [`StoreError::Schema`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let path = absolute(path.as_ref())?;
        match files::private().create_new(true).open(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(file_error(&path, &error));
            }
            _ => {}
        }
        let connection = self.connect(&path)?;
        let found = tables::found(&connection)?;
        writable(&connection)?;
        write_ahead(&connection)?;
        if found == Found::Empty {
            tables::create(&connection)?;
        }
        self.attach(connection, &path)
    }

    /// Opens the database at `path`, which must be a store's.
    ///
    /// # Errors
    /// [`StoreError`]. Nothing was written if it is [`StoreError::Schema`].
    pub fn open_existing(&self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let path = absolute(path.as_ref())?;
        let connection = self.connect(&path)?;
        if tables::found(&connection)? == Found::Empty {
            return Err(StoreError::Schema("the database has no tables".to_owned()));
        }
        writable(&connection)?;
        write_ahead(&connection)?;
        self.attach(connection, &path)
    }

    /// Creates a database in memory, for tests and examples. Its origin is always the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn in_memory(&self) -> Result<SqliteStore, StoreError> {
        let connection = Connection::open_in_memory().map_err(store_error)?;
        self.configure(&connection)?;
        tables::create(&connection)?;
        Ok(SqliteStore::new(connection, None))
    }

    /// Opens a file that exists. Writes nothing.
    fn connect(&self, path: &Path) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(store_error)?;
        self.configure(&connection)?;
        Ok(connection)
    }

    fn configure(&self, connection: &Connection) -> Result<(), StoreError> {
        fits(rusqlite::version_number(), rusqlite::version())?;
        connection.busy_timeout(self.busy_timeout).map_err(store_error)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A commit is on the disk when it returns; macOS needs `fullfsync` for that. Deleted keys are
        // overwritten. Functions in the schema of another program are not called.
        let pragmas = "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
                       PRAGMA checkpoint_fullfsync = ON; PRAGMA secure_delete = ON;
                       PRAGMA trusted_schema = OFF;";
        connection.execute_batch(pragmas).map_err(store_error)
    }

    fn attach(&self, connection: Connection, path: &Path) -> Result<SqliteStore, StoreError> {
        let witness = match &self.witness {
            Some(path) => absolute(path)?,
            None => files::with_suffix(path, "-witness"),
        };
        let mut witness = Witness::open(&witness)?;
        let instance = origin::attach(&connection, &mut witness)?;
        Ok(SqliteStore::new(connection, Some((witness, instance))))
    }
}

impl SqliteStore {
    /// Opens the database at `path`, or creates it, with the default [`Options`].
    ///
    /// # Errors
    /// As [`Options::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Options::new().open(path)
    }

    /// Opens the database at `path`, which must be a store's, with the default [`Options`].
    ///
    /// # Errors
    /// As [`Options::open_existing`].
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Options::new().open_existing(path)
    }

    /// Creates a database in memory, for tests and examples.
    ///
    /// # Errors
    /// As [`Options::in_memory`].
    pub fn in_memory() -> Result<Self, StoreError> {
        Options::new().in_memory()
    }
}

/// The same file by an absolute path. SQLite takes some relative paths for something else, such as
/// `:memory:`.
fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    std::path::absolute(path).map_err(|error| file_error(path, &error))
}

fn fits(number: i32, version: &str) -> Result<(), StoreError> {
    match number >= SQLITE {
        true => Ok(()),
        false => Err(StoreError::Engine(bounded(format_args!(
            "SQLite {version} can lose commits of two connections, 3.51.3 or later does not"
        )))),
    }
}

fn writable(connection: &Connection) -> Result<(), StoreError> {
    match connection.is_readonly(rusqlite::MAIN_DB).map_err(store_error)? {
        false => Ok(()),
        true => Err(StoreError::ReadOnly("every operation needs to write".to_owned())),
    }
}

/// Switches to the write-ahead log, which the file records.
fn write_ahead(connection: &Connection) -> Result<(), StoreError> {
    let mut last = StoreError::Busy;
    for _ in 0..ATTEMPTS {
        let sql = "PRAGMA journal_mode = WAL";
        match connection.query_row(sql, [], |row| row.get::<_, String>(0)).map_err(store_error) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(StoreError::Engine(bounded(format_args!(
                    "the journal mode of the database stays '{mode}', not WAL"
                ))));
            }
            Err(StoreError::Busy) => {}
            Err(other) => return Err(other),
        }
        // The change does not wait for another process that makes it at the same time; a transaction
        // does.
        if let Err(error) = tables::immediate(connection) {
            last = error;
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_that_can_lose_commits_does_not_fit() {
        assert!(fits(SQLITE, "3.51.3").is_ok());
        let error = fits(SQLITE - 1, "3.51.2").unwrap_err();
        assert_eq!(error.code(), "store.engine");
        assert!(error.to_string().contains("3.51.3"), "{error}");
    }
}
