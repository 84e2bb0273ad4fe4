use std::time::Duration;

use fdx_rar::{
    AuthorizationDetails, ConsentDuration, ConsentRequest, ConsentRevocation,
    ConsentRevocationRequest, ConsentStatus, DataCluster, ResourceType,
};
use fdx_wire::UnixTime;
use serde_json::{Value, json};

use crate::authorize::Choice;
use crate::par::Pushed;
use crate::token::Token;

/// A consent as the customer gave it.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    pub(crate) id: String,
    client_id: String,
    asked: ConsentRequest,
    /// The details of the token response, where they are not FDX's.
    told: Option<Value>,
    granted: Vec<Choice>,
    /// What a token of narrower scope does not reach, although it was granted.
    out_of_reach: Vec<DataCluster>,
    created: UnixTime,
    expires: UnixTime,
    revoked: Option<Revoked>,
}

/// That a consent was revoked, and when.
#[derive(Clone, Debug)]
struct Revoked {
    at: UnixTime,
    revocation: ConsentRevocation,
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
            told: pushed.parameters.requested.told.clone(),
            granted: granted.to_vec(),
            out_of_reach: Vec::new(),
            created: now,
            expires: now + Duration::from_secs(u64::from(days) * 86_400),
            revoked: None,
        }
    }

    pub(crate) fn is_active(&self, now: UnixTime) -> bool {
        self.status(now) == ConsentStatus::Active
    }

    /// Whether `client_id` is who the customer consented to.
    pub(crate) fn is_for(&self, client_id: &str) -> bool {
        self.client_id == client_id
    }

    /// Ends the consent, for good.
    pub(super) fn revoke(&mut self, request: ConsentRevocationRequest, now: UnixTime) {
        let revocation = ConsentRevocation::of(request, now);
        self.revoked = Some(Revoked { at: now, revocation });
    }

    /// What ended it, if it was revoked.
    pub(super) fn revocation(&self) -> Option<&ConsentRevocation> {
        self.revoked.as_ref().map(|revoked| &revoked.revocation)
    }

    fn status(&self, now: UnixTime) -> ConsentStatus {
        match self.revoked {
            Some(_) => ConsentStatus::Revoked,
            None if self.expires <= now => ConsentStatus::Expired,
            None => ConsentStatus::Active,
        }
    }

    /// The authorization details as granted (RFC 9396 section 7): FDX has no place in them for
    /// which account was chosen.
    pub(crate) fn authorization_details(&self) -> Value {
        if let Some(told) = &self.told {
            return told.clone();
        }
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

    /// The consent as it stands at `now` (FDX Consent API, ConsentGrant).
    pub(super) fn document(&self, provider: &str, now: UnixTime) -> Value {
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
        let updated = self.revoked.as_ref().map_or(self.created, |revoked| revoked.at);
        let mut document = json!({
            "id": self.id,
            "status": self.status(now),
            "parties": [
                party(&self.client_id, "DATA_RECIPIENT", provider),
                party("Sandbox", "DATA_PROVIDER", provider),
            ],
            "createdTime": self.created.to_rfc3339(),
            "updatedTime": updated.to_rfc3339(),
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
