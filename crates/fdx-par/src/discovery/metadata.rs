use std::collections::BTreeMap;

use fdx_wire::json::RawJson;
use fdx_wire::{HttpsUrl, Issuer, UrlError};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::discovery::endpoint::{Endpoint, PerEndpoint};
use crate::discovery::reserved::{is_reserved, names_any};
use crate::error::server::ServerRule;

/// An authorization server's metadata (RFC 8414 section 2), checked for what FAPI 2.0 needs.
///
/// No endpoint can be set: all come from the document whose `issuer` was compared (FAPI 2.0
/// Security Profile 5.3.3.1-9).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerMetadata {
    pub(crate) issuer: Issuer,
    pub(crate) authorization_endpoint: HttpsUrl,
    /// A discovered one has at least [`Endpoint::Token`] and
    /// [`Endpoint::PushedAuthorizationRequest`].
    pub(crate) endpoints: PerEndpoint<Option<HttpsUrl>>,
    /// `mtls_endpoint_aliases`: endpoints for connections that present a certificate (RFC 8705
    /// section 5).
    pub(crate) aliases: PerEndpoint<Option<HttpsUrl>>,
    /// Present if the metadata was discovered.
    pub(crate) jwks_uri: Option<HttpsUrl>,
    pub(crate) scopes_supported: Option<Vec<String>>,
    pub(crate) authorization_details_types_supported: Option<Vec<String>>,
    pub(crate) token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    pub(crate) dpop_signing_alg_values_supported: Option<Vec<String>>,
    /// Whether the server promises `iss` in its authorization responses.
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl ServerMetadata {
    /// The metadata of a server that publishes none, from its documented endpoints.
    pub(crate) fn of_documented(
        issuer: Issuer,
        authorization_endpoint: HttpsUrl,
        endpoints: PerEndpoint<Option<HttpsUrl>>,
    ) -> Self {
        Self {
            issuer,
            authorization_endpoint,
            endpoints,
            aliases: PerEndpoint::default(),
            jwks_uri: None,
            scopes_supported: None,
            authorization_details_types_supported: None,
            token_endpoint_auth_signing_alg_values_supported: None,
            dpop_signing_alg_values_supported: None,
            authorization_response_iss_parameter_supported: false,
        }
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The URL of the server's keys.
    #[must_use]
    pub fn jwks_uri(&self) -> Option<&HttpsUrl> {
        self.jwks_uri.as_ref()
    }

    /// The URL for the customer's browser.
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

/// The document by its members.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Document(BTreeMap<String, RawJson>);

impl Document {
    /// Returns the metadata if it is the expected issuer's and has what FAPI 2.0 needs.
    ///
    /// Checks the types of all members before any value.
    pub(super) fn check(self, expected: Issuer) -> Result<ServerMetadata, ServerRule> {
        let Self(members) = self;
        let issuer: Option<String> = read(&members, "issuer")?;
        let authorization_endpoint = read(&members, "authorization_endpoint")?;
        let endpoints = PerEndpoint::try_from_fn(|endpoint| read(&members, endpoint.member()))?;
        let aliases: BTreeMap<String, RawJson> = match members.get("mtls_endpoint_aliases") {
            Some(aliases) => aliases.read().map_err(|error| ServerRule::of_json(error.kind()))?,
            None => BTreeMap::new(),
        };
        let aliases = PerEndpoint::try_from_fn(|endpoint| read(&aliases, endpoint.member()))?;
        let jwks_uri = read(&members, "jwks_uri")?;
        let list = |name| read::<Vec<String>>(&members, name);
        let scopes_supported = list("scopes_supported")?;
        let authorization_details_types_supported = list("authorization_details_types_supported")?;
        let code_challenge_methods = list("code_challenge_methods_supported")?;
        let token_endpoint_auth_signing_alg_values_supported =
            list("token_endpoint_auth_signing_alg_values_supported")?;
        let dpop_signing_alg_values_supported = list("dpop_signing_alg_values_supported")?;
        let sends_iss = members.get("authorization_response_iss_parameter_supported");
        let authorization_response_iss_parameter_supported =
            sends_iss.is_some_and(|raw| raw.as_str() == "true");

        // RFC 8414 3.3: identical, or the metadata must not be used.
        let issuer = issuer.ok_or(ServerRule::MetadataMember)?;
        // check: DiscoveryIssuer
        if issuer != expected.as_str() {
            return Err(ServerRule::IssuerMismatch);
        }
        let issuer = expected;
        // RFC 9700 2.1.1: make sure that the server supports the method before relying on it.
        let methods = code_challenge_methods.unwrap_or_default();
        if !methods.iter().any(|method| method == fdx_pkce::CODE_CHALLENGE_METHOD) {
            return Err(ServerRule::PkceUnsupported);
        }
        let authorization_endpoint = required(url(authorization_endpoint, &issuer)?)?;
        if names_any(&authorization_endpoint, is_reserved) {
            return Err(ServerRule::AuthorizationEndpointQuery);
        }
        let endpoints = PerEndpoint::try_from_fn(|endpoint| {
            let url = url(endpoints.get(endpoint).clone(), &issuer)?;
            match endpoint {
                Endpoint::PushedAuthorizationRequest | Endpoint::Token => required(url).map(Some),
                Endpoint::Introspection | Endpoint::Registration | Endpoint::Revocation => Ok(url),
            }
        })?;
        let jwks_uri = Some(required(url(jwks_uri, &issuer)?)?);
        let alias = |endpoint| url(aliases.get(endpoint).clone(), &issuer);
        let aliases = PerEndpoint::try_from_fn(alias)?;
        Ok(ServerMetadata {
            issuer,
            authorization_endpoint,
            endpoints,
            aliases,
            jwks_uri,
            scopes_supported,
            authorization_details_types_supported,
            token_endpoint_auth_signing_alg_values_supported,
            dpop_signing_alg_values_supported,
            authorization_response_iss_parameter_supported,
        })
    }
}

/// Reads a member. RFC 8414 3.2: members without a value are left out; `null` counts as left out.
fn read<T: DeserializeOwned>(
    members: &BTreeMap<String, RawJson>,
    name: &str,
) -> Result<Option<T>, ServerRule> {
    let value = members.get(name).map(RawJson::read::<Option<T>>).transpose();
    value.map(Option::flatten).map_err(|error| ServerRule::of_json(error.kind()))
}

fn required(url: Option<HttpsUrl>) -> Result<HttpsUrl, ServerRule> {
    url.ok_or(ServerRule::MetadataMember)
}

fn url(text: Option<String>, issuer: &Issuer) -> Result<Option<HttpsUrl>, ServerRule> {
    let parse = |text: String| parse_for(issuer, &text);
    text.map(parse).transpose().map_err(|_| ServerRule::EndpointNotHttps)
}

/// Parses an endpoint of the issuer: `https`, or also loopback `http` if the issuer uses it (FAPI
/// 2.0 Security Profile 5.2.1-1).
pub(crate) fn parse_for(issuer: &Issuer, text: &str) -> Result<HttpsUrl, UrlError> {
    if issuer.is_loopback_http() { HttpsUrl::parse_loopback(text) } else { HttpsUrl::parse(text) }
}
