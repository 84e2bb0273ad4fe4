//! UAE Open Finance API Hub: certificates on every back-channel connection, pushes of exactly three
//! parameters, and consents under its own names, whose ids the clients choose.

use std::time::Duration;

use fdx_jose::{Algorithm, Jws};
use fdx_rar::{
    AuthorizationDetail, AuthorizationDetails, ConsentDuration, ConsentRequest, DataCluster,
    ResourceType, Scopes,
};
use fdx_wire::UnixTime;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer;
use crate::document;
use crate::institution::client::{Binding, RegisteredClient};
use crate::institution::config::{
    ConsentIdCarrier, InstitutionConfig, Manners, Paths, RefreshTokens, RegistrationPolicy,
};
use crate::institution::received::Side;
use crate::institution::requested::{Requested, Sent};
use crate::institution::rule::Reason;
use crate::institution::verdict::{Verdicts, Violation};
use crate::provider::definition::{
    Clients, Incoming, Mapped, Outgoing, Provider, change_json, form, member, query, without_pairs,
};

impl Provider {
    /// UAE Open Finance API Hub.
    pub const UAE: &'static Self = &Self {
        name: "uae",
        paths: PATHS,
        manners: Manners {
            request_uri: "urn:ietf:params:oauth:request-uri:",
            request_uri_lifetime: Duration::from_secs(90),
            refresh_token: RefreshTokens::Always,
            requested,
            scopes: || ["openid", "accounts"].map(str::to_owned).to_vec(),
            ..Manners::FDX
        },
        clients: Clients { binding: Binding::AnyCertificate, signing: Some(Algorithm::Ps256) },
        policies: |config| {
            config.consent_id_carrier = ConsentIdCarrier::Nowhere;
            config.registration = RegistrationPolicy::ByCertificate;
        },
        map_request,
        map_response,
    };
}

const PATHS: Paths = Paths {
    fdx: "/open-finance/account-information/v2.1",
    register: "/tpp-registration",
    ..Paths::FDX
};

/// The parameters that the documents show next to `request_uri`.
const DOCUMENTED: [(&str, &str); 2] = [("response_type", "code"), ("scope", "openid")];
/// The parameters of a push.
const PUSHED: [&str; 3] = ["client_assertion", "client_assertion_type", "request"];
const LONGEST_LIFETIME: Duration = Duration::from_secs(600);

/// The `type` of a consent.
const ACCOUNT_ACCESS_CONSENT: &str = "urn:openfinanceuae:account-access-consent:v2.1";

/// The data cluster of each permission.
const PERMISSIONS: &[(&str, DataCluster)] = &[
    ("ReadAccountsBasic", DataCluster::AccountBasic),
    ("ReadAccountsDetail", DataCluster::AccountDetailed),
    ("ReadBalances", DataCluster::Balances),
    ("ReadTransactionsBasic", DataCluster::Transactions),
    ("ReadTransactionsDetail", DataCluster::Transactions),
];

#[derive(Deserialize)]
struct Times {
    nbf: Option<UnixTime>,
    exp: Option<UnixTime>,
}

fn map_request(incoming: &Incoming<'_>) -> Mapped {
    let path = incoming.request.uri().path();
    let back_channel = [PATHS.par, PATHS.token, PATHS.register].contains(&path);
    if back_channel && incoming.peer.thumbprint.is_none() {
        return refuse("invalid_client", "the connection has no transport certificate");
    }
    match *incoming.request.method() {
        Method::POST if path == PATHS.par && !incoming.registered => {
            refuse("unauthorized_client", "the client has not registered by its certificate")
        }
        Method::POST if path == PATHS.par => push(incoming),
        Method::GET if path == PATHS.authorize => authorize(incoming),
        _ => Mapped::unchanged(incoming),
    }
}

fn map_response(Outgoing { config, request, response }: Outgoing<'_>) {
    let path = request.uri().path();
    if path == PATHS.par && response.status() == StatusCode::CREATED {
        *response.status_mut() = StatusCode::OK;
    }
    if path.contains("/.well-known/") {
        change_json(response, |document| metadata(config, document));
    }
}

