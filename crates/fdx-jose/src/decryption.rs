use core::fmt;

use zeroize::Zeroizing;

use crate::backend::Verdict;
use crate::{DecryptionKey, EncryptionKey, KeyEncryption, Thumbprint};

/// An encrypted content key, and all that its decrypter must know about it: the private key is
/// elsewhere, perhaps in a key management service.
#[derive(Clone, Eq, PartialEq)]
pub struct DecryptionInput {
    algorithm: KeyEncryption,
    kid: Option<String>,
    key: Thumbprint,
    encrypted_key: Vec<u8>,
}

/// Whoever can decrypt: a key in memory, several of them, or a service behind the network.
pub trait Decrypter {
    /// Decrypts `input` with the key that it names.
    ///
    /// What a key refuses to decrypt is no error: it is [`ContentKey::unavailable`], which opens
    /// nothing, so that a sender can't tell one failure from the other (RFC 7516 section 11.5).
    ///
    /// # Errors
    /// [`DecryptionError::NoKey`] where the key is not here; [`DecryptionError::Unavailable`]
    /// where a service can't be reached and may be asked again.
    fn decrypt(&self, input: &DecryptionInput) -> Result<ContentKey, DecryptionError>;
}

/// The key of one JWE's content: 32 bytes, wiped when dropped, printed as `[redacted]`; or nothing,
/// which opens nothing.
pub struct ContentKey(Option<Zeroizing<[u8; 32]>>);

/// Why nobody could try to decrypt.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptionError {
    /// None of the keys is the one that was asked for.
    #[error("the key with the thumbprint {thumbprint} is not here")]
    NoKey {
        /// The thumbprint of the key that was asked for.
        thumbprint: Thumbprint,
    },
    /// A decrypter elsewhere can't be reached or refuses to work.
    #[error("the decrypter is unavailable: {reason}")]
    Unavailable {
        /// What the [`Decrypter`] says about it.
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

    /// The wanted key's id, where it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The wanted key's thumbprint.
    #[must_use]
    pub fn key(&self) -> Thumbprint {
        self.key
    }

    /// The bytes to decrypt. Their length is the sender's: nobody has compared it with the key's.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.encrypted_key
    }
}

impl ContentKey {
    /// What the decryption gave. Another length than 32 bytes makes a key that opens nothing.
    #[must_use]
    pub fn new(decrypted: &[u8]) -> Self {
        Self(decrypted.try_into().ok().map(Zeroizing::new))
    }

    /// For what could not be decrypted: opens nothing.
    #[must_use]
    pub fn unavailable() -> Self {
        Self(None)
    }

    /// The key; where there is none, any other and [`Verdict::Bad`].
    pub(crate) fn bytes(&self) -> (&[u8; 32], Verdict) {
        match &self.0 {
            Some(key) => (key, Verdict::Good),
            None => (&[0; 32], Verdict::Bad),
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
