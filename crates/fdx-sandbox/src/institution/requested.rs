//! The authorization parameters as sent, and the consent that they request.

use std::collections::BTreeMap;

use fdx_rar::{
    AuthorizationDetails, ConsentDuration, ConsentRequest, DataCluster, FDX_V1_0, ResourceType,
    Scopes,
};
use fdx_wire::form::Query;
use fdx_wire::json::RawJson;
use serde_json::Value;

use crate::institution::client::RegisteredClient;
use crate::institution::detail_members;
use crate::institution::form::{REPEATABLE, values};
use crate::institution::rule::Rule;
use crate::institution::verdict::{Verdicts, Violation};

/// The requested consent and its scopes.
#[derive(Clone, Debug)]
pub(crate) struct Requested {
    /// `None` if the request is for no data, only for scopes such as `openid`.
    consent_request: Option<ConsentRequest>,
    scopes: Scopes,
    /// The consent id, if the client chose it.
    pub(crate) consent_id: Option<String>,
    /// The authorization details of the token response, if they are not FDX's. Null means none.
    pub(crate) response_details: Option<Value>,
    /// The resources of scopes that are not FDX's.
    opens: &'static [Opens],
}

/// A provider's own scope, and the resources that it covers.
#[derive(Debug)]
pub(crate) struct Opens {
    pub(crate) scope: &'static str,
    pub(crate) resources: &'static [(ResourceType, DataCluster)],
}

impl Requested {
    /// A request in a provider's own vocabulary, and its FDX equivalent.
    pub(crate) fn of(
        consent_request: ConsentRequest,
        scopes: Scopes,
        response_details: Value,
    ) -> Self {
        let response_details = Some(response_details);
        let consent_request = Some(consent_request);
        Self { consent_request, scopes, consent_id: None, response_details, opens: &[] }
    }

    /// Reads a request without authorization details: each scope of a data cluster requests that
    /// cluster, until the consent is revoked. The token response has no authorization details.
    pub(crate) fn of_scopes(
        client: &RegisteredClient,
        sent: &Sent,
        verdicts: &mut Verdicts,
    ) -> Result<Self, Violation> {
        let scopes = registered_scopes(client, sent, verdicts)?;
        // RFC 6749 3.3: there is no default scope.
        verdicts.require(Rule::ScopePresent, scopes.iter().next().is_some())?;
        let mut request = ConsentRequest::new(ConsentDuration::Persistent);
        for cluster in scopes.data_clusters() {
            let resource_type = match cluster {
                DataCluster::CustomerContact | DataCluster::CustomerPersonal => {
                    ResourceType::Customer
                }
                _ => ResourceType::Account,
            };
            request = request.resource(resource_type, [cluster]);
        }
        Ok(Self {
            consent_request: request.build().ok(),
            scopes,
            consent_id: None,
            response_details: Some(Value::Null),
            opens: &[],
        })
    }

    /// Sets the resources that the provider's scopes cover.
    pub(crate) fn with_scopes(self, opens: &'static [Opens]) -> Self {
        Self { opens, ..self }
    }

    /// Sets the consent id, which the client chose.
    pub(crate) fn with_consent_id(self, id: &str) -> Self {
        Self { consent_id: Some(id.to_owned()), ..self }
    }

    /// Reads a request in FDX's vocabulary.
    pub(crate) fn read(
        client: &RegisteredClient,
        sent: &Sent,
        verdicts: &mut Verdicts,
    ) -> Result<Self, Violation> {
        let text =
            verdicts.require_some(Rule::DetailsPresent, sent.get("authorization_details"))?;
        verdicts.require(Rule::DetailsMembers, detail_members::conform(text))?;
        let details =
            verdicts.require_some(Rule::DetailsSyntax, AuthorizationDetails::parse(text).ok())?;
        let known = |kind: &str| kind == FDX_V1_0;
        verdicts.require(
            Rule::DetailsTypes,
            details.iter().all(|detail| known(detail.detail_type())),
        )?;
        let consent_request = verdicts.require_some(
            Rule::DetailsConsentRequest,
            details.consent_request().filter(|request| {
                request.pairs().all(|(resource_type, cluster)| {
                    !matches!(resource_type, ResourceType::Other(_))
                        && !matches!(cluster, DataCluster::Other(_))
                })
            }),
        )?;
        let scopes = registered_scopes(client, sent, verdicts)?;
        verdicts.require(Rule::ScopeOfClusters, match_the_request(&scopes, consent_request))?;
        Ok(Self {
            consent_request: Some(consent_request.clone()),
            scopes,
            consent_id: None,
            response_details: None,
            opens: &[],
        })
    }

