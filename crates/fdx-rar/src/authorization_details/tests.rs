use alloc::string::{String, ToString};

use fdx_wire::json::Kind;
use proptest::prelude::*;

use super::*;
use crate::arbitrary::{consent_request, damaged};
use crate::{ConsentRequestError, DataCluster};

const MIXED: &str = r#"[{"type":"fdx_v1.0","consentRequest":{"durationType":"ONE_TIME","lookbackPeriod":60,"resources":[{"resourceType":"ACCOUNT","dataClusters":["ACCOUNT_DETAILED","TRANSACTIONS","STATEMENTS"]},{"resourceType":"CUSTOMER","dataClusters":["CUSTOMER_CONTACT"]}]}},{"type":"payment_initiation","locations":["https://bank.example/payments"],"actions":["initiate","status"],"datatypes":["contacts"],"identifier":"acc-1","privileges":["admin"],"amount":{"currency":"EUR","value":1.50},"note":null}]"#;

fn other_detail() -> impl Strategy<Value = OtherDetail> {
    let texts = || prop::collection::vec(any::<String>(), 0..3);
    let members = prop::collection::btree_map("x[a-z]{0,4}", any::<Option<i32>>(), 0..3);
    (".+", texts(), texts(), any::<Option<String>>(), members)
        .prop_filter("the FDX type has its own variant", |(name, ..)| name != FDX_V1_0)
        .prop_map(|(name, actions, locations, identifier, members)| {
            let mut detail = OtherDetail::new(&name).unwrap();
            for action in &actions {
                detail = detail.with_action(action).with_privilege(action);
            }
            for location in &locations {
                detail = detail.with_location(location).with_datatype(location);
            }
            if let Some(identifier) = &identifier {
                detail = detail.with_identifier(identifier);
            }
            for (name, value) in &members {
                detail = detail.with_member(name, RawJson::of(value).unwrap()).unwrap();
            }
            detail
        })
}

proptest! {
    #[test]
    fn written_details_read_back(
        request in consent_request(),
        others in prop::collection::vec(other_detail(), 0..3),
    ) {
        let details = others
            .into_iter()
            .fold(AuthorizationDetails::of_consent(request.clone()), AuthorizationDetails::and);
        prop_assert_eq!(details.consent_request(), Some(&request));
        let json = details.to_json();
        prop_assert_eq!(&AuthorizationDetails::parse(&json).unwrap(), &details);
        prop_assert_eq!(serde_json::from_str::<AuthorizationDetails>(&json).unwrap(), details);
    }

    #[test]
    fn no_bytes_panic(bytes in damaged(&[MIXED])) {
        let _ = AuthorizationDetails::parse(&bytes);
    }

    #[test]
    fn no_noise_panics(bytes: Vec<u8>) {
        let _ = AuthorizationDetails::parse(&bytes);
    }
}

