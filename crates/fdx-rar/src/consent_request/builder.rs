use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{ConsentDuration, ConsentRequest, ConsentRequestError, RequestedResource};
use crate::{DataCluster, ResourceType};

/// A [`ConsentRequest`] in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConsentRequestBuilder {
    duration: ConsentDuration,
    lookback_period: Option<u32>,
    resources: Vec<RequestedResource>,
}

impl ConsentRequestBuilder {
    pub(super) fn new(duration: ConsentDuration) -> Self {
        Self { duration, lookback_period: None, resources: Vec::new() }
    }

    /// Asks for data as far back as `days` before the request.
    pub fn lookback_period(mut self, days: u32) -> Self {
        self.lookback_period = Some(days);
        self
    }

    /// Asks for data clusters of a resource type. A type that was named before is added to.
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
        // Maps find what was asked before: a stranger may ask for thousands.
        let mut places: BTreeMap<ResourceType, usize> = BTreeMap::new();
        let mut seen: BTreeSet<(usize, DataCluster)> = BTreeSet::new();
        let mut resources: Vec<RequestedResource> = Vec::new();
        for asked in self.resources {
            if asked.data_clusters.is_empty() {
                return Err(ConsentRequestError::NoDataClusters);
            }
            let next = resources.len();
            let place = *places.entry(asked.resource_type.clone()).or_insert(next);
            let mut clusters = asked.data_clusters;
            clusters.retain(|cluster| seen.insert((place, cluster.clone())));
            match resources.get_mut(place) {
                Some(known) => known.data_clusters.append(&mut clusters),
                None => resources.push(RequestedResource {
                    resource_type: asked.resource_type,
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
