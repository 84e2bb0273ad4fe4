//! The consent that a recipient requests.

mod duration;
mod received;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use fdx_wire::json::RawJson;
use serde::de::Error;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use duration::{ConsentDuration, DurationDays, DurationType};
pub(crate) use received::NoRequest;

use crate::other_members::OtherMembers;
use crate::{DataCluster, ResourceType, Scopes};

/// The consent that a recipient requests, in the terms of FDX.
///
/// Each resource of a request has at least one data cluster, without repetition. Resources of one
/// type are joined, unless one has other members. A request can't name an account: the customer
/// chooses the accounts at the institution.
///
/// Members that this type does not model are kept as JSON, written, and compared.
///
/// ```
/// use fdx_rar::{ConsentDuration, ConsentRequest, ConsentRequestError, DataCluster, ResourceType};
///
/// let request = ConsentRequest::new(ConsentDuration::OneTime)
///     .resource(ResourceType::Account, [DataCluster::Transactions])
///     .resource(ResourceType::Account, [DataCluster::Transactions, DataCluster::Balances])
///     .build()?;
/// assert_eq!(request.resources().len(), 1);
/// assert_eq!(request.scopes().to_string(), "fdx:transactions:read fdx:balances:read");
///
/// let nothing = ConsentRequest::new(ConsentDuration::OneTime).build();
/// assert_eq!(nothing, Err(ConsentRequestError::NoResources));
/// # Ok::<(), ConsentRequestError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentRequest {
    duration: ConsentDuration,
    /// `durationType` in another spelling than FDX's, as it was received.
    duration_spelling: Option<String>,
    duration_period: Option<u32>,
    lookback_period: Option<u32>,
    resources: Vec<RequestedResource>,
    others: OtherMembers,
}

/// The requested data clusters of one resource type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestedResource {
    resource_type: ResourceType,
    data_clusters: Vec<DataCluster>,
    others: OtherMembers,
}

impl ConsentRequest {
    /// Starts a request for access of this duration.
    #[expect(
        clippy::new_ret_no_self,
        reason = "a request can't be empty, so it starts as a builder"
    )]
    pub fn new(duration: ConsentDuration) -> ConsentRequestBuilder {
        ConsentRequestBuilder::new(duration)
    }

    /// The requested duration.
    #[must_use]
    pub fn duration(&self) -> ConsentDuration {
        self.duration
    }

    /// `durationPeriod` in days. Some institutions require it for each type of duration; FDX
    /// specifies its meaning for [`ConsentDuration::TimeBound`].
    #[must_use]
    pub fn duration_period(&self) -> Option<u32> {
        self.duration_period
    }

    /// The days before the request that the requested data goes back.
    #[must_use]
    pub fn lookback_period(&self) -> Option<u32> {
        self.lookback_period
    }

    /// A member that this type does not model.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&RawJson> {
        self.others.get(name)
    }

    /// The requested resources, in the order of the request.
    #[must_use]
    pub fn resources(&self) -> &[RequestedResource] {
        &self.resources
    }

    /// The requested pairs of resource type and data cluster, in the order of the request.
    pub fn pairs(&self) -> impl Iterator<Item = (&ResourceType, &DataCluster)> {
        self.resources.iter().flat_map(|resource| {
            let clusters = resource.data_clusters.iter();
            clusters.map(|cluster| (&resource.resource_type, cluster))
        })
    }

    /// The scopes of the requested clusters, in the order of the request. FDX requires that the
    /// request's scopes match them. Clusters without a known scope add none.
    #[must_use]
    pub fn scopes(&self) -> Scopes {
        Scopes::of_clusters(self.pairs().map(|(_, cluster)| cluster))
    }
}

impl ConsentRequest {
    /// Whether the request has only what this type models, in FDX's spelling: then its JSON has a
    /// canonical form.
    pub(crate) fn is_plain(&self) -> bool {
        let period = self.duration.days().map(DurationDays::as_days);
        self.duration_spelling.is_none()
            && self.duration_period == period
            && self.others.is_empty()
            && self.resources.iter().all(|resource| resource.others.is_empty())
    }
}

impl RequestedResource {
    /// Data clusters of a resource type.
    #[must_use]
    pub fn new(
        resource_type: ResourceType,
        data_clusters: impl IntoIterator<Item = DataCluster>,
    ) -> Self {
        let data_clusters = data_clusters.into_iter().collect();
        Self { resource_type, data_clusters, others: OtherMembers::default() }
    }

    /// Adds a member that this type does not model, such as `paymentInfo`.
    ///
    /// # Errors
    /// [`ConsentRequestError::Member`] for a name that this type writes, for `resourceId`, and for a
    /// repeated name.
    pub fn with_member(mut self, name: &str, value: RawJson) -> Result<Self, ConsentRequestError> {
        if received::RESOURCE_MEMBERS.contains(&name) || !self.others.insert(name, value) {
            return Err(ConsentRequestError::Member);
        }
        Ok(self)
    }

    /// A member that this type does not model.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&RawJson> {
        self.others.get(name)
    }

    /// The resource type.
    #[must_use]
    pub fn resource_type(&self) -> &ResourceType {
        &self.resource_type
    }

    /// The data clusters: at least one, without repetition.
    #[must_use]
    pub fn data_clusters(&self) -> &[DataCluster] {
        &self.data_clusters
    }
}

