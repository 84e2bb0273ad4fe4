//! Where the store is, if the command line names no place.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Failure;

/// The path that was given, or `fdx/consents.db` in the user's data directory.
pub(super) fn of(given: Option<&Path>) -> Result<PathBuf, Failure> {
    match given {
        // It may contain a password: it is not printed.
        Some(path) if path.as_os_str().to_string_lossy().contains("://") => {
            Err(Failure::usage("--store has the URL of a database", "name a SQLite file"))
        }
        Some(path) => Ok(path.to_owned()),
        None => Ok(data()?.join("fdx").join("consents.db")),
    }
}

/// The user's data directory: of the XDG Base Directory Specification on other systems than Windows
/// and macOS.
fn data() -> Result<PathBuf, Failure> {
    let in_home = |rest: &str| set("HOME").map(|home| home.join(rest));
    let found = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        in_home("Library/Application Support")
    } else {
        // "All paths must be absolute": a relative one counts as unset.
        let set = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
        set.or_else(|| in_home(".local/share"))
    };
    found.ok_or_else(|| {
        Failure::usage("this user has no data directory", "name the store with --store PATH")
    })
}

fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
