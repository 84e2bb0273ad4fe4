use fdx_rar::{
    AuthorizationDetails, ConsentDuration, ConsentRequest, DataCluster, FDX_V1_0, ResourceType,
    Scopes,
};

use serde_json::Value;

use super::sent::Sent;
use crate::client::RegisteredClient;
use crate::error::{Broken, Reason};
use crate::verdict::Verdicts;

/// What a client asks the customer for: a consent, and scopes that say the same.
#[derive(Clone, Debug)]
pub(crate) struct Requested {
    pub(crate) consent_request: ConsentRequest,
    scopes: Scopes,
    /// The consent's id, where the client made it.
    pub(crate) consent_id: Option<String>,
    /// The details of the token response, where they are not FDX's.
    pub(crate) told: Option<Value>,
    /// What scopes open that are not FDX's.
    opens: &'static [Opens],
}

/// A scope, and what it opens.
pub(crate) type Opens = (&'static str, &'static [(ResourceType, DataCluster)]);

impl Requested {
    /// What is not asked in FDX's words, and what FDX would say. `told` are the details of the
    /// token response; null means none.
    pub(crate) fn of(consent_request: ConsentRequest, scopes: Scopes, told: Value) -> Self {
        Self { consent_request, scopes, consent_id: None, told: Some(told), opens: &[] }
    }

    /// The same, with scopes that open what `opens` says.
    pub(crate) fn with_scopes(self, opens: &'static [Opens]) -> Self {
        Self { opens, ..self }
    }

    /// The same, under an id of the client's.
    pub(crate) fn with_consent_id(self, id: &str) -> Self {
        Self { consent_id: Some(id.to_owned()), ..self }
    }

    pub(super) fn read(
        client: &RegisteredClient,
        sent: &Sent,
        verdicts: &mut Verdicts,
    ) -> Result<Self, Broken> {
        let details = sent.get("authorization_details").unwrap_or_default();
        let details = verdicts.require_some(
            Reason::InvalidAuthorizationDetails,
            "RFC 9396 5",
            "authorization_details is a JSON array of well-formed objects, each with a type",
            AuthorizationDetails::parse(details).ok(),
        )?;
        let known = |kind: &str| kind == FDX_V1_0;
        verdicts.require(
            Reason::InvalidAuthorizationDetails,
            "RFC 9396 5",
            "every type in authorization_details is known here",
            details.iter().all(|detail| known(detail.detail_type())),
        )?;
        let consent_request = verdicts.require_some(
            Reason::InvalidAuthorizationDetails,
            "FDX Consent API, ConsentRequest",
            "there is one consentRequest, whose data clusters and resource types are known here",
            details.consent_request().filter(|request| {
                request.pairs().all(|(resource_type, cluster)| {
                    !matches!(resource_type, ResourceType::Other(_))
                        && !matches!(cluster, DataCluster::Other(_))
                })
            }),
        )?;
        let scopes = verdicts.require_some(
            Reason::InvalidScope,
            "RFC 6749 3.3",
            "scope is made of scope tokens",
            Scopes::parse(sent.get("scope").unwrap_or_default()).ok(),
        )?;
        verdicts.require(
            Reason::InvalidScope,
            "RFC 6749 3.3",
            "every scope is registered for the client",
            scopes.iter().all(|scope| client.scopes.iter().any(|registered| registered == scope)),
        )?;
        verdicts.require(
            Reason::InvalidScope,
            "FDX Security Model v5",
            "the scopes are those of the data clusters in the consentRequest",
            says_the_same(&scopes, consent_request),
        )?;
        Ok(Self {
            consent_request: consent_request.clone(),
            scopes,
            consent_id: None,
            told: None,
            opens: &[],
        })
    }

    /// How long data is asked for, for the customer to read.
    pub(crate) fn duration(&self) -> String {
        match self.consent_request.duration() {
            ConsentDuration::OneTime => "once".to_owned(),
            ConsentDuration::Persistent => "until you end it, for a year at most".to_owned(),
            ConsentDuration::TimeBound { days } => format!("for {days} days"),
        }
    }

    /// The scopes that remain where only `clusters` were granted.
    pub(crate) fn scopes_granted(&self, clusters: &[&DataCluster]) -> Vec<String> {
        let granted = |scope: &str| {
            let opened = self.opens.iter().find(|(known, _)| *known == scope);
            if let Some((_, opened)) = opened.filter(|(_, opened)| !opened.is_empty()) {
                return opened.iter().any(|(_, cluster)| clusters.contains(&cluster));
            }
            DataCluster::from_scope(scope).is_none_or(|cluster| clusters.contains(&&cluster))
        };
        let kept = self.scopes.iter().filter(|scope| granted(scope));
        kept.map(str::to_owned).collect()
    }
}

fn says_the_same(scopes: &Scopes, request: &ConsentRequest) -> bool {
    let asked = |cluster: &DataCluster| request.pairs().any(|(_, asked)| asked == cluster);
    request.scopes().iter().all(|scope| scopes.contains(scope))
        && scopes.data_clusters().all(|cluster| asked(&cluster))
}
