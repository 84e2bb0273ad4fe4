//! Compact JWE (RFC 7516 section 7.1), read strictly and opened; never made.

mod algorithm;
mod error;
mod header;

use core::fmt;

use fdx_wire::{Secret, base64url};
use zeroize::Zeroizing;

use self::header::Header;
use crate::backend::{Backend, Context, Verdict};
use crate::{ContentKey, DecryptionInput, EncryptionKey};

pub use algorithm::KeyEncryption;
pub use error::JweError;

/// The longest compact JWE that is looked at, in bytes: what is inside is a third longer in
/// base64url.
pub const MAX_BYTES: usize = 24 * 1024;

/// A compact JWE that was read. Nothing in it may be believed: whoever has the public key can make
/// one, and only the signature inside says who did.
///
/// Opening splits as signing does: [`Jwe::input`] says what is to be decrypted with which key,
/// whoever holds that key gives the [`ContentKey`], and [`Jwe::open`] opens the rest with it.
pub struct Jwe {
    algorithm: KeyEncryption,
    kid: Option<String>,
    /// The header as received: what is authenticated beside the text.
    header: String,
    encrypted_key: Vec<u8>,
    initialization_vector: [u8; 12],
    /// With the tag at its end.
    ciphertext: Vec<u8>,
}

impl Jwe {
    /// Reads a JWE.
    ///
    /// # Errors
    /// [`JweError`], by the first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, JweError> {
        if text.len() > MAX_BYTES {
            return Err(JweError::TooLarge);
        }
        let mut parts = text.split('.');
        let (Some(head), Some(key), Some(vector), Some(ciphertext), Some(tag), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JweError::Parts);
        };
        let decode = |part| base64url::decode(part).map_err(|_| JweError::Base64Url);
        let header = Header::read(&decode(head)?)?;
        let algorithm = header.algorithm()?;
        let vector = decode(vector)?;
        let tag: [u8; 16] = decode(tag)?.try_into().map_err(|_| JweError::Tag)?;
        let mut ciphertext = decode(ciphertext)?;
        ciphertext.extend_from_slice(&tag);
        Ok(Self {
            algorithm,
            kid: header.kid,
            header: head.to_owned(),
            encrypted_key: decode(key)?,
            initialization_vector: vector.try_into().map_err(|_| JweError::InitializationVector)?,
            ciphertext,
        })
    }

    /// Whether a text has the five parts of a JWE (RFC 7516 section 9).
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.bytes().filter(|byte| *byte == b'.').count() == 4
    }

    /// The header's `alg`.
    #[must_use]
    pub fn algorithm(&self) -> KeyEncryption {
        self.algorithm
    }

    /// The header's `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What is to be decrypted, with the one of our `keys` that `kid` and `alg` name.
    ///
    /// # Errors
    /// [`JweError::UnknownKey`], [`JweError::AmbiguousKey`].
    pub fn input(&self, keys: &[EncryptionKey]) -> Result<DecryptionInput, JweError> {
        let mut fitting = keys.iter().filter(|key| {
            key.algorithm() == self.algorithm
                && (self.kid.is_none() || key.kid() == self.kid.as_deref())
        });
        let key = fitting.next().ok_or(JweError::UnknownKey)?;
        if fitting.any(|other| other.thumbprint() != key.thumbprint()) {
            return Err(JweError::AmbiguousKey);
        }
        Ok(DecryptionInput::new(key, self.encrypted_key.clone()))
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`JweError::Unopened`], whatever the reason; [`JweError::NotText`].
    pub fn open(&self, backend: Backend, key: &ContentKey) -> Result<Secret, JweError> {
        let mut in_out = Zeroizing::new(self.ciphertext.clone());
        let (bytes, origin) = key.bytes();
        let context =
            Context { nonce: &self.initialization_vector, associated: self.header.as_bytes() };
        let tag = backend.open(bytes, &context, &mut in_out);
        // RFC 7516 11.5: the tag is computed all the same where there was no content key, and the
        // answer is one: a sender must not learn which of the two failed.
        if tag == Verdict::Bad || origin == Verdict::Bad {
            return Err(JweError::Unopened);
        }
        let text = str::from_utf8(&in_out).map_err(|_| JweError::NotText)?;
        Ok(Secret::new(text.to_owned()))
    }
}

impl fmt::Debug for Jwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwe")
            .field("algorithm", &self.algorithm)
            .field("ciphertext", &self.ciphertext.len())
            .finish_non_exhaustive()
    }
}
