//! The text form of a grant, which one node writes and another restores.

use fdx_par::{Client, Error, NextStep, StoredGrant, StoredStateFault};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Binding, Setup, World, patched, restored};
use fdx_wire::{Issuer, Secret};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn stored(setup: Setup) -> (World, Client, StoredGrant) {
    let mut world = World::new(setup);
    let (client, grant) = world.stored();
    (world, client, grant)
}

/// Returns a client and the members of one of its grants.
fn members() -> (Client, Map<String, Value>) {
    let (_, client, grant) = stored(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let members = serde_json::from_str(grant.to_json().expose()).unwrap();
    (client, members)
}

fn fault(client: &Client, text: &str) -> StoredStateFault {
    match client.restore(text) {
        Err(Error::StoredState(fault)) => fault,
        other => panic!("{text:.200}: {other:?}"),
    }
}

fn text(members: &Map<String, Value>) -> String {
    Value::Object(members.clone()).to_string()
}

#[test]
fn stored_grant_is_restored_completely() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let (_, client, grant) = stored(Setup { binding, ..Setup::default() });
        let restored = client.restore(grant.to_json().expose()).unwrap();
        assert_eq!(restored.to_json().expose(), grant.to_json().expose());
        let (old, new) = (grant.tokens(), restored.tokens());
        assert_eq!(new.access_token().token().expose(), old.access_token().token().expose());
        assert_eq!(new.access_token().bound_by(), old.access_token().bound_by());
        assert_eq!(new.access_token().bound_to(), old.access_token().bound_to());
        assert_eq!(new.access_token().expires_at(), old.access_token().expires_at());
        assert_eq!(
            new.refresh_token().map(Secret::expose),
            old.refresh_token().map(Secret::expose)
        );
        assert_eq!(new.scopes(), old.scopes());
        assert_eq!(restored.consent_id(), grant.consent_id());
        let identity = |grant: &StoredGrant| {
            let identity = grant.identity().unwrap();
            (identity.subject().to_owned(), identity.auth_time())
        };
        assert_eq!(identity(&restored), identity(&grant));
    }
}

#[test]
fn text_form_has_version_and_named_members() {
    let (_, members) = members();
    let names: Vec<_> = members.keys().map(String::as_str).collect();
    let expected = [
        "access_token",
        "auth_time",
        "bound_to",
        "client_id",
        "consent_id",
        "expires_at",
        "issuer",
        "nonce",
        "refresh_token",
        "scope",
        "subject",
        "token_type",
        "version",
    ];
    assert_eq!((names, &members["version"]), (expected.to_vec(), &json!(2)));
}

#[test]
fn another_version_is_refused() {
    let (client, mut members) = members();
    for version in [json!(1), json!(3), json!(0), json!(255), json!(256), json!("2"), json!(null)] {
        members.insert("version".to_owned(), version.clone());
        assert_eq!(fault(&client, &text(&members)), StoredStateFault::StoredGrant, "{version}");
    }
    members.remove("version");
    assert_eq!(fault(&client, &text(&members)), StoredStateFault::StoredGrant);
}

#[test]
fn another_issuer_s_or_client_s_grant_is_refused() {
    let (client, members) = members();
    for (name, value) in [
        ("issuer", "https://evil.example"),
        ("issuer", "http://bank.example"),
        ("client_id", "app-2"),
    ] {
        let mut members = members.clone();
        members.insert(name.to_owned(), value.into());
        let error = client.restore(&text(&members)).unwrap_err();
        assert_eq!(error, StoredStateFault::OtherClient.into(), "{name}");
        assert_eq!(error.next_step(), NextStep::StartOver);
    }
    // An issuer with another slash is another issuer: issuers are compared as received.
    let mut members = members;
    members.insert("issuer".to_owned(), "https://bank.example/".into());
    assert_eq!(fault(&client, &text(&members)), StoredStateFault::OtherClient);
}

#[test]
fn one_client_s_grant_is_not_restored_by_another() {
    let (_, client, grant) = stored(Setup::default());
    let mut config = client.config().clone();
    config.client_id = "app-2".to_owned();
    let other = Client::new(config, client.metadata().clone()).unwrap();
    assert_eq!(fault(&other, grant.to_json().expose()), StoredStateFault::OtherClient);
    assert_eq!(client.config().issuer, Issuer::parse("https://bank.example").unwrap());
}

#[test]
fn a_text_that_is_cut_short_is_refused() {
    let (_, client, grant) = stored(Setup::default());
    let whole = grant.to_json();
    for end in 0..whole.expose().len() {
        assert_eq!(fault(&client, &whole.expose()[..end]), StoredStateFault::StoredGrant, "{end}");
    }
    assert_eq!(fault(&client, &format!("{}{{}}", whole.expose())), StoredStateFault::StoredGrant);
}

#[test]
fn a_member_twice_is_refused() {
    let (client, members) = members();
    let whole = text(&members);
    for (name, value) in &members {
        let twice = format!("{{\"{name}\":{value},{}", &whole[1..]);
        assert_eq!(fault(&client, &twice), StoredStateFault::StoredGrant, "{name}");
    }
    let unknown = format!("{{\"x\":1,\"\\u0078\":2,{}", &whole[1..]);
    assert_eq!(fault(&client, &unknown), StoredStateFault::StoredGrant);
}

