//! The texts and next steps of errors.

use fdx_jose::{AuthorizationResponseError, IdTokenError, JwtError};
use fdx_par::{
    Callback, CallbackFault, Client, ConfigurationFault, Dialect, Error, NextStep, TokenTypeHint,
    dialect,
    dialect::{Line, Member},
    error::{Deviation, Excerpt},
};
use fdx_sandbox::NoncePolicy;
use fdx_sandbox::customer::Decision;
use fdx_testkit::{Answer, Authentication, Setup, World, answer, patched, usual_request};
use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};

fn world() -> World {
    World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() })
}

/// Returns the error of a flow whose responses at `path` are patched.
fn ends(path: &'static str, patch: Value) -> Error {
    let mut world = world();
    world.tamper_at(path, move |answer| patched(answer, &patch));
    let client = match world.client() {
        Ok(client) => client,
        Err(error) => return error,
    };
    let (url, pending) = match world.push(&client, &usual_request()) {
        Ok(pushed) => pushed,
        Err(error) => return error,
    };
    let callback = world.customer(&url, &Decision::everything());
    match world.exchange(&client, pending, &callback) {
        Ok(exchanged) => world.verify(&client, exchanged).unwrap_err().error,
        Err(error) => error,
    }
}

/// Returns the error of a call of the customer's accounts.
fn called(change: impl Fn(Answer) -> Answer + 'static) -> Error {
    let mut world = world();
    let (client, grant) = world.stored();
    world.tamper_at("/fdx/v6/accounts", change);
    world.accounts(&client, grant.tokens().access_token()).map(drop).unwrap_err()
}

#[test]
fn errors_name_the_deviation_that_would_allow_them() {
    let metadata = "/.well-known/oauth-authorization-server";
    for (error, deviation) in [
        (Error::from(CallbackFault::IssNotAnnounced), Deviation::CallbackWithoutIss),
        (Error::from(IdTokenError::from(JwtError::Type)), Deviation::IdTokenTyp),
        (Error::from(AuthorizationResponseError::IssRepeated), Deviation::RepeatedIss),
        (ConfigurationFault::LoopbackHttp.into(), Deviation::LoopbackHttp),
        (ends("/token", json!({ "id_token": null })), Deviation::OpenidWithoutIdToken),
        (ends("/token", json!({ "token_type": "Bearer" })), Deviation::UnboundTokens),
    ] {
        assert_eq!(error.allowed_by(), Some(deviation), "{error}");
        assert!(dialect::ALL.iter().any(|dialect| dialect.allows(deviation)), "{deviation}");
    }
    for error in [
        Error::from(CallbackFault::IssMismatch),
        Error::from(CallbackFault::IssMissing),
        Error::from(IdTokenError::from(JwtError::Signature)),
        ends("/token", json!({ "access_token": "" })),
        ends(metadata, json!({ "jwks_uri": "http://bank.example/jwks" })),
        ends(metadata, json!({ "jwks_uri": "http://127.0.0.1/jwks" })),
        ends(metadata, json!({ "jwks_uri": "https://bank.example/jwks#keys" })),
    ] {
        assert_eq!(error.allowed_by(), None, "{error}");
    }
}

