//! Grants that move from one program to another.

use fdx_par::{BoundBy, Error, StoredGrant, StoredStateFault};
use fdx_testkit::{Binding, Setup, World};
use fdx_wire::json::{Limits, ObjectWriter};
use fdx_wire::members::{MemberFault, Object};
use fdx_wire::{Secret, UnixTime};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn imported(members: &Map<String, Value>) -> Result<StoredGrant, MemberFault> {
    let json = Value::Object(members.clone()).to_string();
    StoredGrant::imported(&Object::parse(json.as_bytes(), &Limits::default()).unwrap())
}

fn exported(grant: &StoredGrant) -> Map<String, Value> {
    let mut object = ObjectWriter::with_capacity(0);
    grant.export(&mut object);
    serde_json::from_str(object.to_json().expose()).unwrap()
}

/// All members, each with a value of its own.
fn complete() -> Map<String, Value> {
    let Value::Object(members) = json!({
        "issuer": "https://bank.example",
        "client_id": "app-1",
        "access_token": "access-s3cret",
        "token_type": "DPoP",
        "bound_to": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        "expires_at": 1_767_607_200,
        "refresh_token": "refresh s3cret",
        "refresh_token_expires_at": 1_770_000_000,
        "scope": "openid fdx:tax:read",
        "subject": "subject-s3cret",
        "auth_time": 1_767_600_000,
        "nonce": "nonce-s3cret",
        "consent_id": "consent-1",
    }) else {
        panic!()
    };
    members
}

#[test]
fn a_grant_that_moved_is_refreshed_and_stays_the_same_grant() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let (client, grant) = world.stored();
        let text = grant.to_json();
        let moved = imported(&exported(&StoredGrant::for_export(text.expose()).unwrap())).unwrap();
        assert_eq!(moved.to_json(), text);
        let restored = client.restore(moved.to_json().expose()).unwrap();
        let refreshed = world.refresh(&client, &restored).unwrap();
        let again = world.verify_refreshed(&client, refreshed).unwrap();
        assert_eq!(again.consent_id(), grant.consent_id());
        assert_eq!(again.identity(), grant.identity());
    }
}

#[test]
fn every_member_is_imported() {
    let mut members = complete();
    let grant = imported(&members).unwrap();
    assert_eq!(exported(&grant), members);
    let rows: Vec<_> = StoredGrant::IMPORTED_MEMBERS.iter().map(|row| row.name).collect();
    assert!(rows.iter().all(|name| members.contains_key(*name)) && rows.len() == members.len());
    assert_eq!((grant.issuer().as_str(), grant.client_id()), ("https://bank.example", "app-1"));
    assert_eq!(grant.tokens().refresh_token().map(Secret::expose), Some("refresh s3cret"));
    let expires_at = grant.tokens().access_token().expires_at();
    assert_eq!(expires_at, Some(UnixTime::from_seconds(1_767_607_200)));
    // An absent member and `null` are the same.
    for name in ["expires_at", "refresh_token", "refresh_token_expires_at", "nonce", "consent_id"] {
        members.insert(name.to_owned(), Value::Null);
        let grant = imported(&members).unwrap();
        members.remove(name);
        assert_eq!(exported(&grant), members, "{name}");
    }
}

#[test]
fn the_binding_follows_from_type_and_thumbprint() {
    let mut members = complete();
    for (token_type, bound, expected) in [
        ("DPoP", true, Ok(BoundBy::Dpop)),
        ("dpop", true, Ok(BoundBy::Dpop)),
        ("DPoP", false, Err("bound_to")),
        ("Bearer", true, Ok(BoundBy::Mtls)),
        ("bearer", false, Ok(BoundBy::Nothing)),
        ("mac", true, Err("token_type")),
    ] {
        members.insert("token_type".to_owned(), token_type.into());
        let thumbprint = complete().remove("bound_to").filter(|_| bound);
        members.insert("bound_to".to_owned(), thumbprint.unwrap_or_default());
        let by = imported(&members).map(|grant| grant.tokens().access_token().bound_by());
        assert_eq!(by.map_err(|fault| fault.member()), expected, "{token_type} {bound}");
    }
}

