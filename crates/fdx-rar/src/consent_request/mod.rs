//! The consent that a recipient requests.

mod duration;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};

pub use duration::{ConsentDuration, DurationDays, DurationType};

use crate::{DataCluster, ResourceType, Scopes, tolerant};

/// The consent that a recipient requests, in the terms of FDX.
///
/// Each resource type of a request has at least one data cluster, and no pair is repeated. A request
/// can't name an account: the customer chooses the accounts at the institution.
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
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "Received")]
pub struct ConsentRequest {
    duration: ConsentDuration,
    lookback_period: Option<u32>,
    resources: Vec<RequestedResource>,
}

/// The requested data clusters of one resource type.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestedResource {
    resource_type: ResourceType,
    data_clusters: Vec<DataCluster>,
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

    /// The days before the request that the requested data goes back.
    #[must_use]
    pub fn lookback_period(&self) -> Option<u32> {
        self.lookback_period
    }

    /// The requested resource types without repetition, in the order of the request.
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

impl RequestedResource {
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
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Written<'a> {
            duration_type: DurationType,
            #[serde(skip_serializing_if = "Option::is_none")]
            duration_period: Option<u32>,
            #[serde(skip_serializing_if = "Option::is_none")]
            lookback_period: Option<u32>,
            resources: &'a [RequestedResource],
        }
        Written {
            duration_type: self.duration.duration_type(),
            duration_period: self.duration.days().map(DurationDays::as_days),
            lookback_period: self.lookback_period,
            resources: &self.resources,
        }
        .serialize(serializer)
    }
}

/// Builds a [`ConsentRequest`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ConsentRequestBuilder {
    duration: ConsentDuration,
    lookback_period: Option<u32>,
    resources: Vec<RequestedResource>,
}

impl ConsentRequestBuilder {
    fn new(duration: ConsentDuration) -> Self {
        Self { duration, lookback_period: None, resources: Vec::new() }
    }

    /// Requests data of the last `days` days before the request.
    pub fn lookback_period(mut self, days: u32) -> Self {
        self.lookback_period = Some(days);
        self
    }

    /// Requests data clusters of a resource type, in addition to earlier ones of the same type.
    pub fn resource(
        mut self,
        resource_type: ResourceType,
        data_clusters: impl IntoIterator<Item = DataCluster>,
    ) -> Self {
        self.resources.push(RequestedResource {
            resource_type,
            data_clusters: data_clusters.into_iter().collect(),
        });
        self
    }

    /// Checks the request.
    ///
    /// # Errors
    /// [`ConsentRequestError::NoResources`] and [`ConsentRequestError::NoDataClusters`].
    pub fn build(self) -> Result<ConsentRequest, ConsentRequestError> {
        // Maps, because an untrusted request may have thousands of clusters.
        let mut places: BTreeMap<ResourceType, usize> = BTreeMap::new();
        let mut seen: BTreeSet<(usize, DataCluster)> = BTreeSet::new();
        let mut resources: Vec<RequestedResource> = Vec::new();
        for resource in self.resources {
            if resource.data_clusters.is_empty() {
                return Err(ConsentRequestError::NoDataClusters);
            }
            let next = resources.len();
            let place = *places.entry(resource.resource_type.clone()).or_insert(next);
            let mut clusters = resource.data_clusters;
            clusters.retain(|cluster| seen.insert((place, cluster.clone())));
            match resources.get_mut(place) {
                Some(known) => known.data_clusters.append(&mut clusters),
                None => resources.push(RequestedResource {
                    resource_type: resource.resource_type,
                    data_clusters: clusters,
                }),
            }
        }
        if resources.is_empty() {
            return Err(ConsentRequestError::NoResources);
        }
        Ok(ConsentRequest {
            duration: self.duration,
            lookback_period: self.lookback_period,
            resources,
        })
    }
}

/// A received request before its checks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Received {
    #[serde(default)]
    duration_type: Option<DurationType>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    duration_period: Option<u32>,
    #[serde(default, deserialize_with = "tolerant::integer")]
    lookback_period: Option<u32>,
    #[serde(default, deserialize_with = "tolerant::list")]
    resources: Vec<ReceivedResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedResource {
    #[serde(default)]
    resource_type: Option<ResourceType>,
    #[serde(default)]
    resource_id: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "tolerant::list")]
    data_clusters: Vec<DataCluster>,
}

impl TryFrom<Received> for ConsentRequest {
    type Error = ConsentRequestError;

    fn try_from(received: Received) -> Result<Self, ConsentRequestError> {
        let kind = received.duration_type.ok_or(ConsentRequestError::DurationType)?;
        let mut request = Self::new(ConsentDuration::of(&kind, received.duration_period)?);
        if let Some(days) = received.lookback_period {
            request = request.lookback_period(days);
        }
        for resource in received.resources {
            if resource.resource_id.is_some() {
                return Err(ConsentRequestError::ResourceId);
            }
            let resource_type =
                resource.resource_type.ok_or(ConsentRequestError::NoResourceType)?;
            request = request.resource(resource_type, resource.data_clusters);
        }
        request.build()
    }
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
