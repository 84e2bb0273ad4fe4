//! UAE Open Finance API Hub: certificates everywhere, a push of exactly three parameters, and
//! consents under its own names, whose ids the clients make.

use std::time::Duration;

use fdx_jose::Jws;
use fdx_rar::uae::{ACCOUNT_ACCESS_CONSENT, Permission, ReportedConsent};
use fdx_rar::{
    AuthorizationDetail, AuthorizationDetails, ConsentDuration, ConsentRequest, DataCluster,
    ResourceType, Scopes,
};
use fdx_wire::UnixTime;
use fdx_wire::form::{Form, Query};
use fdx_wire::json::Limits;
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::rewrite::{self, member};
use super::{Arrival, Paths};
use crate::answer;
use crate::client::RegisteredClient;
use crate::config::InstitutionConfig;
use crate::document;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::par::{Requested, Sent};
use crate::peer::Peer;
use crate::received::Side;

pub(super) const PATHS: Paths =
    Paths { fdx: "/open-finance/account-information/v2.1", ..Paths::FDX };

/// Where a client says, once and by its certificate, that it is there.
const REGISTRATION: &str = "/tpp-registration";
const PUSHED: [&str; 3] = ["client_assertion", "client_assertion_type", "request"];
const LONGEST_LIFETIME: Duration = Duration::from_secs(600);

/// What each permission opens.
const PERMISSIONS: &[(Permission, DataCluster)] = &[
    (Permission::ReadAccountsBasic, DataCluster::AccountBasic),
    (Permission::ReadAccountsDetail, DataCluster::AccountDetailed),
    (Permission::ReadBalances, DataCluster::Balances),
    (Permission::ReadTransactionsBasic, DataCluster::Transactions),
    (Permission::ReadTransactionsDetail, DataCluster::Transactions),
];

#[derive(Deserialize)]
struct Times {
    nbf: Option<UnixTime>,
    exp: Option<UnixTime>,
}

pub(super) fn arrive(
    institution: &mut Institution,
    request: &Request<Vec<u8>>,
    peer: &Peer,
    now: UnixTime,
) -> Arrival {
    let path = request.uri().path();
    let back_channel = [PATHS.par, PATHS.token, REGISTRATION].contains(&path);
    if back_channel && peer.thumbprint.is_none() {
        return refuse("invalid_client", "every connection shows the transport certificate");
    }
    match *request.method() {
        Method::POST if path == REGISTRATION => register(institution, request),
        Method::POST if path == PATHS.par && !institution.knows_by_certificate => {
            refuse("unauthorized_client", "the client has not registered by its certificate")
        }
        Method::POST if path == PATHS.par => push(request, now),
        Method::GET if path == PATHS.authorize => authorize(request),
        _ => Arrival::strict(request),
    }
}

pub(super) fn depart(
    config: &InstitutionConfig,
    request: &Request<Vec<u8>>,
    mut response: Response<Vec<u8>>,
) -> Response<Vec<u8>> {
    let path = request.uri().path();
    if path == PATHS.par && response.status() == StatusCode::CREATED {
        *response.status_mut() = StatusCode::OK;
    }
    if path.contains("/.well-known/") {
        rewrite::json(&mut response, |document| metadata(config, document));
    }
    response
}

/// A body of `{}`, and the client comes from the directory.
fn register(institution: &mut Institution, request: &Request<Vec<u8>>) -> Arrival {
    match document::read(request.body(), &Limits::default()) {
        Some(Value::Object(members)) if members.is_empty() => {
            institution.knows_by_certificate = true;
            Arrival::Answered(answer::empty(StatusCode::NO_CONTENT))
        }
        _ => refuse("invalid_request", "the body is an empty object"),
    }
}

fn push(request: &Request<Vec<u8>>, now: UnixTime) -> Arrival {
    let text = str::from_utf8(request.body()).unwrap_or_default();
    let Ok(form) = Query::parse(text, 64 * 1024) else { return Arrival::strict(request) };
    let mut names: Vec<_> = form.names().collect();
    names.sort_unstable();
    if names != PUSHED {
        return refuse("invalid_request", "exactly request and the client assertion are pushed");
    }
    if !request.headers().contains_key("x-fapi-interaction-id") {
        return refuse("invalid_request", "x-fapi-interaction-id is missing");
    }
    let request_object = form.one("request").ok().flatten().unwrap_or_default();
    let times = Jws::parse(request_object).ok().and_then(|jws| jws.claims::<Times>().ok());
    if let Some(Times { nbf: Some(nbf), exp: Some(exp) }) = times
        && (nbf > now || exp.since(nbf) > LONGEST_LIFETIME)
    {
        return refuse(
            "invalid_request_object",
            "nbf is not ahead, and exp at most 10 minutes later",
        );
    }
    Arrival::strict(request)
}

