//! Clients that are described by their metadata in a file instead of by a registration request.

use fdx_wire::json::Limits;
use serde_json::{Value, json};

use crate::document;
use crate::institution::client::{ClientAuthentication, RegisteredClient};
use crate::institution::config::InstitutionConfig;
use crate::institution::routes::client_metadata::ClientMetadata;
use crate::institution::signing::x5c_certificates;
use crate::institution::verdict::Verdicts;

const LIMITS: Limits = Limits::bytes(64 * 1024);

/// A client that is described by its metadata (RFC 7591 section 2), and its certificates.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DescribedClient {
    /// The client.
    pub client: RegisteredClient,
    /// The certificates of a client with `self_signed_tls_client_auth`, in DER: the first of each
    /// `x5c`. The server must accept connections with them.
    pub certificates: Vec<Vec<u8>>,
}

impl DescribedClient {
    /// Reads a JSON object of client metadata, of at most 64 KiB, with the same rules as a
    /// registration. In addition, `client_id` is required. `client_name` is not.
    ///
    /// ```
    /// # use fdx_jose::{Algorithm, PrivateKey, backend};
    /// # use fdx_wire::{HttpsUrl, Issuer};
    /// use fdx_sandbox::{ClientMetadataError, DescribedClient, InstitutionConfig};
    ///
    /// # let backend = backend::ring();
    /// # let key = PrivateKey::from_pkcs8_der(backend, &backend.generate_pkcs8(Algorithm::Es256)?, None)?;
    /// # let issuer = Issuer::parse("https://bank.example")?;
    /// # let mtls = HttpsUrl::parse("https://mtls.bank.example")?;
    /// let mut config = InstitutionConfig::new(issuer, mtls, backend, vec![key]);
    /// let metadata = br#"{
    ///     "client_id": "app",
    ///     "redirect_uris": ["https://app.example/callback"],
    ///     "token_endpoint_auth_method": "private_key_jwt",
    ///     "jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519",
    ///         "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]},
    ///     "dpop_bound_access_tokens": true,
    ///     "scope": "offline_access fdx:accountbasic:read"
    /// }"#;
    /// config.clients.push(DescribedClient::read(metadata, &config)?.client);
    ///
    /// let unbound = String::from_utf8(metadata.to_vec())?.replace("true", "false");
    /// let error = DescribedClient::read(unbound.as_bytes(), &config).unwrap_err();
    /// assert!(matches!(error, ClientMetadataError::Rule { clause: "FAPI 2.0 SP 5.3.2.1-5", .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ClientMetadataError`].
    pub fn read(metadata: &[u8], config: &InstitutionConfig) -> Result<Self, ClientMetadataError> {
        let metadata = document::read_object(metadata, &LIMITS);
        let mut metadata = metadata.ok_or(ClientMetadataError::Json)?;
        metadata.retain(|_, value| !value.is_null());
        let client_id = match metadata.remove("client_id") {
            Some(Value::String(text)) if is_client_id(&text) => text,
            _ => return Err(ClientMetadataError::ClientId),
        };
        // It is only for display.
        metadata.entry("client_name").or_insert_with(|| json!(client_id));
        let described = ClientMetadata { config, metadata: &metadata };
        let client = described.client(&mut Verdicts::default(), &client_id);
        let client = client.map_err(|violation| ClientMetadataError::Rule {
            clause: violation.clause,
            rule: violation.rule,
        })?;
        let certificates = match client.authentication {
            ClientAuthentication::SelfSignedTlsClientAuth(_) => {
                let jwks = metadata.get("jwks").map(Value::to_string).unwrap_or_default();
                x5c_certificates(jwks.as_bytes()).unwrap_or_default()
            }
            // An authority issues the certificates of the others: x5c makes no root.
            _ => Vec::new(),
        };
        Ok(Self { client, certificates })
    }
}

