//! Mastercard Developer Hub for FDX, as its published server (d07daa7) behaves: it refuses JWTs with
//! a `typ` that it does not know, reads `authorization_details` only next to the request object,
//! registers clients by `jwks_uri` only, takes the names of authorization parameters from the URL,
//! its errors are in capitals, the callback has no `iss`, the metadata names unreachable endpoints,
//! and the consent API expects a token without a scheme.
//!
//! One thing is stricter here: the published server accepts a push without client authentication.

use std::time::Duration;

use fdx_jose::{Algorithm, Jws};
use fdx_wire::form::Form;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::answer;
use crate::institution::client::{Binding, fdx_scopes};
use crate::institution::config::{
    IdTokens, Manners, Paths, RefreshPolicy, RegistrationPolicy, Reuse, UnboundTokens,
};
use crate::provider::definition::{
    Clients, Incoming, Mapped, Outgoing, Provider, change_json, form, member, query, remove_iss,
    text, without_pairs,
};

impl Provider {
    /// Mastercard Developer Hub for FDX.
    pub const MASTERCARD: &'static Self = &Self {
        name: "mastercard",
        paths: PATHS,
        manners: Manners {
            request_uri: "urn:ietf:params:oauth2:",
            request_uri_lifetime: Duration::from_secs(90),
            request_uri_reuse: Reuse::UntilItExpires,
            id_token: IdTokens::WithOpenid(Some("at+jwt")),
            unbound_tokens: UnboundTokens::Allowed,
            scopes,
            ..Manners::FDX
        },
        clients: Clients { binding: Binding::Nothing, signing: Some(Algorithm::Ps256) },
        policies: |config| {
            config.refresh_policy = RefreshPolicy::Repeat;
            // The document requires a token with client.create, which the server does not check.
            config.registration = RegistrationPolicy::Open;
        },
        map_request,
        map_response,
    };
}

const PATHS: Paths = Paths {
    authorize: "/oauth2/authorize",
    decision: "/oauth2/authorize/decision",
    introspect: "/oauth2/introspect",
    jwks: "/oauth2/jwks",
    par: "/oauth2/par",
    register: "/fdx/v6/register",
    revoke: "/oauth2/revoke",
    token: "/oauth2/token",
    ..Paths::FDX
};

const CONSENTS: &str = "/fdx/v6/consents/";
/// The revocation endpoint of the metadata, which does not exist.
const METADATA_REVOKE: &str = "/revoke";
/// The parameters that the URL must repeat. `nonce` is read from the URL alone: without it the
/// published server issues an ID token without a nonce.
const REPEATED: [&str; 6] =
    ["response_type", "scope", "code_challenge_method", "redirect_uri", "state", "nonce"];

fn scopes() -> Vec<String> {
    let mut scopes = fdx_scopes();
    scopes.extend(["client.create", "client.read"].map(str::to_owned));
    scopes
}

fn map_request(incoming: &Incoming<'_>) -> Mapped {
    let request = incoming.request;
    let path = request.uri().path();
    match *request.method() {
        Method::POST if path == METADATA_REVOKE => internal_error("No static resource revoke."),
        Method::POST if path == PATHS.par => push(incoming),
        Method::POST if path == PATHS.register => register(incoming),
        Method::POST if [PATHS.token, PATHS.introspect, PATHS.revoke].contains(&path) => {
            authenticated(incoming)
        }
        Method::GET if path == PATHS.authorize => authorize(incoming),
        _ if path.starts_with(CONSENTS) => token_without_scheme(request),
        _ => Mapped::unchanged(incoming),
    }
}

