//! Compact JWS (RFC 7515 section 7.1), read strictly.

use core::fmt;

use fdx_wire::base64url;
use fdx_wire::json::{self, JsonError, Limits, RawJson};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::backend::Backend;
use crate::{Algorithm, Jwks, KeyError, PublicKey};

/// The longest compact JWS that is read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// A compact JWS that was read and is not trusted before [`Jws::verify`].
///
/// Reading checks size, parts, alphabet, header and algorithm. Any `crit` is rejected, and so is a
/// `jwk` where the token must not include its own key. `x5c`, `x5u` and `jku` are ignored: keys come
/// from a [`Jwks`] only, and nothing is fetched.
pub struct Jws {
    // Wiped: a JWT is a credential, or includes a code.
    signed: Zeroizing<String>,
    algorithm: Algorithm,
    typ: Option<String>,
    kid: Option<String>,
    embedded_key: Option<PublicKey>,
    payload: Zeroizing<Vec<u8>>,
    signature: Vec<u8>,
}

/// The rule that a compact JWS broke.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// The header has no `alg`.
    #[error("the header has no alg (RFC 7515 section 4.1.1)")]
    AlgorithmMissing,
    /// The header's `alg` is not PS256, ES256 or EdDSA.
    #[error("alg {actual} is not PS256, ES256 or EdDSA (FAPI 2.0 Security Profile 5.4.1)")]
    AlgorithmRefused {
        /// The header's `alg`: at most 32 characters, escaped.
        actual: String,
    },
    /// Several keys of the set match the token.
    #[error("several keys of the set match the token's kid and alg")]
    AmbiguousKey,
    /// A part is not base64url without padding.
    #[error("a part of the JWS is not base64url without padding (RFC 7515 section 2)")]
    Base64Url,
    /// The payload does not have the expected shape.
    #[error("the claims can't be read: {0}")]
    Claims(JsonError),
    /// The header has `crit`, and no extension is supported.
    #[error("the header has crit, and no extension is supported (RFC 7515 section 4.1.11)")]
    Critical,
    /// The header includes a key or the URL of a key.
    #[error("the header has {member}, and a token must not choose its own key")]
    EmbeddedKey {
        /// The member's name.
        member: &'static str,
    },
    /// The header is not a JSON object of the expected shape.
    #[error("the header can't be read: {0}")]
    Header(JsonError),
    /// The header's algorithm is not the algorithm of the key.
    #[error("the token's alg is {token}, and the key's alg is {key}")]
    KeyAlgorithm {
        /// The key's algorithm.
        key: Algorithm,
        /// The header's algorithm.
        token: Algorithm,
    },
    /// The text does not have three parts.
    #[error("the compact JWS does not have three parts (RFC 7515 section 7.1)")]
    Parts,
    /// A DPoP proof's `jwk` is missing.
    #[error("the DPoP proof's header has no jwk (RFC 9449 section 4.2)")]
    ProofKeyMissing,
    /// A DPoP proof's `jwk` can't be used.
    #[error("the DPoP proof's jwk: {0}")]
    ProofKey(KeyError),
    /// A DPoP proof's `typ` is not `dpop+jwt`.
    #[error("the DPoP proof's typ is not dpop+jwt (RFC 9449 section 4.2)")]
    ProofType,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// Longer than [`MAX_JWS_BYTES`](crate::MAX_JWS_BYTES).
    #[error("the JWS is longer than {MAX_BYTES} bytes")]
    TooLarge,
    /// The header has `b64`.
    #[error("the header has b64: unencoded payloads are not accepted (RFC 7797)")]
    UnencodedPayload,
    /// No key of the set matches; the set may be outdated.
    #[error("no key of the set has the token's kid and alg: fetch the keys again")]
    UnknownKey,
}

