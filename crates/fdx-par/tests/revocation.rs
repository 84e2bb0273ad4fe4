//! Revocation of either token (RFC 7009).

use core::time::Duration;

use fdx_par::dialect::{Line, Member};
use fdx_par::{
    AuthorizationRequest, Client, ClientCertificate, Dialect, Error, NextStep, Revoked,
    StoredStateFault, TokenTypeHint,
};
use fdx_sandbox::customer::Decision;
use fdx_testkit::{
    Answer, Authentication, Binding, Setup, World, answer, consent_request, patched,
};
use http::HeaderValue;
use http::header::RETRY_AFTER;
use serde_json::json;

const AUTHENTICATIONS: [Authentication; 3] = [
    Authentication::PrivateKeyJwt,
    Authentication::SelfSignedTlsClientAuth,
    Authentication::TlsClientAuth,
];
const HINTS: [TokenTypeHint; 2] = [TokenTypeHint::AccessToken, TokenTypeHint::RefreshToken];

fn setups() -> Vec<Setup> {
    let bindings = [Binding::Dpop, Binding::Mtls];
    let setup = |authentication| {
        bindings.map(|binding| Setup { authentication, binding, ..Setup::default() })
    };
    AUTHENTICATIONS.into_iter().flat_map(setup).collect()
}

#[test]
fn a_revoked_access_token_is_refused_and_its_refresh_token_is_not() {
    for setup in setups() {
        let mut world = World::new(setup);
        let (client, grant) = world.stored();
        world.accounts(&client, grant.tokens().access_token()).unwrap();
        assert_eq!(world.revoke(&client, grant.tokens(), TokenTypeHint::AccessToken), Ok(Revoked));
        let error = world.accounts(&client, grant.tokens().access_token()).unwrap_err();
        let Error::Refusal(refusal) = error else { panic!("{setup:?}: {error}") };
        assert!(refusal.said.status == 401 && refusal.next_step == NextStep::Refresh);
        let renewed = world.renewed(&client, &grant);
        world.accounts(&client, renewed.tokens().access_token()).unwrap();
    }
}

#[test]
fn revoked_refresh_token_ends_its_access_tokens() {
    for setup in setups() {
        let mut world = World::new(setup);
        let (client, grant) = world.stored();
        let renewed = world.renewed(&client, &grant);
        assert_eq!(world.revoke(&client, grant.tokens(), TokenTypeHint::RefreshToken), Ok(Revoked));
        for token in [grant.tokens().access_token(), renewed.tokens().access_token()] {
            let error = world.accounts(&client, token).unwrap_err();
            assert_eq!(error.said().unwrap().status, 401, "{setup:?}: {error}");
        }
        let Err(Error::Refusal(refusal)) = world.refresh(&client, &renewed) else {
            panic!("{setup:?}: renewed")
        };
        assert!(refusal.is("invalid_grant"), "{refusal}");
        assert_eq!(refusal.next_step, NextStep::StartOver);
    }
}

#[test]
fn sends_token_and_hint_without_a_proof() {
    for setup in setups() {
        for which in HINTS {
            let mut world = World::new(setup);
            let (client, grant) = world.stored();
            let _ = world.revoke(&client, grant.tokens(), which).unwrap();
            let [sent_request] = world.asked("/revoke")[..] else { panic!("not one request") };
            let form = sent_request.form();
            let token = match which {
                TokenTypeHint::AccessToken => grant.tokens().access_token().token(),
                TokenTypeHint::RefreshToken => grant.tokens().refresh_token().unwrap(),
            };
            assert_eq!(form["token"], token.expose());
            assert_eq!(form["token_type_hint"], which.as_str());
            assert!(sent_request.proof().is_null());
            let by_key = setup.authentication == Authentication::PrivateKeyJwt;
            assert_eq!(form.contains_key("client_assertion"), by_key, "{setup:?}");
            assert_eq!(form["client_id"], "app-1", "{setup:?}");
            let withheld = sent_request.certificate == ClientCertificate::Withhold;
            assert_eq!(withheld, by_key, "{setup:?}");
        }
    }
}

/// Revokes an access token with this response of the institution.
fn answered(made_up: impl FnMut(Answer) -> Answer + 'static) -> Result<Revoked, Error> {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    world.tamper_at("/revoke", made_up);
    let sent = world.sent.len();
    let outcome = world.revoke(&client, grant.tokens(), TokenTypeHint::AccessToken);
    assert_eq!(world.sent.len(), sent + 1);
    outcome
}

/// A dialect may require a proof that the client owns the token.
#[test]
fn proves_the_binding_if_the_dialect_requires_it() {
    const BOUND: Dialect = Dialect::new("bound", "a server that requires a proof")
        .with_members(&[Line { member: Member::RevocationBound, source: "this test" }]);
    for setup in setups() {
        let mut world = World::new(setup);
        let (client, grant) = world.stored();
        let config = client.config().clone().with_dialect(BOUND);
        let client = Client::new(config, client.metadata().clone()).unwrap();
        for which in HINTS {
            assert_eq!(world.revoke(&client, grant.tokens(), which), Ok(Revoked));
            let sent = world.sent.last().unwrap();
            let is_dpop = setup.binding == Binding::Dpop;
            assert_eq!(sent.http.headers().contains_key("dpop"), is_dpop, "{setup:?}");
            if !is_dpop {
                assert_eq!(sent.certificate, ClientCertificate::Present, "{setup:?}");
            }
        }
    }
}

