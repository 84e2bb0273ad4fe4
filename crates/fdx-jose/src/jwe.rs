//! Reads compact JWEs strictly (RFC 7516 section 7.1) and decrypts them. Does not create them.

use core::fmt;

use fdx_wire::json::{self, JsonError, Limits, RawJson};
use fdx_wire::{Secret, base64url};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::backend::{Backend, Context};
use crate::jws::{Presence, kept, named, present};
use crate::{ContentKey, DecryptionInput, EncryptionKey, KeyEncryption};

/// The maximum length of a compact JWE, in bytes. It has room for a JWS of
/// [`MAX_JWS_BYTES`](crate::MAX_JWS_BYTES), which base64url makes a third longer.
pub const MAX_BYTES: usize = 24 * 1024;

/// A parsed compact JWE. Every party can encrypt to a public key, so the encryption does not
/// authenticate the author. Only the signature of the JWS inside does.
///
/// Decryption has three steps. [`Jwe::input`] returns the encrypted content key and the thumbprint
/// of the key that decrypts it. A [`Decrypter`](crate::Decrypter) decrypts it to a [`ContentKey`].
/// [`Jwe::open`] decrypts the content with that key.
pub struct Jwe {
    algorithm: KeyEncryption,
    kid: Option<String>,
    /// The header as received, in base64url: the additional authenticated data.
    header: String,
    encrypted_key: Vec<u8>,
    initialization_vector: [u8; 12],
    /// The ciphertext, followed by the authentication tag.
    ciphertext: Vec<u8>,
}

/// The reason why a compact JWE is rejected or can't be decrypted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// The header has no `alg`.
    #[error("the header has no alg (RFC 7516 section 4.1.1)")]
    AlgorithmMissing,
    /// The header's `alg` is neither RSA-OAEP nor RSA-OAEP-256.
    #[error("alg {actual} is neither RSA-OAEP nor RSA-OAEP-256")]
    AlgorithmRefused {
        /// The header's `alg`: at most 32 characters, escaped.
        actual: String,
    },
    /// Several different keys match the token's `kid` and `alg`.
    #[error("several keys match the token's kid and alg")]
    AmbiguousKey,
    /// A part is not base64url without padding.
    #[error("a part of the JWE is not base64url without padding (RFC 7515 section 2)")]
    Base64Url,
    /// The header has `zip`.
    #[error("the header has zip, and compressed content is not accepted (RFC 8725 section 3.6)")]
    Compressed,
    /// The header's `cty` is not `JWT`.
    #[error("cty is not JWT (RFC 7519 section 5.2)")]
    ContentType,
    /// The header has `crit`. This crate supports no extension.
    #[error("the header has crit, and no extension is supported (RFC 7516 section 4.1.13)")]
    Critical,
    /// The header includes a key, a certificate, or the URL of one.
    #[error("the header has {member}, and a token must not choose its own key")]
    EmbeddedKey {
        /// The member's name.
        member: &'static str,
    },
    /// The header has no `enc`.
    #[error("the header has no enc (RFC 7516 section 4.1.2)")]
    EncryptionMissing,
    /// The header's `enc` is not A256GCM.
    #[error("enc {actual} is not A256GCM")]
    EncryptionRefused {
        /// The header's `enc`: at most 32 characters, escaped.
        actual: String,
    },
    /// The header is not a JSON object of the expected shape.
    #[error("the header can't be read: {0}")]
    Header(JsonError),
    /// The initialization vector is not 96 bits long.
    #[error("the initialization vector is not 96 bits long (RFC 7518 section 5.3)")]
    InitializationVector,
    /// The decrypted content is not UTF-8, so it is not a JWS.
    #[error("the decrypted content is not UTF-8")]
    NotText,
    /// The text does not have five parts.
    #[error("the compact JWE does not have five parts (RFC 7516 section 7.1)")]
    Parts,
    /// The authentication tag is not 128 bits long.
    #[error("the authentication tag is not 128 bits long (RFC 7518 section 5.3)")]
    Tag,
    /// Longer than [`MAX_JWE_BYTES`](crate::MAX_JWE_BYTES).
    #[error("the JWE is longer than {MAX_BYTES} bytes")]
    TooLarge,
    /// No key has the token's `kid` and `alg`.
    #[error("no decryption key has the token's kid and alg: load the registered key")]
    UnknownKey,
    /// The decryption failed. The reason is not reported (RFC 7516 section 11.5).
    #[error("the JWE can't be decrypted")]
    Unopened,
}

