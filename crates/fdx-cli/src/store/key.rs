//! The file with the wrapping keys: lines of an id and 32 bytes in base64url, the newest first.

use std::path::{Path, PathBuf};

use fdx_jose::SealingKey;
use fdx_jose::backend::Backend;
use fdx_store::seal::KeyRing;
use fdx_wire::{Label, Secret, base64url};

use crate::error::Failure;
use crate::files;
use crate::flow::entropy;

const KEY: Label = Label::new("cli wrapping key");

/// The file that belongs to a store.
pub(super) fn path(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push("-key");
    path.into()
}

/// Creates the file, unless it exists. Another process that does the same finds the complete file of
/// the first one.
pub(super) fn create(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        return Ok(());
    }
    let text = Secret::new(format!("1 {}\n", base64url::encode(&entropy()?.derive(KEY, 0))));
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".{}", std::process::id()));
    let new = Path::new(&new);
    files::create(new, text.expose())?;
    let linked = std::fs::hard_link(new, path);
    files::remove(new)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(Failure::failed(
            format!("the key {} could not be written: {error}", path.display()),
            "name a store on another file system with --store",
        )),
        _ => Ok(()),
    }
}

/// Reads the file.
pub(super) fn read(path: &Path, backend: Backend) -> Result<KeyRing, Failure> {
    if !path.exists() {
        return Err(Failure::failed(
            format!("the key of the store is missing: {}", path.display()),
            "restore this file from a backup: no other key opens the tokens",
        ));
    }
    let text = files::private_key(path, "the key of the store")?;
    let mut keys = text.expose().lines().map(key);
    let wrong = || {
        let what = format!("{} contains no keys of a store", path.display());
        Failure::usage(what, "restore this file from a backup")
    };
    let newest = keys.next().flatten().ok_or_else(wrong)?;
    keys.try_fold(KeyRing::new(backend, newest), |ring, key| Some(ring.and_opens(key?)))
        .ok_or_else(wrong)
}

fn key(line: &str) -> Option<SealingKey> {
    let (id, key) = line.trim_end().split_once(' ')?;
    Some(SealingKey::new(id.parse().ok()?, base64url::decode_array(key).ok()?))
}
