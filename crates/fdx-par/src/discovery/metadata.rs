use fdx_wire::members::{Informative, Member, NotUnderstood, Object, Value};
use fdx_wire::{HttpsUrl, Issuer, UrlError};

use crate::discovery::endpoint::{Endpoint, PerEndpoint};
use crate::discovery::reserved::{is_reserved, names_any};
use crate::error::caller::{ConfigurationFault, MetadataFault};
use crate::error::error::Error;
use crate::error::server::{Broken, ServerFault, ServerRule};
use crate::exchange::answer::Answer;

/// An authorization server's metadata (RFC 8414 section 2).
///
/// The issuer was checked. Each other member is checked by the call that needs it: the PKCE methods,
/// the query of the authorization endpoint and the announcement of `iss` by each push, callback and
/// code exchange. No endpoint can be set: all come from the document whose `issuer` was compared (FAPI
/// 2.0 Security Profile 5.3.3.1-9).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerMetadata {
    pub(crate) issuer: Issuer,
    pub(crate) authorization_endpoint: Published,
    pub(crate) endpoints: PerEndpoint<Published>,
    /// `mtls_endpoint_aliases`: endpoints for connections that present a certificate (RFC 8705
    /// section 5).
    pub(crate) aliases: PerEndpoint<Published>,
    pub(crate) jwks_uri: Published,
    pub(crate) scopes_supported: Option<Vec<String>>,
    pub(crate) authorization_details_types_supported: Option<Vec<String>>,
    pub(crate) token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    pub(crate) dpop_signing_alg_values_supported: Option<Vec<String>>,
    pub(crate) request_object_signing_alg_values_supported: Option<Vec<String>>,
    /// Whether the server promises `iss` in its authorization responses.
    pub(crate) authorization_response_iss_parameter_supported: bool,
    /// The rule that these metadata break for authorization flows. Other calls are possible: tokens
    /// are refreshed and revoked without it.
    unfit_for_flows: Option<Box<ServerFault>>,
    not_understood: Vec<NotUnderstood>,
}

