//! The chain of receipts of each consent: what was granted, narrowed, renewed and ended, and when.
//!
//! # Entries
//!
//! Each event of a consent is a [`ReceiptEntry`]: one canonical JSON text (RFC 8785), which contains
//! the SHA-256 of the entry before. Entries are only added. They contain no token, and no personal
//! data except the ids and texts of a [`ConsentReceipt`](fdx_rar::ConsentReceipt), such as the ids of
//! accounts. They outlive the tokens: erasing a consent adds an entry and removes none. Refreshes of
//! tokens are no events.
//!
//! | event | when |
//! |---|---|
//! | `granted` | the customer granted the consent |
//! | `narrowed` | the institution reports less than before; with the difference |
//! | `renewed` | the customer granted it again; in the chains of both records |
//! | `changed` | the institution reports another status or expiration |
//! | `revoked` | the customer, the recipient or the institution ended it; with the outcome of each part |
//! | `expired` | its time is over |
//! | `erased` | the key of its tokens is destroyed |
//!
//! An operation that changes a consent appends the event in the same transaction. [`append()`] is for
//! events that change nothing else. A repeated append finds its own entry by kind and [`Cause`].
//!
//! # What a chain proves
//!
//! | manipulation | found by |
//! |---|---|
//! | an entry was changed | the next entry, or the head: [`ChainFault::Previous`], [`ChainFault::Head`] |
//! | an entry was removed, added or moved | the numbers and digests: [`ChainFault::Gap`] |
//! | the last entries of a chain were removed | a root from before |
//! | a whole chain was removed | a root from before |
//! | a chain was written anew from some entry on | a root from before |
//! | everything was written anew, and no root is kept outside the store | nothing |
//!
//! A chain alone shows mistakes and careless changes. It does not stop a party that can write to the
//! database: this party can compute all later digests anew, because a digest needs no key. Nor does a
//! chain prove that an event happened: it proves what the recipient recorded.
//!
//! # Roots
//!
//! A [`Root`] is a SHA-256 over the heads of all chains at one time, usually the end of a day. It
//! names the root before and is signed (JWS, `consent-root+jwt`). Keep its key away from the database
//! and from its administrators: a party with both can sign anew as well. What limits this party is
//! publication: send each root outside on the day it is made, to a party that the recipient does not
//! control, such as an auditor, a timestamping service (RFC 3161) or a public log. From then on, no
//! entry that the root covers can be changed, removed or inserted unnoticed. Entries after the last
//! published root are not protected yet.
//!
//! A root is made at least [`ROOT_DELAY`] after its time, so that every entry before this time is
//! written. A node whose clock is slower than that can write an entry too late: the root then differs
//! from an export that has no fault.
//!
//! [`last_root`] and [`keep_root`] store the newest root, so that several nodes make one chain of roots.
//!
//! A root is one digest. [`ExportVerifier`] recomputes it from an export and finds a difference, but
//! not the chain. Keep the list of heads next to the root, as an export of [`Contents::Heads`]:
//! [`EarlierHeads`] names the chain.
//!
//! # Exports
//!
//! An export is JSON Lines. Each line is canonical JSON. It verifies alone, without the database; only
//! roots need public keys.
//!
//! ```text
//! {"header":{"contents":"entries","exportedAt":"…","format":"fdx-consent-receipts","keys":{…},"version":1}}
//! {"root":"eyJ…"}
//! {"head":{"consent":"flow-1","digest":"…","sequence":2,"tenant":"default"}}
//! {"at":"…","cause":"flow-1","consent":"flow-1","event":{"granted":{…}},"sequence":1,"tenant":"default","version":1}
//! {"at":"…","cause":"…","consent":"flow-1","event":{"revoked":{…}},"previous":"…","sequence":2,"tenant":"default","version":1}
//! {"end":{"chains":1,"entries":2,"heads":"…"}}
//! ```
//!
//! The digest of an entry is the SHA-256 of its line, without the line feed. Nothing confirms the time
//! in the header. A root that is verified with the keys of the export itself proves no more than the
//! rest of the file: give [`ExportVerifier`] the keys that the recipient published.
//!
//! # Retention
//!
//! [`RetentionPolicy`] computes until when a chain is kept, and [`delete_ended`] deletes whole chains
//! after that. A deletion and a manipulation look the same to a root from before: after a deletion,
//! make a root, and compare older ones by their lists of heads.

pub(crate) mod append;
mod chain;
mod deletion;
mod digest;
mod earlier;
mod entry;
mod event;
mod export;
mod form;
mod head;
mod last_root;
mod narrowing;
mod read;
mod retention;
mod revocation;
mod root;

pub(crate) use append::{Append, Next};
pub use append::{AppendReceipt, append};
pub use chain::{ChainError, ChainFault, ChainVerifier, VerifiedChain, verify_chain};
pub use deletion::{DeleteEnded, Deleted, delete_ended};
pub use digest::Digest;
pub use earlier::EarlierHeads;
pub use entry::{Cause, Disclosure, EntryError, ReceiptDraft, ReceiptEntry};
pub use event::{Event, InstitutionChange, Renewal};
pub use export::{
    Contents, Export, ExportError, ExportFault, ExportHeader, ExportLine, ExportVerifier,
    ExportWriter, KeySource, WriteError,
};
pub use head::{Head, HeadCounts, Scope};
pub use last_root::{KeepRoot, LastRoot, RootKept, keep_root, last_root};
pub use narrowing::Narrowing;
pub use read::{Heads, HeadsPage, History, HistoryPage, StoredEntry, heads, history};
pub use retention::{Retention, RetentionPolicy};
pub use revocation::{PartOutcome, Revocation, RevokedBy};
pub use root::{ROOT_DELAY, Root, RootDraft, RootError, SignedRoot, UnsignedRoot};

#[cfg(test)]
mod tests;
