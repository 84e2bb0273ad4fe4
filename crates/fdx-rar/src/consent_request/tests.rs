use alloc::format;
use alloc::string::ToString;

use proptest::prelude::*;

use super::*;
use crate::arbitrary::{consent_request, damaged};

const SHAPED: &str = r#"{"durationType":"TIME_BOUND","durationPeriod":90,"lookbackPeriod":60,"resources":[{"resourceType":"ACCOUNT","dataClusters":["ACCOUNT_DETAILED","TRANSACTIONS"]},{"resourceType":"CUSTOMER","dataClusters":["CUSTOMER_CONTACT"]}]}"#;

fn read(json: &str) -> Result<ConsentRequest, ConsentRequestError> {
    let json = serde_json::from_str(json).unwrap();
    ConsentRequest::of_json(&json).map_err(|error| match error {
        NoRequest::Rule(error) => error,
        NoRequest::Json(error) => panic!("{error}"),
    })
}

proptest! {
    #[test]
    fn written_requests_read_back(request in consent_request()) {
        let json = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(serde_json::from_str::<ConsentRequest>(&json).unwrap(), request);
    }

    #[test]
    fn request_is_not_empty_and_has_no_repeated_pair(request in consent_request()) {
        let mut pairs: Vec<_> = request.pairs().collect();
        prop_assert!(!pairs.is_empty());
        prop_assert!(request.resources().iter().all(|it| !it.data_clusters().is_empty()));
        let count = pairs.len();
        pairs.sort();
        pairs.dedup();
        prop_assert_eq!(pairs.len(), count);
    }

    #[test]
    fn scopes_are_exactly_those_of_the_clusters(request in consent_request()) {
        let scopes = request.scopes();
        for (_, cluster) in request.pairs() {
            prop_assert!(cluster.scope().is_none_or(|scope| scopes.contains(scope)));
        }
        for cluster in scopes.data_clusters() {
            prop_assert!(request.pairs().any(|(_, requested)| *requested == cluster));
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
fn writes_the_member_names_of_fdx() {
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
fn writes_period_only_for_time_bound() {
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
fn each_violation_has_its_own_error() {
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
fn rejects_empty_resource_of_a_repeated_type() {
    let request = ConsentRequest::new(ConsentDuration::OneTime)
        .resource(ResourceType::Account, [DataCluster::Tax])
        .resource(ResourceType::Account, [])
        .build();
    assert_eq!(request, Err(ConsentRequestError::NoDataClusters));
}

#[test]
fn reads_other_spellings() {
    let exact = read(SHAPED).unwrap();
    for spelling in [
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
fn merges_ten_thousand_clusters_quickly() {
    let clusters = (0..10_000).map(|n| DataCluster::parse(&alloc::format!("C{n}")));
    let request = ConsentRequest::new(ConsentDuration::OneTime)
        .resource(ResourceType::Account, clusters.clone())
        .resource(ResourceType::Account, clusters)
        .build()
        .unwrap();
    assert_eq!(request.pairs().count(), 10_000);
    assert!(request.scopes().is_empty());
}

#[test]
fn rejects_more_than_a_year() {
    for days in [0, 366] {
        assert_eq!(ConsentDuration::time_bound(days), Err(ConsentRequestError::DurationPeriod));
    }
}

#[test]
fn rejects_request_for_nothing() {
    let nothing = ConsentRequest::new(ConsentDuration::OneTime).build();
    assert_eq!(nothing, Err(ConsentRequestError::NoResources));
}

#[test]
fn rejects_resource_without_type_or_by_id() {
    for (resource, error) in [
        (r#"{"dataClusters":["ACCOUNT_BASIC"]}"#, ConsentRequestError::NoResourceType),
        (
            r#"{"resourceType":"ACCOUNT","resourceId":"a","dataClusters":["ACCOUNT_BASIC"]}"#,
            ConsentRequestError::ResourceId,
        ),
    ] {
        let json = format!(r#"{{"durationType":"ONE_TIME","resources":[{resource}]}}"#);
        assert_eq!(read(&json), Err(error), "{resource}");
    }
}

/// The consent of the sample toolkit of WSO2, and members of a later FDX.
#[test]
fn keeps_what_it_does_not_model() {
    for json in [
        r#"{"durationType":"ONETIME","durationPeriod":365,"lookbackPeriod":90,"resources":[{"resourceType":"PAYMENT","dataClusters":["TRANSFERS"],"paymentInfo":{"amount":10.990,"toPayeeId":"P-1"}}]}"#,
        r#"{"durationType":"PERSISTENT","durationPeriod":365,"resources":[{"resourceType":"ACCOUNT","dataClusters":["TAX"]}],"purpose":null}"#,
        r#"{"durationType":"ONE_TIME","resources":[{"resourceType":"PAYMENT","dataClusters":["TRANSFERS"],"to":1},{"resourceType":"PAYMENT","dataClusters":["TRANSFERS"],"to":2}]}"#,
    ] {
        let request = read(json).unwrap();
        assert_eq!(serde_json::to_string(&request).unwrap(), json);
        assert!(!request.is_plain());
        let other =
            json.replace("10.990", "10.99").replace("null", "true").replace(r#":2}"#, ":3}");
        assert_ne!(read(&other).unwrap(), request, "compared: {other}");
    }
    let request = read(r#"{"durationType":"ONE_TIME","a":1,"resources":[{"resourceType":"A","dataClusters":["B"],"b":2}]}"#).unwrap();
    assert_eq!(request.member("a").map(RawJson::as_str), Some("1"));
    assert_eq!(request.resources()[0].member("b").map(RawJson::as_str), Some("2"));
}

#[test]
fn a_builder_writes_every_member() {
    let payment = RequestedResource::new(ResourceType::parse("PAYMENT"), [DataCluster::Transfers])
        .with_member("paymentInfo", RawJson::of("p-1").unwrap())
        .unwrap();
    let request = ConsentRequest::new(ConsentDuration::Persistent)
        .duration_period(365)
        .requested_resource(payment)
        .member("purpose", RawJson::of("rent").unwrap())
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(
        serde_json::to_string(&request).unwrap(),
        r#"{"durationType":"PERSISTENT","durationPeriod":365,"resources":[{"resourceType":"PAYMENT","dataClusters":["TRANSFERS"],"paymentInfo":"p-1"}],"purpose":"rent"}"#
    );
    assert_eq!(request.duration_period(), Some(365));
    let bound = ConsentDuration::time_bound(30).unwrap();
    let bound = ConsentRequest::new(bound).duration_period(365);
    let bound = bound.resource(ResourceType::Account, [DataCluster::Tax]).build().unwrap();
    assert_eq!(bound.duration_period(), Some(30));
}

#[test]
fn rejects_reserved_and_repeated_members() {
    let value = || RawJson::of("x").unwrap();
    let resource = || RequestedResource::new(ResourceType::Account, [DataCluster::Tax]);
    for name in ["resourceType", "dataClusters", "resourceId"] {
        assert_eq!(resource().with_member(name, value()), Err(ConsentRequestError::Member));
    }
    let twice = resource().with_member("a", value()).unwrap().with_member("a", value());
    assert_eq!(twice, Err(ConsentRequestError::Member));
    for name in ["durationType", "durationPeriod", "lookbackPeriod", "resources"] {
        let request = ConsentRequest::new(ConsentDuration::OneTime).member(name, value());
        assert_eq!(request.map(drop), Err(ConsentRequestError::Member));
    }
}