impl ServerMetadata {
    /// The metadata of a server that publishes none, from its documented endpoints.
    pub(crate) fn of_documented(
        issuer: Issuer,
        authorization_endpoint: HttpsUrl,
        endpoints: PerEndpoint<Published>,
    ) -> Self {
        Self {
            issuer,
            authorization_endpoint: Published::Url(authorization_endpoint),
            endpoints,
            aliases: PerEndpoint::default(),
            jwks_uri: Published::Absent,
            scopes_supported: None,
            authorization_details_types_supported: None,
            token_endpoint_auth_signing_alg_values_supported: None,
            dpop_signing_alg_values_supported: None,
            request_object_signing_alg_values_supported: None,
            authorization_response_iss_parameter_supported: false,
            unfit_for_flows: None,
            not_understood: Vec::new(),
        }
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The URL of the server's keys. RFC 8414 section 2: optional, and needed only to verify what
    /// the server signs.
    #[must_use]
    pub fn jwks_uri(&self) -> Option<&HttpsUrl> {
        self.jwks_uri.url()
    }

    /// The URL for the customer's browser.
    #[must_use]
    pub fn authorization_endpoint(&self) -> Option<&HttpsUrl> {
        self.authorization_endpoint.url()
    }

    /// `authorization_details_types_supported` (RFC 9396 section 10), if the server has such a list.
    #[must_use]
    pub fn authorization_details_types_supported(&self) -> Option<&[String]> {
        self.authorization_details_types_supported.as_deref()
    }

    /// Informative members whose values can't be understood. An endpoint is checked when it is used.
    #[must_use]
    pub fn not_understood(&self) -> &[NotUnderstood] {
        &self.not_understood
    }

    /// Checks what protects an authorization flow. Each push, callback and code
    /// exchange calls it.
    ///
    /// # Errors
    /// [`Error::Server`] with [`ServerRule::PkceUnsupported`],
    /// [`ServerRule::AuthorizationEndpointQuery`], or the member that announces `iss`.
    pub(crate) fn check_flows(&self) -> Result<(), Error> {
        match &self.unfit_for_flows {
            Some(fault) => Err(Error::Server(fault.clone())),
            None => Ok(()),
        }
    }

    /// Whether the server lists the scope, or has no list.
    pub(crate) fn may_ask_for(&self, scope: &str) -> bool {
        may_list(self.scopes_supported.as_deref(), scope)
    }

    /// RFC 9396 10: whether the server lists the type, or has no list.
    pub(crate) fn may_ask_for_type(&self, details_type: &str) -> bool {
        may_list(self.authorization_details_types_supported.as_deref(), details_type)
    }
}

fn may_list(list: Option<&[String]>, text: &str) -> bool {
    list.is_none_or(|list| list.iter().any(|listed| listed == text))
}

fdx_wire::members! {
    /// The members of an authorization server's metadata (RFC 8414 section 2). RFC 8414 section 3.2:
    /// members without a value are left out, and `null` counts as left out for each of them.
    pub(crate) mod members = "server metadata" {
        Protective ISSUER = "issuer", "the expected issuer", "RFC 8414 section 3.3";
        Informative AUTHORIZATION_ENDPOINT =
            "authorization_endpoint", "an https URL", "RFC 8414 section 2";
        Informative TOKEN_ENDPOINT = "token_endpoint", "an https URL", "RFC 8414 section 2";
        Informative PUSHED_AUTHORIZATION_REQUEST_ENDPOINT =
            "pushed_authorization_request_endpoint", "an https URL", "RFC 9126 section 5";
        Informative JWKS_URI = "jwks_uri", "an https URL", "RFC 8414 section 2";
        Informative INTROSPECTION_ENDPOINT =
            "introspection_endpoint", "an https URL", "RFC 8414 section 2";
        Informative REVOCATION_ENDPOINT =
            "revocation_endpoint", "an https URL", "RFC 8414 section 2";
        Informative REGISTRATION_ENDPOINT =
            "registration_endpoint", "an https URL", "RFC 8414 section 2";
        Informative MTLS_ENDPOINT_ALIASES =
            "mtls_endpoint_aliases", "an object of https URLs", "RFC 8705 section 5";
        Informative SCOPES_SUPPORTED = "scopes_supported", "a list of texts", "RFC 8414 section 2";
        Informative AUTHORIZATION_DETAILS_TYPES_SUPPORTED =
            "authorization_details_types_supported", "a list of texts", "RFC 9396 section 10";
        Protective CODE_CHALLENGE_METHODS_SUPPORTED =
            "code_challenge_methods_supported", "a list of texts with S256",
            "FAPI 2.0 Security Profile 5.3.3.2-3";
        Informative TOKEN_ENDPOINT_AUTH_SIGNING_ALG_VALUES_SUPPORTED =
            "token_endpoint_auth_signing_alg_values_supported", "a list of texts",
            "RFC 8414 section 2";
        Informative DPOP_SIGNING_ALG_VALUES_SUPPORTED =
            "dpop_signing_alg_values_supported", "a list of texts", "RFC 9449 section 5.1";
        Informative REQUEST_OBJECT_SIGNING_ALG_VALUES_SUPPORTED =
            "request_object_signing_alg_values_supported", "a list of texts",
            "OpenID Connect Discovery 3";
        Protective AUTHORIZATION_RESPONSE_ISS_PARAMETER_SUPPORTED =
            "authorization_response_iss_parameter_supported", "a boolean", "RFC 9207 section 3";
    }
}

/// A URL of the metadata. One that can't be used is an error when it is needed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Published {
    #[default]
    Absent,
    /// A value that is no URL of this issuer's scheme.
    Unusable,
    Url(HttpsUrl),
}

impl Published {
    /// The URL, for a call that needs it for `purpose`.
    pub(crate) fn needed(
        &self,
        member: &'static str,
        purpose: &'static str,
    ) -> Result<&HttpsUrl, MetadataFault> {
        let fault = match self {
            Self::Url(url) => return Ok(url),
            Self::Absent => ConfigurationFault::EndpointMissing,
            Self::Unusable => ConfigurationFault::EndpointNotHttps,
        };
        Err(MetadataFault { fault, clause: fault.clause(), member, purpose })
    }

    /// The URL, if there is one that can be used.
    pub(crate) fn url(&self) -> Option<&HttpsUrl> {
        match self {
            Self::Url(url) => Some(url),
            Self::Absent | Self::Unusable => None,
        }
    }
}

