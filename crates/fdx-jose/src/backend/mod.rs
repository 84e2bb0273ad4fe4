//! Cryptographic backends: the only module that uses a cryptographic library.
//!
//! A [`Backend`] is a value that is passed to keys, to verification and to the seal. There is no
//! global default. Each feature of this crate adds one function: `ring` adds `ring()`, `aws-lc-rs`
//! adds `aws_lc_rs()`. With both features, each value still uses its own library only. Both verify
//! the same signatures and open the same seals.
//!
//! | | `ring()` | `aws_lc_rs()` |
//! |---|---|---|
//! | signs and checks | PS256, ES256, EdDSA | PS256, ES256, EdDSA |
//! | generates keys | ES256, EdDSA | PS256, ES256, EdDSA |
//! | opens RSA-OAEP | no | RSA-OAEP, RSA-OAEP-256 |
//! | an RSA key with a wrong `d` | loads: ring never uses `d` | is rejected |
//! | private keys in memory | are *not* wiped | are wiped when freed |
//!
//! This crate wipes its own copies of a private key. The key pair inside ring stays in memory until
//! that memory is used again.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc_rs;
#[cfg(feature = "ring")]
mod ring;

use core::fmt;

use zeroize::Zeroizing;

use crate::key::{KeyError, PublicNumbers, RsaNumbers, SecretNumbers, ed25519_v1, pkcs8};
use crate::{Algorithm, KeyEncryption, SigningError};

#[cfg(feature = "aws-lc-rs")]
pub use self::aws_lc_rs::aws_lc_rs;
#[cfg(feature = "ring")]
pub use self::ring::ring;

/// One implementation of the algorithms, as a value.
#[derive(Clone, Copy)]
pub struct Backend(&'static Functions);

/// The modulus length of a new RSA key.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RsaSize {
    /// 2048 bits, the minimum of FAPI 2.0 (Security Profile 5.4.1).
    #[default]
    Bits2048,
    /// 3072 bits.
    Bits3072,
}

/// The operations of a library. Each backend is a constant of this type.
#[expect(clippy::type_complexity, reason = "each field is the signature of one operation")]
struct Functions {
    name: &'static str,
    generate_pkcs8: fn(Algorithm) -> Result<Vec<u8>, KeyError>,
    generate_rsa_pkcs8: fn(RsaSize) -> Result<Vec<u8>, KeyError>,
    load: fn(&SecretNumbers) -> Result<Box<dyn KeyPair>, KeyError>,
    verify: fn(&PublicNumbers, message: &[u8], signature: &[u8]) -> Result<(), Failed>,
    hmac_sha256: fn(key: &[u8; 32], message: &[u8]) -> [u8; 32],
    /// AES-256-GCM under a zero nonce; appends the tag.
    seal: fn(key: &[u8; 32], associated: &[u8], in_out: &mut Vec<u8>) -> Result<(), Failed>,
    /// The inverse, under any nonce. Removes the tag.
    open: fn(key: &[u8; 32], context: &Context<'_>, in_out: &mut Vec<u8>) -> Result<(), Failed>,
    load_decryption: fn(&RsaNumbers) -> Result<Box<dyn DecryptionPair>, KeyError>,
}

/// The inputs of a decryption in addition to the key.
pub(crate) struct Context<'a> {
    pub(crate) nonce: &'a [u8; 12],
    pub(crate) associated: &'a [u8],
}

/// A private key inside a backend.
pub(crate) trait KeyPair: Send + Sync {
    fn public(&self) -> PublicNumbers;
    /// Returns the signature in the form of JWS: fixed length, never DER.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;
}

/// A private RSA key for decryption inside a backend.
pub(crate) trait DecryptionPair: Send + Sync {
    /// Returns `None` if the decryption fails, whatever the reason.
    fn decrypt(&self, algorithm: KeyEncryption, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

/// An operation failed. Deliberately without a reason, which could help an attacker.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Failed;

impl Backend {
    /// The library's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Generates a key and returns it as PKCS#8 DER, version 1; for PS256 with
    /// [`RsaSize::default`]. The bytes are secret: the caller wipes them.
    ///
    /// # Errors
    /// [`KeyError::CannotGenerate`] if the library can't generate such keys, like ring for PS256;
    /// [`KeyError::Backend`] if its random number generator fails.
    pub fn generate_pkcs8(&self, algorithm: Algorithm) -> Result<Vec<u8>, KeyError> {
        let der = Zeroizing::new((self.0.generate_pkcs8)(algorithm)?);
        // Both libraries write version 2 of Ed25519 keys, which few programs read.
        match ed25519_v1(&pkcs8(&der)?) {
            Some(version_1) => Ok(version_1),
            None => Ok(der.to_vec()),
        }
    }

    /// Generates an RSA key for PS256 and returns it as PKCS#8 DER. The bytes are secret: the caller
    /// wipes them.
    ///
    /// # Errors
    /// [`KeyError::CannotGenerate`] if the library can't generate RSA keys, like ring;
    /// [`KeyError::Backend`] if it fails.
    pub fn generate_rsa_pkcs8(&self, size: RsaSize) -> Result<Vec<u8>, KeyError> {
        (self.0.generate_rsa_pkcs8)(size)
    }

    pub(crate) fn load(&self, secret: &SecretNumbers) -> Result<Box<dyn KeyPair>, KeyError> {
        (self.0.load)(secret)
    }

    pub(crate) fn verify(
        &self,
        key: &PublicNumbers,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Failed> {
        (self.0.verify)(key, message, signature)
    }

    pub(crate) fn hmac_sha256(&self, key: &[u8; 32], message: &[u8]) -> [u8; 32] {
        (self.0.hmac_sha256)(key, message)
    }

    pub(crate) fn seal(
        &self,
        key: &[u8; 32],
        associated: &[u8],
        in_out: &mut Vec<u8>,
    ) -> Result<(), Failed> {
        (self.0.seal)(key, associated, in_out)
    }

    pub(crate) fn load_decryption(
        &self,
        numbers: &RsaNumbers,
    ) -> Result<Box<dyn DecryptionPair>, KeyError> {
        (self.0.load_decryption)(numbers)
    }

    pub(crate) fn open(
        &self,
        key: &[u8; 32],
        context: &Context<'_>,
        in_out: &mut Vec<u8>,
    ) -> Result<(), Failed> {
        (self.0.open)(key, context, in_out)
    }
}

/// A point of P-256 in the form that both libraries expect (SEC 1 section 2.3.3).
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
fn uncompressed(x: &[u8; 32], y: &[u8; 32]) -> [u8; 65] {
    let mut point = [0; 65];
    for (to, from) in point.iter_mut().zip([4].iter().chain(x).chain(y)) {
        *to = *from;
    }
    point
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Backend({})", self.name())
    }
}
