//! A consent as the customer gave it.

use std::time::Duration;

use fdx_rar::{
    AuthorizationDetails, ConsentDuration, ConsentRequest, ConsentRevocation,
    ConsentRevocationRequest, ConsentStatus, DataCluster, ResourceType,
};
use fdx_wire::UnixTime;
use serde_json::{Value, json};

use crate::institution::expiry::is_valid;
use crate::institution::records::{Choice, Pushed, Token};
use crate::institution::requested::Requested;

/// A customer's consent.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    pub(crate) id: String,
    client_id: String,
    requested: Requested,
    granted: Vec<Choice>,
    /// Granted data clusters outside the scope of the access token.
    out_of_reach: Vec<DataCluster>,
    created: UnixTime,
    expires: UnixTime,
    revoked: Option<Revoked>,
}

/// A revocation and its time.
#[derive(Clone, Debug)]
struct Revoked {
    at: UnixTime,
    revocation: ConsentRevocation,
}

impl Consent {
    pub(crate) fn new(id: String, pushed: &Pushed, granted: &[Choice], now: UnixTime) -> Self {
        let requested = pushed.parameters.requested.clone();
        let days = match requested.duration() {
            ConsentDuration::OneTime => 1,
            // The longest lifetime of a consent is a year.
            ConsentDuration::Persistent => 365,
            ConsentDuration::TimeBound { days } => days.as_days(),
        };
        Self {
            id,
            client_id: pushed.client_id.clone(),
            requested,
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

    /// Whether the customer gave the consent to `client_id`.
    pub(crate) fn is_for(&self, client_id: &str) -> bool {
        self.client_id == client_id
    }

    /// Ends the consent permanently.
    pub(crate) fn revoke(&mut self, request: ConsentRevocationRequest, now: UnixTime) {
        let revocation = ConsentRevocation::of(request, now);
        self.revoked = Some(Revoked { at: now, revocation });
    }

    /// The revocation, if there was one.
    pub(crate) fn revocation(&self) -> Option<&ConsentRevocation> {
        self.revoked.as_ref().map(|revoked| &revoked.revocation)
    }

    fn status(&self, now: UnixTime) -> ConsentStatus {
        match self.revoked {
            Some(_) => ConsentStatus::Revoked,
            None if is_valid(self.expires, now) => ConsentStatus::Active,
            None => ConsentStatus::Expired,
        }
    }

    /// The granted authorization details (RFC 9396 section 7). FDX has no member in them for the
    /// chosen accounts.
    pub(crate) fn authorization_details(&self) -> Value {
        if let Some(details) = &self.requested.response_details {
            return details.clone();
        }
        let mut request = ConsentRequest::new(self.requested.duration());
        if let Some(days) = self.requested.lookback_period() {
            request = request.lookback_period(days);
        }
        for (resource_type, cluster) in self.requested.pairs() {
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

    /// Narrows the consent to this token's scope (RFC 6749 section 6: a refresh can narrow it).
    pub(crate) fn within(self, token: &Token) -> Self {
        let clusters = |scopes: &[String]| -> Vec<_> {
            scopes.iter().filter_map(|scope| DataCluster::from_scope(scope)).collect()
        };
        let kept = clusters(&token.scopes);
        let mut out_of_reach = clusters(&token.grant.scopes);
        out_of_reach.retain(|cluster| !kept.contains(cluster));
        Self { out_of_reach, ..self }
    }

    /// Whether `cluster` of this resource was granted and is within the token's scope.
    pub(crate) fn covers(
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

    pub(crate) fn lookback_period(&self) -> Option<u32> {
        self.requested.lookback_period()
    }

    /// The consent's state at `now` (FDX Consent API, ConsentGrant).
    pub(crate) fn document(&self, provider: &str, now: UnixTime) -> Value {
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
            "durationType": self.requested.duration().duration_type(),
            "resources": resources.collect::<Vec<_>>(),
        });
        if let Some(members) = document.as_object_mut() {
            if let Some(days) = self.requested.duration().days() {
                members.insert("durationPeriod".to_owned(), json!(days.as_days()));
            }
            if let Some(days) = self.requested.lookback_period() {
                members.insert("lookbackPeriod".to_owned(), json!(days));
            }
        }
        document
    }
}

/// What an access token gives access to.
pub(crate) enum Access {
    /// A customer's data, as far as the consent covers it.
    Customer(Box<Consent>),
    /// The consents given to the client with this id (RFC 6749 section 4.4).
    Client(String),
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
