use core::fmt;

use fdx_wire::{Secret, SecretBuffer, base64url};
use zeroize::Zeroizing;

use crate::backend::{Backend, Context};

const VERSION: u8 = 1;
const LABEL: &[u8] = b"fdx seal v1";
const SALT: usize = 32;
const TAG: usize = 16;
const MAX_TEXT: usize = 64 * 1024;
const MAX_BYTES: usize = 1024 * 1024;
/// Version, key id, salt and tag.
const OVERHEAD: usize = 1 + 4 + SALT + TAG;

/// A 256-bit key that seals and opens, and its id, which sealed values include.
pub struct SealingKey {
    id: u32,
    key: Zeroizing<[u8; 32]>,
}

/// The key that seals, and the older keys that still open.
///
/// A sealed value is version, key id, salt and AES-256-GCM ciphertext: as bytes, or for a text as
/// their base64url. Each value has its own key, the HMAC-SHA256 of its salt, so that a nonce never
/// repeats under one key. Version, key id and every part of the context are authenticated: a sealed
/// value opens only unchanged, with its key and in its context. It can be opened more than once.
///
/// ```
/// use fdx_jose::{SealError, SealingKey, SealingKeys, backend};
///
/// let keys = SealingKeys::new(backend::ring(), SealingKey::new(1, [7; 32]));
/// let sealed = keys.seal(&[b"https://bank.example", b"session"], [9; 32], b"state")?;
/// assert_eq!(keys.open(&[b"https://bank.example", b"session"], &sealed)?.expose(), "state");
/// assert_eq!(
///     keys.open(&[b"https://bank.example", b"another"], &sealed).unwrap_err(),
///     SealError::Unauthentic
/// );
/// # Ok::<(), SealError>(())
/// ```
pub struct SealingKeys {
    backend: Backend,
    seals: SealingKey,
    opens: Vec<SealingKey>,
}

/// The reasons why a value can't be sealed or opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The backend failed.
    #[error("the cryptographic backend failed")]
    Backend,
    /// Not a sealed value.
    #[error("the value is not a sealed value")]
    Malformed,
    /// The plaintext is not UTF-8.
    #[error("the plaintext is not UTF-8")]
    NotText,
    /// More than 64 KiB of text, or more than 1 MiB of bytes.
    #[error("the value is too large: a text has at most 64 KiB, bytes have at most 1 MiB")]
    TooLarge,
    /// Changed, sealed with another key of the same id, or sealed for another context.
    #[error("the value was changed since it was sealed, or sealed for another context")]
    Unauthentic,
    /// Sealed with an unknown key.
    #[error("the value is sealed with the unknown key {id}: add it with `and_opens`")]
    UnknownKey {
        /// The id of that key.
        id: u32,
    },
    /// Sealed in another version of this format.
    #[error("the value is sealed in the unknown version {actual}")]
    Version {
        /// The version of the value.
        actual: u8,
    },
}

impl SealingKey {
    /// Creates a key from 32 random bytes. `id` distinguishes it from older and newer keys.
    #[must_use]
    pub fn new(id: u32, key: [u8; 32]) -> Self {
        Self { id, key: Zeroizing::new(key) }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }
}

impl SealingKeys {
    /// Seals and opens with `seals`.
    #[must_use]
    pub fn new(backend: Backend, seals: SealingKey) -> Self {
        Self { backend, seals, opens: Vec::new() }
    }

    /// Also opens with this older (or next) key. Of two keys with the same id, the first is used.
    #[must_use]
    pub fn and_opens(mut self, key: SealingKey) -> Self {
        self.opens.push(key);
        self
    }

