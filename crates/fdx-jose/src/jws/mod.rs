//! Compact JWS (RFC 7515 section 7.1), read strictly.

mod error;
mod header;

use core::fmt;

use fdx_wire::base64url;
use fdx_wire::json::{self, Limits, RawJson};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use self::header::Header;
use crate::backend::{Backend, Verdict};
use crate::{Algorithm, Jwks, PublicKey};

pub use error::JwsError;

/// The longest compact JWS that is looked at, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// A compact JWS that was read. Nothing in it may be believed before it was verified.
///
/// Size, parts, alphabet, header and algorithm are checked while reading. A token that brings its
/// own key or says where to fetch one is refused, as is any `crit`.
pub struct Jws {
    // Wiped: a JWT is a credential, or has a code in it.
    signed: Zeroizing<String>,
    algorithm: Algorithm,
    typ: Option<String>,
    kid: Option<String>,
    embedded_key: Option<PublicKey>,
    payload: Zeroizing<Vec<u8>>,
    signature: Vec<u8>,
}

impl Jws {
    /// Reads a JWS whose key is known from elsewhere.
    ///
    /// # Errors
    /// [`JwsError`], by the first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, JwsError> {
        let (jws, jwk) = Self::read(text)?;
        match jwk {
            Some(_) => Err(JwsError::EmbeddedKey { member: "jwk" }),
            None => Ok(jws),
        }
    }

    /// Reads a DPoP proof, the one kind of JWS that brings its public key (RFC 9449 section 4.2).
    /// Whether that key is the right one is the caller's question to [`Self::embedded_key`].
    ///
    /// # Errors
    /// [`JwsError`]; also where `typ` is not `dpop+jwt`, and where `jwk` is missing, private or
    /// weak.
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

    /// The key that a DPoP proof brings.
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

    /// Checks the signature. The key decides the algorithm; the header must agree.
    ///
    /// # Errors
    /// [`JwsError::KeyAlgorithm`], [`JwsError::Signature`].
    pub fn verify(&self, backend: Backend, key: &PublicKey) -> Result<(), JwsError> {
        if key.algorithm() != self.algorithm {
            return Err(JwsError::KeyAlgorithm { key: key.algorithm(), token: self.algorithm });
        }
        match backend.verify(key.numbers(), self.signed.as_bytes(), &self.signature) {
            Verdict::Good => Ok(()),
            Verdict::Bad => Err(JwsError::Signature),
        }
    }

    /// Checks the signature with the one key of `keys` that fits `kid` and `alg`, and says which
    /// it was.
    ///
    /// # Errors
    /// [`JwsError::UnknownKey`] where none fits (fetch the set again),
    /// [`JwsError::AmbiguousKey`] where several do, [`JwsError::Signature`].
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
