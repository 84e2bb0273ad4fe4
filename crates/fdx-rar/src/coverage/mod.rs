//! What was granted beside what was asked.

mod withheld;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

pub use withheld::Withheld;

use crate::{ConsentGrant, ConsentRequest, DataCluster, GrantedResource, ResourceType};

/// What was granted beside what was asked.
///
/// What is asked are pairs of resource type and data cluster; what is granted are such pairs with
/// the identifier of a resource, triples. A deprecated cluster and the one that replaced it count
/// as one, under the newer name ([`DataCluster::current`]). Neither order nor repetition matters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Coverage {
    /// The grant tells its resources. The lists are sorted and have no duplicates.
    Told {
        /// Triples of the grant that were asked for.
        granted: Vec<GrantedCluster>,
        /// What was asked for and is not granted.
        withheld: Vec<Withheld>,
        /// Triples of the grant that were not asked for.
        unasked: Vec<GrantedCluster>,
    },
    /// The grant does not tell its resources: neither all nor nothing.
    NotTold,
}

/// One data cluster of one resource that the customer shares.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct GrantedCluster {
    /// The resource's type.
    pub resource_type: ResourceType,
    /// The resource's identifier at the institution, empty where it names none.
    pub resource_id: String,
    /// What of it is shared.
    pub data_cluster: DataCluster,
}

impl Coverage {
    /// Lays `grant` beside `asked`.
    #[must_use]
    pub fn compare(asked: &ConsentRequest, grant: &ConsentGrant) -> Self {
        grant.resources().map_or(Self::NotTold, |resources| told(asked, resources))
    }

    /// Whether the grant tells its resources.
    #[must_use]
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Told { .. })
    }

    /// Whether it is told that nothing was withheld.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Told { withheld, .. } if withheld.is_empty())
    }

    /// Whether it is told that some of what was asked for is granted, and some is not.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.granted().is_empty() && !self.withheld().is_empty()
    }

    /// Whether it is told that nothing of what was asked for is granted.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Told { granted, .. } if granted.is_empty())
    }

    /// Triples of the grant that were asked for, none where the grant does not tell.
    #[must_use]
    pub fn granted(&self) -> &[GrantedCluster] {
        match self {
            Self::Told { granted, .. } => granted,
            Self::NotTold => &[],
        }
    }

    /// What was asked for and is not granted, nothing where the grant does not tell.
    #[must_use]
    pub fn withheld(&self) -> &[Withheld] {
        match self {
            Self::Told { withheld, .. } => withheld,
            Self::NotTold => &[],
        }
    }

    /// Triples of the grant that were not asked for, none where the grant does not tell.
    #[must_use]
    pub fn unasked(&self) -> &[GrantedCluster] {
        match self {
            Self::Told { unasked, .. } => unasked,
            Self::NotTold => &[],
        }
    }

    /// The pairs that were asked for and are granted on at least one resource, sorted, each once.
    #[must_use]
    pub fn granted_pairs(&self) -> Vec<(&ResourceType, &DataCluster)> {
        let pairs = self.granted().iter().map(GrantedCluster::pair);
        pairs.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl GrantedCluster {
    fn pair(&self) -> (&ResourceType, &DataCluster) {
        (&self.resource_type, &self.data_cluster)
    }
}

fn told(asked: &ConsentRequest, resources: &[GrantedResource]) -> Coverage {
    let asked: BTreeSet<_> = asked.pairs().map(|(kind, it)| (kind, it.current())).collect();
    let mut shared: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for resource in resources {
        let key = (resource.resource_type(), resource.resource_id());
        let clusters = resource.data_clusters().iter().map(DataCluster::current);
        shared.entry(key).or_default().extend(clusters);
    }

    let (granted, unasked): (Vec<_>, Vec<_>) = shared
        .iter()
        .flat_map(|((kind, id), clusters)| clusters.iter().map(move |it| triple(kind, id, it)))
        .partition(|triple| asked.contains(&triple.pair()));

    let somewhere: BTreeSet<_> = granted.iter().map(GrantedCluster::pair).collect();
    let nowhere = asked.difference(&somewhere).map(|(kind, it)| Withheld::Pair {
        resource_type: (*kind).clone(),
        data_cluster: (*it).clone(),
    });
    let lacking = shared.iter().flat_map(|((kind, id), clusters)| {
        let of_type = asked.iter().filter(move |(asked, _)| asked == kind);
        let lacked = of_type.filter(|(_, it)| !clusters.contains(it));
        lacked.map(|(_, it)| Withheld::From {
            resource_type: (*kind).clone(),
            resource_id: (*id).into(),
            data_cluster: (*it).clone(),
        })
    });
    let withheld = nowhere.chain(lacking).collect();

    Coverage::Told { granted, withheld, unasked }
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
