//! A notification causes a read of the consent that it names, and nothing else.

use fdx_par::{CallFault, ConsentRead, Error};
use fdx_rar::{ConsentHint, ConsentStatus, Notification};
use fdx_testkit::{Binding, Setup, World};
use serde_json::{Value, json};

fn hint(consent_id: &str, kind: &str) -> ConsentHint {
    let notification = json!({
        "notificationId": "n-1",
        "type": kind,
        "category": "CONSENT",
        "sentOn": "2026-01-05T10:00:00Z",
        "publisher": { "name": "Anybody", "type": "DATA_PROVIDER" },
        "notificationPayload": {
            "id": consent_id,
            "idType": "CONSENT",
            "customFields": [{ "name": "INITIATOR", "value": "DATA_PROVIDER" }],
        },
        "url": { "href": "https://elsewhere.example/consents/c-2", "action": "GET" },
    });
    match Notification::read(notification.to_string().as_bytes()) {
        Ok(Notification::Consent(hint)) => hint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn notification_only_causes_a_read_of_the_consent() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let (client, grant) = world.stored();
        let id = grant.consent_id().unwrap().clone();
        let own = world.own_token(&client).unwrap();
        let read = |world: &mut World, kind| -> Result<ConsentRead, Error> {
            let (hint, entropy) = (hint(id.as_str(), kind), world.draw());
            let token = own.access_token();
            let draft = client.read_hinted_consent(&grant, &hint, token, entropy, world.now)?;
            world.run(draft)
        };
        // A false notification has no effect.
        let consent = read(&mut world, "CONSENT_REVOKED").unwrap();
        assert_eq!(consent.grant().status(), Some(&ConsentStatus::Active));
        world.accounts(&client, grant.tokens().access_token()).unwrap();
        // The institution's status counts, not the notification's.
        world.revoke_consent(&client, &id, own.access_token()).unwrap();
        let consent = read(&mut world, "CONSENT_UPDATED").unwrap();
        assert_eq!(consent.grant().status(), Some(&ConsentStatus::Revoked));
        // The requests go to the institution, even if the notification has a link elsewhere.
        let request = world.sent.last().unwrap().http.uri().to_string();
        let expected = format!("{}/consents/{id}", client.config().fdx_base.as_str());
        assert_eq!(request, expected);
    }
}

#[test]
fn a_notification_about_another_consent_sends_nothing() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let id = grant.consent_id().unwrap().as_str().to_owned();
    // A stored grant may lack a consent id.
    let mut stored: Value = serde_json::from_str(grant.to_json().expose()).unwrap();
    stored.as_object_mut().unwrap().remove("consent_id").unwrap();
    let bare = client.restore(&stored.to_string()).unwrap();
    assert!(bare.consent_id().is_none());
    let sent = world.sent.len();
    let token = grant.tokens().access_token();
    for (grant, named) in [
        (&grant, "c-2".to_owned()),
        (&grant, format!("{id} ")),
        (&grant, id.to_uppercase() + "x"),
        (&bare, id.clone()),
    ] {
        let (hint, entropy) = (hint(&named, "CONSENT_REVOKED"), world.draw());
        let refused = client.read_hinted_consent(grant, &hint, token, entropy, world.now);
        assert_eq!(refused.err(), Some(CallFault::HintOther.into()), "{named}");
    }
    assert_eq!(world.sent.len(), sent);
}
