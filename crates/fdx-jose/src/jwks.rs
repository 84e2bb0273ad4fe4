use fdx_wire::json::{self, Limits, RawJson};
use serde::Deserialize;

use crate::{Algorithm, EncryptionKey, JwsError, KeyError, PublicKey};

/// A JWK Set (RFC 7517 section 5): the keys in it that can check FAPI 2.0 signatures.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Jwks {
    keys: Vec<PublicKey>,
    encryption_keys: Vec<EncryptionKey>,
    skipped: usize,
}

const LIMITS: Limits = Limits::bytes(256 * 1024);
const MAX_KEYS: usize = 100;

#[derive(Deserialize)]
struct Document {
    keys: Vec<RawJson>,
}

impl Jwks {
    /// Takes keys to be published.
    #[must_use]
    pub fn new(keys: Vec<PublicKey>) -> Self {
        Self { keys, encryption_keys: Vec::new(), skipped: 0 }
    }

    /// The same set, with keys to be published that the other side encrypts to.
    #[must_use]
    pub fn with_encryption_keys(self, encryption_keys: Vec<EncryptionKey>) -> Self {
        Self { encryption_keys, ..self }
    }

    /// Reads a set of at most 256 KiB and 100 keys.
    ///
    /// A key that can't be used (another type, curve, `alg` or `use`, a weak key, one with private
    /// members) is skipped and counted: a set may serve other purposes too.
    ///
    /// # Errors
    /// [`KeyError::Json`] where it is no JWK Set, [`KeyError::TooManyKeys`].
    pub fn parse(json: &[u8]) -> Result<Self, KeyError> {
        let document: Document = json::object_from_slice(json, &LIMITS)?;
        if document.keys.len() > MAX_KEYS {
            return Err(KeyError::TooManyKeys);
        }
        let found = document.keys.len();
        let keys: Vec<PublicKey> = document
            .keys
            .iter()
            .filter_map(|jwk| PublicKey::from_jwk(jwk.as_str().as_bytes()).ok())
            .collect();
        let skipped = found - keys.len();
        Ok(Self { keys, encryption_keys: Vec::new(), skipped })
    }

    /// The set as JSON, public members alone.
    #[must_use]
    pub fn to_json(&self) -> String {
        let encryption_keys = self.encryption_keys.iter().map(EncryptionKey::jwk);
        let keys: Vec<&str> = self.keys.iter().map(PublicKey::jwk).chain(encryption_keys).collect();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    /// The keys that can be used.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The keys to encrypt to, as they were given. A set that is read has none: this crate never
    /// encrypts to others.
    #[must_use]
    pub fn encryption_keys(&self) -> &[EncryptionKey] {
        &self.encryption_keys
    }

    /// How many keys of the document could not be used.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// FAPI 2.0 Security Profile 5.4.3: where key ids repeat, kty, use, alg and crv decide. Each
    /// key here has one algorithm, which stands for all four.
    pub(crate) fn select(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&PublicKey, JwsError> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.algorithm() == algorithm && (kid.is_none() || key.kid() == kid));
        let first = fitting.next().ok_or(JwsError::UnknownKey)?;
        // The same key listed twice is no ambiguity.
        if fitting.any(|other| other.thumbprint() != first.thumbprint()) {
            return Err(JwsError::AmbiguousKey);
        }
        Ok(first)
    }
}