    /// The ids of the keys. The first one seals.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.keys().map(SealingKey::id)
    }

    /// Seals a text for `context`. The salt must be random and used only once.
    ///
    /// # Errors
    /// [`SealError::NotText`], [`SealError::TooLarge`] above 64 KiB, [`SealError::Backend`].
    pub fn seal(
        &self,
        context: &[&[u8]],
        salt: [u8; 32],
        plaintext: &[u8],
    ) -> Result<String, SealError> {
        if plaintext.len() > MAX_TEXT {
            return Err(SealError::TooLarge);
        }
        if str::from_utf8(plaintext).is_err() {
            return Err(SealError::NotText);
        }
        self.seal_bytes(context, salt, plaintext).map(|sealed| base64url::encode(&sealed))
    }

    /// Opens a text that was sealed for the same context.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, context: &[&[u8]], sealed: &str) -> Result<Secret, SealError> {
        if sealed.len() > 2 * MAX_TEXT {
            return Err(SealError::TooLarge);
        }
        let sealed = base64url::decode(sealed).map_err(|_| SealError::Malformed)?;
        self.open_bytes(context, &sealed)?.into_secret().ok_or(SealError::NotText)
    }

    /// Seals any bytes for `context`. The salt must be random and used only once.
    ///
    /// ```
    /// use fdx_jose::{SealingKey, SealingKeys, backend};
    ///
    /// let keys = SealingKeys::new(backend::ring(), SealingKey::new(7, [1; 32]));
    /// let sealed = keys.seal_bytes(&[b"tenant"], [9; 32], &[0xff, 0])?;
    /// assert_eq!(SealingKeys::key_id_of(&sealed)?, 7);
    /// assert_eq!(keys.open_bytes(&[b"tenant"], &sealed)?.as_bytes(), [0xff, 0]);
    /// # Ok::<(), fdx_jose::SealError>(())
    /// ```
    ///
    /// # Errors
    /// [`SealError::TooLarge`] above 1 MiB, [`SealError::Backend`].
    pub fn seal_bytes(
        &self,
        context: &[&[u8]],
        salt: [u8; 32],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        if plaintext.len() > MAX_BYTES {
            return Err(SealError::TooLarge);
        }
        let key = self.message_key(&self.seals, &salt);
        let associated = associated(self.seals.id, context);
        // Capacity for the tag: a reallocation would leave an unwiped copy of the plaintext.
        let mut in_out = Zeroizing::new(Vec::with_capacity(plaintext.len() + TAG));
        in_out.extend_from_slice(plaintext);
        self.backend.seal(&key, &associated, &mut in_out).map_err(|_| SealError::Backend)?;
        let mut sealed = Vec::with_capacity(OVERHEAD + plaintext.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.seals.id.to_be_bytes());
        sealed.extend_from_slice(&salt);
        sealed.extend_from_slice(&in_out);
        Ok(sealed)
    }

    /// Opens bytes that were sealed for the same context.
    ///
    /// # Errors
    /// [`SealError`], except [`SealError::NotText`].
    pub fn open_bytes(&self, context: &[&[u8]], sealed: &[u8]) -> Result<SecretBuffer, SealError> {
        if sealed.len() > OVERHEAD + MAX_BYTES {
            return Err(SealError::TooLarge);
        }
        let (id, rest) = split_key_id(sealed)?;
        let (salt, ciphertext) = rest.split_first_chunk().ok_or(SealError::Malformed)?;
        let key = self.keys().find(|key| key.id == id).ok_or(SealError::UnknownKey { id })?;
        let key = self.message_key(key, salt);
        let associated = associated(id, context);
        let bound = Context { nonce: &[0; 12], associated: &associated };
        let mut in_out = Zeroizing::new(ciphertext.to_vec());
        self.backend.open(&key, &bound, &mut in_out).map_err(|_| SealError::Unauthentic)?;
        Ok(SecretBuffer::from(core::mem::take(&mut *in_out)))
    }

    /// The id of the key that sealed these bytes, as they claim: only [`open_bytes`](Self::open_bytes)
    /// checks it.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::Version`].
    pub fn key_id_of(sealed: &[u8]) -> Result<u32, SealError> {
        split_key_id(sealed).map(|(id, _)| id)
    }

    fn keys(&self) -> impl Iterator<Item = &SealingKey> {
        core::iter::once(&self.seals).chain(&self.opens)
    }

    fn message_key(&self, key: &SealingKey, salt: &[u8; SALT]) -> Zeroizing<[u8; 32]> {
        let message = [LABEL, salt].concat();
        Zeroizing::new(self.backend.hmac_sha256(&key.key, &message))
    }
}

/// The key id, and the bytes after it.
fn split_key_id(sealed: &[u8]) -> Result<(u32, &[u8]), SealError> {
    let (version, rest) = sealed.split_first().ok_or(SealError::Malformed)?;
    if *version != VERSION {
        return Err(SealError::Version { actual: *version });
    }
    let (id, rest) = rest.split_first_chunk().ok_or(SealError::Malformed)?;
    Ok((u32::from_be_bytes(*id), rest))
}

/// Version, key id, and each part after its length, so that different contexts never collide.
fn associated(id: u32, context: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&id.to_be_bytes());
    for part in context {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({}, [redacted])", self.id)
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKeys")
            .field("seals", &self.seals)
            .field("opens", &self.opens)
            .finish_non_exhaustive()
    }
}