#[test]
fn details_of_each_type_are_written_back_unchanged() {
    let details = AuthorizationDetails::parse(MIXED).unwrap();
    assert_eq!(details.to_json(), MIXED);
    let types: Vec<_> = details.iter().map(AuthorizationDetail::detail_type).collect();
    assert_eq!(types, [FDX_V1_0, "payment_initiation"]);
    let request = details.consent_request().unwrap();
    assert_eq!(request.resources()[1].data_clusters(), [DataCluster::CustomerContact]);
    let Some(AuthorizationDetail::Other(payment)) = details.iter().nth(1) else {
        panic!("the second element is of another type");
    };
    assert_eq!(payment.locations(), ["https://bank.example/payments"]);
    assert_eq!(payment.actions(), ["initiate", "status"]);
    assert_eq!(payment.datatypes(), ["contacts"]);
    assert_eq!(payment.identifier(), Some("acc-1"));
    assert_eq!(payment.privileges(), ["admin"]);
    assert_eq!(
        payment.member("amount").map(RawJson::as_str),
        Some(r#"{"currency":"EUR","value":1.50}"#)
    );
    assert!(payment.members().map(|(name, _)| name).eq(["amount", "note"]));
}

#[test]
fn type_may_be_the_last_member() {
    let details = AuthorizationDetails::parse(r#"[{"actions":["read"],"type":"other"}]"#).unwrap();
    assert_eq!(details.to_json(), r#"[{"type":"other","actions":["read"]}]"#);
}

#[test]
fn each_violation_has_its_own_error() {
    use AuthorizationDetailsError as E;
    let request = MIXED[1..].split_once(",{\"type\":\"payment").unwrap().0;
    for (json, error) in [
        ("[{}]", E::NoType),
        (r#"[{"type":null}]"#, E::NoType),
        (r#"[{"type":""}]"#, E::NoType),
        (r#"[{"type":"fdx_v1.0"}]"#, E::NoConsentRequest),
        (r#"[{"type":"fdx_v1.0","consentRequest":null}]"#, E::NoConsentRequest),
        (
            r#"[{"type":"fdx_v1.0","consentRequest":{}}]"#,
            E::ConsentRequest(ConsentRequestError::DurationType),
        ),
        (&alloc::format!("[{request},{request}]"), E::TwoConsentRequests),
    ] {
        assert_eq!(AuthorizationDetails::parse(json), Err(error), "{json}");
    }
}

#[test]
fn rejects_anything_but_an_array_of_objects() {
    for json in [r#"{"type":"a"}"#, "null", r#""[]""#, "7"] {
        assert_eq!(AuthorizationDetails::parse(json), Err(AuthorizationDetailsError::NotArray));
    }
    let long = alloc::format!("{:?}", "a".repeat(257));
    let fdx = |member: &str, value: &str| {
        alloc::format!(r#"{{"type":"fdx_v1.0","consentRequest":{{"{member}":{value}}}}}"#)
    };
    let resource = |member: &str, value: &str| {
        fdx("resources", &alloc::format!(r#"[{{"{member}":{value}}}]"#))
    };
    for (element, name) in [
        (r#""a""#.into(), "authorization_details[]"),
        ("null".into(), "authorization_details[]"),
        ("[1]".into(), "authorization_details[]"),
        (r#"["a"]"#.into(), "authorization_details[]"),
        (r#"{"type":1}"#.into(), "type"),
        (r#"{"type":"a","locations":{}}"#.into(), "locations"),
        (r#"{"type":"a","actions":"read"}"#.into(), "actions"),
        (r#"{"type":"a","actions":[1]}"#.into(), "actions"),
        (r#"{"type":"a","datatypes":[null]}"#.into(), "datatypes"),
        (r#"{"type":"a","identifier":7}"#.into(), "identifier"),
        (r#"{"type":"a","privileges":true}"#.into(), "privileges"),
        (r#"{"type":"fdx_v1.0","consentRequest":[]}"#.into(), "consentRequest"),
        (r#"{"type":"fdx_v1.0","consentRequest":[[]]}"#.into(), "consentRequest"),
        (fdx("durationType", "[]"), "durationType"),
        (fdx("durationType", &long), "durationType"),
        (fdx("durationPeriod", "\"many\""), "durationPeriod"),
        (fdx("lookbackPeriod", "4294967296"), "lookbackPeriod"),
        (fdx("resources", "{}"), "resources"),
        (fdx("resources", r#"[["ACCOUNT"]]"#), "resources"),
        (resource("resourceType", "7"), "resources[].resourceType"),
        (resource("dataClusters", "\"TAX\""), "resources[].dataClusters"),
        (resource("dataClusters", &alloc::format!("[{long}]")), "resources[].dataClusters"),
    ] {
        let element: alloc::string::String = element;
        for place in [1, 2] {
            let before = r#"{"type":"b"},"#.repeat(place - 1);
            let json = alloc::format!("[{before}{element}]");
            match AuthorizationDetails::parse(&json) {
                Err(AuthorizationDetailsError::Element { number, member }) => {
                    assert_eq!((number, member.member()), (place, name), "{json}");
                }
                other => panic!("{json}: {other:?}"),
            }
        }
    }
    for (json, kind) in [
        (r#"[{"type":"a","b":1,"\u0062":2}]"#, Kind::DuplicateKey),
        (r#"[{"type":"a","b":{"$serde_json::private::RawValue":"["}}]"#, Kind::ReservedName),
        (r#"[{"type":"a"}"#, Kind::Syntax),
    ] {
        match AuthorizationDetails::parse(json) {
            Err(AuthorizationDetailsError::Json(error)) => assert_eq!(error.kind(), kind, "{json}"),
            other => panic!("{json}: {other:?}"),
        }
    }
}

#[test]
fn requires_object_with_type() {
    let refusal = serde_json::from_str::<OtherDetail>("7").unwrap_err().to_string();
    assert!(refusal.contains("expected an object with a type"), "{refusal}");
}

#[test]
fn rejects_common_members_and_fdx_type() {
    let null = RawJson::of(&()).unwrap();
    for name in ["type", "locations", "actions", "datatypes", "identifier", "privileges"] {
        assert_eq!(
            OtherDetail::new("a").unwrap().with_member(name, null.clone()),
            Err(AuthorizationDetailsError::Member)
        );
    }
    let once = OtherDetail::new("a").unwrap().with_member("b", null.clone()).unwrap();
    assert_eq!(once.with_member("b", null), Err(AuthorizationDetailsError::Member));
    assert_eq!(OtherDetail::new(FDX_V1_0), Err(AuthorizationDetailsError::TypeIsFdx));
    assert_eq!(OtherDetail::new(""), Err(AuthorizationDetailsError::NoType));
    assert!(serde_json::from_str::<OtherDetail>(r#"{"type":"a","b":1,"b":2}"#).is_err());
}

#[test]
fn keeps_the_other_members_of_an_fdx_detail_and_empty_values() {
    for json in [
        r#"[{"type":"fdx_v1.0","consentRequest":{"durationType":"ONE_TIME","resources":[{"resourceType":"ACCOUNT","dataClusters":["TAX"]}]},"locations":["https://bank.example"],"identifier":"c-1"}]"#,
        r#"[{"type":"x","locations":[],"actions":[],"datatypes":[],"privileges":[]}]"#,
        r#"[{"type":"x","locations":null,"actions":null,"datatypes":null,"identifier":null,"privileges":null}]"#,
        r#"[{"type":"x","identifier":""}]"#,
    ] {
        let read = AuthorizationDetails::parse(json).unwrap();
        assert_eq!(read.to_json(), json);
        let granted = GrantedDetails::parse(json).unwrap();
        assert!(granted.not_understood().is_empty() && granted.others().eq(read.others()));
    }
    let null: OtherDetail = serde_json::from_str(r#"{"type":"x","actions":null}"#).unwrap();
    assert!(null.actions().is_empty());
    assert_eq!(null.with_action("a"), OtherDetail::new("x").unwrap().with_action("a"));
    let detail = AuthorizationDetails::parse(MIXED).unwrap().consent_request().unwrap().clone();
    for name in ["type", "consentRequest"] {
        let refused = FdxDetail::new(detail.clone()).with_member(name, RawJson::of("x").unwrap());
        assert_eq!(refused, Err(AuthorizationDetailsError::Member));
    }
}

/// Each element is what a request may not have, or what can't be understood.
#[test]
fn one_granted_element_costs_at_most_itself() {
    let fdx = |request: &str| alloc::format!(r#"{{"type":"fdx_v1.0","consentRequest":{request}}}"#);
    let understood = [
        fdx(
            r#"{"resources":[{"resourceType":"ACCOUNT","resourceId":"a","dataClusters":["TAX"]}]}"#,
        ),
        fdx(r#"{"durationType":"TIME_BOUND","durationPeriod":731}"#),
        fdx(r#"{"durationPeriod":"many","resources":[7]}"#),
        fdx("{}"),
        r#"{"type":"payment","actions":[]}"#.into(),
    ];
    let unread = [
        "7",
        "{}",
        r#"{"type":""}"#,
        r#"{"type":7}"#,
        r#"{"type":"fdx_v1.0"}"#,
        r#"{"type":"fdx_v1.0","consentRequest":{"id":[]}}"#,
        r#"{"type":"fdx_v1.0","consentRequest":{"status":7}}"#,
        r#"{"type":"fdx_v1.0","consentRequest":[]}"#,
    ];
    for (place, bad) in unread.iter().enumerate() {
        let elements = [&understood[..place % 5], &[(*bad).into()], &understood[place % 5..]];
        let json = alloc::format!("[{}]", elements.concat().join(","));
        let granted = GrantedDetails::parse(&json).unwrap();
        assert_eq!((granted.iter().len(), granted.unread()), (5, 1), "{bad}");
        assert_eq!((granted.consents().count(), granted.others().count()), (4, 1));
        let fault =
            ["id", "status"].into_iter().find(|name| bad.contains(&alloc::format!("{name:?}:")));
        assert_eq!(granted.fault().map(|fault| fault.member()), fault, "{bad}");
        assert_eq!(granted.as_json().as_str(), json);
        let noted: Vec<_> = granted.not_understood().iter().map(|it| it.member()).collect();
        for member in ["authorization_details[]", "durationPeriod", "resources[]"] {
            assert_eq!(noted.iter().filter(|it| **it == member).count(), 1, "{member}");
        }
    }
    for json in ["{}", "7", "null", "["] {
        assert!(GrantedDetails::parse(json).is_err(), "{json}");
    }
}

/// The type alone says that an element grants no FDX consent.
#[test]
fn a_common_member_that_is_not_understood_costs_that_member() {
    for (member, value) in [
        ("locations", "7"),
        ("actions", r#""initiate""#),
        ("datatypes", "[7]"),
        ("identifier", "{}"),
        ("privileges", "{}"),
    ] {
        let json = alloc::format!(r#"[{{"type":"payment","{member}":{value},"amount":1.50}}]"#);
        let granted = GrantedDetails::parse(&json).unwrap();
        let [payment] = granted.others().collect::<Vec<_>>()[..] else { panic!("{json}") };
        assert_eq!(payment.detail_type(), "payment");
        assert_eq!(payment.member("amount").map(RawJson::as_str), Some("1.50"));
        assert!(payment.actions().is_empty() && payment.identifier().is_none(), "{json}");
        assert_eq!(granted.unread(), 0, "{json}");
        let [noted] = granted.not_understood() else { panic!("{json}") };
        assert_eq!(noted.member(), alloc::format!("authorization_details[].{member}"));
    }
    let granted = GrantedDetails::parse(MIXED).unwrap();
    let requested = AuthorizationDetails::parse(MIXED).unwrap();
    assert!(granted.others().eq(requested.others()), "both readers read the same detail");
}

/// RFC 9396 section 7: a server may leave out and add members, and may not change what it repeats.
#[test]
fn other_terms_than_requested_are_found() {
    let requested = |details: &str, forms: &[&[&str]], granted: &str| {
        let requested = AuthorizationDetails::parse(details).unwrap();
        let requested = crate::Requested::Details(requested, crate::Scopes::new());
        requested.differs_from(&GrantedDetails::parse(granted).unwrap(), forms)
    };
    let whole =
        |consent: &str| alloc::format!(r#"[{{"type":"fdx_v1.0","consentRequest":{consent}}}]"#);
    let request = whole(
        r#"{"durationType":"TIME_BOUND","durationPeriod":365,"lookbackPeriod":60,"purpose":"rent",
        "resources":[{"resourceType":"PAYMENT","dataClusters":["TRANSFERS"],"paymentInfo":{"amount":10.99}}]}"#,
    );
    assert!(!requested(&request, &[], &request));
    for (consent, differs) in [
        ("{}", false),
        (r#"{"durationPeriod":30,"lookbackPeriod":"60","resources":[]}"#, false),
        (r#"{"durationPeriod":700}"#, true),
        (r#"{"lookbackPeriod":7}"#, true),
        (r#"{"durationType":"time_bound"}"#, false),
        (r#"{"durationType":"PERSISTENT"}"#, true),
        (r#"{"durationType":"SEASONAL"}"#, true),
        (r#"{"purpose":"food"}"#, true),
        (r#"{"purpose":null,"more":1}"#, false),
        (r#"{"purpose":""}"#, false),
        (
            r#"{"resources":[{"resourceType":"payment","paymentInfo":{"amount":10.990,"id":7}}]}"#,
            false,
        ),
        (r#"{"resources":[{"resourceType":"PAYMENT","paymentInfo":{"amount":1099}}]}"#, true),
        (r#"{"resources":[{"resourceType":"TAX","paymentInfo":{"amount":1099}}]}"#, false),
    ] {
        assert_eq!(requested(&request, &[], &whole(consent)), differs, "{consent}");
    }
    let other = |consent: &str| alloc::format!(r#"[{{"type":"x:v2","consent":{consent}}}]"#);
    let request = other(r#"{"Id":"c-1","Permissions":["a","b"],"End":"2026-04-05T10:00:00Z"}"#);
    let forms: &[&[&str]] = &[&["consent", "Data"], &["consent"]];
    for (granted, differs) in [
        (request.clone(), false),
        (
            other(
                r#"{"Data":{"Id":"c-1","Status":"Authorized","Permissions":["b","a"]},"Links":{}}"#,
            ),
            false,
        ),
        (other(r#"{"Data":{"End":"2026-04-05T14:00:00+04:00"}}"#), false),
        (other(r#"{"Data":{"End":"2026-05-05T10:00:00Z"}}"#), true),
        (other(r#"{"Data":{"Permissions":[]}}"#), true),
        (other(r#"{"Permissions":["a","b","c"]}"#), true),
        (request.replace("x:v2", "x:v3"), true),
        ("[7,{}]".into(), false),
        ("[]".into(), false),
    ] {
        assert_eq!(requested(&request, forms, &granted), differs, "{granted}");
    }
}
