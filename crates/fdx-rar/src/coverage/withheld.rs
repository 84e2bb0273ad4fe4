use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::{DataCluster, ResourceType};

/// Something that was asked for and is not granted.
///
/// A pair that no resource has is withheld as a pair, and from each granted resource of its type.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(from = "Written", into = "Written")]
pub enum Withheld {
    /// No granted resource of this type has this cluster.
    Pair {
        /// The type.
        resource_type: ResourceType,
        /// The cluster.
        data_cluster: DataCluster,
    },
    /// This granted resource lacks a cluster that was asked for of its type.
    From {
        /// The resource's type.
        resource_type: ResourceType,
        /// The resource's identifier.
        resource_id: String,
        /// The cluster.
        data_cluster: DataCluster,
    },
}

impl Withheld {
    /// The resource type that was asked for.
    #[must_use]
    pub fn resource_type(&self) -> &ResourceType {
        match self {
            Self::Pair { resource_type, .. } | Self::From { resource_type, .. } => resource_type,
        }
    }

    /// The cluster that was asked for.
    #[must_use]
    pub fn data_cluster(&self) -> &DataCluster {
        match self {
            Self::Pair { data_cluster, .. } | Self::From { data_cluster, .. } => data_cluster,
        }
    }

    /// The granted resource that lacks it.
    #[must_use]
    pub fn resource_id(&self) -> Option<&str> {
        match self {
            Self::Pair { .. } => None,
            Self::From { resource_id, .. } => Some(resource_id),
        }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    resource_type: ResourceType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resource_id: Option<String>,
    data_cluster: DataCluster,
}

impl From<Written> for Withheld {
    fn from(written: Written) -> Self {
        let (resource_type, data_cluster) = (written.resource_type, written.data_cluster);
        match written.resource_id {
            None => Self::Pair { resource_type, data_cluster },
            Some(resource_id) => Self::From { resource_type, resource_id, data_cluster },
        }
    }
}

impl From<Withheld> for Written {
    fn from(withheld: Withheld) -> Self {
        Self {
            resource_type: withheld.resource_type().clone(),
            resource_id: withheld.resource_id().map(Into::into),
            data_cluster: withheld.data_cluster().clone(),
        }
    }
}
