use fdx_jose::{Algorithm, AssertionType, RequestObjectType};
use fdx_wire::HttpsUrl;

use crate::client::config::{ClientAuthentication, ClientConfig, RequestObjects, SenderConstraint};
use crate::dialect::definition::Need;
use crate::dialect::profile::Profile;
use crate::discovery::endpoint::{Endpoint, on_origin};
use crate::discovery::metadata::{Published, ServerMetadata};
use crate::discovery::reserved::{is_reserved, names_any};
use crate::error::caller::ConfigurationFault;
use crate::error::error::Error;

impl Need {
    /// # Errors
    /// The [`ConfigurationFault`] of the missing setting.
    pub(crate) fn check(self, config: &ClientConfig) -> Result<(), Error> {
        let (met, fault) = match self {
            Self::Certificate => (
                matches!(config.sender_constraint, SenderConstraint::Mtls(_)),
                ConfigurationFault::DialectCertificate,
            ),
            Self::ClientSecret => (
                matches!(config.authentication, ClientAuthentication::NotFapi(_)),
                ConfigurationFault::DialectClientSecret,
            ),
            // The registrar checks it.
            Self::JwksUri => return Ok(()),
            Self::PrivateKeyJwt => (
                matches!(config.authentication, ClientAuthentication::PrivateKeyJwt(_)),
                ConfigurationFault::DialectPrivateKeyJwt,
            ),
            Self::Ps256 => (signs_ps256(config), ConfigurationFault::DialectPs256),
            Self::RequestObject => (
                matches!(config.request_objects, RequestObjects::Signed(_)),
                ConfigurationFault::DialectRequestObject,
            ),
            Self::UnboundTokens => (
                matches!(config.sender_constraint, SenderConstraint::NotFapi(_)),
                ConfigurationFault::DialectUnboundTokens,
            ),
        };
        if met { Ok(()) } else { Err(fault.into()) }
    }
}

fn signs_ps256(config: &ClientConfig) -> bool {
    let assertion = match &config.authentication {
        ClientAuthentication::PrivateKeyJwt(key) => Some(key.public()),
        _ => None,
    };
    let request_object = match &config.request_objects {
        RequestObjects::Signed(key) => Some(key.public()),
        RequestObjects::Unsigned => None,
    };
    assertion.into_iter().chain(request_object).all(|key| key.algorithm() == Algorithm::Ps256)
}

/// Configuration and metadata with the dialect applied.
pub(super) struct Fitted {
    pub(super) config: ClientConfig,
    pub(super) metadata: ServerMetadata,
    /// The `aud` of everything the client signs, if it is not the issuer.
    pub(super) audience: Option<HttpsUrl>,
}

/// Checks the configuration against the dialect, and applies its permanent changes:
/// paths of endpoints, types of assertions and request objects, and how far `nbf` of a request
/// object is backdated.
pub(super) fn fit(
    mut config: ClientConfig,
    profile: &Profile,
    mut metadata: ServerMetadata,
) -> Result<Fitted, Error> {
    for need in config.dialect.needs() {
        need.check(&config)?;
    }
    check_named(&config, profile)?;
    check_bases(&config)?;
    for (endpoint, path) in &profile.endpoint_paths {
        metadata.endpoints.set(*endpoint, Published::Url(on_origin(&config.issuer, path)?));
        metadata.aliases.set(*endpoint, Published::Absent);
    }
    if profile.assertion_without_typ
        && let ClientAuthentication::PrivateKeyJwt(key) = config.authentication
    {
        let key = key.with_type(AssertionType::Unstated);
        config.authentication = ClientAuthentication::PrivateKeyJwt(key);
    }
    if let RequestObjects::Signed(key) = config.request_objects {
        let mut key = *key;
        if profile.request_object_without_typ {
            key = key.with_type(RequestObjectType::Unstated);
        }
        if let Some(by) = profile.request_object_backdated {
            key = key.backdated(by);
        }
        config.request_objects = RequestObjects::signed(key);
    }
    // A dialect documents endpoints and adds parameters. A discovered endpoint that breaks the rule
    // by itself stops flows only.
    let added = profile.authorization_url_parameters;
    let adds = |name: &str| is_reserved(name) || added.iter().any(|added| added.name() == name);
    let endpoint = metadata.authorization_endpoint().filter(|_| metadata.check_flows().is_ok());
    if endpoint.is_some_and(|url| names_any(url, adds)) {
        return Err(ConfigurationFault::AuthorizationEndpointQuery.into());
    }
    let audience = match profile.audience_is_token_endpoint {
        true => Some(token_audience(&config, &metadata)?),
        false => None,
    };
    Ok(Fitted { config, metadata, audience })
}

/// CVE-2025-27370: metadata of one server may have another server's token endpoint.
fn token_audience(
    config: &ClientConfig,
    metadata: &ServerMetadata,
) -> Result<HttpsUrl, ConfigurationFault> {
    let url = metadata.endpoints.get(Endpoint::Token).url();
    let url = url.filter(|url| url.origin() == config.issuer.url().origin());
    url.cloned().ok_or(ConfigurationFault::AudienceElsewhere)
}

/// Checks that the base URLs have no query: paths are appended to them.
fn check_bases(config: &ClientConfig) -> Result<(), ConfigurationFault> {
    let mut bases = [Some(&config.fdx_base), config.consent_base.as_ref()].into_iter().flatten();
    match bases.any(|base| base.query().is_some()) {
        true => Err(ConfigurationFault::BaseQuery),
        false => Ok(()),
    }
}

/// Checks that the dialect allows plain http and every setting that is not FAPI, and that all
/// settings use the same certificate.
fn check_named(config: &ClientConfig, profile: &Profile) -> Result<(), Error> {
    let secret = matches!(config.authentication, ClientAuthentication::NotFapi(_));
    if secret && !(profile.client_secret_basic || profile.client_secret_post) {
        return Err(ConfigurationFault::NotFapi.into());
    }
    let signed = matches!(config.request_objects, RequestObjects::Signed(_));
    if signed && profile.not_pushed {
        return Err(ConfigurationFault::RequestObjectNotPushed.into());
    }
    let http = config.issuer.is_loopback_http()
        || config.fdx_base.is_loopback_http()
        || config.consent_base.as_ref().is_some_and(HttpsUrl::is_loopback_http);
    if http && !profile.loopback_http {
        return Err(ConfigurationFault::LoopbackHttp.into());
    }
    if let (Some(authenticates), SenderConstraint::Mtls(binds)) =
        (config.authentication.certificate(), &config.sender_constraint)
        && authenticates != *binds
    {
        return Err(ConfigurationFault::CertificateOther.into());
    }
    let unbound = matches!(config.sender_constraint, SenderConstraint::NotFapi(_));
    if unbound && !profile.unbound_tokens {
        return Err(ConfigurationFault::NotFapi.into());
    }
    Ok(())
}
