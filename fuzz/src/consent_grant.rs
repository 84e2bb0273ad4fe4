use std::collections::BTreeSet;

use fdx_rar::{ConsentGrant, Coverage, GrantedCluster, Withheld};
use fdx_wire::json::{self, Limits};

use crate::scene::consent_request;

/// A consent that an institution reports.
///
/// # Panics
/// If the members of an accepted consent that are understood are not read back as they were written,
/// or if the reported and requested clusters are not divided into granted, withheld and not requested
/// ones.
pub fn consent_grant(bytes: &[u8]) {
    let Ok(read) = json::object_from_slice::<ConsentGrant>(bytes, &Limits::bytes(16 * 1024)) else {
        return;
    };
    let written = serde_json::to_vec(&read).unwrap();
    let again: ConsentGrant = json::object_from_slice(&written, &Limits::bytes(1 << 20)).unwrap();
    assert_eq!(serde_json::to_vec(&again).unwrap(), written);
    assert!(again.not_understood().iter().all(|it| read.is_not_understood(it.member())));
    check_coverage(&read, &Coverage::compare(&consent_request(), &read));
}

/// Every reported cluster is either granted or not requested. Every requested cluster is granted or
/// withheld: from each resource of its type, and as a pair if no resource has it, or may have it.
fn check_coverage(read: &ConsentGrant, coverage: &Coverage) {
    assert_eq!(coverage.is_reported(), read.resources().is_some());
    let requested = consent_request();
    let requested: BTreeSet<_> = requested.pairs().collect();
    let reported: BTreeSet<_> = read
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
    let (granted, not_requested): (BTreeSet<_>, BTreeSet<_>) = reported
        .into_iter()
        .partition(|it| requested.contains(&(&it.resource_type, &it.data_cluster)));

    let mut withheld = BTreeSet::new();
    for (resource_type, data_cluster) in
        requested.iter().filter(|_| coverage.is_reported()).copied()
    {
        let has = |id: &str| {
            let mut same = granted.iter().filter(|it| it.resource_id == id);
            same.any(|it| (&it.resource_type, &it.data_cluster) == (resource_type, data_cluster))
        };
        let resources = read.resources().into_iter().flatten();
        let of_type = resources.filter(|resource| resource.resource_type() == resource_type);
        let (with, without): (BTreeSet<_>, BTreeSet<_>) =
            of_type.map(|resource| resource.resource_id()).partition(|id| has(id));
        let (resource_type, data_cluster) = (resource_type.clone(), data_cluster.clone());
        let may_have = read.unread_resources().may_have(&data_cluster);
        let lacks = |id: &&str| !(id.is_empty() && may_have);
        withheld.extend(without.into_iter().filter(lacks).map(|id| Withheld::From {
            resource_type: resource_type.clone(),
            resource_id: id.to_owned(),
            data_cluster: data_cluster.clone(),
        }));
        let may_be_granted = !with.is_empty() || may_have;
        withheld
            .extend((!may_be_granted).then_some(Withheld::Pair { resource_type, data_cluster }));
    }

    let unclear = coverage.unclear().is_empty();
    assert_eq!(coverage.is_whole(), coverage.is_reported() && withheld.is_empty() && unclear);
    assert_eq!(coverage.is_nothing(), coverage.is_reported() && granted.is_empty() && unclear);
    assert!(coverage.granted().iter().eq(&granted), "sorted and without duplicates");
    assert!(coverage.not_requested().iter().eq(&not_requested), "sorted and without duplicates");
    assert!(coverage.withheld().iter().eq(&withheld), "sorted and without duplicates");
}
