//! What a wrong client does to a request.

use fdx_sandbox::Peer;
use fdx_wire::form::{Form, Query};
use fdx_wire::{UnixTime, base64url};
use http::{HeaderName, HeaderValue};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Pen;
use crate::Outgoing;
use crate::signed::{header, set, with_header};
use crate::stages::claims;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Outgoing {
    /// The form's parameters, in their order.
    ///
    /// # Panics
    /// If the body is not a form.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        let body = str::from_utf8(self.http.body()).unwrap();
        let query = Query::parse(body, usize::MAX).unwrap();
        let pair = |name: &str| (name.to_owned(), query.one(name).unwrap().unwrap().to_owned());
        query.names().map(pair).collect()
    }

    /// A parameter of the form, empty where it is missing.
    #[must_use]
    pub fn parameter(&self, name: &str) -> String {
        let mut pairs = self.form().into_iter();
        pairs.find(|(known, _)| known == name).map(|(_, value)| value).unwrap_or_default()
    }

    /// Sets a parameter of the form.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.add(name, value);
    }

    /// Removes a parameter of the form.
    pub fn unset(&mut self, name: &str) {
        let mut form = Form::new();
        for (known, value) in self.form().iter().filter(|(known, _)| known != name) {
            form.pair(known, value);
        }
        *self.http.body_mut() = form.as_str().into();
    }

    /// Writes a parameter behind the others, whether it is there or not.
    pub fn add(&mut self, name: &str, value: &str) {
        let mut pair = Form::new();
        pair.pair(name, value);
        self.append(&format!("&{}", pair.as_str()));
    }

    /// Writes behind the body.
    pub fn append(&mut self, text: &str) {
        self.http.body_mut().extend_from_slice(text.as_bytes());
    }

    /// Sets a header, or removes it where `value` is empty.
    ///
    /// # Panics
    /// If it can't be written.
    pub fn header(&mut self, name: &'static str, value: &str) {
        self.http.headers_mut().remove(name);
        if !value.is_empty() {
            let value = HeaderValue::from_str(value).unwrap();
            self.http.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }

    /// Sends a header once more, as it is.
    pub fn repeat(&mut self, name: &'static str) {
        let value = self.http.headers()[name].clone();
        self.http.headers_mut().append(HeaderName::from_static(name), value);
    }

    /// A header's text.
    ///
    /// # Panics
    /// If it is missing.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.http.headers()[name].to_str().unwrap().to_owned()
    }

    /// Replaces a part of the URL, and the proof's `htu` with it.
    ///
    /// # Panics
    /// If the text is not a URL.
    pub fn go(&mut self, from: &str, to: &str) {
        let url = self.http.uri().to_string().replace(from, to);
        *self.http.uri_mut() = url.parse().unwrap();
        if self.http.headers().contains_key("dpop") {
            let htu = url.split('?').next().unwrap();
            self.proof(&serde_json::json!({ "htu": htu }));
        }
    }

    /// Shows no certificate.
    pub fn anonymous(&mut self) {
        self.peer = Peer::anonymous();
    }

    /// Sets claims of the client assertion, or removes those that are null, and signs it again.
    pub fn assertion(&mut self, patch: &Value) {
        let text = self.parameter("client_assertion");
        self.set("client_assertion", &again(&text, patch));
    }

    /// Sets members of the client assertion's header, and signs it again.
    pub fn assertion_header(&mut self, patch: &Value) {
        let text = self.parameter("client_assertion");
        self.set("client_assertion", &header_again(&text, patch, &Pen::own()));
    }

    /// Sends another client assertion, or one where there is none.
    pub fn assertion_text(&mut self, text: &str) {
        self.set("client_assertion_type", TYPE);
        self.set("client_assertion", text);
    }

    /// Speaks for another client that has the same key.
    pub fn speak_for(&mut self, client_id: &str) {
        self.assertion(&serde_json::json!({ "iss": client_id, "sub": client_id }));
        if !self.parameter("client_id").is_empty() {
            self.set("client_id", client_id);
        }
    }

    /// Sets claims of the request object, and signs it again.
    pub fn request_object(&mut self, patch: &Value) {
        let text = self.parameter("request");
        self.set("request", &again(&text, patch));
    }

    /// Sets members of the request object's header, and signs it again.
    pub fn request_object_header(&mut self, patch: &Value) {
        let text = self.parameter("request");
        self.set("request", &header_again(&text, patch, &Pen::own()));
    }

    /// Sets claims of the DPoP proof, and signs it again.
    pub fn proof(&mut self, patch: &Value) {
        let text = again(&self.text("dpop"), patch);
        self.header("dpop", &text);
    }

    /// Sets members of the DPoP proof's header, and signs it again.
    pub fn proof_header(&mut self, patch: &Value) {
        let text = header_again(&self.text("dpop"), patch, &Pen::own());
        self.header("dpop", &text);
    }

    /// The proof for another access token.
    pub fn proof_for(&mut self, token: &str) {
        let hash = base64url::encode(&Sha256::digest(token));
        self.proof(&serde_json::json!({ "ath": hash }));
    }

    /// The same proof by another key.
    pub fn proof_by(&mut self, pen: &Pen) {
        let patch = serde_json::json!({ "jwk": pen.jwk() });
        let text = header_again(&self.text("dpop"), &patch, pen);
        self.header("dpop", &text);
    }
}

/// A time as claims have it: so many seconds after the tests begin.
pub(super) fn at(seconds: i64) -> Value {
    let at: UnixTime = crate::start();
    Value::from(at.as_seconds() as i64 + seconds)
}

/// An RSA key of so many bits that nobody has.
pub(super) fn rsa_jwk(bits: usize) -> Value {
    let modulus = base64url::encode(&vec![0xff; bits / 8]);
    serde_json::json!({ "kty": "RSA", "n": modulus, "e": "AQAB" })
}

/// A JWS with claims set, signed again under its own header.
fn again(jws: &str, patch: &Value) -> String {
    let mut claims = claims(jws);
    set(&mut claims, patch);
    Pen::own().sign(&header(jws), &claims.to_string())
}

fn header_again(jws: &str, patch: &Value, pen: &Pen) -> String {
    let header = header(&with_header(jws, patch));
    pen.sign(&header, &claims(jws).to_string())
}

/// A JWS whose claims were changed after it was signed.
pub(super) fn changed(jws: &str, patch: &Value) -> String {
    let mut claims = claims(jws);
    set(&mut claims, patch);
    let mut parts: Vec<_> = jws.split('.').map(str::to_owned).collect();
    parts[1] = base64url::encode(claims.to_string().as_bytes());
    parts.join(".")
}
