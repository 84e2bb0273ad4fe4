use fdx_wire::json::{self, Limits, RawJson};
use serde::Deserialize;

use super::JwsError;
use crate::Algorithm;
use crate::header::{Presence, kept, named, present};

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
        named(alg, Algorithm::from_name).map_err(|found| JwsError::AlgorithmRefused { found })
    }
}
