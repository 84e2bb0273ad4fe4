use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::arbitrary::{consent_request, data_cluster, granted_resources, resource_type};
use crate::{ConsentDuration, Expiration, ResourceType, Withheld};

fn grant(resources: Vec<GrantedResource>) -> ConsentGrant {
    ConsentGrant::default().with_resources(resources)
}

fn details(consent_request: &str) -> GrantedDetails {
    GrantedDetails::parse(format!(r#"[{{"type":"fdx_v1.0","consentRequest":{consent_request}}}]"#))
        .unwrap()
}

fn pairs(coverage: &Coverage) -> BTreeSet<(ResourceType, DataCluster)> {
    let pairs = coverage.granted_pairs().into_iter();
    pairs.map(|(kind, cluster)| (kind.clone(), cluster.clone())).collect()
}

fn scopes() -> impl Strategy<Value = Scopes> {
    let scopes = ["fdx:accountbasic:read", "fdx:transactions:read", "fdx:paymentsupport:read"];
    prop::sample::subsequence(scopes.to_vec(), 0..=3).prop_map(Scopes::of_valid)
}

proptest! {
    #[test]
    fn one_source_counts_as_it_is(
        requested in consent_request(),
        resources in granted_resources(),
    ) {
        let access = GrantedAccess::from(grant(resources.clone()));
        let alone = access.resources(&requested).unwrap();
        let triples = |resources: &[GrantedResource]| {
            let triples = resources.iter().flat_map(|it| {
                let clusters = it.data_clusters().iter().map(|cluster| cluster.current().clone());
                clusters.map(|cluster| (it.resource_type().clone(), it.resource_id().to_owned(), cluster))
            });
            triples.collect::<BTreeSet<_>>()
        };
        prop_assert_eq!(triples(&alone), triples(&resources));
        let coverage = access.compare(&requested);
        prop_assert_eq!(coverage.sources(), [GrantSource::ConsentApi]);
        prop_assert!(!access.has_contradiction());
    }

    #[test]
    fn another_source_takes_away_and_never_adds(
        requested in consent_request(),
        one in granted_resources(),
        other in granted_resources(),
        granted in scopes(),
    ) {
        let one = GrantedAccess::new().report(GrantSource::ConsentApi, grant(one));
        let alone = one.compare(&requested);
        let both = one.report(GrantSource::TokenResponse, grant(other.clone()));
        let both_coverage = both.compare(&requested);
        prop_assert!(pairs(&both_coverage).is_subset(&pairs(&alone)));
        let other = GrantedAccess::new().report(GrantSource::TokenResponse, grant(other));
        prop_assert!(pairs(&both_coverage).is_subset(&pairs(&other.compare(&requested))));
        let all = both.scopes(&requested.scopes(), &granted);
        let all_coverage = all.compare(&requested);
        prop_assert!(pairs(&all_coverage).is_subset(&pairs(&both_coverage)));
        if !all.has_contradiction() {
            prop_assert_eq!(pairs(&all_coverage), pairs(&alone));
        }
    }

    /// The reports may have resources that can't be understood.
    #[test]
    fn the_order_of_the_sources_does_not_matter(
        requested in consent_request(),
        reports in prop::collection::vec((granted_resources(), any::<bool>()), 3),
    ) {
        let json = |(resources, is_damaged): &(Vec<GrantedResource>, bool)| {
            let mut resources = serde_json::to_value(resources).unwrap();
            resources.as_array_mut().unwrap().extend(is_damaged.then_some(7.into()));
            serde_json::json!({ "resources": resources }).to_string()
        };
        let sources = ["CONSENT_API", "TOKEN_RESPONSE", "INTROSPECTION"].map(GrantSource::parse);
        let grants = reports.iter().map(json).map(|json| {
            ConsentGrant::read(json.as_bytes(), &fdx_wire::json::Limits::default()).unwrap()
        });
        let reports: Vec<_> = sources.into_iter().zip(grants).collect();
        let compare = |order: [usize; 3]| {
            let access = order.into_iter().fold(GrantedAccess::new(), |access, place| {
                let (source, grant) = reports[place].clone();
                access.report(source, grant)
            });
            let coverage = access.compare(&requested);
            let lists = (coverage.granted().to_vec(), coverage.withheld().to_vec());
            let others = (coverage.unclear().to_vec(), coverage.not_requested().to_vec());
            (lists, others, access.has_contradiction())
        };
        let expected = compare([0, 1, 2]);
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            prop_assert_eq!(&compare(order), &expected);
        }
    }

    /// Each requested pair is granted or withheld, by every combination of sources.
    #[test]
    fn each_requested_pair_is_granted_or_withheld(
        requested in consent_request(),
        reports in prop::collection::vec(granted_resources(), 1..4),
        granted in scopes(),
    ) {
        let sources = ["INTROSPECTION", "TOKEN_RESPONSE", "CONSENT_API"].map(GrantSource::parse);
        let reports = sources.into_iter().zip(reports);
        let access = reports.fold(GrantedAccess::new(), |access, (source, resources)| {
            access.report(source, grant(resources))
        });
        let coverage = access.scopes(&requested.scopes(), &granted).compare(&requested);
        let granted = pairs(&coverage);
        for (kind, cluster) in requested.pairs() {
            let withheld = coverage.withheld().iter().any(|it| {
                matches!(it, Withheld::Pair { resource_type, data_cluster }
                    if (resource_type, data_cluster) == (kind, cluster.current()))
            });
            let is_granted = granted.contains(&(kind.clone(), cluster.current().clone()));
            prop_assert!(is_granted != withheld);
            prop_assert!(coverage.unclear().is_empty(), "everything is understood");
        }
    }

    #[test]
    fn scopes_alone_divide_the_clusters_that_have_one(
        requested in consent_request(),
        granted in scopes(),
        kind in resource_type(),
        cluster in data_cluster(),
    ) {
        let access = GrantedAccess::new().scopes(&requested.scopes(), &granted);
        let coverage = access.compare(&requested);
        prop_assert_eq!(coverage.is_reported(), !requested.scopes().is_empty());
        let is_granted = pairs(&coverage).contains(&(kind, cluster.current().clone()));
        let has_scope = granted.data_clusters().any(|it| it.current() == cluster.current());
        prop_assert!(!is_granted || has_scope);
        let unknown = |it: &Withheld| it.data_cluster().scope().is_none();
        prop_assert!(!coverage.withheld().iter().any(unknown), "no scope says it is withheld");
    }
}

fn requested() -> ConsentRequest {
    ConsentRequest::new(ConsentDuration::time_bound(365).unwrap())
        .resource(ResourceType::Account, [DataCluster::AccountDetailed, DataCluster::Transactions])
        .build()
        .unwrap()
}

const NARROW: &str = r#"{"durationType":"TIME_BOUND","durationPeriod":30,
    "resources":[{"resourceType":"ACCOUNT","dataClusters":["ACCOUNT_DETAILED"]}]}"#;

