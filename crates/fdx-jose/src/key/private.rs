use core::fmt;

use super::jwk::Jwk;
use super::{KeyError, PublicKey, SecretNumbers, pem, pkcs};
use crate::backend::{Backend, KeyPair, Verdict};
use crate::{Signature, SigningError};

/// A private key, read once. It proves itself with one signature when it is loaded.
///
/// What this crate keeps of it on the heap is wiped; what the backend holds is the backend's affair:
/// AWS-LC wipes its private keys, *ring does not*.
pub struct PrivateKey {
    pair: Box<dyn KeyPair>,
    public: PublicKey,
}

impl PrivateKey {
    /// Reads a private JWK. Without a `kid` the thumbprint's text is the key id.
    ///
    /// # Errors
    /// [`KeyError`]. RSA needs 2048, 3072 or 4096 bits, the exponent 65537 and all of `p`, `q`,
    /// `dp`, `dq`, `qi`.
    pub fn from_jwk(backend: Backend, jwk: &[u8]) -> Result<Self, KeyError> {
        let jwk = Jwk::read(jwk)?;
        let key = Self::load(backend, &jwk.secret()?, jwk.kid.as_deref())?;
        Ok(if jwk.is_fully_specified() { key.with_fully_specified_alg() } else { key })
    }

    /// Reads PKCS#8 in DER. Without a `kid` the thumbprint's text is the key id.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pkcs8_der(
        backend: Backend,
        der: &[u8],
        kid: Option<&str>,
    ) -> Result<Self, KeyError> {
        Self::load(backend, &pkcs::pkcs8(der)?, kid)
    }

    /// Reads a PEM text with one `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1). Without a
    /// `kid` the thumbprint's text is the key id.
    ///
    /// # Errors
    /// [`KeyError`]; for SEC1 and encrypted texts with the command that converts them.
    pub fn from_pem(backend: Backend, pem: &str, kid: Option<&str>) -> Result<Self, KeyError> {
        Self::load(backend, &pem::secret(pem)?, kid)
    }

    /// This key, writing its algorithm by its fully specified name: see
    /// [`PublicKey::with_fully_specified_alg`].
    #[must_use]
    pub fn with_fully_specified_alg(self) -> Self {
        Self { public: self.public.with_fully_specified_alg(), ..self }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> Result<Signature, SigningError> {
        self.pair.sign(bytes).map(Signature::from_jws)
    }

    fn load(backend: Backend, secret: &SecretNumbers, kid: Option<&str>) -> Result<Self, KeyError> {
        const MESSAGE: &[u8] = b"a key proves itself when it is loaded";
        let pair = backend.load(secret)?;
        let numbers = pair.public();
        // A wrong RSA exponent loads, but does not sign.
        let signature = pair.sign(MESSAGE).map_err(|_| KeyError::Proof)?;
        if backend.verify(&numbers, MESSAGE, &signature) == Verdict::Bad {
            return Err(KeyError::Proof);
        }
        let mut public = PublicKey::new(numbers, kid.map(str::to_owned));
        if kid.is_none() {
            let thumbprint = public.thumbprint().to_string();
            public = public.with_kid(&thumbprint);
        }
        Ok(Self { pair, public })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("public", &self.public).finish_non_exhaustive()
    }
}
