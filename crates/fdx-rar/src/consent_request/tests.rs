use alloc::string::ToString;

use proptest::prelude::*;

use super::*;
use crate::arbitrary::{consent_request, damaged};

const SHAPED: &str = r#"{"durationType":"TIME_BOUND","durationPeriod":90,"lookbackPeriod":60,"resources":[{"resourceType":"ACCOUNT","dataClusters":["ACCOUNT_DETAILED","TRANSACTIONS"]},{"resourceType":"CUSTOMER","dataClusters":["CUSTOMER_CONTACT"]}]}"#;

fn read(json: &str) -> Result<ConsentRequest, ConsentRequestError> {
    serde_json::from_str::<Received>(json).unwrap().try_into()
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(request in consent_request()) {
        let json = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(serde_json::from_str::<ConsentRequest>(&json).unwrap(), request);
    }

    #[test]
    fn it_is_never_empty_and_names_each_pair_once(request in consent_request()) {
        let mut pairs: Vec<_> = request.pairs().collect();
        prop_assert!(!pairs.is_empty());
        prop_assert!(request.resources().iter().all(|it| !it.data_clusters().is_empty()));
        let asked = pairs.len();
        pairs.sort();
        pairs.dedup();
        prop_assert_eq!(pairs.len(), asked);
    }

    #[test]
    fn scopes_are_those_of_its_clusters_and_no_others(request in consent_request()) {
        let scopes = request.scopes();
        for (_, cluster) in request.pairs() {
            prop_assert!(cluster.scope().is_none_or(|scope| scopes.contains(scope)));
        }
        for cluster in scopes.data_clusters() {
            prop_assert!(request.pairs().any(|(_, asked)| *asked == cluster));
        }
        prop_assert_eq!(scopes.data_clusters().count(), scopes.len());
    }

    #[test]
    fn no_bytes_panic(bytes in damaged(&[SHAPED])) {
        let _ = serde_json::from_slice::<ConsentRequest>(&bytes);
    }

    #[test]
    fn time_is_bound_by_1_to_365_days(days: u32) {
        for days in [days, days % 400] {
            let bound = ConsentDuration::time_bound(days);
            prop_assert_eq!(bound.is_ok(), (1..=365).contains(&days));
            if let Some(bound) = bound.ok().and_then(ConsentDuration::days) {
                prop_assert_eq!(bound.to_string(), days.to_string());
            }
        }
    }
}

#[test]
fn the_members_are_written_in_the_words_of_fdx() {
    let request = ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
        .lookback_period(60)
        .resource(ResourceType::Account, [DataCluster::AccountDetailed, DataCluster::Transactions])
        .resource(ResourceType::Customer, [DataCluster::CustomerContact])
        .build()
        .unwrap();
    assert_eq!(serde_json::to_string(&request).unwrap(), SHAPED);
    assert_eq!(request.lookback_period(), Some(60));
    assert_eq!(
        request.scopes().to_string(),
        "fdx:accountdetailed:read fdx:transactions:read fdx:customercontact:read"
    );
}

#[test]
fn durations_other_than_time_bound_write_no_period() {
    for (duration, name) in
        [(ConsentDuration::OneTime, "ONE_TIME"), (ConsentDuration::Persistent, "PERSISTENT")]
    {
        let request = ConsentRequest::new(duration)
            .resource(ResourceType::Document, [DataCluster::Tax])
            .build()
            .unwrap();
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            alloc::format!(
                r#"{{"durationType":"{name}","resources":[{{"resourceType":"DOCUMENT","dataClusters":["TAX"]}}]}}"#
            )
        );
    }
}

#[test]
fn each_rule_is_refused_by_its_own_error() {
    use ConsentRequestError as E;
    let tax = r#""resources":[{"resourceType":"DOCUMENT","dataClusters":["TAX"]}]"#;
    for (json, error) in [
        (r#"{"durationType":"TIME_BOUND",TAX}"#, E::DurationPeriod),
        (r#"{"durationType":"TIME_BOUND","durationPeriod":0,TAX}"#, E::DurationPeriod),
        (r#"{"durationType":"TIME_BOUND","durationPeriod":"366",TAX}"#, E::DurationPeriod),
        (r#"{"durationType":"TIME_BOUND","durationPeriod":65537,TAX}"#, E::DurationPeriod),
        (r#"{"durationType":"FOREVER",TAX}"#, E::DurationType),
        (r#"{"durationType":null,TAX}"#, E::DurationType),
        ("{TAX}", E::DurationType),
        (r#"{"durationType":"ONE_TIME"}"#, E::NoResources),
        (r#"{"durationType":"ONE_TIME","resources":[]}"#, E::NoResources),
        (r#"{"durationType":"ONE_TIME","resources":null}"#, E::NoResources),
        (
            r#"{"durationType":"ONE_TIME","resources":[{"resourceType":"ACCOUNT","dataClusters":[]}]}"#,
            E::NoDataClusters,
        ),
        (
            r#"{"durationType":"ONE_TIME","resources":[{"dataClusters":["TAX"]}]}"#,
            E::NoResourceType,
        ),
        (
            r#"{"durationType":"ONE_TIME","resources":[{"resourceType":"ACCOUNT","resourceId":"a-1","dataClusters":["TAX"]}]}"#,
            E::ResourceId,
        ),
    ] {
        assert_eq!(read(&json.replace("TAX}", &alloc::format!("{tax}}}"))), Err(error), "{json}");
    }
}

#[test]
fn an_empty_resource_is_refused_even_where_another_of_its_type_is_not() {
    let request = ConsentRequest::new(ConsentDuration::OneTime)
        .resource(ResourceType::Account, [DataCluster::Tax])
        .resource(ResourceType::Account, [])
        .build();
    assert_eq!(request, Err(ConsentRequestError::NoDataClusters));
}

#[test]
fn other_spellings_are_read_as_what_they_mean() {
    let exact = read(SHAPED).unwrap();
    for spelling in [
        SHAPED.replace("TIME_BOUND", "TIME_BASED"),
        SHAPED.replace("90", r#""90""#).replace("60", r#""60""#),
        SHAPED.replace("90", "90.0"),
        SHAPED.replace(
            r#""resourceType":"ACCOUNT""#,
            r#""resourceId":null,"resourceType":"account""#,
        ),
    ] {
        assert_eq!(read(&spelling), Ok(exact.clone()), "{spelling}");
    }
}

#[test]
fn ten_thousand_clusters_are_merged_in_passing() {
    let clusters = (0..10_000).map(|n| DataCluster::parse(&alloc::format!("C{n}")));
    let request = ConsentRequest::new(ConsentDuration::OneTime)
        .resource(ResourceType::Account, clusters.clone())
        .resource(ResourceType::Account, clusters)
        .build()
        .unwrap();
    assert_eq!(request.pairs().count(), 10_000);
    assert!(request.scopes().is_empty());
}
