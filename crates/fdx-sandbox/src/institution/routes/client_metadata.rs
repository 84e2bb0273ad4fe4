//! The metadata of a client that registers, checked against FAPI 2.0.

use fdx_jose::{Algorithm, Jwks, Thumbprint};
use fdx_rar::FDX_V1_0;
use fdx_wire::json::{self, Limits};
use fdx_wire::{RedirectUri, base64url};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::institution::client::{
    Binding, CertificateName, ClientAuthentication, RegisteredClient, RequestObjects,
};
use crate::institution::config::{InstitutionConfig, UnboundTokens};
use crate::institution::rule::Rule;
use crate::institution::signing::x5c_thumbprints;
use crate::institution::verdict::{Verdicts, Violation};

/// The metadata that a client sent, and the institution's configuration.
#[derive(Clone, Copy)]
pub(crate) struct ClientMetadata<'a> {
    pub(crate) config: &'a InstitutionConfig,
    pub(crate) metadata: &'a Map<String, Value>,
}

impl<'a> ClientMetadata<'a> {
    /// Returns the client that the metadata describes, if FAPI 2.0 allows it.
    pub(crate) fn client(
        &self,
        verdicts: &mut Verdicts,
        client_id: &str,
    ) -> Result<RegisteredClient, Violation> {
        verdicts.require(
            Rule::MetadataClientName,
            self.text("client_name").is_some_and(|name| !name.is_empty()),
        )?;
        let redirect_uris = self.redirect_uris(verdicts)?;
        self.grants(verdicts)?;
        let scopes = self.checked_scopes(verdicts)?;
        let signing = self.signing(verdicts)?;
        let keys = self.keys(verdicts)?;
        let authentication = self.authentication(verdicts, &keys)?;
        let binding = self.binding(verdicts)?;
        let mut client = RegisteredClient::new(client_id, redirect_uris, keys.jwks, binding);
        client.authentication = authentication;
        client.scopes = scopes;
        client.id_token_signed_response_alg = signing.id_token;
        client.authorization_signed_response_alg = signing.authorization;
        client.introspection_signed_response_alg = signing.introspection;
        client.request_object_signing_alg = signing.request_object;
        if self.is_true("require_signed_request_object") {
            client.request_objects = RequestObjects::Required;
        }
        Ok(client)
    }

    fn redirect_uris(&self, verdicts: &mut Verdicts) -> Result<Vec<RedirectUri>, Violation> {
        let texts = self.texts("redirect_uris").filter(|texts| !texts.is_empty());
        let uris = texts.and_then(|texts| {
            texts.into_iter().map(|text| RedirectUri::parse(text).ok()).collect()
        });
        verdicts.require_some(Rule::MetadataRedirectUris, uris)
    }

    fn grants(&self, verdicts: &mut Verdicts) -> Result<(), Violation> {
        // RFC 7591 2: the default is authorization_code.
        let grants = self.texts("grant_types").unwrap_or_else(|| vec!["authorization_code"]);
        let known = ["authorization_code", "client_credentials", "refresh_token"];
        verdicts.require(
            Rule::MetadataGrantTypes,
            grants.contains(&"authorization_code")
                && grants.iter().all(|grant| known.contains(grant)),
        )?;
        verdicts.require(
            Rule::MetadataResponseTypes,
            self.texts("response_types").unwrap_or_else(|| vec!["code"]) == ["code"],
        )?;
        let types = self.texts("authorization_details_types").unwrap_or_default();
        verdicts.require(
            Rule::MetadataDetailsTypes,
            types.iter().all(|details_type| *details_type == FDX_V1_0),
        )
    }

    fn checked_scopes(&self, verdicts: &mut Verdicts) -> Result<Vec<String>, Violation> {
        let known = (self.config.manners.scopes)();
        let scopes = self.scopes();
        verdicts.require(
            Rule::MetadataScopes,
            scopes.iter().all(|scope| known.iter().any(|known| known == scope)),
        )?;
        Ok(scopes.into_iter().map(str::to_owned).collect())
    }

    fn authentication(
        &self,
        verdicts: &mut Verdicts,
        keys: &ClientKeys,
    ) -> Result<ClientAuthentication, Violation> {
        let method = self.text("token_endpoint_auth_method").unwrap_or_default();
        verdicts.require(
            Rule::MetadataAuthMethod,
            ["private_key_jwt", "self_signed_tls_client_auth", "tls_client_auth"].contains(&method),
        )?;
        let authentication = match method {
            "private_key_jwt" => {
                (!keys.jwks.keys().is_empty()).then_some(ClientAuthentication::PrivateKeyJwt)
            }
            "self_signed_tls_client_auth" => {
                let certificates = keys.certificates.clone();
                Some(certificates)
                    .filter(|certificates| !certificates.is_empty())
                    .map(ClientAuthentication::SelfSignedTlsClientAuth)
            }
            _ => self.certificate_name().map(ClientAuthentication::TlsClientAuth),
        };
        verdicts.require_some(Rule::MetadataCredential, authentication)
    }

