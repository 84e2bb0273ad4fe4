use proptest::prelude::*;

use super::*;
use crate::arbitrary::{consent_request, data_cluster, granted_resources, resource_type};
use crate::{ConsentDuration, ConsentId, ConsentStatus};

fn grant(resources: Vec<GrantedResource>) -> ConsentGrant {
    ConsentGrant::new(ConsentId::parse("c").unwrap(), ConsentStatus::Active)
        .with_resources(resources)
}

/// Every triple of the grant, under the newer names, by a simple loop.
fn triples(resources: &[GrantedResource]) -> BTreeSet<GrantedCluster> {
    let mut triples = BTreeSet::new();
    for resource in resources {
        for cluster in resource.data_clusters() {
            triples.insert(GrantedCluster {
                resource_type: resource.resource_type().clone(),
                resource_id: resource.resource_id().into(),
                data_cluster: cluster.current().clone(),
            });
        }
    }
    triples
}

fn is_requested(request: &ConsentRequest, triple: &GrantedCluster) -> bool {
    request.pairs().any(|(kind, it)| (kind, it.current()) == triple.pair())
}

proptest! {
    #[test]
    fn grant_is_divided_into_granted_and_not_requested(
        request in consent_request(),
        resources in granted_resources(),
    ) {
        let coverage = Coverage::compare(&request, &grant(resources.clone()));
        let parts = coverage.granted().iter().chain(coverage.not_requested()).cloned();
        let parts: Vec<_> = parts.collect();
        let whole = triples(&resources);
        prop_assert_eq!(parts.len(), whole.len());
        prop_assert_eq!(parts.into_iter().collect::<BTreeSet<_>>(), whole);
        prop_assert!(coverage.granted().iter().all(|triple| is_requested(&request, triple)));
        prop_assert!(!coverage.not_requested().iter().any(|triple| is_requested(&request, triple)));
    }

    #[test]
    fn every_requested_pair_is_granted_or_withheld(
        request in consent_request(),
        resources in granted_resources(),
    ) {
        let coverage = Coverage::compare(&request, &grant(resources));
        let granted = coverage.granted_pairs();
        for (kind, cluster) in request.pairs() {
            let withheld = coverage.withheld().contains(&Withheld::Pair {
                resource_type: kind.clone(),
                data_cluster: cluster.current().clone(),
            });
            prop_assert_ne!(granted.contains(&(kind, cluster.current())), withheld);
        }
        for withheld in coverage.withheld() {
            let pair = (withheld.resource_type(), withheld.data_cluster());
            prop_assert!(request.pairs().any(|(kind, it)| (kind, it.current()) == pair));
        }
    }

    #[test]
    fn resource_has_each_requested_cluster_of_its_type_or_it_is_withheld(
        request in consent_request(),
        resources in granted_resources(),
    ) {
        let coverage = Coverage::compare(&request, &grant(resources.clone()));
        let mut expected = BTreeSet::new();
        for resource in &resources {
            for (kind, cluster) in request.pairs() {
                let triple = triple(kind, resource.resource_id(), cluster.current());
                if kind == resource.resource_type() && !triples(&resources).contains(&triple) {
                    expected.insert(Withheld::From {
                        resource_type: triple.resource_type,
                        resource_id: triple.resource_id,
                        data_cluster: triple.data_cluster,
                    });
                }
            }
        }
        let from = coverage.withheld().iter().filter(|it| it.resource_id().is_some());
        let from: Vec<_> = from.cloned().collect();
        prop_assert_eq!(from, expected.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn order_and_repetition_do_not_matter(
        request in consent_request(),
        resources in granted_resources(),
    ) {
        let coverage = Coverage::compare(&request, &grant(resources.clone()));

        // In reverse, each cluster in its own resource, followed by everything again.
        let mut scattered: Vec<_> = resources
            .iter()
            .rev()
            .flat_map(|resource| {
                let (kind, id) = (resource.resource_type(), resource.resource_id());
                let alone = resource.data_clusters().iter().rev().cloned().map(Some);
                alone
                    .chain([None])
                    .map(|it| GrantedResource::new(kind.clone(), id, it))
            })
            .collect();
        scattered.extend(resources);
        prop_assert_eq!(&Coverage::compare(&request, &grant(scattered.clone())), &coverage);

        let mut reversed = ConsentRequest::new(ConsentDuration::Persistent);
        for resource in request.resources().iter().rev().chain(request.resources()) {
            let clusters = resource.data_clusters().iter().rev().cloned();
            reversed = reversed.resource(resource.resource_type().clone(), clusters);
        }
        prop_assert_eq!(Coverage::compare(&reversed.build().unwrap(), &grant(scattered)), coverage);
    }

    #[test]
    fn deprecated_cluster_counts_as_its_replacement(
        request in consent_request(),
        resources in granted_resources(),
    ) {
        let mut newer = ConsentRequest::new(request.duration());
        for resource in request.resources() {
            let clusters = resource.data_clusters().iter().map(|it| it.current().clone());
            newer = newer.resource(resource.resource_type().clone(), clusters);
        }
        let newer = newer.build().unwrap();
        let renamed = resources
            .iter()
            .map(|it| {
                let clusters = it.data_clusters().iter().map(|it| it.current().clone());
                GrantedResource::new(it.resource_type().clone(), it.resource_id(), clusters)
            })
            .collect();
        let coverage = Coverage::compare(&request, &grant(resources.clone()));
        prop_assert_eq!(&Coverage::compare(&newer, &grant(resources)), &coverage);
        prop_assert_eq!(&Coverage::compare(&request, &grant(renamed)), &coverage);
    }

    #[test]
    fn coverage_is_whole_partial_or_nothing(
        request in consent_request(),
        resources in granted_resources(),
    ) {
        let coverage = Coverage::compare(&request, &grant(resources));
        let is = [coverage.is_whole(), coverage.is_partial(), coverage.is_nothing()];
        prop_assert_eq!(is.iter().filter(|it| **it).count(), 1);
        prop_assert!(coverage.is_reported());
    }

    #[test]
    fn everything_granted_on_every_resource_is_whole(request in consent_request()) {
        let resources = request
            .resources()
            .iter()
            .flat_map(|requested| ["a", "b"].map(|id| (requested, id)))
            .map(|(requested, id)| {
                let clusters = requested.data_clusters().iter().cloned();
                GrantedResource::new(requested.resource_type().clone(), id, clusters)
            })
            .collect();
        let coverage = Coverage::compare(&request, &grant(resources));
        prop_assert!(coverage.is_whole() && coverage.not_requested().is_empty());
    }

    #[test]
    fn requested_clusters_read_back(resource_type in resource_type(), data_cluster in data_cluster()) {
        let requested = RequestedCluster { resource_type, data_cluster };
        let json = serde_json::to_string(&requested).unwrap();
        prop_assert_eq!(serde_json::from_str::<RequestedCluster>(&json).unwrap(), requested);
    }

    #[test]
    fn withheld_clusters_read_back(request in consent_request(), resources in granted_resources()) {
        let coverage = Coverage::compare(&request, &grant(resources));
        let json = serde_json::to_string(coverage.withheld()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<Withheld>>(&json).unwrap(), coverage.withheld());
    }
}

fn accounts_and_customer() -> ConsentRequest {
    ConsentRequest::new(ConsentDuration::OneTime)
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::AccountPayments])
        .resource(ResourceType::Customer, [DataCluster::CustomerContact])
        .build()
        .unwrap()
}

