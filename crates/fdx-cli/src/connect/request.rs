use fdx_par::dialect::{AUTIONAL, UAE};
use fdx_par::not_fapi::{AUTIONAL_CLIENT_SECRET, MX};
use fdx_par::{AuthorizationRequest, CallerFault, Dialect, Error};
use fdx_rar::{ScopeError, Scopes};

use crate::connect::config::{Config, Request};
use crate::error::Failure;

/// What a provider is asked in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Words {
    /// FDX consents, `[consent]`.
    Consent,
    /// Authorization details of its own, which no setting can say.
    Details,
    /// `scopes` alone.
    Scopes,
}

impl Words {
    pub(crate) fn of(dialect: Dialect) -> Self {
        match dialect {
            AUTIONAL | AUTIONAL_CLIENT_SECRET | UAE => Self::Details,
            MX => Self::Scopes,
            _ => Self::Consent,
        }
    }
}

/// The authorization request that a configuration describes, if `connect` has the words for it.
pub(crate) fn asked(config: &Config) -> Result<AuthorizationRequest, Failure> {
    let dialect = config.dialect();
    if Words::of(dialect) == Words::Details {
        let name = dialect.name();
        return Err(Failure::usage(
            format!(
                "dialect = \"{name}\": {} is asked in authorization details of its own type, \
                 which fdx connect can't write",
                dialect.provider()
            ),
            format!(
                "write a program with the library: AuthorizationRequest::of_details; fdx dialects \
                 {name} says what it meets"
            ),
        ));
    }
    of(config).map_err(|error| Failure::protocol("the request", &error))
}

/// The scopes that are asked for without a consent.
pub(crate) fn scopes(texts: &[String]) -> Result<Scopes, ScopeError> {
    Scopes::parse(&texts.join(" "))
}

/// The same, whatever the dialect.
pub(crate) fn of(config: &Config) -> Result<AuthorizationRequest, Error> {
    // Their own mistakes are told before, in more words.
    let unsaid = CallerFault::ParameterText;
    let request = match (&config.consent, &config.scopes) {
        (Some(consent), _) => {
            AuthorizationRequest::new(consent.as_ref().request().map_err(|_| unsaid)?)
        }
        (None, Some(texts)) => {
            AuthorizationRequest::of_scopes(scopes(texts.as_ref()).map_err(|_| unsaid)?)
        }
        (None, None) => AuthorizationRequest::of_scopes(Scopes::default()),
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