#[test]
fn retries_a_busy_server_after_its_delay() {
    // RFC 7009 2.2.1: the client must assume the token still exists and may retry.
    for (retry_after, after) in [
        (Some("120"), Some(Duration::from_secs(120))),
        (Some("Mon, 05 Jan 2026 10:01:00 GMT"), Some(Duration::from_secs(60))),
        (Some("99999999"), Some(Duration::from_secs(86_400))),
        (Some("soon"), None),
        (None, None),
    ] {
        let error = answered(move |_| {
            let mut busy = answer(503, "text/plain", "");
            let header = retry_after.map(HeaderValue::from_static);
            busy.headers_mut().extend(header.map(|value| (RETRY_AFTER, value)));
            busy
        });
        let error = error.unwrap_err();
        assert_eq!(error.next_step(), NextStep::Retry { after }, "{retry_after:?}");
        assert_eq!(error.said().unwrap().status, 503);
    }
}

#[test]
fn revocation_is_retried_after_503() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    world.tamper_at("/revoke", |_| answer(503, "text/plain", ""));
    assert!(world.revoke(&client, grant.tokens(), TokenTypeHint::RefreshToken).is_err());
    world.tamper_no_more();
    for _ in 0..2 {
        assert_eq!(world.revoke(&client, grant.tokens(), TokenTypeHint::RefreshToken), Ok(Revoked));
    }
}

#[test]
fn status_200_means_revoked_with_any_body() {
    for (content_type, body) in [
        ("application/json", "{}"),
        ("application/json", "{\"error\":\"unsupported\"}"),
        ("application/json", "{{{"),
        ("text/html", "<p>done"),
        ("application/octet-stream", "\u{0}\u{ff}"),
        ("text/plain", ""),
    ] {
        assert_eq!(answered(move |_| answer(200, content_type, body)), Ok(Revoked), "{body}");
    }
    let fits = answered(|_| answer(200, "text/plain", vec![b'x'; 64 * 1024]));
    assert_eq!(fits, Ok(Revoked));
    let error = answered(|_| answer(200, "text/plain", vec![b'x'; 64 * 1024 + 1])).unwrap_err();
    assert_eq!(error.code(), "fdx.body.size");
}

#[test]
fn only_200_means_revoked() {
    for (status, code) in [
        (201, "rfc9110.status"),
        (204, "rfc9110.status"),
        (302, "fapi2.back_channel.redirect"),
        (400, "rfc9110.error"),
        (404, "rfc9110.error"),
        (500, "rfc9110.error"),
    ] {
        let error = answered(move |_| answer(status, "text/plain", "")).unwrap_err();
        assert_eq!(error.code(), code, "{status}");
    }
    // RFC 7009 2.2.1: unsupported_token_type.
    let refusal = r#"{"error":"unsupported_token_type"}"#;
    let error = answered(move |_| answer(400, "application/json", refusal)).unwrap_err();
    let Error::Refusal(refusal) = error else { panic!("{error}") };
    assert!(refusal.is("unsupported_token_type") && refusal.next_step == NextStep::Correct);
}

#[test]
fn unknown_token_counts_as_revoked() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let unknown = json!({ "access_token": "unknown", "refresh_token": "unknown-too" });
    world.tamper_at("/token", move |answer| patched(answer, &unknown));
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    for which in HINTS {
        let revoked = world.revoke_unverified(&client, &exchanged, which);
        assert_eq!(revoked, Ok(Revoked), "{which:?}");
        let token = &world.asked("/revoke").last().unwrap().form()["token"];
        assert!(token.starts_with("unknown"));
    }
}

#[test]
fn without_a_refresh_token_or_an_endpoint_nothing_is_sent() {
    let mut world = World::new(Setup::default());
    let request = AuthorizationRequest::new(consent_request()).openid();
    let (client, granted) = world.flow_of(&request, &Decision::everything()).unwrap();
    let sent = world.sent.len();
    let error = world.revoke(&client, granted.tokens(), TokenTypeHint::RefreshToken);
    assert_eq!(error, Err(StoredStateFault::RefreshTokenMissing.into()));
    assert_eq!(world.sent.len(), sent);

    let without = json!({ "revocation_endpoint": null });
    world.tamper_at("/.well-known/oauth-authorization-server", move |a| patched(a, &without));
    let client = world.client().unwrap();
    let sent = world.sent.len();
    let error = world.revoke(&client, granted.tokens(), TokenTypeHint::AccessToken);
    assert_eq!(error.unwrap_err().code(), "rfc8414.endpoint.missing");
    assert_eq!(world.sent.len(), sent);
}
