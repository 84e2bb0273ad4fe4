//! The definition of a provider, and helpers that rewrite its messages.

use fdx_jose::{Algorithm, Jwks};
use fdx_wire::form::Query;
use fdx_wire::{RedirectUri, UnixTime};
use http::header::LOCATION;
use http::{Request, Response};
use serde_json::Value;

use crate::answer;
use crate::institution::client::{Binding, RegisteredClient, RequestObjects};
use crate::institution::config::{InstitutionConfig, Manners, Paths};
use crate::institution::received::Peer;

/// A provider: its differences from the strict institution, as plain data.
#[derive(Debug)]
#[non_exhaustive]
pub struct Provider {
    /// The name in configurations and on command lines.
    pub name: &'static str,
    /// The endpoints' paths.
    pub paths: Paths,
    pub(crate) manners: Manners,
    pub(crate) clients: Clients,
    /// Sets the provider's policies.
    pub(crate) policies: fn(&mut InstitutionConfig),
    /// Maps a request of the provider's clients to a strict one.
    pub(crate) map_request: fn(&Incoming<'_>) -> Mapped,
    /// Changes a strict response into the provider's.
    pub(crate) map_response: fn(Outgoing<'_>),
}

/// The provider's usual client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clients {
    /// How its tokens are bound.
    pub(crate) binding: Binding,
    /// The algorithm of its ID tokens and request objects, which are then required. `None` means
    /// ES256 and unsigned requests.
    pub(crate) signing: Option<Algorithm>,
}

/// A request as the provider receives it.
pub(crate) struct Incoming<'a> {
    pub(crate) request: &'a Request<Vec<u8>>,
    pub(crate) peer: &'a Peer,
    pub(crate) now: UnixTime,
    /// Whether a client has registered by its certificate.
    pub(crate) registered: bool,
}

/// A strict response before the provider sends it.
pub(crate) struct Outgoing<'a> {
    pub(crate) config: &'a InstitutionConfig,
    /// The mapped request.
    pub(crate) request: &'a Request<Vec<u8>>,
    pub(crate) response: &'a mut Response<Vec<u8>>,
}

/// The result of mapping a request.
pub(crate) enum Mapped {
    /// A request for the strict institution.
    Request(Request<Vec<u8>>),
    /// The provider's own response.
    Response(Response<Vec<u8>>),
}

impl Provider {
    /// Sets the provider's policies on refresh tokens, consent ids and registration.
    pub fn configure(&self, config: &mut InstitutionConfig) {
        (self.policies)(config);
    }

    /// Returns a client as this provider registers it, with every scope that it supports. A caller
    /// adds the client secret, if the provider uses one.
    #[must_use]
    pub fn client(
        &self,
        client_id: &str,
        redirect_uris: Vec<RedirectUri>,
        jwks: Jwks,
    ) -> RegisteredClient {
        let binding = self.clients.binding;
        let mut client = RegisteredClient::new(client_id, redirect_uris, jwks, binding);
        client.scopes = self.scopes();
        if let Some(algorithm) = self.clients.signing {
            client.id_token_signed_response_alg = algorithm;
            client.request_object_signing_alg = Some(algorithm);
            client.request_objects = RequestObjects::Required;
        }
        client
    }

    /// Returns every scope that a client can register.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        (self.manners.scopes)()
    }
}

impl PartialEq for Provider {
    /// Names are unique.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Provider {}

impl Mapped {
    /// The request as received.
    pub(crate) fn unchanged(incoming: &Incoming<'_>) -> Self {
        Self::Request(incoming.request.clone())
    }
}

/// Reads the form in a request's body.
pub(crate) fn form(request: &Request<Vec<u8>>) -> Option<Query<'_>> {
    Query::parse(str::from_utf8(request.body()).ok()?, 64 * 1024).ok()
}

/// Lets `change` change a JSON body.
pub(crate) fn change_json(response: &mut Response<Vec<u8>>, change: impl FnOnce(&mut Value)) {
    if let Ok(mut body) = serde_json::from_slice::<Value>(response.body()) {
        change(&mut body);
        *response.body_mut() = serde_json::to_vec(&body).unwrap_or_default();
    }
}

/// Returns a member, or null.
pub(crate) fn member<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// Returns a member that is a string, or the empty string.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    member(value, name).as_str().unwrap_or_default()
}

/// Returns the request with another query.
pub(crate) fn with_query(request: &Request<Vec<u8>>, query: &str) -> Request<Vec<u8>> {
    let uri = request.uri().to_string();
    let place = uri.split('?').next().unwrap_or_default();
    let mut request = request.clone();
    if let Ok(uri) = format!("{place}?{query}").parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// Removes `iss` from an authorization response.
pub(crate) fn remove_iss(response: &mut Response<Vec<u8>>) {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    if let Some((before, _)) = location.and_then(|location| location.split_once("&iss=")) {
        let before = before.to_owned();
        answer::set(response, "location", &before);
    }
}
