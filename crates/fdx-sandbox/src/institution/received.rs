//! A request and the connection that it came over.

use std::collections::BTreeSet;

use fdx_jose::Thumbprint;
use fdx_wire::form::Query;
use fdx_wire::{HttpsUrl, Origin, UnixTime};
use http::Request;
use http::header::{CONTENT_TYPE, HOST};

use crate::institution::config::InstitutionConfig;
use crate::institution::form::{MAX_FORM, REPEATABLE};
use crate::institution::rule::Rule;
use crate::institution::verdict::{Verdicts, Violation};

/// A request, with the certificate of its connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received<'a> {
    pub(crate) request: &'a Request<Vec<u8>>,
    pub(crate) side: Side,
    /// The client certificate. The main side requests none.
    pub(crate) peer: &'a Peer,
    pub(crate) now: UnixTime,
}

/// One of the institution's two authorities.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Main,
    MutualTls,
}

impl Side {
    /// Returns the authority in the absolute URI or the `Host` header. `None` if it is neither.
    pub(crate) fn of(request: &Request<Vec<u8>>, config: &InstitutionConfig) -> Option<Self> {
        let authority = match request.uri().authority() {
            Some(authority) => authority.as_str(),
            None => request.headers().get(HOST)?.to_str().ok()?,
        };
        let is = |side: &Self| {
            let origin = side.origin(config);
            // A mock server on this machine may speak plain http.
            let scheme = if origin.as_str().starts_with("http://") { "http" } else { "https" };
            let requested = HttpsUrl::parse_loopback(&format!("{scheme}://{authority}/"));
            requested.is_ok_and(|requested| requested.origin() == origin)
        };
        [Self::Main, Self::MutualTls].into_iter().find(is)
    }

    pub(crate) fn origin(self, config: &InstitutionConfig) -> Origin {
        match self {
            Self::Main => config.issuer.url().origin(),
            Self::MutualTls => config.mtls_base.origin(),
        }
    }

    /// The URL of `path` on this authority.
    pub(crate) fn endpoint(self, config: &InstitutionConfig, path: &str) -> String {
        format!("{}{path}", self.origin(config).as_str())
    }
}

impl<'a> Received<'a> {
    /// The request's URL without its query, with the origin that the institution publishes.
    pub(crate) fn url(&self, config: &InstitutionConfig) -> String {
        self.side.endpoint(config, self.request.uri().path())
    }

    /// Returns an ASCII header that occurs exactly once.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.request.headers().get_all(name).into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }

    /// Whether the content type is `expected`, parameters aside.
    pub(crate) fn has_content_type(&self, expected: &str) -> bool {
        let content_type = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case(expected)
    }

    /// Reads the form in the body. Only `resource` may occur twice (RFC 8707 section 2).
    pub(crate) fn form(&self, verdicts: &mut Verdicts) -> Result<Query<'a>, Violation> {
        verdicts
            .require(Rule::FormType, self.has_content_type("application/x-www-form-urlencoded"))?;
        let text = str::from_utf8(self.request.body()).ok();
        let form = verdicts.require_some(
            Rule::FormEncoding,
            text.and_then(|text| Query::parse(text, MAX_FORM).ok()),
        )?;
        let mut seen = BTreeSet::new();
        verdicts.require(
            Rule::FormDuplicate,
            form.names().all(|name| name == REPEATABLE || seen.insert(name)),
        )?;
        Ok(form)
    }
}

/// Whether a header is absent, or occurs once with a valid value.
pub(crate) fn satisfies(received: &Received<'_>, name: &str, valid: impl Fn(&str) -> bool) -> bool {
    !received.request.headers().contains_key(name) || received.header(name).is_some_and(valid)
}

/// The client certificate of a TLS connection, or none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Peer {
    pub(crate) thumbprint: Option<Thumbprint>,
    pub(crate) subject_dn: Option<String>,
    pub(crate) san_dns: Vec<String>,
}

impl Peer {
    /// A connection without a client certificate.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// A connection with the certificate of this `x5t#S256`, verified by TLS.
    #[must_use]
    pub fn certificate(thumbprint: Thumbprint) -> Self {
        Self { thumbprint: Some(thumbprint), ..Self::default() }
    }

    /// Sets the certificate's subject, in the form of RFC 4514.
    #[must_use]
    pub fn subject_dn(self, name: &str) -> Self {
        Self { subject_dn: Some(name.to_owned()), ..self }
    }

    /// Adds a DNS name to the certificate's alternative names.
    #[must_use]
    pub fn san_dns(mut self, name: &str) -> Self {
        self.san_dns.push(name.to_owned());
        self
    }
}

impl From<Thumbprint> for Peer {
    fn from(thumbprint: Thumbprint) -> Self {
        Self::certificate(thumbprint)
    }
}

impl From<Option<Thumbprint>> for Peer {
    fn from(thumbprint: Option<Thumbprint>) -> Self {
        Self { thumbprint, ..Self::default() }
    }
}

/// RFC 9562 section 4: 8-4-4-4-12 hexadecimal digits.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
