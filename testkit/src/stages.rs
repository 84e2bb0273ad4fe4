use std::collections::BTreeMap;

use fdx_jose::{PrivateKey, Signer, statement};
use fdx_par::{AuthorizationRequest, Client, Exchanged, Pending, Verified};
use fdx_sandbox::customer::Decision;
use fdx_wire::base64url;
use fdx_wire::form::Query;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::setup::consent_request;
use crate::wire::{Answer, Asked, World};

/// A request for data, an ID token and a refresh token.
pub fn usual_request() -> AuthorizationRequest {
    AuthorizationRequest::new(consent_request()).openid().offline_access()
}

impl World {
    /// Changes the answers of one path from now on.
    pub fn tamper_at(
        &mut self,
        path: &'static str,
        mut change: impl FnMut(Answer) -> Answer + 'static,
    ) {
        self.tamper(move |asked, answer| match asked.uri().path() == path {
            true => change(answer),
            false => answer,
        });
    }

    /// Delivers answers unchanged from now on.
    pub fn tamper_no_more(&mut self) {
        self.tamper(|_, answer| answer);
    }

    /// The requests to `path`, in order.
    #[must_use]
    pub fn asked(&self, path: &str) -> Vec<&Asked> {
        self.sent.iter().filter(|asked| asked.http.uri().path() == path).collect()
    }

    /// The usual request, granted whole: what is pending, and the callback's URL.
    ///
    /// # Panics
    /// If the push fails.
    pub fn pending(&mut self, client: &Client) -> (Pending, String) {
        let (url, pending) = self.push(client, &usual_request()).unwrap();
        let callback = self.customer(&url, &Decision::everything());
        (pending, callback)
    }

    /// The usual request, as far as its tokens.
    ///
    /// # Panics
    /// If a step fails.
    pub fn exchanged(&mut self, client: &Client) -> Exchanged {
        let (pending, callback) = self.pending(client);
        self.exchange(client, pending, &callback).unwrap()
    }

    /// The usual request, as far as the checked ID token.
    ///
    /// # Panics
    /// If a step fails.
    pub fn verified(&mut self, client: &Client) -> Verified {
        let exchanged = self.exchanged(client);
        self.verify(client, exchanged).unwrap()
    }
}

impl Asked {
    /// The parameters of the form in the body.
    ///
    /// # Panics
    /// If the body is not a form.
    #[must_use]
    pub fn form(&self) -> BTreeMap<String, String> {
        let body = str::from_utf8(self.http.body()).unwrap();
        let query = Query::parse(body, usize::MAX).unwrap();
        let value = |name| query.one(name).unwrap().unwrap().to_owned();
        query.names().map(|name| (name.to_owned(), value(name))).collect()
    }

    /// A header's text, empty where it is missing.
    ///
    /// # Panics
    /// If it is not ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let value = self.http.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// The claims of the DPoP proof, null where there is none.
    #[must_use]
    pub fn proof(&self) -> Value {
        claims(&self.header("dpop"))
    }

    /// The claims of the client assertion.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn assertion(&self) -> Value {
        claims(&self.form()["client_assertion"])
    }
}

/// The claims of a compact JWS, unchecked; null where `jws` is empty.
///
/// # Panics
/// If they can't be read.
#[must_use]
pub fn claims(jws: &str) -> Value {
    match jws.split('.').nth(1) {
        Some(payload) => serde_json::from_slice(&base64url::decode(payload).unwrap()).unwrap(),
        None => Value::Null,
    }
}

/// An answer made up.
///
/// # Panics
/// If status or content type are invalid.
#[must_use]
pub fn answer(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let answer = http::Response::builder().status(status).header(CONTENT_TYPE, content_type);
    answer.body(body.into()).unwrap()
}

/// The answer with members of its JSON object set, or removed where they are null.
///
/// # Panics
/// If the body is not a JSON object.
#[must_use]
pub fn patched(answer: Answer, patch: &Value) -> Answer {
    let mut answer = answer;
    let mut body: Value = serde_json::from_slice(answer.body()).unwrap();
    let members = body.as_object_mut().unwrap();
    for (name, value) in patch.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    *answer.body_mut() = serde_json::to_vec(&body).unwrap();
    answer
}

/// The token response with claims of its ID token set, or removed where they are null, signed
/// again by `key`.
///
/// # Panics
/// If there is no ID token.
#[must_use]
pub fn signed_again(answer: Answer, patch: &Value, key: &PrivateKey) -> Answer {
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    let claims = claims(body.get("id_token").and_then(Value::as_str).unwrap());
    let made_up = self::answer(200, "application/json", claims.to_string());
    let claims: Value = serde_json::from_slice(patched(made_up, patch).body()).unwrap();
    let input = statement(key.public(), Some("JWT"), &claims).unwrap();
    let id_token = input.attach(&key.sign(&input).unwrap()).unwrap();
    patched(answer, &serde_json::json!({ "id_token": id_token }))
}
