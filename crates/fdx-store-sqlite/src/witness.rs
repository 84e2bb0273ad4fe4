use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use fdx_store::StoreError;

use crate::failure::file_error;
use crate::files;

/// The small file that records which database was used last in this place, and up to which commit.
///
/// It has one line: name and version of the format, instance, commits, the file's own time of birth,
/// and a checksum, which reveals a line that another process is just writing.
pub(crate) struct Witness {
    file: File,
    path: PathBuf,
    /// The file's time of birth in nanoseconds since 1970, where the file system has one. Copying the
    /// file changes it.
    born: Option<u128>,
}

/// What the file says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    pub(crate) instance: String,
    pub(crate) commits: i64,
    born: Option<u128>,
}

const FORMAT: &str = "fdx-store-sqlite 1";

impl Witness {
    /// Opens the file, or creates an empty one.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let open = || {
            let file = files::private().truncate(false).create(true).open(path)?;
            let born = file.metadata()?.created().ok();
            let born = born.and_then(|born| born.duration_since(UNIX_EPOCH).ok());
            Ok((file, born.map(|born| born.as_nanos())))
        };
        let (file, born) = open().map_err(|error| file_error(path, &error))?;
        Ok(Self { file, path: path.to_owned(), born })
    }

    /// Reads the line. `None` if there is none, or if it is not one of this format.
    pub(crate) fn read(&mut self) -> Result<Option<Record>, StoreError> {
        let mut bytes = Vec::new();
        let mut read = || {
            self.file.rewind()?;
            Read::by_ref(&mut self.file).take(512).read_to_end(&mut bytes)
        };
        read().map_err(|error| file_error(&self.path, &error))?;
        Ok(String::from_utf8_lossy(&bytes).lines().next().and_then(Record::parse))
    }

    /// Whether the record is from this file and not from one that it is a copy of. True where the file
    /// system has no times of birth.
    pub(crate) fn wrote(&self, record: &Record) -> bool {
        record.born.is_none() || self.born.is_none() || record.born == self.born
    }

    /// Overwrites the line in place.
    pub(crate) fn write(&mut self, instance: &str, commits: i64) -> io::Result<()> {
        let record = Record { instance: instance.to_owned(), commits, born: self.born };
        self.file.rewind()?;
        self.file.write_all(record.line().as_bytes())
    }

    /// The same, on the disk when it returns.
    pub(crate) fn write_durably(&mut self, instance: &str, commits: i64) -> Result<(), StoreError> {
        self.write(instance, commits)
            .and_then(|()| self.file.sync_all())
            .map_err(|error| file_error(&self.path, &error))
    }
}

impl Record {
    fn line(&self) -> String {
        let born = self.born.map_or_else(|| "-".to_owned(), |born| born.to_string());
        let text = format!("{FORMAT} {} {:019} {born}", self.instance, self.commits);
        format!("{text} {:016x}\n", checksum(&text))
    }

    fn parse(line: &str) -> Option<Self> {
        let (text, check) = line.rsplit_once(' ')?;
        let mut members = text.strip_prefix(FORMAT)?.strip_prefix(' ')?.split(' ');
        let instance = members.next()?.to_owned();
        let commits = members.next()?.parse().ok()?;
        let born = match members.next()? {
            "-" => None,
            born => Some(born.parse().ok()?),
        };
        let whole = check == format!("{:016x}", checksum(text)) && members.next().is_none();
        whole.then_some(Self { instance, commits, born })
    }
}

/// FNV-1a: it finds mixed lines. Nothing protects the file from its owner.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_mixes_two_records_is_none() {
        let record = |commits| Record { instance: "ab".repeat(16), commits, born: Some(17) };
        let (old, new) = (record(1999).line(), record(2000).line());
        assert_eq!(Record::parse(old.trim_end()), Some(record(1999)));
        for at in 0..=old.len() {
            let mixed = format!("{}{}", &new[..at], &old[at..]);
            if mixed != old && mixed != new {
                assert_eq!(Record::parse(mixed.trim_end()), None, "{mixed}");
            }
        }
    }
}
