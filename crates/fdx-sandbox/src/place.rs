//! What is at which path.

use http::Method;

use crate::config::InstitutionConfig;
use crate::metadata;
use crate::telling::Surface;

/// What is at a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Authorize,
    ConsentRevocation,
    Decision,
    Introspect,
    Jwks,
    Metadata,
    Par,
    Register,
    RegisteredClient,
    Resource,
    Revoke,
    Token,
}

impl Place {
    /// Who reads what is answered there, and the methods that it takes.
    pub(crate) fn surface(self) -> (Surface, &'static [Method]) {
        match self {
            Self::Par | Self::Token | Self::Introspect | Self::Revoke => {
                (Surface::Client, &[Method::POST])
            }
            Self::Register => (Surface::Registration, &[Method::POST]),
            Self::RegisteredClient => {
                (Surface::Registration, &[Method::DELETE, Method::GET, Method::PUT])
            }
            Self::Authorize => (Surface::Browser, &[Method::GET]),
            Self::Decision => (Surface::Browser, &[Method::POST]),
            Self::Jwks | Self::Metadata => (Surface::Client, &[Method::GET]),
            Self::ConsentRevocation => (Surface::Resource, &[Method::GET, Method::PUT]),
            Self::Resource => (Surface::Resource, &[Method::GET]),
        }
    }

    pub(crate) fn of(path: &str, config: &InstitutionConfig) -> Option<Self> {
        let paths = config.paths();
        let places = [
            (paths.authorize, Self::Authorize),
            (paths.decision, Self::Decision),
            (paths.introspect, Self::Introspect),
            (paths.jwks, Self::Jwks),
            (paths.par, Self::Par),
            (paths.revoke, Self::Revoke),
            (paths.token, Self::Token),
        ];
        let known = places.into_iter().find(|(known, _)| *known == path);
        let below = path.strip_prefix(paths.fdx).filter(|below| below.starts_with('/'));
        let resource = below.map(|below| match below.split('/').collect::<Vec<_>>().as_slice() {
            ["", "consents", _, "revocation"] => Self::ConsentRevocation,
            _ => Self::Resource,
        });
        known
            .map(|(_, place)| place)
            .or_else(|| registration(path, config))
            .or(resource)
            .or_else(|| metadata::is_well_known(config, path).then_some(Self::Metadata))
    }
}

/// The registration endpoint, and the clients below it, where there is one.
fn registration(path: &str, config: &InstitutionConfig) -> Option<Place> {
    let below = path.strip_prefix(config.paths().register)?;
    match below.strip_prefix('/') {
        _ if config.registration.is_closed() => None,
        Some(client_id) if !client_id.contains('/') => Some(Place::RegisteredClient),
        Some(_) => None,
        None => below.is_empty().then_some(Place::Register),
    }
}
