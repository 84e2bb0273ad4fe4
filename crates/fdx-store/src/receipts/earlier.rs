use std::collections::BTreeMap;

use super::Digest;
use super::chain::{ChainError, ChainFault};
use super::entry::ReceiptEntry;
use super::head::Head;
use crate::RecordKey;

/// An earlier list of heads, to find what a later export lacks: which chain was cut off, replaced or
/// removed. The list is verified by the root that belongs to it.
///
/// Add all heads, check each entry of the export, then call [`EarlierHeads::finish`].
#[derive(Clone, Debug, Default)]
pub struct EarlierHeads(BTreeMap<RecordKey, Expected>);

#[derive(Clone, Copy, Debug)]
struct Expected {
    sequence: u64,
    digest: Digest,
    /// The last entry that the export has.
    reached: u64,
}

impl EarlierHeads {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a head of the earlier list.
    pub fn add(&mut self, head: Head) {
        let Head { key, sequence, digest } = head;
        self.0.insert(key, Expected { sequence, digest, reached: 0 });
    }

    /// Checks an entry of the later export, which was verified within its chain.
    ///
    /// # Errors
    /// [`ChainFault::Head`] if the earlier list has another digest.
    pub fn check(&mut self, entry: &ReceiptEntry) -> Result<(), ChainError> {
        let (key, sequence) = (entry.key(), entry.sequence());
        let Some(expected) = self.0.get_mut(&key) else { return Ok(()) };
        expected.reached = sequence;
        if sequence == expected.sequence && entry.digest() != expected.digest {
            return Err(ChainError { key, sequence, fault: ChainFault::Head });
        }
        Ok(())
    }

    /// Checks that no chain was cut off. Returns the heads of chains that the export lacks as a whole:
    /// each was deleted when its retention was over, or removed. Compare them with the log of
    /// [`Deleted::chains`](super::Deleted::chains).
    ///
    /// # Errors
    /// [`ChainFault::Missing`].
    pub fn finish(self) -> Result<Vec<Head>, ChainError> {
        let mut absent = Vec::new();
        for (key, Expected { sequence, digest, reached }) in self.0 {
            if reached == 0 {
                absent.push(Head { key, sequence, digest });
            } else if reached < sequence {
                return Err(ChainError { key, sequence: reached + 1, fault: ChainFault::Missing });
            }
        }
        Ok(absent)
    }
}