fn push(incoming: &Incoming<'_>) -> Mapped {
    let (request, now) = (incoming.request, incoming.now);
    let Some(form) = form(request) else { return Mapped::unchanged(incoming) };
    let mut names: Vec<_> = form.names().collect();
    names.sort_unstable();
    if names != PUSHED {
        return refuse(
            "invalid_request",
            "the parameters are not exactly request and the client assertion",
        );
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
            "nbf is in the future, or exp is more than 10 minutes later",
        );
    }
    Mapped::unchanged(incoming)
}

/// Ignores the two parameters that the documents show in the URL, with these values.
fn authorize(incoming: &Incoming<'_>) -> Mapped {
    let Some(query) = query(incoming.request) else { return Mapped::unchanged(incoming) };
    let has = |(name, value)| query.one(name) == Ok(Some(value));
    if !DOCUMENTED.into_iter().all(has) {
        return Mapped::unchanged(incoming);
    }
    Mapped::Request(without_pairs(incoming.request, &DOCUMENTED.map(|(name, _)| name)))
}

fn refuse(error: &str, description: &str) -> Mapped {
    let body = json!({ "error": error, "error_description": description });
    Mapped::Response(answer::json(StatusCode::BAD_REQUEST, &body))
}

/// Puts the endpoints on another host than the issuer, without aliases.
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

/// Reads exactly one account access consent. The token response repeats it with its status.
fn requested(
    client: &RegisteredClient,
    sent: &Sent,
    _: &mut Verdicts,
) -> Result<Requested, Violation> {
    let violation = |rule| Violation {
        reason: Reason::InvalidAuthorizationDetails,
        clause: "UAE Open Finance, account access consent",
        rule,
    };
    let details = sent.get("authorization_details").unwrap_or_default();
    let details = AuthorizationDetails::parse(details)
        .map_err(|_| violation("authorization_details is a JSON array"))?;
    let consent = the_consent(&details).unwrap_or_default();
    let id = member(&consent, "ConsentId").as_str().map(str::to_owned);
    let id = id.ok_or_else(|| violation("there is exactly one consent, with a ConsentId"))?;
    for required in ["ExpirationDateTime", "OpenFinanceBilling", "Permissions"] {
        if member(&consent, required).is_null() {
            return Err(violation(
                "ExpirationDateTime, OpenFinanceBilling and Permissions are there",
            ));
        }
    }
    let scopes = Scopes::parse(sent.get("scope").unwrap_or_default()).unwrap_or_default();
    let known = |scope: &str| client.scopes.iter().any(|registered| registered == scope);
    if !scopes.iter().all(known) || !scopes.contains("accounts") || !scopes.contains("openid") {
        return Err(Violation {
            reason: Reason::InvalidScope,
            clause: "UAE Open Finance, request JWT",
            rule: "scope is accounts openid",
        });
    }
    let permissions = member(&consent, "Permissions").as_array().into_iter().flatten();
    let permissions: Vec<_> = permissions.filter_map(Value::as_str).collect();
    let mut request = ConsentRequest::new(ConsentDuration::Persistent);
    for (name, cluster) in PERMISSIONS {
        if permissions.iter().any(|permission| permission.eq_ignore_ascii_case(name)) {
            request = request.resource(ResourceType::Account, [cluster.clone()]);
        }
    }
    let request = request.build().map_err(|_| violation("some permission is known here"))?;
    let mut data = consent;
    if let Some(members) = data.as_object_mut() {
        members.insert("Status".to_owned(), json!("Authorized"));
    }
    let self_link = format!("/account-access-consents/{id}");
    let response_details = json!([{
        "type": ACCOUNT_ACCESS_CONSENT,
        "consent": { "Data": data, "Links": { "Self": self_link } },
    }]);
    Ok(Requested::of(request, scopes, response_details).with_consent_id(&id))
}

/// The `consent` of the details' only element, if it is an account access consent.
fn the_consent(details: &AuthorizationDetails) -> Option<Value> {
    let mut details = details.iter();
    let (Some(AuthorizationDetail::Other(detail)), None) = (details.next(), details.next()) else {
        return None;
    };
    if detail.detail_type() != ACCOUNT_ACCESS_CONSENT {
        return None;
    }
    detail.member("consent")?.value().ok().map(document::of_value)
}
