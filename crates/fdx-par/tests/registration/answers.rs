use fdx_par::{Error, NextStep, Notice, ServerRule, error::Deviation};
use fdx_testkit::{Answer, Setup, answer};
use http::HeaderValue;
use serde_json::json;

use super::scene::{self, answered, answered_with, echo, everything, registered, usual};

fn rule(made_up: Answer) -> ServerRule {
    let (mut world, registrar) = everything();
    match answered_with(&mut world, &registrar, made_up).unwrap_err() {
        Error::Server(fault) => fault.rule,
        error => panic!("{error}"),
    }
}

#[test]
fn a_client_id_is_printable_and_not_endless() {
    for client_id in
        [json!(null), json!(""), json!(7), json!("a\nb"), json!("é"), json!("x".repeat(513))]
    {
        let (mut world, registrar) = everything();
        let patch = json!({ "client_id": client_id });
        let Err(Error::Server(fault)) = answered(&mut world, &registrar, &patch) else {
            panic!("{client_id} is taken")
        };
        assert_eq!(fault.rule, ServerRule::ClientId);
    }
    let (mut world, registrar) = everything();
    let longest = json!({ "client_id": "~".repeat(512) });
    assert!(answered(&mut world, &registrar, &longest).is_ok());
}

#[test]
fn a_registration_is_answered_with_201_and_json() {
    let (_, registrar) = everything();
    let body = echo(&registrar, &json!({})).to_string();
    for (status, content_type, expected) in [
        (200, "application/json", ServerRule::RegistrationStatus),
        (202, "application/json", ServerRule::Status),
        (204, "application/json", ServerRule::Status),
        (302, "application/json", ServerRule::Redirected),
        (201, "text/html", ServerRule::ContentType),
    ] {
        assert_eq!(rule(answer(status, content_type, body.clone())), expected, "{status}");
    }
    for (body, expected) in [
        ("[]", ServerRule::BodyShape),
        ("{", ServerRule::BodySyntax),
        (r#"{"client_id":"a","client_id":"b"}"#, ServerRule::BodyDuplicate),
        (r#"{"client_id":"a","x":{"y":1,"\u0079":2}}"#, ServerRule::BodyDuplicate),
    ] {
        assert_eq!(rule(answer(201, "application/json", body)), expected, "{body}");
    }
    let large = format!(r#"{{"x":"{}"}}"#, "x".repeat(256 * 1024));
    assert_eq!(rule(answer(201, "application/json", large)), ServerRule::BodyTooLarge);
}

#[test]
fn dialect_allows_status_200() {
    use fdx_par::Dialect;
    use fdx_par::dialect::{Line, Member};
    const LINE: Line = Line { member: Member::RegistrationStatusOk, source: "a test" };
    let setup = Setup::default();
    let config = scene::recipient(setup);
    let mut world = scene::world(setup);
    let strict = usual(&mut world, setup);
    let body = echo(&strict, &json!({})).to_string();
    let error = answered_with(&mut world, &strict, answer(200, "application/json", body.clone()));
    assert_eq!(error.unwrap_err().allowed_by(), Some(Deviation::RegistrationStatusOk));
    let dialect = Dialect::new("test", "a test").with_members(&[LINE]);
    let config = config.with_dialect(dialect);
    let lenient = scene::registrar(&mut world, config, &scene::registration(setup));
    for status in [200, 201] {
        let made_up = answer(status, "application/json", body.clone());
        assert!(answered_with(&mut world, &lenient, made_up).is_ok(), "{status}");
    }
}

#[test]
fn reports_refusal_in_the_server_s_words() {
    for (status, body, code) in [
        (400, r#"{"error":"invalid_client_metadata"}"#, "invalid_client_metadata"),
        (400, r#"{"error":"invalid_redirect_uri"}"#, "invalid_redirect_uri"),
        (400, r#"{"error":"unauthorized"}"#, "unauthorized"),
        (400, r#"{"code":"401","message":"no"}"#, "401"),
    ] {
        let (mut world, registrar) = everything();
        let made_up = answer(status, "application/json", body);
        let Err(Error::Refusal(refusal)) = answered_with(&mut world, &registrar, made_up) else {
            panic!("{body} is taken")
        };
        assert!(refusal.is(code), "{refusal}");
        assert_ne!(refusal.next_step, NextStep::RegisterAgain);
    }
    let (mut world, registrar) = everything();
    let mut busy = answer(429, "text/plain", "");
    busy.headers_mut().insert("retry-after", HeaderValue::from_static("30"));
    let error = answered_with(&mut world, &registrar, busy).unwrap_err();
    let after = Some(core::time::Duration::from_secs(30));
    assert_eq!(error.next_step(), NextStep::Retry { after });
}

#[test]
fn an_initial_access_token_that_is_unknown_is_refused() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    let draft = registrar.register(fdx_par::InitialAccess::Open, world.draw(), world.now).unwrap();
    let Err(Error::Refusal(refusal)) = world.run(draft) else { panic!("registered") };
    assert!(refusal.is("invalid_token") && refusal.said.status == 401, "{refusal}");
}

#[test]
fn rejects_read_response_about_another_client() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    let before = registered(&mut world, &registrar);
    world.tamper(|_, answer| fdx_testkit::patched(answer, &json!({"client_id": "other"})));
    let draft = registrar.read(&before, world.draw(), world.now).unwrap();
    let Err(Error::Server(fault)) = world.run(draft) else { panic!("taken") };
    assert_eq!(fault.rule, ServerRule::ClientIdOther);
}

#[test]
fn a_client_secret_is_dropped_with_a_notice() {
    let (mut world, registrar) = everything();
    let secret = "a-secret-without-any-use";
    let patch = json!({"client_secret": secret, "client_secret_expires_at": 0});
    let registered = answered(&mut world, &registrar, &patch).unwrap();
    assert!(registered.notices().contains(&Notice::ClientSecretDropped));
    assert!(!registered.to_json().expose().contains(secret));
    assert!(registered.member("client_secret").is_none());
    // An update does not send it either.
    let draft = registrar.update(&registered, world.draw(), world.now).unwrap();
    let _ = world.run(draft);
    let body = world.sent.last().unwrap().http.body().clone();
    assert!(!String::from_utf8(body).unwrap().contains("secret"));
}

#[test]
fn ignores_secret_that_is_no_string() {
    for value in [
        json!(null),
        json!(true),
        json!(7),
        json!(-7),
        json!(1.5),
        json!([]),
        json!(["a", ["b"]]),
        json!({ "a": { "b": "c" } }),
    ] {
        let (mut world, registrar) = everything();
        let mut body = echo(&registrar, &json!({}));
        body["client_secret"] = value.clone();
        body["registration_access_token"] = value.clone();
        let made_up = answer(201, "application/json", body.to_string());
        let registered = answered_with(&mut world, &registrar, made_up).unwrap();
        assert_eq!(registered.access(), None, "{value}");
        let mut notices = vec![Notice::InteractionIdMissing, Notice::RegistrationUnmanaged];
        if value != json!(null) && value != json!([]) {
            notices.insert(1, Notice::NotUnderstood("registration_access_token"));
        }
        assert_eq!(registered.notices(), notices, "{value}");
    }
}

#[test]
fn a_registration_that_is_deleted_is_answered_with_204() {
    for (status, deleted) in [(204, true), (200, false), (202, false), (404, false)] {
        let (mut world, registrar) = everything();
        let registered = answered(&mut world, &registrar, &json!({})).unwrap();
        world.tamper(move |_, _| answer(status, "application/json", ""));
        let draft = registrar.delete(&registered, world.draw(), world.now).unwrap();
        let outcome = world.run(draft);
        assert_eq!(outcome.is_ok(), deleted, "{status}");
        // The test writes this response, which has no interaction id.
        let notices = outcome.map(|deleted| deleted.notices().to_vec());
        assert!(notices.is_err() || notices == Ok(vec![Notice::InteractionIdMissing]));
    }
}

#[test]
fn revocation_can_be_repeated_after_no_response() {
    let (mut world, registrar) = everything();
    let draft = registrar.register(scene::initial(), world.draw(), world.now).unwrap();
    let (_, sent) = draft.attach(Vec::new()).unwrap();
    assert_eq!(sent.on_no_response(), NextStep::Retry { after: None });
}

// RFC 7592 2: 401 means that the client was deleted or the token replaced.
#[test]
fn only_401_sends_a_client_to_register_again() {
    for (status, again) in [(401, true), (400, false), (403, false), (404, false)] {
        let (mut world, registrar) = everything();
        let registered = answered(&mut world, &registrar, &json!({})).unwrap();
        world.tamper(move |_, _| answer(status, "text/plain", ""));
        let draft = registrar.read(&registered, world.draw(), world.now).unwrap();
        let error = world.run(draft).map(drop).unwrap_err();
        assert_eq!(error.next_step() == NextStep::RegisterAgain, again, "{status}: {error}");
    }
}
