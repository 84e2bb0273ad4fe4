use zeroize::Zeroizing;

use super::KeyError;
use crate::Algorithm;

/// The numbers of a public key, within the bounds of both backends.
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

/// The `y` of the points whose order divides 8, little-endian: 0, 1, -1 and the two of order 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

impl PublicNumbers {
    /// An Ed25519 key in canonical form that is not a point of small order.
    pub(crate) fn ed25519(x: [u8; 32]) -> Result<Self, KeyError> {
        let mut y = x;
        if let Some(high) = y.last_mut() {
            *high &= 0x7f;
        }
        // RFC 8032 5.1.3: y is below 2^255 - 19. aws-lc-rs checks this, ring does not.
        let canonical = match y {
            [low, middle @ .., 0x7f] => low < 0xed || middle.iter().any(|byte| *byte != 0xff),
            _ => true,
        };
        // RFC 8725 3.4: under a key of small order one signature verifies for every message.
        if !canonical || SMALL_ORDER.contains(&y) {
            return Err(KeyError::Ed25519Point);
        }
        Ok(Self::Ed25519 { x })
    }

    /// An RSA key for verification: 2048 to 8192 bits, an odd exponent of at most 33 bits.
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

    /// The length of this key's signatures, in bytes.
    pub(crate) fn signature_length(&self) -> usize {
        match self {
            Self::Ed25519 { .. } | Self::P256 { .. } => 64,
            Self::Rsa { n, .. } => n.len(),
        }
    }
}

impl RsaNumbers {
    /// Checks the bounds of a private key: 2048, 3072 or 4096 bits, the exponent 65537.
    pub(crate) fn check(&self) -> Result<(), KeyError> {
        Self::check_public(&self.n, &self.e)
    }

    /// Checks the same bounds with the public half only.
    pub(crate) fn check_public(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
        PublicNumbers::rsa(n, e)?;
        match bits(n) {
            // ring accepts only primes whose size is a multiple of 512 bits; AWS-LC accepts any.
            bits if bits > 4096 || bits % 1024 != 0 => Err(KeyError::RsaModulus { bits }),
            _ if e != [1, 0, 1] => Err(KeyError::RsaExponent),
            _ => Ok(()),
        }
    }
}

// RFC 7518 6.3.1.1: some implementations write a leading zero octet, which ring rejects.
/// Removes leading zero bytes.
pub(crate) fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

fn bits(bytes: &[u8]) -> usize {
    bytes.first().map_or(0, |first| bytes.len() * 8 - first.leading_zeros() as usize)
}
