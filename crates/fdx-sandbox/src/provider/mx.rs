//! MX Data Access: FDX 4.6 over OAuth 2.0, which is not FAPI. Authorization requests are not pushed:
//! the customer's browser carries them. Scopes are all that can be requested.

use std::time::Duration;

use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType, Scopes};
use http::StatusCode;
use serde_json::Value;

use crate::answer;
use crate::institution::client::{Binding, RegisteredClient};
use crate::institution::config::{
    AuthorizationRequests, ConsentIdCarrier, IdTokens, Manners, Paths, RefreshPolicy,
    RefreshTokens, UnboundTokens,
};
use crate::institution::requested::{Opens, Requested, Sent};
use crate::institution::rule::Reason;
use crate::institution::verdict::{Verdicts, Violation};
use crate::provider::definition::{
    Clients, Incoming, Mapped, Outgoing, Provider, change_json, remove_iss,
};

impl Provider {
    /// MX Data Access, which is not FAPI.
    pub const MX: &'static Self = &Self {
        name: "mx",
        paths: PATHS,
        manners: Manners {
            authorization_requests: AuthorizationRequests::InTheUrl,
            id_token: IdTokens::Never,
            refresh_token: RefreshTokens::Always,
            refresh_token_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
            unbound_tokens: UnboundTokens::Allowed,
            requested,
            scopes: || SCOPES.iter().map(|opens| opens.scope.to_owned()).collect(),
            ..Manners::FDX
        },
        clients: Clients { binding: Binding::Nothing, signing: None },
        policies: |config| {
            config.refresh_policy = RefreshPolicy::Rotate;
            config.consent_id_carrier = ConsentIdCarrier::Nowhere;
        },
        map_request,
        map_response,
    };
}

const PATHS: Paths = Paths {
    authorize: "/oauth2/v4/authorize",
    decision: "/oauth2/v4/authorize/decision",
    fdx: "/fdx/v4",
    revoke: "/oauth2/v4/revoke",
    token: "/oauth2/v4/token",
    ..Paths::FDX
};

/// The resources that each scope covers.
const SCOPES: &[Opens] = &[
    Opens { scope: "openid", resources: &[] },
    Opens {
        scope: "customers",
        resources: &[
            (ResourceType::Customer, DataCluster::CustomerContact),
            (ResourceType::Customer, DataCluster::CustomerPersonal),
        ],
    },
    Opens {
        scope: "accounts",
        resources: &[(ResourceType::Account, DataCluster::AccountDetailed)],
    },
    Opens {
        scope: "transactions",
        resources: &[(ResourceType::Account, DataCluster::Transactions)],
    },
    Opens { scope: "statements", resources: &[(ResourceType::Account, DataCluster::Statements)] },
];

fn map_request(incoming: &Incoming<'_>) -> Mapped {
    let path = incoming.request.uri().path();
    let unpublished = [PATHS.par, PATHS.introspect, PATHS.jwks];
    if unpublished.contains(&path) || path.contains("/.well-known/") {
        return Mapped::Response(answer::empty(StatusCode::NOT_FOUND));
    }
    Mapped::unchanged(incoming)
}

fn map_response(Outgoing { request, response, .. }: Outgoing<'_>) {
    let path = request.uri().path();
    if path == PATHS.decision {
        remove_iss(response);
    }
    if path == PATHS.token && response.status() == StatusCode::OK {
        change_json(response, |body| {
            if let Some(members) = body.as_object_mut() {
                members.remove("authorization_details");
            }
        });
    }
}

/// Maps the scopes to FDX data clusters. `openid` is required.
fn requested(
    client: &RegisteredClient,
    sent: &Sent,
    _: &mut Verdicts,
) -> Result<Requested, Violation> {
    let violation =
        |rule| Violation { reason: Reason::InvalidScope, clause: "MX, available scopes", rule };
    let scopes = Scopes::parse(sent.get("scope").unwrap_or_default())
        .map_err(|_| violation("scope consists of scope tokens"))?;
    let known = |scope: &str| client.scopes.iter().any(|registered| registered == scope);
    if !scopes.iter().all(known) {
        return Err(violation("every scope is registered for the client"));
    }
    if !scopes.contains("openid") {
        return Err(violation("openid is required"));
    }
    let opens = SCOPES.iter().filter(|opens| scopes.contains(opens.scope));
    let mut consent = ConsentRequest::new(ConsentDuration::Persistent);
    for (resource_type, cluster) in opens.flat_map(|opens| opens.resources) {
        consent = consent.resource(resource_type.clone(), [cluster.clone()]);
    }
    let consent = consent.build().map_err(|_| violation("some scope covers a resource"))?;
    Ok(Requested::of(consent, scopes, Value::Null).with_scopes(SCOPES))
}
