//! The records that the institution keeps from one request to the next.

use fdx_jose::{Algorithm, Thumbprint};
use fdx_pkce::CodeChallenge;
use fdx_rar::{DataCluster, ResourceType};
use fdx_wire::{RedirectUri, Secret, UnixTime};
use serde_json::{Map, Value};

use crate::institution::customer_data::Customer;
use crate::institution::expiry::is_valid;
use crate::institution::requested::Requested;

/// An accepted authorization request.
#[derive(Clone, Debug)]
pub(crate) struct Pushed {
    pub(crate) client_id: String,
    pub(crate) parameters: Parameters,
    /// The key that the code is bound to, if any (RFC 9449 section 10).
    pub(crate) dpop_jkt: Option<Thumbprint>,
    /// The first second in which the page can no longer be loaded.
    pub(crate) expires: UnixTime,
    pub(crate) progress: Progress,
}

/// The customer's progress with an authorization request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// The page was not loaded yet.
    Waiting,
    /// The page was loaded. Its form contains this value and may be sent before `until`.
    Deciding { interaction: String, until: UnixTime },
    /// The customer decided. The `request_uri` has been used.
    Decided,
}

impl Progress {
    /// Whether a decision with this `interaction` value is due.
    pub(crate) fn awaits(&self, sent: &str, now: UnixTime) -> bool {
        matches!(self, Self::Deciding { interaction, until } if interaction == sent && is_valid(*until, now))
    }
}

/// The parameters of an authorization request, each checked.
#[derive(Clone, Debug)]
pub(crate) struct Parameters {
    pub(crate) redirect_uri: RedirectUri,
    pub(crate) code_challenge: CodeChallenge,
    pub(crate) response_mode: ResponseMode,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) acr: Option<&'static str>,
    pub(crate) requested: Requested,
}

/// The form of the authorization response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ResponseMode {
    /// Parameters in the query.
    Query,
    /// One JWT with this algorithm (JARM).
    Jwt(Algorithm),
}

/// A checkbox on the consent page: a data cluster of one resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Choice {
    pub(crate) resource_type: ResourceType,
    pub(crate) resource_id: String,
    pub(crate) cluster: DataCluster,
}

impl Choice {
    /// Everything in the request that the customer can grant, resource by resource.
    pub(crate) fn all(customer: &Customer, requested: &Requested) -> Vec<Self> {
        let accounts = customer.accounts.iter();
        let accounts = accounts.map(|account| (ResourceType::Account, &account.account_id));
        let customers = [(ResourceType::Customer, &customer.customer_id)];
        let mut choices = Vec::new();
        for (resource_type, resource_id) in accounts.chain(customers) {
            let of_type = requested.pairs().filter(|(requested, _)| **requested == resource_type);
            choices.extend(of_type.map(|(_, cluster)| Self {
                resource_type: resource_type.clone(),
                resource_id: resource_id.clone(),
                cluster: cluster.clone(),
            }));
        }
        choices
    }

    /// The name of the checkbox in the form.
    pub(crate) fn field(&self) -> String {
        let Self { resource_type, resource_id, cluster } = self;
        format!("{resource_type}/{resource_id}/{cluster}")
    }
}

/// An authorization code and everything that its exchange is checked against.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) pushed: Pushed,
    pub(crate) consent_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) auth_time: UnixTime,
    pub(crate) expires: UnixTime,
    pub(crate) spent: Spent,
}

/// Whether a code has been exchanged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Spent {
    No,
    Yes,
}

/// An issued token.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) grant: Grant,
    /// The scopes of the grant that this token has.
    pub(crate) scopes: Vec<String>,
    pub(crate) issued: UnixTime,
    pub(crate) expires: UnixTime,
}

impl Token {
    /// Whether the token can be used.
    pub(crate) fn is_alive(&self, now: UnixTime) -> bool {
        let current = match self.kind {
            Kind::Revoked => false,
            Kind::Replaced { until } => is_valid(until, now),
            Kind::Access(_) | Kind::Refresh => true,
        };
        current && is_valid(self.expires, now)
    }
}

/// The kind of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Access(Bound),
    /// Bound only to its client, which authenticates (RFC 9449 section 5, RFC 8705 section 7.1).
    Refresh,
    /// A refresh token that was replaced. It stays valid before `until`, for a client that did not
    /// receive the response.
    Replaced {
        until: UnixTime,
    },
    Revoked,
}

/// What a token is bound to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bound {
    Key(Thumbprint),
    Certificate(Thumbprint),
    /// Not sender-constrained.
    Nothing,
}

impl Bound {
    pub(crate) fn token_type(self) -> &'static str {
        match self {
            Self::Key(_) => "DPoP",
            Self::Certificate(_) | Self::Nothing => "Bearer",
        }
    }
}

/// What the customer agreed to. Every token of a consent has the same grant.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    /// `None` for a token of the client credentials grant.
    pub(crate) consent_id: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) auth_time: UnixTime,
    pub(crate) acr: Option<&'static str>,
}

/// A client that registered itself.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    /// The latest registration access token. Earlier ones are invalid.
    pub(crate) access_token: Secret,
    pub(crate) issued: UnixTime,
    /// The metadata as sent by the client.
    pub(crate) metadata: Map<String, Value>,
}
