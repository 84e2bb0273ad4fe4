use bytes::Bytes;
use fdx_jose::{SigningInput, Thumbprint};
use fdx_wire::form::Form;
use fdx_wire::json::ObjectWriter;
use fdx_wire::{HttpsUrl, Secret};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue,
    InvalidHeaderValue, USER_AGENT,
};
use http::{HeaderMap, Method};
use zeroize::Zeroizing;

use crate::error::caller::CallFault;
use crate::error::refusal::Asserted;
use crate::exchange::nonces::{NonceMemory, NonceSlot};
use crate::exchange::request::ClientCertificate;

/// One request before its signatures.
pub struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: HttpsUrl,
    pub(crate) certificate: ClientCertificate,
    /// Thumbprint of the certificate to show, if it is known.
    pub(crate) thumbprint: Option<Thumbprint>,
    /// Thumbprint of the certificate that later requests of the flow show, if this request begins one.
    pub(crate) flow_certificate: Option<Thumbprint>,
    pub(crate) headers: HeaderMap,
    pub(super) body: Body,
    /// The largest response body that is read, in bytes.
    pub(super) limit: usize,
    /// The client assertion among the signed parameters.
    pub(crate) asserted: Option<Asserted>,
    /// One for each signed parameter of the body, in their order, and one for the DPoP proof, if
    /// there is one.
    pub(super) inputs: Vec<SigningInput>,
    /// The memory and slot of the DPoP proof's nonce. Present exactly if there is a proof.
    pub(super) nonces: Option<(NonceMemory, NonceSlot)>,
}

pub(crate) enum Body {
    Empty,
    Bytes(Zeroizing<Vec<u8>>),
    Json(ObjectWriter),
    Parameters(ParameterBody),
}

/// The parameters of a request to the authorization server.
pub(crate) struct ParameterBody {
    writer: Writer,
    signed: Vec<SignedParameter>,
    inputs: Vec<SigningInput>,
}

enum Writer {
    Form(Form),
    Json(ObjectWriter),
}

/// A parameter that is appended once it is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SignedParameter {
    /// `client_assertion`, after its type (RFC 7523 section 2.2).
    ClientAssertion,
    /// `request` (RFC 9101).
    RequestObject,
}

/// The default `User-Agent`. A transport or a resource request can replace it.
const PRODUCT: &str = concat!("fdx/", env!("CARGO_PKG_VERSION"));

const CLIENT_ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl From<Form> for ParameterBody {
    fn from(form: Form) -> Self {
        Self::new(Writer::Form(form))
    }
}

impl From<ObjectWriter> for ParameterBody {
    fn from(object: ObjectWriter) -> Self {
        Self::new(Writer::Json(object))
    }
}

impl ParameterBody {
    fn new(writer: Writer) -> Self {
        Self { writer, signed: Vec::new(), inputs: Vec::new() }
    }

    /// Appends a parameter.
    pub(crate) fn parameter(&mut self, name: &str, value: &str) {
        match &mut self.writer {
            Writer::Form(form) => drop(form.pair(name, value)),
            Writer::Json(object) => drop(object.text(name, value)),
        }
    }

    /// Adds a parameter that is signed later.
    pub(crate) fn sign(&mut self, parameter: SignedParameter, input: SigningInput) {
        self.signed.push(parameter);
        self.inputs.push(input);
    }

    fn append(&mut self, parameter: SignedParameter, token: &str) {
        match parameter {
            SignedParameter::ClientAssertion => {
                self.parameter("client_assertion_type", CLIENT_ASSERTION_TYPE);
                self.parameter("client_assertion", token);
            }
            SignedParameter::RequestObject => self.parameter("request", token),
        }
    }

    fn into_bytes(mut self, tokens: &[Secret]) -> Vec<u8> {
        let signed = core::mem::take(&mut self.signed);
        for (parameter, token) in signed.into_iter().zip(tokens) {
            self.append(parameter, token.expose());
        }
        match self.writer {
            Writer::Form(form) => form.into_bytes(),
            Writer::Json(object) => object.into_bytes(),
        }
    }
}

impl Body {
    /// The number of parameters that are signed.
    pub(super) fn signed(&self) -> usize {
        match self {
            Self::Parameters(parameters) => parameters.signed.len(),
            Self::Empty | Self::Bytes(_) | Self::Json(_) => 0,
        }
    }

    /// The bytes, with one token for each signed parameter.
    pub(super) fn into_bytes(self, tokens: &[Secret]) -> Vec<u8> {
        match self {
            Self::Empty => Vec::new(),
            Self::Bytes(mut bytes) => core::mem::take(&mut *bytes),
            Self::Json(object) => object.into_bytes(),
            Self::Parameters(parameters) => parameters.into_bytes(tokens),
        }
    }

    fn content_type(&self) -> Option<&'static str> {
        const FORM: &str = "application/x-www-form-urlencoded";
        const JSON: &str = "application/json";
        match self {
            Self::Parameters(ParameterBody { writer: Writer::Form(_), .. }) => Some(FORM),
            Self::Json(_) | Self::Parameters(_) => Some(JSON),
            Self::Empty | Self::Bytes(_) => None,
        }
    }
}

/// A header value that does not print, and that is wiped when its last copy is dropped.
///
/// # Errors
/// A part has a character that a header value can't contain.
pub(super) fn sensitive(parts: &[&str]) -> Result<HeaderValue, InvalidHeaderValue> {
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
        mut body: Body,
        limit: usize,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // RFC 9110 12.5.3: without it, the server may use any coding. Nothing here decodes.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        // RFC 9110 10.1.5: some firewalls block requests without it.
        headers.insert(USER_AGENT, HeaderValue::from_static(PRODUCT));
        if let Some(content_type) = body.content_type() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let inputs = match &mut body {
            Body::Parameters(parameters) => core::mem::take(&mut parameters.inputs),
            Body::Empty | Body::Bytes(_) | Body::Json(_) => Vec::new(),
        };
        Self {
            method,
            url,
            certificate,
            asserted: None,
            thumbprint: None,
            flow_certificate: None,
            headers,
            body,
            limit,
            inputs,
            nonces: None,
        }
    }

    /// Adds the DPoP proof, which is signed later.
    pub(crate) fn prove(&mut self, proof: SigningInput, memory: NonceMemory, slot: NonceSlot) {
        self.inputs.push(proof);
        self.nonces = Some((memory, slot));
    }

    /// Adds `Authorization` (RFC 9110 section 11.6.2), which does not print. Some consent APIs
    /// require the credentials without a scheme.
    ///
    /// # Errors
    /// The credentials have a character that a header value can't contain.
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

    /// Adds a header.
    ///
    /// # Errors
    /// [`CallFault::HeaderText`] if the value is not printable ASCII.
    pub(crate) fn header(&mut self, name: HeaderName, value: &str) -> Result<(), CallFault> {
        // `from_str` would also accept bytes above 127.
        let value = HeaderValue::from_str(value).ok().filter(|_| value.is_ascii());
        self.headers.insert(name, value.ok_or(CallFault::HeaderText)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_header_value_that_is_not_printable_ascii() {
        let url = HttpsUrl::parse("https://bank.example").unwrap();
        for value in ["a\nb", "a\0", "\u{7f}", "caf\u{e9}"] {
            let mut outgoing = Outgoing::get(url.clone(), 1024);
            let added = outgoing.header(ACCEPT, value);
            assert_eq!(added, Err(CallFault::HeaderText), "{value:?}");
            assert_eq!(outgoing.headers[ACCEPT], "application/json");
        }
    }
}
