use alloc::format;
use alloc::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn usual() -> Value {
    json!({
        "notificationId": "n-1",
        "type": "CONSENT_REVOKED",
        "sentOn": "2026-01-05T10:00:00.250Z",
        "category": "CONSENT",
        "severity": "ALERT",
        "priority": "HIGH",
        "publisher": { "name": "Bank", "type": "DATA_PROVIDER" },
        "subscriber": { "name": "App", "type": "DATA_RECIPIENT" },
        "notificationPayload": {
            "id": "c-1",
            "idType": "CONSENT",
            "customFields": [{ "name": "INITIATOR", "value": "INDIVIDUAL" }],
        },
        "url": { "href": "https://elsewhere.example/consents/c-2", "action": "GET" },
    })
}

fn read(notification: &Value) -> Result<Notification, NotificationError> {
    Notification::read(notification.to_string().as_bytes())
}

fn hinted(notification: &Value) -> String {
    match read(notification) {
        Ok(Notification::Consent(hint)) => hint.consent_id().to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_id_from_notifications_of_real_senders() {
    let mut others = vec![usual()];
    let mut with = |pointer: &str, value: Value| {
        let mut other = usual();
        *other.pointer_mut(pointer).unwrap() = value;
        others.push(other);
    };
    with("/type", json!("CONSENT_UPDATED"));
    with("/type", json!("CONSENT_MODIFIED"));
    with("/type", Value::Null);
    with("/category", json!("SECURITY"));
    with("/category", json!(7));
    with("/notificationPayload/idType", json!("Consent"));
    with("/notificationPayload/idType", Value::Null);
    // An FDX example and the schema of 5.2 have an object here.
    with("/notificationPayload/customFields", json!({ "name": "INITIATOR", "value": "x" }));
    with("/publisher", json!("Bank"));
    for notification in others {
        assert_eq!(hinted(&notification), "c-1", "{notification}");
    }
    let mut number = usual();
    number["notificationPayload"]["id"] = json!(136_804);
    assert_eq!(hinted(&number), "136804");
}

#[test]
fn other_subjects_have_no_consent() {
    for id_type in ["ACCOUNT", "CUSTOMER", "PARTY", "MAINTENANCE", "CONSENT_ID", ""] {
        let mut other = usual();
        other["notificationPayload"]["idType"] = json!(id_type);
        assert_eq!(read(&other), Ok(Notification::Other), "{id_type}");
    }
    for kind in [json!("BALANCE"), json!("CONSENT"), json!("é"), json!(1), Value::Null] {
        let other = json!({ "type": kind, "notificationPayload": { "id": "c-1" } });
        assert_eq!(read(&other), Ok(Notification::Other), "{kind}");
    }
    assert_eq!(read(&json!({})), Ok(Notification::Other));
}

#[test]
fn rejects_consent_without_id() {
    let too_long = "x".repeat(257);
    for id in [json!(""), json!("a\u{0}"), json!(too_long), json!(["c-1"]), Value::Null] {
        let mut bad = usual();
        bad["notificationPayload"]["id"] = id;
        assert_eq!(read(&bad), Err(NotificationError::ConsentId), "{bad}");
    }
    for payload in [json!("c-1"), json!([]), json!(["c-1", "CONSENT"]), Value::Null] {
        let mut bad = usual();
        bad["notificationPayload"] = payload;
        assert_eq!(read(&bad), Err(NotificationError::ConsentId), "{bad}");
    }
}

#[test]
fn rejects_anything_but_a_small_json_object() {
    let twice = r#"{"type":"CONSENT_REVOKED","notificationPayload":{"id":"a","id":"b"}}"#;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(17), "]".repeat(17));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(16 * 1024));
    let many = format!("{{\"a\":[{}0]}}", "0,".repeat(500));
    for bad in ["", "[]", "null", "\"c-1\"", "{", twice, &deep, &large, &many] {
        let error = Notification::read(bad.as_bytes());
        assert!(matches!(error, Err(NotificationError::Json(_))), "{}", &bad[..bad.len().min(80)]);
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = Notification::read(&bytes);
    }

    /// Other members never change the consent id.
    #[test]
    fn id_depends_only_on_the_payload(
        id in "[^\\p{Cc}/\\\\%?#.]{1,2}[^\\p{Cc}/\\\\%?#]{0,254}",
        others in proptest::collection::btree_map("[a-z]{1,8}", "[ -~]{0,20}", 0..8),
    ) {
        let mut notification = usual();
        notification["notificationPayload"]["id"] = json!(id);
        for (name, value) in others {
            if name == "type" || name == "url" {
                continue;
            }
            notification[format!("x-{name}")] = json!(value);
            notification["notificationPayload"][format!("x-{name}")] = json!({ "id": value });
        }
        prop_assert_eq!(hinted(&notification), id);
    }
}
