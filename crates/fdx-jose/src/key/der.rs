//! A DER reader (X.690), and the private key formats PKCS#8 and PKCS#1.

use zeroize::Zeroizing;

use super::{KeyError, PublicNumbers, RsaNumbers, SecretNumbers};

/// Reads DER (X.690). Accepts only the shortest form of each length and integer, and lengths of at
/// most 65,535 bytes.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a>(&'a [u8]);

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

impl<'a> Der<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that all elements were read.
    pub(crate) fn end(&self) -> Result<(), KeyError> {
        if self.is_empty() { Ok(()) } else { Err(KeyError::Trailing) }
    }

    /// Reads the next element and returns its content. If it has another tag or is malformed,
    /// returns `None` and reads nothing.
    pub(crate) fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_first()?;
        if *first != tag {
            return None;
        }
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// Reads the next element and returns a reader of the elements inside it.
    pub(crate) fn within(&mut self, tag: u8) -> Option<Self> {
        self.element(tag).map(Self)
    }

    /// Reads the next integer: big-endian, without a leading zero byte; 0 is empty. Returns `None`
    /// if it is negative or not in the shortest form.
    pub(crate) fn integer(&mut self) -> Option<&'a [u8]> {
        match self.element(INTEGER)? {
            [] => None,
            [0] => Some(&[]),
            [0, rest @ ..] => rest.first().is_some_and(|byte| *byte >= 0x80).then_some(rest),
            [first, ..] if *first >= 0x80 => None,
            all => Some(all),
        }
    }
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [short @ 0..=0x7f, rest @ ..] => Some((usize::from(*short), rest)),
        [0x81, length @ 0x80..=0xff, rest @ ..] => Some((usize::from(*length), rest)),
        [0x82, high @ 1..=0xff, low, rest @ ..] => {
            Some((usize::from(u16::from_be_bytes([*high, *low])), rest))
        }
        _ => None,
    }
}

const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// The context-specific tags `[0]` and `[1]`. RFC 5915 uses both in their explicit form. RFC 5958
/// uses the same byte for `[0]`, and `[1]` as an implicit BIT STRING.
const EXPLICIT_0: u8 = 0xa0;
const EXPLICIT_1: u8 = 0xa1;
const IMPLICIT_1: u8 = 0x81;

/// Reads PKCS#8, version 1 or 2 (RFC 5208, RFC 5958). Skips attributes, and rejects every other
/// element that the key type does not have.
pub(crate) fn pkcs8(der: &[u8]) -> Result<SecretNumbers, KeyError> {
    let mut info = only(der)?;
    if !matches!(info.element(INTEGER), Some([0 | 1])) {
        return Err(KeyError::Der);
    }
    let mut algorithm = info.within(SEQUENCE).ok_or(KeyError::Der)?;
    let identifier = algorithm.element(OBJECT_IDENTIFIER).ok_or(KeyError::Der)?;
    let key = info.element(OCTET_STRING).ok_or(KeyError::Der)?;
    let _attributes = info.element(EXPLICIT_0);
    let numbers = if identifier == RSA_ENCRYPTION {
        // RFC 8017 A.1: the parameters are NULL.
        if algorithm.element(NULL).is_some_and(|content| !content.is_empty()) {
            return Err(KeyError::Der);
        }
        pkcs1(key)
    } else if identifier == ED25519 {
        ed25519(key, info.element(IMPLICIT_1))
    } else if identifier == EC_PUBLIC_KEY {
        check_curve(&mut algorithm)?;
        p256(key)
    } else {
        return Err(KeyError::KeyType);
    }?;
    algorithm.end()?;
    info.end()?;
    Ok(numbers)
}

/// Reads a public key (`SubjectPublicKeyInfo`, RFC 5280 section 4.1).
pub(crate) fn spki(der: &[u8]) -> Result<PublicNumbers, KeyError> {
    let mut info = only(der)?;
    let mut algorithm = info.within(SEQUENCE).ok_or(KeyError::Der)?;
    let identifier = algorithm.element(OBJECT_IDENTIFIER).ok_or(KeyError::Der)?;
    // Keys are whole bytes: no bits of the last one are unused.
    let bits = info.element(BIT_STRING).and_then(|bits| bits.strip_prefix(&[0]));
    let bits = bits.ok_or(KeyError::Der)?;
    let numbers = if identifier == RSA_ENCRYPTION {
        if algorithm.element(NULL).is_some_and(|content| !content.is_empty()) {
            return Err(KeyError::Der);
        }
        let mut key = only(bits)?;
        let mut number = || key.integer().ok_or(KeyError::Der);
        let (n, e) = (number()?, number()?);
        key.end()?;
        PublicNumbers::rsa(n, e)?
    } else if identifier == ED25519 {
        PublicNumbers::ed25519(bits.try_into().map_err(|_| KeyError::Der)?)?
    } else if identifier == EC_PUBLIC_KEY {
        check_curve(&mut algorithm)?;
        let point = bits.strip_prefix(&[4]).and_then(|point| point.split_at_checked(32));
        let (x, y) = point.ok_or(KeyError::Der)?;
        let number = |bytes: &[u8]| bytes.try_into().map_err(|_| KeyError::Der);
        PublicNumbers::P256 { x: number(x)?, y: number(y)? }
    } else {
        return Err(KeyError::KeyType);
    };
    algorithm.end()?;
    info.end()?;
    Ok(numbers)
}

