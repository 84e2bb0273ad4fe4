use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::arbitrary::{consent_grant, consent_request, damaged, time};
use crate::{
    ConsentDuration, ConsentGrant, ConsentStatus, Coverage, DataCluster, OtherDetail, ResourceType,
};

const ISSUED: u64 = 1_767_607_200;
const DAY: u64 = 86_400;

fn evidence() -> Evidence {
    Evidence {
        pushed_request_sha256: [7; 32],
        key_thumbprints: ["thumb".into()].into(),
        interaction_ids: ["5b3a9c3e-0f4e-4bd0-9d0e-2f1f0a4b7c11".into()].into(),
    }
}

fn request(duration: ConsentDuration) -> ConsentRequest {
    ConsentRequest::new(duration)
        .lookback_period(60)
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .build()
        .unwrap()
}

fn begin(requested: impl Into<Requested>) -> ConsentReceiptBuilder {
    let issuer = Issuer::parse("https://bank.example").unwrap();
    ConsentReceipt::builder(issuer, "app-1", requested, UnixTime::from_seconds(ISSUED), evidence())
}

fn grant() -> ConsentGrant {
    let account = GrantedResource::new(ResourceType::Account, "a-1", [DataCluster::AccountBasic]);
    ConsentGrant::new(ConsentId::parse("c-1").unwrap(), ConsentStatus::Active)
        .with_resources([account].into())
}

fn full() -> ConsentReceipt {
    begin(request(ConsentDuration::time_bound(90).unwrap()))
        .granted_scopes(Scopes::parse("fdx:accountbasic:read").unwrap())
        .grant(&grant())
        .revocation_endpoint(
            HttpsUrl::parse("https://api.bank.example/consents/c-1/revocation").unwrap(),
        )
        .build()
}

const FULL: &str = r#"{"clientId":"app-1","consentId":"c-1","evidence":{"interactionIds":["5b3a9c3e-0f4e-4bd0-9d0e-2f1f0a4b7c11"],"keyThumbprints":["thumb"],"pushedRequestSha256":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"},"expirationBasis":"durationPeriod","expirationDate":"2026-04-05T10:00:00Z","expirationSources":["REQUEST"],"granted":[{"dataClusters":["ACCOUNT_BASIC"],"resourceId":"a-1","resourceType":"ACCOUNT"}],"grantedScopes":["fdx:accountbasic:read"],"grantedSources":["CONSENT_API"],"issuedAt":"2026-01-05T10:00:00Z","issuer":"https://bank.example","requested":{"durationPeriod":90,"durationType":"TIME_BOUND","lookbackPeriod":60,"resources":[{"dataClusters":["ACCOUNT_BASIC","TRANSACTIONS"],"resourceType":"ACCOUNT"}]},"revocationEndpoint":"https://api.bank.example/consents/c-1/revocation","version":2,"withheld":[{"dataCluster":"TRANSACTIONS","resourceType":"ACCOUNT"},{"dataCluster":"TRANSACTIONS","resourceId":"a-1","resourceType":"ACCOUNT"}]}"#;

#[test]
fn reads_receipts_of_at_most_64_mib() {
    let mut text = String::from(FULL) + &" ".repeat(67_108_864 - FULL.len());
    assert_eq!(ConsentReceipt::from_json(&text), Ok(full()));
    text.push(' ');
    let refused = ConsentReceipt::from_json(&text).unwrap_err();
    assert!(matches!(refused, ReceiptError::Json(error) if error.kind() == json::Kind::TooLarge));
}

