//! Breaks the response of every endpoint in every way. Each has one typed error, and the client
//! sends nothing after it.

mod change;
pub(crate) mod endpoint;
mod keys;
mod metadata;
mod push;
mod resource;
mod tokens;

use core::time::Duration;

use change::{
    append, body, cut, deep, html, not_utf8, open, pad, redirect, status, typed, untyped, with,
};
use endpoint::{At, another_thumbprint};
use fdx_par::{Error, NextStep};
use fdx_testkit::{Answer, answer, patched};
use http::header::RETRY_AFTER;
use serde_json::json;

/// The next step that an error names.
#[derive(Clone, Copy)]
enum Then {
    Ask,
    /// The next step after no response.
    NoResponse,
}

impl Then {
    fn at(self, at: At) -> NextStep {
        match self {
            Self::Ask => NextStep::AskTheInstitution,
            Self::NoResponse => at.on_no_response(),
        }
    }
}

/// A way to break a response, with its name.
type Row = (&'static str, fn(At, Answer) -> Answer, &'static str, Then);

/// The ways to break a response of any endpoint that returns JSON.
const EVERYWHERE: &[Row] = &[
    ("cut in half", |_, a| cut(a, 2), "rfc8259.json.syntax", Then::NoResponse),
    ("all but the last byte", |_, a| cut(a, 1), "rfc8259.json.syntax", Then::NoResponse),
    ("empty", |_, a| body(a, ""), "rfc8259.json.syntax", Then::NoResponse),
    ("spaces", |_, a| body(a, "  \n"), "rfc8259.json.syntax", Then::NoResponse),
    ("text after the end", |_, a| append(a, "{}"), "rfc8259.json.syntax", Then::NoResponse),
    ("one byte over the cap", |at, a| pad(a, at.cap() + 1), "fdx.body.size", Then::Ask),
    ("three times the cap", |at, a| pad(a, 3 * at.cap()), "fdx.body.size", Then::Ask),
    (
        "an ignored member twice",
        |_, a| open(a, r#""x":1,"x":1,"#),
        "rfc8259.json.duplicate",
        Then::Ask,
    ),
    (
        "twice by an escape",
        |_, a| open(a, r#""x":1,"\u0078":1,"#),
        "rfc8259.json.duplicate",
        Then::Ask,
    ),
    ("twice within", |_, a| open(a, r#""x":{"y":1,"y":1},"#), "rfc8259.json.duplicate", Then::Ask),
    ("10,000 arrays deep", |at, a| deep(at, a, "[", "]"), "fdx.body.nested", Then::Ask),
    ("10,000 objects deep", |at, a| deep(at, a, "{\"\":", "}"), "fdx.body.nested", Then::Ask),
    ("not UTF-8", |_, a| not_utf8(a), "rfc8259.json.encoding", Then::Ask),
    ("text/html", |_, a| typed(a, "text/html"), "rfc9110.content_type", Then::Ask),
    ("text/plain", |_, a| typed(a, "text/plain"), "rfc9110.content_type", Then::Ask),
    ("application/jwt", |_, a| typed(a, "application/jwt"), "rfc9110.content_type", Then::Ask),
    (
        "json in the parameter",
        |_, a| typed(a, "text/html;a=application/json"),
        "rfc9110.content_type",
        Then::Ask,
    ),
    ("no content type", |_, a| untyped(a), "rfc9110.content_type", Then::Ask),
    ("300", |_, a| redirect(a, 300), "fapi2.back_channel.redirect", Then::Ask),
    ("301", |_, a| redirect(a, 301), "fapi2.back_channel.redirect", Then::Ask),
    ("302", |_, a| redirect(a, 302), "fapi2.back_channel.redirect", Then::Ask),
    ("303", |_, a| redirect(a, 303), "fapi2.back_channel.redirect", Then::Ask),
    ("304", |_, a| redirect(a, 304), "fapi2.back_channel.redirect", Then::Ask),
    ("307", |_, a| redirect(a, 307), "fapi2.back_channel.redirect", Then::Ask),
    ("308", |_, a| redirect(a, 308), "fapi2.back_channel.redirect", Then::Ask),
    ("202", |_, a| status(a, 202), "rfc9110.status", Then::Ask),
    ("204", |_, a| body(status(a, 204), ""), "rfc9110.status", Then::Ask),
    ("206", |_, a| status(a, 206), "rfc9110.status", Then::Ask),
    ("an HTML 502", |_, _| html(502), "rfc9110.error", Then::NoResponse),
    ("an HTML 503", |_, _| html(503), "rfc9110.error", Then::NoResponse),
    ("a large HTML 502", |at, _| pad(html(502), at.cap() + 1), "fdx.body.size", Then::NoResponse),
    ("an HTML 404", |_, _| html(404), "rfc9110.error", Then::Ask),
    ("an empty 500", |_, _| answer(500, "text/plain", ""), "rfc9110.error", Then::NoResponse),
    (
        "a 429 in JSON",
        |_, _| answer(429, "application/json", "{}"),
        "rfc9110.error",
        Then::NoResponse,
    ),
];

#[test]
fn every_endpoint_returns_one_typed_error_and_sends_nothing_after_it() {
    for at in At::JSON {
        for (name, change, code, then) in EVERYWHERE {
            // RFC 7517 requires no media type for a JWK Set.
            if at == At::Keys && *code == "rfc9110.content_type" {
                at.broken(move |answer| change(at, answer)).unwrap();
                continue;
            }
            let outcome = at.broken(move |answer| change(at, answer));
            let error = outcome.expect_err(&format!("{at:?}: {name} was accepted"));
            assert_eq!(error.code(), *code, "{at:?}: {name}: {error}");
            assert_eq!(error.next_step(), then.at(at), "{at:?}: {name}: {error}");
            assert!(!error.clause().is_empty());
        }
    }
}

#[test]
fn each_endpoint_has_one_success_status() {
    for at in At::JSON {
        let other = if at.status() == 200 { 201 } else { 200 };
        let error = at.broken(move |answer| status(answer, other)).unwrap_err();
        // Some servers return 200 for a push, which has a rule of its own.
        let code = if at == At::Push { "rfc9126.status" } else { "rfc9110.status" };
        assert_eq!(error.code(), code, "{at:?}");
        assert_eq!(error.said().unwrap().status, other);
        assert_eq!(error.next_step(), NextStep::AskTheInstitution);
    }
}

#[test]
fn reads_unusual_but_valid_responses() {
    for at in At::ALL {
        at.broken(|answer| answer).unwrap();
        at.broken(move |answer| pad(answer, at.cap())).unwrap();
        for content_type in
            ["application/json; charset=utf-8", "APPLICATION/JSON", "application/x+json"]
        {
            at.broken(|answer| typed(answer, content_type)).unwrap();
        }
        at.broken(|answer| open(answer, r#""unknown":{"a":[1,null,"b"]},"#)).unwrap();
    }
}

#[test]
fn protective_members_of_another_type_break_their_own_rule() {
    for (at, patch, member, code) in [
        (At::Discovery, json!({ "issuer": 5 }), "issuer", "rfc8259.json.member"),
        (At::Push, json!({ "request_uri": ["urn:x"] }), "request_uri", "rfc9126.request_uri"),
        (At::Token, json!({ "access_token": ["t"] }), "access_token", "rfc6749.access_token.text"),
        (At::Token, json!({ "token_type": {} }), "token_type", "rfc6749.token_type"),
        (At::Introspection, json!({ "active": "true" }), "active", "rfc8259.json.member"),
        (At::Introspection, json!({ "cnf": 5 }), "cnf", "rfc6749.token_type"),
        (At::Introspection, json!({ "cnf": { "jkt": 5 } }), "cnf.jkt", "rfc6749.token_type"),
        (At::Consent, json!({ "id": ["c"] }), "id", "rfc8259.json.member"),
        (At::Consent, json!({ "status": {} }), "status", "rfc8259.json.member"),
        (At::Keys, json!({ "keys": {} }), "keys", "rfc8259.json.member"),
    ] {
        let error = at.broken(move |answer| patched(answer, &patch)).unwrap_err();
        assert_eq!(error.code(), code, "{at:?}: {error}");
        assert_eq!(error.member().map(|fault| fault.member()), Some(member), "{error}");
        assert!(error.to_string().contains(member), "{error}");
        assert_eq!(error.next_step(), NextStep::AskTheInstitution, "{at:?}");
    }
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    // serde would read an array's elements as the members in order.
    let by_place = r#"["token","DPoP",300,"r","i","s","g","c",null,null,null,null]"#;
    for at in At::JSON {
        for text in ["null", "5", "true", "\"text\"", "[]", "[{}]", by_place] {
            let error = at.broken(move |answer| body(answer, text)).unwrap_err();
            assert_eq!(error.code(), "rfc8259.json.shape", "{at:?}: {text}: {error}");
            assert_eq!(error.next_step(), NextStep::AskTheInstitution, "{at:?}: {text}");
        }
    }
}

#[test]
fn rejects_json_array_in_place_of_an_object() {
    let by_place = r#"["token","DPoP",300,null,null,"openid",null,null]"#;
    let error = At::Token.broken(move |answer| body(answer, by_place)).unwrap_err();
    assert_eq!(error.code(), "rfc8259.json.shape");
    let error = At::Push.broken(|answer| body(answer, r#"["urn:x",60]"#)).unwrap_err();
    assert_eq!(error.code(), "rfc8259.json.shape");
}

#[test]
fn introspection_of_another_binding_is_refused() {
    let cnf = json!({ "cnf": { "jkt": another_thumbprint() } });
    let error = At::Introspection.broken(move |answer| patched(answer, &cnf)).unwrap_err();
    assert_eq!(error.code(), "rfc6749.token_type");
}

#[test]
fn retry_after_is_surfaced_where_a_retry_is_safe_and_is_a_day_at_most() {
    let day = Duration::from_secs(86_400);
    for at in At::ALL {
        for (text, after) in [
            ("120", Duration::from_secs(120)),
            ("0", Duration::ZERO),
            ("999999999999999999999999", day),
            ("86401", day),
            ("Mon, 05 Jan 2026 10:01:00 GMT", Duration::from_secs(60)),
            ("Mon, 05 Jan 2026 09:00:00 GMT", Duration::ZERO),
        ] {
            let error = at.broken(move |_| with(html(503), RETRY_AFTER, text)).unwrap_err();
            assert_eq!(error.said().unwrap().retry_after, Some(after), "{text}");
            let next = match at.on_no_response() {
                NextStep::Retry { .. } => NextStep::Retry { after: Some(after) },
                other => other,
            };
            assert_eq!(error.next_step(), next, "{at:?}: {text}");
        }
        for text in ["soon", "-5", "1.5"] {
            let error = at.broken(move |_| with(html(503), RETRY_AFTER, text)).unwrap_err();
            assert_eq!(error.next_step(), at.on_no_response(), "{at:?}: {text}");
        }
    }
}

#[test]
fn refusal_texts_are_kept_bounded_and_escaped() {
    let long = format!("\u{1b}[2J\u{202e}{}", "x".repeat(5000));
    let said = json!({ "error": "invalid_scope", "error_description": long, "state": "s" });
    for at in At::JSON {
        let said = said.to_string();
        let error = at.broken(move |_| answer(400, "application/json", said.clone())).unwrap_err();
        let Error::Refusal(refusal) = &error else { panic!("{at:?}: {error:?}") };
        assert!(refusal.is("invalid_scope"), "{at:?}");
        if let Some(text) = &refusal.said.error_description {
            assert!(text.as_str().len() <= 256 && text.as_str().is_ascii());
            assert!(!text.as_str().chars().any(char::is_control));
        }
        assert!(error.to_string().len() < 1000);
        assert!(!error.to_string().contains('\u{1b}'));
    }
}

#[test]
fn error_without_an_oauth_code_is_an_http_error() {
    for text in ["{}", "[]", r#"{"error":5}"#, r#"["invalid_client",null,null,null]"#, "nonsense"] {
        for at in [At::Push, At::Token, At::Introspection] {
            let error = at.broken(move |_| answer(400, "application/json", text)).unwrap_err();
            assert_eq!(error.code(), "rfc9110.error", "{at:?}: {text}");
        }
    }
}
