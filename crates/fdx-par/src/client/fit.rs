use fdx_jose::Algorithm;

use crate::client::config::{ClientAuthentication, ClientConfig, RequestObjects, SenderConstraint};
use crate::dialect::dialect::{Dialect, Need};
use crate::dialect::member::Member;
use crate::dialect::not_fapi::departure::Departure;
use crate::discovery::endpoint::{Endpoint, on_origin};
use crate::discovery::metadata::ServerMetadata;
use crate::discovery::reserved::{is_reserved, names_any};
use crate::error::caller::CallerFault;
use crate::error::error::Error;

impl ClientConfig {
    /// What a receipt warns of, but for what it can tell by the tokens themselves.
    pub(crate) fn is_not_fapi(&self) -> bool {
        let departs = |member| match member {
            Member::NotFapi(Departure::DocumentedEndpoints(_) | Departure::NotPushed) => Some(()),
            _ => None,
        };
        matches!(self.authentication, ClientAuthentication::NotFapi(_))
            || self.dialect.find(departs).is_some()
    }
}

impl Need {
    /// # Errors
    /// The [`CallerFault`] that says what is missing.
    pub(crate) fn check(self, config: &ClientConfig) -> Result<(), Error> {
        let (met, fault) = match self {
            Self::Certificate => (
                matches!(config.sender_constraint, SenderConstraint::Mtls(_)),
                CallerFault::DialectCertificate,
            ),
            Self::ClientSecret => (
                matches!(config.authentication, ClientAuthentication::NotFapi(_)),
                CallerFault::DialectClientSecret,
            ),
            Self::PrivateKeyJwt => (
                matches!(config.authentication, ClientAuthentication::PrivateKeyJwt(_)),
                CallerFault::DialectPrivateKeyJwt,
            ),
            Self::Ps256 => (signs_ps256(config), CallerFault::DialectPs256),
            Self::RequestObject => (
                matches!(config.request_objects, RequestObjects::Signed(_)),
                CallerFault::DialectRequestObject,
            ),
            Self::UnboundTokens => (
                matches!(config.sender_constraint, SenderConstraint::NotFapi(_)),
                CallerFault::DialectUnboundTokens,
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

/// Holds the configuration against the dialect, and applies what the dialect says once and for
/// all: paths, and how old a request object is at birth.
pub(super) fn fit(
    mut config: ClientConfig,
    mut metadata: ServerMetadata,
) -> Result<(ClientConfig, ServerMetadata), Error> {
    let dialect = config.dialect;
    for need in dialect.needs() {
        need.check(&config)?;
    }
    check_named(&config, &dialect)?;
    for line in dialect.members() {
        match line.member {
            Member::EndpointPath(endpoint, path) => {
                let url = on_origin(&config.issuer, path)?;
                metadata.replace(endpoint, url);
            }
            Member::RequestObjectBackdated(by) => {
                if let RequestObjects::Signed(key) = config.request_objects {
                    config.request_objects = RequestObjects::signed(key.backdated(by));
                }
            }
            _ => {}
        }
    }
    // A dialect documents endpoints and adds parameters; discovery has checked all others.
    let added = dialect.authorization_url_parameters();
    let adds = |name: &str| is_reserved(name) || added.iter().any(|(added, _)| *added == name);
    if names_any(&metadata.authorization_endpoint, adds) {
        return Err(CallerFault::AuthorizationEndpointQuery.into());
    }
    // CVE-2025-27370: metadata of one server may name another's token endpoint.
    let ours = metadata.token_endpoint.origin() == config.issuer.url().origin();
    if dialect.has(Member::AudienceTokenEndpoint) && !ours {
        return Err(CallerFault::AudienceElsewhere.into());
    }
    Ok((config, metadata))
}

/// What speaks plain http, or is not FAPI, is configured only where the dialect names it; and a
/// connection shows one certificate.
fn check_named(config: &ClientConfig, dialect: &Dialect) -> Result<(), Error> {
    let secret = matches!(config.authentication, ClientAuthentication::NotFapi(_));
    let takes_secrets = [Departure::ClientSecretBasic, Departure::ClientSecretPost];
    if secret && !takes_secrets.iter().any(|way| dialect.has(Member::NotFapi(*way))) {
        return Err(CallerFault::NotFapi.into());
    }
    let signed = matches!(config.request_objects, RequestObjects::Signed(_));
    if signed && dialect.has(Member::NotFapi(Departure::NotPushed)) {
        return Err(CallerFault::RequestObjectNotPushed.into());
    }
    let http = config.issuer.is_loopback_http() || config.fdx_base.is_loopback_http();
    if http && !dialect.has(Member::LoopbackHttp) {
        return Err(CallerFault::LoopbackHttp.into());
    }
    if let (Some(authenticates), SenderConstraint::Mtls(binds)) =
        (config.authentication.certificate(), &config.sender_constraint)
        && authenticates != *binds
    {
        return Err(CallerFault::CertificateOther.into());
    }
    let unbound = matches!(config.sender_constraint, SenderConstraint::NotFapi(_));
    if unbound && !dialect.has(Member::NotFapi(Departure::UnboundTokens)) {
        return Err(CallerFault::NotFapi.into());
    }
    Ok(())
}

impl ServerMetadata {
    /// Puts `url` in the place of an endpoint, and of its alias.
    fn replace(&mut self, endpoint: Endpoint, url: fdx_wire::HttpsUrl) {
        let aliases = &mut self.mtls_endpoint_aliases;
        match endpoint {
            Endpoint::PushedAuthorizationRequest => {
                self.pushed_authorization_request_endpoint = Some(url);
                aliases.pushed_authorization_request_endpoint = None;
            }
            Endpoint::Token => {
                self.token_endpoint = url;
                aliases.token_endpoint = None;
            }
            Endpoint::Introspection => {
                self.introspection_endpoint = Some(url);
                aliases.introspection_endpoint = None;
            }
            Endpoint::Revocation => {
                self.revocation_endpoint = Some(url);
                aliases.revocation_endpoint = None;
            }
            Endpoint::Registration => {
                self.registration_endpoint = Some(url);
                aliases.registration_endpoint = None;
            }
        }
    }
}
