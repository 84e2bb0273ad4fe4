use std::collections::BTreeSet;

use fdx_rar::{ConsentReceipt, DataCluster, GrantedResource};
use proptest::prelude::*;

use super::support::*;
use crate::receipts::*;

fn lost(earlier: &[(&str, &[&str])], later: &[(&str, &[&str])]) -> Narrowing {
    Narrowing::between(&receipt(Some(earlier), ""), &receipt(Some(later), ""))
}

fn listed(resources: &[GrantedResource]) -> Vec<(&str, Vec<&str>)> {
    let mut listed = Vec::new();
    for resource in resources {
        let clusters = resource.data_clusters().iter().map(DataCluster::as_str).collect();
        listed.push((resource.resource_id(), clusters));
    }
    listed
}

#[test]
fn names_data_clusters_resources_and_scopes_that_are_gone() {
    let earlier: &[(&str, &[&str])] = &[
        ("a", &["ACCOUNT_BASIC", "TRANSACTIONS"]),
        ("b", &["ACCOUNT_BASIC"]),
        ("c", &["ACCOUNT_BASIC"]),
    ];
    let narrowing = lost(earlier, &[("c", &["ACCOUNT_BASIC"]), ("a", &["ACCOUNT_BASIC"])]);
    assert_eq!(listed(&narrowing.data_clusters), [("a", vec!["TRANSACTIONS"])]);
    assert_eq!(listed(&narrowing.resources), [("b", vec!["ACCOUNT_BASIC"])]);
    let scopes = Narrowing::between(&receipt(None, "a b c"), &receipt(None, "b d"));
    assert_eq!(scopes.scopes, ["a", "c"]);
    assert!(scopes.resources.is_empty() && !scopes.is_empty());
}

#[test]
fn resources_that_are_not_reported_are_not_gone() {
    let reported = receipt(Some(&[("a", &["ACCOUNT_BASIC"])]), "");
    assert!(Narrowing::between(&reported, &receipt(None, "")).is_empty());
    assert!(Narrowing::between(&receipt(None, ""), &reported).is_empty());
    assert!(!Narrowing::between(&reported, &receipt(Some(&[]), "")).is_empty());
}

/// Every pair of a resource and a cluster, under its current name.
fn pairs(resources: &[GrantedResource]) -> BTreeSet<(String, DataCluster)> {
    let pairs = |it: &GrantedResource| {
        let id = it.resource_id().to_owned();
        it.data_clusters()
            .iter()
            .map(move |it| (id.clone(), it.current().clone()))
            .collect::<Vec<_>>()
    };
    resources.iter().flat_map(pairs).collect()
}

fn granted(receipt: &ConsentReceipt) -> BTreeSet<(String, DataCluster)> {
    pairs(receipt.granted().unwrap_or_default())
}

proptest! {
    #[test]
    fn what_is_gone_is_the_difference(earlier in any_receipt(), later in any_receipt()) {
        let narrowing = Narrowing::between(&earlier, &later);
        let gone = [narrowing.data_clusters.as_slice(), &narrowing.resources].concat();
        if earlier.granted().is_some() && later.granted().is_some() {
            let expected: BTreeSet<_> =
                granted(&earlier).difference(&granted(&later)).cloned().collect();
            prop_assert_eq!(pairs(&gone), expected);
            let ids: BTreeSet<_> =
                later.granted().unwrap().iter().map(GrantedResource::resource_id).collect();
            prop_assert!(!narrowing.resources.iter().any(|it| ids.contains(it.resource_id())));
            prop_assert!(narrowing.data_clusters.iter().all(|it| ids.contains(it.resource_id())));
        } else {
            prop_assert!(gone.is_empty());
        }
        prop_assert!(Narrowing::between(&later, &later).is_empty());
    }
}