impl Serialize for ConsentRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.duration_spelling {
            Some(spelling) => map.serialize_entry("durationType", spelling)?,
            None => map.serialize_entry("durationType", &self.duration.duration_type())?,
        }
        if let Some(days) = self.duration_period {
            map.serialize_entry("durationPeriod", &days)?;
        }
        if let Some(days) = self.lookback_period {
            map.serialize_entry("lookbackPeriod", &days)?;
        }
        map.serialize_entry("resources", &self.resources)?;
        self.others.write(&mut map)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for ConsentRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = RawJson::deserialize(deserializer)?;
        Self::of_json(&json).map_err(D::Error::custom)
    }
}

impl Serialize for RequestedResource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("resourceType", &self.resource_type)?;
        map.serialize_entry("dataClusters", &self.data_clusters)?;
        self.others.write(&mut map)?;
        map.end()
    }
}

/// Builds a [`ConsentRequest`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ConsentRequestBuilder(ConsentRequest);

impl ConsentRequestBuilder {
    fn new(duration: ConsentDuration) -> Self {
        Self(ConsentRequest {
            duration,
            duration_spelling: None,
            duration_period: duration.days().map(DurationDays::as_days),
            lookback_period: None,
            resources: Vec::new(),
            others: OtherMembers::default(),
        })
    }

    /// Sets `durationPeriod` for a duration that is not time-bound, at an institution that requires
    /// it for each type. The days of [`ConsentDuration::TimeBound`] can't be replaced.
    pub fn duration_period(mut self, days: u32) -> Self {
        if self.0.duration.days().is_none() {
            self.0.duration_period = Some(days);
        }
        self
    }

    /// Requests data of the last `days` days before the request.
    pub fn lookback_period(mut self, days: u32) -> Self {
        self.0.lookback_period = Some(days);
        self
    }

    /// Requests data clusters of a resource type, in addition to earlier ones of the same type.
    pub fn resource(
        self,
        resource_type: ResourceType,
        data_clusters: impl IntoIterator<Item = DataCluster>,
    ) -> Self {
        self.requested_resource(RequestedResource::new(resource_type, data_clusters))
    }

    /// Requests a resource with its other members.
    pub fn requested_resource(mut self, resource: RequestedResource) -> Self {
        self.0.resources.push(resource);
        self
    }

    /// Adds a member that this type does not model.
    ///
    /// # Errors
    /// [`ConsentRequestError::Member`] for a name that this type writes, and for a repeated name.
    pub fn member(mut self, name: &str, value: RawJson) -> Result<Self, ConsentRequestError> {
        if received::MEMBERS.contains(&name) || !self.0.others.insert(name, value) {
            return Err(ConsentRequestError::Member);
        }
        Ok(self)
    }

    /// Checks the request.
    ///
    /// # Errors
    /// [`ConsentRequestError::NoResources`] and [`ConsentRequestError::NoDataClusters`].
    pub fn build(self) -> Result<ConsentRequest, ConsentRequestError> {
        let mut request = self.0;
        request.resources = joined(request.resources)?;
        Ok(request)
    }
}

/// Joins the resources of one type that have no other members, and removes repeated clusters.
fn joined(
    resources: Vec<RequestedResource>,
) -> Result<Vec<RequestedResource>, ConsentRequestError> {
    // Maps, because an untrusted request may have thousands of clusters.
    let mut places: BTreeMap<ResourceType, usize> = BTreeMap::new();
    let mut seen: BTreeSet<(usize, DataCluster)> = BTreeSet::new();
    let mut joined: Vec<RequestedResource> = Vec::new();
    for mut resource in resources {
        if resource.data_clusters.is_empty() {
            return Err(ConsentRequestError::NoDataClusters);
        }
        let next = joined.len();
        let place = match resource.others.is_empty() {
            true => *places.entry(resource.resource_type.clone()).or_insert(next),
            false => next,
        };
        resource.data_clusters.retain(|cluster| seen.insert((place, cluster.clone())));
        match joined.get_mut(place) {
            Some(known) => known.data_clusters.append(&mut resource.data_clusters),
            None => joined.push(resource),
        }
    }
    if joined.is_empty() { Err(ConsentRequestError::NoResources) } else { Ok(joined) }
}

/// The rule that a consent request broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConsentRequestError {
    /// A time-bound request has no `durationPeriod` of 1 to 365 days.
    #[error("the TIME_BOUND request has no durationPeriod of 1 to 365 days")]
    DurationPeriod,
    /// `durationType` is absent or unknown.
    #[error("durationType is not ONE_TIME, PERSISTENT or TIME_BOUND")]
    DurationType,
    /// An additional member has a name that this crate writes, or a repeated name.
    #[error("a member's name is reserved or repeated")]
    Member,
    /// A resource type has no data clusters.
    #[error("a requested resource has no data cluster")]
    NoDataClusters,
    /// No resource is requested.
    #[error("no resource is requested")]
    NoResources,
    /// A resource has no type.
    #[error("a requested resource has no resourceType")]
    NoResourceType,
    /// A resource has an identifier. The customer chooses the shared resources.
    #[error("a requested resource has a resourceId, and the customer chooses the resources")]
    ResourceId,
}

#[cfg(test)]
mod tests;
