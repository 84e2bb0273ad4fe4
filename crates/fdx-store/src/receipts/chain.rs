use fdx_wire::UnixTime;

use super::Digest;
use super::entry::{EntryError, ReceiptEntry};
use super::head::Head;
use super::read::StoredEntry;
use crate::RecordKey;

/// Verifies the chain of one consent, entry by entry.
///
/// ```
/// use fdx_store::receipts::{ChainFault, verify_chain};
/// use fdx_store::{RecordId, RecordKey, Tenant};
///
/// let key = RecordKey::new(Tenant::default(), RecordId::new("flow-1")?);
/// let error = verify_chain(&key, ["{}"]).unwrap_err();
/// assert_eq!((error.key, error.sequence), (key, 1));
/// assert!(matches!(error.fault, ChainFault::Unreadable(_)));
/// # Ok::<(), fdx_store::IdError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ChainVerifier {
    key: RecordKey,
    last: Option<Last>,
    earlier: Vec<u64>,
}

/// A chain that was verified.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct VerifiedChain {
    /// The newest entry. `None` for a chain without entries.
    pub head: Option<Head>,
    /// The numbers of entries whose time is before the time of the entry before. This is no error:
    /// each node writes the time of its own clock.
    pub earlier_than_previous: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    sequence: u64,
    digest: Digest,
    at: UnixTime,
}

/// The first entry of a chain that does not verify.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("receipt {sequence} of consent {} of tenant {}: {fault}", key.id, key.tenant)]
pub struct ChainError {
    /// The consent.
    pub key: RecordKey,
    /// The number that the entry has, or would have.
    pub sequence: u64,
    /// What is wrong.
    pub fault: ChainFault,
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// More entries than the head of the chain counts.
    #[error("the head of the chain does not count this entry")]
    AfterHead,
    /// Columns of the row, such as its time or digest, differ from the entry.
    #[error("the columns of its row differ from the entry")]
    Columns,
    /// Another number: entries are missing, repeated or in another order.
    #[error(
        "the entry in its place has the number {actual}: entries are missing, repeated or moved"
    )]
    Gap {
        /// The number of the entry.
        actual: u64,
    },
    /// The last entry has another digest than the head.
    #[error("the head of the chain has another digest")]
    Head,
    /// The entry is missing at the end of the chain.
    #[error("the entry is missing: the chain was cut off")]
    Missing,
    /// The entry is about another consent.
    #[error("the entry in its place is about another consent")]
    OtherConsent,
    /// The entry contains another digest than that of the entry before: one of the two was changed.
    #[error("the digest of the entry before differs: one of the two was changed")]
    Previous,
    /// The entry can't be read.
    #[error("the entry can't be read: {0}")]
    Unreadable(EntryError),
}

impl ChainFault {
    /// The stable name of the fault, such as `receipts.chain.gap`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AfterHead => "receipts.chain.after_head",
            Self::Columns => "receipts.chain.columns",
            Self::Gap { .. } => "receipts.chain.gap",
            Self::Head => "receipts.chain.head",
            Self::Missing => "receipts.chain.missing",
            Self::OtherConsent => "receipts.chain.other_consent",
            Self::Previous => "receipts.chain.previous",
            Self::Unreadable(error) => error.code(),
        }
    }
}

/// Verifies a chain from its first entry on. Each text is one entry.
///
/// A chain whose last entries are missing verifies as well: compare the [`Head`].
///
/// # Errors
/// [`ChainError`]: the first entry that does not verify.
pub fn verify_chain<T: AsRef<str>>(
    key: &RecordKey,
    entries: impl IntoIterator<Item = T>,
) -> Result<VerifiedChain, ChainError> {
    let mut verifier = ChainVerifier::new(key.clone());
    for entry in entries {
        verifier.check(entry.as_ref())?;
    }
    Ok(verifier.finish())
}

impl ChainVerifier {
    /// Expects the first entry of a chain.
    #[must_use]
    pub fn new(key: RecordKey) -> Self {
        Self { key, last: None, earlier: Vec::new() }
    }

    /// Checks the next entry.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn check(&mut self, json: &str) -> Result<ReceiptEntry, ChainError> {
        let entry = ReceiptEntry::from_json(json)
            .map_err(|error| self.error(ChainFault::Unreadable(error)))?;
        if !entry.is_about(&self.key) {
            return Err(self.error(ChainFault::OtherConsent));
        }
        if entry.sequence() != self.next() {
            return Err(self.error(ChainFault::Gap { actual: entry.sequence() }));
        }
        if entry.previous() != self.last.map(|last| last.digest) {
            return Err(self.error(ChainFault::Previous));
        }
        if self.last.is_some_and(|last| entry.at() < last.at) {
            self.earlier.push(entry.sequence());
        }
        self.last =
            Some(Last { sequence: entry.sequence(), digest: entry.digest(), at: entry.at() });
        Ok(entry)
    }

    /// Checks the next row, and its columns as well.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn check_row(&mut self, row: &StoredEntry) -> Result<ReceiptEntry, ChainError> {
        let before = self.clone();
        let entry = self.check(&row.json)?;
        let is_same = row.sequence == entry.sequence()
            && row.at == entry.at()
            && row.kind == entry.event().kind()
            && row.cause == entry.cause().as_str()
            && row.digest == entry.digest().to_string();
        if is_same { Ok(entry) } else { Err(before.error(ChainFault::Columns)) }
    }

    /// Compares the chain with its head.
    ///
    /// # Errors
    /// [`ChainFault::Missing`], [`ChainFault::AfterHead`], [`ChainFault::Head`].
    pub fn check_head(&self, head: &Head) -> Result<(), ChainError> {
        let error = |sequence, fault| Err(ChainError { key: self.key.clone(), sequence, fault });
        let sequence = self.last.map_or(0, |last| last.sequence);
        if sequence < head.sequence {
            error(sequence + 1, ChainFault::Missing)
        } else if sequence > head.sequence {
            error(head.sequence.saturating_add(1), ChainFault::AfterHead)
        } else if self.last.is_some_and(|last| last.digest != head.digest) {
            error(sequence, ChainFault::Head)
        } else {
            Ok(())
        }
    }

    /// The newest entry that was checked.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        let Last { sequence, digest, .. } = self.last?;
        Some(Head { key: self.key.clone(), sequence, digest })
    }

    /// The chain as far as it was checked.
    #[must_use]
    pub fn finish(self) -> VerifiedChain {
        VerifiedChain { head: self.head(), earlier_than_previous: self.earlier }
    }

    /// The number of the next entry.
    pub(super) fn next(&self) -> u64 {
        self.last.map_or(0, |last| last.sequence) + 1
    }

    /// An error about the next entry.
    pub(super) fn error(&self, fault: ChainFault) -> ChainError {
        ChainError { key: self.key.clone(), sequence: self.next(), fault }
    }
}
