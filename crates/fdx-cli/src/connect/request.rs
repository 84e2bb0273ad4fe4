use fdx_par::{AuthorizationRequest, CallerFault, Error};

use crate::connect::config::{Config, Request};

/// The authorization request that a configuration describes.
pub(crate) fn of(config: &Config) -> Result<AuthorizationRequest, Error> {
    // The consent's own mistakes are told before, in more words.
    let consent = config.consent.as_ref().request().map_err(|_| CallerFault::ParameterText)?;
    let request = AuthorizationRequest::new(consent);
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
