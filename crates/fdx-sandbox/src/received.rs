use std::collections::BTreeSet;

use fdx_wire::form::Query;
use fdx_wire::{HttpsUrl, Origin, UnixTime};
use http::Request;
use http::header::{CONTENT_TYPE, HOST};

use crate::config::InstitutionConfig;
use crate::error::{Broken, Reason};
use crate::peer::Peer;
use crate::verdict::Verdicts;

const MAX_FORM: usize = 64 * 1024;

/// One request, with what the connection told beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received<'a> {
    pub(crate) request: &'a Request<Vec<u8>>,
    pub(crate) side: Side,
    /// Who showed a certificate; nobody on the main side, where none is asked for.
    pub(crate) peer: &'a Peer,
    pub(crate) now: UnixTime,
}

/// Which of the institution's two authorities a request went to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Main,
    MutualTls,
}

impl Side {
    /// Tells by the absolute URI or the `Host` header; none where the request is for neither.
    pub(crate) fn of(request: &Request<Vec<u8>>, config: &InstitutionConfig) -> Option<Self> {
        let authority = match request.uri().authority() {
            Some(authority) => authority.as_str(),
            None => request.headers().get(HOST)?.to_str().ok()?,
        };
        let is = |side: &Self| {
            let origin = side.origin(config);
            // A mock server on this machine may speak plain http.
            let scheme = if origin.as_str().starts_with("http://") { "http" } else { "https" };
            let asked = HttpsUrl::parse_loopback(&format!("{scheme}://{authority}/"));
            asked.is_ok_and(|asked| asked.origin() == origin)
        };
        [Self::Main, Self::MutualTls].into_iter().find(is)
    }

    pub(crate) fn origin(self, config: &InstitutionConfig) -> Origin {
        match self {
            Self::Main => config.issuer.url().origin(),
            Self::MutualTls => config.mtls_base.origin(),
        }
    }
}

impl<'a> Received<'a> {
    /// The request's URL without its query, as this institution publishes its endpoints.
    pub(crate) fn url(&self, config: &InstitutionConfig) -> String {
        let origin = self.side.origin(config);
        format!("{}{}", origin.as_str(), self.request.uri().path())
    }

    /// A header that is there exactly once, as ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.request.headers().get_all(name).into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }

    /// The form in the body, in which nothing is said twice.
    pub(crate) fn form(&self, verdicts: &mut Verdicts) -> Result<Query<'a>, Broken> {
        let content_type = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        verdicts.require(
            Reason::InvalidRequest,
            "RFC 6749 appendix B",
            "the body is application/x-www-form-urlencoded",
            essence.eq_ignore_ascii_case("application/x-www-form-urlencoded"),
        )?;
        let text = str::from_utf8(self.request.body()).ok();
        let form = verdicts.require_some(
            Reason::InvalidRequest,
            "RFC 6749 appendix B",
            "the form is percent-encoded UTF-8 of at most 64 KiB",
            text.and_then(|text| Query::parse(text, MAX_FORM).ok()),
        )?;
        let mut seen = BTreeSet::new();
        verdicts.require(
            Reason::InvalidRequest,
            "RFC 6749 3.2",
            "no parameter is included more than once",
            form.names().all(|name| seen.insert(name)),
        )?;
        Ok(form)
    }
}

/// The value of a parameter that was found to be there at most once. An empty value counts as
/// absent (RFC 6749 section 3.1).
pub(crate) fn value<'q>(query: &'q Query<'_>, name: &str) -> Option<&'q str> {
    query.one(name).ok().flatten().filter(|value| !value.is_empty())
}
