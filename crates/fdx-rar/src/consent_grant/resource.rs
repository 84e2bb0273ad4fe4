use alloc::string::String;
use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{DataCluster, ResourceType, tolerant};

/// One resource that the customer shares, and what of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantedResource {
    resource_type: ResourceType,
    #[serde(default, deserialize_with = "tolerant::identifier")]
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

/// As many as one grant may name: each is laid beside every cluster that was asked for.
const MAX_RESOURCES: usize = 10_000;

/// The resources of a grant.
pub(super) fn resources<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<GrantedResource>>, D::Error> {
    let resources = Option::<Vec<GrantedResource>>::deserialize(deserializer)?;
    if resources.as_ref().is_some_and(|resources| resources.len() > MAX_RESOURCES) {
        return Err(D::Error::custom("more than 10000 resources"));
    }
    Ok(resources)
}
