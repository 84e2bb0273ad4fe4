use fdx_jose::Algorithm;
use serde_json::Value;

use super::metadata::Asked;
use crate::error::{Broken, Reason};
use crate::verdict::Verdicts;

/// The algorithms that a client asks for.
pub(super) struct Signing {
    pub(super) id_token: Algorithm,
    pub(super) authorization: Option<Algorithm>,
    pub(super) introspection: Option<Algorithm>,
    pub(super) request_object: Option<Algorithm>,
}

impl Asked<'_> {
    pub(super) fn signing(&self, verdicts: &mut Verdicts) -> Result<Signing, Broken> {
        let signs =
            |name: &str| name.ends_with("_signing_alg") || name.ends_with("_signed_response_alg");
        let is_allowed = |value: &Value| value.as_str().and_then(Algorithm::from_name).is_some();
        verdicts.require(
            Reason::InvalidClientMetadata,
            "FAPI 2.0 SP 5.4.1-1.2",
            "every signing algorithm is PS256, ES256 or EdDSA",
            self.metadata.iter().all(|(name, value)| !signs(name) || is_allowed(value)),
        )?;
        verdicts.require(
            Reason::InvalidClientMetadata,
            "OIDC Registration 2",
            "where openid is asked for, id_token_signed_response_alg is: the default is RS256",
            !self.scopes().contains(&"openid")
                || self.metadata.contains_key("id_token_signed_response_alg"),
        )?;
        let algorithm = |name| self.text(name).and_then(Algorithm::from_name);
        let here = [
            "id_token_signed_response_alg",
            "authorization_signed_response_alg",
            "introspection_signed_response_alg",
        ]
        .map(algorithm);
        let keys = &self.config.signing_keys;
        let signs_here = |algorithm| keys.iter().any(|key| key.public().algorithm() == algorithm);
        verdicts.require(
            Reason::InvalidClientMetadata,
            "RFC 7591 2",
            "what the institution is to sign, it has a key for",
            here.into_iter().flatten().all(signs_here),
        )?;
        let [id_token, authorization, introspection] = here;
        verdicts.require(
            Reason::InvalidClientMetadata,
            "RFC 7591 2",
            "nothing is to be encrypted, which this institution does not do",
            self.metadata.keys().all(|name| !name.contains("_encrypt")),
        )?;
        Ok(Signing {
            id_token: id_token.unwrap_or(Algorithm::Es256),
            authorization,
            introspection,
            request_object: algorithm("request_object_signing_alg"),
        })
    }
}
