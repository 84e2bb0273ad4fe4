//! The answer to a push (RFC 9126 section 2.2).

use core::time::Duration;

use fdx_par::{Error, Notice, Pushed, ServerRule, error::Deviation};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Setup, World, entropy, patched, usual_request};
use fdx_wire::UnixTime;
use http::StatusCode;
use serde_json::{Value, json};

fn push(patch: Value) -> (Result<Pushed, Error>, UnixTime) {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    world.tamper_at("/par", move |answer| patched(answer, &patch));
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    (world.run(draft), world.now)
}

#[test]
fn a_push_needs_a_request_uri() {
    for uri in [json!(null), json!(""), json!("u".repeat(1025))] {
        let (result, _) = push(json!({ "request_uri": uri }));
        assert_eq!(result.unwrap_err().code(), "rfc9126.request_uri", "{uri}");
    }
    for uri in ["u".to_owned(), "u".repeat(1024), "https://bank.example/r?a=b&c".to_owned()] {
        assert!(push(json!({ "request_uri": uri })).0.is_ok());
    }
}

#[test]
fn expires_in_is_a_number_of_seconds_from_one() {
    let huge: Value = serde_json::from_str("123456789012345678901234567890").unwrap_or(json!(1e30));
    for expires_in in [
        json!(null),
        json!(0),
        json!(-1),
        json!("soon"),
        json!(""),
        json!(0.5),
        json!(1e30),
        huge,
        json!([60]),
        json!({}),
        json!(true),
    ] {
        let (result, _) = push(json!({ "expires_in": expires_in }));
        let error = result.unwrap_err();
        assert_eq!(error.code(), "rfc9126.expires_in", "{expires_in}");
        assert_eq!(error.member().map(|fault| fault.member()), Some("expires_in"));
    }
    for sixty in [json!("60"), json!(60.0), json!(60.9), json!(6e1)] {
        let (result, _) = push(json!({ "expires_in": sixty }));
        let by = result.unwrap().redirect_by();
        assert_eq!(by.since(fdx_testkit::start()).as_secs(), 55);
    }
}

#[test]
fn redirect_deadline_is_before_request_uri_expiry() {
    for (expires_in, by, capped) in [
        (1, 1, false),
        (2, 1, false),
        (60, 55, false),
        (599, 594, false),
        (600, 594, true),
        (u64::MAX, 594, true),
    ] {
        let (result, now) = push(json!({ "expires_in": expires_in }));
        let pushed = result.unwrap();
        assert_eq!(pushed.redirect_by(), now + Duration::from_secs(by), "{expires_in}");
        let notices: &[Notice] = if capped { &[Notice::ExpiresInCapped] } else { &[] };
        assert_eq!(pushed.notices(), notices, "{expires_in}");
        assert!(pushed.redirect(now + Duration::from_secs(by)).is_ok());

        let pushed = push(json!({ "expires_in": expires_in })).0.unwrap();
        let late = pushed.redirect(now + Duration::from_secs(by + 1)).unwrap_err();
        assert_eq!(late.code(), "rfc9126.request_uri.late");
        assert_eq!(late.next_step(), fdx_par::NextStep::StartOver);
    }
}

#[test]
fn accepted_push_has_status_201() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    world.tamper_at("/par", |mut answer| {
        *answer.status_mut() = StatusCode::OK;
        answer
    });
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    let error = world.run(draft).unwrap_err();
    assert!(matches!(&error, Error::Server(fault) if fault.rule == ServerRule::PushStatus));
    assert_eq!(error.allowed_by(), Some(Deviation::PushStatusOk));
    assert!(error.to_string().ends_with("; a dialect with the member push-status-ok allows it"));
}
