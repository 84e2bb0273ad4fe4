use fdx_wire::{HttpsUrl, Issuer, UnixTime};
use http::StatusCode;

use crate::discovery::metadata;
use crate::discovery::metadata::ServerMetadata;
use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::exchange::answer::Answer;
use crate::exchange::draft::{Draft, Exchange};
use crate::exchange::mint::{Mint, NoEntropy};
use crate::exchange::outgoing::Outgoing;

/// The well-known path at which an issuer publishes its metadata.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WellKnown {
    /// `/.well-known/oauth-authorization-server`, between host and path (RFC 8414 section 3.1).
    OAuthAuthorizationServer,
    /// `/.well-known/openid-configuration`, after the path (OpenID Connect Discovery 4.1).
    OpenidConfiguration,
    /// `/.well-known/openid-configuration`, between host and path (RFC 8414 sections 3.1 and 5).
    OpenidConfigurationBeforePath,
}

pub(crate) const LIMIT: usize = 256 * 1024;
const MEMBERS: usize = 10_000;

/// Drafts the request for an issuer's metadata.
///
/// The issuer comes from configuration or from a registry, never from a request (FAPI 2.0 Security
/// Profile 5.3.3.1-10). Its endpoints must be `https`; those of an issuer made by
/// [`Issuer::parse_loopback`] may also be `http` on a loopback address.
///
/// # Errors
/// [`CallFault::UrlTooLong`].
pub fn discover(
    issuer: &Issuer,
    well_known: WellKnown,
    now: UnixTime,
) -> Result<Draft<ServerMetadata>, Error> {
    Ok(Draft::new(Discovery { issuer: issuer.clone(), well_known }, NoEntropy, now)?)
}

pub struct Discovery {
    pub(crate) issuer: Issuer,
    pub(crate) well_known: WellKnown,
}

impl Exchange for ServerMetadata {
    type Request = Discovery;
    type Kept = ();
    type Entropy = NoEntropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(request: &Discovery, _: &Mint<'_, NoEntropy>) -> Result<(Outgoing, ()), Error> {
        let url = well_known_url(&request.issuer, request.well_known)?;
        Ok((Outgoing::get(url, LIMIT), ()))
    }

    fn read(request: Discovery, (): (), answer: &Answer<'_>) -> Result<Self, Error> {
        let object = answer.object(StatusCode::OK, MEMBERS, &metadata::members::ISSUER)?;
        metadata::read(answer, &object, request.issuer).map_err(|broken| answer.broken(broken))
    }
}

pub(crate) fn well_known_url(issuer: &Issuer, well_known: WellKnown) -> Result<HttpsUrl, Error> {
    let url = issuer.url();
    let path = url.path().trim_end_matches('/');
    let host = url.as_str().strip_suffix(url.path()).unwrap_or(url.as_str());
    let text = match well_known {
        WellKnown::OAuthAuthorizationServer => {
            format!("{host}/.well-known/oauth-authorization-server{path}")
        }
        WellKnown::OpenidConfiguration => format!("{host}{path}/.well-known/openid-configuration"),
        WellKnown::OpenidConfigurationBeforePath => {
            format!("{host}/.well-known/openid-configuration{path}")
        }
    };
    metadata::parse_for(issuer, &text).map_err(|_| CallFault::UrlTooLong.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_treat_the_path_as_their_standards_say() {
        for (issuer, oauth, openid) in [
            (
                "https://bank.example",
                "https://bank.example/.well-known/oauth-authorization-server",
                "https://bank.example/.well-known/openid-configuration",
            ),
            (
                "https://bank.example:8443/fdx/",
                "https://bank.example:8443/.well-known/oauth-authorization-server/fdx",
                "https://bank.example:8443/fdx/.well-known/openid-configuration",
            ),
            (
                "http://127.0.0.1:8080/fdx",
                "http://127.0.0.1:8080/.well-known/oauth-authorization-server/fdx",
                "http://127.0.0.1:8080/fdx/.well-known/openid-configuration",
            ),
        ] {
            let issuer = Issuer::parse_loopback(issuer).unwrap();
            let url = |form| well_known_url(&issuer, form).unwrap().as_str().to_owned();
            assert_eq!(url(WellKnown::OAuthAuthorizationServer), oauth);
            assert_eq!(url(WellKnown::OpenidConfiguration), openid);
            let oauth = oauth.replace("oauth-authorization-server", "openid-configuration");
            assert_eq!(url(WellKnown::OpenidConfigurationBeforePath), oauth);
        }
    }
}