#[test]
fn details_without_identifiers_narrow_the_accounts_of_the_consent_api() {
    let both = [DataCluster::AccountDetailed, DataCluster::Transactions];
    let accounts =
        ["a", "b"].map(|id| GrantedResource::new(ResourceType::Account, id, both.clone()));
    let access = GrantedAccess::new()
        .details(GrantSource::TokenResponse, &details(NARROW))
        .report(GrantSource::ConsentApi, grant(accounts.to_vec()));
    let resources = access.resources(&requested()).unwrap();
    let coverage = access.compare(&requested());
    let ids: Vec<_> = resources.iter().map(GrantedResource::resource_id).collect();
    assert_eq!(ids, ["a", "b"]);
    assert!(resources.iter().all(|it| it.data_clusters() == [DataCluster::AccountDetailed]));
    assert_eq!(coverage.sources(), [GrantSource::TokenResponse, GrantSource::ConsentApi]);
    assert!(access.has_contradiction());
}

#[test]
fn the_shortest_of_all_ends_counts() {
    let issued = fdx_wire::UnixTime::from_seconds(1_767_607_200);
    let day = |days: u64| issued + core::time::Duration::from_secs(days * 86_400);
    let stated =
        |text: &str| ConsentGrant::default().with_expiration_time(crate::Timestamp::parse(text));
    let bound =
        |json: &str| GrantedAccess::new().details(GrantSource::TokenResponse, &details(json));
    let expiration = |access: &GrantedAccess| access.expiration(Some(365), issued);
    let request = (Expiration::Derived(day(365)), [GrantSource::Request].to_vec());
    assert_eq!(expiration(&GrantedAccess::new()), request);
    assert_eq!(expiration(&bound("{}")), request);

    let shorter = (Expiration::Derived(day(30)), [GrantSource::TokenResponse].to_vec());
    assert_eq!(expiration(&bound(NARROW)), shorter);
    let later = bound(NARROW).report(GrantSource::ConsentApi, stated("2027-01-05T10:00:00Z"));
    assert_eq!(expiration(&later), shorter);
    let earlier = bound(NARROW).report(GrantSource::ConsentApi, stated("2026-01-06T10:00:00Z"));
    let stated_end = (Expiration::Stated(day(1)), [GrantSource::ConsentApi].to_vec());
    assert_eq!(expiration(&earlier), stated_end);
    let endless = bound(NARROW).report(GrantSource::ConsentApi, stated("9999-12-31T00:00:00Z"));
    assert_eq!(expiration(&endless), shorter);

    let unclear = bound(NARROW).report(GrantSource::ConsentApi, stated("2026-01-06"));
    let unclear_end = (Expiration::NotUnderstood, [GrantSource::ConsentApi].to_vec());
    assert_eq!(expiration(&unclear), unclear_end);
    let persistent = bound(r#"{"durationType":"PERSISTENT","durationPeriod":365}"#);
    assert_eq!(expiration(&persistent), (Expiration::NotReported, Vec::new()));
}

/// A stated end that is understood bounds the consent, whatever else is reported. A period does not
/// bound a consent whose own end can't be understood, or that is one-time.
#[test]
fn nothing_hides_a_stated_end() {
    let issued = fdx_wire::UnixTime::from_seconds(1_767_607_200);
    let day = |days: u64| issued + core::time::Duration::from_secs(days * 86_400);
    let sources = ["TOKEN_RESPONSE", "CONSENT_API", "INTROSPECTION"].map(GrantSource::parse);
    let expiration = |reports: &[&str]| {
        let reports = sources.iter().zip(reports);
        let access = reports.fold(GrantedAccess::new(), |access, (source, report)| {
            access.details(source.clone(), &details(report))
        });
        let (expiration, sources) = access.expiration(Some(365), issued);
        (expiration, sources.iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>())
    };
    let stated = r#"{"expirationTime":"2026-02-04T10:00:00Z"}"#;
    let month = r#"{"durationType":"TIME_BOUND","durationPeriod":30}"#;
    let endless = r#"{"expirationTime":"9999-12-31T00:00:00Z"}"#;
    let soon = r#"{"expirationTime":"soon"}"#;
    let persistent = r#"{"durationType":"PERSISTENT"}"#;
    for other in [soon, r#"{"durationPeriod":"P30D"}"#, r#"{"durationType":"ONE_TIME"}"#, "{}"] {
        let (end, of) = expiration(&[other, stated]);
        assert_eq!((end, &*of), (Expiration::Stated(day(30)), &["CONSENT_API".to_owned()][..]));
        let week = r#"{"durationPeriod":7}"#;
        assert_eq!(expiration(&[other, stated, week]).0, Expiration::Derived(day(7)), "{other}");
    }
    for (reports, expected) in [
        (&[soon, month][..], Expiration::NotUnderstood),
        (&[soon, endless], Expiration::NotUnderstood),
        (&[soon, persistent], Expiration::NotUnderstood),
        (&[r#"{"durationType":"ONE_TIME"}"#, month], Expiration::NotReported),
        (&[r#"{"durationType":"SEASONAL"}"#, month], Expiration::NotReported),
        (&[r#"{"durationType":"ONE_TIME"}"#, endless], Expiration::NotReported),
        (&[r#"{"durationType":"ONE_TIME"}"#, "{}"], Expiration::NotReported),
        (&[persistent, month], Expiration::Derived(day(30))),
        (&[persistent, endless], Expiration::NoEnd),
        (&[persistent, "{}"], Expiration::NotReported),
    ] {
        assert_eq!(expiration(reports).0, expected, "{reports:?}");
        let reversed: Vec<_> = reports.iter().rev().copied().collect();
        assert_eq!(expiration(&reversed).0, expected, "{reversed:?}");
    }
}

#[test]
fn different_ends_contradict() {
    let bound = |days: u32| {
        let duration = ConsentDuration::time_bound(days).unwrap();
        ConsentGrant::default().with_duration(duration)
    };
    let both = |one, other| {
        let access = GrantedAccess::from(bound(one));
        access.report(GrantSource::Introspection, bound(other)).has_contradiction()
    };
    assert!(both(30, 31) && !both(30, 30));

    let both = |one: &str, other: &str| {
        let [one, other] = [one, other].map(details);
        let access = GrantedAccess::new().details(GrantSource::TokenResponse, &one);
        access.details(GrantSource::ConsentApi, &other).has_contradiction()
    };
    let created = r#""createdTime":"2026-01-05T10:00:00Z""#;
    let year = format!(r#"{{{created},"expirationTime":"2027-01-05T10:00:00Z"}}"#);
    assert!(both(r#"{"durationPeriod":30}"#, &year));
    assert!(!both(r#"{"durationPeriod":365}"#, &year));
    assert!(both(r#"{"durationType":"PERSISTENT"}"#, r#"{"durationType":"TIME_BOUND"}"#));
    let endless = r#"{"expirationTime":"9999-12-31T00:00:00Z"}"#;
    assert!(both(endless, &year) && !both(endless, endless));
    assert!(
        !both(r#"{"durationPeriod":30}"#, r#"{"durationPeriod":"P30D"}"#),
        "it may be the same"
    );
}

/// Each element of an array has its own end.
#[test]
fn no_element_hides_the_end_of_another() {
    let issued = fdx_wire::UnixTime::from_seconds(1_767_607_200);
    let expiration = |elements: &[&str]| {
        let element = |it: &&str| format!(r#"{{"type":"fdx_v1.0","consentRequest":{it}}}"#);
        let elements: Vec<_> = elements.iter().map(element).collect();
        let details = GrantedDetails::parse(format!("[{}]", elements.join(","))).unwrap();
        GrantedAccess::new()
            .details(GrantSource::TokenResponse, &details)
            .expiration(None, issued)
            .0
    };
    let day = |days: u64| issued + core::time::Duration::from_secs(days * 86_400);
    let stated = r#"{"expirationTime":"2026-01-06T10:00:00Z"}"#;
    let long = r#"{"durationPeriod":300}"#;
    assert_eq!(expiration(&[stated, long]), Expiration::Stated(day(1)));
    let unclear = r#"{"durationPeriod":"P30D"}"#;
    assert_eq!(expiration(&[unclear, long]), Expiration::NotUnderstood);
    let persistent = r#"{"durationType":"PERSISTENT","durationPeriod":10}"#;
    assert_eq!(expiration(&[persistent, r#"{"durationPeriod":30}"#]), Expiration::Derived(day(30)));
}

#[test]
fn several_consents_of_one_array_are_one_report() {
    let consents = r#"[{"type":"fdx_v1.0","consentRequest":{"durationPeriod":60,"resources":
        [{"resourceType":"ACCOUNT","dataClusters":["TRANSACTIONS"]}]}},
        {"type":"fdx_v1.0","consentRequest":{"durationPeriod":30,"resources":
        [{"resourceType":"ACCOUNT","dataClusters":["ACCOUNT_DETAILED"]}]}}]"#;
    let details = GrantedDetails::parse(consents).unwrap();
    let access = GrantedAccess::new().details(GrantSource::TokenResponse, &details);
    assert!(access.compare(&requested()).is_whole() && !access.has_contradiction());
    let (expiration, _) = access.expiration(None, fdx_wire::UnixTime::from_seconds(0));
    let end = fdx_wire::UnixTime::from_seconds(30 * 86_400);
    assert_eq!(expiration, Expiration::Derived(end), "the shorter period");

    // The first element is of an unknown type, or its resources are absent or not understood.
    let first = r#"{"durationPeriod":60,"resources":
        [{"resourceType":"ACCOUNT","dataClusters":["TRANSACTIONS"]}]}"#;
    for (from, to) in [
        ("fdx_v1.0", ""),
        (first, "{}"),
        (first, r#"{"resources":7}"#),
        (first, r#"{"resources":[7]}"#),
        (
            first,
            r#"{"resources":[{"resourceType":"ACCOUNT","dataClusters":["TRANSACTIONS"],"resourceId":true}]}"#,
        ),
        (first, r#"{"resources":[{"resourceType":"ACCOUNT","dataClusters":[7]}]}"#),
    ] {
        let unread = GrantedDetails::parse(consents.replacen(from, to, 1)).unwrap();
        let access = GrantedAccess::new().details(GrantSource::TokenResponse, &unread);
        let coverage = access.compare(&requested());
        assert_eq!(coverage.granted().len(), 1, "{to}");
        let pair = |it: &&Withheld| matches!(it, Withheld::Pair { .. });
        assert_eq!(coverage.withheld().iter().filter(pair).count(), 0, "{to}");
        let [unclear] = coverage.unclear() else { panic!("{to}: {coverage:?}") };
        assert_eq!(unclear.data_cluster, DataCluster::Transactions);
        assert!(!coverage.is_whole() && !coverage.is_nothing());
    }
    for other in ["[]", r#"[{"type":"payment"}]"#, r#"[{"type":"payment","actions":"initiate"}]"#] {
        let other = GrantedDetails::parse(other).unwrap();
        let none = GrantedAccess::new().details(GrantSource::TokenResponse, &other);
        assert!(none.compare(&requested()).is_nothing());
    }
}

/// A part that can't be understood may grant anything and state any end.
#[test]
fn an_unread_part_is_no_source_and_leaves_the_end_unknown() {
    let issued = fdx_wire::UnixTime::from_seconds(0);
    let end = |access: &GrantedAccess| access.expiration(Some(365), issued);
    let unread = GrantedDetails::parse("[7]").unwrap();
    let source = GrantSource::Introspection;
    for unread in [
        GrantedAccess::new().details(source.clone(), &unread),
        GrantedAccess::new().unread_details(source.clone()),
    ] {
        assert_eq!(unread.compare(&requested()), Coverage::NotReported);
        assert!(!unread.has_contradiction());
        assert_eq!(end(&unread), (Expiration::NotUnderstood, [source.clone()].to_vec()));
        let endless = crate::Timestamp::parse("9999-12-31T00:00:00Z");
        let endless = ConsentGrant::default().with_expiration_time(endless);
        let both = unread.clone().report(GrantSource::ConsentApi, endless);
        assert_eq!(end(&both), (Expiration::NotUnderstood, [source.clone()].to_vec()));
        let both = unread.details(GrantSource::TokenResponse, &details(NARROW));
        let month = fdx_wire::UnixTime::from_seconds(30 * 86_400);
        let reported = (Expiration::Derived(month), [GrantSource::TokenResponse].to_vec());
        assert_eq!(end(&both), reported);
        assert!(!both.has_contradiction());
        assert!(both.compare(&requested()).is_partial());
    }
    for nothing in ["[]", r#"[{"type":"payment"}]"#] {
        let nothing = GrantedDetails::parse(nothing).unwrap();
        let nothing = GrantedAccess::new().details(source.clone(), &nothing);
        assert_eq!(end(&nothing), (Expiration::NotReported, Vec::new()), "no consent has an end");
    }
}

#[test]
fn names_of_sources_read_back() {
    for source in [GrantSource::ConsentApi, GrantSource::Request, GrantSource::Scopes] {
        assert_eq!(GrantSource::parse(&source.to_string()), source);
    }
}