impl Jwe {
    /// Reads a JWE.
    ///
    /// # Errors
    /// [`JweError`]: the first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, JweError> {
        if text.len() > MAX_BYTES {
            return Err(JweError::TooLarge);
        }
        let mut parts = text.split('.');
        let (Some(head), Some(key), Some(vector), Some(ciphertext), Some(tag), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JweError::Parts);
        };
        let decode = |part| base64url::decode(part).map_err(|_| JweError::Base64Url);
        let header = Header::read(&decode(head)?)?;
        let algorithm = header.algorithm()?;
        let vector = decode(vector)?;
        let tag: [u8; 16] = decode(tag)?.try_into().map_err(|_| JweError::Tag)?;
        let mut ciphertext = decode(ciphertext)?;
        ciphertext.extend_from_slice(&tag);
        Ok(Self {
            algorithm,
            kid: header.kid,
            header: head.to_owned(),
            encrypted_key: decode(key)?,
            initialization_vector: vector.try_into().map_err(|_| JweError::InitializationVector)?,
            ciphertext,
        })
    }

    /// Returns whether `text` has the five parts of a compact JWE (RFC 7516 section 9).
    #[must_use]
    pub fn has_five_parts(text: &str) -> bool {
        text.bytes().filter(|byte| *byte == b'.').count() == 4
    }

    /// The header's `alg`.
    #[must_use]
    pub fn algorithm(&self) -> KeyEncryption {
        self.algorithm
    }

    /// The header's `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns the encrypted content key, and the identity of the key in `keys` that decrypts it.
    /// The header's `kid` and `alg` select that key. Without a `kid`, the `alg` alone selects it.
    ///
    /// # Errors
    /// [`JweError::UnknownKey`], [`JweError::AmbiguousKey`].
    pub fn input(&self, keys: &[EncryptionKey]) -> Result<DecryptionInput, JweError> {
        let mut fitting = keys.iter().filter(|key| {
            key.algorithm() == self.algorithm
                && (self.kid.is_none() || key.kid() == self.kid.as_deref())
        });
        let key = fitting.next().ok_or(JweError::UnknownKey)?;
        if fitting.any(|other| other.thumbprint() != key.thumbprint()) {
            return Err(JweError::AmbiguousKey);
        }
        Ok(DecryptionInput::new(key, self.encrypted_key.clone()))
    }

    /// Decrypts the content.
    ///
    /// # Errors
    /// [`JweError::Unopened`] for every failed decryption; [`JweError::NotText`].
    pub fn open(&self, backend: Backend, key: &ContentKey) -> Result<Secret, JweError> {
        let mut in_out = Zeroizing::new(self.ciphertext.clone());
        let (bytes, decrypted) = key.bytes();
        let context =
            Context { nonce: &self.initialization_vector, associated: self.header.as_bytes() };
        let opened = backend.open(bytes, &context, &mut in_out);
        // RFC 7516 11.5: a sender must not learn whether the content key or the tag was wrong. So
        // the tag is also computed without a content key, and both failures return one error.
        opened.and(decrypted).map_err(|_| JweError::Unopened)?;
        let text = str::from_utf8(&in_out).map_err(|_| JweError::NotText)?;
        Ok(Secret::new(text.to_owned()))
    }
}

impl fmt::Debug for Jwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwe")
            .field("algorithm", &self.algorithm)
            .field("ciphertext", &self.ciphertext.len())
            .finish_non_exhaustive()
    }
}

/// The protected header (RFC 7516 section 4). Ignores members that the decryption does not need.
#[derive(Deserialize)]
struct Header {
    #[serde(default, deserialize_with = "kept")]
    alg: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    enc: Option<RawJson>,
    kid: Option<String>,
    cty: Option<String>,
    #[serde(default, deserialize_with = "present")]
    zip: Presence,
    #[serde(default, deserialize_with = "present")]
    crit: Presence,
    #[serde(default, deserialize_with = "present")]
    jwk: Presence,
    #[serde(default, deserialize_with = "present")]
    jku: Presence,
    #[serde(default, deserialize_with = "present")]
    x5u: Presence,
    #[serde(default, deserialize_with = "present")]
    x5c: Presence,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, JweError> {
        let header: Self =
            json::object_from_slice(bytes, &Limits::bytes(MAX_BYTES)).map_err(JweError::Header)?;
        // RFC 7516 4.1.13: if any listed extension is not understood, the JWE is invalid.
        if header.crit == Presence::Present {
            return Err(JweError::Critical);
        }
        // RFC 8725 3.6: the compressed length can reveal parts of the plaintext. The
        // decompressed length also has no limit.
        if header.zip == Presence::Present {
            return Err(JweError::Compressed);
        }
        let keys =
            [("jwk", header.jwk), ("jku", header.jku), ("x5u", header.x5u), ("x5c", header.x5c)];
        if let Some((member, _)) = keys.iter().find(|(_, presence)| *presence == Presence::Present)
        {
            return Err(JweError::EmbeddedKey { member });
        }
        Ok(header)
    }

    /// Returns `alg`. Checks that `enc` is A256GCM and that `cty`, if present, is JWT.
    fn algorithm(&self) -> Result<KeyEncryption, JweError> {
        let alg = self.alg.as_ref().ok_or(JweError::AlgorithmMissing)?;
        let algorithm = named(alg, KeyEncryption::from_name)
            .map_err(|actual| JweError::AlgorithmRefused { actual })?;
        let enc = self.enc.as_ref().ok_or(JweError::EncryptionMissing)?;
        named(enc, |name| (name == "A256GCM").then_some(()))
            .map_err(|actual| JweError::EncryptionRefused { actual })?;
        // RFC 7519 5.2: the cty of a nested JWT is JWT. Its letter case is ignored. Some servers
        // omit cty.
        match &self.cty {
            Some(cty) if !cty.eq_ignore_ascii_case("JWT") => Err(JweError::ContentType),
            _ => Ok(algorithm),
        }
    }
}
