//! The caller gets a resource's bytes. Errors in its JSON are reported when the caller reads it.

use fdx_par::{Error, NextStep, ResourceAnswer, ResourceRequest, error::RefusalKind};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Answer, Setup, World, answer, entropy};
use serde_json::Value;

use super::change::{
    append, body, cut, deep, html, not_utf8, open, pad, redirect, status, typed, with,
};
use super::endpoint::At;

fn call(change: impl FnMut(Answer) -> Answer + 'static) -> Result<ResourceAnswer, Error> {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client()?;
    let verified = world.verified(&client);
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    world.tamper_at("/fdx/v6/accounts", change);
    let token = verified.tokens().access_token();
    let draft = client.call(token, ResourceRequest::get(url), entropy(9), world.now)?;
    let sent = world.sent.len();
    let outcome = world.run(draft);
    assert_eq!(world.sent.len(), sent + 1);
    outcome
}

#[test]
fn every_other_status_is_one_typed_error() {
    type Row = (&'static str, fn(Answer) -> Answer, &'static str, NextStep);
    const RETRY: NextStep = NextStep::Retry { after: None };
    let rows: &[Row] = &[
        (
            "over the cap",
            |a| pad(a, At::Resource.cap() + 1),
            "fdx.body.size",
            NextStep::AskTheInstitution,
        ),
        (
            "far over",
            |a| pad(a, 3 * At::Resource.cap()),
            "fdx.body.size",
            NextStep::AskTheInstitution,
        ),
        ("301", |a| redirect(a, 301), "fapi2.back_channel.redirect", NextStep::AskTheInstitution),
        ("302", |a| redirect(a, 302), "fapi2.back_channel.redirect", NextStep::AskTheInstitution),
        ("303", |a| redirect(a, 303), "fapi2.back_channel.redirect", NextStep::AskTheInstitution),
        ("307", |a| redirect(a, 307), "fapi2.back_channel.redirect", NextStep::AskTheInstitution),
        ("308", |a| redirect(a, 308), "fapi2.back_channel.redirect", NextStep::AskTheInstitution),
        ("an HTML 502", |_| html(502), "rfc9110.error", RETRY),
        ("an HTML 401", |_| html(401), "rfc6750.challenge", NextStep::Refresh),
        ("an HTML 403", |_| html(403), "rfc9110.error", NextStep::AskTheInstitution),
        ("an HTML 404", |_| html(404), "rfc9110.error", NextStep::AskTheInstitution),
        (
            "a deep 400",
            |a| deep(At::Resource, status(a, 400), "[", "]"),
            "rfc9110.error",
            NextStep::AskTheInstitution,
        ),
        (
            "a doubled 400",
            |a| open(status(a, 400), r#""code":"1","code":"2","#),
            "rfc9110.error",
            NextStep::AskTheInstitution,
        ),
    ];
    for (name, change, code, next) in rows {
        let error = call(*change).expect_err(name);
        assert_eq!(error.code(), *code, "{name}: {error}");
        assert_eq!(error.next_step(), *next, "{name}: {error}");
    }
}

#[test]
fn resource_bytes_are_returned_and_json_is_read_strictly() {
    type Row = (&'static str, fn(Answer) -> Answer, &'static str);
    let rows: &[Row] = &[
        ("cut in half", |a| cut(a, 2), "rfc8259.json.syntax"),
        ("empty", |a| body(a, ""), "rfc8259.json.syntax"),
        ("204", |a| body(status(a, 204), ""), "rfc8259.json.syntax"),
        ("text after the end", |a| append(a, "{}"), "rfc8259.json.syntax"),
        ("a member twice", |a| open(a, r#""x":1,"x":1,"#), "rfc8259.json.duplicate"),
        ("deep", |a| deep(At::Resource, a, "[", "]"), "fdx.body.nested"),
        ("not UTF-8", not_utf8, "rfc8259.json.encoding"),
    ];
    for (name, change, code) in rows {
        let answer = call(*change).expect(name);
        assert_eq!(answer.json::<Value>().unwrap_err().code(), *code, "{name}");
    }
    #[derive(Debug, serde::Deserialize)]
    struct Accounts {
        #[expect(dead_code, reason = "only its type matters")]
        accounts: u8,
    }
    let answer = call(|answer| answer).unwrap();
    assert_eq!(answer.json::<Accounts>().unwrap_err().code(), "rfc8259.json.shape");
}

#[test]
fn reports_status_and_content_type_of_a_success() {
    for code in [200, 201, 206] {
        assert_eq!(call(move |a| status(a, code)).unwrap().status().as_u16(), code);
    }
    let pdf = call(|a| typed(body(a, "%PDF-1.7"), "application/pdf")).unwrap();
    assert_eq!((pdf.content_type(), pdf.body()), (Some("application/pdf"), b"%PDF-1.7".as_slice()));
}

#[test]
fn fdx_errors_are_read_with_codes_of_either_type() {
    for (text, code) in [
        (r#"{"code":"602","message":"no"}"#, "602"),
        (r#"{"code":602,"message":"no"}"#, "602"),
        (r#"{"errorCode":602,"errorMessage":"no"}"#, "602"),
        (r#"{"err":"602","errorDescription":"no"}"#, "602"),
        (r#"{"error":"insufficient_scope"}"#, "insufficient_scope"),
    ] {
        let error = call(move |_| answer(403, "application/json", text)).unwrap_err();
        let Error::Refusal(refusal) = error else { panic!("{text}: {error}") };
        assert_eq!(refusal.kind, RefusalKind::Fdx, "{text}");
        assert!(refusal.is(code), "{text}: {refusal}");
        assert_eq!(refusal.is_withheld(), code == "602", "{text}");
    }
}

#[test]
fn reports_challenge_in_the_server_s_words() {
    for header in [
        r#"DPoP error="invalid_token", error_description="expired""#,
        r#"dpop realm="x", ERROR=invalid_token"#,
        r#"Negotiate, Basic realm="a, b", Bearer realm="c", error="invalid_token""#,
    ] {
        let error = call(move |_| with(html(401), http::header::WWW_AUTHENTICATE, header));
        let Err(Error::Refusal(refusal)) = error else { panic!("{header}") };
        assert_eq!(refusal.kind, RefusalKind::Challenge, "{header}");
        assert!(refusal.is("invalid_token"), "{header}: {refusal}");
        assert_eq!(refusal.next_step, NextStep::Refresh);
    }
}

#[test]
fn caller_can_set_the_largest_response() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let token = verified.tokens().access_token();
    let url = client.config().fdx_base.join_segment("accounts").unwrap();
    for (nth, cap, length, fits) in
        [(1, 10, 11, false), (2, 10, 10, true), (3, 9 << 20, 9 << 20, true)]
    {
        world.tamper_at("/fdx/v6/accounts", move |a| pad(body(a, ""), length));
        let request = ResourceRequest::get(url.clone()).max_response_bytes(cap);
        let outcome = client.call(token, request, entropy(20 + nth), world.now);
        let outcome = world.run(outcome.unwrap());
        assert_eq!(outcome.map_err(|error| error.code()).err(), (!fits).then_some("fdx.body.size"));
    }
}
