use core::fmt;

use fdx_jose::{
    Backend, ContentKey, Decrypter, DecryptionInput, IdTokenError, Jwe, JweError, Jws, JwsError,
};
use fdx_wire::Secret;

use crate::error::error::Error;
use crate::error::refused::Refused;

/// Tokens whose ID token is encrypted to a key of the client: [`Exchanged`](crate::Exchanged) or
/// [`Refreshed`](crate::Refreshed).
///
/// The holder of the key decrypts [`Encrypted::input`] to the content key. [`Encrypted::open`] then
/// returns the tokens, to be verified again.
#[must_use = "open it, then verify again"]
pub struct Encrypted<T> {
    encrypted: Box<EncryptedIdToken>,
    backend: Backend,
    kept: T,
}

/// An encrypted ID token, and the input for its decryption key.
pub struct EncryptedIdToken {
    pub(crate) jwe: Jwe,
    pub(crate) input: DecryptionInput,
}

/// Holds a token response whose ID token is encrypted.
pub trait TokenHolder {
    /// Stores the signed ID token that was inside the encrypted one.
    fn take(&mut self, signed: Secret);
}

impl<T: TokenHolder> Encrypted<T> {
    pub(crate) fn new(encrypted: EncryptedIdToken, backend: Backend, kept: T) -> Self {
        Self { encrypted: Box::new(encrypted), backend, kept }
    }

    /// The bytes to decrypt, and the key to use.
    #[must_use]
    pub fn input(&self) -> &DecryptionInput {
        &self.encrypted.input
    }

    /// Decrypts the ID token. The content must be a signed ID token: encryption does not prove who
    /// issued it.
    ///
    /// # Errors
    /// [`Refused`] with the tokens, whose ID token is still encrypted. [`IdTokenError::Unopened`]
    /// if it can't be decrypted, for any reason; [`IdTokenError::Unsigned`] if its content is not
    /// signed.
    pub fn open(mut self, key: &ContentKey) -> Result<T, Refused<T>> {
        match self.signed(key) {
            Ok(signed) => {
                self.kept.take(signed);
                Ok(self.kept)
            }
            Err(error) => Err(Refused::new(error, self.kept)),
        }
    }

    /// Decrypts the ID token with keys in memory.
    ///
    /// # Errors
    /// As [`Encrypted::open`]; [`Error::Decryption`] if the key is not among them.
    pub fn open_with(self, keys: &(impl Decrypter + ?Sized)) -> Result<T, Refused<T>> {
        match keys.decrypt(self.input()) {
            Ok(key) => self.open(&key),
            Err(error) => Err(Refused::new(Error::Decryption(error), self.kept)),
        }
    }

    fn signed(&self, key: &ContentKey) -> Result<Secret, IdTokenError> {
        let opened = self.encrypted.jwe.open(self.backend, key).map_err(|error| match error {
            JweError::NotText => IdTokenError::Unsigned,
            error => error.into(),
        })?;
        match Jws::parse(opened.expose()) {
            Err(JwsError::Parts) => Err(IdTokenError::Unsigned),
            // Verification checks every other rule.
            _ => Ok(opened),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Encrypted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted")
            .field("input", &self.encrypted.input)
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}
