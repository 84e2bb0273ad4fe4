use core::fmt;

use crate::SigningError;
use crate::der::{Der, SEQUENCE};

/// A signature in the form of JWS: 64 bytes for ES256 and EdDSA, the modulus' length for PS256.
///
/// Which form the bytes have is said by the constructor's name and never guessed from their length.
#[derive(Clone, Eq, PartialEq)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// Takes bytes that are in JWS form already: what Ed25519 and RSA signers give, and ECDSA
    /// signers that give `r` and `s` side by side (IEEE P1363).
    #[must_use]
    pub fn from_jws(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Converts the DER form of ECDSA (`Ecdsa-Sig-Value`, RFC 3279 section 2.2.3), which most key
    /// management services give, for P-256.
    ///
    /// # Errors
    /// [`SigningError::Der`] for anything but strict DER of two numbers from 1 up, of at most 32
    /// bytes each.
    pub fn from_der_ecdsa(der: &[u8]) -> Result<Self, SigningError> {
        read(der).map(Self).ok_or(SigningError::Der)
    }

    /// The bytes in JWS form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({} bytes)", self.0.len())
    }
}

fn read(der: &[u8]) -> Option<Vec<u8>> {
    let mut outer = Der::new(der);
    let mut pair = outer.within(SEQUENCE)?;
    let mut bytes = Vec::with_capacity(64);
    for _ in 0..2 {
        let number = pair.integer()?;
        let padding = 32_usize.checked_sub(number.len())?;
        if number.is_empty() {
            return None;
        }
        bytes.resize(bytes.len() + padding, 0);
        bytes.extend_from_slice(number);
    }
    (pair.is_empty() && outer.is_empty()).then_some(bytes)
}
