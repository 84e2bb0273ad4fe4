use core::fmt;

use super::jwk::Jwk;
use super::{EncryptionKey, KeyError, PublicNumbers, RsaNumbers, SecretNumbers, pem, pkcs};
use crate::backend::{Backend, DecryptionPair};
use crate::{ContentKey, KeyEncryption};

/// A private RSA key of 2048, 3072 or 4096 bits, to which something was encrypted. It proves
/// itself with one message when it is loaded.
///
/// Only the backend of the feature `aws-lc-rs` loads one: ring has no RSA-OAEP. A key in a service
/// needs neither: see [`Decrypter`](crate::Decrypter). A key either signs or decrypts, never both.
pub struct DecryptionKey {
    pair: Box<dyn DecryptionPair>,
    public: EncryptionKey,
}

impl DecryptionKey {
    /// Reads a private JWK. Without a `kid` the thumbprint's text is the key id.
    ///
    /// # Errors
    /// [`KeyError`], [`KeyError::CannotDecrypt`] among them.
    pub fn from_jwk(
        backend: Backend,
        jwk: &[u8],
        algorithm: KeyEncryption,
    ) -> Result<Self, KeyError> {
        let jwk = Jwk::read(jwk)?;
        Self::load(backend, &jwk.decryption(algorithm)?, algorithm, jwk.kid.as_deref())
    }

    /// Reads PKCS#8 in DER. Without a `kid` the thumbprint's text is the key id.
    ///
    /// # Errors
    /// [`KeyError`], [`KeyError::CannotDecrypt`] among them.
    pub fn from_pkcs8_der(
        backend: Backend,
        der: &[u8],
        algorithm: KeyEncryption,
        kid: Option<&str>,
    ) -> Result<Self, KeyError> {
        Self::load(backend, &rsa(pkcs::pkcs8(der)?)?, algorithm, kid)
    }

    /// Reads a PEM text with one `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1). Without a
    /// `kid` the thumbprint's text is the key id.
    ///
    /// # Errors
    /// [`KeyError`], [`KeyError::CannotDecrypt`] among them.
    pub fn from_pem(
        backend: Backend,
        pem: &str,
        algorithm: KeyEncryption,
        kid: Option<&str>,
    ) -> Result<Self, KeyError> {
        Self::load(backend, &rsa(pem::secret(pem)?)?, algorithm, kid)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &EncryptionKey {
        &self.public
    }

    pub(crate) fn decrypt_bytes(&self, encrypted: &[u8]) -> ContentKey {
        self.pair
            .decrypt(self.public.algorithm(), encrypted)
            .map_or_else(ContentKey::unavailable, |decrypted| ContentKey::new(&decrypted))
    }

    fn load(
        backend: Backend,
        numbers: &RsaNumbers,
        algorithm: KeyEncryption,
        kid: Option<&str>,
    ) -> Result<Self, KeyError> {
        let pair = backend.load_decryption(numbers)?;
        let public = PublicNumbers::rsa(&numbers.n, &numbers.e)?;
        let mut key = EncryptionKey::new(&public, algorithm, kid);
        if kid.is_none() {
            let kid = key.thumbprint().to_string();
            key = EncryptionKey::new(&public, algorithm, Some(&kid));
        }
        Ok(Self { pair, public: key })
    }
}

fn rsa(numbers: SecretNumbers) -> Result<RsaNumbers, KeyError> {
    match numbers {
        SecretNumbers::Rsa(numbers) => Ok(numbers),
        _ => Err(KeyError::NotRsa),
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey").field("public", &self.public).finish_non_exhaustive()
    }
}
