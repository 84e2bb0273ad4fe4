//! Malformed members of an error response do not hide its error code.

use std::error::Error as _;

use fdx_par::{CallbackFault, Error, NextStep, Refusal};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Setup, World, answer};
use http::HeaderValue;
use http::header::RETRY_AFTER;

fn world() -> World {
    World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() })
}

fn refusal(error: Error) -> Refusal {
    let Error::Refusal(refusal) = error else { panic!("{error}") };
    *refusal
}

fn refreshed(body: &'static str) -> Refusal {
    let mut world = world();
    let (client, grant) = world.stored();
    world.tamper_at("/token", move |_| answer(400, "application/json", body));
    refusal(world.refresh(&client, &grant).unwrap_err())
}

/// Some servers label the body of an error as text, or not at all. A success has no such leniency.
#[test]
fn reads_an_error_that_is_labelled_as_text() {
    let body = r#"{"error":"invalid_grant","error_description":"d"}"#;
    for content_type in ["text/plain", "text/plain; charset=utf-8", ""] {
        let mut world = world();
        let (client, grant) = world.stored();
        world.tamper_at("/token", move |_| answer(400, content_type, body));
        let error = world.refresh(&client, &grant).unwrap_err();
        assert_eq!(error.code(), "rfc6749.error", "{content_type}: {error}");
        assert_eq!(error.next_step(), NextStep::StartOver, "{content_type}");
    }
}

#[test]
fn an_oauth_error_with_a_member_of_another_type_is_still_that_error() {
    for body in [
        r#"{"error":"invalid_grant","error_description":["used"]}"#,
        r#"{"error":"invalid_grant","error_description":{"text":"used"},"error_uri":7}"#,
        r#"{"error":"invalid_grant","state":17}"#,
    ] {
        let refusal = refreshed(body);
        assert!(refusal.is("invalid_grant"), "{body}");
        assert_eq!(refusal.next_step, NextStep::StartOver, "{body}");
        assert_eq!(refusal.said.error_description, None, "{body}");
    }
}

#[test]
fn an_fdx_error_in_two_spellings_or_with_a_strange_message_is_still_withheld() {
    for body in [
        r#"{"code":"602","errorCode":"602","message":"no"}"#,
        r#"{"errorCode":602,"message":"no","errorMessage":"no"}"#,
        r#"{"code":602,"message":{"en":"no"}}"#,
        r#"{"code":"602","message":"no","error":{"a":1}}"#,
    ] {
        let mut world = world();
        let (client, grant) = world.stored();
        world.tamper_at("/fdx/v6/accounts", move |_| answer(403, "application/json", body));
        let error = world.accounts(&client, grant.tokens().access_token()).unwrap_err();
        assert!(refusal(error).is_withheld(), "{body}");
    }
}

#[test]
fn ignores_empty_retry_after() {
    let mut world = world();
    let (client, grant) = world.stored();
    world.tamper_at("/token", move |_| {
        let mut response = answer(429, "text/plain", "");
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(""));
        response
    });
    let refusal = refusal(world.refresh(&client, &grant).unwrap_err());
    assert_eq!(refusal.next_step, NextStep::Retry { after: None });
}

#[test]
fn refused_prints_its_error_and_has_it_as_source() {
    let mut world = world();
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let without_iss = callback.replace("iss=", "x=");
    let refused = client.callback(pending, &without_iss, world.now).unwrap_err();
    let error = Error::from(CallbackFault::IssMissing);
    assert_eq!(refused.to_string(), error.to_string());
    assert_eq!(refused.source().unwrap().downcast_ref(), Some(&error));
}
