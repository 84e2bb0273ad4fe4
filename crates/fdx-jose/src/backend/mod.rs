//! Where signatures are computed and checked: the only place that names a cryptographic library.
//!
//! A [`Backend`] is a value that is given to keys, to verification and to the seal. There is no
//! global default, and a feature of this crate only makes a function exist: `ring` makes `ring()`,
//! `aws-lc-rs` makes `aws_lc_rs()`. Neither stands in for the other, and with both features each
//! value still does its own work alone. They agree on every signature and every seal.
//!
//! | | `ring()` | `aws_lc_rs()` |
//! |---|---|---|
//! | signs and checks | PS256, ES256, EdDSA | PS256, ES256, EdDSA |
//! | makes keys | ES256, EdDSA | PS256, ES256, EdDSA |
//! | opens RSA-OAEP | no | RSA-OAEP, RSA-OAEP-256 |
//! | an RSA key whose `d` is wrong but unused | loads: ring never uses `d` | is refused |
//! | private keys in memory | are *not* wiped | are wiped when freed |
//!
//! What this crate holds itself on the way into a key pair is zeroised; the pair inside ring stays
//! in memory until that memory is used again.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc_rs;
#[cfg(feature = "ring")]
mod ring;

use core::fmt;

use zeroize::Zeroizing;

use crate::key::{KeyError, PublicNumbers, RsaNumbers, SecretNumbers};
use crate::{Algorithm, KeyEncryption, SigningError};

#[cfg(feature = "aws-lc-rs")]
pub use self::aws_lc_rs::aws_lc_rs;
#[cfg(feature = "ring")]
pub use self::ring::ring;

/// One implementation of the algorithms, as a value.
#[derive(Clone, Copy)]
pub struct Backend(&'static Functions);

/// How long the modulus of a fresh RSA key is.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RsaSize {
    /// 2048 bits, the least that FAPI 2.0 allows (Security Profile 5.4.1).
    #[default]
    Bits2048,
    /// 3072 bits.
    Bits3072,
}

/// What a library must be able to do. Each backend is a constant of this type.
struct Functions {
    name: &'static str,
    generate_pkcs8: fn(Algorithm) -> Result<Vec<u8>, KeyError>,
    generate_rsa_pkcs8: fn(RsaSize) -> Result<Vec<u8>, KeyError>,
    load: fn(&SecretNumbers) -> Result<Box<dyn KeyPair>, KeyError>,
    verify: fn(&PublicNumbers, message: &[u8], signature: &[u8]) -> Verdict,
    hmac_sha256: fn(key: &[u8; 32], message: &[u8]) -> [u8; 32],
    /// AES-256-GCM under a zero nonce; appends the tag.
    seal: fn(key: &[u8; 32], associated: &[u8], in_out: &mut Vec<u8>) -> Verdict,
    /// The inverse, under any nonce: cuts the tag off.
    open: fn(key: &[u8; 32], context: &Context<'_>, in_out: &mut Vec<u8>) -> Verdict,
    load_decryption: fn(&RsaNumbers) -> Result<Box<dyn DecryptionPair>, KeyError>,
}

/// What a ciphertext was made with beside its key.
pub(crate) struct Context<'a> {
    pub(crate) nonce: &'a [u8; 12],
    pub(crate) associated: &'a [u8],
}

/// A private key inside a backend.
pub(crate) trait KeyPair: Send + Sync {
    fn public(&self) -> PublicNumbers;
    /// The signature in the form of JWS: fixed length, never DER.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;
}

/// A private RSA key inside a backend, that decrypts.
pub(crate) trait DecryptionPair: Send + Sync {
    /// `None` where it does not decrypt, for whatever reason.
    fn decrypt(&self, algorithm: KeyEncryption, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

/// The answer of a check. What exactly was wrong is nobody's business.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Good,
    Bad,
}

impl Backend {
    /// The library's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Makes a fresh key and gives it as PKCS#8 DER; for PS256 one of [`RsaSize::default`]. The
    /// bytes are secret: the caller wipes them.
    ///
    /// # Errors
    /// [`KeyError::CannotGenerate`] where the library can't make such keys, as ring can't for
    /// PS256; [`KeyError::Backend`] where it has no randomness.
    pub fn generate_pkcs8(&self, algorithm: Algorithm) -> Result<Vec<u8>, KeyError> {
        (self.0.generate_pkcs8)(algorithm)
    }

    /// Makes a fresh RSA key, for PS256, and gives it as PKCS#8 DER. The bytes are secret: the
    /// caller wipes them.
    ///
    /// # Errors
    /// [`KeyError::CannotGenerate`] where the library can't make RSA keys, as ring can't;
    /// [`KeyError::Backend`] where it fails.
    pub fn generate_rsa_pkcs8(&self, size: RsaSize) -> Result<Vec<u8>, KeyError> {
        (self.0.generate_rsa_pkcs8)(size)
    }

    pub(crate) fn load(&self, secret: &SecretNumbers) -> Result<Box<dyn KeyPair>, KeyError> {
        (self.0.load)(secret)
    }

    pub(crate) fn verify(&self, key: &PublicNumbers, message: &[u8], signature: &[u8]) -> Verdict {
        (self.0.verify)(key, message, signature)
    }

    pub(crate) fn hmac_sha256(&self, key: &[u8; 32], message: &[u8]) -> [u8; 32] {
        (self.0.hmac_sha256)(key, message)
    }

    pub(crate) fn seal(&self, key: &[u8; 32], associated: &[u8], in_out: &mut Vec<u8>) -> Verdict {
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
    ) -> Verdict {
        (self.0.open)(key, context, in_out)
    }
}

/// A point of P-256 as both libraries take it (SEC 1 section 2.3.3).
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