    /// The duration of the consent.
    pub(crate) fn duration(&self) -> ConsentDuration {
        self.consent_request.as_ref().map_or(ConsentDuration::Persistent, ConsentRequest::duration)
    }

    /// The days before each call that the data goes back.
    pub(crate) fn lookback_period(&self) -> Option<u32> {
        self.consent_request.as_ref()?.lookback_period()
    }

    /// The requested pairs of resource type and data cluster.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&ResourceType, &DataCluster)> {
        self.consent_request.iter().flat_map(ConsentRequest::pairs)
    }

    /// The duration of the consent, for the customer to read.
    pub(crate) fn duration_text(&self) -> String {
        match self.duration() {
            ConsentDuration::OneTime => "once".to_owned(),
            ConsentDuration::Persistent => "until you end it, for a year at most".to_owned(),
            ConsentDuration::TimeBound { days } => format!("for {days} days"),
        }
    }

    /// The scopes that remain if only `clusters` were granted.
    pub(crate) fn scopes_granted(&self, clusters: &[&DataCluster]) -> Vec<String> {
        let granted = |scope: &str| {
            let opens = self.opens.iter().find(|opens| opens.scope == scope);
            if let Some(opens) = opens.filter(|opens| !opens.resources.is_empty()) {
                return opens.resources.iter().any(|(_, cluster)| clusters.contains(&cluster));
            }
            DataCluster::from_scope(scope).is_none_or(|cluster| clusters.contains(&&cluster))
        };
        let kept = self.scopes.iter().filter(|scope| granted(scope));
        kept.map(str::to_owned).collect()
    }
}

/// Returns the scopes, each of which the client registered.
fn registered_scopes(
    client: &RegisteredClient,
    sent: &Sent,
    verdicts: &mut Verdicts,
) -> Result<Scopes, Violation> {
    let scopes = verdicts.require_some(
        Rule::ScopeSyntax,
        Scopes::parse(sent.get("scope").unwrap_or_default()).ok(),
    )?;
    verdicts.require(
        Rule::ScopeRegistered,
        scopes.iter().all(|scope| client.scopes.iter().any(|registered| registered == scope)),
    )?;
    Ok(scopes)
}

fn match_the_request(scopes: &Scopes, request: &ConsentRequest) -> bool {
    let requested = |cluster: &DataCluster| request.pairs().any(|(_, known)| known == cluster);
    request.scopes().iter().all(|scope| scopes.contains(scope))
        && scopes.data_clusters().all(|cluster| requested(&cluster))
}

/// Authorization parameters as sent.
#[derive(Debug)]
pub(crate) struct Sent {
    /// By name, each at most once.
    parameters: BTreeMap<String, String>,
    /// The values of `resource` (RFC 8707 section 2).
    resources: Vec<String>,
}

impl Sent {
    /// Takes the parameters from a form or query. `text` is its encoded form.
    pub(crate) fn of_form(form: &Query<'_>, text: &str) -> Self {
        let pairs = form.names().filter_map(|name| Some((name, form.one(name).ok()??)));
        let parameters = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { parameters, resources: values(text, REPEATABLE) }
    }

    /// Takes the parameters from the claims of a request object. `None` if a claim has another type
    /// than RFC 9101 section 4 requires: `max_age` is a number, `authorization_details` an array,
    /// `resource` a string or an array of strings, every other known claim a string. An unknown
    /// claim may be anything but null.
    pub(crate) fn of_claims(claims: &BTreeMap<String, RawJson>) -> Option<Self> {
        let (mut parameters, mut resources) = (BTreeMap::new(), Vec::new());
        for (name, claim) in claims {
            let text = match name.as_str() {
                "max_age" => claim.read::<u32>().ok()?.to_string(),
                "authorization_details" => {
                    claim.read::<Vec<RawJson>>().ok()?;
                    claim.as_str().to_owned()
                }
                REPEATABLE => {
                    resources = texts(claim)?;
                    continue;
                }
                known if TEXTS.contains(&known) => claim.read::<String>().ok()?,
                _ if claim.as_str().trim() == "null" => return None,
                _ => continue,
            };
            parameters.insert(name.clone(), text);
        }
        Some(Self { parameters, resources })
    }

    /// Returns a parameter. An empty value counts as absent (RFC 6749 section 3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the values of `resource`.
    pub(crate) fn resources(&self) -> &[String] {
        &self.resources
    }
}

/// Reads a claim with one value or several.
pub(crate) fn texts(claim: &RawJson) -> Option<Vec<String>> {
    let one = claim.read::<String>().ok().map(|text| vec![text]);
    one.or_else(|| claim.read::<Vec<String>>().ok())
}

const TEXTS: [&str; 12] = [
    "acr_values",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "nonce",
    "prompt",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];
