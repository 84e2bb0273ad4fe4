use fdx_jose::Jws;
use fdx_wire::UnixTime;
use fdx_wire::form::Query;
use http::header::LOCATION;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Map, Value};

use super::{Flow, jwt};
use crate::answer;
use crate::config::InstitutionConfig;
use crate::place::Place;
use crate::received::value;

/// Which answer of a flow it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Moment {
    /// The metadata.
    Metadata,
    /// To a client that registers.
    Registration,
    /// To a client that reads its registration.
    RegistrationRead,
    /// To a client that updates its registration.
    RegistrationUpdate,
    /// To a client that ends its registration.
    RegistrationDeletion,
    /// To a pushed authorization request.
    Push,
    /// At the authorization endpoint, to the customer's browser.
    Callback,
    /// To an authorization code.
    Token,
    /// The JWK Set.
    Keys,
    /// To an introspection.
    Introspection,
    /// A consent grant.
    Consent,
    /// To a refresh token.
    Refresh,
    /// Any other FDX resource.
    Resource,
    /// To a client that asks for a token of its own.
    ClientToken,
    /// To the revocation of a consent.
    ConsentRevocation,
    /// The list of a consent's revocations.
    Revocations,
    /// To the revocation of a token.
    Revocation,
}

impl Moment {
    /// Those that no browser takes part in.
    pub const BACK_CHANNEL: &[Self] = &[
        Self::Metadata,
        Self::Registration,
        Self::RegistrationRead,
        Self::RegistrationUpdate,
        Self::RegistrationDeletion,
        Self::Push,
        Self::Token,
        Self::Keys,
        Self::Introspection,
        Self::Consent,
        Self::Refresh,
        Self::Resource,
        Self::ClientToken,
        Self::ConsentRevocation,
        Self::Revocations,
        Self::Revocation,
    ];

    /// The name, as rows begin with it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Registration => "registration",
            Self::RegistrationRead => "registration-read",
            Self::RegistrationUpdate => "registration-update",
            Self::RegistrationDeletion => "registration-deletion",
            Self::Push => "push",
            Self::Callback => "callback",
            Self::Token => "token",
            Self::Keys => "keys",
            Self::Introspection => "introspection",
            Self::Consent => "consent",
            Self::Refresh => "refresh",
            Self::Resource => "resource",
            Self::ClientToken => "client-token",
            Self::ConsentRevocation => "consent-revocation",
            Self::Revocations => "revocations",
            Self::Revocation => "revocation",
        }
    }

    /// What a flow has to be like to come by.
    pub(super) const fn flow(self) -> Flow {
        match self {
            Self::Registration | Self::RegistrationRead => Flow::Registration,
            Self::RegistrationUpdate | Self::RegistrationDeletion => Flow::ManagedRegistration,
            Self::ClientToken | Self::ConsentRevocation | Self::Revocations => {
                Flow::ConsentRevocation
            }
            _ => Flow::Any,
        }
    }

    pub(super) fn of(place: Place, request: &Request<Vec<u8>>) -> Option<Self> {
        Some(match place {
            Place::Metadata => Self::Metadata,
            Place::Register => Self::Registration,
            Place::RegisteredClient => match *request.method() {
                Method::GET => Self::RegistrationRead,
                Method::PUT => Self::RegistrationUpdate,
                Method::DELETE => Self::RegistrationDeletion,
                _ => return None,
            },
            Place::Par => Self::Push,
            Place::Decision => Self::Callback,
            Place::Token => match grant_type(request)?.as_str() {
                "authorization_code" => Self::Token,
                "refresh_token" => Self::Refresh,
                "client_credentials" => Self::ClientToken,
                _ => return None,
            },
            Place::Jwks => Self::Keys,
            Place::Introspect => Self::Introspection,
            Place::Resource if request.uri().path().contains("/consents/") => Self::Consent,
            Place::Resource => Self::Resource,
            Place::ConsentRevocation if *request.method() == Method::GET => Self::Revocations,
            Place::ConsentRevocation => Self::ConsentRevocation,
            Place::Revoke => Self::Revocation,
            _ => return None,
        })
    }
}

