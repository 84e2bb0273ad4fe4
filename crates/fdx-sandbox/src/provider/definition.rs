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
use crate::institution::form::{MAX_FORM, MAX_QUERY};
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
    Query::parse(str::from_utf8(request.body()).ok()?, MAX_FORM).ok()
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

/// Reads the query of a request's URL.
pub(crate) fn query(request: &Request<Vec<u8>>) -> Option<Query<'_>> {
    Query::parse(request.uri().query().unwrap_or_default(), MAX_QUERY).ok()
}

/// Returns the request without the pairs of its query that have these names. The other pairs stay as
/// received.
pub(crate) fn without_pairs(request: &Request<Vec<u8>>, names: &[&str]) -> Request<Vec<u8>> {
    let uri = request.uri().to_string();
    let mut request = request.clone();
    if let Some((place, query)) = uri.split_once('?') {
        let is_named = |pair: &&str| {
            let pair = Query::parse(pair, MAX_QUERY);
            pair.is_ok_and(|pair| pair.names().any(|name| names.contains(&name)))
        };
        let rest: Vec<_> = query.split('&').filter(|pair| !is_named(pair)).collect();
        if let Ok(uri) = format!("{place}?{}", rest.join("&")).parse() {
            *request.uri_mut() = uri;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(uri: &str, names: &[&str]) -> String {
        let request = Request::get(uri).body(Vec::new()).unwrap();
        without_pairs(&request, names).uri().to_string()
    }

    #[test]
    fn removes_pairs_by_decoded_name_and_keeps_the_others_as_received() {
        let names = ["response_type", "scope"];
        for (uri, expected) in [
            ("/a?client_id=c&response_type=code&x=%2F&scope=a+b", "/a?client_id=c&x=%2F"),
            ("/a?scope=a&client_id=c&client_id=c&scope=b", "/a?client_id=c&client_id=c"),
            ("/a?sc%6Fpe=a&scopes=b&x=scope", "/a?scopes=b&x=scope"),
            ("/a?scope", "/a?"),
            ("/a?scope=%zz&client_id=%zz", "/a?scope=%zz&client_id=%zz"),
            ("/a", "/a"),
        ] {
            assert_eq!(rest(uri, &names), expected);
        }
    }
}
