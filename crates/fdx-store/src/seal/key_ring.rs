use core::fmt;

use fdx_jose::{Backend, SealError, SealingKey, SealingKeys};
use fdx_wire::{Entropy, Label};
use zeroize::Zeroizing;

use super::consent_key::{ConsentKey, salt};

/// The wrapping keys of one tenant: the newest one wraps, older ones still unwrap. They are wiped when
/// the ring is dropped.
pub struct KeyRing {
    backend: Backend,
    keys: SealingKeys,
}

/// The key of a consent, wrapped with a key of the tenant: the contents of a row of `fdx_keys`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct WrappedKey {
    /// The id of the wrapping key.
    pub key_id: u32,
    /// The wrapped key.
    pub bytes: Vec<u8>,
}

impl KeyRing {
    /// Wraps with `newest`: 32 random bytes from a KMS or a file, and an id that no other key of the
    /// tenant ever had.
    #[must_use]
    pub fn new(backend: Backend, newest: SealingKey) -> Self {
        Self { backend, keys: SealingKeys::new(backend, newest) }
    }

    /// Also unwraps with this older (or next) key.
    #[must_use]
    pub fn and_opens(self, key: SealingKey) -> Self {
        Self { keys: self.keys.and_opens(key), ..self }
    }

    /// The id of the key that wraps.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.keys.ids().next().unwrap_or_default()
    }

    /// The ids of all keys, that of the key that wraps first.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.keys.ids()
    }

    /// Whether a key of this id is in the ring.
    #[must_use]
    pub fn has(&self, key_id: u32) -> bool {
        self.keys.ids().any(|id| id == key_id)
    }

    /// Creates the key of a new consent, and wraps it. The same entropy creates the same key.
    ///
    /// # Errors
    /// [`SealError::Backend`].
    pub fn create(
        &self,
        tenant: &str,
        consent: &str,
        entropy: &Entropy,
    ) -> Result<(ConsentKey, WrappedKey), SealError> {
        let key = Zeroizing::new(entropy.derive(CONSENT_KEY, 0));
        let wrapped = self.wrap(tenant, consent, entropy, &key)?;
        Ok((ConsentKey::new(self.backend, tenant, consent, &key), wrapped))
    }

    /// Unwraps the key of a consent.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] if the wrapping key is not in the ring. [`SealError::Unauthentic`] if
    /// the row was changed, or is of another tenant or consent. Other [`SealError`]s if the row has no
    /// wrapped key.
    pub fn unwrap(
        &self,
        tenant: &str,
        consent: &str,
        wrapped: &WrappedKey,
    ) -> Result<ConsentKey, SealError> {
        let key = self.open(tenant, consent, wrapped)?;
        Ok(ConsentKey::new(self.backend, tenant, consent, &key))
    }

    /// Wraps the key of a consent again, with the newest key.
    ///
    /// # Errors
    /// As [`KeyRing::unwrap`], and [`SealError::Backend`].
    pub fn rewrap(
        &self,
        tenant: &str,
        consent: &str,
        wrapped: &WrappedKey,
        entropy: &Entropy,
    ) -> Result<WrappedKey, SealError> {
        let key = self.open(tenant, consent, wrapped)?;
        self.wrap(tenant, consent, entropy, &key)
    }

    fn wrap(
        &self,
        tenant: &str,
        consent: &str,
        entropy: &Entropy,
        key: &[u8; 32],
    ) -> Result<WrappedKey, SealError> {
        let context = context(tenant, consent);
        let salt = salt(entropy, &context, key);
        let bytes = self.keys.seal_bytes(&context, salt, key)?;
        Ok(WrappedKey { key_id: self.newest(), bytes })
    }

    fn open(
        &self,
        tenant: &str,
        consent: &str,
        wrapped: &WrappedKey,
    ) -> Result<Zeroizing<[u8; 32]>, SealError> {
        // Rows are found by this column, so it is part of what was sealed.
        if SealingKeys::key_id_of(&wrapped.bytes)? != wrapped.key_id {
            return Err(SealError::Unauthentic);
        }
        let key = self.keys.open_bytes(&context(tenant, consent), &wrapped.bytes)?;
        let key = key.as_bytes().try_into().map_err(|_| SealError::Malformed)?;
        Ok(Zeroizing::new(key))
    }
}

const CONSENT_KEY: Label = Label::new("consent key");

fn context<'a>(tenant: &'a str, consent: &'a str) -> [&'a [u8]; 3] {
    [tenant.as_bytes(), consent.as_bytes(), b"key"]
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRing").field(&self.keys).finish()
    }
}
