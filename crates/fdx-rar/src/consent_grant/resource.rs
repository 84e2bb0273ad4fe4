use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{DataCluster, ResourceType, tolerant};

/// One resource that the customer shares, and what of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantedResource {
    resource_type: ResourceType,
    #[serde(default, deserialize_with = "tolerant::text_or_empty")]
    resource_id: String,
    #[serde(default, deserialize_with = "tolerant::list")]
    data_clusters: Vec<DataCluster>,
}

impl GrantedResource {
    /// Data clusters of one resource.
    #[must_use]
    pub fn new(
        resource_type: ResourceType,
        resource_id: &str,
        data_clusters: impl IntoIterator<Item = DataCluster>,
    ) -> Self {
        Self {
            resource_type,
            resource_id: resource_id.into(),
            data_clusters: data_clusters.into_iter().collect(),
        }
    }

    /// The resource's type.
    #[must_use]
    pub fn resource_type(&self) -> &ResourceType {
        &self.resource_type
    }

    /// The resource's identifier at the institution, empty where it names none.
    #[must_use]
    pub fn resource_id(&self) -> &str {
        &self.resource_id
    }

    /// What of it is shared, as the institution lists it.
    #[must_use]
    pub fn data_clusters(&self) -> &[DataCluster] {
        &self.data_clusters
    }
}