fn grant_type(request: &Request<Vec<u8>>) -> Option<String> {
    let form = Query::parse(str::from_utf8(request.body()).ok()?, 64 * 1024).ok()?;
    value(&form, "grant_type").map(str::to_owned)
}

/// An answer on its way out.
pub(super) struct Stage<'a> {
    pub(super) moment: Moment,
    pub(super) config: &'a InstitutionConfig,
    pub(super) response: &'a mut Response<Vec<u8>>,
    pub(super) now: UnixTime,
    /// How often the misbehaviour has shown.
    pub(super) fired: u32,
}

impl Stage<'_> {
    /// Whether this is the successful answer of `moment`: a push or exchange whose DPoP nonce was
    /// asked for first comes by twice.
    pub(super) fn is(&self, moment: Moment) -> bool {
        let status = self.response.status();
        let succeeded = match self.moment {
            Moment::Callback => status == StatusCode::SEE_OTHER,
            _ => status.is_success(),
        };
        self.moment == moment && succeeded
    }

    pub(super) fn header(&mut self, name: &'static str, value: &str) {
        answer::set(self.response, name, value);
    }

    pub(super) fn status(&mut self, status: StatusCode) {
        *self.response.status_mut() = status;
    }

    pub(super) fn body(&mut self, body: impl Into<Vec<u8>>) {
        *self.response.body_mut() = body.into();
    }

    pub(super) fn text(&self) -> Option<String> {
        String::from_utf8(self.response.body().clone()).ok()
    }

    /// Lets `change` change the JSON object in the body.
    pub(super) fn json(&mut self, change: impl FnOnce(&mut Map<String, Value>)) -> Option<()> {
        let mut body: Value = serde_json::from_slice(self.response.body()).ok()?;
        change(body.as_object_mut()?);
        self.body(serde_json::to_vec(&body).ok()?);
        Some(())
    }

    /// Writes another text for a member of the body.
    pub(super) fn member(&mut self, name: &str, value: Value) -> Option<()> {
        self.json(|body| {
            body.insert(name.to_owned(), value);
        })
    }

    pub(super) fn without(&mut self, name: &str) -> Option<()> {
        self.json(|body| {
            body.remove(name);
        })
    }

    /// A member of the body that is a text.
    pub(super) fn read(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(self.response.body()).ok()?;
        body.get(name)?.as_str().map(str::to_owned)
    }

    /// The ID token in the body with other claims, well signed.
    pub(super) fn id_token(&mut self, change: impl FnOnce(&mut Map<String, Value>)) -> Option<()> {
        let changed = jwt::resigned(self.config, &self.read("id_token")?, change)?;
        self.member("id_token", Value::String(changed))
    }

    /// The ID token in the body as another text.
    pub(super) fn id_token_text(
        &mut self,
        change: impl FnOnce(&str) -> Option<String>,
    ) -> Option<()> {
        let changed = change(&self.read("id_token")?)?;
        self.member("id_token", Value::String(changed))
    }

    /// Another JWT of the institution's own where the ID token is.
    pub(super) fn instead_of_id_token(&mut self, typ: Option<&str>, claims: &Value) -> Option<()> {
        let algorithm = Jws::parse(&self.read("id_token")?).ok()?.algorithm();
        let other = jwt::signed(self.config, algorithm, typ, claims)?;
        self.member("id_token", Value::String(other))
    }

    /// Where the browser is sent, as another text.
    pub(super) fn location(&mut self, change: impl FnOnce(&str) -> String) -> Option<()> {
        let location = self.response.headers().get(LOCATION)?.to_str().ok()?;
        let changed = HeaderValue::from_str(&change(location)).ok()?;
        self.response.headers_mut().insert(LOCATION, changed);
        Some(())
    }

    /// A parameter of the callback, as another text; none takes it away.
    pub(super) fn parameter(&mut self, name: &str, value: Option<&str>) -> Option<()> {
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
