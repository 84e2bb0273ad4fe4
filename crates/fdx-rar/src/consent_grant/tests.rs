use alloc::string::String;
use core::time::Duration;

use fdx_wire::json::{self, Kind, Limits};
use fdx_wire::members::{Class, ReadError};
use proptest::prelude::*;

use super::*;
use crate::arbitrary::{consent_grant, damaged};
use crate::{DataCluster, PartyType, Registry, ResourceType};

const FULL: &str = r#"{"id":"c-7f3a","status":"ACTIVE","parties":[{"name":"Budget App","type":"DATA_RECIPIENT","homeUri":"https://budget.example","logoUri":"https://budget.example/logo.svg","registry":"PRIVATE","registeredEntityName":"Budget Example Inc","registeredEntityId":"be-1"}],"createdTime":"2026-01-05T10:00:00.250Z","expirationTime":"2027-01-05T10:00:00.250Z","updatedTime":"2026-01-06T10:00:00Z","durationType":"TIME_BOUND","durationPeriod":365,"lookbackPeriod":60,"resources":[{"resourceType":"ACCOUNT","resourceId":"acc-1","dataClusters":["ACCOUNT_DETAILED","TRANSACTIONS"]}],"links":[{"href":"/consents/c-7f3a","action":"GET","rel":"self","types":["application/json"]}]}"#;

fn read(json: &str) -> Result<ConsentGrant, Kind> {
    json::from_slice(json.as_bytes(), &Limits::default()).map_err(|error| error.kind())
}

proptest! {
    #[test]
    fn written_grants_read_back(grant in consent_grant()) {
        let json = serde_json::to_string(&grant).unwrap();
        let read = read(&json).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
        prop_assert_eq!(read.resources(), grant.resources());
        // Times in other formats only.
        prop_assert!(read.not_understood().iter().all(|value| value.member().ends_with("Time")));
    }

    #[test]
    fn no_bytes_panic(bytes in damaged(&[FULL])) {
        let _ = json::from_slice::<ConsentGrant>(&bytes, &Limits::default());
    }

    #[test]
    fn no_text_panics(text: String) {
        let _ = read(&text);
        let _ = ConsentId::parse(&text);
        let _ = Timestamp::parse(&text);
    }
}

#[test]
fn reads_at_most_ten_thousand_resources() {
    let grant = |resources: usize| {
        let one = GrantedResource::new(ResourceType::Account, "a", []);
        serde_json::to_string(&ConsentGrant::default().with_resources(alloc::vec![one; resources]))
    };
    let read = |json: String| {
        let limits = Limits { members: 100_000, ..Limits::bytes(1 << 20) };
        json::from_slice::<ConsentGrant>(json.as_bytes(), &limits).map_err(|error| error.kind())
    };
    let largest = read(grant(10_000).unwrap()).unwrap();
    assert_eq!(largest.resources().map(<[_]>::len), Some(10_000));
    let larger = read(grant(10_002).unwrap()).unwrap();
    assert_eq!(larger.resources().map(<[_]>::len), Some(10_000));
    assert_eq!(larger.unread_resources().count(), 2);
    assert_eq!(larger.not_understood().len(), 1);
}