/// RFC 6749 appendix A.1: visible ASCII and spaces.
fn is_client_id(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// Client metadata that can't be registered.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientMetadataError {
    /// It is not one JSON object of at most 64 KiB without repeated members.
    #[error("the metadata is not a JSON object of at most 64 KiB without repeated members")]
    Json,
    /// `client_id` is missing or invalid.
    #[error(
        "client_id is missing, or not 1 to 256 characters of printable ASCII (RFC 6749 appendix A.1)"
    )]
    ClientId,
    /// It violates a rule of registration.
    #[error("the metadata violates this rule: {rule} ({clause})")]
    Rule {
        /// The clause.
        clause: &'static str,
        /// The rule in one sentence.
        rule: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use fdx_jose::{Algorithm, PrivateKey, backend};
    use fdx_wire::{HttpsUrl, Issuer};

    use super::*;
    use crate::Binding;

    fn config() -> InstitutionConfig {
        let issuer = Issuer::parse("https://bank.example").unwrap();
        let mtls = HttpsUrl::parse("https://mtls.bank.example").unwrap();
        let key = PrivateKey::generate(backend::ring(), Algorithm::EdDsa, None).unwrap();
        InstitutionConfig::new(issuer, mtls, backend::ring(), vec![key.key])
    }

    fn metadata() -> Value {
        json!({
            "client_id": "app",
            "redirect_uris": ["https://app.example/callback"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [{
                "kty": "OKP", "crv": "Ed25519", "kid": "1",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "x5c": ["AAAA", "BBBB"],
            }] },
            "dpop_bound_access_tokens": true,
            "scope": "openid fdx:balances:read",
            "id_token_signed_response_alg": "EdDSA",
        })
    }

    fn read(metadata: &Value) -> Result<DescribedClient, ClientMetadataError> {
        DescribedClient::read(metadata.to_string().as_bytes(), &config())
    }

    #[test]
    fn reads_client_and_certificates() {
        let described = read(&metadata()).unwrap();
        assert_eq!(described.client.client_id, "app");
        assert_eq!(described.client.binding, Binding::Dpop);
        assert_eq!(described.client.authentication, ClientAuthentication::PrivateKeyJwt);
        assert_eq!(described.client.scopes, ["openid", "fdx:balances:read"]);
        assert!(described.certificates.is_empty(), "x5c of a client with private_key_jwt");

        let mut metadata = metadata();
        metadata["token_endpoint_auth_method"] = json!("self_signed_tls_client_auth");
        assert_eq!(read(&metadata).unwrap().certificates, [[0, 0, 0]]);
    }

    #[test]
    fn rejects_what_is_no_object() {
        for text in ["", "[]", "1", "{\"client_id\":\"a\",\"client_id\":\"a\"}"] {
            let read = DescribedClient::read(text.as_bytes(), &config());
            assert_eq!(read.map(drop), Err(ClientMetadataError::Json), "{text}");
        }
    }

    #[test]
    fn rejects_a_missing_or_unprintable_client_id() {
        for id in [json!(null), json!(""), json!(1), json!("caf\u{e9}"), json!("a".repeat(257))] {
            let mut metadata = metadata();
            metadata["client_id"] = id;
            assert_eq!(read(&metadata).map(drop), Err(ClientMetadataError::ClientId), "{metadata}");
        }
    }

    #[test]
    fn names_the_violated_rule() {
        for (member, value, expected) in [
            ("redirect_uris", json!([]), "FAPI 2.0 SP 5.3.2.2-8"),
            ("token_endpoint_auth_method", json!("client_secret_basic"), "FAPI 2.0 SP 5.3.2.1-6"),
            ("id_token_signed_response_alg", json!("RS256"), "FAPI 2.0 SP 5.4.1-1.2"),
            ("scope", json!("admin"), "RFC 7591 2"),
        ] {
            let mut metadata = metadata();
            metadata[member] = value;
            let error = read(&metadata).map(drop).unwrap_err();
            let named = |clause| matches!(error, ClientMetadataError::Rule { clause: c, .. } if c == clause);
            assert!(named(expected), "{member}: {error}");
        }
    }
}
