//! Sealed tokens: a wrapping key per tenant, a key per consent, and erasing.
//!
//! ```text
//!   KeyRing (of one tenant; from a KMS or a file)
//!      └── wraps ──▶ ConsentKey, 32 random bytes          fdx_keys.wrapped
//!                       └── seals ──▶ tokens, pending flow  fdx_tokens.sealed, fdx_flows.sealed
//! ```
//!
//! Everything is sealed with AES-256-GCM by [`fdx_jose::SealingKeys`]. The tenant, the consent, the
//! [`Column`] and the generation are authenticated: a sealed value opens only in its own place.
//!
//! ```
//! use fdx_jose::{SealError, SealingKey, backend};
//! use fdx_store::seal::{Column, KeyRing};
//! use fdx_wire::{Entropy, Secret};
//!
//! // 32 random bytes from a KMS or a file, and a number that no other key of the tenant has.
//! let ring = KeyRing::new(backend::ring(), SealingKey::new(1, [7; 32]));
//!
//! let (key, wrapped) = ring.create("tenant", "consent", &Entropy::new([1; 32]))?;
//! let tokens = Secret::new("the tokens".to_owned());
//! let sealed = key.seal(Column::Tokens, 1, &Entropy::new([2; 32]), &tokens)?;
//!
//! let key = ring.unwrap("tenant", "consent", &wrapped)?;
//! assert_eq!(key.open(Column::Tokens, 1, &sealed)?, tokens);
//! assert_eq!(key.open(Column::Tokens, 2, &sealed), Err(SealError::Unauthentic));
//!
//! // Another ring does not open it, and says which key it lacks.
//! let other = KeyRing::new(backend::ring(), SealingKey::new(2, [8; 32]));
//! let error = other.unwrap("tenant", "consent", &wrapped).unwrap_err();
//! assert_eq!(error, SealError::UnknownKey { id: 1 });
//! # Ok::<(), SealError>(())
//! ```
//!
//! # What sealing protects against
//!
//! - A reader of the database, of its files, backups or replicas learns no token.
//! - A writer to the database can't move a sealed value to another tenant, consent, column or
//!   generation, and can't change it: it no longer opens.
//!
//! It does not protect against:
//! - A program that has the wrapping key, or reads the memory of a process that has it.
//! - A writer who restores a whole row with its generation, or an older database. An older refresh
//!   token then comes back, and its use may end the grant at the institution.
//! - A reader who learns what is not sealed: which customer has consents at which institution, their
//!   state and times, and the length of each sealed value.
//!
//! # The wrapping key
//!
//! A wrapping key is 32 random bytes. Do not derive it from a password, do not use it for anything
//! else, and keep it outside the database and its backups. With a KMS, let it decrypt a data key when
//! the program starts, and pass the data key to [`KeyRing::new`]. With a file, let only the program
//! read it.
//!
//! # Rotation
//!
//! 1. Give every process the new key as a key that [opens](KeyRing::and_opens).
//! 2. When all processes have it, let them seal with the new key and open with the old one.
//! 3. Run [`Resealing`] until nothing remains. It wraps the consents' keys again; the tokens stay as
//!    they are.
//! 4. Remove the old key when no backup from before step 3 is needed any more.
//!
//! A removed or lost key locks the consents whose keys it wraps: [`KeyCounts::locked`] counts them,
//! and [`read_keys`] names them.
//!
//! # Erasing, and its limit
//!
//! [`erase_consent`](crate::consents::erase_consent) deletes the wrapped key and the sealed tokens of a consent. Without the key, a copy of the
//! tokens elsewhere in the same database can't be opened. SQLite overwrites deleted rows only with
//! `PRAGMA secure_delete = ON`, and its write-ahead log keeps old pages until a checkpoint truncates
//! it. PostgreSQL keeps old rows until they are vacuumed, and in its log.
//!
//! A backup from before still has the wrapped key and the tokens. They can be opened until the last
//! such backup is gone, or until the wrapping key is retired: replaced by rotation and destroyed, in
//! every copy. Plan the lifetime of backups and wrapping keys by the time within which erasing must be
//! complete.

mod consent_key;
mod key_ring;
pub(crate) mod keys;
mod resealing;

pub use consent_key::{Column, ConsentKey};
pub use key_ring::{KeyRing, WrappedKey};
pub use keys::{
    CountKeys, KeyCounts, KeyEntry, KeyPage, ReadKey, ReadKeys, count_keys, read_key, read_keys,
};
pub use resealing::{Damaged, Progress, Resealing, Rewrap};

#[cfg(test)]
mod tests;