#[test]
fn full_grant_is_written_back_unchanged() {
    let grant = read(FULL).unwrap();
    assert_eq!(serde_json::to_string(&grant).unwrap(), FULL);
    assert_eq!(grant.id().map(ConsentId::as_str), Some("c-7f3a"));
    assert_eq!(grant.status(), Some(&ConsentStatus::Active));
    let times = [grant.created_time(), grant.expiration_time(), grant.updated_time()];
    assert_eq!(
        times.map(|time| time.map(Timestamp::as_str)),
        ["2026-01-05T10:00:00.250Z", "2027-01-05T10:00:00.250Z", "2026-01-06T10:00:00Z"].map(Some)
    );
    assert_eq!(grant.duration(), ConsentDuration::time_bound(365).ok());
    assert_eq!(grant.lookback_period(), Some(60));
    assert_eq!(
        grant.resources(),
        Some(
            &[GrantedResource::new(
                ResourceType::Account,
                "acc-1",
                [DataCluster::AccountDetailed, DataCluster::Transactions]
            )][..]
        )
    );
    let [party] = grant.parties() else { panic!("it has one party") };
    assert_eq!(party.party_type(), Some(&PartyType::DataRecipient));
    assert_eq!(party.name(), Some("Budget App"));
    assert_eq!(party.home_uri(), Some("https://budget.example"));
    assert_eq!(party.logo_uri(), Some("https://budget.example/logo.svg"));
    assert_eq!(party.registry(), Some(&Registry::Private));
    assert_eq!(party.registered_entity_name(), Some("Budget Example Inc"));
    assert_eq!(party.registered_entity_id(), Some("be-1"));
    let [link] = grant.links() else { panic!("it has one link") };
    assert_eq!((link.href(), link.action()), ("/consents/c-7f3a", Some("GET")));
    assert_eq!((link.rel(), link.types()), (Some("self"), &["application/json".into()][..]));
    let created = grant.created_time().unwrap();
    assert_eq!(created.time().map(|time| time.as_seconds()), Some(1_767_607_200));
}

