use fdx_par::{CallFault, Notice};
use serde_json::json;

use super::scene::{answered, echo, everything};

const ELSEWHERE: [&str; 7] = [
    "https://evil.example/register/c-1",
    "https://bank.example.evil.example/register/c-1",
    "https://bank.example:8443/register/c-1",
    "http://bank.example/register/c-1",
    "https://bank.example@evil.example/register/c-1",
    "/register/c-1",
    "not a URL",
];

#[test]
fn sends_the_token_only_to_the_origin_of_registration() {
    for uri in ELSEWHERE {
        let (mut world, registrar) = everything();
        let patch = json!({"registration_client_uri": uri});
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        let sent = world.sent.len();
        let fault = CallFault::RegistrationElsewhere;
        let (draw, now) = (world.draw(), world.now);
        assert_eq!(registrar.read(&registered, draw, now).unwrap_err(), fault.into(), "{uri}");
        let draw = world.draw();
        assert_eq!(registrar.update(&registered, draw, now).unwrap_err(), fault.into(), "{uri}");
        let draw = world.draw();
        assert_eq!(registrar.delete(&registered, draw, now).unwrap_err(), fault.into(), "{uri}");
        assert_eq!(world.sent.len(), sent, "{uri}: something was sent");
        // The registration is kept: a person can see the URL, and the client can be used.
        assert_eq!(registered.access().unwrap().registration_client_uri(), uri);
        assert!(registrar.client_config(&registered).is_ok());
    }
}

#[test]
fn uses_registration_urls_on_the_origin_or_its_alias() {
    for uri in [
        "https://bank.example/register?client_id=c-1",
        "https://BANK.example:443/anywhere",
        "https://mtls.bank.example/register/c-1",
    ] {
        let (mut world, registrar) = everything();
        let patch = json!({"registration_client_uri": uri});
        let registered = answered(&mut world, &registrar, &patch).unwrap();
        let draft = registrar.read(&registered, world.draw(), world.now).unwrap();
        let (request, _) = draft.attach(Vec::new()).unwrap();
        assert_eq!(request.url().as_str(), uri);
    }
}

#[test]
fn later_response_can_not_redirect_the_token() {
    for uri in ELSEWHERE {
        let (mut world, registrar) = everything();
        let before = answered(&mut world, &registrar, &json!({})).unwrap();
        let patch = json!({
            "registration_client_uri": uri,
            "registration_access_token": "registration-access-token-2",
        });
        let body = echo(&registrar, &patch);
        world.tamper(move |_, _| fdx_testkit::answer(200, "application/json", body.to_string()));
        let draft = registrar.read(&before, world.draw(), world.now).unwrap();
        let after = world.run(draft).unwrap();
        assert!(after.notices().contains(&Notice::RegistrationUriElsewhere), "{uri}");
        let access = after.access().unwrap();
        assert_eq!(access.registration_client_uri(), "https://bank.example/register/c-1");
        assert_eq!(access.registration_access_token(), "registration-access-token-2");
    }
}
