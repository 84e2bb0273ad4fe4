//! The configuration of `fdx connect`, and the authorization request that it describes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fdx_jose::AssertionType;
use fdx_par::{
    AuthorizationRequest, CallFault, Dialect, Error, MtlsEndpoints, ResponseMode, WellKnown,
};
use fdx_rar::{
    AuthorizationDetails, ConsentDuration, ConsentRequest, ConsentRequestError, DataCluster,
    ResourceType, ScopeError, Scopes,
};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri};
use serde::Deserialize;
use serde::de::Deserializer;
use toml::Spanned;

use crate::dialect::Words;
use crate::error::Failure;
use crate::{args, dialect};

/// A configuration. Paths are relative to its file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) dialect: Option<Spanned<Named>>,
    /// Whether the members of the dialect count that are off by default.
    #[serde(default)]
    pub(crate) dialect_options: bool,
    #[serde(deserialize_with = "issuer")]
    pub(crate) issuer: Issuer,
    pub(crate) client_id: String,
    #[serde(deserialize_with = "redirect_uri")]
    pub(crate) redirect_uri: RedirectUri,
    #[serde(deserialize_with = "fdx_base")]
    pub(crate) fdx_base: HttpsUrl,
    #[serde(default, deserialize_with = "consent_base")]
    pub(crate) consent_base: Option<HttpsUrl>,
    pub(crate) discovery: Option<Discovery>,
    pub(crate) root_certificates: Option<PathBuf>,
    pub(crate) authentication: Option<Spanned<Authentication>>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) kid: Option<String>,
    #[serde(default)]
    pub(crate) assertion_type: Assertion,
    pub(crate) client_secret_file: Option<PathBuf>,
    pub(crate) binding: Spanned<Binding>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) certificate_key: Option<PathBuf>,
    pub(crate) dpop_key: Option<PathBuf>,
    #[serde(default)]
    pub(crate) use_mtls_endpoint_aliases: bool,
    #[serde(default)]
    pub(crate) request_object: bool,
    #[serde(default)]
    pub(crate) response_mode: Mode,
    pub(crate) request: Option<Spanned<Request>>,
    pub(crate) consent: Option<Spanned<Consent>>,
    pub(crate) scopes: Option<Spanned<Vec<String>>>,
    /// The JSON array of RFC 9396, for details that are no FDX consent.
    pub(crate) authorization_details: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) output: Output,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) enum Discovery {
    #[serde(rename = "oauth-authorization-server")]
    OAuthAuthorizationServer,
    #[serde(rename = "openid-configuration")]
    OpenidConfiguration,
    #[serde(rename = "openid-configuration-before-path")]
    OpenidConfigurationBeforePath,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) enum Assertion {
    #[default]
    #[serde(rename = "client-authentication+jwt")]
    ClientAuthenticationJwt,
    #[serde(rename = "unstated")]
    Unstated,
}

/// `dialect`, by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named(Dialect);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        dialect::named(&name).map(Self).map_err(own)
    }
}

/// RFC 7591 section 2 and RFC 8705 section 2, the values of `token_endpoint_auth_method`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Authentication {
    /// Not FAPI. The dialect determines `client_secret_basic` or `client_secret_post`.
    ClientSecret,
    #[default]
    PrivateKeyJwt,
    SelfSignedTlsClientAuth,
    TlsClientAuth,
}

/// `response_mode`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    #[default]
    Query,
    Jwt,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Binding {
    Dpop,
    Mtls,
    /// Not FAPI.
    None,
}

/// Further parameters of the request.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Request {
    pub(crate) openid: bool,
    pub(crate) offline_access: bool,
    pub(crate) max_age: Option<u64>,
    pub(crate) acr_values: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) login_hint: Option<String>,
    pub(crate) ui_locales: Option<String>,
    pub(crate) resource: Vec<HttpsUrl>,
    pub(crate) extra: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Consent {
    duration_type: Duration,
    duration_period: Option<u32>,
    lookback_period: Option<u32>,
    resources: Vec<Resource>,
}

/// The allowed names. A misspelt name is an error here, although FDX's list is open.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Duration {
    OneTime,
    Persistent,
    TimeBound,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    resource_type: ResourceType,
    data_clusters: Vec<DataCluster>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Output {
    pub(crate) receipt: PathBuf,
    pub(crate) tokens: Option<PathBuf>,
}

impl Default for Output {
    fn default() -> Self {
        Self { receipt: "receipt.json".into(), tokens: None }
    }
}

impl Config {
    /// Names of resource types and data clusters that FDX does not list. They are allowed, and
    /// probably misspelt.
    pub(crate) fn unknown_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let consent = self.consent.as_ref().map(Spanned::as_ref);
        for resource in consent.into_iter().flat_map(|consent: &Consent| &consent.resources) {
            if let ResourceType::Other(name) = &resource.resource_type {
                names.push(format!("{name:?}"));
            }
            for cluster in &resource.data_clusters {
                if let DataCluster::Other(name) = cluster {
                    names.push(format!("{name:?}"));
                }
            }
        }
        names
    }

    pub(crate) fn authentication(&self) -> Authentication {
        self.authentication.as_ref().map(|method| *method.as_ref()).unwrap_or_default()
    }

    pub(crate) fn dialect(&self) -> Dialect {
        let dialect = self.dialect.as_ref().map(|named| named.as_ref().0).unwrap_or_default();
        if self.dialect_options { dialect.with_options() } else { dialect }
    }

    /// The path of the metadata. Default: the dialect's.
    pub(crate) fn well_known(&self) -> WellKnown {
        self.discovery.map_or(self.dialect().well_known(), Discovery::well_known)
    }

    pub(crate) fn response_mode(&self) -> ResponseMode {
        match self.response_mode {
            Mode::Query => ResponseMode::Query,
            Mode::Jwt => ResponseMode::Jwt,
        }
    }

    pub(crate) fn mtls_endpoints(&self) -> MtlsEndpoints {
        match self.use_mtls_endpoint_aliases {
            true => MtlsEndpoints::Always,
            false => MtlsEndpoints::WhereNeeded,
        }
    }
}

