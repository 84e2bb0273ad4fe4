//! Mastercard Developer Hub for FDX, as its published server behaves: it reads
//! `authorization_details` only next to the request object, its errors are in capitals, the callback
//! has no `iss`, the metadata names an unreachable token endpoint, and the consent API expects a
//! token without a scheme.

use std::time::Duration;

use fdx_jose::Algorithm;
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
    Clients, Incoming, Mapped, Outgoing, Provider, change_json, form, member, remove_iss, text,
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
            config.registration = RegistrationPolicy::ClientTokens("client.create".to_owned());
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

fn scopes() -> Vec<String> {
    let mut scopes = fdx_scopes();
    scopes.extend(["client.create", "client.read"].map(str::to_owned));
    scopes
}

fn map_request(incoming: &Incoming<'_>) -> Mapped {
    let request = incoming.request;
    let path = request.uri().path();
    match request.method() {
        &Method::POST if path == PATHS.par => push(incoming),
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
        _ if path.contains("/.well-known/") => change_json(response, metadata),
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
    if !has("request") || !has("authorization_details") {
        return Mapped::Response(error(
            "INVALID_PAR_REQUEST",
            "request or authorization_details is missing",
        ));
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

/// Reads the whole `Authorization` header as a token.
fn token_without_scheme(request: &Request<Vec<u8>>) -> Mapped {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = header.filter(|header| !header.contains(' ')) else {
        let body = json!({ "err": "401", "errorDescription": "the header is not a token" });
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

fn metadata(document: &mut Value) {
    let token = text(document, "token_endpoint").replace("/token", "/v1/token");
    if let Some(members) = document.as_object_mut() {
        members.remove("authorization_response_iss_parameter_supported");
        members.remove("dpop_signing_alg_values_supported");
        members.remove("mtls_endpoint_aliases");
        members.remove("revocation_endpoint");
        members.remove("tls_client_certificate_bound_access_tokens");
        members.insert("token_endpoint".to_owned(), json!(token));
    }
}

/// No resources, no duration, and a status in mixed case.
fn consent(grant: &mut Value) {
    let parties = member(grant, "parties").as_array().into_iter().flatten();
    let provider: Vec<_> =
        parties.filter(|party| text(party, "type") == "DATA_PROVIDER").cloned().collect();
    let status = match text(grant, "status") {
        "ACTIVE" => "Active",
        _ => "REVOKED",
    };
    *grant = json!({
        "id": member(grant, "id"),
        "status": status,
        "createdTime": member(grant, "createdTime"),
        "expirationTime": member(grant, "expirationTime"),
        "parties": provider,
    });
}