    fn certificate_name(&self) -> Option<CertificateName> {
        let subject = self.text("tls_client_auth_subject_dn");
        let dns = self.text("tls_client_auth_san_dns");
        match (subject, dns) {
            (Some(subject), None) => Some(CertificateName::SubjectDn(subject.to_owned())),
            (None, Some(dns)) => Some(CertificateName::SanDns(dns.to_owned())),
            _ => None,
        }
    }

    fn binding(&self, verdicts: &mut Verdicts) -> Result<Binding, Violation> {
        let dpop = self.is_true("dpop_bound_access_tokens");
        let binding = match (dpop, self.is_true("tls_client_certificate_bound_access_tokens")) {
            (true, false) => Some(Binding::Dpop),
            (false, true) => Some(Binding::AnyCertificate),
            (false, false) if self.config.manners.unbound_tokens == UnboundTokens::Allowed => {
                Some(Binding::Nothing)
            }
            _ => None,
        };
        verdicts.require_some(Rule::MetadataBinding, binding)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.metadata.get(name)?.as_str()
    }

    fn scopes(&self) -> Vec<&'a str> {
        self.text("scope").unwrap_or_default().split_whitespace().collect()
    }

    /// Returns a list of strings. `None` if the member is not an array, which differs from empty.
    fn texts(&self, name: &str) -> Option<Vec<&'a str>> {
        let values = self.metadata.get(name)?.as_array()?;
        Some(values.iter().map(|value| value.as_str().unwrap_or_default()).collect())
    }

    fn is_true(&self, name: &str) -> bool {
        self.metadata.get(name) == Some(&Value::Bool(true))
    }
}

/// The algorithms that a client requests.
struct Signing {
    id_token: Algorithm,
    authorization: Option<Algorithm>,
    introspection: Option<Algorithm>,
    request_object: Option<Algorithm>,
}

impl ClientMetadata<'_> {
    fn signing(&self, verdicts: &mut Verdicts) -> Result<Signing, Violation> {
        let signs =
            |name: &str| name.ends_with("_signing_alg") || name.ends_with("_signed_response_alg");
        let is_allowed = |value: &Value| value.as_str().and_then(Algorithm::from_name).is_some();
        verdicts.require(
            Rule::MetadataSigningAlgorithms,
            self.metadata.iter().all(|(name, value)| !signs(name) || is_allowed(value)),
        )?;
        verdicts.require(
            Rule::MetadataIdTokenAlgorithm,
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
        verdicts.require(Rule::MetadataServerKeys, here.into_iter().flatten().all(signs_here))?;
        let [id_token, authorization, introspection] = here;
        verdicts.require(
            Rule::MetadataEncryption,
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

/// The client's keys, and its certificates among them (RFC 8705 section 2.2.2).
struct ClientKeys {
    jwks: Jwks,
    certificates: Vec<Thumbprint>,
}

const LIMITS: Limits = Limits::bytes(64 * 1024);

/// The members of a key that are checked here: [`Jwks`] silently skips keys that it can't use.
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

impl ClientMetadata<'_> {
    /// Reads the keys of `jwks` or of the JWK Set published at `jwks_uri`. A client with other
    /// credentials needs none.
    fn keys(&self, verdicts: &mut Verdicts) -> Result<ClientKeys, Violation> {
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
        let (keys, all) = verdicts.require_some(Rule::MetadataJwksPlace, read)?;
        verdicts.require(
            Rule::MetadataJwksPublic,
            all.iter().all(|key| key.d.is_none() && key.k.is_none()),
        )?;
        verdicts.require(
            Rule::MetadataJwksRsa,
            all.iter().all(|key| key.kty != "RSA" || key.bits() >= 2048),
        )?;
        Ok(keys)
    }
}

impl Key {
    /// The length of the modulus.
    fn bits(&self) -> usize {
        let modulus = self.n.as_deref().and_then(|text| base64url::decode(text).ok());
        let modulus = modulus.unwrap_or_default();
        let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
        let first = modulus.get(zeros).map_or(0, |byte| byte.leading_zeros() as usize);
        (modulus.len() - zeros) * 8 - first
    }
}
