use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A new folder, which is removed with its contents when the value is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Creates a folder below `parent`. The number of this process makes its name unique.
    ///
    /// # Errors
    /// It can't be created, or exists.
    pub fn new(parent: &Path, name: &str) -> io::Result<Self> {
        let path = parent.join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(parent)?;
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing can be done about a failure here.
        let _ = fs::remove_dir_all(&self.0);
    }
}
