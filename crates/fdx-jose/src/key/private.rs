use core::fmt;

use fdx_wire::{Secret, base64url};
use zeroize::Zeroizing;

use super::jwk::Jwk;
use super::{KeyError, PublicKey, SecretNumbers, der, pem};
use crate::backend::{Backend, KeyPair, RsaSize};
use crate::{Algorithm, Signature, SigningError};

/// A private key. Loading it makes and verifies one signature, to detect numbers that do not match.
///
/// This crate wipes its own copies of the key. AWS-LC wipes its private keys, *ring does not*.
pub struct PrivateKey {
    pair: Box<dyn KeyPair>,
    public: PublicKey,
}

/// A new private key, and its serialized forms for storage.
///
/// ```
/// use fdx_jose::{Algorithm, PrivateKey, backend};
///
/// let fresh = PrivateKey::generate(backend::ring(), Algorithm::Es256, Some("2026-01"))?;
/// let stored = fresh.pkcs8_pem.expose(); // store it in a file that only its owner can read
/// let loaded = PrivateKey::from_pem(backend::ring(), stored, Some("2026-01"))?;
/// assert_eq!(loaded.public(), fresh.key.public());
/// # Ok::<(), fdx_jose::KeyError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct FreshKey {
    /// The key, loaded.
    pub key: PrivateKey,
    /// The key in PEM (PKCS#8, RFC 7468 section 10), without the key id.
    pub pkcs8_pem: Secret,
    /// The key as a private JWK, with the key id.
    pub private_jwk: Secret,
}

impl PrivateKey {
    /// Generates a key, for PS256 with [`RsaSize::default`]. Without a `kid`, the thumbprint is the
    /// key id.
    ///
    /// # Errors
    /// [`KeyError::CannotGenerate`] if the library can't generate such keys, like ring for PS256;
    /// [`KeyError::Backend`] if its random number generator fails.
    pub fn generate(
        backend: Backend,
        algorithm: Algorithm,
        kid: Option<&str>,
    ) -> Result<FreshKey, KeyError> {
        FreshKey::load(backend, backend.generate_pkcs8(algorithm)?, kid)
    }

    /// Generates an RSA key for PS256. Without a `kid`, the thumbprint is the key id.
    ///
    /// # Errors
    /// [`KeyError::CannotGenerate`] if the library can't generate RSA keys, like ring;
    /// [`KeyError::Backend`] if it fails.
    pub fn generate_rsa(
        backend: Backend,
        size: RsaSize,
        kid: Option<&str>,
    ) -> Result<FreshKey, KeyError> {
        FreshKey::load(backend, backend.generate_rsa_pkcs8(size)?, kid)
    }

    /// Reads a private JWK. Without a `kid`, the thumbprint is the key id.
    ///
    /// # Errors
    /// [`KeyError`]. RSA keys need 2048, 3072 or 4096 bits, the exponent 65537, and `p`, `q`, `dp`,
    /// `dq` and `qi`.
    pub fn from_jwk(backend: Backend, jwk: &[u8]) -> Result<Self, KeyError> {
        let jwk = Jwk::read(jwk)?;
        let key = Self::load(backend, &jwk.secret()?, jwk.kid.as_deref())?;
        Ok(if jwk.is_fully_specified() { key.with_fully_specified_alg() } else { key })
    }

    /// Reads PKCS#8 in DER. Without a `kid`, the thumbprint is the key id.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pkcs8_der(
        backend: Backend,
        der: &[u8],
        kid: Option<&str>,
    ) -> Result<Self, KeyError> {
        Self::load(backend, &der::pkcs8(der)?, kid)
    }

    /// Reads PEM with one `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1). Without a `kid`, the
    /// thumbprint is the key id.
    ///
    /// # Errors
    /// [`KeyError`]. For SEC1 and encrypted PEM the message includes the command that converts it.
    pub fn from_pem(backend: Backend, pem: &str, kid: Option<&str>) -> Result<Self, KeyError> {
        Self::load(backend, &pem::secret(pem)?, kid)
    }

    /// Uses the fully specified name of the algorithm: see
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
        const MESSAGE: &[u8] = b"fdx: consistency check of a loaded key";
        let pair = backend.load(secret)?;
        let numbers = pair.public();
        // An RSA key with a wrong exponent loads, but does not sign.
        let signature = pair.sign(MESSAGE).map_err(|_| KeyError::Proof)?;
        backend.verify(&numbers, MESSAGE, &signature).map_err(|_| KeyError::Proof)?;
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

impl FreshKey {
    fn load(backend: Backend, pkcs8: Vec<u8>, kid: Option<&str>) -> Result<Self, KeyError> {
        let pkcs8 = Zeroizing::new(pkcs8);
        let key = PrivateKey::from_pkcs8_der(backend, &pkcs8, kid)?;
        let private_jwk = private_jwk(key.public(), &der::pkcs8(&pkcs8)?);
        Ok(Self { pkcs8_pem: pem::write(&pkcs8), private_jwk, key })
    }
}

/// The public JWK with the private members of RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2.
fn private_jwk(public: &PublicKey, secret: &SecretNumbers) -> Secret {
    let members: &[(&str, &[u8])] = match secret {
        SecretNumbers::Ed25519 { seed, .. } => &[("d", &seed[..])],
        SecretNumbers::P256 { d, .. } => &[("d", &d[..])],
        SecretNumbers::Rsa(numbers) => &[
            ("d", &numbers.d[..]),
            ("p", &numbers.p[..]),
            ("q", &numbers.q[..]),
            ("dp", &numbers.dp[..]),
            ("dq", &numbers.dq[..]),
            ("qi", &numbers.qi[..]),
        ],
    };
    // A reallocation would leave an unwiped copy: this is enough for the largest RSA key.
    let mut text = String::with_capacity(8192);
    text.push_str(public.jwk().strip_suffix('}').unwrap_or_default());
    for (name, number) in members {
        text.push_str(",\"");
        text.push_str(name);
        text.push_str("\":\"");
        base64url::encode_into(number, &mut text);
        text.push('"');
    }
    text.push('}');
    Secret::new(text)
}
