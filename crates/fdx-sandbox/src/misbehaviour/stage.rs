//! A response that a misbehaviour changes.

use fdx_jose::Jws;
use fdx_wire::UnixTime;
use http::header::LOCATION;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};

use crate::answer;
use crate::institution::config::InstitutionConfig;
use crate::misbehaviour::jwt;
use crate::misbehaviour::moment::Moment;

/// A response before it is sent.
pub(crate) struct Stage<'a> {
    pub(crate) moment: Moment,
    pub(crate) config: &'a InstitutionConfig,
    pub(crate) response: &'a mut Response<Vec<u8>>,
    pub(crate) now: UnixTime,
    /// How often the misbehaviour showed before.
    pub(crate) fired: u32,
}

impl Stage<'_> {
    /// Whether this is the successful response of `moment`. A push or exchange after a nonce
    /// challenge has two responses.
    pub(crate) fn is(&self, moment: Moment) -> bool {
        let status = self.response.status();
        let succeeded = match self.moment {
            Moment::Callback => status == StatusCode::SEE_OTHER,
            _ => status.is_success(),
        };
        self.moment == moment && succeeded
    }

    pub(crate) fn header(&mut self, name: &'static str, value: &str) {
        answer::set(self.response, name, value);
    }

    pub(crate) fn status(&mut self, status: StatusCode) {
        *self.response.status_mut() = status;
    }

    pub(crate) fn body(&mut self, body: impl Into<Vec<u8>>) {
        *self.response.body_mut() = body.into();
    }

    pub(crate) fn text(&self) -> Option<String> {
        String::from_utf8(self.response.body().clone()).ok()
    }

    /// Lets `change` change the JSON object in the body.
    pub(crate) fn json(&mut self, change: impl FnOnce(&mut Map<String, Value>)) -> Option<()> {
        let mut body: Value = serde_json::from_slice(self.response.body()).ok()?;
        change(body.as_object_mut()?);
        self.body(serde_json::to_vec(&body).ok()?);
        Some(())
    }

    /// Sets a member of the body.
    pub(crate) fn member(&mut self, name: &str, value: Value) -> Option<()> {
        self.json(|body| {
            body.insert(name.to_owned(), value);
        })
    }

    pub(crate) fn without(&mut self, name: &str) -> Option<()> {
        self.json(|body| {
            body.remove(name);
        })
    }

    /// Returns a string member of the body.
    pub(crate) fn read(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(self.response.body()).ok()?;
        body.get(name)?.as_str().map(str::to_owned)
    }

    /// Changes the claims of the ID token in the body, with a valid signature.
    pub(crate) fn id_token(&mut self, change: impl FnOnce(&mut Map<String, Value>)) -> Option<()> {
        let changed = jwt::resigned(self.config, &self.read("id_token")?, change)?;
        self.member("id_token", Value::String(changed))
    }

    /// Changes the text of the ID token in the body.
    pub(crate) fn id_token_text(
        &mut self,
        change: impl FnOnce(&str) -> Option<String>,
    ) -> Option<()> {
        let changed = change(&self.read("id_token")?)?;
        self.member("id_token", Value::String(changed))
    }

    /// Replaces the ID token by another JWT of the institution.
    pub(crate) fn instead_of_id_token(&mut self, typ: Option<&str>, claims: &Value) -> Option<()> {
        let algorithm = Jws::parse(&self.read("id_token")?).ok()?.algorithm();
        let other = jwt::signed(self.config, algorithm, typ, claims)?;
        self.member("id_token", Value::String(other))
    }

    /// Changes the target of the redirect.
    pub(crate) fn location(&mut self, change: impl FnOnce(&str) -> String) -> Option<()> {
        let location = self.response.headers().get(LOCATION)?.to_str().ok()?;
        let changed = HeaderValue::from_str(&change(location)).ok()?;
        self.response.headers_mut().insert(LOCATION, changed);
        Some(())
    }

    /// Sets a parameter of the callback. `None` removes it.
    pub(crate) fn parameter(&mut self, name: &str, value: Option<&str>) -> Option<()> {
        self.location(|location| with_parameter(location, name, value))
    }
}

fn with_parameter(location: &str, name: &str, value: Option<&str>) -> String {
    let (place, query) = location.split_once('?').unwrap_or((location, ""));
    let mut kept: Vec<String> = query
        .split('&')
        .filter(|pair| pair.split('=').next() != Some(name))
        .map(str::to_owned)
        .collect();
    kept.extend(value.map(|value| format!("{name}={}", fdx_wire::percent_encode(value))));
    format!("{place}?{}", kept.join("&"))
}