/// Servers have one answer to every cause: the hint lists them, each with its setting.
#[test]
fn a_refused_client_assertion_lists_its_causes() {
    let bodies = [
        (401, r#"{"error":"invalid_client"}"#),
        (400, r#"{"error":"INVALID_CLIENT","error_description":"unknown"}"#),
        (401, r#"{"error":"invalid_request","error_description":"Authentication failed."}"#),
        (
            400,
            r#"{"error":"invalid_request","error_description":"Invalid client assertion audience"}"#,
        ),
        (401, r#"{"error":"invalid_client_assertion"}"#),
        (400, r#"{"error":"unauthorized_client"}"#),
        (401, "{}"),
    ];
    for authentication in [Authentication::PrivateKeyJwt, Authentication::TlsClientAuth] {
        for (status, body) in bodies {
            let nonces = NoncePolicy::Silent;
            let mut world = World::new(Setup { authentication, nonces, ..Setup::default() });
            let (client, grant) = world.stored();
            world.tamper(move |_, _| answer(status, "application/json", body));
            let access_token = grant.tokens().access_token();
            let draft = client.introspect(access_token, world.draw(), world.now).unwrap();
            let introspected = world.run(draft).map(drop);
            let push = client.push(&usual_request(), world.draw(), world.now).unwrap();
            let revoked = world.revoke(&client, grant.tokens(), TokenTypeHint::AccessToken);
            for outcome in [
                world.run(push).map(drop),
                world.refresh(&client, &grant).map(drop),
                introspected,
                revoked.map(drop),
            ] {
                let error = outcome.unwrap_err();
                let hint = error.hint().unwrap_or_default();
                let by_key = authentication == Authentication::PrivateKeyJwt;
                for cause in ["kid", "aud", "assertion_type", "clock", "client_id"] {
                    assert_eq!(hint.contains(cause), by_key, "{cause}: {error}");
                    assert!(!by_key || error.to_string().contains(cause), "{error}");
                }
            }
        }
    }
}

/// A setting that is in effect is no cause.
#[test]
fn a_refused_client_assertion_names_no_setting_in_effect() {
    const AUDIENCE: Line = Line { member: Member::AudienceTokenEndpoint, source: "this test" };
    const TYP: Line = Line { member: Member::AssertionWithoutTyp, source: "this test" };
    let dialects: [(&'static [Line], bool, bool); 4] = [
        (&[], true, true),
        (&[AUDIENCE], false, true),
        (&[TYP], true, false),
        (&[AUDIENCE, TYP], false, false),
    ];
    for (lines, audience, typ) in dialects {
        let mut world = world();
        let usual = world.client().unwrap();
        let dialect = Dialect::new("test", "a test").with_members(lines);
        let config = usual.config().clone().with_dialect(dialect);
        let client = Client::new(config, usual.metadata().clone()).unwrap();
        world.tamper_at("/par", |_| {
            answer(401, "application/json", r#"{"error":"invalid_client"}"#)
        });
        let push = client.push(&usual_request(), world.draw(), world.now).unwrap();
        let error = world.run(push).map(drop).unwrap_err();
        let hint = error.hint().unwrap();
        assert_eq!(hint.contains("audience-token-endpoint"), audience, "{hint}");
        assert_eq!(hint.contains("assertion-without-typ"), typ, "{hint}");
        assert!(hint.contains("kid") && hint.contains("clocks"), "{hint}");
    }
}

/// An error that comes again says what to change.
#[test]
fn a_refusal_that_comes_again_says_what_to_change() {
    let codes = [
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "login_required",
    ];
    for code in codes {
        let mut world = world();
        let client = world.client().unwrap();
        let (pending, callback) = world.pending(&client);
        let (place, _) = callback.split_once("code=").unwrap();
        let (_, state) = callback.split_once("&state=").unwrap();
        let url = format!("{place}error={code}&state={state}");
        let Ok(Callback::Denied(refusal)) = client.callback(pending, &url, world.now) else {
            panic!("{url}")
        };
        let error = Error::Refusal(Box::new(refusal));
        assert_eq!(error.next_step(), NextStep::StartOver);
        // The request of this test has no prompt.
        assert!(error.hint().unwrap().contains("if the request had prompt=none"), "{error}");
    }
    for (description, names) in [
        ("Token signed with RS256", true),
        ("wrong signature algorithm", true),
        ("the code has expired", false),
    ] {
        let patch = json!({ "error": "invalid_grant", "error_description": description });
        let mut world = world();
        let (client, grant) = world.stored();
        world.tamper_at("/token", move |_| answer(400, "application/json", patch.to_string()));
        let error = world.refresh(&client, &grant).unwrap_err();
        assert_eq!(error.next_step() == NextStep::Correct, names, "{error}");
        assert_eq!(error.hint().is_some(), names, "{error}");
    }
}

// RFC 6750 3.1: invalid_token is for a token that expired or was revoked, with any status. A 401
// without a challenge has the same meaning.
#[test]
fn invalid_token_challenge_advises_a_refresh() {
    for (status, challenge, next_step) in [
        (401, r#"DPoP error="invalid_token""#, NextStep::Refresh),
        (403, r#"DPoP error="invalid_token""#, NextStep::Refresh),
        (401, "DPoP", NextStep::Refresh),
        (403, "DPoP", NextStep::AskTheInstitution),
        (403, r#"DPoP error="insufficient_scope""#, NextStep::StartOver),
    ] {
        let error = called(move |_| {
            let mut answer = answer(status, "text/plain", "");
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            answer
        });
        assert_eq!(error.next_step(), next_step, "{status} {challenge}");
    }
}

#[test]
fn server_texts_are_one_line_bounded_and_escaped() {
    let mut world = world();
    let (client, grant) = world.stored();
    world.tamper_at("/token", |_| {
        let said = json!({
            "error": "invalid_grant", "error_uri": "https://bank.example/e",
            "error_description": "it isn't\nß \u{1b}[31m",
        });
        let mut answer = answer(400, "application/json", said.to_string());
        let id = HeaderValue::from_static("5b3a9c3e-0f4e-4bd0-9d0e-2f1f0a4b7c11");
        answer.headers_mut().insert("x-fapi-interaction-id", id);
        answer
    });
    let error = world.refresh(&client, &grant).unwrap_err();
    let said = error.said().unwrap();
    assert_eq!(
        said.to_string(),
        "status 400, invalid_grant, it isn't\\n\\u{df} \\u{1b}[31m, see https://bank.example/e, \
         interaction 5b3a9c3e-0f4e-4bd0-9d0e-2f1f0a4b7c11"
    );
    assert_eq!(format!("{:?}", said.error), r#"Some("invalid_grant")"#);
    assert_eq!(said.error_uri.as_ref().unwrap().to_string(), "https://bank.example/e");
}

#[test]
fn a_text_is_kept_to_253_characters_and_then_cut_to_256() {
    for (length, kept) in [(253, "a".repeat(253)), (254, "a".repeat(253) + "...")] {
        let description = "a".repeat(length);
        let mut world = world();
        let (client, grant) = world.stored();
        world.tamper_at("/token", move |_| {
            let said = json!({ "error": "invalid_grant", "error_description": description });
            answer(400, "application/json", said.to_string())
        });
        let error = world.refresh(&client, &grant).unwrap_err();
        let said = error.said().unwrap().error_description.clone().unwrap();
        assert_eq!(said.as_str(), kept, "{length}");
        assert!(said.as_str().len() <= 256);
    }
}

#[test]
fn challenge_texts_are_kept_for_bearer_and_dpop() {
    let texts = |challenge: &'static str| {
        let error = called(move |_| {
            let mut answer = answer(401, "text/plain", "");
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            answer
        });
        assert_eq!(error.clause(), "RFC 6750 section 3");
        assert!(error.to_string().contains("status 401"), "{error}");
        let said = error.said().unwrap();
        let text = |excerpt: &Option<Excerpt>| excerpt.as_ref().map(ToString::to_string);
        [&said.error, &said.error_description, &said.error_uri].map(text)
    };
    let kept = ["invalid_token", "it has expired", "https://bank.example/e"];
    assert_eq!(
        texts(
            r#"DPoP error="invalid_token", error_description="it has expired", error_uri="https://bank.example/e""#
        ),
        kept.map(|text| Some(text.to_owned()))
    );
    // RFC 9110 11.6.1: each scheme defines its own parameters.
    assert_eq!(texts(r#"Basic error="invalid_token""#), [None, None, None]);
}

#[test]
fn server_fault_prints_the_rule_and_the_servers_texts() {
    let error = ends("/token", json!({ "token_type": "Bearer" }));
    let Error::Server(fault) = &error else { panic!("{error}") };
    let member = fault.member.unwrap();
    assert_eq!(fault.to_string(), format!("{}: {member} ({})", fault.rule, fault.said));
    assert!(error.to_string().contains("member token_type is a string"), "{error}");
    assert!(error.to_string().contains("status 200"), "{error}");
}
