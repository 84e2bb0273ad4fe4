use core::fmt;

use super::jwk::Jwk;
use super::{KeyError, PublicNumbers};
use crate::{KeyEncryption, Thumbprint};

/// The public half of an RSA key that something is encrypted to: what a server is told, and what
/// names the key of a KMS here.
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
    /// Reads a public RSA JWK, to be used with `algorithm`.
    ///
    /// # Errors
    /// [`KeyError`]: also where the JWK has a private member, another `alg`, a `use` or `key_ops`
    /// that does not allow encryption, or where private keys of its size can't be loaded.
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

    /// The key id, where it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The thumbprint (RFC 7638), which does not depend on the key id.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The JWK as it is published: the key, `alg`, `use` and `kid`.
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
