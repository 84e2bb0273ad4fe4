//! Mastercard Developer Hub for FDX, as its published server behaves: `authorization_details` is
//! read beside the request object alone, errors are in capitals, the callback has no `iss`, the
//! metadata names a token endpoint where nothing answers, consents take a token without a scheme.

use fdx_wire::form::{Form, Query};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::rewrite::{self, member, text};
use super::{Arrival, Paths};
use crate::answer;

pub(super) const PATHS: Paths = Paths {
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

pub(super) fn arrive(request: &Request<Vec<u8>>) -> Arrival {
    let path = request.uri().path();
    match request.method() {
        &Method::POST if path == PATHS.par => push(request),
        _ if path.starts_with(CONSENTS) => token_alone(request),
        _ => Arrival::strict(request),
    }
}

pub(super) fn depart(
    request: &Request<Vec<u8>>,
    mut response: Response<Vec<u8>>,
) -> Response<Vec<u8>> {
    let path = request.uri().path();
    let failed = response.status().is_client_error();
    match path {
        _ if path == PATHS.decision => rewrite::without_iss(&mut response),
        _ if path == PATHS.par && failed => return in_capitals(response),
        _ if path.contains("/.well-known/") => rewrite::json(&mut response, metadata),
        _ if path.starts_with(CONSENTS) && failed => {
            // What is revoked already is as good as unknown.
            if response.status() == StatusCode::CONFLICT {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            rewrite::json(&mut response, |body| {
                let (code, message) = (member(body, "code"), member(body, "message"));
                *body = json!({ "err": code, "errorDescription": message });
            });
        }
        _ if path.ends_with("/revocation") => {}
        _ if path.starts_with(CONSENTS) => rewrite::json(&mut response, consent),
        _ => {}
    }
    response
}

/// Without a request object or without details beside it, everything is the same to the server.
fn push(request: &Request<Vec<u8>>) -> Arrival {
    let text = str::from_utf8(request.body()).unwrap_or_default();
    let Ok(form) = Query::parse(text, 64 * 1024) else {
        return Arrival::strict(request);
    };
    let there = |name| form.one(name).ok().flatten().is_some();
    if !there("request") || !there("authorization_details") {
        return Arrival::Answered(error(
            "INVALID_PAR_REQUEST",
            "request or authorization_details is missing",
        ));
    }
    let mut kept = Form::new();
    let ignored = ["authorization_details", "grant_type", "response_type"];
    for name in form.names().filter(|name| !ignored.contains(name)) {
        kept.pair(name, form.one(name).ok().flatten().unwrap_or_default());
    }
    let mut request = request.clone();
    *request.body_mut() = kept.as_str().as_bytes().to_vec();
    Arrival::Strict(request)
}

/// The whole header is read as a token.
fn token_alone(request: &Request<Vec<u8>>) -> Arrival {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = header.filter(|header| !header.contains(' ')) else {
        let body = json!({ "err": "401", "errorDescription": "the header is not a token" });
        return Arrival::Answered(answer::json(StatusCode::UNAUTHORIZED, &body));
    };
    let mut request = request.clone();
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    Arrival::Strict(request)
}

fn in_capitals(response: Response<Vec<u8>>) -> Response<Vec<u8>> {
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let code = match text(&body, "error") {
        "invalid_client" => "INVALID_CLIENT",
        _ => "INVALID_PAR_REQUEST",
    };
    error(code, text(&body, "error_description"))
}

/// 400, whatever it is.
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
