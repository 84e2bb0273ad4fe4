use fdx_wire::json::RawJson;
use fdx_wire::{HttpsUrl, Issuer, UrlError};
use serde::Deserialize;

use crate::discovery::reserved::{is_reserved, names_any};
use crate::error::server::ServerRule;

/// An authorization server's metadata (RFC 8414 section 2), checked for what FAPI 2.0 needs of it.
///
/// There is no way to set an endpoint: all of them come from the one document whose `issuer` was
/// compared (FAPI 2.0 Security Profile 5.3.3.1-9).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerMetadata {
    pub(crate) issuer: Issuer,
    pub(crate) authorization_endpoint: HttpsUrl,
    pub(crate) token_endpoint: HttpsUrl,
    /// There wherever it was discovered.
    pub(crate) pushed_authorization_request_endpoint: Option<HttpsUrl>,
    pub(crate) introspection_endpoint: Option<HttpsUrl>,
    pub(crate) revocation_endpoint: Option<HttpsUrl>,
    pub(crate) registration_endpoint: Option<HttpsUrl>,
    /// There wherever it was discovered.
    pub(crate) jwks_uri: Option<HttpsUrl>,
    pub(crate) mtls_endpoint_aliases: MtlsEndpointAliases,
    pub(crate) scopes_supported: Option<Vec<String>>,
    pub(crate) authorization_details_types_supported: Option<Vec<String>>,
    pub(crate) token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    pub(crate) dpop_signing_alg_values_supported: Option<Vec<String>>,
    /// Whether the server says that its authorization responses carry `iss`.
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

/// Endpoints for connections that show a certificate (RFC 8705 section 5).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct MtlsEndpointAliases {
    pub(crate) token_endpoint: Option<HttpsUrl>,
    pub(crate) pushed_authorization_request_endpoint: Option<HttpsUrl>,
    pub(crate) introspection_endpoint: Option<HttpsUrl>,
    pub(crate) revocation_endpoint: Option<HttpsUrl>,
    pub(crate) registration_endpoint: Option<HttpsUrl>,
}

impl ServerMetadata {
    /// The endpoints of a server that publishes none.
    pub(crate) fn of_documented(
        issuer: Issuer,
        authorization_endpoint: HttpsUrl,
        token_endpoint: HttpsUrl,
        revocation_endpoint: HttpsUrl,
    ) -> Self {
        Self {
            issuer,
            authorization_endpoint,
            token_endpoint,
            pushed_authorization_request_endpoint: None,
            introspection_endpoint: None,
            revocation_endpoint: Some(revocation_endpoint),
            registration_endpoint: None,
            jwks_uri: None,
            mtls_endpoint_aliases: MtlsEndpointAliases::default(),
            scopes_supported: None,
            authorization_details_types_supported: None,
            token_endpoint_auth_signing_alg_values_supported: None,
            dpop_signing_alg_values_supported: None,
            authorization_response_iss_parameter_supported: false,
        }
    }

    /// The issuer, as it was asked for.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where the server publishes its keys.
    #[must_use]
    pub fn jwks_uri(&self) -> Option<&HttpsUrl> {
        self.jwks_uri.as_ref()
    }

    /// Where the customer's browser goes.
    #[must_use]
    pub fn authorization_endpoint(&self) -> &HttpsUrl {
        &self.authorization_endpoint
    }

    /// Whether the server lists the scope, or lists none at all.
    pub(crate) fn may_ask_for(&self, scope: &str) -> bool {
        let listed = |scopes: &Vec<String>| scopes.iter().any(|listed| listed == scope);
        self.scopes_supported.as_ref().is_none_or(listed)
    }

    /// RFC 9396 10: whether the server lists the type, or lists none at all.
    pub(crate) fn may_ask_for_type(&self, details_type: &str) -> bool {
        let listed = |types: &Vec<String>| types.iter().any(|listed| listed == details_type);
        self.authorization_details_types_supported.as_ref().is_none_or(listed)
    }
}

