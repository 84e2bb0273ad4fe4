//! The institution's endpoints: which path leads where, and who reads the response.

use http::Method;

use crate::institution::config::{InstitutionConfig, RegistrationPolicy};

/// An endpoint.
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
    RegisterByCertificate,
    RegisteredClient,
    Resource,
    Revoke,
    Token,
}

/// The reader of a response, which determines the form of an error.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Surface {
    /// A client at the authorization server.
    Client,
    /// A client that registers or manages its registration.
    Registration,
    /// The customer's browser.
    Browser,
    /// A client at a resource.
    Resource,
}

impl Place {
    /// The reader of the endpoint's responses, and the methods that it accepts.
    pub(crate) fn surface(self) -> (Surface, &'static [Method]) {
        match self {
            Self::Par
            | Self::Token
            | Self::Introspect
            | Self::RegisterByCertificate
            | Self::Revoke => (Surface::Client, &[Method::POST]),
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

    /// Returns the endpoint at `path`.
    pub(crate) fn of(path: &str, config: &InstitutionConfig) -> Option<Self> {
        let paths = config.paths;
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
            .or_else(|| is_well_known(config, path).then_some(Self::Metadata))
    }
}

/// The registration endpoint and the clients below it, if the institution has one.
fn registration(path: &str, config: &InstitutionConfig) -> Option<Place> {
    let below = path.strip_prefix(config.paths.register)?;
    match (&config.registration, below.strip_prefix('/')) {
        (RegistrationPolicy::ByCertificate, None) => {
            below.is_empty().then_some(Place::RegisterByCertificate)
        }
        (closed, _) if closed.is_closed() => None,
        (_, Some(client_id)) if !client_id.contains('/') => Some(Place::RegisteredClient),
        (_, Some(_)) => None,
        (_, None) => below.is_empty().then_some(Place::Register),
    }
}

/// Whether `path` is one of the two well-known places for this issuer: the path inserted
/// (RFC 8414 section 3.1) and the path appended (OpenID Connect Discovery section 4).
fn is_well_known(config: &InstitutionConfig, path: &str) -> bool {
    let tail = config.issuer.url().path().trim_end_matches('/');
    path.strip_prefix("/.well-known/oauth-authorization-server") == Some(tail)
        || path.strip_suffix("/.well-known/openid-configuration") == Some(tail)
}
