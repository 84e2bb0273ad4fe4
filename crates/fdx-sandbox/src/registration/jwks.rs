use fdx_jose::{Jwks, Thumbprint};
use fdx_wire::base64url;
use fdx_wire::json::{self, Limits};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::metadata::Asked;
use crate::error::{Broken, Reason};
use crate::verdict::Verdicts;
use crate::x5c::x5c_thumbprints;

/// The client's keys, and its certificates among them (RFC 8705 section 2.2.2).
pub(super) struct ClientKeys {
    pub(super) jwks: Jwks,
    pub(super) certificates: Vec<Thumbprint>,
}

/// What of a key is looked at here: [`Jwks`] leaves out what it can't use without a word.
#[derive(Deserialize)]
struct Key {
    kty: String,
    n: Option<String>,
    d: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Key>,
}

const LIMITS: Limits = Limits::bytes(64 * 1024);

impl Asked<'_> {
    /// The keys of `jwks` or, as far as the institution can see it, of `jwks_uri`; none are fine
    /// for a client that has something else.
    pub(super) fn keys(&self, verdicts: &mut Verdicts) -> Result<ClientKeys, Broken> {
        let jwks = self.metadata.get("jwks").map(Value::to_string);
        let published = self.text("jwks_uri").map(|uri| self.config.published_jwks.get(uri));
        let text = match (jwks, published) {
            (Some(jwks), None) => Some(jwks),
            (None, Some(published)) => published.cloned(),
            (None, None) => Some(r#"{"keys":[]}"#.to_owned()),
            (Some(_), Some(_)) => None,
        };
        let read = text.and_then(|text| {
            let jwks = Jwks::parse(text.as_bytes()).ok()?;
            let certificates = x5c_thumbprints(text.as_bytes()).ok()?;
            let all: Keys = json::from_slice(text.as_bytes(), &LIMITS).ok()?;
            Some((ClientKeys { jwks, certificates }, all.keys))
        });
        let (keys, all) = verdicts.require_some(
            Reason::InvalidClientMetadata,
            "RFC 7591 2",
            "a JWK Set is in jwks or behind jwks_uri, and not in both",
            read,
        )?;
        verdicts.require(
            Reason::InvalidClientMetadata,
            "RFC 7591 2",
            "the keys in the JWK Set are public",
            all.iter().all(|key| key.d.is_none() && key.k.is_none()),
        )?;
        verdicts.require(
            Reason::InvalidClientMetadata,
            "FAPI 2.0 SP 5.4.1-2",
            "the RSA keys in the JWK Set have at least 2,048 bits",
            all.iter().all(|key| key.kty != "RSA" || key.bits() >= 2048),
        )?;
        Ok(keys)
    }
}

impl Key {
    /// How long the modulus is.
    fn bits(&self) -> usize {
        let modulus = self.n.as_deref().and_then(|text| base64url::decode(text).ok());
        let modulus = modulus.unwrap_or_default();
        let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
        let first = modulus.get(zeros).map_or(0, |byte| byte.leading_zeros() as usize);
        (modulus.len() - zeros) * 8 - first
    }
}
