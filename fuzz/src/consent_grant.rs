use std::collections::BTreeSet;

use fdx_rar::{ConsentGrant, Coverage, GrantedCluster, Withheld};
use fdx_wire::json::{self, Limits};

use crate::scene::consent_request;

/// A consent as the institution tells it.
///
/// # Panics
/// Where one that was read does not read back equal, or where what was told and what was asked are
/// not parted into what is granted, withheld and unasked.
pub fn consent_grant(bytes: &[u8]) {
    let Ok(read) = json::object_from_slice::<ConsentGrant>(bytes, &Limits::bytes(16 * 1024)) else {
        return;
    };
    let written = serde_json::to_vec(&read).unwrap();
    let again: ConsentGrant = json::object_from_slice(&written, &Limits::bytes(1 << 20)).unwrap();
    assert_eq!(again, read);
    parted(&read, &Coverage::compare(&consent_request(), &read));
}

/// All that is told is granted or unasked, and never both. All that was asked is granted, or else
/// withheld: of each resource of its type, and as a pair where none has it.
fn parted(read: &ConsentGrant, coverage: &Coverage) {
    assert_eq!(coverage.is_reported(), read.resources().is_some());
    let asked = consent_request();
    let asked: BTreeSet<_> = asked.pairs().collect();
    let told: BTreeSet<_> = read
        .resources()
        .into_iter()
        .flatten()
        .flat_map(|resource| {
            resource.data_clusters().iter().map(|cluster| GrantedCluster {
                resource_type: resource.resource_type().clone(),
                resource_id: resource.resource_id().to_owned(),
                data_cluster: cluster.current().clone(),
            })
        })
        .collect();
    let (granted, unasked): (BTreeSet<_>, BTreeSet<_>) =
        told.into_iter().partition(|it| asked.contains(&(&it.resource_type, &it.data_cluster)));

    let mut withheld = BTreeSet::new();
    for (resource_type, data_cluster) in asked.iter().filter(|_| coverage.is_reported()).copied() {
        let has = |id: &str| {
            let mut same = granted.iter().filter(|it| it.resource_id == id);
            same.any(|it| (&it.resource_type, &it.data_cluster) == (resource_type, data_cluster))
        };
        let resources = read.resources().into_iter().flatten();
        let of_type = resources.filter(|resource| resource.resource_type() == resource_type);
        let (with, without): (BTreeSet<_>, BTreeSet<_>) =
            of_type.map(|resource| resource.resource_id()).partition(|id| has(id));
        let (resource_type, data_cluster) = (resource_type.clone(), data_cluster.clone());
        withheld.extend(without.into_iter().map(|id| Withheld::From {
            resource_type: resource_type.clone(),
            resource_id: id.to_owned(),
            data_cluster: data_cluster.clone(),
        }));
        withheld.extend(with.is_empty().then_some(Withheld::Pair { resource_type, data_cluster }));
    }

    assert_eq!(coverage.is_whole(), coverage.is_reported() && withheld.is_empty());
    assert_eq!(coverage.is_nothing(), coverage.is_reported() && granted.is_empty());
    assert!(coverage.granted().iter().eq(&granted), "sorted, and each once");
    assert!(coverage.not_requested().iter().eq(&unasked), "sorted, and each once");
    assert!(coverage.withheld().iter().eq(&withheld), "sorted, and each once");
}
