use std::collections::BTreeMap;

use fdx_rar::{
    ConsentDuration, ConsentGrant, ConsentId, ConsentReceipt, ConsentRequest, ConsentStatus,
    DataCluster, Evidence, GrantedResource, ResourceType,
};
use fdx_wire::json::RawJson;
use fdx_wire::{Entropy, Issuer, Secret, UnixTime};
use proptest::prelude::*;

use super::*;
use crate::record::id::RecordId;

/// The members of a line, each as JSON.
type Members = BTreeMap<&'static str, String>;

/// All members but the receipt.
fn complete() -> Members {
    [
        ("id", r#""record-1""#),
        ("customer", r#""customer-s3cret""#),
        ("issuer", r#""https://bank.example""#),
        ("client_id", r#""app-1""#),
        ("dialect", r#""mx""#),
        ("consent_id", r#""c-1""#),
        ("subject", r#""subject-s3cret""#),
        ("auth_time", "1767600000"),
        ("nonce", r#""nonce-s3cret""#),
        ("access_token", r#""access-s3cret""#),
        ("token_type", r#""Bearer""#),
        ("bound_to", r#""0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I""#),
        ("expires_at", "1767607200"),
        ("refresh_token", r#""refresh s3cret""#),
        ("refresh_token_expires_at", "1770000000"),
        ("scope", r#""openid fdx:tax:read""#),
        ("consent_expires_at", "1799143200"),
    ]
    .map(|(name, json)| (name, json.to_owned()))
    .into()
}

fn line(members: &Members) -> String {
    let members: Vec<_> = members.iter().map(|(name, json)| format!("\"{name}\":{json}")).collect();
    format!("{{{}}}", members.join(","))
}

fn importer() -> Importer {
    Importer::new(Entropy::new([7; 32]))
}

fn import(members: &Members) -> Result<ImportedConsent, ImportError> {
    importer().read(line(members).as_bytes()).map(Option::unwrap)
}

fn receipt(issuer: &str, client_id: &str, granted: Option<&str>) -> ConsentReceipt {
    let requested = ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
        .resource(ResourceType::Account, [DataCluster::Balances])
        .build()
        .unwrap();
    let issuer = Issuer::parse(issuer).unwrap();
    let now = UnixTime::from_seconds(1_767_607_200);
    let evidence = Evidence::of_pushed_request([0; 32]);
    let receipt = ConsentReceipt::builder(issuer, client_id, requested, now, evidence);
    let Some(id) = granted else { return receipt.build() };
    let account = GrantedResource::new(ResourceType::Account, "a-1", [DataCluster::Balances]);
    let grant = ConsentGrant::new(ConsentId::parse(id).unwrap(), ConsentStatus::Active);
    receipt.grant(&grant.with_resources([account].into())).build()
}

fn export(consent: &ImportedConsent) -> Result<Secret, ExportError> {
    ExportedConsent::new(consent.id(), consent.customer())
        .dialect(consent.dialect())
        .consent_expires_at(consent.consent_expires_at())
        .receipt(consent.receipt())
        .to_line(&consent.grant().to_json())
}

#[test]
fn every_member_is_imported_and_exported() {
    let mut members = complete();
    let receipt = receipt("https://bank.example", "app-1", Some("c-1"));
    members.insert("receipt", receipt.canonical_json());
    let consent = import(&members).unwrap();
    assert_eq!((consent.id().as_str(), consent.customer()), ("record-1", "customer-s3cret"));
    assert_eq!(consent.dialect(), Some("mx"));
    assert_eq!(consent.consent_expires_at(), Some(UnixTime::from_seconds(1_799_143_200)));
    assert_eq!(consent.receipt(), Some(&receipt));
    assert_eq!(
        consent.grant().identity().map(|identity| identity.subject()),
        Some("subject-s3cret")
    );
    let line = export(&consent).unwrap();
    let again = fdx_wire::members::Value::parse(line.expose().as_bytes(), &Default::default());
    let object = again.unwrap().to_object().unwrap();
    let value =
        |json: &str| fdx_wire::json::from_slice::<RawJson>(json.as_bytes(), &Default::default());
    for (name, written) in object.iter() {
        let expected = value(&members[name]).unwrap().value();
        assert_eq!(written.to_raw().unwrap().value(), expected, "{name}");
    }
    assert_eq!(object.iter().count(), members.len());
}

#[test]
fn a_receipt_is_of_the_same_consent_and_says_whether_the_coverage_is_known() {
    let bank = "https://bank.example";
    for (receipt, expected) in [
        (Some(receipt(bank, "app-1", Some("c-1"))), Ok(true)),
        (Some(receipt(bank, "app-1", None)), Ok(false)),
        (None, Ok(false)),
        (Some(receipt(bank, "app-1", Some("c-2"))), Err(Some("receipt"))),
        (Some(receipt(bank, "app-2", Some("c-1"))), Err(Some("receipt"))),
        (Some(receipt("https://other.example", "app-1", None)), Err(Some("receipt"))),
    ] {
        let mut members = complete();
        if let Some(receipt) = receipt {
            members.insert("receipt", receipt.canonical_json());
        }
        let known = import(&members).map(|consent| consent.coverage_is_known());
        assert_eq!(known.map_err(|error| error.fault().member()), expected);
    }
}

#[test]
fn a_fault_names_line_and_member_and_never_a_value() {
    let values = [r#""s3cret é\n""#, r#""""#, "-1", "253402300800", r#"["s3cret"]"#, "{}"];
    for name in complete().into_keys().chain(["receipt"]) {
        let mut refused = 0;
        for value in values {
            let mut members = complete();
            members.insert(name, value.to_owned());
            let mut importer = importer();
            assert!(importer.read(b" \r\n").unwrap().is_none());
            let Err(error) = importer.read(line(&members).as_bytes()) else { continue };
            refused += 1;
            assert_eq!((error.line(), error.fault().member()), (2, Some(name)));
            assert_eq!(error.code(), "store.import.member");
            let printed = format!("{error} {error:?} {}", error.fault());
            assert!(printed.starts_with("line 2, column "), "{printed}");
            assert!(printed.contains(name) && !printed.contains("s3cret"), "{printed}");
            assert!(printed.len() < 1000, "{printed}");
        }
        assert!(refused >= 4, "{name}: {refused}");
    }
}

#[test]
fn a_missing_member_is_named() {
    for name in complete().into_keys() {
        let mut members = complete();
        members.remove(name);
        let required = ["customer", "issuer", "client_id", "access_token", "token_type", "scope"];
        match (import(&members), required.contains(&name)) {
            (Ok(_), false) => {}
            (Err(error), true) => {
                let text = error.to_string();
                assert!(text.starts_with(&format!("line 1: member {name} is missing")), "{text}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_line_is_one_strict_object_of_known_members() {
    let whole = line(&complete());
    let with = |member: &str| whole.replacen('{', &format!("{{{member},"), 1);
    for (text, code, expected) in [
        (with(r#""refresh-token":"s3cret""#), "store.import.unknown_member", "refresh-token"),
        (with(r#""expires_in":300"#), "store.import.unknown_member", "expires_in"),
        (with(r#""id":"b""#), "store.import.json", "the same member twice"),
        (whole.replacen(':', "", 1), "store.import.json", "not JSON"),
        (format!("{whole}{whole}"), "store.import.json", "not JSON"),
        ("[]".to_owned(), "store.import.json", "not the expected members"),
        (format!("{whole}{}", " ".repeat(2 * 1024 * 1024)), "store.import.json", "too large"),
    ] {
        let error = importer().read(text.as_bytes()).unwrap_err();
        let printed = format!("{error} {error:?}");
        assert_eq!(error.code(), code, "{printed}");
        assert!(printed.contains(expected) && !printed.contains("s3cret"), "{printed}");
    }
    let long = with(&format!("\"{}\":1", "\u{1b}é".repeat(999)));
    assert!(importer().read(long.as_bytes()).unwrap_err().to_string().len() < 400);
}

#[test]
fn a_repeated_import_gives_the_same_ids() {
    let mut members = complete();
    members.remove("id");
    let line = line(&members);
    let ids = |mut importer: Importer| {
        [(); 3].map(|()| importer.read(line.as_bytes()).unwrap().unwrap().id().clone())
    };
    let first = ids(importer());
    assert_eq!(ids(importer()), first);
    assert!(first[0] != first[1] && first[1] != first[2] && first[0].as_str().len() == 43);
    assert_ne!(ids(Importer::new(Entropy::new([8; 32]))), first);
    // A fault moves no later line to another number.
    let mut after_a_fault = importer();
    assert!(after_a_fault.read(b"{").is_err());
    assert_eq!(after_a_fault.read(line.as_bytes()).unwrap().unwrap().id(), &first[1]);
}

#[test]
fn unverified_tokens_and_unreadable_records_are_not_exported() {
    let consent = import(&complete()).unwrap();
    let tokens = consent.grant().to_json();
    let exported = ExportedConsent::new(consent.id(), "a\nb");
    let Err(ExportError::Record(fault)) = exported.to_line(&tokens) else { panic!() };
    assert_eq!(fault.member(), Some("customer"));
    for text in [r#"{"unverified":1}"#, "{}", ""] {
        let error = ExportedConsent::new(consent.id(), "c").to_line(&Secret::new(text.to_owned()));
        assert!(matches!(error, Err(ExportError::Tokens(_))), "{text}: {error:?}");
    }
}

#[test]
fn nothing_prints_a_token_or_a_customer() {
    let consent = import(&complete()).unwrap();
    let exported = ExportedConsent::new(consent.id(), consent.customer());
    let printed = format!("{consent:?} {exported:?} {:?}", importer());
    assert!(printed.contains("record-1") && !printed.contains("s3cret"), "{printed}");
}

proptest! {
    #[test]
    fn an_exported_line_is_imported_unchanged(
        id in "[!-~]{1,128}",
        customer in any::<String>(),
        dialect in prop::option::of("[!-~]{0,66}"),
        expires in prop::option::of(0..300_000_000_000_u64),
        granted in prop::option::of(prop::option::of(Just("c-1"))),
        omitted in prop::collection::btree_set(
            prop::sample::select(vec![
                "bound_to", "refresh_token", "expires_at", "refresh_token_expires_at", "subject",
                "auth_time", "nonce", "consent_id",
            ]),
            0..8,
        ),
    ) {
        let mut members = complete();
        members.retain(|name, _| !omitted.contains(name));
        let consent = import(&members).unwrap();
        let receipt = granted.map(|id| receipt("https://bank.example", "app-1", id));
        let expires = expires.map(UnixTime::from_seconds);
        let tokens = consent.grant().to_json();
        let id = RecordId::new(id).unwrap();
        let exported = ExportedConsent::new(&id, &customer)
            .dialect(dialect.as_deref())
            .consent_expires_at(expires)
            .receipt(receipt.as_ref())
            .to_line(&tokens);
        let line = match exported {
            Ok(line) => line,
            Err(ExportError::Record(fault)) => {
                let refused = ["customer", "dialect", "consent_expires_at"];
                prop_assert!(fault.member().is_some_and(|name| refused.contains(&name)));
                return Ok(());
            }
            Err(error) => panic!("{error}"),
        };
        prop_assert!(!line.expose().contains('\n'));
        let again = importer().read(line.expose().as_bytes()).unwrap().unwrap();
        prop_assert_eq!((again.id(), again.customer()), (&id, &*customer));
        prop_assert_eq!((again.dialect(), again.consent_expires_at()), (dialect.as_deref(), expires));
        prop_assert_eq!(again.receipt(), receipt.as_ref());
        prop_assert_eq!(again.grant().to_json(), tokens);
    }

    #[test]
    fn no_line_panics_or_is_printed(at: usize, with in "[\\PC\"{}\\[\\],:]{0,3}", length in 0..9_usize) {
        let whole = line(&complete());
        let (at, end) = (at % whole.len(), (at % whole.len() + length).min(whole.len()));
        let Some(text) = whole.get(..at).zip(whole.get(end..)) else { return Ok(()) };
        let text = [text.0, &with, text.1].concat();
        if let Err(error) = importer().read(text.as_bytes()) {
            let printed = format!("{error} {error:?}");
            prop_assert!(!printed.contains("s3cret"), "{}", printed);
        }
    }
}
