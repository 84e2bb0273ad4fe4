//! Checks every row of the table of next steps after a refusal, with real exchanges.

use fdx_par::error::{Codes, NEXT_STEPS, NextStepRow, RefusedCall};
use fdx_par::{Callback, Error, NextStep, ResourceRequest};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Answer, Setup, World, answer, usual_request};

use crate::bad_input::endpoint::At;
use crate::registration::scene;

fn challenge(status: u16, challenge: &str) -> Answer {
    let mut answer = answer(status, "text/plain", "");
    answer.headers_mut().insert("www-authenticate", challenge.parse().unwrap());
    answer
}

fn fdx(status: u16, body: &str) -> Answer {
    answer(status, "application/json", body)
}

fn refused(at: At, response: impl Fn() -> Answer + 'static) -> Error {
    at.broken(move |_| response()).unwrap_err()
}

#[test]
fn a_denial_in_any_spelling_is_respected() {
    for (code, expected) in [
        ("access_denied", NextStep::RespectTheCustomer),
        ("Access_Denied", NextStep::RespectTheCustomer),
        ("user_denied", NextStep::RespectTheCustomer),
        ("user_cancelled_authorize", NextStep::RespectTheCustomer),
        ("user_canceled", NextStep::RespectTheCustomer),
        ("cancelled", NextStep::RespectTheCustomer),
        ("consent_rejected", NextStep::RespectTheCustomer),
        ("authorization_declined", NextStep::RespectTheCustomer),
        ("login_required", NextStep::StartOver),
        ("interaction_required", NextStep::StartOver),
        ("server_error", NextStep::StartOver),
        ("temporarily_unavailable", NextStep::StartOver),
        ("invalid_request", NextStep::Correct),
        ("unauthorized_client", NextStep::Correct),
    ] {
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        let client = world.client().unwrap();
        let (pending, url) = world.pending(&client);
        let start = url.find("code=").unwrap();
        let end = url[start..].find('&').map_or(url.len(), |end| start + end);
        let url = format!("{}error={code}{}", &url[..start], &url[end..]);
        let Callback::Denied(refusal) = client.callback(pending, &url, world.now).unwrap() else {
            panic!("{code} is a code")
        };
        assert_eq!(refusal.next_step, expected, "{code}");
    }
}

