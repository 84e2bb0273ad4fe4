use core::fmt;
use std::sync::Arc;

use fdx_wire::base64url;
use fdx_wire::json::{JsonError, ObjectWriter, RawJson};
use serde::Serialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::key::{Der, SEQUENCE};
use crate::{Algorithm, PrivateKey, PublicKey, Thumbprint};

/// The purpose of a signature.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Role {
    /// `client_assertion` (RFC 7523).
    ClientAssertion,
    /// The `DPoP` header (RFC 9449).
    DpopProof,
    /// `request` (RFC 9101).
    RequestObject,
    /// Any other claims.
    Statement,
}

/// Bytes to sign, and what a signer needs to know about them. The key may be in a key management
/// service.
#[derive(Clone, Eq, PartialEq)]
pub struct SigningInput {
    role: Role,
    algorithm: Algorithm,
    kid: Option<String>,
    key: Thumbprint,
    signature_length: usize,
    /// Wiped: among the claims of a request object are `state` and `nonce`.
    text: Zeroizing<String>,
}

/// Signs: a key in memory, several keys, or a key management service.
pub trait Signer {
    /// Signs `input` with the key that it names.
    ///
    /// # Errors
    /// [`SigningError::NoKey`] if the signer does not have the key; [`SigningError::Unavailable`]
    /// if a service can't be reached; the call can be repeated.
    fn sign(&self, input: &SigningInput) -> Result<Signature, SigningError>;
}

/// The reasons why a signature is missing or unusable.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The backend's random number generator failed.
    #[error("the random number generator of the cryptographic backend failed")]
    Backend,
    /// Not an ECDSA signature in strict DER.
    #[error("the signature is not an ECDSA P-256 signature in DER (RFC 3279 section 2.2.3)")]
    Der,
    /// The length of the signature does not match the key.
    #[error("the signature has {actual} bytes, and signatures of this key have {expected}")]
    Length {
        /// The length of the key's signatures.
        expected: usize,
        /// The length of this signature.
        actual: usize,
    },
    /// The signer does not have the key.
    #[error("no signing key has the thumbprint {thumbprint}: load the key of the configuration")]
    NoKey {
        /// The thumbprint of the requested key.
        thumbprint: Thumbprint,
    },
    /// A signing service can't be reached or refuses.
    #[error("the signer is unavailable: {reason}")]
    Unavailable {
        /// The reason that the [`Signer`] reports.
        reason: String,
    },
}

/// A signature in the form of JWS: 64 bytes for ES256 and EdDSA, the modulus' length for PS256.
///
/// The constructor determines the form of the bytes, which is never guessed from their length.
#[derive(Clone, Eq, PartialEq)]
pub struct Signature(Vec<u8>);

impl SigningInput {
    /// The purpose of the signature.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The algorithm to sign with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The id of the key to sign with, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The thumbprint of the key to sign with.
    #[must_use]
    pub fn key(&self) -> Thumbprint {
        self.key
    }

    /// The bytes to sign.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// SHA-256 of the bytes, for services that sign digests (ES256 and PS256 only: EdDSA signs the
    /// bytes themselves).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    /// Returns the compact JWS (RFC 7515 section 7.1). Checks the length of the signature, but does
    /// not verify it. The caller wipes the text.
    ///
    /// # Errors
    /// [`SigningError::Length`].
    pub fn attach(&self, signature: &Signature) -> Result<String, SigningError> {
        let (expected, actual) = (self.signature_length, signature.as_bytes().len());
        if expected != actual {
            return Err(SigningError::Length { expected, actual });
        }
        let mut jws = String::with_capacity(self.text.len() + 1 + actual.div_ceil(3) * 4);
        jws.push_str(&self.text);
        jws.push('.');
        base64url::encode_into(signature.as_bytes(), &mut jws);
        Ok(jws)
    }

    /// Joins an encoded header with the claims' JSON.
    pub(crate) fn new(role: Role, key: &PublicKey, header: &str, claims: &[u8]) -> Self {
        // Room for all of it, so that no part stays behind in outgrown memory.
        let length = header.len() + 1 + claims.len().div_ceil(3) * 4;
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(header);
        text.push('.');
        base64url::encode_into(claims, &mut text);
        Self {
            role,
            algorithm: key.algorithm(),
            kid: key.kid().map(str::to_owned),
            key: key.thumbprint(),
            signature_length: key.numbers().signature_length(),
            text,
        }
    }
}

/// The encoded header of a JWT that `key` signs.
pub(crate) fn header(key: &PublicKey, typ: Option<&str>) -> String {
    let mut header = ObjectWriter::with_capacity(128);
    header.text("alg", key.alg());
    if let Some(kid) = key.kid() {
        header.text("kid", kid);
    }
    if let Some(typ) = typ {
        header.text("typ", typ);
    }
    base64url::encode(&header.into_bytes())
}

impl fmt::Debug for SigningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningInput")
            .field("role", &self.role)
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .field("key", &self.key)
            .field("bytes", &self.text.len())
            .finish()
    }
}

impl Signer for PrivateKey {
    fn sign(&self, input: &SigningInput) -> Result<Signature, SigningError> {
        core::slice::from_ref(self).sign(input)
    }
}

impl<S: Signer + ?Sized> Signer for Arc<S> {
    fn sign(&self, input: &SigningInput) -> Result<Signature, SigningError> {
        S::sign(self, input)
    }
}

impl Signer for [PrivateKey] {
    fn sign(&self, input: &SigningInput) -> Result<Signature, SigningError> {
        let thumbprint = input.key();
        self.iter()
            .find(|key| key.public().thumbprint() == thumbprint)
            .ok_or(SigningError::NoKey { thumbprint })?
            .sign_bytes(input.bytes())
    }
}

impl Signer for Vec<PrivateKey> {
    fn sign(&self, input: &SigningInput) -> Result<Signature, SigningError> {
        self.as_slice().sign(input)
    }
}

/// Prepares any other claims for signing, such as an institution's ID token.
///
/// # Errors
/// [`JsonError`] if `claims` has no JSON form.
pub fn statement<C: Serialize>(
    key: &PublicKey,
    typ: Option<&str>,
    claims: &C,
) -> Result<SigningInput, JsonError> {
    let claims = RawJson::of(claims)?;
    let header = header(key, typ);
    Ok(SigningInput::new(Role::Statement, key, &header, claims.as_str().as_bytes()))
}

/// Prepares any header and payload for signing, without checks. For tests of token readers.
#[doc(hidden)]
#[must_use]
pub fn unchecked_statement(key: &PublicKey, header: &[u8], payload: &[u8]) -> SigningInput {
    SigningInput::new(Role::Statement, key, &base64url::encode(header), payload)
}

impl Signature {
    /// Takes bytes in JWS form: the output of Ed25519 and RSA signers, and of ECDSA signers that
    /// concatenate `r` and `s` (IEEE P1363).
    #[must_use]
    pub fn from_jws(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Converts the DER form of ECDSA P-256 (`Ecdsa-Sig-Value`, RFC 3279 section 2.2.3), the output
    /// of most key management services.
    ///
    /// # Errors
    /// [`SigningError::Der`] unless it is strict DER of two positive numbers of at most 32 bytes.
    pub fn from_der_ecdsa(der: &[u8]) -> Result<Self, SigningError> {
        from_der(der).map(Self).ok_or(SigningError::Der)
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

fn from_der(der: &[u8]) -> Option<Vec<u8>> {
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
