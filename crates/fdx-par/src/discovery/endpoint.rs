use fdx_wire::{HttpsUrl, Issuer};

use crate::error::caller::CallerFault;
use crate::error::error::Error;

/// A path on the issuer's own origin: an override never leads to another host.
pub(crate) fn on_origin(issuer: &Issuer, path: &str) -> Result<HttpsUrl, Error> {
    let text = format!("{}{path}", issuer.url().origin().as_str());
    let url = match issuer.is_loopback_http() {
        true => HttpsUrl::parse_loopback(&text),
        false => HttpsUrl::parse(&text),
    };
    url.map_err(|_| CallerFault::UrlTooLong.into())
}

/// An endpoint of the authorization server that the client posts to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Endpoint {
    /// RFC 9126.
    PushedAuthorizationRequest,
    /// RFC 6749 section 3.2.
    Token,
    /// RFC 7662.
    Introspection,
    /// RFC 7009.
    Revocation,
    /// RFC 7591, which takes no authentication: there is no client yet.
    Registration,
}
