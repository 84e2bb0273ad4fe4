use bytes::Bytes;
use fdx_jose::{SigningInput, Thumbprint};
use fdx_wire::form::Form;
use fdx_wire::json::ObjectWriter;
use fdx_wire::{HttpsUrl, Secret};
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, InvalidHeaderValue,
};
use http::{HeaderMap, Method};
use zeroize::Zeroizing;

use crate::exchange::nonces::{NonceMemory, NonceSlot};
use crate::exchange::request::ClientCertificate;

/// One request before its signatures.
pub struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: HttpsUrl,
    pub(crate) certificate: ClientCertificate,
    /// Of the certificate to show, where it is known.
    pub(crate) thumbprint: Option<Thumbprint>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    /// Bytes that the answer may have.
    pub(crate) limit: usize,
    pub(crate) inputs: Vec<SigningInput>,
    /// Where this attempt's DPoP nonce came from, and where the next one goes.
    pub(crate) nonces: Option<(NonceMemory, NonceSlot)>,
}

pub(crate) enum Body {
    Empty,
    /// A form, to which `client_assertion` is appended when it is signed.
    Form(Form),
    /// A JSON object, to which it is appended alike.
    Json(ObjectWriter),
    Bytes(Zeroizing<Vec<u8>>),
}

impl From<Form> for Body {
    fn from(form: Form) -> Self {
        Self::Form(form)
    }
}

impl Body {
    /// Appends a parameter, where parameters belong.
    pub(crate) fn parameter(&mut self, name: &str, value: &str) {
        match self {
            Self::Form(form) => drop(form.pair(name, value)),
            Self::Json(object) => drop(object.text(name, value)),
            Self::Empty | Self::Bytes(_) => {}
        }
    }

    fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Form(_) => Some("application/x-www-form-urlencoded"),
            Self::Json(_) => Some("application/json"),
            Self::Empty | Self::Bytes(_) => None,
        }
    }
}

/// A header value that does not print, and that is wiped when its last copy is dropped, whoever has
/// it by then.
///
/// # Errors
/// A part has a character that can't stand in a header.
pub(crate) fn sensitive(parts: &[&str]) -> Result<HeaderValue, InvalidHeaderValue> {
    let value = Zeroizing::new(parts.concat().into_bytes());
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(value))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Outgoing {
    pub(crate) fn get(url: HttpsUrl, limit: usize) -> Self {
        Self::new(Method::GET, url, ClientCertificate::Withhold, Body::Empty, limit)
    }

    pub(crate) fn new(
        method: Method,
        url: HttpsUrl,
        certificate: ClientCertificate,
        body: Body,
        limit: usize,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(content_type) = body.content_type() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Self {
            method,
            url,
            certificate,
            thumbprint: None,
            headers,
            body,
            limit,
            inputs: Vec::new(),
            nonces: None,
        }
    }

    /// Adds `Authorization` (RFC 9110 section 11.6.2), which does not print. Some consent APIs want
    /// the credentials without a scheme.
    ///
    /// # Errors
    /// The credentials can't stand in a header.
    pub(crate) fn authorization(
        &mut self,
        scheme: Option<&str>,
        credentials: &Secret,
    ) -> Result<(), InvalidHeaderValue> {
        let (scheme, space) = scheme.map_or(("", ""), |scheme| (scheme, " "));
        let value = sensitive(&[scheme, space, credentials.expose()])?;
        self.headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    /// Adds a header whose value is ASCII by construction; another value is left out.
    pub(crate) fn header(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }
}