#[test]
fn names_the_member_with_another_value_and_never_the_value() {
    let long = "s3cret-".repeat(40);
    let texts = [json!("s3cret \u{e9}\n"), json!(""), json!(long)];
    let others = [json!(-1), json!(1.5), json!(253_402_300_800_u64), json!(["s3cret"]), json!({})];
    for row in StoredGrant::IMPORTED_MEMBERS {
        let mut refused = 0;
        for value in texts.iter().chain(&others) {
            let mut members = complete();
            members.insert(row.name.to_owned(), value.clone());
            let Err(fault) = imported(&members) else { continue };
            refused += 1;
            assert_eq!((fault.member(), fault.expected()), (row.name, row.shape));
            let printed = format!("{fault} {fault:?}");
            assert!(!printed.contains("s3cret") && printed.len() < 600, "{printed}");
        }
        // At least every value that is no text, or every one that is no time.
        assert!(refused >= 4, "{}: {refused}", row.name);
        let mut members = complete();
        members.remove(row.name);
        let required = ["issuer", "client_id", "access_token", "token_type", "bound_to", "scope"];
        let missing = imported(&members).map(drop).map_err(|fault| fault.member());
        match required.contains(&row.name) {
            true => assert_eq!(missing, Err(row.name)),
            false => assert_eq!(missing, Ok(())),
        }
    }
    // Milliseconds.
    let mut members = complete();
    members.insert("expires_at".to_owned(), json!(1_767_607_200_000_u64));
    assert_eq!(imported(&members).unwrap_err().member(), "expires_at");
}

#[test]
fn unverified_tokens_are_not_exported() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let refreshed = world.refresh(&client, &grant).unwrap();
    for (text, expected) in [
        (refreshed.to_json(), StoredStateFault::StoredUnverified),
        (Secret::new("{}".to_owned()), StoredStateFault::StoredGrant),
        (
            Secret::new(grant.to_json().expose().replace(":2,", ":1,")),
            StoredStateFault::StoredGrant,
        ),
    ] {
        let fault = match StoredGrant::for_export(text.expose()) {
            Err(Error::StoredState(fault)) => fault,
            other => panic!("{other:?}"),
        };
        assert_eq!(fault, expected);
    }
}

proptest! {
    #[test]
    fn an_export_is_imported_unchanged(
        omitted in prop::collection::btree_set(
            prop::sample::select(vec![
                "expires_at", "refresh_token", "refresh_token_expires_at", "subject", "auth_time",
                "nonce", "consent_id",
            ]),
            0..7,
        ),
        client_id in "\\PC{1,40}",
        access_token in "[A-Za-z0-9._~+/-]{1,40}={0,2}",
        refresh_token in "[ -~]{1,40}",
        subject in "[\\x00-\\x7f]{1,40}",
        nonce in "\\PC{1,40}",
        scope in "[!#-\\[\\]-~]{1,9}( [!#-\\[\\]-~]{1,9}){0,2}",
        expires_at in 0..253_402_207_201_u64,
    ) {
        let mut members = complete();
        for (name, value) in [
            ("client_id", json!(client_id)), ("access_token", json!(access_token)),
            ("refresh_token", json!(refresh_token)), ("subject", json!(subject)),
            ("nonce", json!(nonce)), ("scope", json!(scope)), ("expires_at", json!(expires_at)),
        ] {
            members.insert(name.to_owned(), value);
        }
        for name in omitted {
            members.remove(name);
        }
        let grant = imported(&members).unwrap();
        let text = grant.to_json();
        let again = imported(&exported(&StoredGrant::for_export(text.expose()).unwrap())).unwrap();
        prop_assert_eq!(again.to_json(), text);
        prop_assert_eq!(exported(&again), exported(&grant));
    }
}
