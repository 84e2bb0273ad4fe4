use core::fmt;

use super::jwk::Jwk;
use super::{KeyError, PublicNumbers, RsaNumbers, SecretNumbers, der, pem};
use crate::backend::{Backend, DecryptionPair};
use crate::{ContentKey, KeyEncryption, Thumbprint};

/// The public half of an RSA key for decryption. It is registered at the server, and identifies the
/// private half, which may be in a key management service.
///
/// ```
/// use fdx_jose::{EncryptionKey, KeyEncryption};
/// # let n = "oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw";
///
/// let jwk = format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB","kid":"enc-1"}}"#);
/// let key = EncryptionKey::from_jwk(jwk.as_bytes(), KeyEncryption::RsaOaep)?;
/// assert!(key.jwk().starts_with(r#"{"alg":"RSA-OAEP","e":"AQAB","kid":"enc-1","kty":"RSA","#));
/// assert!(key.jwk().ends_with(r#""use":"enc"}"#));
/// # Ok::<(), fdx_jose::KeyError>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct EncryptionKey {
    kid: Option<String>,
    algorithm: KeyEncryption,
    thumbprint: Thumbprint,
    jwk: String,
}

impl EncryptionKey {
    /// Reads a public RSA JWK for use with `algorithm`.
    ///
    /// # Errors
    /// [`KeyError`]; also if the JWK has a private member, another `alg`, a `use` or `key_ops` that
    /// does not allow encryption, or a size that no backend loads private keys of.
    pub fn from_jwk(jwk: &[u8], algorithm: KeyEncryption) -> Result<Self, KeyError> {
        let jwk = Jwk::read(jwk)?;
        let numbers = jwk.public_encryption(algorithm)?;
        Ok(Self::new(&numbers, algorithm, jwk.kid.as_deref()))
    }

    /// `alg`.
    #[must_use]
    pub fn algorithm(&self) -> KeyEncryption {
        self.algorithm
    }

    /// The key id, if the key has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The thumbprint (RFC 7638), which does not depend on the key id.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The JWK to publish: the key, `alg`, `use` and `kid`.
    #[must_use]
    pub fn jwk(&self) -> &str {
        &self.jwk
    }

    pub(super) fn new(
        numbers: &PublicNumbers,
        algorithm: KeyEncryption,
        kid: Option<&str>,
    ) -> Self {
        Self {
            kid: kid.map(str::to_owned),
            algorithm,
            thumbprint: Thumbprint::of(numbers.required_members().as_bytes()),
            jwk: numbers.encryption_members(kid, algorithm.name()),
        }
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .field("thumbprint", &self.thumbprint)
            .finish()
    }
}

/// A private RSA key for decryption, of 2048, 3072 or 4096 bits. Loading it decrypts one message,
/// to detect numbers that do not match.
///
/// Only the backend of the feature `aws-lc-rs` loads such keys: ring has no RSA-OAEP. A key in a
/// service needs no backend: see [`Decrypter`](crate::Decrypter). A key either signs or decrypts,
/// never both.
pub struct DecryptionKey {
    pair: Box<dyn DecryptionPair>,
    public: EncryptionKey,
}

impl DecryptionKey {
    /// Reads a private JWK. Without a `kid`, the thumbprint is the key id.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::CannotDecrypt`] if the backend has no RSA-OAEP.
    pub fn from_jwk(
        backend: Backend,
        jwk: &[u8],
        algorithm: KeyEncryption,
    ) -> Result<Self, KeyError> {
        let jwk = Jwk::read(jwk)?;
        Self::load(backend, &jwk.decryption(algorithm)?, algorithm, jwk.kid.as_deref())
    }

    /// Reads PKCS#8 in DER. Without a `kid`, the thumbprint is the key id.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::CannotDecrypt`] if the backend has no RSA-OAEP.
    pub fn from_pkcs8_der(
        backend: Backend,
        der: &[u8],
        algorithm: KeyEncryption,
        kid: Option<&str>,
    ) -> Result<Self, KeyError> {
        Self::load(backend, &rsa(der::pkcs8(der)?)?, algorithm, kid)
    }

    /// Reads PEM with one `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1). Without a `kid`, the
    /// thumbprint is the key id.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::CannotDecrypt`] if the backend has no RSA-OAEP.
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