#[test]
fn reads_every_member_that_an_institution_sets() {
    let created = Timestamp::parse("2026-01-05T10:00:00.250Z");
    let party = Party::new("Budget App", PartyType::DataRecipient)
        .with_home_uri("https://budget.example")
        .with_logo_uri("https://budget.example/logo.svg")
        .with_registered_entity(Registry::Private, "Budget Example Inc", "be-1");
    let shared = GrantedResource::new(
        ResourceType::Account,
        "acc-1",
        [DataCluster::AccountDetailed, DataCluster::Transactions],
    );
    let stated = ConsentGrant::new(ConsentId::parse("c-7f3a").unwrap(), ConsentStatus::Expired)
        .with_party(party)
        .with_created_time(created.clone())
        .with_expiration_time(Timestamp::parse("2027-01-05T10:00:00.250Z"))
        .with_updated_time(created.time().unwrap() + Duration::from_secs(24 * 60 * 60))
        .with_duration(ConsentDuration::time_bound(365).unwrap())
        .with_lookback_period(60)
        .with_resources([shared].into())
        .with_link(Link::new("/consents/c-7f3a").with_rel("self").with_action("GET"))
        .with_status(ConsentStatus::Active);
    // Institutions have no setter for media types.
    let read = read(&FULL.replace(r#","types":["application/json"]"#, ""));
    assert_eq!(read, Ok(stated));
}

#[test]
fn every_member_may_be_absent_or_null() {
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(FULL).unwrap();
    assert_eq!(members.len(), 11);
    for name in members.keys() {
        let mut absent = members.clone();
        absent.remove(name);
        let mut null = members.clone();
        null.insert(name.clone(), serde_json::Value::Null);
        let [absent, null] = [absent, null].map(|it| serde_json::to_string(&it).unwrap());
        assert_eq!(read(&null), read(&absent), "{name}");
        assert!(read(&null).is_ok(), "{name}");
    }
    assert_eq!(read("{}"), Ok(ConsentGrant::default()));
}

/// Each member of the table with values of every kind: the grant is read, or the error names `id` or
/// `status`. Nothing that is not understood counts as absent without being listed.
#[test]
fn every_member_is_read_by_its_class() {
    const VALUES: &[&str] = &[
        "null",
        r#""""#,
        "true",
        r#""60""#,
        "60",
        "1.5",
        "-1",
        "6e1",
        "1e400",
        "[]",
        "[1]",
        "{}",
        r#"{"a":1}"#,
        r#""\ud800""#,
        "[null]",
        r#""P60D""#,
        "99999999999999999999",
        r#""2026-02-05T10:00:00""#,
        r#""9999-12-31T23:59:59Z""#,
    ];
    assert_eq!(GRANT_MEMBERS.len(), 26);
    let (mut tried, mut listed) = (0, 0);
    for row in GRANT_MEMBERS {
        for value in VALUES {
            let json = with_member(row.name, value);
            let read = ConsentGrant::read(json.as_bytes(), &Limits::default());
            tried += 1;
            match (row.class, read) {
                (Class::Protective, Err(ReadError::Member(fault))) => {
                    assert_eq!(fault.member(), row.name, "{json}");
                    assert!(fault.place().is_some(), "{json}");
                }
                (_, Err(error)) => panic!("{json}: {error}"),
                (_, Ok(grant)) => {
                    assert_eq!(grant.status(), status_of(row.name, value).as_ref(), "{json}");
                    let notes = grant.not_understood();
                    assert!(notes.len() <= 2, "{json}");
                    listed += notes.len();
                    for note in notes {
                        let of_row = note.member().starts_with(row.name);
                        // A resource with an unusable member is not understood as a whole.
                        assert!(of_row || row.name.starts_with(note.member()), "{json} {note:?}");
                    }
                }
            }
        }
    }
    assert_eq!(tried, 26 * VALUES.len());
    assert!(listed > 150, "{listed}");
}

/// The full grant with another value for the member.
fn with_member(path: &str, value: &str) -> String {
    let others = |name: &str, inside: &str| {
        let mut members: Vec<String> = [
            ("id", r#""c-1""#),
            ("status", r#""ACTIVE""#),
            ("createdTime", r#""2026-01-05T10:00:00Z""#),
        ]
        .iter()
        .filter(|(other, _)| *other != name)
        .map(|(name, value)| alloc::format!("\"{name}\":{value}"))
        .collect();
        members.push(alloc::format!("\"{name}\":{inside}"));
        alloc::format!("{{{}}}", members.join(","))
    };
    match path.split_once("[].") {
        Some((list, member)) => others(list, &alloc::format!("[{{\"{member}\":{value}}}]")),
        None => others(path, value),
    }
}

fn status_of(name: &str, value: &str) -> Option<ConsentStatus> {
    match (name, value) {
        ("status", "null") => None,
        ("status", text) => Some(ConsentStatus::parse(text.trim_matches('"'))),
        _ => Some(ConsentStatus::Active),
    }
}

#[test]
fn one_resource_that_is_not_understood_costs_that_resource() {
    let grant = read(
        r#"{"resources":[
            {"resourceType":"ACCOUNT","resourceId":"a","dataClusters":["TRANSACTIONS",null]},
            {"resourceId":"b","dataClusters":["ACCOUNT_BASIC"]},
            {"resourceType":"ACCOUNT","resourceId":"c","dataClusters":{}},
            7]}"#,
    )
    .unwrap();
    let shared = GrantedResource::new(ResourceType::Account, "a", [DataCluster::Transactions]);
    assert_eq!(grant.resources(), Some(&[shared][..]));
    assert_eq!(grant.unread_resources().count(), 3);
    assert!(grant.unread_resources().may_have(&DataCluster::Tax), "of the third, or the fourth");
    let members: Vec<_> = grant.not_understood().iter().map(NotUnderstood::member).collect();
    assert_eq!(members, ["resources[].dataClusters", "resources[]"]);

    let no_type =
        read(r#"{"resources":[{"resourceId":"b","dataClusters":["ACCOUNT_PAYMENTS"]}]}"#).unwrap();
    let unread = no_type.unread_resources();
    assert!(unread.may_have(&DataCluster::PaymentSupport), "the current name of the cluster");
    assert!(!unread.may_have(&DataCluster::Tax));
}

#[test]
fn reads_scopes_as_the_clusters_that_they_read() {
    let grant = read(
        r#"{"resources":[{"resourceType":"ACCOUNT","dataClusters":
            ["fdx:accountdetailed:read","TRANSACTIONS"]}]}"#,
    )
    .unwrap();
    let clusters = grant.resources().unwrap()[0].data_clusters();
    assert_eq!(clusters, [DataCluster::AccountDetailed, DataCluster::Transactions]);
    assert!(grant.names_clusters_by_scope());
    assert!(!read(FULL).unwrap().names_clusters_by_scope());
}

#[test]
fn an_empty_list_grants_nothing() {
    assert_eq!(read(r#"{"resources":[]}"#).unwrap().resources(), Some(&[][..]));
    assert_eq!(read(r#"{"resources":{}}"#).unwrap().resources(), None);
    assert!(read(r#"{"resources":{}}"#).unwrap().is_not_understood("resources"));
}

// The response of a mock institution without resources and duration, in mixed case.
#[test]
fn reads_sparse_grant_in_mixed_case() {
    let grant = read(
        r#"{"id":4711,"status":"Active","createdTime":"2026-01-05T10:00:00Z","lookbackPeriod":"60",
            "parties":[{"name":"Bank","type":"DATA_PROVIDER"},
                       {"type":"DATA_RECIEPIENT","legalEntityName":"Budget Example Inc"}]}"#,
    )
    .unwrap();
    assert_eq!(grant.id().map(ConsentId::as_str), Some("4711"));
    assert_eq!(grant.status(), Some(&ConsentStatus::Active));
    assert_eq!(grant.lookback_period(), Some(60));
    assert_eq!((grant.resources(), grant.duration()), (None, None));
    let recipient = &grant.parties()[1];
    assert_eq!(recipient.party_type(), Some(&PartyType::DataRecipient));
    assert_eq!(recipient.registered_entity_name(), Some("Budget Example Inc"));
}

#[test]
fn prefers_member_name_of_the_schema() {
    let json = r#"{"parties":[{"legalEntityName":"A","registeredEntityName":"B"}]}"#;
    assert_eq!(read(json).unwrap().parties()[0].registered_entity_name(), Some("B"));
}

#[test]
fn reports_the_parts_of_an_impossible_duration() {
    let grant = read(r#"{"durationType":"TIME_BASED","durationPeriod":"730"}"#).unwrap();
    assert_eq!(grant.duration(), None);
    assert_eq!(grant.duration_type(), Some(&DurationType::TimeBound));
    assert_eq!(grant.duration_period(), Some(730));
}

#[test]
fn resource_may_omit_identifier() {
    let json = r#"{"resources":[{"resourceType":"CUSTOMER","dataClusters":[]},{"resourceType":"ACCOUNT","resourceId":17,"dataClusters":[]}]}"#;
    assert_eq!(
        read(json).unwrap().resources().unwrap(),
        [
            GrantedResource::new(ResourceType::Customer, "", []),
            GrantedResource::new(ResourceType::Account, "17", []),
        ]
    );
}

/// An empty list shares nothing. Without a list, nothing is known about the clusters.
#[test]
fn resource_without_clusters_may_have_any() {
    for clusters in ["", r#","dataClusters":null"#, r#","dataClusters":{}"#] {
        let json = alloc::format!(
            r#"{{"resources":[{{"resourceType":"ACCOUNT","resourceId":"a"{clusters}}}]}}"#
        );
        let grant = read(&json).unwrap();
        assert_eq!(grant.resources(), Some(&[][..]), "{json}");
        assert_eq!(grant.unread_resources().count(), 1, "{json}");
        assert!(grant.unread_resources().may_have(&DataCluster::Tax), "{json}");
        assert!(grant.is_not_understood("resources[]"), "{json}");
    }
}

#[test]
fn keeps_names_of_a_later_version() {
    let json = r#"{"status":"SUSPENDED","durationType":"SEASONAL","resources":[{"resourceType":"VAULT","resourceId":"v","dataClusters":["CRYPTO"]}]}"#;
    let grant = read(json).unwrap();
    assert_eq!(serde_json::to_string(&grant).unwrap(), json);
}
