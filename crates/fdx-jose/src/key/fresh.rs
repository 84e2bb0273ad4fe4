use fdx_wire::{Secret, base64url};
use zeroize::Zeroizing;

use super::{KeyError, PrivateKey, PublicKey, SecretNumbers, pem, pkcs};
use crate::Algorithm;
use crate::backend::{Backend, RsaSize};

/// A private key that was made just now, and the texts in which to keep it.
///
/// ```
/// use fdx_jose::{Algorithm, PrivateKey, backend};
///
/// let fresh = PrivateKey::generate(backend::ring(), Algorithm::Es256, Some("2026-01"))?;
/// let stored = fresh.pkcs8_pem.expose(); // to where its owner alone can read it
/// let loaded = PrivateKey::from_pem(backend::ring(), stored, Some("2026-01"))?;
/// assert_eq!(loaded.public(), fresh.key.public());
/// # Ok::<(), fdx_jose::KeyError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct FreshKey {
    /// The key, loaded.
    pub key: PrivateKey,
    /// The same in PEM (PKCS#8, RFC 7468 section 10), which does not hold the key id.
    pub pkcs8_pem: Secret,
    /// The same as a private JWK, with its key id.
    pub private_jwk: Secret,
}

impl PrivateKey {
    /// Makes a key, for PS256 one of [`RsaSize::default`]. Without a `kid` the thumbprint's text is
    /// the key id.
    ///
    /// # Errors
    /// [`KeyError::CannotGenerate`] where the library can't make such keys, as ring can't for
    /// PS256; [`KeyError::Backend`] where it has no randomness.
    pub fn generate(
        backend: Backend,
        algorithm: Algorithm,
        kid: Option<&str>,
    ) -> Result<FreshKey, KeyError> {
        FreshKey::load(backend, backend.generate_pkcs8(algorithm)?, kid)
    }

    /// Makes an RSA key, for PS256. Without a `kid` the thumbprint's text is the key id.
    ///
    /// # Errors
    /// [`KeyError::CannotGenerate`] where the library can't make RSA keys, as ring can't;
    /// [`KeyError::Backend`] where it fails.
    pub fn generate_rsa(
        backend: Backend,
        size: RsaSize,
        kid: Option<&str>,
    ) -> Result<FreshKey, KeyError> {
        FreshKey::load(backend, backend.generate_rsa_pkcs8(size)?, kid)
    }
}

impl FreshKey {
    fn load(backend: Backend, pkcs8: Vec<u8>, kid: Option<&str>) -> Result<Self, KeyError> {
        let pkcs8 = Zeroizing::new(pkcs8);
        let key = PrivateKey::from_pkcs8_der(backend, &pkcs8, kid)?;
        let private_jwk = private_jwk(key.public(), &pkcs::pkcs8(&pkcs8)?);
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
    // Text that is outgrown is not wiped: the largest RSA key has room.
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