impl Consent {
    /// FDX: only a time-bound consent has a period. No known dialect requires one elsewhere.
    pub(crate) fn has_unused_period(&self) -> bool {
        self.duration_period.is_some() && !matches!(self.duration_type, Duration::TimeBound)
    }

    pub(crate) fn request(&self) -> Result<ConsentRequest, ConsentRequestError> {
        let duration = match self.duration_type {
            Duration::OneTime => ConsentDuration::OneTime,
            Duration::Persistent => ConsentDuration::Persistent,
            Duration::TimeBound => {
                ConsentDuration::time_bound(self.duration_period.unwrap_or_default())?
            }
        };
        let mut request = ConsentRequest::new(duration);
        if let Some(days) = self.lookback_period {
            request = request.lookback_period(days);
        }
        for Resource { resource_type, data_clusters } in &self.resources {
            request = request.resource(resource_type.clone(), data_clusters.iter().cloned());
        }
        request.build()
    }
}

impl Discovery {
    fn well_known(self) -> WellKnown {
        match self {
            Self::OAuthAuthorizationServer => WellKnown::OAuthAuthorizationServer,
            Self::OpenidConfiguration => WellKnown::OpenidConfiguration,
            Self::OpenidConfigurationBeforePath => WellKnown::OpenidConfigurationBeforePath,
        }
    }
}

impl Assertion {
    pub(crate) fn assertion_type(self) -> AssertionType {
        match self {
            Self::ClientAuthenticationJwt => AssertionType::ClientAuthenticationJwt,
            Self::Unstated => AssertionType::Unstated,
        }
    }
}

/// Returns the configured authorization request, if `connect` can express it.
pub(crate) fn authorization_request(config: &Config) -> Result<AuthorizationRequest, Failure> {
    let dialect = config.dialect();
    let is_written = config.scopes.is_some() || config.authorization_details.is_some();
    if Words::of(dialect) == Words::Details && !is_written {
        let name = dialect.name();
        return Err(Failure::usage(
            format!(
                "dialect = \"{name}\": {} uses authorization details of its own type, and the \
                 configuration has none",
                dialect.provider()
            ),
            format!(
                "write them as JSON in authorization_details, or use the library: \
                 AuthorizationRequest::of_details; fdx dialects {name} lists its deviations"
            ),
        ));
    }
    request_of(config).map_err(|error| Failure::protocol("the request", &error))
}

/// The scopes of a request without a consent.
pub(crate) fn scopes(texts: &[String]) -> Result<Scopes, ScopeError> {
    Scopes::parse(&texts.join(" "))
}

/// Returns the authorization request, for any dialect.
pub(crate) fn request_of(config: &Config) -> Result<AuthorizationRequest, Error> {
    // `source` has reported these mistakes in more detail.
    let reported = CallFault::ParameterText;
    let scopes = match &config.scopes {
        Some(texts) => scopes(texts.as_ref()).map_err(|_| reported)?,
        None => Scopes::default(),
    };
    let request = match (&config.consent, &config.authorization_details) {
        (Some(consent), _) => {
            AuthorizationRequest::new(consent.as_ref().request().map_err(|_| reported)?)
        }
        (None, Some(json)) => {
            let details = AuthorizationDetails::parse(json.as_ref()).map_err(|_| reported)?;
            AuthorizationRequest::of_details(details, scopes)
        }
        (None, None) => AuthorizationRequest::of_scopes(scopes),
    };
    match &config.request {
        Some(settings) => with(request, settings.as_ref()),
        None => Ok(request),
    }
}

fn with(
    mut request: AuthorizationRequest,
    settings: &Request,
) -> Result<AuthorizationRequest, Error> {
    if settings.openid {
        request = request.openid();
    }
    if settings.offline_access {
        request = request.offline_access();
    }
    if let Some(seconds) = settings.max_age {
        request = request.max_age(seconds);
    }
    if let Some(values) = &settings.acr_values {
        request = request.acr_values(values)?;
    }
    if let Some(prompt) = &settings.prompt {
        request = request.prompt(prompt)?;
    }
    if let Some(hint) = &settings.login_hint {
        request = request.login_hint(hint)?;
    }
    if let Some(locales) = &settings.ui_locales {
        request = request.ui_locales(locales)?;
    }
    request = settings.resource.iter().fold(request, |request, url| request.resource(url));
    settings.extra.iter().try_fold(request, |request, (name, value)| request.extra(name, value))
}

/// The prefix of this program's messages in a TOML error. Other messages may quote the file.
pub(crate) const OWN: &str = "fdx: ";

/// An error that contains no text of the file.
fn own<E: serde::de::Error>(error: impl std::fmt::Display) -> E {
    E::custom(format_args!("{}{error}", OWN))
}

/// Allows `http` to this machine. `source` allows it only with a dialect for it.
fn issuer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Issuer, D::Error> {
    Issuer::parse_loopback(&String::deserialize(deserializer)?).map_err(own)
}

fn fdx_base<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HttpsUrl, D::Error> {
    HttpsUrl::parse_loopback(&String::deserialize(deserializer)?).map_err(own)
}

fn consent_base<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<HttpsUrl>, D::Error> {
    fdx_base(deserializer).map(Some)
}

fn redirect_uri<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RedirectUri, D::Error> {
    args::redirect_uri(&String::deserialize(deserializer)?).map_err(own)
}
