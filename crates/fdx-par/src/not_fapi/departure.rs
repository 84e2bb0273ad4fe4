use fdx_wire::{HttpsUrl, Issuer};

use crate::client::{ClientAuthentication, ClientConfig};
use crate::dialect::{Dialect, Member};
use crate::discovery::ServerMetadata;
use crate::{CallerFault, Error};

/// A way in which a provider is not FAPI 2.0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Departure {
    /// `client_secret_basic` (RFC 6749 section 2.3.1), with `client_id` in the body too.
    ClientSecretBasic,
    /// `client_secret` in the body (RFC 6749 section 2.3.1).
    ClientSecretPost,
    /// No metadata: the endpoints are the documented paths on the issuer's origin.
    DocumentedEndpoints(DocumentedEndpoints),
    /// The authorization request travels through the browser.
    NotPushed,
    /// `openid` is asked for, and no ID token comes.
    OpenidWithoutIdToken,
    /// Access tokens are bound to nothing: plain Bearer (RFC 6750).
    UnboundTokens,
}

/// Paths on the issuer's origin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DocumentedEndpoints {
    /// `authorization_endpoint`.
    pub authorization: &'static str,
    /// `token_endpoint`.
    pub token: &'static str,
    /// `revocation_endpoint`.
    pub revocation: &'static str,
}

impl Departure {
    /// A name that is stable, such as `not-fapi.client-secret-basic`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "not-fapi.client-secret-basic",
            Self::ClientSecretPost => "not-fapi.client-secret-post",
            Self::DocumentedEndpoints(_) => "not-fapi.documented-endpoints",
            Self::NotPushed => "not-fapi.not-pushed",
            Self::OpenidWithoutIdToken => "not-fapi.openid-without-id-token",
            Self::UnboundTokens => "not-fapi.unbound-tokens",
        }
    }

    /// The clause that it departs from.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        match self {
            Self::ClientSecretBasic | Self::ClientSecretPost => {
                "FAPI 2.0 Security Profile 5.3.3.1-2"
            }
            Self::DocumentedEndpoints(_) => "FAPI 2.0 Security Profile 5.3.3.1-9",
            Self::NotPushed => "FAPI 2.0 Security Profile 5.3.3.2-2",
            Self::OpenidWithoutIdToken => "OpenID Connect Core 3.1.3.3",
            Self::UnboundTokens => "FAPI 2.0 Security Profile 5.3.3.1-1",
        }
    }
}

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

impl Dialect {
    /// The endpoints of a provider that publishes no metadata, on the origin of its `issuer`.
    ///
    /// # Errors
    /// [`CallerFault::MetadataPublished`] where the dialect documents none:
    /// [discover](crate::discover) them. [`CallerFault::UrlTooLong`].
    pub fn documented_metadata(&self, issuer: &Issuer) -> Result<ServerMetadata, Error> {
        let documented = self.find(|member| match member {
            Member::NotFapi(Departure::DocumentedEndpoints(endpoints)) => Some(endpoints),
            _ => None,
        });
        let endpoints = documented.ok_or(CallerFault::MetadataPublished)?;
        let at = |path| on_origin(issuer, path);
        Ok(ServerMetadata::of_documented(
            issuer.clone(),
            at(endpoints.authorization)?,
            at(endpoints.token)?,
            at(endpoints.revocation)?,
        ))
    }
}

/// A path on the issuer's own origin: an override never leads to another host.
pub(crate) fn on_origin(issuer: &Issuer, path: &str) -> Result<HttpsUrl, Error> {
    let text = format!("{}{path}", issuer.url().origin().as_str());
    let url = match issuer.is_loopback_http() {
        true => HttpsUrl::parse_loopback(&text),
        false => HttpsUrl::parse(&text),
    };
    url.map_err(|_| CallerFault::UrlTooLong.into())
}