/// Writes an Ed25519 key as PKCS#8 version 1 (RFC 8410 section 7), without the public key: OpenSSL
/// 3.0, Node and Python can't read version 2.
pub(crate) fn ed25519_v1(numbers: &SecretNumbers) -> Option<Vec<u8>> {
    const BEFORE_SEED: [u8; 16] =
        [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let SecretNumbers::Ed25519 { seed, .. } = numbers else { return None };
    // A reallocation would leave an unwiped copy.
    let mut der = Vec::with_capacity(BEFORE_SEED.len() + seed.len());
    der.extend_from_slice(&BEFORE_SEED);
    der.extend_from_slice(&seed[..]);
    Some(der)
}

/// Reads PKCS#1 `RSAPrivateKey` (RFC 8017 appendix A.1.2).
pub(crate) fn pkcs1(der: &[u8]) -> Result<SecretNumbers, KeyError> {
    let mut key = only(der)?;
    match key.integer() {
        Some([]) => {}
        Some([1]) => return Err(KeyError::MultiPrime),
        _ => return Err(KeyError::Der),
    }
    let mut public = || key.integer().map(<[u8]>::to_vec).ok_or(KeyError::Der);
    let (n, e) = (public()?, public()?);
    let mut secret = || public().map(Zeroizing::new);
    let numbers = RsaNumbers {
        n,
        e,
        d: secret()?,
        p: secret()?,
        q: secret()?,
        dp: secret()?,
        dq: secret()?,
        qi: secret()?,
    };
    key.end()?;
    numbers.check()?;
    Ok(SecretNumbers::Rsa(numbers))
}

/// Reads an Ed25519 key (RFC 8410 section 7): the seed from the nested OCTET STRING, and the content
/// of the public key's element, if there is one.
fn ed25519(key: &[u8], public: Option<&[u8]>) -> Result<SecretNumbers, KeyError> {
    let mut key = Der::new(key);
    let seed = key.element(OCTET_STRING).ok_or(KeyError::Der)?;
    key.end()?;
    let x = match public {
        Some([0, x @ ..]) => Some(x.try_into().map_err(|_| KeyError::Der)?),
        Some(_) => return Err(KeyError::Der),
        None => None,
    };
    let seed = seed.try_into().map_err(|_| KeyError::Der)?;
    Ok(SecretNumbers::Ed25519 { seed: Zeroizing::new(seed), x })
}

/// Reads a P-256 key (RFC 5915). The public key is optional there, but both backends need it.
fn p256(key: &[u8]) -> Result<SecretNumbers, KeyError> {
    let mut key = only(key)?;
    if key.element(INTEGER) != Some(&[1]) {
        return Err(KeyError::Der);
    }
    let d = key.element(OCTET_STRING).ok_or(KeyError::Der)?;
    if let Some(mut parameters) = key.within(EXPLICIT_0) {
        check_curve(&mut parameters)?;
        parameters.end()?;
    }
    let mut public = key.within(EXPLICIT_1).ok_or(KeyError::Der)?;
    let point = public.element(BIT_STRING).and_then(|point| point.strip_prefix(&[0, 4]));
    let (x, y) = point.and_then(|point| point.split_at_checked(32)).ok_or(KeyError::Der)?;
    public.end()?;
    key.end()?;
    let number = |bytes: &[u8]| bytes.try_into().map_err(|_| KeyError::Der);
    Ok(SecretNumbers::P256 { d: Zeroizing::new(number(d)?), x: number(x)?, y: number(y)? })
}

/// Reads the identifier of a curve, which must be P-256.
fn check_curve(parameters: &mut Der<'_>) -> Result<(), KeyError> {
    match parameters.element(OBJECT_IDENTIFIER) {
        Some(P256) => Ok(()),
        _ => Err(KeyError::Curve),
    }
}

/// Reads bytes that are exactly one SEQUENCE, and returns a reader of its elements.
fn only(der: &[u8]) -> Result<Der<'_>, KeyError> {
    let mut outer = Der::new(der);
    let inner = outer.within(SEQUENCE).ok_or(KeyError::Der)?;
    outer.end()?;
    Ok(inner)
}