/// Two parameters of the request are repeated on the URL.
fn authorize(request: &Request<Vec<u8>>) -> Arrival {
    let query = Query::parse(request.uri().query().unwrap_or_default(), 4096);
    let Ok(query) = query else { return Arrival::strict(request) };
    let one = |name| query.one(name).ok().flatten().unwrap_or_default();
    if one("response_type") != "code" || one("scope") != "openid" {
        let text = "response_type=code and scope=openid stand on the URL".to_owned();
        return Arrival::Answered(answer::page(StatusCode::BAD_REQUEST, text, "", ""));
    }
    let mut form = Form::new();
    form.pair("client_id", one("client_id")).pair("request_uri", one("request_uri"));
    Arrival::Strict(rewrite::with_query(request, form.as_str()))
}

fn refuse(error: &str, description: &str) -> Arrival {
    let body = json!({ "error": error, "error_description": description });
    Arrival::Answered(answer::json(StatusCode::BAD_REQUEST, &body))
}

/// The endpoints are on another host than the issuer, and no alias says so.
fn metadata(config: &InstitutionConfig, document: &mut Value) {
    let origin = Side::MutualTls.origin(config);
    let Some(members) = document.as_object_mut() else { return };
    for (name, path) in [
        ("pushed_authorization_request_endpoint", PATHS.par),
        ("token_endpoint", PATHS.token),
        ("introspection_endpoint", PATHS.introspect),
        ("revocation_endpoint", PATHS.revoke),
    ] {
        members.insert(name.to_owned(), json!(format!("{}{path}", origin.as_str())));
    }
    members.remove("mtls_endpoint_aliases");
    members.remove("dpop_signing_alg_values_supported");
    let types = json!([ACCOUNT_ACCESS_CONSENT]);
    members.insert("authorization_details_types_supported".to_owned(), types);
    members.insert("request_object_signing_alg_values_supported".to_owned(), json!(["PS256"]));
    members.insert("token_endpoint_auth_signing_alg_values_supported".to_owned(), json!(["PS256"]));
}

/// Exactly one account access consent, told back with its status.
pub(super) fn requested(client: &RegisteredClient, sent: &Sent) -> Result<Requested, Broken> {
    let broken = |rule| Broken {
        reason: Reason::InvalidAuthorizationDetails,
        clause: "UAE Open Finance, account access consent",
        rule,
    };
    let details = sent.get("authorization_details").unwrap_or_default();
    let details = AuthorizationDetails::parse(details)
        .map_err(|_| broken("authorization_details is a JSON array"))?;
    let id = ReportedConsent::find(&details).filter(|_| details.iter().len() == 1);
    let id = id.ok_or_else(|| broken("there is exactly one consent, with a ConsentId"))?;
    let detail = details.iter().find_map(|detail| match detail {
        AuthorizationDetail::Other(other) => other.member("consent"),
        _ => None,
    });
    let consent = detail.and_then(|consent| consent.value().ok()).map(document::of_value);
    let consent = consent.unwrap_or_default();
    for required in ["ExpirationDateTime", "OpenFinanceBilling", "Permissions"] {
        if member(&consent, required).is_null() {
            return Err(broken("ExpirationDateTime, OpenFinanceBilling and Permissions are there"));
        }
    }
    let scopes = Scopes::parse(sent.get("scope").unwrap_or_default()).unwrap_or_default();
    let known = |scope: &str| client.scopes.iter().any(|registered| registered == scope);
    if !scopes.iter().all(known) || !scopes.contains("accounts") || !scopes.contains("openid") {
        return Err(Broken {
            reason: Reason::InvalidScope,
            clause: "UAE Open Finance, request JWT",
            rule: "scope is accounts openid",
        });
    }
    let asked = member(&consent, "Permissions").as_array().into_iter().flatten();
    let asked: Vec<_> = asked.filter_map(Value::as_str).map(Permission::parse).collect();
    let mut request = ConsentRequest::new(ConsentDuration::Persistent);
    for (_, cluster) in PERMISSIONS.iter().filter(|(permission, _)| asked.contains(permission)) {
        request = request.resource(ResourceType::Account, [cluster.clone()]);
    }
    let request = request.build().map_err(|_| broken("some permission is known here"))?;
    let mut data = consent;
    if let Some(members) = data.as_object_mut() {
        members.insert("Status".to_owned(), json!("Authorized"));
    }
    let self_link = format!("/account-access-consents/{}", id.consent_id());
    let told = json!([{
        "type": ACCOUNT_ACCESS_CONSENT,
        "consent": { "Data": data, "Links": { "Self": self_link } },
    }]);
    Ok(Requested::of(request, scopes, told).with_consent_id(id.consent_id()))
}
