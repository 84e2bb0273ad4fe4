//! Reads and writes files. Secrets are readable only by their owner.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::path::Path;

use fdx_wire::Secret;

use crate::error::Failure;
use crate::print::message;

/// The size limit of files that are read.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a small text file, which may contain a secret.
pub(crate) fn text(path: &Path, what: &str) -> Result<Secret, Failure> {
    let cannot = |why: &str, next: &str| {
        Failure::usage(format!("{what} {} can't be read: {why}", path.display()), next)
    };
    let failed = |error: Error| cannot(&error.to_string(), reading(error.kind()));
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(cannot("it is not a file", "name a file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(cannot("it is larger than a mebibyte", "name another file"));
    }
    Ok(Secret::new(std::fs::read_to_string(path).map_err(failed)?))
}

fn reading(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidData => "name another file: this one is not text",
        ErrorKind::PermissionDenied => "change its permissions, or name another file",
        _ => "name an existing file (a path in a configuration is relative to its directory)",
    }
}

/// Reads a private key. Warns if other users of this machine can also read it.
pub(crate) fn private_key(path: &Path, what: &str) -> Result<Secret, Failure> {
    let text = text(path, what)?;
    warn_of_readers(path);
    Ok(text)
}

/// Warns if other users of this machine can read a file with a secret.
#[cfg(unix)]
pub(crate) fn warn_of_readers(path: &Path) {
    use std::os::unix::fs::PermissionsExt;

    let mode = path.metadata().map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        let path = path.display();
        message(&format!(
            "warning: {path} contains a secret, and other users can open it (mode {mode:04o}): \
             chmod 600 {path}"
        ));
    }
}

/// Does nothing: only Unix has such modes.
#[cfg(not(unix))]
pub(crate) fn warn_of_readers(_: &Path) {}

/// Writes a new file that only its owner can read (mode 0600). Every file of this program is
/// written here.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let mut file = create_new(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| unwritten(path, &error))
}

/// Opens a new file that only its owner can read, for a result that is written piece by piece.
pub(crate) fn create_new(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(path),
        _ => unwritten(path, &error),
    })
}

fn unwritten(path: &Path, error: &Error) -> Failure {
    Failure::failed(
        format!("{} could not be written: {error}", path.display()),
        "free space, or choose another path",
    )
}

/// Removes a file.
pub(crate) fn remove(path: &Path) -> Result<(), Failure> {
    std::fs::remove_file(path).map_err(|error| {
        Failure::failed(
            format!("{} could not be removed: {error}", path.display()),
            "remove it: its tokens must not be used",
        )
    })
}

/// Fails early if a file to be written exists.
pub(crate) fn check_absent(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => Err(exists(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::usage(
            format!("{} can't be written: {error}", path.display()),
            "choose another path",
        )),
    }
}

/// Fails early if the directory of a file to be written does not exist.
pub(crate) fn check_directory_of(path: &Path) -> Result<(), Failure> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    if directory.is_dir() {
        return Ok(());
    }
    let what = format!("{} is not a directory", directory.display());
    Err(Failure::usage(what, "create it, or choose another path"))
}

/// Creates a directory that only its owner can enter (mode 0700). Fails if it exists: it may belong
/// to another user.
pub(crate) fn create_private_directory(path: &Path) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        Failure::failed(
            format!("{} could not be created: {error}", path.display()),
            "choose another folder for temporary files, with TMPDIR",
        )
    })
}

/// Creates a directory that only its owner can enter, if it does not exist.
pub(crate) fn make_directory(path: &Path) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        Failure::usage(
            format!("the directory {} can't be created: {error}", path.display()),
            "choose another directory",
        )
    })
}

fn exists(path: &Path) -> Failure {
    Failure::usage(
        format!("{} exists already, and files are never overwritten", path.display()),
        "move it away, or choose another path",
    )
}