#[test]
fn what_is_no_object_is_refused() {
    let (client, members) = members();
    let by_place: Vec<_> = members.values().cloned().collect();
    let in_order = json!([
        2,
        members["issuer"],
        members["client_id"],
        members["access_token"],
        members["token_type"],
        members["bound_to"],
        members["expires_at"],
        members["refresh_token"],
        members["scope"],
        members["subject"],
        members["auth_time"],
        members["consent_id"],
    ]);
    for text in ["", "null", "1", "\"\"", "[]", &json!(by_place).to_string(), &in_order.to_string()]
    {
        assert_eq!(fault(&client, text), StoredStateFault::StoredGrant, "{text}");
    }
}

#[test]
fn members_of_another_kind_are_refused() {
    let (client, members) = members();
    for (name, value) in [
        ("access_token", json!(5)),
        ("access_token", json!(null)),
        ("token_type", json!("Basic")),
        ("token_type", json!("dpop")),
        ("bound_to", json!("short")),
        ("expires_at", json!("soon")),
        ("expires_at", json!(-1)),
        ("refresh_token", json!({})),
        ("scope", json!("a\tb")),
        ("scope", json!(["openid"])),
        ("subject", json!([])),
        ("auth_time", json!(1.5)),
        ("consent_id", json!("")),
        ("consent_id", json!("a\nb")),
        ("issuer", json!(7)),
    ] {
        let mut members = members.clone();
        members.insert(name.to_owned(), value.clone());
        assert_eq!(
            fault(&client, &text(&members)),
            StoredStateFault::StoredGrant,
            "{name}: {value}"
        );
    }
    for name in ["issuer", "client_id", "access_token", "token_type", "bound_to", "scope"] {
        let mut members = members.clone();
        members.remove(name);
        assert_eq!(fault(&client, &text(&members)), StoredStateFault::StoredGrant, "no {name}");
    }
}

#[test]
fn restores_grant_without_optional_members() {
    let (client, mut members) = members();
    for name in ["expires_at", "refresh_token", "auth_time", "subject", "consent_id"] {
        members.remove(name);
        let restored = client.restore(&text(&members)).unwrap();
        let again: Value = serde_json::from_str(restored.to_json().expose()).unwrap();
        assert_eq!(again, Value::Object(members.clone()), "{name}");
    }
}

#[test]
fn debug_shows_no_secret_and_no_customer() {
    let (_, client, grant) = stored(Setup::default());
    let restored = client.restore(grant.to_json().expose()).unwrap();
    for grant in [grant, restored] {
        let subject = grant.identity().unwrap().subject();
        let secrets = [
            grant.tokens().access_token().token().expose(),
            grant.tokens().refresh_token().unwrap().expose(),
            subject,
        ];
        let printed = [
            format!("{grant:?} {grant:#?}"),
            format!("{:?}", grant.identity()),
            format!("{:?}", grant.to_json()),
            format!("{:?}", grant.tokens()),
        ];
        for secret in secrets {
            assert!(!printed.iter().any(|text| text.contains(secret)), "{printed:?}");
        }
    }
}

#[test]
fn another_node_restores_refreshes_and_calls() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let setup = Setup { binding, ..Setup::default() };
        let (mut first, _, grant) = stored(setup);
        let kept = grant.to_json();
        drop(grant);
        // The other node has only the text and the configuration.
        let mut second = World::new(setup);
        std::mem::swap(&mut second.bank, &mut first.bank);
        drop(first);
        let client = second.client().unwrap();
        let grant = client.restore(kept.expose()).unwrap();
        // The other node's entropy is not used again.
        (0..50).for_each(|_| drop(second.draw()));
        second.accounts(&client, grant.tokens().access_token()).unwrap();
        let grant = second.renewed(&client, &grant);
        let again = client.restore(grant.to_json().expose()).unwrap();
        assert_eq!(again.to_json().expose(), grant.to_json().expose());
        second.accounts(&client, again.tokens().access_token()).unwrap();
    }
}

#[test]
fn largest_token_response_can_be_stored() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    // The response's cap is 256 KiB.
    world.tamper_at("/token", |answer| {
        // The other members are as short as possible, because the stored text adds its own.
        let least = json!({
            "authorization_details": null, "expires_in": null, "grant_id": null,
            "id_token": null, "refresh_token": "", "scope": null,
        });
        let short = patched(answer, &least);
        let room = 256 * 1024 - short.body().len();
        let full = patched(short, &json!({ "refresh_token": "r".repeat(room) }));
        assert_eq!(full.body().len(), 256 * 1024);
        full
    });
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    let again = restored(&client, &exchanged.to_json());
    assert_eq!(again.to_json().expose(), exchanged.to_json().expose());
}

thread_local! {
    static CLIENT: Client = members().0;
}

proptest! {
    #[test]
    fn rejects_every_random_text_as_a_grant(text in any::<String>(), json in "[\\[\\]{}\",:a-z0-9]{0,40}") {
        CLIENT.with(|client| {
            prop_assert!(client.restore(&text).is_err());
            prop_assert!(client.restore(&json).is_err());
            Ok(())
        })?;
    }
}