impl Jws {
    /// Reads a JWS that does not include its key.
    ///
    /// # Errors
    /// [`JwsError`]: the first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, JwsError> {
        let (jws, jwk) = Self::read(text)?;
        match jwk {
            Some(_) => Err(JwsError::EmbeddedKey { member: "jwk" }),
            None => Ok(jws),
        }
    }

    /// Reads a DPoP proof, the only type of JWS that includes its public key (RFC 9449 section 4.2).
    /// The caller checks whether [`Self::embedded_key`] is the expected key.
    ///
    /// # Errors
    /// [`JwsError`]; also if `typ` is not `dpop+jwt`, or if `jwk` is missing, private or weak.
    pub fn parse_proof(text: &str) -> Result<Self, JwsError> {
        let (jws, jwk) = Self::read(text)?;
        if !jws.is_typ("dpop+jwt") {
            return Err(JwsError::ProofType);
        }
        let jwk = jwk.ok_or(JwsError::ProofKeyMissing)?;
        let key = PublicKey::from_jwk(jwk.as_str().as_bytes()).map_err(JwsError::ProofKey)?;
        Ok(Self { embedded_key: Some(key), ..jws })
    }

    /// The header's `alg`.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The header's `typ`, as received.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// Whether `typ` is this media type: in any case, with or without `application/`
    /// (RFC 7515 section 4.1.9).
    #[must_use]
    pub fn is_typ(&self, media_type: &str) -> bool {
        const PREFIX: &str = "application/";
        self.typ().is_some_and(|typ| {
            let short = match typ.split_at_checked(PREFIX.len()) {
                Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
                _ => typ,
            };
            short.eq_ignore_ascii_case(media_type)
        })
    }

    /// The header's `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The key that a DPoP proof includes.
    #[must_use]
    pub fn embedded_key(&self) -> Option<&PublicKey> {
        self.embedded_key.as_ref()
    }

    /// Reads the payload as strict JSON.
    ///
    /// # Errors
    /// [`JwsError::Claims`].
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        json::object_from_slice(&self.payload, &Limits::bytes(MAX_BYTES)).map_err(JwsError::Claims)
    }

    /// The payload's bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Verifies the signature. The key determines the algorithm, and the header must match it.
    ///
    /// # Errors
    /// [`JwsError::KeyAlgorithm`], [`JwsError::Signature`].
    pub fn verify(&self, backend: Backend, key: &PublicKey) -> Result<(), JwsError> {
        if key.algorithm() != self.algorithm {
            return Err(JwsError::KeyAlgorithm { key: key.algorithm(), token: self.algorithm });
        }
        backend
            .verify(key.numbers(), self.signed.as_bytes(), &self.signature)
            .map_err(|_| JwsError::Signature)
    }

    /// Verifies the signature with the key of `keys` that has the token's `kid` and `alg`. Returns
    /// that key.
    ///
    /// # Errors
    /// [`JwsError::UnknownKey`] if no key matches (fetch the set again),
    /// [`JwsError::AmbiguousKey`] if several keys match, [`JwsError::Signature`].
    pub fn verify_with<'k>(
        &self,
        backend: Backend,
        keys: &'k Jwks,
    ) -> Result<&'k PublicKey, JwsError> {
        let key = keys.select(self.kid(), self.algorithm)?;
        self.verify(backend, key)?;
        Ok(key)
    }

    fn read(text: &str) -> Result<(Self, Option<RawJson>), JwsError> {
        if text.len() > MAX_BYTES {
            return Err(JwsError::TooLarge);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JwsError::Parts);
        };
        let decode = |part| base64url::decode(part).map_err(|_| JwsError::Base64Url);
        let signed = text.get(..header.len() + 1 + payload.len());
        let header = Header::read(&decode(header)?)?;
        let jws = Self {
            signed: Zeroizing::new(signed.unwrap_or_default().to_owned()),
            algorithm: header.algorithm()?,
            typ: header.typ,
            kid: header.kid,
            embedded_key: None,
            payload: Zeroizing::new(decode(payload)?),
            signature: decode(signature)?,
        };
        Ok((jws, header.jwk))
    }
}

impl fmt::Debug for Jws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jws")
            .field("algorithm", &self.algorithm)
            .field("payload", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// A protected header (RFC 7515 section 4). Members that do not concern the signature are ignored.
#[derive(Deserialize)]
struct Header {
    /// Kept as JSON, so that a value of another JSON type is rejected as an unknown `alg`.
    #[serde(default, deserialize_with = "kept")]
    alg: Option<RawJson>,
    typ: Option<String>,
    kid: Option<String>,
    #[serde(default, deserialize_with = "kept")]
    jwk: Option<RawJson>,
    #[serde(default, deserialize_with = "present")]
    crit: Presence,
    #[serde(default, deserialize_with = "present")]
    b64: Presence,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, JwsError> {
        let header: Self =
            json::object_from_slice(bytes, &Limits::bytes(MAX_BYTES)).map_err(JwsError::Header)?;
        // RFC 7515 4.1.11: if any listed extension is not understood, the JWS is invalid.
        if header.crit == Presence::Present {
            return Err(JwsError::Critical);
        }
        if header.b64 == Presence::Present {
            return Err(JwsError::UnencodedPayload);
        }
        Ok(header)
    }

    fn algorithm(&self) -> Result<Algorithm, JwsError> {
        let alg = self.alg.as_ref().ok_or(JwsError::AlgorithmMissing)?;
        named(alg, Algorithm::from_name).map_err(|actual| JwsError::AlgorithmRefused { actual })
    }
}

/// Whether a member is present, whatever its value, including `null`.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub(crate) enum Presence {
    #[default]
    Absent,
    Present,
}

/// For `deserialize_with`: keeps a member as JSON, including `null`.
pub(crate) fn kept<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}

pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Presence, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| Presence::Present)
}

/// Reads the name in a member with `read`. The error is an excerpt of the member, escaped.
pub(crate) fn named<T>(raw: &RawJson, read: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    let text: Option<String> = raw.read().ok();
    text.as_deref().and_then(read).ok_or_else(|| {
        let name = text.as_deref().unwrap_or(raw.as_str());
        name.chars().take(32).flat_map(char::escape_default).collect()
    })
}
