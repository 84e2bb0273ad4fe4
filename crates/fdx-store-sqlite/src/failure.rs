use core::fmt;
use std::io;
use std::path::Path;

use fdx_store::{Failure, StoreError};
use fdx_wire::members::Excerpt;
use rusqlite::{Error, ErrorCode};

/// The failure of an action.
///
/// A busy database is `SQLITE_BUSY` with all its extended codes, such as `SQLITE_BUSY_SNAPSHOT`:
/// another connection was faster.
pub(crate) fn failure(error: Error) -> Failure {
    let text = bounded(text(&error));
    Failure::Store(match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed,
        ) => return Failure::Restart,
        Some(ErrorCode::DiskFull) => StoreError::Full(text),
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly(text),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => StoreError::CannotOpen(text),
        Some(ErrorCode::SystemIoFailure) => StoreError::Disk(text),
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged(text),
        Some(ErrorCode::NotADatabase) => StoreError::Schema(text),
        _ => StoreError::Database(text),
    })
}

/// The same outside an operation, which nothing repeats.
pub(crate) fn store_error(error: Error) -> StoreError {
    match failure(error) {
        Failure::Restart => StoreError::Busy,
        Failure::Store(error) => error,
    }
}

/// The failure of a file that SQLite does not open itself.
pub(crate) fn file_error(path: &Path, error: &io::Error) -> StoreError {
    let text = bounded(format_args!("{}: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full(text),
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(text),
        _ => StoreError::CannotOpen(text),
    }
}

/// A failure that the driver itself finds.
pub(crate) fn defect(text: impl fmt::Display) -> Failure {
    Failure::Store(StoreError::Database(bounded(text)))
}

/// SQLite's text. It names tables, columns and files, never values. The text of the statement is
/// left out.
fn text(error: &Error) -> String {
    match error {
        Error::SqliteFailure(_, Some(text)) => text.clone(),
        Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

pub(crate) fn bounded(text: impl fmt::Display) -> String {
    Excerpt::of(&text.to_string()).to_string()
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn each_result_of_sqlite_has_its_failure() {
        for (code, expected) in [
            (ffi::SQLITE_BUSY, "restart"),
            (ffi::SQLITE_BUSY_RECOVERY, "restart"),
            (ffi::SQLITE_BUSY_SNAPSHOT, "restart"),
            (ffi::SQLITE_LOCKED, "restart"),
            (ffi::SQLITE_PROTOCOL, "restart"),
            (ffi::SQLITE_FULL, "store.full"),
            (ffi::SQLITE_READONLY, "store.read_only"),
            (ffi::SQLITE_READONLY_DIRECTORY, "store.read_only"),
            (ffi::SQLITE_CANTOPEN, "store.cannot_open"),
            (ffi::SQLITE_PERM, "store.cannot_open"),
            (ffi::SQLITE_IOERR_FSYNC, "store.disk"),
            (ffi::SQLITE_CORRUPT, "store.damaged"),
            (ffi::SQLITE_NOTADB, "store.schema"),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, "store.database"),
            (ffi::SQLITE_NOMEM, "store.database"),
        ] {
            let text = "x".repeat(1000);
            let error = Error::SqliteFailure(ffi::Error::new(code), Some(text));
            match failure(error) {
                Failure::Restart => assert_eq!(expected, "restart", "{code}"),
                Failure::Store(error) => {
                    assert_eq!(error.code(), expected, "{code}");
                    assert!(error.to_string().len() < 350);
                }
            }
        }
    }
}
