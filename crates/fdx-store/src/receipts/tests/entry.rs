use fdx_rar::{ConsentStatus, RevocationReason, Timestamp};
use proptest::prelude::*;

use super::support::*;
use crate::RecordId;
use crate::receipts::*;

/// A chain of three entries. The digests were computed by another program.
pub(super) const VECTOR: [(&str, &str); 3] = [
    (
        r#"{"at":"2026-01-05T10:00:00Z","cause":"flow-1","consent":"flow-1","disclosure":{"sha256":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","shownAt":"2026-01-05T10:00:00Z","version":"2026-01 en"},"event":{"granted":{"receipt":{"clientId":"app-1","consentId":"c-1","evidence":{"interactionIds":[],"keyThumbprints":[],"pushedRequestSha256":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"},"expirationBasis":"durationPeriod","expirationDate":"2026-04-05T10:00:00Z","expirationSources":["REQUEST"],"granted":[{"dataClusters":["ACCOUNT_BASIC"],"resourceId":"a","resourceType":"ACCOUNT"}],"grantedScopes":["openid"],"grantedSources":["CONSENT_API"],"issuedAt":"2026-01-05T10:00:00Z","issuer":"https://bank.example","requested":{"durationPeriod":90,"durationType":"TIME_BOUND","resources":[{"dataClusters":["ACCOUNT_BASIC","TRANSACTIONS"],"resourceType":"ACCOUNT"}]},"version":2,"withheld":[{"dataCluster":"TRANSACTIONS","resourceType":"ACCOUNT"},{"dataCluster":"TRANSACTIONS","resourceId":"a","resourceType":"ACCOUNT"}]}}},"sequence":1,"tenant":"default","version":1}"#,
        "_tMLvO4z8sbQp26j6Cjt3Rrwoy_ywtRwJNSd-OMs_3E",
    ),
    (
        r#"{"at":"2026-01-05T10:01:00Z","cause":"r-1","consent":"flow-1","event":{"revoked":{"accessToken":"absent","by":"customer","consentApi":"revoked","reason":"USER_ACTION","refreshToken":"noResponse"}},"previous":"_tMLvO4z8sbQp26j6Cjt3Rrwoy_ywtRwJNSd-OMs_3E","sequence":2,"tenant":"default","version":1}"#,
        "YjyG5ZEOUJmQb0jdm37Vxc0-xEGKR2vidlK8qEBsmNA",
    ),
    (
        r#"{"at":"2026-01-05T10:02:00Z","cause":"e-1","consent":"flow-1","event":{"erased":{}},"previous":"YjyG5ZEOUJmQb0jdm37Vxc0-xEGKR2vidlK8qEBsmNA","sequence":3,"tenant":"default","version":1}"#,
        "Tipl7rqEaTh4p1uQlkiaqE1r4BIaQeCuEv3LnyAo8qs",
    ),
];

fn vector() -> Vec<ReceiptEntry> {
    let receipt = receipt(Some(&[("a", &["ACCOUNT_BASIC"])]), "openid");
    let disclosure =
        Disclosure { sha256: Digest::new([7; 32]), version: "2026-01 en".into(), shown_at: at(0) };
    let revocation = Revocation {
        reason: Some(RevocationReason::UserAction),
        consent_api: Some(PartOutcome::Revoked),
        refresh_token: Some(PartOutcome::NoResponse),
        access_token: Some(PartOutcome::Absent),
        ..Revocation::new(RevokedBy::Customer)
    };
    let drafts = [
        ReceiptDraft::new(at(0), cause("flow-1"), Event::granted(receipt))
            .with_disclosure(disclosure),
        ReceiptDraft::new(at(60), cause("r-1"), Event::Revoked(revocation)),
        ReceiptDraft::new(at(120), cause("e-1"), Event::Erased {}),
    ];
    chain(&key("flow-1"), &drafts)
}

