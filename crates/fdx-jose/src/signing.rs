use core::fmt;

use fdx_wire::{Secret, base64url, json};
use serde::Serialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Algorithm, PrivateKey, PublicKey, Signature, Thumbprint};

/// What a signature will be for.
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

/// Bytes that want a signature, and all that a signer must know about them: the key is elsewhere,
/// perhaps in a key management service.
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

/// Whoever can sign: a key in memory, several of them, or a service behind the network.
pub trait Signer {
    /// Signs `input` with the key that it names.
    ///
    /// # Errors
    /// [`SigningError::NoKey`] where the key is not here; [`SigningError::Unavailable`] where a
    /// service can't be reached and may be asked again.
    fn sign(&self, input: &SigningInput) -> Result<Signature, SigningError>;
}

/// Why there is no signature.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The backend failed, for want of randomness.
    #[error("the cryptographic backend failed")]
    Backend,
    /// Not an ECDSA signature in strict DER.
    #[error("not an ECDSA P-256 signature in DER")]
    Der,
    /// The signature is not as long as its key makes them.
    #[error("a signature of this key has {expected} bytes, not {found}")]
    Length {
        /// Bytes that it has to have.
        expected: usize,
        /// Bytes that it has.
        found: usize,
    },
    /// None of the keys is the one that was asked for.
    #[error("the key with the thumbprint {thumbprint} is not here")]
    NoKey {
        /// The thumbprint of the key that was asked for.
        thumbprint: Thumbprint,
    },
    /// A signer elsewhere can't be reached or refuses.
    #[error("the signer is unavailable: {reason}")]
    Unavailable {
        /// What the [`Signer`] says about it.
        reason: String,
    },
}

impl SigningInput {
    /// What the signature is for.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The algorithm to sign with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's id, where it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The key's thumbprint.
    #[must_use]
    pub fn key(&self) -> Thumbprint {
        self.key
    }

    /// The bytes to sign.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// SHA-256 of the bytes, for services that sign digests (ES256 and PS256 alone: EdDSA signs
    /// the bytes themselves).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.bytes()).into()
    }

    /// The compact JWS (RFC 7515 section 7.1). The signature's length is checked, not whether it
    /// verifies. The caller wipes the text.
    ///
    /// # Errors
    /// [`SigningError::Length`].
    pub fn attach(&self, signature: &Signature) -> Result<String, SigningError> {
        let (expected, found) = (self.signature_length, signature.as_bytes().len());
        if expected != found {
            return Err(SigningError::Length { expected, found });
        }
        let mut jws = String::with_capacity(self.text.len() + 1 + found.div_ceil(3) * 4);
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

/// Writes our own headers and claims: structs of texts and numbers, which always have a JSON form.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Secret {
    json::to_secret(value).unwrap_or_else(|_| Secret::concat(&[]))
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