/// The document as it is on the wire.
#[derive(Deserialize)]
pub(super) struct Document {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    pushed_authorization_request_endpoint: Option<String>,
    introspection_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    registration_endpoint: Option<String>,
    jwks_uri: Option<String>,
    #[serde(default)]
    mtls_endpoint_aliases: AliasDocument,
    scopes_supported: Option<Vec<String>>,
    authorization_details_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    dpop_signing_alg_values_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<RawJson>,
}

#[derive(Default, Deserialize)]
struct AliasDocument {
    token_endpoint: Option<String>,
    pushed_authorization_request_endpoint: Option<String>,
    introspection_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    registration_endpoint: Option<String>,
}

impl Document {
    /// The metadata, if it is that of the issuer that was asked.
    pub(super) fn check(self, asked: Issuer) -> Result<ServerMetadata, ServerRule> {
        // RFC 8414 3.3: identical, or the metadata must not be used.
        let issuer = self.issuer.ok_or(ServerRule::MetadataMember)?;
        // check: DiscoveryIssuer
        if issuer != asked.as_str() {
            return Err(ServerRule::IssuerMismatch);
        }
        let issuer = asked;
        let required = |text| endpoint(text, &issuer)?.ok_or(ServerRule::MetadataMember);
        let optional = |text| endpoint(text, &issuer);
        // RFC 9700 2.1.1: make sure that the server supports the method before relying on it.
        let methods = self.code_challenge_methods_supported.unwrap_or_default();
        if !methods.iter().any(|method| method == fdx_pkce::CODE_CHALLENGE_METHOD) {
            return Err(ServerRule::PkceUnsupported);
        }
        let authorization_endpoint = required(self.authorization_endpoint)?;
        if names_any(&authorization_endpoint, is_reserved) {
            return Err(ServerRule::AuthorizationEndpointQuery);
        }
        let aliases = self.mtls_endpoint_aliases;
        Ok(ServerMetadata {
            issuer: issuer.clone(),
            authorization_endpoint,
            token_endpoint: required(self.token_endpoint)?,
            pushed_authorization_request_endpoint: Some(required(
                self.pushed_authorization_request_endpoint,
            )?),
            introspection_endpoint: optional(self.introspection_endpoint)?,
            revocation_endpoint: optional(self.revocation_endpoint)?,
            registration_endpoint: optional(self.registration_endpoint)?,
            jwks_uri: Some(required(self.jwks_uri)?),
            mtls_endpoint_aliases: MtlsEndpointAliases {
                token_endpoint: optional(aliases.token_endpoint)?,
                pushed_authorization_request_endpoint: optional(
                    aliases.pushed_authorization_request_endpoint,
                )?,
                introspection_endpoint: optional(aliases.introspection_endpoint)?,
                revocation_endpoint: optional(aliases.revocation_endpoint)?,
                registration_endpoint: optional(aliases.registration_endpoint)?,
            },
            scopes_supported: self.scopes_supported,
            authorization_details_types_supported: self.authorization_details_types_supported,
            token_endpoint_auth_signing_alg_values_supported: self
                .token_endpoint_auth_signing_alg_values_supported,
            dpop_signing_alg_values_supported: self.dpop_signing_alg_values_supported,
            authorization_response_iss_parameter_supported: self
                .authorization_response_iss_parameter_supported
                .is_some_and(|raw| raw.as_str() == "true"),
        })
    }
}

fn endpoint(text: Option<String>, issuer: &Issuer) -> Result<Option<HttpsUrl>, ServerRule> {
    let parse = |text: String| parse_for(issuer, &text);
    text.map(parse).transpose().map_err(|_| ServerRule::EndpointNotHttps)
}

/// A URL of the issuer's: `http` to this machine where the issuer itself is that, else `https`
/// (FAPI 2.0 Security Profile 5.2.1-1).
pub(crate) fn parse_for(issuer: &Issuer, text: &str) -> Result<HttpsUrl, UrlError> {
    if issuer.is_loopback_http() { HttpsUrl::parse_loopback(text) } else { HttpsUrl::parse(text) }
}
