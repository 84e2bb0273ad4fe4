//! The comparison of a grant with a request.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{
    ConsentGrant, ConsentRequest, DataCluster, GrantSource, GrantedAccess, GrantedResource,
    ResourceType,
};

/// The comparison of a grant with a request.
///
/// A request has pairs of resource type and data cluster. A grant has triples: such pairs with the
/// identifier of a resource. A deprecated cluster and its replacement count as one, under the newer
/// name ([`DataCluster::current`]). Order and repetition do not matter. If a resource can't be
/// understood, the clusters that it may have count as neither granted nor withheld.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Coverage {
    /// The institution reports the granted resources. The lists of clusters are sorted, without
    /// duplicates.
    Reported {
        /// The sources that were compared with the request.
        sources: Vec<GrantSource>,
        /// Triples of the grant that were requested.
        granted: Vec<GrantedCluster>,
        /// Requested clusters that are not granted.
        withheld: Vec<Withheld>,
        /// Requested clusters that are neither granted nor withheld.
        unclear: Vec<RequestedCluster>,
        /// Triples of the grant that were not requested.
        not_requested: Vec<GrantedCluster>,
    },
    /// The institution does not report the granted resources: they are unknown.
    NotReported,
}

/// One data cluster of one resource that the customer shares.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GrantedCluster {
    /// The resource's type.
    pub resource_type: ResourceType,
    /// The resource's identifier at the institution, empty if it has none.
    pub resource_id: String,
    /// The shared data cluster.
    pub data_cluster: DataCluster,
}

impl Coverage {
    /// Compares the grant that the consent API reports with `requested`. [`GrantedAccess::compare`]
    /// compares all sources.
    #[must_use]
    pub fn compare(requested: &ConsentRequest, grant: &ConsentGrant) -> Self {
        GrantedAccess::from(grant.clone()).compare(requested)
    }

    /// Whether the institution reports the granted resources.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        matches!(self, Self::Reported { .. })
    }

    /// Whether the resources are reported, and nothing is withheld or unclear.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_reported() && self.withheld().is_empty() && self.unclear().is_empty()
    }

    /// Whether the resources are reported, something is granted and something is withheld.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.granted().is_empty() && !self.withheld().is_empty()
    }

    /// Whether the resources are reported, and everything that was requested is withheld.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.is_reported() && self.granted().is_empty() && self.unclear().is_empty()
    }

    /// The sources that were compared with the request. Empty if the resources are not reported.
    #[must_use]
    pub fn sources(&self) -> &[GrantSource] {
        match self {
            Self::Reported { sources, .. } => sources,
            Self::NotReported => &[],
        }
    }

    /// Triples of the grant that were requested. Empty if the resources are not reported.
    #[must_use]
    pub fn granted(&self) -> &[GrantedCluster] {
        match self {
            Self::Reported { granted, .. } => granted,
            Self::NotReported => &[],
        }
    }

    /// Requested clusters that are not granted. Empty if the resources are not reported.
    #[must_use]
    pub fn withheld(&self) -> &[Withheld] {
        match self {
            Self::Reported { withheld, .. } => withheld,
            Self::NotReported => &[],
        }
    }

    /// Requested clusters that are neither granted nor withheld: a resource that can't be understood
    /// may have them, or no source says anything about them. Empty if the resources are not
    /// reported.
    #[must_use]
    pub fn unclear(&self) -> &[RequestedCluster] {
        match self {
            Self::Reported { unclear, .. } => unclear,
            Self::NotReported => &[],
        }
    }

    /// Triples of the grant that were not requested. Empty if the resources are not reported.
    #[must_use]
    pub fn not_requested(&self) -> &[GrantedCluster] {
        match self {
            Self::Reported { not_requested, .. } => not_requested,
            Self::NotReported => &[],
        }
    }

    /// The requested pairs that are granted on at least one resource, sorted, without duplicates.
    #[must_use]
    pub fn granted_pairs(&self) -> Vec<(&ResourceType, &DataCluster)> {
        let pairs = self.granted().iter().map(GrantedCluster::pair);
        pairs.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// One data cluster that was requested for a type of resource.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RequestedCluster {
    /// The resource's type.
    pub resource_type: ResourceType,
    /// The requested data cluster.
    pub data_cluster: DataCluster,
}

impl GrantedCluster {
    fn pair(&self) -> (&ResourceType, &DataCluster) {
        (&self.resource_type, &self.data_cluster)
    }
}

/// A requested data cluster that is not granted.
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
    /// This granted resource does not have a cluster that was requested for its type.
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
    /// The requested resource type.
    #[must_use]
    pub fn resource_type(&self) -> &ResourceType {
        match self {
            Self::Pair { resource_type, .. } | Self::From { resource_type, .. } => resource_type,
        }
    }

    /// The requested cluster.
    #[must_use]
    pub fn data_cluster(&self) -> &DataCluster {
        match self {
            Self::Pair { data_cluster, .. } | Self::From { data_cluster, .. } => data_cluster,
        }
    }

    /// The granted resource that does not have the cluster.
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

/// Compares granted resources. Requested pairs that are not granted and for which `is_unclear` is
/// true are not listed as withheld.
pub(crate) fn reported(
    requested: &ConsentRequest,
    resources: &[GrantedResource],
    sources: Vec<GrantSource>,
    is_unclear: &dyn Fn(&ResourceType, &DataCluster) -> bool,
) -> Coverage {
    let requested: BTreeSet<_> = requested.pairs().map(|(kind, it)| (kind, it.current())).collect();
    let mut shared: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for resource in resources {
        let key = (resource.resource_type(), resource.resource_id());
        let clusters = resource.data_clusters().iter().map(DataCluster::current);
        shared.entry(key).or_default().extend(clusters);
    }

    let (granted, not_requested): (Vec<_>, Vec<_>) = shared
        .iter()
        .flat_map(|((kind, id), clusters)| clusters.iter().map(move |it| triple(kind, id, it)))
        .partition(|triple| requested.contains(&triple.pair()));

    let granted_pairs: BTreeSet<_> = granted.iter().map(GrantedCluster::pair).collect();
    let not_granted = requested.difference(&granted_pairs);
    let (unclear, pairs): (Vec<_>, Vec<_>) =
        not_granted.partition(|(kind, cluster)| is_unclear(kind, cluster));
    let pairs = pairs.into_iter().map(|(kind, it)| Withheld::Pair {
        resource_type: (*kind).clone(),
        data_cluster: (*it).clone(),
    });
    let from_resources = shared.iter().flat_map(|((kind, id), clusters)| {
        let of_type = requested.iter().filter(move |(requested, _)| requested == kind);
        let missing = of_type
            .filter(|(_, it)| !(clusters.contains(it) || id.is_empty() && is_unclear(kind, it)));
        missing.map(|(_, it)| Withheld::From {
            resource_type: (*kind).clone(),
            resource_id: (*id).into(),
            data_cluster: (*it).clone(),
        })
    });
    let withheld = pairs.chain(from_resources).collect();
    let unclear = unclear.into_iter().map(|(kind, cluster)| RequestedCluster {
        resource_type: (*kind).clone(),
        data_cluster: (*cluster).clone(),
    });
    let unclear = unclear.collect();

    Coverage::Reported { sources, granted, withheld, unclear, not_requested }
}

fn triple(kind: &ResourceType, id: &str, cluster: &DataCluster) -> GrantedCluster {
    GrantedCluster {
        resource_type: kind.clone(),
        resource_id: id.into(),
        data_cluster: cluster.clone(),
    }
}

#[cfg(test)]
mod tests;