/// Returns the metadata of a document if it is the expected issuer's.
pub(super) fn read(
    answer: &Answer<'_>,
    object: &Object<'_>,
    expected: Issuer,
) -> Result<ServerMetadata, Broken> {
    // RFC 8414 3.3: identical, or the metadata must not be used.
    let issuer = object.protective(&members::ISSUER, Value::to_text)?;
    // check: DiscoveryIssuer
    if issuer != expected.as_str() {
        return Err(ServerRule::IssuerMismatch.into());
    }
    let issuer = expected;
    let mut notes = Vec::new();
    let url = |member: &Member<Informative>| match object.received(member) {
        Some(value) if !value.is_empty() => published(&issuer, value),
        _ => Published::Absent,
    };
    let authorization_endpoint = url(&members::AUTHORIZATION_ENDPOINT);
    let endpoints = PerEndpoint::try_from_fn(|endpoint| {
        Ok::<_, Broken>(url(match endpoint {
            Endpoint::PushedAuthorizationRequest => &members::PUSHED_AUTHORIZATION_REQUEST_ENDPOINT,
            Endpoint::Token => &members::TOKEN_ENDPOINT,
            Endpoint::Introspection => &members::INTROSPECTION_ENDPOINT,
            Endpoint::Registration => &members::REGISTRATION_ENDPOINT,
            Endpoint::Revocation => &members::REVOCATION_ENDPOINT,
        }))
    })?;
    let aliases = object.informative(&members::MTLS_ENDPOINT_ALIASES, &mut notes, Value::to_object);
    let alias = |endpoint: Endpoint| {
        let mut listed = aliases.iter().flat_map(Object::iter);
        let listed = listed.find(|(name, value)| *name == endpoint.member() && !value.is_empty());
        Ok::<_, Broken>(listed.map_or(Published::Absent, |(_, value)| published(&issuer, value)))
    };
    let aliases = PerEndpoint::try_from_fn(alias)?;
    let jwks_uri = url(&members::JWKS_URI);
    let mut list = |member| object.informative(member, &mut notes, list);
    let (sends_iss, unfit_for_flows) = match protection(object, &authorization_endpoint) {
        Ok(sends_iss) => (sends_iss, None),
        // No flow reads the flag: `check_flows` comes first.
        Err(broken) => (true, Some(answer.server_fault(broken))),
    };
    Ok(ServerMetadata {
        authorization_endpoint,
        endpoints,
        aliases,
        jwks_uri,
        scopes_supported: list(&members::SCOPES_SUPPORTED),
        authorization_details_types_supported: list(
            &members::AUTHORIZATION_DETAILS_TYPES_SUPPORTED,
        ),
        token_endpoint_auth_signing_alg_values_supported: list(
            &members::TOKEN_ENDPOINT_AUTH_SIGNING_ALG_VALUES_SUPPORTED,
        ),
        dpop_signing_alg_values_supported: list(&members::DPOP_SIGNING_ALG_VALUES_SUPPORTED),
        request_object_signing_alg_values_supported: list(
            &members::REQUEST_OBJECT_SIGNING_ALG_VALUES_SUPPORTED,
        ),
        authorization_response_iss_parameter_supported: sends_iss,
        unfit_for_flows,
        not_understood: notes,
        issuer,
    })
}

/// Checks what protects an authorization flow, and returns whether the server promises `iss`.
fn protection(object: &Object<'_>, authorization_endpoint: &Published) -> Result<bool, Broken> {
    // RFC 9700 2.1.1: make sure that the server supports the method before relying on it.
    let is_s256 = |method: &String| method == fdx_pkce::CODE_CHALLENGE_METHOD;
    let with_s256 = |value| list(value).filter(|methods| methods.iter().any(is_s256));
    object
        .protective(&members::CODE_CHALLENGE_METHODS_SUPPORTED, with_s256)
        .map_err(|member| Broken::member(ServerRule::PkceUnsupported, member))?;
    if authorization_endpoint.url().is_some_and(|url| names_any(url, is_reserved)) {
        return Err(ServerRule::AuthorizationEndpointQuery.into());
    }
    let sends_iss = &members::AUTHORIZATION_RESPONSE_ISS_PARAMETER_SUPPORTED;
    Ok(object.protective_if_present(sends_iss, Value::to_bool)?.unwrap_or(false))
}

fn published(issuer: &Issuer, value: Value<'_>) -> Published {
    let url = value.to_text().and_then(|text| parse_for(issuer, &text).ok());
    url.map_or(Published::Unusable, Published::Url)
}

/// A list of texts. Elements that are no texts are left out: they name nothing that can be requested.
/// `None` if no element is a text.
pub(crate) fn list(value: Value<'_>) -> Option<Vec<String>> {
    let texts: Vec<_> = value.to_elements()?.into_iter().filter_map(Value::to_text).collect();
    (!texts.is_empty()).then_some(texts)
}

/// Parses an endpoint of the issuer: `https`, or also loopback `http` if the issuer uses it (FAPI
/// 2.0 Security Profile 5.2.1-1).
pub(crate) fn parse_for(issuer: &Issuer, text: &str) -> Result<HttpsUrl, UrlError> {
    if issuer.is_loopback_http() { HttpsUrl::parse_loopback(text) } else { HttpsUrl::parse(text) }
}
