use fdx_par::StoredStateFault;
use serde_json::{Value, json};

use super::scene::{answered, echo, everything};

#[test]
fn restored_registration_is_managed() {
    for patch in [
        json!({}),
        json!({"registration_access_token": null}),
        json!({"client_id_issued_at": null, "status": "Pending", "x": {"y": [1, null, 2.5]}}),
        json!({"dpop_bound_access_tokens": false}),
    ] {
        let (mut world, registrar) = everything();
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        let text = registered.to_json();
        let restored = registrar.restore(text.expose()).unwrap();
        assert_eq!(restored.to_json(), text);
        assert_eq!(restored.client_id(), registered.client_id());
        assert_eq!(restored.issued_at(), registered.issued_at());
        assert_eq!(restored.access(), registered.access());
        assert_eq!(registrar.weakened(&restored), registrar.weakened(&registered));
        assert_eq!(registrar.otherwise(&restored), registrar.otherwise(&registered));
    }
}

#[test]
fn rejects_malformed_stored_registration() {
    let (mut world, registrar) = everything();
    let registered = answered(&mut world, &registrar, &json!({})).unwrap();
    let text = registered.to_json();
    let fault = |text: &str| registrar.restore(text).unwrap_err();
    for end in 0..text.expose().len() {
        assert_eq!(
            fault(&text.expose()[..end]),
            StoredStateFault::StoredRegistration.into(),
            "{end}"
        );
    }
    let members: Value = serde_json::from_str(text.expose()).unwrap();
    for (name, value) in [
        ("version", json!(2)),
        ("version", Value::Null),
        ("client_id", json!("")),
        ("client_id", json!("a\nb")),
        ("metadata", json!([])),
        ("registration_access_token", json!("two words")),
        ("registration_access_token", Value::Null),
        ("registration_client_uri", Value::Null),
    ] {
        let mut members = members.clone();
        members[name] = value;
        let error = fault(&members.to_string());
        assert_eq!(error, StoredStateFault::StoredRegistration.into(), "{name}");
    }
    for issuer in ["https://other.example", "https://bank.example/"] {
        let mut members = members.clone();
        members["issuer"] = json!(issuer);
        assert_eq!(fault(&members.to_string()), StoredStateFault::OtherClient.into(), "{issuer}");
    }
}

/// The stored text is a little longer than the response.
#[test]
fn largest_response_is_restored() {
    const LARGEST: usize = 256 * 1024;
    let (mut world, registrar) = everything();
    let short = echo(&registrar, &json!({ "x": "" })).to_string().len();
    let patch = json!({ "x": "x".repeat(LARGEST - short) });
    assert_eq!(echo(&registrar, &patch).to_string().len(), LARGEST);
    let text = answered(&mut world, &registrar, &patch).unwrap().to_json();
    assert!(text.expose().len() > LARGEST);
    assert_eq!(registrar.restore(text.expose()).unwrap().to_json(), text);
}
