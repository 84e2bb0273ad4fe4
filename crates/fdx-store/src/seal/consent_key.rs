use core::fmt;

use fdx_jose::{Backend, SealError, SealingKey, SealingKeys};
use fdx_wire::{Entropy, Label, Secret};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The key of one consent, which seals its tokens. It comes from a [`KeyRing`](super::KeyRing), is
/// wiped when dropped, and never leaves the process.
pub struct ConsentKey {
    keys: SealingKeys,
    tenant: String,
    consent: String,
}

/// What a sealed value is. A value opens only as what it was sealed for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Column {
    /// A token response: `fdx_tokens.sealed`.
    Tokens,
    /// The pending state of a flow: `fdx_flows.sealed`.
    Pending,
}

impl Column {
    /// Every column.
    pub const ALL: &[Self] = &[Self::Tokens, Self::Pending];

    /// The name, which is authenticated with each sealed value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Pending => "pending",
        }
    }
}

/// Each consent has one key for all its life: a key ring wraps it again, and never replaces it.
const ID: u32 = 1;

impl ConsentKey {
    pub(super) fn new(backend: Backend, tenant: &str, consent: &str, key: &[u8; 32]) -> Self {
        Self {
            keys: SealingKeys::new(backend, SealingKey::new(ID, *key)),
            tenant: tenant.to_owned(),
            consent: consent.to_owned(),
        }
    }

    /// Seals a text of this consent. The same entropy may seal several texts.
    ///
    /// # Errors
    /// [`SealError::TooLarge`] above 1 MiB, [`SealError::Backend`].
    pub fn seal(
        &self,
        column: Column,
        generation: u64,
        entropy: &Entropy,
        plaintext: &Secret,
    ) -> Result<Vec<u8>, SealError> {
        let plaintext = plaintext.expose().as_bytes();
        let generation = generation.to_be_bytes();
        let context = self.context(column, &generation);
        self.keys.seal_bytes(&context, salt(entropy, &context, plaintext), plaintext)
    }

    /// Opens a text that was sealed for this consent, column and generation.
    ///
    /// # Errors
    /// [`SealError::Unauthentic`] if the value was changed, or sealed for another place;
    /// [`SealError::Malformed`], [`SealError::Version`] or [`SealError::TooLarge`] if it is no sealed
    /// value.
    pub fn open(
        &self,
        column: Column,
        generation: u64,
        sealed: &[u8],
    ) -> Result<Secret, SealError> {
        let generation = generation.to_be_bytes();
        let opened = self.keys.open_bytes(&self.context(column, &generation), sealed);
        match opened {
            Ok(text) => text.into_secret().ok_or(SealError::NotText),
            // The id is not of a wrapping key, so no key is missing: the value was changed.
            Err(SealError::UnknownKey { .. }) => Err(SealError::Unauthentic),
            Err(error) => Err(error),
        }
    }

    fn context<'a>(&'a self, column: Column, generation: &'a [u8; 8]) -> [&'a [u8]; 4] {
        [
            self.tenant.as_bytes(),
            self.consent.as_bytes(),
            column.name().as_bytes(),
            generation.as_slice(),
        ]
    }
}

const SALT: Label = Label::new("seal salt");

/// The salt of a sealed value. A salt must never seal two plaintexts. Plaintext and context are parts
/// of it, so that not even the same entropy, used twice, gives two plaintexts one salt.
pub(super) fn salt(entropy: &Entropy, context: &[&[u8]], plaintext: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(*Zeroizing::new(entropy.derive(SALT, 0)));
    for part in context {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(plaintext);
    hash.finalize().into()
}

impl fmt::Debug for ConsentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsentKey([redacted])")
    }
}
