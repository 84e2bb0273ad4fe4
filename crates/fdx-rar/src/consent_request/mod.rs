//! What a recipient asks for.

mod builder;
mod duration;
mod error;
mod received;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize, Serializer};

pub use builder::ConsentRequestBuilder;
pub use duration::{ConsentDuration, DurationDays, DurationType};
pub use error::ConsentRequestError;
pub(crate) use received::Received;

use crate::{DataCluster, ResourceType, Scopes};

/// What a recipient asks the customer for, in the words of FDX.
///
/// It asks for at least one data cluster of every resource type that it names, each once, and it
/// can't name an account: which ones are shared is the customer's choice at the institution.
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

/// Data clusters of one resource type.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestedResource {
    resource_type: ResourceType,
    data_clusters: Vec<DataCluster>,
}

impl ConsentRequest {
    /// Begins a request for access of this duration.
    #[expect(
        clippy::new_ret_no_self,
        reason = "a request can't be empty, so it begins as a builder"
    )]
    pub fn new(duration: ConsentDuration) -> ConsentRequestBuilder {
        ConsentRequestBuilder::new(duration)
    }

    /// How long access is asked for.
    #[must_use]
    pub fn duration(&self) -> ConsentDuration {
        self.duration
    }

    /// How far back data is asked for, in days before the request.
    #[must_use]
    pub fn lookback_period(&self) -> Option<u32> {
        self.lookback_period
    }

    /// What is asked for by resource type, each type once, in the order of asking.
    #[must_use]
    pub fn resources(&self) -> &[RequestedResource] {
        &self.resources
    }

    /// The pairs of resource type and data cluster that are asked for, in the order of asking.
    pub fn pairs(&self) -> impl Iterator<Item = (&ResourceType, &DataCluster)> {
        self.resources.iter().flat_map(|resource| {
            let clusters = resource.data_clusters.iter();
            clusters.map(|cluster| (&resource.resource_type, cluster))
        })
    }

    /// The scopes of the clusters that are asked for, in the order of asking. FDX wants the
    /// request's scopes to match them; clusters without a known scope add none.
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

    /// The data clusters, at least one, each once.
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

#[cfg(test)]
mod tests;
