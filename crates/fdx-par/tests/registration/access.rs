use fdx_par::{CallFault, InitialAccess, Notice};
use fdx_wire::Secret;
use serde_json::{Value, json};

use super::scene::{answered, everything};

#[test]
fn unmanageable_registration_is_reported_and_sends_nothing() {
    for patch in [
        json!({"registration_access_token": null}),
        json!({"registration_client_uri": null}),
        json!({"registration_access_token": "two words"}),
        json!({"registration_access_token": ""}),
        json!({"registration_access_token": 7}),
        json!({"registration_access_token": {"a": ["b"]}}),
        json!({"registration_client_uri": ""}),
        json!({"registration_client_uri": 7}),
        json!({"registration_client_uri": format!("https://bank.example/{}", "x".repeat(2048))}),
    ] {
        let (mut world, registrar) = everything();
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        assert!(registered.notices().contains(&Notice::RegistrationUnmanaged), "{patch}");
        let sent = world.sent.len();
        let fault = CallFault::RegistrationUnmanaged;
        let error = registrar.read(&registered, world.draw(), world.now).unwrap_err();
        assert_eq!(error, fault.into(), "{patch}");
        let error = registrar.delete(&registered, world.draw(), world.now).unwrap_err();
        assert_eq!(error, fault.into());
        assert_eq!(world.sent.len(), sent);
        assert!(registrar.client_config(&registered).is_ok(), "it is a registration still");
    }
}

#[test]
fn latest_usable_token_manages_the_registration() {
    let token = |text: &str| Secret::new(text.to_owned());
    for (answered_token, kept) in [
        (json!("registration-access-token-2"), "registration-access-token-2"),
        (Value::Null, "registration-access-token-1"),
        (json!("two words"), "registration-access-token-1"),
        (json!(true), "registration-access-token-1"),
    ] {
        let (mut world, registrar) = everything();
        let before = answered(&mut world, &registrar, &json!({})).unwrap();
        let body = super::scene::echo(
            &registrar,
            &json!({"registration_access_token": answered_token, "registration_client_uri": null}),
        );
        world.tamper(move |_, _| fdx_testkit::answer(200, "application/json", body.to_string()));
        let draft = registrar.read(&before, world.draw(), world.now).unwrap();
        let after = world.run(draft).unwrap();
        let access = after.access().unwrap();
        assert_eq!(access.registration_access_token(), &token(kept));
        assert_eq!(access.registration_client_uri(), "https://bank.example/register/c-1");
        assert_eq!(after.issued_at(), before.issued_at());
    }
}

#[test]
fn rejects_initial_access_token_that_no_header_can_hold() {
    let (mut world, registrar) = everything();
    for token in ["", "two words", "a\r\nb", "é"] {
        let access = InitialAccess::Token(Secret::new(token.to_owned()));
        let error = registrar.register(access, world.draw(), world.now).unwrap_err();
        assert_eq!(error, CallFault::ParameterText.into(), "{token:?}");
    }
}