fn map_response(Outgoing { request, response, .. }: Outgoing<'_>) {
    let path = request.uri().path();
    let failed = response.status().is_client_error();
    match path {
        _ if path == PATHS.decision => remove_iss(response),
        _ if path == PATHS.par && failed => *response = in_capitals(response),
        _ if path.contains("/.well-known/") => {
            let complete = path.contains("openid-configuration");
            change_json(response, |document| metadata(document, complete));
        }
        _ if path.starts_with(PATHS.register) && response.status().is_success() => {
            change_json(response, registered);
        }
        _ if path.starts_with(CONSENTS) && failed => {
            // A revoked consent counts as unknown.
            if response.status() == StatusCode::CONFLICT {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            change_json(response, |body| {
                let (code, message) = (member(body, "code"), member(body, "message"));
                *body = json!({ "err": code, "errorDescription": message });
            });
        }
        _ if path.ends_with("/revocation") => {}
        _ if path.starts_with(CONSENTS) => change_json(response, consent),
        _ => {}
    }
}

/// Requires a request object and, next to it, `authorization_details`, which the strict institution
/// does not see.
fn push(incoming: &Incoming<'_>) -> Mapped {
    let Some(form) = form(incoming.request) else {
        return Mapped::unchanged(incoming);
    };
    let has = |name| form.one(name).ok().flatten().is_some();
    if !has("request") {
        return Mapped::Response(error("INVALID_PAR_REQUEST", "Missing response_type parameter"));
    }
    if !has_known_type(form.one("request").ok().flatten()) {
        let text = "JOSE header typ (type) oauth-authz-req+jwt not allowed";
        return Mapped::Response(error("INVALID_PAR_REQUEST", text));
    }
    if !has("authorization_details") {
        return internal_error("Illegal char(s) in description, see RFC 6749, section 5.2");
    }
    let mut mapped = Form::new();
    let ignored = ["authorization_details", "grant_type", "response_type"];
    for name in form.names().filter(|name| !ignored.contains(name)) {
        mapped.pair(name, form.one(name).ok().flatten().unwrap_or_default());
    }
    let mut request = incoming.request.clone();
    *request.body_mut() = mapped.as_str().as_bytes().to_vec();
    Mapped::Request(request)
}

/// Whether a JWT has no `typ`, or `JWT`.
fn has_known_type(jwt: Option<&str>) -> bool {
    let jws = jwt.and_then(|jwt| Jws::parse(jwt).ok());
    jws.is_none_or(|jws| jws.typ().is_none() || jws.is_typ("JWT"))
}

/// Requires `client_id` next to a client assertion, and no unknown `typ` in it.
fn authenticated(incoming: &Incoming<'_>) -> Mapped {
    let Some(form) = form(incoming.request) else { return Mapped::unchanged(incoming) };
    let one = |name| form.one(name).ok().flatten();
    let refuse =
        |status, code: &str| Mapped::Response(answer::json(status, &json!({ "error": code })));
    match one("client_assertion") {
        Some(_) if one("client_id").is_none() => refuse(StatusCode::BAD_REQUEST, "invalid_request"),
        assertion if !has_known_type(assertion) => {
            refuse(StatusCode::UNAUTHORIZED, "invalid_client")
        }
        _ => Mapped::unchanged(incoming),
    }
}

/// Requires the URL to repeat parameters of the request object.
fn authorize(incoming: &Incoming<'_>) -> Mapped {
    let Some(query) = query(incoming.request) else { return Mapped::unchanged(incoming) };
    let is_missing = |name: &&str| query.one(name).ok().flatten().is_none();
    if let Some(missing) = REPEATED.into_iter().find(is_missing) {
        let text = format!("OAuth 2.0 Parameter: {missing}");
        return Mapped::Response(answer::page(StatusCode::BAD_REQUEST, text, "", ""));
    }
    let request = without_pairs(incoming.request, &REPEATED);
    Mapped::Request(without_pairs(&request, &["code_challenge"]))
}

/// Refuses inline keys.
fn register(incoming: &Incoming<'_>) -> Mapped {
    let body: Value = serde_json::from_slice(incoming.request.body()).unwrap_or_default();
    if member(&body, "jwks_uri").is_null() {
        return internal_error("Invalid Client Registration: token_endpoint_auth_method");
    }
    Mapped::unchanged(incoming)
}

/// Changes a client information response: the server drops what Spring does not know, and always
/// reports RS256.
fn registered(document: &mut Value) {
    if let Some(members) = document.as_object_mut() {
        for dropped in [
            "request_object_signing_alg",
            "require_pushed_authorization_requests",
            "require_signed_request_object",
        ] {
            members.remove(dropped);
        }
        members.insert("id_token_signed_response_alg".to_owned(), json!("RS256"));
        for empty in ["client_uri", "description", "duration_period", "logo_uri"] {
            members.entry(empty).or_insert(json!(""));
        }
    }
}

fn internal_error(description: &str) -> Mapped {
    let err = "We have encountered some internal error in processing your request.";
    let body = json!({ "err": err, "errorDescription": description });
    Mapped::Response(answer::json(StatusCode::INTERNAL_SERVER_ERROR, &body))
}

/// Reads the whole `Authorization` header as a token.
fn token_without_scheme(request: &Request<Vec<u8>>) -> Mapped {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = header.filter(|header| !header.contains(' ')) else {
        let text = "Invalid or expired access token";
        let body = json!({ "err": "Unauthorized", "errorDescription": text });
        return Mapped::Response(answer::json(StatusCode::UNAUTHORIZED, &body));
    };
    let mut request = request.clone();
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    Mapped::Request(request)
}

fn in_capitals(response: &Response<Vec<u8>>) -> Response<Vec<u8>> {
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let code = match text(&body, "error") {
        "invalid_client" => "INVALID_CLIENT",
        _ => "INVALID_PAR_REQUEST",
    };
    error(code, text(&body, "error_description"))
}

/// Every error has the status 400.
fn error(code: &str, description: &str) -> Response<Vec<u8>> {
    let body = json!({ "error": code, "error_description": description });
    answer::json(StatusCode::BAD_REQUEST, &body)
}

/// Changes the metadata. The document of RFC 8414 lacks the endpoints that Spring does not know, and
/// that of OpenID Connect names two that do not exist.
fn metadata(document: &mut Value, complete: bool) {
    let token = text(document, "token_endpoint").replace("/token", "/v1/token");
    let revoke = text(document, "revocation_endpoint").replace(PATHS.revoke, METADATA_REVOKE);
    if let Some(members) = document.as_object_mut() {
        members.remove("authorization_response_iss_parameter_supported");
        members.remove("dpop_signing_alg_values_supported");
        members.remove("mtls_endpoint_aliases");
        if !complete {
            members.remove("pushed_authorization_request_endpoint");
            members.remove("registration_endpoint");
            return;
        }
        members.insert("revocation_endpoint".to_owned(), json!(revoke));
        members.insert("token_endpoint".to_owned(), json!(token));
    }
}

/// No resources and no duration.
fn consent(grant: &mut Value) {
    let parties = member(grant, "parties").as_array().into_iter().flatten();
    let provider: Vec<_> =
        parties.filter(|party| text(party, "type") == "DATA_PROVIDER").cloned().collect();
    *grant = json!({
        "id": member(grant, "id"),
        "status": member(grant, "status"),
        "createdTime": member(grant, "createdTime"),
        "expirationTime": member(grant, "expirationTime"),
        "parties": provider,
    });
}