#[test]
fn canonical_form_and_digests_are_stable() {
    for (entry, (json, digest)) in vector().iter().zip(VECTOR) {
        assert_eq!(entry.canonical_json(), json);
        assert_eq!(entry.digest().to_string(), digest);
        assert_eq!(&ReceiptEntry::from_json(json).unwrap(), entry);
    }
}

proptest! {
    #[test]
    fn written_entries_read_back(draft in draft(), sequence in 0..1_u64 << 40, digest: [u8; 32]) {
        let previous = (sequence > 0).then_some((sequence, Digest::new(digest)));
        let entry = ReceiptEntry::new(&key("c"), previous, &draft).unwrap();
        let read = ReceiptEntry::from_json(entry.canonical_json()).unwrap();
        prop_assert_eq!(read.digest(), entry.digest());
        prop_assert_eq!(&read, &entry);
        prop_assert_eq!(read.key(), key("c"));
        prop_assert_eq!((read.sequence(), read.at()), (sequence + 1, draft.at));
        prop_assert_eq!(read.previous(), previous.map(|it| it.1));
        prop_assert_eq!(read.event().kind(), draft.event.kind());
        prop_assert_eq!(read.event().receipt(), draft.event.receipt());
    }

    #[test]
    fn no_text_panics_and_none_is_read_as_another_entry(
        draft in draft(), at: prop::sample::Index, byte: u8, cut: bool,
    ) {
        let entry = ReceiptEntry::new(&key("c"), None, &draft).unwrap();
        let mut bytes = entry.canonical_json().as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(text) = str::from_utf8(&bytes)
            && let Ok(read) = ReceiptEntry::from_json(text)
        {
            prop_assert_eq!(read.canonical_json(), text);
            prop_assert_eq!(read == entry, text == entry.canonical_json());
        }
    }

    #[test]
    fn long_texts_are_shortened(text in "[a-z\u{e4}]{257,260}") {
        let change = InstitutionChange {
            status: Some(ConsentStatus::parse(&text)),
            expiration: Some(Timestamp::parse(&text)),
        };
        let draft = ReceiptDraft::new(at(0), cause("x"), Event::Changed(change));
        let entry = ReceiptEntry::new(&key("c"), None, &draft).unwrap();
        let Event::Changed(change) = entry.event() else { panic!("it is a change") };
        let bytes = text.char_indices().map(|(start, char)| start + char.len_utf8());
        let short = &text[..bytes.filter(|end| *end <= 256).max().unwrap()];
        prop_assert_eq!(change.status.as_ref().unwrap().as_str(), short);
        prop_assert_eq!(change.expiration.as_ref().unwrap().as_str(), short);
        let longer = entry.canonical_json().replacen(short, &text, 1);
        prop_assert_eq!(ReceiptEntry::from_json(&longer), Err(EntryError::Event));
        let longer = entry.canonical_json().replace(short, &text);
        prop_assert!(ReceiptEntry::from_json(&longer).is_err());
    }
}

