use core::fmt;

use zeroize::Zeroizing;

use crate::backend::Failed;
use crate::{DecryptionKey, EncryptionKey, KeyEncryption, Thumbprint};

/// An encrypted content key, and what a decrypter needs to know about it. The private key may be in
/// a key management service.
#[derive(Clone, Eq, PartialEq)]
pub struct DecryptionInput {
    algorithm: KeyEncryption,
    kid: Option<String>,
    key: Thumbprint,
    encrypted_key: Vec<u8>,
}

/// Decrypts content keys: a key in memory, several keys, or a key management service.
pub trait Decrypter {
    /// Decrypts `input` with the key that it names.
    ///
    /// If the key exists and the decryption fails, return [`ContentKey::unavailable`] instead of an
    /// error: it opens nothing, so that a sender can't distinguish the failures (RFC 7516 section
    /// 11.5).
    ///
    /// # Errors
    /// [`DecryptionError::NoKey`] if the decrypter does not have the key;
    /// [`DecryptionError::Unavailable`] if a service can't be reached; the call can be repeated.
    fn decrypt(&self, input: &DecryptionInput) -> Result<ContentKey, DecryptionError>;
}

/// The key of one JWE's content: 32 bytes, wiped when dropped, printed as `[redacted]`. After a
/// failed decryption it is empty and opens nothing.
pub struct ContentKey(Option<Zeroizing<[u8; 32]>>);

/// The reasons why a decrypter could not try to decrypt.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptionError {
    /// The decrypter does not have the key.
    #[error("no decryption key has the thumbprint {thumbprint}: load the registered key")]
    NoKey {
        /// The thumbprint of the requested key.
        thumbprint: Thumbprint,
    },
    /// A decryption service can't be reached or refuses to work.
    #[error("the decrypter is unavailable: {reason}")]
    Unavailable {
        /// The reason that the [`Decrypter`] reports.
        reason: String,
    },
}

impl DecryptionInput {
    pub(crate) fn new(key: &EncryptionKey, encrypted_key: Vec<u8>) -> Self {
        Self {
            algorithm: key.algorithm(),
            kid: key.kid().map(str::to_owned),
            key: key.thumbprint(),
            encrypted_key,
        }
    }

    /// The algorithm to decrypt with. The label of OAEP is empty (RFC 7518 section 4.3).
    #[must_use]
    pub fn algorithm(&self) -> KeyEncryption {
        self.algorithm
    }

    /// The id of the key to decrypt with, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The thumbprint of the key to decrypt with.
    #[must_use]
    pub fn key(&self) -> Thumbprint {
        self.key
    }

    /// The bytes to decrypt. Their length comes from the sender and is not checked against the key.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.encrypted_key
    }
}

impl ContentKey {
    /// Takes the decrypted bytes. If they are not 32 bytes long, the key opens nothing.
    #[must_use]
    pub fn new(decrypted: &[u8]) -> Self {
        Self(decrypted.try_into().ok().map(Zeroizing::new))
    }

    /// A key that opens nothing, for a decryption that failed.
    #[must_use]
    pub fn unavailable() -> Self {
        Self(None)
    }

    /// The key, and whether it was decrypted: a constant takes the place of a missing key, so that
    /// the caller does the same work for it.
    pub(crate) fn bytes(&self) -> (&[u8; 32], Result<(), Failed>) {
        match &self.0 {
            Some(key) => (key, Ok(())),
            None => (&[0; 32], Err(Failed)),
        }
    }
}

impl Decrypter for DecryptionKey {
    fn decrypt(&self, input: &DecryptionInput) -> Result<ContentKey, DecryptionError> {
        core::slice::from_ref(self).decrypt(input)
    }
}

impl Decrypter for [DecryptionKey] {
    fn decrypt(&self, input: &DecryptionInput) -> Result<ContentKey, DecryptionError> {
        let thumbprint = input.key();
        self.iter()
            .find(|key| {
                key.public().thumbprint() == thumbprint
                    && key.public().algorithm() == input.algorithm()
            })
            .map(|key| key.decrypt_bytes(input.bytes()))
            .ok_or(DecryptionError::NoKey { thumbprint })
    }
}

impl Decrypter for Vec<DecryptionKey> {
    fn decrypt(&self, input: &DecryptionInput) -> Result<ContentKey, DecryptionError> {
        self.as_slice().decrypt(input)
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Debug for DecryptionInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionInput")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .field("key", &self.key)
            .field("bytes", &self.encrypted_key.len())
            .finish()
    }
}
