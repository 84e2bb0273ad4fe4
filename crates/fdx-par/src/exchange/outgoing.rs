use fdx_jose::SigningInput;
use fdx_wire::HttpsUrl;
use fdx_wire::form::Form;
use http::header::{ACCEPT, HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use super::{ClientCertificate, NonceMemory, NonceSlot};

/// One request before its signatures.
pub struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: HttpsUrl,
    pub(crate) certificate: ClientCertificate,
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
    Bytes(Vec<u8>),
}

impl Outgoing {
    pub(crate) fn get(url: HttpsUrl, limit: usize) -> Self {
        Self::new(Method::GET, url, ClientCertificate::Withhold, Body::Empty, limit)
    }

    pub(crate) fn post(
        url: HttpsUrl,
        certificate: ClientCertificate,
        form: Form,
        limit: usize,
    ) -> Self {
        let mut outgoing = Self::new(Method::POST, url, certificate, Body::Form(form), limit);
        let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        outgoing.headers.insert(http::header::CONTENT_TYPE, content_type);
        outgoing
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
        Self { method, url, certificate, headers, body, limit, inputs: Vec::new(), nonces: None }
    }

    /// Adds a header whose value is ASCII by construction; another value is left out.
    pub(crate) fn header(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }
}