#[test]
fn rejects_every_other_text_of_the_same_value() {
    let json = vector()[1].canonical_json().to_owned();
    for (from, to) in [
        (r#"{"at""#, r#"{ "at""#),
        (r#"{"at""#, r#"{"a":1,"at""#),
        (r#"{"accessToken""#, r#"{"a":1,"accessToken""#),
        (r#""customer""#, r#""customer","initiator":null"#),
        (r#""USER_ACTION""#, r#""user_action""#),
        (r#""2026-01-05T10:01:00Z""#, r#""2026-01-05T10:01:00.0Z""#),
        (r#""cause":"r-1","consent":"flow-1""#, r#""consent":"flow-1","cause":"r-1""#),
        (r#""r-1""#, r#""\u0072-1""#),
    ] {
        let other = json.replacen(from, to, 1);
        assert_ne!(other, json, "{from}");
        assert_eq!(ReceiptEntry::from_json(&other), Err(EntryError::NotCanonical), "{to}");
    }
}

#[test]
fn rejects_other_versions_numbers_and_kinds() {
    let [first, second, _] = vector().try_into().unwrap();
    let read = |entry: &ReceiptEntry, from: &str, to: &str| {
        let other = entry.canonical_json().replacen(from, to, 1);
        assert_ne!(other, entry.canonical_json(), "{from}");
        ReceiptEntry::from_json(&other).unwrap_err()
    };
    // The version of the receipt is further to the front.
    let newer = second.canonical_json().replace(r#""version":1"#, r#""version":2,"new":true"#);
    assert_eq!(ReceiptEntry::from_json(&newer), Err(EntryError::Version));
    for number in ["0", "1", "9007199254740992"] {
        let number = format!(r#""sequence":{number}"#);
        assert_eq!(read(&second, r#""sequence":2"#, &number), EntryError::Sequence);
    }
    assert_eq!(read(&first, r#""sequence":1"#, r#""sequence":2"#), EntryError::Sequence);
    for (from, to) in [
        (r#""revoked":{"#, r#""rewoked":{"#),
        (r#""by":"customer""#, r#""by":"nobody""#),
        (r#""tenant":"default""#, r#""tenant":"""#),
        (r#""sequence":2"#, r#""sequence":-2"#),
    ] {
        assert!(matches!(read(&second, from, to), EntryError::Json(_)), "{to}");
    }
    let long = format!(r#""version":"{}""#, "x".repeat(257));
    for version in [r#""version":"""#, &long] {
        assert_eq!(read(&first, r#""version":"2026-01 en""#, version), EntryError::Event);
    }
    let other_receipt = read(&first, r#""clientId""#, r#""a":1,"clientId""#);
    assert!(matches!(other_receipt, EntryError::Json(_)));
}

#[test]
fn an_entry_has_a_bounded_number_and_size() {
    let previous = Some(((1 << 53) - 1, Digest::new([0; 32])));
    let draft = ReceiptDraft::new(at(0), cause("x"), Event::Expired {});
    assert_eq!(ReceiptEntry::new(&key("c"), previous, &draft), Err(EntryError::Sequence));
    let change = Event::Changed(InstitutionChange::default());
    let draft = ReceiptDraft::new(at(0), cause("x"), change);
    assert_eq!(ReceiptEntry::new(&key("c"), None, &draft), Err(EntryError::Event));

    // A difference that is larger than any that two receipts have.
    let scopes = vec!["x".repeat(1 << 20); 129];
    let difference = Narrowing { scopes, ..Narrowing::default() };
    let event = Event::Narrowed { receipt: Box::new(receipt(None, "")), difference };
    let draft = ReceiptDraft::new(at(0), cause("x"), event);
    assert_eq!(ReceiptEntry::new(&key("c"), None, &draft), Err(EntryError::TooLarge));
}

#[test]
fn debug_output_has_no_receipt() {
    for entry in vector() {
        for printed in [format!("{entry:?}"), format!("{:?}", row(&entry))] {
            assert!(printed.contains(entry.event().kind()));
            assert!(!printed.contains("ACCOUNT") && !printed.contains("bank.example"), "{printed}");
        }
    }
}

#[test]
fn a_version_of_a_disclosure_is_never_empty() {
    let disclosure = Disclosure { sha256: Digest::of(""), version: "".into(), shown_at: at(0) };
    let draft = ReceiptDraft::new(at(0), cause("x"), Event::Expired {}).with_disclosure(disclosure);
    let entry = ReceiptEntry::new(&key("c"), None, &draft).unwrap();
    assert_eq!(entry.disclosure().unwrap().version, "unknown");
}

#[test]
fn a_cause_is_an_id() {
    assert_eq!(Cause::from(RecordId::new("flow-1").unwrap()), cause("flow-1"));
    assert!(Cause::new("").is_err() && Cause::new("a b").is_err());
}
