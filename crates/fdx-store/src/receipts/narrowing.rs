use std::collections::{BTreeMap, BTreeSet};

use fdx_rar::{ConsentReceipt, DataCluster, GrantedResource, ResourceType};
use serde::{Deserialize, Serialize};

/// What a consent has lost between two receipts. Each list is sorted.
///
/// A deprecated data cluster and its replacement count as one, under the newer name. A list of
/// resources is empty if one of the receipts does not report resources.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Narrowing {
    /// Resources that are still granted, each with the data clusters that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_clusters: Vec<GrantedResource>,
    /// Resources that are gone, each with all data clusters that it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<GrantedResource>,
    /// Scopes that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}

impl Narrowing {
    /// What `earlier` grants and `later` does not.
    #[must_use]
    pub fn between(earlier: &ConsentReceipt, later: &ConsentReceipt) -> Self {
        let mut narrowing = Self::default();
        if let (Some(before), Some(after)) = (earlier.granted(), later.granted()) {
            let after = by_resource(after);
            for ((kind, id), clusters) in by_resource(before) {
                let rest = after.get(&(kind, id));
                let gone = clusters
                    .difference(rest.unwrap_or(&BTreeSet::new()))
                    .map(|cluster| (*cluster).clone())
                    .collect::<Vec<_>>();
                let list = match rest {
                    None => &mut narrowing.resources,
                    Some(_) if gone.is_empty() => continue,
                    Some(_) => &mut narrowing.data_clusters,
                };
                list.push(GrantedResource::new(kind.clone(), id, gone));
            }
        }
        let after: BTreeSet<&str> = later.granted_scopes().iter().collect();
        let before: BTreeSet<&str> = earlier.granted_scopes().iter().collect();
        narrowing.scopes = before.difference(&after).map(|&scope| scope.to_owned()).collect();
        narrowing
    }

    /// Whether nothing is gone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data_clusters.is_empty() && self.resources.is_empty() && self.scopes.is_empty()
    }
}

/// The data clusters of each resource, under their current names.
fn by_resource(
    resources: &[GrantedResource],
) -> BTreeMap<(&ResourceType, &str), BTreeSet<&DataCluster>> {
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for resource in resources {
        let clusters = found.entry((resource.resource_type(), resource.resource_id())).or_default();
        clusters.extend(resource.data_clusters().iter().map(DataCluster::current));
    }
    found
}
