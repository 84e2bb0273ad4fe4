use fdx_wire::json::{self, Limits, RawJson};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::JwsError;
use crate::Algorithm;

/// A protected header as it is read (RFC 7515 section 4). Members that say nothing about how to
/// check the signature are ignored.
#[derive(Deserialize)]
pub(super) struct Header {
    /// Kept as JSON, so that another type than text is refused by its name.
    #[serde(default, deserialize_with = "kept")]
    alg: Option<RawJson>,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    #[serde(default, deserialize_with = "kept")]
    pub(super) jwk: Option<RawJson>,
    #[serde(default, deserialize_with = "present")]
    jku: Presence,
    #[serde(default, deserialize_with = "present")]
    x5u: Presence,
    #[serde(default, deserialize_with = "present")]
    x5c: Presence,
    #[serde(default, deserialize_with = "present")]
    crit: Presence,
    #[serde(default, deserialize_with = "present")]
    b64: Presence,
}

/// Whether a member is there, whatever its value; `null` counts.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Presence {
    #[default]
    Absent,
    Present,
}

impl Header {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, JwsError> {
        let header: Self = json::object_from_slice(bytes, &Limits::bytes(super::MAX_BYTES))
            .map_err(JwsError::Header)?;
        // RFC 7515 4.1.11: if any listed extension is not understood, the JWS is invalid.
        if header.crit == Presence::Present {
            return Err(JwsError::Critical);
        }
        if header.b64 == Presence::Present {
            return Err(JwsError::UnencodedPayload);
        }
        let keys = [("jku", header.jku), ("x5u", header.x5u), ("x5c", header.x5c)];
        match keys.iter().find(|(_, there)| *there == Presence::Present) {
            Some((member, _)) => Err(JwsError::EmbeddedKey { member }),
            None => Ok(header),
        }
    }

    pub(super) fn algorithm(&self) -> Result<Algorithm, JwsError> {
        let alg = self.alg.as_ref().ok_or(JwsError::AlgorithmMissing)?;
        let text: Option<String> = alg.read().ok();
        let name = text.as_deref().unwrap_or(alg.as_str());
        match Algorithm::from_name(name) {
            // Text alone is a name: JSON of another type never equals one.
            Some(algorithm) if text.is_some() => Ok(algorithm),
            _ => Err(JwsError::AlgorithmRefused {
                found: name.chars().take(32).flat_map(char::escape_default).collect(),
            }),
        }
    }
}

fn kept<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Presence, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| Presence::Present)
}
