use core::fmt;

use fdx_jose::{
    Backend, ContentKey, Decrypter, DecryptionInput, EncryptionKey, IdTokenError, Jwe, JweError,
    Jws, JwsError, KeyEncryption,
};
use fdx_wire::Secret;

use crate::token::response::Issued;
use crate::{Client, Error, Refused};

/// The keys that the server encrypts ID tokens to, as registered
/// (`id_token_encrypted_response_alg`; `id_token_encrypted_response_enc` is `A256GCM`).
#[derive(Clone, Debug)]
pub struct IdTokenEncryption {
    keys: Vec<EncryptionKey>,
}

/// What waits for an ID token that is encrypted to a key of ours: [`Exchanged`](crate::Exchanged)
/// or [`Refreshed`](crate::Refreshed) tokens.
///
/// Whoever holds the key of [`Encrypted::input`] gives the content key. [`Encrypted::open`] gives
/// the tokens back, to be verified again.
#[must_use = "open it, then verify again"]
pub struct Encrypted<T> {
    shut: Box<Shut>,
    backend: Backend,
    kept: T,
}

/// An encrypted ID token, and what its key is asked.
pub(crate) struct Shut {
    jwe: Jwe,
    input: DecryptionInput,
}

/// What keeps the answer that an ID token came in.
pub trait Keeps {
    /// Takes the ID token that was inside the one that came.
    fn take(&mut self, signed: Secret);
}

impl IdTokenEncryption {
    /// ID tokens are encrypted to `key`, with its algorithm.
    #[must_use]
    pub fn new(key: EncryptionKey) -> Self {
        Self { keys: vec![key] }
    }

    /// The same, where some are still, or already, encrypted to another key.
    #[must_use]
    pub fn and(mut self, key: EncryptionKey) -> Self {
        self.keys.push(key);
        self
    }

    /// All keys, for the client's JWK Set.
    #[must_use]
    pub fn keys(&self) -> &[EncryptionKey] {
        &self.keys
    }

    /// `id_token_encrypted_response_alg`: that of the first key.
    #[must_use]
    pub fn algorithm(&self) -> Option<KeyEncryption> {
        self.keys.first().map(EncryptionKey::algorithm)
    }
}

impl<T: Keeps> Encrypted<T> {
    pub(crate) fn new(shut: Shut, backend: Backend, kept: T) -> Self {
        Self { shut: Box::new(shut), backend, kept }
    }

    /// What is to be decrypted, and with which key.
    #[must_use]
    pub fn input(&self) -> &DecryptionInput {
        &self.shut.input
    }

    /// Opens the ID token. What is inside has to be signed: encryption says nothing about who made
    /// it.
    ///
    /// # Errors
    /// [`Refused`] with the tokens, whose ID token is encrypted still:
    /// [`IdTokenError::Unopened`], whatever the reason; [`IdTokenError::Unsigned`].
    pub fn open(mut self, key: &ContentKey) -> Result<T, Refused<T>> {
        match self.signed(key) {
            Ok(signed) => {
                self.kept.take(signed);
                Ok(self.kept)
            }
            Err(error) => Err(Refused::new(Error::IdToken(error), self.kept)),
        }
    }

    /// Opens it with keys at hand.
    ///
    /// # Errors
    /// As [`Encrypted::open`]; [`Error::Decryption`] where the key is not here.
    pub fn open_with(self, keys: &(impl Decrypter + ?Sized)) -> Result<T, Refused<T>> {
        match keys.decrypt(self.input()) {
            Ok(key) => self.open(&key),
            Err(error) => Err(Refused::new(Error::Decryption(error), self.kept)),
        }
    }

    fn signed(&self, key: &ContentKey) -> Result<Secret, IdTokenError> {
        let opened = self.shut.jwe.open(self.backend, key).map_err(|error| match error {
            JweError::NotText => IdTokenError::Unsigned,
            error => error.into(),
        })?;
        match Jws::parse(opened.expose()) {
            Err(JwsError::Parts) => Err(IdTokenError::Unsigned),
            // Every other rule is verification's.
            _ => Ok(opened),
        }
    }
}

impl Client {
    /// The ID token, where it is encrypted and not opened yet. It is encrypted exactly when that
    /// was registered: anything else is an attempt to do without, or not meant for us.
    pub(crate) fn shut(&self, issued: &Issued) -> Result<Option<Shut>, Error> {
        let (Some(id_token), None) = (&issued.id_token, &issued.opened) else { return Ok(None) };
        let shut = match &self.config().id_token_encryption {
            None if Jwe::has_five_parts(id_token.expose()) => Err(IdTokenError::Encrypted),
            None => Ok(None),
            Some(_) if !Jwe::has_five_parts(id_token.expose()) => Err(IdTokenError::Unencrypted),
            Some(encryption) => Jwe::parse(id_token.expose())
                .and_then(|jwe| Ok(Shut { input: jwe.input(&encryption.keys)?, jwe }))
                .map(Some)
                .map_err(IdTokenError::from),
        };
        shut.map_err(Error::IdToken)
    }
}

impl Issued {
    /// The ID token that is signed: as it came, or as it was opened.
    pub(crate) fn signed_id_token(&self) -> Option<&Secret> {
        self.opened.as_ref().or(self.id_token.as_ref())
    }
}

impl<T: fmt::Debug> fmt::Debug for Encrypted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted")
            .field("input", &self.shut.input)
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}
