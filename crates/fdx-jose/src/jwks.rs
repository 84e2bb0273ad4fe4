use fdx_wire::json::Limits;
use fdx_wire::members::{Object, ReadError, Row, Value};

use crate::{Algorithm, EncryptionKey, JwsError, KeyError, PublicKey};

/// A JWK Set (RFC 7517 section 5), reduced to the keys that can verify FAPI 2.0 signatures.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Jwks {
    keys: Vec<PublicKey>,
    encryption_keys: Vec<EncryptionKey>,
    skipped: usize,
}

const LIMITS: Limits = Limits::bytes(256 * 1024);

fdx_wire::members! {
    /// The members of a JWK Set.
    mod members = "JWK Set" {
        Required KEYS = "keys", "an array of keys", "RFC 7517 section 5.1";
    }
}

/// The members of a JWK Set. The members of each key are protective: a key with an unusable one is
/// skipped.
pub const JWKS_MEMBERS: &[Row] = members::ROWS;

impl Jwks {
    /// Creates a set of keys to publish.
    #[must_use]
    pub fn new(keys: Vec<PublicKey>) -> Self {
        Self { keys, encryption_keys: Vec::new(), skipped: 0 }
    }

    /// Adds encryption keys to publish.
    #[must_use]
    pub fn with_encryption_keys(self, encryption_keys: Vec<EncryptionKey>) -> Self {
        Self { encryption_keys, ..self }
    }

    /// Reads a set of at most 256 KiB.
    ///
    /// Skips and counts keys that can't be used (another type, curve, `alg` or `use`, weak keys,
    /// private members), because a set may have other uses too.
    ///
    /// # Errors
    /// [`KeyError::Set`] if `json` is not a JWK Set.
    pub fn parse(json: &[u8]) -> Result<Self, KeyError> {
        let set = Object::parse(json, &LIMITS).map_err(ReadError::Json)?;
        let listed = set.required(&members::KEYS, Value::to_elements).map_err(ReadError::Member)?;
        let found = listed.len();
        let keys: Vec<PublicKey> = listed
            .iter()
            .filter_map(|jwk| PublicKey::from_jwk(jwk.as_str().as_bytes()).ok())
            .collect();
        let skipped = found - keys.len();
        Ok(Self { keys, encryption_keys: Vec::new(), skipped })
    }

    /// The set as JSON, with public members only.
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

    /// The encryption keys that were added. A set that is parsed has none, because this crate never
    /// encrypts.
    #[must_use]
    pub fn encryption_keys(&self) -> &[EncryptionKey] {
        &self.encryption_keys
    }

    /// The number of keys that were skipped.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Selects the one key with this `kid` and algorithm.
    // FAPI 2.0 Security Profile 5.4.3: if kids repeat, use kty, use, alg and crv as well. The
    // algorithm of a key implies all four.
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
        // A key that is listed twice is not ambiguous.
        if fitting.any(|other| other.thumbprint() != first.thumbprint()) {
            return Err(JwsError::AmbiguousKey);
        }
        Ok(first)
    }
}