/// A receipt in the form of version 1, which names no sources.
fn version_1(receipt: &str) -> String {
    [
        (r#""version":2"#, r#""version":1"#),
        (r#""expirationSources":["REQUEST"],"#, ""),
        (r#""grantedSources":["CONSENT_API"],"#, ""),
    ]
    .into_iter()
    .fold(receipt.to_owned(), |receipt, (from, to)| receipt.replace(from, to))
}

#[test]
fn canonical_form_and_digest_are_stable() {
    assert_eq!(full().canonical_json(), FULL);
    // Computed by another program from the same texts.
    assert_eq!(
        fdx_wire::base64url::encode(&full().digest()),
        "qSc2LaRoIJ5xzaPGUy7DyJdwp0RBqV-y4qh-ARHkK2s"
    );
    let version_1 = version_1(FULL);
    let read = ConsentReceipt::from_json(&version_1).unwrap();
    assert_eq!(read.canonical_json(), version_1);
    assert_eq!(
        fdx_wire::base64url::encode(&read.digest()),
        "9VEvHuRm0C2VFht7lM_tRi6OOphPJBCj_H238fNES1g"
    );
}

#[test]
fn returns_every_member() {
    let receipt = ConsentReceipt::from_json(FULL).unwrap();
    assert_eq!(receipt.issuer().as_str(), "https://bank.example");
    assert_eq!(receipt.client_id(), "app-1");
    assert_eq!(receipt.consent_id(), grant().id());
    assert_eq!(receipt.issued_at(), UnixTime::from_seconds(ISSUED));
    let request = request(ConsentDuration::time_bound(90).unwrap());
    assert_eq!(receipt.requested(), Some(&request));
    assert_eq!(receipt.granted(), grant().resources());
    assert_eq!(receipt.withheld(), Some(Coverage::compare(&request, &grant()).withheld()));
    assert_eq!(receipt.granted_sources(), [GrantSource::ConsentApi]);
    assert_eq!(receipt.expiration_sources(), [GrantSource::Request]);
    assert_eq!(receipt.granted_scopes().to_string(), "fdx:accountbasic:read");
    let expires = UnixTime::from_seconds(ISSUED + 90 * DAY);
    assert_eq!(receipt.expiration(), Expiration::Derived(expires));
    assert_eq!(
        receipt.revocation_endpoint().map(HttpsUrl::as_str),
        Some("https://api.bank.example/consents/c-1/revocation")
    );
    assert_eq!(receipt.evidence(), &evidence());
}

#[test]
fn keeps_each_warning_once() {
    use ReceiptWarning::{NoConsentId, NotFapi};
    let warned = [NotFapi, NoConsentId, NotFapi]
        .into_iter()
        .fold(begin(request(ConsentDuration::OneTime)), ConsentReceiptBuilder::warning);
    assert_eq!(warned.build().warnings(), [NotFapi, NoConsentId]);
}

prop_compose! {
    fn receipt()(
        requested in requested(),
        grant in prop::option::of(consent_grant()),
        issued_at in time(),
        client_id: String,
        thumbprints in prop::collection::vec(any::<String>(), 0..3),
        scopes in "([!#-Z]{1,3} ){0,3}",
        details in prop::option::of(details()),
        warnings in prop::collection::vec("NOT_FAPI|NO_CONSENT_ID|[A-Z]{0,5}", 0..3),
    ) -> ConsentReceipt {
        let issuer = Issuer::parse("https://bank.example/fdx").unwrap();
        let evidence = Evidence { key_thumbprints: thumbprints, ..evidence() };
        let mut receipt = ConsentReceipt::builder(issuer, &client_id, requested, issued_at, evidence)
            .granted_scopes(Scopes::parse(&scopes).unwrap());
        if let Some(grant) = grant {
            receipt = receipt.grant(&grant);
        }
        if let Some(details) = details {
            receipt = receipt.granted_authorization_details(granted_details(&details));
        }
        for warning in warnings {
            receipt = receipt.warning(ReceiptWarning::parse(&warning));
        }
        receipt.build()
    }
}

fn details() -> impl Strategy<Value = AuthorizationDetails> {
    let members = prop::collection::btree_map("[a-z]{1,4}", "\\PC{0,6}", 0..3);
    ("[a-z:.0-9]{1,12}", members).prop_map(|(detail_type, members)| {
        let mut detail = serde_json::json!({ "consent": members });
        detail["type"] = detail_type.into();
        let json = serde_json::to_vec(&serde_json::json!([detail])).unwrap();
        AuthorizationDetails::parse(json).unwrap()
    })
}

fn granted_details(details: &AuthorizationDetails) -> GrantedDetails {
    GrantedDetails::parse(details.to_json()).unwrap()
}

fn requested() -> impl Strategy<Value = Requested> {
    let scopes = "([!#-Z]{1,3} ){0,3}".prop_map(|scopes| Scopes::parse(&scopes).unwrap());
    prop_oneof![
        consent_request().prop_map(Requested::Consent),
        (details(), scopes.clone())
            .prop_map(|(details, scopes)| Requested::Details(details, scopes)),
        scopes.prop_map(Requested::Scopes),
    ]
}

proptest! {
    #[test]
    fn written_receipts_read_back_with_their_digest(receipt in receipt()) {
        let canonical = ConsentReceipt::from_json(receipt.canonical_json()).unwrap();
        prop_assert_eq!(canonical.digest(), receipt.digest());
        prop_assert_eq!(&canonical, &receipt);
        // Order of members and white space do not change the receipt.
        let pretty = ConsentReceipt::from_json(serde_json::to_string_pretty(&receipt).unwrap());
        prop_assert_eq!(pretty.map(|it| it.digest()), Ok(receipt.digest()));
    }

    #[test]
    fn a_consent_reported_again_reads_back_and_changes_once(
        receipt in receipt(),
        grant in consent_grant(),
        issued_at in time(),
    ) {
        let again = receipt.reported_again(&grant, issued_at);
        let read = ConsentReceipt::from_json(again.canonical_json());
        prop_assert_eq!(read.as_ref(), Ok(&again));
        prop_assert_eq!(again.issued_at(), issued_at);
        prop_assert_eq!(&again.reported_again(&grant, issued_at), &again);
        // Request, tokens and evidence stay.
        prop_assert_eq!(again.requested(), receipt.requested());
        prop_assert_eq!(again.granted_scopes(), receipt.granted_scopes());
        prop_assert_eq!(again.evidence(), receipt.evidence());
        // A report that says nothing changes nothing else.
        let silent = receipt.reported_again(&ConsentGrant::default(), receipt.issued_at());
        prop_assert_eq!(silent.granted(), receipt.granted());
        prop_assert_eq!(silent.expiration(), receipt.expiration());
    }

    #[test]
    fn returns_request_and_grant_unchanged(expected in requested(), granted in details()) {
        let granted = granted_details(&granted);
        let receipt = begin(expected.clone()).granted_authorization_details(granted.clone()).build();
        prop_assert_eq!(receipt.granted_authorization_details(), Some(&granted));
        let consent = receipt.requested().cloned();
        let details = receipt.requested_authorization_details().cloned();
        let actual = match (consent, details, receipt.requested_scopes().cloned()) {
            (Some(consent), None, None) => Requested::Consent(consent),
            (None, Some(details), Some(scopes)) => Requested::Details(details, scopes),
            (None, None, Some(scopes)) => Requested::Scopes(scopes),
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        prop_assert_eq!(actual, expected);
    }

    #[test]
    fn receipts_that_differ_have_different_digests(one in receipt(), other in receipt()) {
        prop_assert_eq!(one == other, one.digest() == other.digest());
    }

    #[test]
    fn no_bytes_panic_and_none_is_read_as_another_receipt(bytes in damaged(&[FULL])) {
        if let Ok(read) = ConsentReceipt::from_json(&bytes) {
            let value: JsonValue = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(Some(read.canonical_json()), value.to_canonical());
        }
    }
}

/// None of these has a canonical form that all readers agree on.
#[test]
fn keeps_details_without_canonical_form_unchanged() {
    let mut digests = Vec::new();
    for value in [
        "1e999",
        "1.0",
        "1",
        "12345678901234567890123",
        r#""\ud800""#,
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    ] {
        let json = format!(r#"[{{"type":"payment","amount":{value}}}]"#);
        let details = AuthorizationDetails::parse(&json).unwrap();
        let request = Requested::Details(details.clone(), Scopes::new());
        let granted = granted_details(&details);
        let receipt = begin(request).granted_authorization_details(granted).build();
        let read = ConsentReceipt::from_json(receipt.canonical_json()).unwrap();
        assert_eq!(read, receipt, "{value}");
        let requested = read.requested_authorization_details();
        assert_eq!(requested.map(AuthorizationDetails::to_json).as_ref(), Some(&json));
        let granted = read.granted_authorization_details().map(|it| it.as_json().as_str());
        assert_eq!(granted, Some(json.as_str()));
        assert!(!digests.contains(&receipt.digest()), "{value}");
        digests.push(receipt.digest());
    }
}

/// Requested details may be larger than those of a response.
#[test]
fn details_of_any_size_are_read_back() {
    let detail = (0..10_001).fold(OtherDetail::new("payment").unwrap(), |detail, place| {
        detail.with_location(&format!("https://bank.example/{place}"))
    });
    let request = Requested::Details(AuthorizationDetails::of_other(detail), Scopes::new());
    let receipt = begin(request).build();
    assert!(ConsentReceipt::from_json(receipt.canonical_json()).unwrap() == receipt);
}

/// The largest number of resources, each without any requested cluster.
#[test]
fn receipt_of_the_largest_grant_reads_back() {
    let clusters = (0..7).map(|it| DataCluster::parse(&format!("CLUSTER_{it}")));
    let request = ConsentRequest::new(ConsentDuration::OneTime)
        .resource(ResourceType::Account, clusters)
        .build()
        .unwrap();
    let resources = (0..10_000)
        .map(|it| GrantedResource::new(ResourceType::Account, &format!("{it:0256}"), []))
        .collect();
    let receipt = begin(request).grant(&grant().with_resources(resources)).build();
    assert_eq!(receipt.withheld().map(<[_]>::len), Some(70_007));
    let read = ConsentReceipt::from_json(receipt.canonical_json()).unwrap();
    assert!(read == receipt);
}

#[test]
fn rejects_added_members() {
    for (at, added) in [
        (r#"{"clientId""#, r#"{"a":1,"clientId""#),
        (r#"{"durationPeriod""#, r#"{"a":1,"durationPeriod""#),
        (r#"{"dataClusters":["ACCOUNT_BASIC"]"#, r#"{"a":1,"dataClusters":["ACCOUNT_BASIC"]"#),
        (r#"{"interactionIds""#, r#"{"a":1,"interactionIds""#),
        (r#""lookbackPeriod":60"#, r#""lookbackPeriod":"60""#),
        (r#""lookbackPeriod":60"#, r#""lookbackPeriod":60.0"#),
        (r#""TIME_BOUND""#, r#""TIME_BASED""#),
        (r#""2026-01-05T10:00:00Z""#, r#""2026-01-05T10:00:00.5Z""#),
    ] {
        let json = FULL.replacen(at, added, 1);
        assert_ne!(json, FULL, "{at}");
        assert_eq!(ConsentReceipt::from_json(json), Err(ReceiptError::UnknownMember), "{added}");
    }
}

#[test]
fn rejects_other_versions_and_contradictions() {
    let read = |from: &str, to: &str| ConsentReceipt::from_json(FULL.replacen(from, to, 1));
    for other in [r#""version":0"#, r#""version":3"#] {
        assert_eq!(read(r#""version":2"#, other), Err(ReceiptError::Version));
    }
    let not_reported = read(r#""durationPeriod","#, r#""notReported","#);
    assert_eq!(not_reported, Err(ReceiptError::Contradiction));
    let undated = read(r#""expirationDate":"2026-04-05T10:00:00Z","#, "");
    assert_eq!(undated, Err(ReceiptError::Contradiction));
    let start = FULL.find(r#","withheld""#).unwrap();
    let unweighed = format!("{}}}", &FULL[..start]);
    assert!(ConsentReceipt::from_json(&unweighed).is_ok());
    assert_eq!(ConsentReceipt::from_json(version_1(&unweighed)), Err(ReceiptError::Contradiction));
    let start = FULL.find(r#""granted":"#).unwrap();
    let end = FULL.find(r#""grantedScopes""#).unwrap();
    let ungranted = format!("{}{}", &FULL[..start], &FULL[end..]);
    assert_eq!(ConsentReceipt::from_json(ungranted), Err(ReceiptError::Contradiction));
    let no_end = r#""notReported","#.replace("notReported", "noEnd");
    let undated = FULL
        .replace(r#""durationPeriod","#, &no_end)
        .replace(r#""expirationDate":"2026-04-05T10:00:00Z","#, "");
    assert!(ConsentReceipt::from_json(&undated).is_ok());
    assert_eq!(ConsentReceipt::from_json(version_1(&undated)), Err(ReceiptError::Contradiction));
    assert!(matches!(ConsentReceipt::from_json("{}"), Err(ReceiptError::Json(_))));
    let sources = FULL.replace(r#""version":2"#, r#""version":1"#);
    assert_eq!(ConsentReceipt::from_json(sources), Err(ReceiptError::Contradiction));
    let both =
        read(r#""revocationEndpoint""#, r#""requestedScopes":["openid"],"revocationEndpoint""#);
    assert_eq!(both, Err(ReceiptError::Contradiction));
}

#[test]
fn consent_id_is_optional_and_the_first_one_is_kept() {
    let silent = begin(request(ConsentDuration::OneTime)).build();
    assert_eq!(silent.consent_id(), None);
    assert!(!silent.canonical_json().contains("consentId"));
    let given = ConsentId::parse("from-token").unwrap();
    let both = begin(request(ConsentDuration::OneTime)).consent_id(given.clone()).grant(&grant());
    assert_eq!(both.build().consent_id(), Some(&given));
}

#[test]
fn omits_resources_that_are_not_reported() {
    let silent = ConsentGrant::new(ConsentId::parse("c-1").unwrap(), ConsentStatus::Active);
    let receipt = begin(request(ConsentDuration::OneTime)).grant(&silent).build();
    assert_eq!((receipt.granted(), receipt.withheld()), (None, None));
    let reported = begin(request(ConsentDuration::OneTime)).grant(&grant()).build();
    assert_eq!(reported.granted().map(<[_]>::len), Some(1));
    assert_eq!(reported.withheld().map(<[_]>::len), Some(2));
}

#[test]
fn expiration_is_stated_derived_or_not_reported() {
    let days = |days| ConsentDuration::time_bound(days).unwrap();
    let at = UnixTime::from_seconds;
    let cases: Vec<(ConsentDuration, Option<ConsentGrant>, Expiration)> = [
        (ConsentDuration::Persistent, None, Expiration::NotReported),
        (days(10), None, Expiration::Derived(at(ISSUED + 10 * DAY))),
        (days(10), Some(grant()), Expiration::Derived(at(ISSUED + 10 * DAY))),
        // The customer may grant fewer days or another type of duration.
        (
            days(10),
            Some(grant().with_duration(days(5)).with_created_time(at(ISSUED - 60))),
            Expiration::Derived(at(ISSUED - 60 + 5 * DAY)),
        ),
        (days(10), Some(grant().with_duration(ConsentDuration::OneTime)), Expiration::NotReported),
        (
            days(10),
            Some(grant().with_duration(days(5)).with_expiration_time(at(ISSUED + 3))),
            Expiration::Stated(at(ISSUED + 3)),
        ),
        // A stated expiration is never replaced by a computed one.
        (
            days(10),
            Some(grant().with_expiration_time(crate::Timestamp::parse("soon"))),
            Expiration::NotUnderstood,
        ),
        (
            days(10),
            Some(grant().with_expiration_time(crate::Timestamp::parse("9999-12-31T23:59:59Z"))),
            Expiration::NoEnd,
        ),
        (
            days(10),
            Some(received(r#"{"expirationTime":1798884000541}"#)),
            Expiration::NotUnderstood,
        ),
        (days(10), Some(received(r#"{"durationPeriod":-1}"#)), Expiration::NotUnderstood),
        (days(10), Some(received(r#"{"durationType":7}"#)), Expiration::NotUnderstood),
        (days(10), Some(received(r#"{"createdTime":1.5}"#)), Expiration::NotUnderstood),
        (
            days(10),
            Some(received(r#"{"durationType":"PERSISTENT","durationPeriod":-1}"#)),
            Expiration::NotReported,
        ),
    ]
    .into();
    for (duration, grant, expected) in cases {
        let mut receipt = begin(request(duration));
        if let Some(grant) = &grant {
            receipt = receipt.grant(grant);
        }
        let receipt = receipt.build();
        assert_eq!(receipt.expiration(), expected, "{duration:?} {grant:?}");
        let dated = receipt.canonical_json().contains("expirationDate");
        assert_eq!(dated, matches!(expected, Expiration::Stated(_) | Expiration::Derived(_)));
        let read = ConsentReceipt::from_json(receipt.canonical_json()).unwrap();
        assert_eq!(read.expiration(), expected);
    }
}

fn received(json: &str) -> ConsentGrant {
    ConsentGrant::read(json.as_bytes(), &json::Limits::default()).unwrap()
}

#[test]
fn nothing_is_withheld_without_a_comparison() {
    let receipt =
        begin(Requested::Scopes(Scopes::parse("openid").unwrap())).grant(&grant()).build();
    assert_eq!(receipt.granted().map(<[_]>::len), Some(1));
    assert_eq!(receipt.withheld(), None);
}

/// A consent that was requested among other details is compared, and its other members are kept.
#[test]
fn a_consent_is_compared_however_it_was_requested() {
    let consent = request(ConsentDuration::time_bound(90).unwrap());
    let payment = OtherDetail::new("payment").unwrap();
    let mixed = AuthorizationDetails::of_consent(consent.clone()).and(payment);
    let other = ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
        .lookback_period(60)
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .member("amount", json::RawJson::of(&1.5).unwrap())
        .unwrap()
        .build()
        .unwrap();
    for requested in [
        Requested::from(consent.clone()),
        Requested::Details(mixed, Scopes::new()),
        Requested::from(other.clone()),
    ] {
        let receipt = begin(requested.clone()).grant(&grant()).build();
        assert_eq!(receipt.withheld().map(<[_]>::len), Some(2));
        assert!(matches!(receipt.expiration(), Expiration::Derived(_)));
        assert_eq!(receipt.requested(), requested.consent());
        let read = ConsentReceipt::from_json(receipt.canonical_json()).unwrap();
        assert_eq!(read, receipt);
    }
}