#[test]
fn equal_refusals_have_equal_next_steps() {
    let rows: Vec<(&str, Error, NextStep)> = vec![
        (
            "401, FDX body",
            refused(At::Resource, || fdx(401, r#"{"code":"603","message":"x"}"#)),
            NextStep::Refresh,
        ),
        (
            "401, OAuth body",
            refused(At::Resource, || fdx(401, r#"{"error":"invalid_token"}"#)),
            NextStep::Refresh,
        ),
        ("401, nothing", refused(At::Resource, || fdx(401, "")), NextStep::Refresh),
        (
            "401, invalid_token",
            refused(At::Resource, || challenge(401, r#"DPoP error="invalid_token""#)),
            NextStep::Refresh,
        ),
        (
            "401, invalid_dpop_proof",
            refused(At::Resource, || challenge(401, r#"DPoP error="invalid_dpop_proof""#)),
            NextStep::Correct,
        ),
        (
            "401, insufficient_user_authentication",
            refused(At::Resource, || {
                challenge(401, r#"DPoP error="insufficient_user_authentication", max_age="60""#)
            }),
            NextStep::StartOver,
        ),
        (
            "403, insufficient_scope",
            refused(At::Resource, || challenge(403, r#"DPoP error="insufficient_scope""#)),
            NextStep::StartOver,
        ),
        (
            "403, 602 in a list",
            refused(At::Resource, || fdx(403, r#"{"errors":[{"code":"602","title":"x"}]}"#)),
            NextStep::RespectTheCustomer,
        ),
        (
            "403, 602 one level down",
            refused(At::Resource, || fdx(403, r#"{"error":{"code":602,"message":"x"}}"#)),
            NextStep::RespectTheCustomer,
        ),
        ("404", refused(At::Resource, || fdx(404, "{}")), NextStep::AskTheInstitution),
        (
            "a push, invalid_request",
            refused(At::Push, || fdx(400, r#"{"error":"invalid_request"}"#)),
            NextStep::Correct,
        ),
        (
            "a push, one level down",
            refused(At::Push, || fdx(400, r#"{"error":{"code":"invalid_request"}}"#)),
            NextStep::Correct,
        ),
        (
            "a push, 401 without a body",
            refused(At::Push, || fdx(401, "")),
            NextStep::AskTheInstitution,
        ),
        (
            "tokens, invalid_grant",
            refused(At::Token, || fdx(400, r#"{"error":"invalid_grant"}"#)),
            NextStep::StartOver,
        ),
        (
            "tokens, invalid_grant of an algorithm",
            refused(At::Token, || {
                fdx(400, r#"{"error":"invalid_grant","error_description":"Invalid alg: RS256"}"#)
            }),
            NextStep::Correct,
        ),
        (
            "tokens, an error with status 200",
            refused(At::Token, || fdx(200, r#"{"error":"bad_verification_code"}"#)),
            NextStep::Correct,
        ),
        ("keys, 503", refused(At::Keys, || fdx(503, "")), NextStep::Retry { after: None }),
    ];
    for (name, error, expected) in &rows {
        assert_eq!(error.next_step(), *expected, "{name}: {error}");
        assert!(matches!(error, Error::Refusal(_)), "{name}: {error}");
    }
}

/// RFC 9470 section 3: the next push needs these values.
#[test]
fn step_up_challenge_returns_acr_values_and_max_age() {
    let error = refused(At::Resource, || {
        challenge(
            401,
            r#"Bearer error="insufficient_user_authentication", acr_values="urn:a urn:b", max_age=60"#,
        )
    });
    let said = error.said().unwrap();
    assert_eq!(said.acr_values.as_ref().map(|it| it.as_str()), Some("urn:a urn:b"));
    assert_eq!(said.max_age, Some(60));
    assert!(
        error.to_string().contains("needs acr_values urn:a urn:b, needs max_age 60"),
        "{error}"
    );
}

#[test]
fn an_error_of_an_unknown_form_keeps_the_beginning_of_its_body() {
    for (content_type, body, expected) in [
        ("text/html", "<h1>blocked</h1>", "<h1>blocked</h1>"),
        ("application/json", r#"{"reason":7}"#, r#"{"reason":7}"#),
    ] {
        let error = refused(At::Push, move || answer(400, content_type, body));
        let kept = error.said().unwrap().body.as_ref().map(|it| it.as_str().to_owned());
        assert_eq!(kept.as_deref(), Some(expected));
    }
    let problem = r#"{"type":"about:blank","title":"Bad Request","detail":"redirect_uri"}"#;
    let error = refused(At::Push, move || answer(400, "application/problem+json", problem));
    assert!(error.to_string().contains("Bad Request, redirect_uri"), "{error}");
}

#[test]
fn a_registration_is_gone_after_401() {
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = scene::usual(&mut world, setup);
    let registered = scene::registered(&mut world, &registrar);
    world.tamper(|_, _| fdx(401, r#"{"error":"invalid_token"}"#));
    let draft = registrar.read(&registered, world.draw(), world.now).unwrap();
    assert_eq!(world.run(draft).unwrap_err().next_step(), NextStep::RegisterAgain);
    world.tamper(|_, _| fdx(400, r#"{"error":"invalid_client_metadata"}"#));
    let draft = registrar.update(&registered, world.draw(), world.now).unwrap();
    let error = world.run(draft).unwrap_err();
    assert_eq!(error.next_step(), NextStep::Correct);
    assert!(error.clause().starts_with("RFC 759"), "{}", error.clause());
}

/// RFC 9449 sections 8 and 9, and the forms that servers use in place of theirs.
#[test]
fn a_nonce_is_required_in_any_form_and_the_request_is_repeated_once() {
    let forms: [fn() -> Answer; 5] = [
        || fdx(400, r#"{"error":"use_dpop_nonce"}"#),
        || fdx(401, r#"{"error":"use_dpop_nonce"}"#),
        || challenge(401, r#"DPoP error="use_dpop_nonce""#),
        || challenge(400, r#"DPoP error="use_dpop_nonce""#),
        || challenge(401, "Bearer error=\"use_dpop_nonce\", error_description=\"no v\u{e1}lida\""),
    ];
    for (number, form) in forms.into_iter().enumerate() {
        for path in ["/par", "/fdx/v6/accounts"] {
            let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
            let client = world.client().unwrap();
            let token = world.verified(&client).tokens().access_token().clone();
            let before = world.asked(path).len();
            world.tamper_at(path, move |_| {
                let mut required = form();
                required.headers_mut().insert("dpop-nonce", "n-1".parse().unwrap());
                required
            });
            let error = if path == "/par" {
                let draft = client.push(&usual_request(), world.draw(), world.now).unwrap();
                world.run(draft).map(drop).unwrap_err()
            } else {
                let url = client.config().fdx_base.join_segment("accounts").unwrap();
                let request = ResourceRequest::get(url);
                let draft = client.call(&token, request, world.draw(), world.now).unwrap();
                world.run(draft).map(drop).unwrap_err()
            };
            assert_eq!(world.asked(path).len(), before + 2, "form {number} at {path}");
            assert_eq!(
                world.asked(path).last().unwrap().proof()["nonce"],
                "n-1",
                "form {number} at {path}"
            );
            assert_eq!(error.code(), "rfc9449.nonce.again");
        }
        // Without the header the request can't be repeated, and the error reports that.
        let error = refused(At::Push, form);
        assert_eq!(error.code(), "rfc9449.nonce.missing", "form {number}: {error}");
    }
}

#[test]
fn the_manual_prints_the_table() {
    let mut table = String::from(
        "| refused by | call | status | code | next step | clause |\n|---|---|---|---|---|---|\n",
    );
    for row in NEXT_STEPS {
        table += &printed(row);
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/next_steps.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &table).unwrap();
    }
    assert!(std::fs::read_to_string(file).unwrap() == table, "BLESS=1 records it");
}

fn printed(row: &NextStepRow) -> String {
    let list = |items: Vec<String>| if items.is_empty() { "any".into() } else { items.join(", ") };
    let kinds = list(row.kinds.iter().map(|kind| format!("`{kind:?}`")).collect());
    let statuses = list(row.statuses.iter().map(u16::to_string).collect());
    let call = match row.call {
        RefusedCall::Any => "any".to_owned(),
        call => format!("`{call:?}`"),
    };
    let codes = match row.codes {
        Codes::Denial => "a denial in any spelling".to_owned(),
        Codes::Of(codes) => {
            codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ")
        }
        Codes::OfAlgorithm(codes) => {
            let codes: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
            format!("{}, whose description names an algorithm", codes.join(", "))
        }
        _ => "any".to_owned(),
    };
    let (step, clause) = (row.next_step, row.clause);
    format!("| {kinds} | {call} | {statuses} | {codes} | `{step:?}` | {clause} |\n")
}

#[test]
fn last_row_matches_every_refusal() {
    let last = NEXT_STEPS.last().unwrap();
    assert!(last.kinds.is_empty() && last.statuses.is_empty() && matches!(last.codes, Codes::Any));
    assert_eq!(last.next_step, NextStep::AskTheInstitution);
}
