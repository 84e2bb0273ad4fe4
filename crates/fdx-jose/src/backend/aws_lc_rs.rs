#![expect(
    clippy::disallowed_types,
    reason = "ECDSA, PSS and new keys need the library's own random number generator"
)]

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    self, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, UnparsedPublicKey,
};

use zeroize::Zeroizing;

use super::{Backend, Context, DecryptionPair, Failed, Functions, KeyPair, RsaSize, uncompressed};
use crate::key::{KeyError, PublicNumbers, RsaNumbers, SecretNumbers};
use crate::{Algorithm, KeyEncryption, SigningError};

/// The backend of the feature `aws-lc-rs`. Signs, verifies and generates keys with all three
/// algorithms. AWS-LC wipes the private keys that it frees.
#[must_use]
pub fn aws_lc_rs() -> Backend {
    Backend(&AWS_LC_RS)
}

static AWS_LC_RS: Functions = Functions {
    name: "aws-lc-rs",
    generate_pkcs8,
    generate_rsa_pkcs8,
    load,
    verify,
    hmac_sha256,
    seal,
    open,
    load_decryption,
};

struct Es256(EcdsaKeyPair);
struct EdDsa(Ed25519KeyPair);
struct Ps256 {
    pair: rsa::KeyPair,
    n: Vec<u8>,
    e: Vec<u8>,
}

fn generate_pkcs8(algorithm: Algorithm) -> Result<Vec<u8>, KeyError> {
    let random = SystemRandom::new();
    let document = match algorithm {
        Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random),
        Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random),
        Algorithm::Ps256 => return generate_rsa_pkcs8(RsaSize::default()),
    };
    document.map(|document| document.as_ref().to_vec()).map_err(|_| KeyError::Backend)
}

fn generate_rsa_pkcs8(size: RsaSize) -> Result<Vec<u8>, KeyError> {
    let size = match size {
        RsaSize::Bits2048 => rsa::KeySize::Rsa2048,
        RsaSize::Bits3072 => rsa::KeySize::Rsa3072,
    };
    let document = rsa::KeyPair::generate(size).and_then(|pair| pair.as_der());
    document
        .map(|document: Pkcs8V1Der<'_>| document.as_ref().to_vec())
        .map_err(|_| KeyError::Backend)
}

fn load(secret: &SecretNumbers) -> Result<Box<dyn KeyPair>, KeyError> {
    match secret {
        SecretNumbers::P256 { d, x, y } => {
            let public = uncompressed(x, y);
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            EcdsaKeyPair::from_private_key_and_public_key(algorithm, &d[..], &public)
                .map(|pair| Box::new(Es256(pair)) as Box<dyn KeyPair>)
        }
        SecretNumbers::Ed25519 { seed, x } => match x {
            Some(x) => Ed25519KeyPair::from_seed_and_public_key(&seed[..], x),
            None => Ed25519KeyPair::from_seed_unchecked(&seed[..]),
        }
        .map(|pair| Box::new(EdDsa(pair)) as Box<dyn KeyPair>),
        SecretNumbers::Rsa(numbers) => pair(numbers).map(|pair| {
            let (n, e) = (numbers.n.clone(), numbers.e.clone());
            Box::new(Ps256 { pair, n, e }) as Box<dyn KeyPair>
        }),
    }
    .map_err(|_| KeyError::Inconsistent)
}

fn pair(numbers: &RsaNumbers) -> Result<rsa::KeyPair, KeyRejected> {
    rsa::KeyPair::from_components(&rsa::KeyPairComponents::<&[u8]> {
        public_key: rsa::PublicKeyComponents { n: &numbers.n, e: &numbers.e },
        d: &numbers.d,
        p: &numbers.p,
        q: &numbers.q,
        dP: &numbers.dp,
        dQ: &numbers.dq,
        qInv: &numbers.qi,
    })
}

fn verify(key: &PublicNumbers, message: &[u8], signature: &[u8]) -> Result<(), Failed> {
    match key {
        PublicNumbers::P256 { x, y } => {
            let public = uncompressed(x, y);
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public).verify(message, signature)
        }
        PublicNumbers::Ed25519 { x } => {
            UnparsedPublicKey::new(&ED25519, x).verify(message, signature)
        }
        PublicNumbers::Rsa { n, e } => {
            rsa::PublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, message, signature)
        }
    }
    .map_err(Failed::from)
}

fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    let mut digest = [0; 32];
    // An HMAC-SHA256 tag has exactly 32 bytes.
    for (to, from) in digest.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
    digest
}

fn seal(key: &[u8; 32], associated: &[u8], in_out: &mut Vec<u8>) -> Result<(), Failed> {
    UnboundKey::new(&AES_256_GCM, key)
        .and_then(|key| {
            let key = LessSafeKey::new(key);
            key.seal_in_place_append_tag(zero_nonce(), Aad::from(associated), in_out)
        })
        .map_err(Failed::from)
}

fn open(key: &[u8; 32], context: &Context<'_>, in_out: &mut Vec<u8>) -> Result<(), Failed> {
    let nonce = Nonce::assume_unique_for_key(*context.nonce);
    let opened = UnboundKey::new(&AES_256_GCM, key).and_then(|key| {
        LessSafeKey::new(key)
            .open_in_place(nonce, Aad::from(context.associated), in_out)
            .map(|plaintext| plaintext.len())
    });
    in_out.truncate(opened?);
    Ok(())
}

/// A fixed nonce: each key seals only one message, so a nonce never repeats under one key.
fn zero_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

impl From<aws_lc_rs::error::Unspecified> for Failed {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

impl KeyPair for Es256 {
    fn public(&self) -> PublicNumbers {
        let (mut x, mut y) = ([0; 32], [0; 32]);
        let point = self.0.public_key().as_ref().iter().skip(1);
        for (to, from) in x.iter_mut().chain(y.iter_mut()).zip(point) {
            *to = *from;
        }
        PublicNumbers::P256 { x, y }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        self.0
            .sign(&SystemRandom::new(), message)
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| SigningError::Backend)
    }
}

impl KeyPair for EdDsa {
    fn public(&self) -> PublicNumbers {
        let mut x = [0; 32];
        for (to, from) in x.iter_mut().zip(self.0.public_key().as_ref()) {
            *to = *from;
        }
        PublicNumbers::Ed25519 { x }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let signature = self.0.try_sign(message).map_err(|_| SigningError::Backend)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl KeyPair for Ps256 {
    fn public(&self) -> PublicNumbers {
        PublicNumbers::Rsa { n: self.n.clone(), e: self.e.clone() }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature)
            .map(|()| signature)
            .map_err(|_| SigningError::Backend)
    }
}

struct Oaep(OaepPrivateDecryptingKey);

/// Loads the key and lets it decrypt one message, to detect numbers that do not match.
fn load_decryption(numbers: &RsaNumbers) -> Result<Box<dyn DecryptionPair>, KeyError> {
    const MESSAGE: &[u8] = b"a key proves itself on loading..";
    let pair = pair(numbers).map_err(|_| KeyError::Inconsistent)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Backend)?;
    let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|_| KeyError::Inconsistent)?;
    let public = OaepPublicEncryptingKey::new(key.public_key()).map_err(|_| KeyError::Proof)?;
    let pair = Oaep(OaepPrivateDecryptingKey::new(key).map_err(|_| KeyError::Proof)?);
    let mut encrypted = vec![0; public.ciphertext_size()];
    public
        .encrypt(&OAEP_SHA256_MGF1SHA256, MESSAGE, &mut encrypted, None)
        .map_err(|_| KeyError::Proof)?;
    match pair.decrypt(KeyEncryption::RsaOaep256, &encrypted) {
        Some(opened) if *opened == MESSAGE => Ok(Box::new(pair)),
        _ => Err(KeyError::Proof),
    }
}

impl DecryptionPair for Oaep {
    fn decrypt(&self, algorithm: KeyEncryption, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let algorithm: &'static OaepAlgorithm = match algorithm {
            KeyEncryption::RsaOaep => &OAEP_SHA1_MGF1SHA1,
            KeyEncryption::RsaOaep256 => &OAEP_SHA256_MGF1SHA256,
        };
        let mut decrypted = Zeroizing::new(vec![0; self.0.min_output_size()]);
        let length = self.0.decrypt(algorithm, encrypted, &mut decrypted, None).ok()?.len();
        decrypted.truncate(length);
        Some(decrypted)
    }
}
