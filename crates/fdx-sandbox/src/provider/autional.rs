//! Autional: pushes in JSON with real arrays, details under its own names, `invalid_request_uri`, and
//! errors that repeat `state` and have an `error_uri`.

use std::time::Duration;

use fdx_rar::{
    AuthorizationDetail, AuthorizationDetails, ConsentDuration, ConsentRequest, DataCluster,
    ResourceType, Scopes,
};
use fdx_wire::form::Form;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::answer;
use crate::document;
use crate::institution::client::{Binding, RegisteredClient};
use crate::institution::config::{ConsentIdCarrier, Manners, Paths, RefreshPolicy, RefreshTokens};
use crate::institution::requested::{Requested, Sent};
use crate::institution::rule::Reason;
use crate::institution::verdict::{Verdicts, Violation};
use crate::provider::definition::{
    Clients, Incoming, Mapped, Outgoing, Provider, change_json, form, query, without_pairs,
};
use fdx_wire::json::Limits;

impl Provider {
    /// Autional.
    pub const AUTIONAL: &'static Self = &Self {
        name: "autional",
        paths: PATHS,
        manners: Manners {
            request_uri: "urn:example:request_uri:",
            request_uri_lifetime: Duration::from_secs(90),
            refresh_token: RefreshTokens::Always,
            requested,
            scopes: || ["openid", "profile"].map(str::to_owned).to_vec(),
            ..Manners::FDX
        },
        clients: Clients { binding: Binding::Dpop, signing: None },
        policies: |config| {
            config.refresh_policy = RefreshPolicy::Rotate;
            config.consent_id_carrier = ConsentIdCarrier::Nowhere;
        },
        map_request,
        map_response,
    };
}

const PATHS: Paths = Paths {
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

/// The data cluster of each data type.
const DATA_TYPES: &[(&str, DataCluster)] = &[
    ("account_details", DataCluster::AccountDetailed),
    ("balances", DataCluster::Balances),
    ("transactions", DataCluster::Transactions),
];

fn map_request(incoming: &Incoming<'_>) -> Mapped {
    let request = incoming.request;
    let path = request.uri().path();
    match *request.method() {
        Method::POST if path == PATHS.par => push(request),
        Method::GET if path == PATHS.authorize => authorize(incoming),
        _ => Mapped::unchanged(incoming),
    }
}

fn map_response(Outgoing { request, response, .. }: Outgoing<'_>) {
    let path = request.uri().path();
    if path == PATHS.authorize && response.status() == StatusCode::BAD_REQUEST {
        *response = error("invalid_request_uri", "request_uri is unknown, expired or used", None);
        return;
    }
    if path == PATHS.par && response.status().is_client_error() {
        let state = form(request);
        let state = state.and_then(|form| form.one("state").ok().flatten().map(str::to_owned));
        change_json(response, |body| {
            if let Some(members) = body.as_object_mut() {
                members.insert("error_uri".to_owned(), json!(ERRORS));
                members.extend(state.map(|state| ("state".to_owned(), json!(state))));
            }
        });
    }
    if path.contains("/.well-known/") {
        change_json(response, |document| {
            if let Some(members) = document.as_object_mut() {
                let types = json!([ACCOUNT_INFORMATION]);
                members.insert("authorization_details_types_supported".to_owned(), types);
            }
        });
    }
}

/// Maps the members of a JSON object to a form.
fn push(request: &Request<Vec<u8>>) -> Mapped {
    let json_body =
        request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let body = json_body.then(|| document::read(request.body(), &Limits::default())).flatten();
    let Some(Value::Object(members)) = body else {
        return refuse("the body is not a JSON object");
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
                return refuse("authorization_details or resources is not an array");
            }
            (_, Value::String(value)) => form.pair(name, value),
            (_, Value::Number(value)) => form.pair(name, &value.to_string()),
            _ => return refuse("a member is not a string"),
        };
    }
    let mut request = request.clone();
    *request.body_mut() = form.as_str().as_bytes().to_vec();
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, kind);
    Mapped::Request(request)
}

/// Checks `response_type`, which is required in addition to `request_uri`.
fn authorize(incoming: &Incoming<'_>) -> Mapped {
    let Some(query) = query(incoming.request) else { return Mapped::unchanged(incoming) };
    if query.one("response_type") != Ok(Some("code")) {
        return refuse("response_type is missing");
    }
    Mapped::Request(without_pairs(incoming.request, &["response_type"]))
}

fn refuse(description: &str) -> Mapped {
    Mapped::Response(error("invalid_request", description, None))
}

fn error(code: &str, description: &str, state: Option<&str>) -> Response<Vec<u8>> {
    let body = json!({
        "error": code, "error_description": description, "error_uri": ERRORS, "state": state,
    });
    answer::json(StatusCode::BAD_REQUEST, &body)
}

/// Reads the one detail with known data types.
fn requested(
    client: &RegisteredClient,
    sent: &Sent,
    _: &mut Verdicts,
) -> Result<Requested, Violation> {
    let violation = |rule| Violation {
        reason: Reason::InvalidAuthorizationDetails,
        clause: "Autional, AuthorizationDetailDTO",
        rule,
    };
    let details = sent.get("authorization_details").unwrap_or_default();
    let details = AuthorizationDetails::parse(details)
        .map_err(|_| violation("authorization_details is an array of objects with a type"))?;
    let detail = details.iter().find_map(|detail| match detail {
        AuthorizationDetail::Other(other) if other.detail_type() == ACCOUNT_INFORMATION => {
            Some(other)
        }
        _ => None,
    });
    let types = detail
        .and_then(|detail| detail.member("data_types"))
        .and_then(|types| types.read::<Vec<String>>().ok());
    let types =
        types.ok_or_else(|| violation("there is an account_information with data_types"))?;
    let mut request = ConsentRequest::new(ConsentDuration::Persistent);
    for (_, cluster) in DATA_TYPES.iter().filter(|(known, _)| types.iter().any(|it| it == known)) {
        request = request.resource(ResourceType::Account, [cluster.clone()]);
    }
    let request = request.build().map_err(|_| violation("some data type is known here"))?;
    let scopes = Scopes::parse(sent.get("scope").unwrap_or_default()).unwrap_or_default();
    let known = |scope: &str| client.scopes.iter().any(|registered| registered == scope);
    if !scopes.iter().all(known) {
        let rule = "every scope is registered for the client";
        return Err(Violation { reason: Reason::InvalidScope, clause: "RFC 6749 3.3", rule });
    }
    let response_details = document::read(details.to_json().as_bytes(), &Limits::default());
    let response_details = response_details.unwrap_or_default();
    Ok(Requested::of(request, scopes, response_details))
}
