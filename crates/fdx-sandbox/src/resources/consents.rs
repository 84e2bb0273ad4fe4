use std::time::Duration;

use fdx_rar::{AuthorizationDetails, ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_wire::{UnixTime, percent_encode};
use serde_json::{Value, json};

use crate::authorize::Choice;
use crate::error::{Broken, Reason};
use crate::institution::Institution;
use crate::par::Pushed;
use crate::token::Token;

/// A consent as the customer gave it.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    pub(crate) id: String,
    client_id: String,
    asked: ConsentRequest,
    granted: Vec<Choice>,
    /// What a token of narrower scope does not reach, although it was granted.
    out_of_reach: Vec<DataCluster>,
    created: UnixTime,
    expires: UnixTime,
}

impl Consent {
    pub(crate) fn new(id: String, pushed: &Pushed, granted: &[Choice], now: UnixTime) -> Self {
        let asked = pushed.parameters.requested.consent_request.clone();
        let days = match asked.duration() {
            ConsentDuration::OneTime => 1,
            // No consent outlives a year.
            ConsentDuration::Persistent => 365,
            ConsentDuration::TimeBound { days } => days.as_days(),
        };
        Self {
            id,
            client_id: pushed.client_id.clone(),
            asked,
            granted: granted.to_vec(),
            out_of_reach: Vec::new(),
            created: now,
            expires: now + Duration::from_secs(u64::from(days) * 86_400),
        }
    }

    pub(crate) fn is_active(&self, now: UnixTime) -> bool {
        now < self.expires
    }

    /// The authorization details as granted (RFC 9396 section 7): FDX has no place in them for
    /// which account was chosen.
    pub(crate) fn authorization_details(&self) -> Value {
        let mut request = ConsentRequest::new(self.asked.duration());
        if let Some(days) = self.asked.lookback_period() {
            request = request.lookback_period(days);
        }
        for (resource_type, cluster) in self.asked.pairs() {
            let granted = |choice: &Choice| {
                choice.resource_type == *resource_type && choice.cluster == *cluster
            };
            if self.granted.iter().any(granted) {
                request = request.resource(resource_type.clone(), [cluster.clone()]);
            }
        }
        request
            .build()
            .map_or(Value::Null, |request| json!(AuthorizationDetails::of_consent(request)))
    }

    /// As far as this token reaches (RFC 6749 section 6: a refresh can narrow the scope).
    pub(super) fn within(self, token: &Token) -> Self {
        let clusters = |scopes: &[String]| -> Vec<_> {
            scopes.iter().filter_map(|scope| DataCluster::from_scope(scope)).collect()
        };
        let kept = clusters(&token.scopes);
        let mut out_of_reach = clusters(&token.grant.scopes);
        out_of_reach.retain(|cluster| !kept.contains(cluster));
        Self { out_of_reach, ..self }
    }

    /// Whether `cluster` of this one resource was granted, and can be reached.
    pub(super) fn covers(
        &self,
        resource_type: &ResourceType,
        resource_id: &str,
        cluster: &DataCluster,
    ) -> bool {
        let granted = self.granted.iter().any(|choice| {
            choice.resource_type == *resource_type
                && choice.resource_id == resource_id
                && choice.cluster == *cluster
        });
        granted && !self.out_of_reach.contains(cluster)
    }

    pub(super) fn lookback_period(&self) -> Option<u32> {
        self.asked.lookback_period()
    }

    fn document(&self, provider: &str) -> Value {
        let resources =
            self.granted.chunk_by(|a, b| a.resource_id == b.resource_id).filter_map(|choices| {
                let first = choices.first()?;
                let clusters: Vec<_> = choices.iter().map(|choice| &choice.cluster).collect();
                Some(json!({
                    "resourceType": first.resource_type,
                    "resourceId": first.resource_id,
                    "dataClusters": clusters,
                }))
            });
        let mut document = json!({
            "id": self.id,
            "status": "ACTIVE",
            "parties": [
                party(&self.client_id, "DATA_RECIPIENT", provider),
                party("Sandbox", "DATA_PROVIDER", provider),
            ],
            "createdTime": self.created.to_rfc3339(),
            "updatedTime": self.created.to_rfc3339(),
            "expirationTime": self.expires.to_rfc3339(),
            "durationType": self.asked.duration().duration_type(),
            "resources": resources.collect::<Vec<_>>(),
        });
        if let Some(members) = document.as_object_mut() {
            if let Some(days) = self.asked.duration().days() {
                members.insert("durationPeriod".to_owned(), json!(days.as_days()));
            }
            if let Some(days) = self.asked.lookback_period() {
                members.insert("lookbackPeriod".to_owned(), json!(days));
            }
        }
        document
    }
}

impl Institution {
    pub(super) fn consent_document(
        &mut self,
        consent: &Consent,
        segment: &str,
    ) -> Result<Value, Broken> {
        self.verdicts.require(
            Reason::ConsentNotFound,
            "FDX Consent API, GET /consents/{consentId}",
            "the consent is the one behind the access token",
            segment == percent_encode(&consent.id),
        )?;
        Ok(consent.document(self.config().issuer.as_str()))
    }
}

fn party(name: &str, kind: &str, home_uri: &str) -> Value {
    json!({
        "name": name,
        "type": kind,
        "homeUri": home_uri,
        "registry": "PRIVATE",
        "registeredEntityName": name,
        "registeredEntityId": name,
    })
}
