use fdx_store::StoreError;
use rusqlite::{Connection, OptionalExtension};

use crate::failure::store_error;
use crate::tables::immediate;
use crate::witness::{Record, Witness};

/// Whether the database is the one that was used last in its place.
///
/// A keeper that refreshes with the tokens of a backup sends refresh tokens that were used before.
/// An institution takes that for theft, and revokes everything that it issued to the customer's
/// grant. A keeper therefore reads [`SqliteStore::origin`](crate::SqliteStore::origin) when it starts,
/// and refreshes nothing until an operator has called
/// [`SqliteStore::acknowledge_origin`](crate::SqliteStore::acknowledge_origin).
///
/// # How it is found
///
/// The database has a random instance and the number of its commits. A *witness*, a small file next
/// to it or in another place
/// ([`Options::witness`](crate::Options::witness)), repeats both after each
/// commit, and its own time of birth, which a copy of the file does not have. A store compares them
/// when it is opened. A difference gives the database a new instance, and is kept in it until it is
/// acknowledged, whichever process opens the database first.
///
/// # What is found
///
/// - `Restored`: an older copy of the database file is in the place of the newer one. One commit is
///   enough, also one whose write-ahead log (`-wal`) was not copied.
/// - `Copied`: the database file was moved or copied without its witness, or the witness was deleted.
/// - `Copied`: both files were copied, to another folder or machine, or from a backup of both. This
///   needs a file system with times of birth: ext4, XFS, Btrfs, APFS, NTFS.
///
/// # What is not found
///
/// - A snapshot of a whole volume or machine that is restored or cloned: the witness is as old as the
///   database. Put the witness on a volume that the snapshot does not contain.
/// - A copy that runs elsewhere: the copy finds that it is one, the original does not.
/// - A backup that lacks only commits of other connections, such as those of your own transactions
///   with `rusqlite`, which count no commit.
/// - A file that is replaced while a store has it open. SQLite does not support that.
/// - The last commits before a power cut, if the witness was not on the disk yet. The database was.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Origin {
    /// The same: it has every commit that the witness knows.
    Same,
    /// It is older than the database that was used here last.
    Restored,
    /// It is not the database that was used here last, or there is no witness.
    Copied,
}

/// The rows of `fdx_meta` about the origin, compared with the witness.
struct Known {
    /// Absent if the database was created by other means.
    instance: Option<String>,
    commits: i64,
    comparison: Comparison,
}

/// A comparison of the rows with the witness.
enum Comparison {
    Found(Origin),
    /// There were no commits yet, so nothing is lost: the witness was not written yet, or is from a
    /// database that was here before.
    New,
}

/// Compares the database with its witness, and makes them agree. Returns the instance.
pub(crate) fn attach(connection: &Connection, witness: &mut Witness) -> Result<String, StoreError> {
    let known = Known::read(connection, witness)?;
    if let (Some(instance), Comparison::Found(Origin::Same)) = (known.instance, known.comparison) {
        return Ok(instance);
    }
    // Again, because other processes write both until the transaction has begun.
    let transaction = immediate(connection)?;
    let Known { instance, commits, comparison } = Known::read(&transaction, witness)?;
    let mark = match comparison {
        Comparison::New | Comparison::Found(Origin::Same) => None,
        Comparison::Found(Origin::Restored) => Some(RESTORED),
        Comparison::Found(Origin::Copied) => Some(COPIED),
    };
    let instance = match instance {
        Some(instance) if mark.is_none() => instance,
        // From now on, neither the original nor an older backup is this database.
        _ => transaction.query_row(NEW_INSTANCE, [], |row| row.get(0)).map_err(store_error)?,
    };
    if let Some(mark) = mark {
        transaction.execute(MARK, [mark]).map_err(store_error)?;
    }
    transaction.commit().map_err(store_error)?;
    witness.write_durably(&instance, commits)?;
    Ok(instance)
}

const RESTORED: &str = "restored";
const COPIED: &str = "copied";
const NEW_INSTANCE: &str = "
    INSERT INTO fdx_meta (name, value) VALUES ('sqlite_instance', lower(hex(randomblob(16))))
    ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING value";
/// The first mark stays.
const MARK: &str = "
    INSERT INTO fdx_meta (name, value) VALUES ('sqlite_origin', $1) ON CONFLICT (name) DO NOTHING";
const COUNT: &str = "
    INSERT INTO fdx_meta (name, value) VALUES ('sqlite_commits', '1')
    ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value";

impl Known {
    fn read(connection: &Connection, witness: &mut Witness) -> Result<Self, StoreError> {
        // The witness first: others commit before they write it, so what is read later is not older.
        let seen = witness.read()?;
        let instance = value(connection, "sqlite_instance")?;
        let commits = value(connection, "sqlite_commits")?;
        let commits = commits.and_then(|text| text.parse().ok()).unwrap_or(0);
        let comparison = match (&instance, seen) {
            (None, _) => Comparison::New,
            (Some(instance), Some(seen)) if seen.instance == *instance => {
                Comparison::Found(same_instance(witness, &seen, commits))
            }
            (Some(_), _) if commits == 0 => Comparison::New,
            (Some(_), _) => Comparison::Found(Origin::Copied),
        };
        Ok(Self { instance, commits, comparison })
    }
}

fn same_instance(witness: &Witness, seen: &Record, commits: i64) -> Origin {
    match seen.commits > commits {
        true => Origin::Restored,
        false if witness.wrote(seen) => Origin::Same,
        false => Origin::Copied,
    }
}

/// Counts one more commit, and returns their number.
pub(crate) fn count(connection: &Connection) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(COUNT)?;
    let text: String = statement.query_row([], |row| row.get(0))?;
    Ok(text.parse().unwrap_or(0))
}

/// The mark that a comparison left.
pub(crate) fn marked(connection: &Connection) -> Result<Origin, StoreError> {
    Ok(match value(connection, "sqlite_origin")?.as_deref() {
        None => Origin::Same,
        Some(RESTORED) => Origin::Restored,
        Some(_) => Origin::Copied,
    })
}

/// Removes the mark.
pub(crate) fn unmark(connection: &Connection) -> Result<(), StoreError> {
    let sql = "DELETE FROM fdx_meta WHERE name = 'sqlite_origin'";
    connection.execute(sql, []).map(drop).map_err(store_error)
}

fn value(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM fdx_meta WHERE name = $1";
    connection.query_row(sql, [name], |row| row.get(0)).optional().map_err(store_error)
}