#[test]
fn grant_without_resources_is_not_reported() {
    let grant = ConsentGrant::new(ConsentId::parse("c").unwrap(), ConsentStatus::Active);
    let coverage = Coverage::compare(&accounts_and_customer(), &grant);
    assert_eq!(coverage, Coverage::NotReported);
    assert!(!coverage.is_reported() && !coverage.is_whole());
    assert!(!coverage.is_partial() && !coverage.is_nothing());
    assert!(coverage.granted().is_empty() && coverage.withheld().is_empty());
}

#[test]
fn grant_of_no_resources_grants_nothing() {
    let coverage = Coverage::compare(&accounts_and_customer(), &grant(Vec::new()));
    assert!(coverage.is_nothing() && !coverage.is_partial());
    assert_eq!(coverage.withheld().len(), 3);
}

#[test]
fn withheld_distinguishes_pairs_from_single_resources() {
    let granted = grant(
        [
            GrantedResource::new(
                ResourceType::Account,
                "a",
                [DataCluster::AccountBasic, DataCluster::PaymentSupport],
            ),
            GrantedResource::new(ResourceType::Account, "b", [DataCluster::AccountBasic]),
            GrantedResource::new(ResourceType::Document, "d", [DataCluster::Tax]),
        ]
        .into(),
    );
    assert_eq!(
        Coverage::compare(&accounts_and_customer(), &granted),
        Coverage::Reported {
            sources: [GrantSource::ConsentApi].into(),
            granted: [
                triple(&ResourceType::Account, "a", &DataCluster::AccountBasic),
                triple(&ResourceType::Account, "a", &DataCluster::PaymentSupport),
                triple(&ResourceType::Account, "b", &DataCluster::AccountBasic),
            ]
            .into(),
            withheld: [
                Withheld::Pair {
                    resource_type: ResourceType::Customer,
                    data_cluster: DataCluster::CustomerContact,
                },
                Withheld::From {
                    resource_type: ResourceType::Account,
                    resource_id: "b".into(),
                    data_cluster: DataCluster::PaymentSupport,
                },
            ]
            .into(),
            unclear: Vec::new(),
            not_requested: [triple(&ResourceType::Document, "d", &DataCluster::Tax)].into(),
        }
    );
}

/// A cluster that a resource may have which can't be understood is not withheld.
#[test]
fn clusters_of_unread_resources_are_not_withheld() {
    let requested = ConsentRequest::new(ConsentDuration::OneTime)
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .build()
        .unwrap();
    let withheld = |json: &str| {
        let limits = fdx_wire::json::Limits::default();
        let grant = ConsentGrant::read(json.as_bytes(), &limits).unwrap();
        Coverage::compare(&requested, &grant).withheld().len()
    };
    assert_eq!(withheld(r#"{"resources":[]}"#), 2);
    assert_eq!(withheld(r#"{"resources":[{"dataClusters":["TRANSACTIONS"]}]}"#), 1);
    assert_eq!(withheld(r#"{"resources":[7]}"#), 0);
}
