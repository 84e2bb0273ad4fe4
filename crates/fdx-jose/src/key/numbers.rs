use zeroize::Zeroizing;

use super::KeyError;
use crate::Algorithm;

/// The numbers of a public key, within the bounds that every backend shares.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) enum PublicNumbers {
    Ed25519 { x: [u8; 32] },
    P256 { x: [u8; 32], y: [u8; 32] },
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

/// The numbers of a private key, wiped when dropped.
pub(crate) enum SecretNumbers {
    Ed25519 {
        seed: Zeroizing<[u8; 32]>,
        /// Absent in PKCS#8 version 1.
        x: Option<[u8; 32]>,
    },
    P256 {
        d: Zeroizing<[u8; 32]>,
        x: [u8; 32],
        y: [u8; 32],
    },
    Rsa(RsaNumbers),
}

/// Big-endian, without leading zeros.
pub(crate) struct RsaNumbers {
    pub(crate) n: Vec<u8>,
    pub(crate) e: Vec<u8>,
    pub(crate) d: Zeroizing<Vec<u8>>,
    pub(crate) p: Zeroizing<Vec<u8>>,
    pub(crate) q: Zeroizing<Vec<u8>>,
    pub(crate) dp: Zeroizing<Vec<u8>>,
    pub(crate) dq: Zeroizing<Vec<u8>>,
    pub(crate) qi: Zeroizing<Vec<u8>>,
}

impl PublicNumbers {
    /// An RSA key for checking signatures: 2048 to 8192 bits, an odd exponent of at most 33 bits.
    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let (n, e) = (without_zeros(n), without_zeros(e));
        let modulus = bits(n);
        // FAPI 2.0 Security Profile 5.4.1: RSA keys shall have a minimum length of 2048 bits.
        if !(2048..=8192).contains(&modulus) || n.last().is_some_and(|low| low & 1 == 0) {
            return Err(KeyError::RsaModulus { bits: modulus });
        }
        let odd = e.last().is_some_and(|low| low & 1 == 1);
        if !odd || e == [1] || bits(e) > 33 {
            return Err(KeyError::RsaExponent);
        }
        Ok(Self::Rsa { n: n.to_vec(), e: e.to_vec() })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519 { .. } => Algorithm::EdDsa,
            Self::P256 { .. } => Algorithm::Es256,
            Self::Rsa { .. } => Algorithm::Ps256,
        }
    }

    /// Bytes of a signature by this key.
    pub(crate) fn signature_length(&self) -> usize {
        match self {
            Self::Ed25519 { .. } | Self::P256 { .. } => 64,
            Self::Rsa { n, .. } => n.len(),
        }
    }
}

impl RsaNumbers {
    /// The bounds of a private key: 2048 to 4096 bits, the exponent 65537.
    pub(crate) fn check(&self) -> Result<(), KeyError> {
        PublicNumbers::rsa(&self.n, &self.e)?;
        match bits(&self.n) {
            bits if bits > 4096 => Err(KeyError::RsaModulus { bits }),
            _ if self.e != [1, 0, 1] => Err(KeyError::RsaExponent),
            _ => Ok(()),
        }
    }
}

/// RFC 7518 6.3.1.1: some write a leading zero octet; ring refuses it.
pub(crate) fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn bits(bytes: &[u8]) -> usize {
    bytes.first().map_or(0, |first| bytes.len() * 8 - first.leading_zeros() as usize)
}
