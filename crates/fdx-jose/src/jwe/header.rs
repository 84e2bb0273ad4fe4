use fdx_wire::json::{self, Limits, RawJson};
use serde::Deserialize;

use super::{JweError, KeyEncryption};
use crate::header::{Presence, kept, named, present};

/// A protected header as it is read (RFC 7516 section 4). Members that say nothing about how to
/// open the rest are ignored.
#[derive(Deserialize)]
pub(super) struct Header {
    #[serde(default, deserialize_with = "kept")]
    alg: Option<RawJson>,
    #[serde(default, deserialize_with = "kept")]
    enc: Option<RawJson>,
    pub(super) kid: Option<String>,
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
    pub(super) fn read(bytes: &[u8]) -> Result<Self, JweError> {
        let header: Self = json::object_from_slice(bytes, &Limits::bytes(super::MAX_BYTES))
            .map_err(JweError::Header)?;
        // RFC 7516 4.1.13: if any listed extension is not understood, the JWE is invalid.
        if header.crit == Presence::Present {
            return Err(JweError::Critical);
        }
        // RFC 8725 3.6: the length of what was compressed tells of it, and it may grow without end.
        if header.zip == Presence::Present {
            return Err(JweError::Compressed);
        }
        let keys =
            [("jwk", header.jwk), ("jku", header.jku), ("x5u", header.x5u), ("x5c", header.x5c)];
        if let Some((member, _)) = keys.iter().find(|(_, there)| *there == Presence::Present) {
            return Err(JweError::EmbeddedKey { member });
        }
        Ok(header)
    }

    /// `alg`; then `enc` and `cty`, which have one value each.
    pub(super) fn algorithm(&self) -> Result<KeyEncryption, JweError> {
        let alg = self.alg.as_ref().ok_or(JweError::AlgorithmMissing)?;
        let algorithm = named(alg, KeyEncryption::from_name)
            .map_err(|found| JweError::AlgorithmRefused { found })?;
        let enc = self.enc.as_ref().ok_or(JweError::EncryptionMissing)?;
        named(enc, |name| (name == "A256GCM").then_some(()))
            .map_err(|found| JweError::EncryptionRefused { found })?;
        // RFC 7519 5.2: in a nested JWT it is there and JWT, in any case. Some leave it out.
        match &self.cty {
            Some(cty) if !cty.eq_ignore_ascii_case("JWT") => Err(JweError::ContentType),
            _ => Ok(algorithm),
        }
    }
}
