//! Autional: a push in JSON, with real arrays; details under its own names; `invalid_request_uri`;
//! errors that repeat `state` and point to a page.

use fdx_rar::{
    AuthorizationDetail, AuthorizationDetails, ConsentDuration, ConsentRequest, DataCluster,
    ResourceType, Scopes,
};
use fdx_wire::form::{Form, Query};
use fdx_wire::json::Limits;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::rewrite;
use super::{Arrival, Paths};
use crate::answer;
use crate::client::RegisteredClient;
use crate::document;
use crate::error::{Broken, Reason};
use crate::par::{Requested, Sent};

pub(super) const PATHS: Paths = Paths {
    authorize: "/oauth/authorize",
    decision: "/oauth/authorize/decision",
    fdx: "/api/v1",
    introspect: "/oauth/introspect",
    jwks: "/oauth/jwks",
    par: "/oauth/pushed-authorization",
    register: "/oauth/register",
    revoke: "/oauth/revoke",
    token: "/oauth/token",
};

/// The detail's `type`.
const ACCOUNT_INFORMATION: &str = "account_information";
const ERRORS: &str = "https://docs.example.com/errors";

/// What each data type opens.
const DATA_TYPES: &[(&str, DataCluster)] = &[
    ("account_details", DataCluster::AccountDetailed),
    ("balances", DataCluster::Balances),
    ("transactions", DataCluster::Transactions),
];

pub(super) fn arrive(request: &Request<Vec<u8>>) -> Arrival {
    let path = request.uri().path();
    match *request.method() {
        Method::POST if path == PATHS.par => push(request),
        Method::GET if path == PATHS.authorize => authorize(request),
        _ => Arrival::strict(request),
    }
}

pub(super) fn depart(
    request: &Request<Vec<u8>>,
    mut response: Response<Vec<u8>>,
) -> Response<Vec<u8>> {
    let path = request.uri().path();
    if path == PATHS.authorize && response.status() == StatusCode::BAD_REQUEST {
        return error("invalid_request_uri", "it was never pushed, has expired or was used", None);
    }
    if path == PATHS.par && response.status().is_client_error() {
        let state = str::from_utf8(request.body()).ok();
        let state = state.and_then(|form| Query::parse(form, 64 * 1024).ok());
        let state = state.and_then(|form| form.one("state").ok().flatten().map(str::to_owned));
        rewrite::json(&mut response, |body| {
            if let Some(members) = body.as_object_mut() {
                members.insert("error_uri".to_owned(), json!(ERRORS));
                members.extend(state.map(|state| ("state".to_owned(), json!(state))));
            }
        });
    }
    if path.contains("/.well-known/") {
        rewrite::json(&mut response, |document| {
            if let Some(members) = document.as_object_mut() {
                let types = json!([ACCOUNT_INFORMATION]);
                members.insert("authorization_details_types_supported".to_owned(), types);
            }
        });
    }
    response
}

/// The object's members, as a form would have them.
fn push(request: &Request<Vec<u8>>) -> Arrival {
    let json_body =
        request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let body = json_body.then(|| document::read(request.body(), &Limits::default())).flatten();
    let Some(Value::Object(members)) = body else {
        return refuse("the body is a JSON object");
    };
    let mut form = Form::new();
    for (name, value) in &members {
        match (name.as_str(), value) {
            ("authorization_details", Value::Array(_)) => form.pair(name, &value.to_string()),
            ("resources", Value::Array(resources)) => {
                for resource in resources.iter().filter_map(Value::as_str) {
                    form.pair("resource", resource);
                }
                &mut form
            }
            ("authorization_details" | "resources" | "resource", _) => {
                return refuse("authorization_details and resources are arrays");
            }
            (_, Value::String(value)) => form.pair(name, value),
            (_, Value::Number(value)) => form.pair(name, &value.to_string()),
            _ => return refuse("every other member is a text"),
        };
    }
    let mut request = request.clone();
    *request.body_mut() = form.as_str().as_bytes().to_vec();
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, kind);
    Arrival::Strict(request)
}

/// `response_type` stands beside `request_uri`.
fn authorize(request: &Request<Vec<u8>>) -> Arrival {
    let query = Query::parse(request.uri().query().unwrap_or_default(), 4096);
    let Ok(query) = query else { return Arrival::strict(request) };
    let one = |name| query.one(name).ok().flatten().unwrap_or_default();
    if one("response_type") != "code" {
        return refuse("response_type is missing");
    }
    let mut form = Form::new();
    form.pair("client_id", one("client_id")).pair("request_uri", one("request_uri"));
    Arrival::Strict(rewrite::with_query(request, form.as_str()))
}

fn refuse(description: &str) -> Arrival {
    Arrival::Answered(error("invalid_request", description, None))
}

fn error(code: &str, description: &str, state: Option<&str>) -> Response<Vec<u8>> {
    let body = json!({
        "error": code, "error_description": description, "error_uri": ERRORS, "state": state,
    });
    answer::json(StatusCode::BAD_REQUEST, &body)
}

/// One detail, whose data types are known here.
pub(super) fn requested(client: &RegisteredClient, sent: &Sent) -> Result<Requested, Broken> {
    let broken = |rule| Broken {
        reason: Reason::InvalidAuthorizationDetails,
        clause: "Autional, AuthorizationDetailDTO",
        rule,
    };
    let details = sent.get("authorization_details").unwrap_or_default();
    let details = AuthorizationDetails::parse(details)
        .map_err(|_| broken("authorization_details is an array of objects with a type"))?;
    let detail = details.iter().find_map(|detail| match detail {
        AuthorizationDetail::Other(other) if other.detail_type() == ACCOUNT_INFORMATION => {
            Some(other)
        }
        _ => None,
    });
    let types = detail
        .and_then(|detail| detail.member("data_types"))
        .and_then(|types| types.read::<Vec<String>>().ok());
    let types = types.ok_or_else(|| broken("there is an account_information with data_types"))?;
    let mut request = ConsentRequest::new(ConsentDuration::Persistent);
    for (_, cluster) in DATA_TYPES.iter().filter(|(known, _)| types.iter().any(|it| it == known)) {
        request = request.resource(ResourceType::Account, [cluster.clone()]);
    }
    let request = request.build().map_err(|_| broken("some data type is known here"))?;
    let scopes = Scopes::parse(sent.get("scope").unwrap_or_default()).unwrap_or_default();
    let known = |scope: &str| client.scopes.iter().any(|registered| registered == scope);
    if !scopes.iter().all(known) {
        let rule = "every scope is registered for the client";
        return Err(Broken { reason: Reason::InvalidScope, clause: "RFC 6749 3.3", rule });
    }
    let told = document::read(details.to_json().as_bytes(), &Limits::default());
    let told = told.unwrap_or_default();
    Ok(Requested::of(request, scopes, told))
}
