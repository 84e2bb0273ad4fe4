//! MX Data Access: FDX 4.6 over OAuth 2.0. Nobody pushes here: the authorization request comes with
//! the customer's browser, and the face pushes it for the client. Scopes are all that is asked.

use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType, Scopes};
use fdx_wire::UnixTime;
use fdx_wire::form::{Form, Query};
use http::{Method, Request, Response, StatusCode};
use serde_json::Value;

use super::{Arrival, Paths, rewrite};
use crate::answer;
use crate::client::RegisteredClient;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::par::{Opens, Requested, Sent};

pub(super) const PATHS: Paths = Paths {
    authorize: "/oauth2/v4/authorize",
    decision: "/oauth2/v4/authorize/decision",
    fdx: "/fdx/v4",
    revoke: "/oauth2/v4/revoke",
    token: "/oauth2/v4/token",
    ..Paths::FDX
};

/// What each scope opens.
pub(super) const SCOPES: &[Opens] = &[
    ("openid", &[]),
    (
        "customers",
        &[
            (ResourceType::Customer, DataCluster::CustomerContact),
            (ResourceType::Customer, DataCluster::CustomerPersonal),
        ],
    ),
    ("accounts", &[(ResourceType::Account, DataCluster::AccountDetailed)]),
    ("transactions", &[(ResourceType::Account, DataCluster::Transactions)]),
    ("statements", &[(ResourceType::Account, DataCluster::Statements)]),
];

pub(super) fn arrive(
    institution: &mut Institution,
    request: &Request<Vec<u8>>,
    now: UnixTime,
) -> Arrival {
    let path = request.uri().path();
    let unpublished = [PATHS.par, PATHS.introspect, PATHS.jwks];
    if unpublished.contains(&path) || path.contains("/.well-known/") {
        return Arrival::Answered(answer::empty(StatusCode::NOT_FOUND));
    }
    if request.method() == Method::GET && path == PATHS.authorize {
        return authorize(institution, request, now);
    }
    Arrival::strict(request)
}

pub(super) fn depart(
    request: &Request<Vec<u8>>,
    mut response: Response<Vec<u8>>,
) -> Response<Vec<u8>> {
    let path = request.uri().path();
    if path == PATHS.decision {
        rewrite::without_iss(&mut response);
    }
    if path == PATHS.token && response.status() == StatusCode::OK {
        rewrite::json(&mut response, |body| {
            if let Some(members) = body.as_object_mut() {
                members.remove("authorization_details");
            }
        });
    }
    response
}

/// The parameters in the URL, as if they had been pushed.
fn authorize(institution: &mut Institution, request: &Request<Vec<u8>>, now: UnixTime) -> Arrival {
    let query = Query::parse(request.uri().query().unwrap_or_default(), 8192);
    let Ok(query) = query else { return Arrival::strict(request) };
    let client_id = query.one("client_id").ok().flatten().unwrap_or_default().to_owned();
    let config = institution.config();
    let Some(client) = config.client(&client_id) else {
        return Arrival::Answered(answer::empty(StatusCode::UNAUTHORIZED));
    };
    let sent = Sent::of_form(&query);
    match institution.keep_pushed(&config, client, &sent, now) {
        Ok(request_uri) => {
            let mut form = Form::new();
            form.pair("client_id", &client_id).pair("request_uri", &request_uri);
            Arrival::Strict(rewrite::with_query(request, form.as_str()))
        }
        Err(broken) => Arrival::Answered(institution.error_page(broken)),
    }
}

/// Every scope opens what the table says; `openid` is mandatory.
pub(super) fn requested(client: &RegisteredClient, sent: &Sent) -> Result<Requested, Broken> {
    let broken =
        |rule| Broken { reason: Reason::InvalidScope, clause: "MX, available scopes", rule };
    let scopes = Scopes::parse(sent.get("scope").unwrap_or_default())
        .map_err(|_| broken("scope is made of scope tokens"))?;
    let known = |scope: &str| client.scopes.iter().any(|registered| registered == scope);
    if !scopes.iter().all(known) {
        return Err(broken("every scope is registered for the client"));
    }
    if !scopes.contains("openid") {
        return Err(broken("openid is required"));
    }
    let opened = SCOPES.iter().filter(|(scope, _)| scopes.contains(scope));
    let mut consent = ConsentRequest::new(ConsentDuration::Persistent);
    for (resource_type, cluster) in opened.flat_map(|(_, pairs)| pairs.iter()) {
        consent = consent.resource(resource_type.clone(), [cluster.clone()]);
    }
    let consent = consent.build().map_err(|_| broken("some scope opens a resource"))?;
    Ok(Requested::of(consent, scopes, Value::Null).with_scopes(SCOPES))
}
