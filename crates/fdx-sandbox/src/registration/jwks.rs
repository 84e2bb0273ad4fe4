use fdx_jose::{Jwks, Thumbprint};
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
        let keys = text.and_then(|text| {
            let jwks = Jwks::parse(text.as_bytes()).ok()?;
            let certificates = x5c_thumbprints(text.as_bytes()).ok()?;
            Some(ClientKeys { jwks, certificates })
        });
        verdicts.require_some(
            Reason::InvalidClientMetadata,
            "RFC 7591 2",
            "a JWK Set is in jwks or behind jwks_uri, and not in both",
            keys,
        )
    }
}
