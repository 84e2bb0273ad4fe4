//! Refreshes: the tokens that are kept, their binding, and the customer's identity (RFC 6749
//! section 6, OpenID Connect Core 12.2).

use core::time::Duration;

use fdx_jose::{Algorithm, ProofKey, Thumbprint};
use fdx_par::{
    BoundBy, Client, Error, NextStep, SenderConstraint, ServerRule, StoredGrant, StoredStateFault,
    Verification,
};
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{NoncePolicy, RefreshPolicy};
use fdx_testkit::{
    Authentication, Binding, Setup, World, answer, consent_request, entropy, keys, patched,
    persisted, signed_again, start,
};
use fdx_wire::Secret;
use http::header::{DATE, HeaderValue};
use proptest::prelude::*;
use serde_json::{Value, json};

const POLICIES: [RefreshPolicy; 3] =
    [RefreshPolicy::Keep, RefreshPolicy::Repeat, RefreshPolicy::Rotate];

fn setup(refresh: RefreshPolicy) -> Setup {
    Setup { refresh, ..Setup::default() }
}

fn refresh_token(grant: &StoredGrant) -> &str {
    grant.tokens().refresh_token().map(Secret::expose).unwrap()
}

fn access_token(grant: &StoredGrant) -> &str {
    grant.tokens().access_token().token().expose()
}

#[test]
fn keeps_old_refresh_token_if_the_response_has_none() {
    for policy in POLICIES {
        let mut world = World::new(setup(policy));
        let (client, first) = world.stored();
        let refreshed = world.refresh(&client, &first).unwrap();
        let response: Value = serde_json::from_slice(world.answers.last().unwrap().body()).unwrap();
        let stored = persisted(&refreshed.to_json());
        let same = stored["refresh_token"] == refresh_token(&first);
        assert_eq!(same, policy != RefreshPolicy::Rotate, "{policy:?}");
        match policy {
            RefreshPolicy::Keep => assert_eq!(response["refresh_token"], Value::Null),
            _ => assert_eq!(response["refresh_token"], stored["refresh_token"]),
        }
        assert_eq!(response["access_token"], stored["access_token"]);
        assert_ne!(stored["access_token"], access_token(&first));
    }
}

#[test]
fn a_grant_is_refreshed_again_and_again_and_stays_the_same_grant() {
    for policy in POLICIES {
        let mut world = World::new(setup(policy));
        let (client, first) = world.stored();
        let mut grant = first.clone();
        for _ in 0..3 {
            world.now = world.now + Duration::from_secs(3600);
            grant = world.renewed(&client, &grant);
            world.accounts(&client, grant.tokens().access_token()).unwrap();
            let expires_at = grant.tokens().access_token().expires_at();
            assert_eq!(expires_at, Some(world.now + Duration::from_secs(300)));
            assert_eq!(grant.consent_id(), first.consent_id());
            assert_eq!(grant.tokens().scopes(), first.tokens().scopes());
            let (now, then) = (grant.identity().unwrap(), first.identity().unwrap());
            assert_eq!((now.subject(), now.auth_time()), (then.subject(), then.auth_time()));
            assert_eq!(now.auth_time(), Some(start()));
        }
    }
}

/// Sends a refresh and receives no response.
fn on_no_response(world: &mut World, client: &Client, grant: &StoredGrant) -> NextStep {
    let draft = client.refresh(grant, world.draw(), world.now).unwrap();
    world.lost(draft)
}

#[test]
fn lost_refresh_response_is_recovered_within_a_minute() {
    let mut world = World::new(setup(RefreshPolicy::Rotate));
    let (client, grant) = world.stored();
    assert_eq!(on_no_response(&mut world, &client, &grant), NextStep::Retry { after: None });
    world.now = world.now + Duration::from_secs(59);
    let recovered = world.renewed(&client, &grant);
    assert_ne!(refresh_token(&recovered), refresh_token(&grant));
    world.accounts(&client, recovered.tokens().access_token()).unwrap();
    assert!(world.refresh(&client, &recovered).is_ok());
}

#[test]
fn late_retry_of_a_rotated_refresh_starts_over() {
    let mut world = World::new(setup(RefreshPolicy::Rotate));
    let (client, grant) = world.stored();
    assert_eq!(on_no_response(&mut world, &client, &grant), NextStep::Retry { after: None });
    world.now = world.now + Duration::from_secs(60);
    let Err(Error::Refusal(refusal)) = world.refresh(&client, &grant) else { panic!("renewed") };
    assert!(refusal.is("invalid_grant"), "{refusal}");
    assert_eq!(refusal.next_step, NextStep::StartOver);
}

#[test]
fn lost_refresh_response_is_recovered_without_rotation() {
    for policy in [RefreshPolicy::Keep, RefreshPolicy::Repeat] {
        let mut world = World::new(setup(policy));
        let (client, grant) = world.stored();
        assert_eq!(on_no_response(&mut world, &client, &grant), NextStep::Retry { after: None });
        world.now = world.now + Duration::from_secs(86_400);
        let _ = world.renewed(&client, &grant);
    }
}

#[test]
fn refresh_only_borrows_the_grant() {
    let mut world = World::new(setup(RefreshPolicy::Rotate));
    let (client, grant) = world.stored();
    let before = grant.to_json();
    // A draft that was dropped unsigned, refused by a proxy, or lost in transit may be repeated.
    drop(client.refresh(&grant, entropy(90), world.now).unwrap());
    world.tamper_at("/token", |_| answer(503, "text/html", "<p>later"));
    let error = world.refresh(&client, &grant).unwrap_err();
    assert_eq!(error.next_step(), NextStep::Retry { after: None });
    world.tamper_at("/token", |_| answer(200, "application/json", "{\"access_tok"));
    let error = world.refresh(&client, &grant).unwrap_err();
    assert_eq!(error.next_step(), NextStep::Retry { after: None });
    world.tamper_no_more();
    assert_eq!(grant.to_json().expose(), before.expose());
    let _ = world.renewed(&client, &grant);
}

#[test]
fn a_new_dpop_key_binds_the_new_token() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let next = keys(Algorithm::Es256);
    let mut config = client.config().clone();
    config.sender_constraint = SenderConstraint::Dpop(ProofKey::new(next.public().clone()));
    let thumbprint = next.public().thumbprint();
    world.keys.push(next);
    let client = Client::new(config, client.metadata().clone()).unwrap();
    // The old access token can't be used with only the new key, which is an error before the call
    // is sent. The grant can.
    let sent = world.sent.len();
    let error = world.accounts(&client, grant.tokens().access_token()).unwrap_err();
    assert_eq!((error, world.sent.len()), (StoredStateFault::OtherKey.into(), sent));
    let renewed = world.renewed(&client, &grant);
    assert_eq!(renewed.tokens().access_token().bound_to(), Some(thumbprint));
    assert_ne!(grant.tokens().access_token().bound_to(), Some(thumbprint));
    world.accounts(&client, renewed.tokens().access_token()).unwrap();
}

#[test]
fn a_renewed_certificate_binds_the_new_token() {
    let setup = Setup { binding: Binding::Mtls, ..Setup::default() };
    let mut world = World::new(setup);
    let (client, grant) = world.stored();
    world.certificate = b"the next certificate";
    let thumbprint = Thumbprint::of_certificate(world.certificate);
    let mut registered = setup.registered();
    registered.binding = fdx_sandbox::Binding::MutualTls(thumbprint);
    world.bank.register(registered);
    let mut config = client.config().clone();
    config.sender_constraint = SenderConstraint::Mtls(thumbprint);
    let client = Client::new(config, client.metadata().clone()).unwrap();
    let renewed = world.renewed(&client, &grant);
    let token = renewed.tokens().access_token();
    assert_eq!((token.bound_by(), token.bound_to()), (BoundBy::Mtls, Some(thumbprint)));
    world.accounts(&client, token).unwrap();
}

/// Refreshes with an ID token whose claims are changed. Returns the error, and whether the refusal
/// returns the new tokens.
fn refreshed_as(patch: Value) -> (Error, bool) {
    let mut world = World::new(setup(RefreshPolicy::Rotate));
    let (client, grant) = world.stored();
    let key = keys(world.algorithm());
    world.tamper_at("/token", move |answer| signed_again(answer, &patch, &key));
    let refreshed = world.refresh(&client, &grant).unwrap();
    let stored = refreshed.to_json();
    let refused = world.verify_refreshed(&client, refreshed).unwrap_err();
    // The refusal returns the tokens that were persisted before the check.
    assert_eq!(refused.unspent.to_json(), stored);
    let new = persisted(&stored)["refresh_token"].as_str().map(str::to_owned);
    (refused.error, new.is_some_and(|new| new != refresh_token(&grant)))
}

#[test]
fn the_refreshed_id_token_is_about_the_same_login_of_the_same_customer() {
    for patch in [
        json!({ "sub": "another" }),
        json!({ "sub": "cust-1 " }),
        json!({ "auth_time": start().as_seconds() - 1 }),
        json!({ "auth_time": start().as_seconds() + 1 }),
        json!({ "auth_time": 0 }),
    ] {
        let (error, kept) = refreshed_as(patch.clone());
        let Error::Server(fault) = error else { panic!("{patch}: {error}") };
        assert_eq!(fault.rule, ServerRule::RefreshedIdentity, "{patch}");
        assert_eq!(fault.next_step, NextStep::AskTheInstitution);
        assert!(kept, "{patch}: the tokens are lost");
    }
}

#[test]
fn refreshed_id_token_is_verified_like_the_first() {
    for (patch, code) in [
        (json!({ "iss": "https://evil.example" }), "oidc.id_token.iss"),
        (json!({ "iss": null }), "oidc.id_token.iss"),
        (json!({ "aud": "app-2" }), "oidc.id_token.aud"),
        (json!({ "aud": ["app-1", "app-2"] }), "oidc.id_token.aud.untrusted"),
        (json!({ "nonce": "any" }), "oidc.id_token.nonce"),
        (json!({ "at_hash": "AAAA" }), "oidc.id_token.at_hash"),
        (json!({ "exp": start().as_seconds() - 3600 }), "oidc.id_token.exp.past"),
        (json!({ "sub": null }), "oidc.id_token.sub"),
    ] {
        let (error, kept) = refreshed_as(patch.clone());
        assert!(matches!(error, Error::IdToken { .. }), "{patch}: {error}");
        assert_eq!(error.code(), code, "{patch}");
        assert!(kept, "{patch}: the tokens are lost");
    }
}

#[test]
fn the_refreshed_id_token_may_repeat_the_first_nonce() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let stored: Value = serde_json::from_str(grant.to_json().expose()).unwrap();
    let patch = json!({ "nonce": stored["nonce"].as_str().unwrap() });
    let grant = client.restore(grant.to_json().expose()).unwrap();
    let key = keys(world.algorithm());
    world.tamper_at("/token", move |answer| signed_again(answer, &patch, &key));
    let again = world.renewed(&client, &grant);
    // The next refresh still checks it.
    world.renewed(&client, &again);
}

#[test]
fn accepts_refresh_response_without_optional_members() {
    for patch in [json!({ "auth_time": null }), json!({ "at_hash": null })] {
        let mut world = World::new(Setup::default());
        let (client, grant) = world.stored();
        let key = keys(world.algorithm());
        world.tamper_at("/token", move |answer| signed_again(answer, &patch, &key));
        let renewed = world.renewed(&client, &grant);
        assert_eq!(renewed.identity().unwrap().auth_time(), Some(start()));
    }
    // No ID token at all (OpenID Connect Core 12.2), and no key is needed.
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    world.tamper_at("/token", |answer| patched(answer, &json!({ "id_token": null })));
    let refreshed = world.refresh(&client, &grant).unwrap();
    let verified = client.verify(refreshed, None, world.now).unwrap();
    assert!(matches!(verified, Verification::Done(_)));
}

#[test]
fn an_id_token_by_an_unknown_key_keeps_the_tokens() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let forged = keys(Algorithm::Es256);
    world.tamper_at("/token", move |answer| signed_again(answer, &json!({}), &forged));
    let refreshed = world.refresh(&client, &grant).unwrap();
    let stored = refreshed.to_json();
    let draft = client.fetch_keys(world.now).unwrap();
    let server_keys = world.run(draft).unwrap();
    match client.verify(refreshed, Some(&server_keys), world.now).unwrap() {
        Verification::FetchKeys(kept) => {
            assert_eq!(kept.to_json(), stored);
        }
        Verification::Decrypt(_) | Verification::Done(_) => {
            panic!("a forged ID token was believed")
        }
    }
}

/// Returns the error of a refresh whose ID token has these claims and is signed again.
fn refused_for(world: &mut World, client: &Client, grant: &StoredGrant, claims: Value) -> Error {
    let key = keys(world.algorithm());
    world.tamper_at("/token", move |answer| signed_again(answer, &claims, &key));
    let refreshed = world.refresh(client, grant).unwrap();
    world.verify_refreshed(client, refreshed).unwrap_err().error
}

/// A text of another program: its identity still binds.
#[test]
fn stored_identity_without_nonce_still_binds_later_id_tokens() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let mut stored: Value = serde_json::from_str(grant.to_json().expose()).unwrap();
    stored.as_object_mut().unwrap().remove("nonce").unwrap();
    let grant = client.restore(&stored.to_string()).unwrap();
    let error = refused_for(&mut world, &client, &grant, json!({ "sub": "cust-2" }));
    assert_eq!(error.code(), ServerRule::RefreshedIdentity.code());
}

#[test]
fn another_consent_id_at_a_refresh_is_a_conflict() {
    for member in ["grant_id", "fdxConsentId"] {
        let mut world = World::new(Setup::default());
        let (client, grant) = world.stored();
        world.tamper_at("/token", move |answer| patched(answer, &json!({ member: "another" })));
        let refreshed = world.refresh(&client, &grant).unwrap();
        let refused = world.verify_refreshed(&client, refreshed).unwrap_err();
        let Error::Server(fault) = refused.error else { panic!("{member}: {}", refused.error) };
        assert_eq!(fault.rule, ServerRule::ConsentIdConflict, "{member}");
        let stored = persisted(&refused.unspent.to_json());
        assert_eq!(stored["consent_id"], grant.consent_id().unwrap().as_str());
    }
}

#[test]
fn reads_narrowed_scopes_and_keeps_unreported_ones() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let narrow = json!({ "scope": "openid fdx:accountbasic:read" });
    world.tamper_at("/token", move |answer| patched(answer, &narrow));
    let narrowed = world.renewed(&client, &grant);
    assert_eq!(narrowed.tokens().scopes().to_string(), "openid fdx:accountbasic:read");
    world.tamper_at("/token", |answer| patched(answer, &json!({ "scope": null })));
    let unsaid = world.renewed(&client, &narrowed);
    assert_eq!(unsaid.tokens().scopes(), narrowed.tokens().scopes());
}

#[test]
fn without_a_refresh_token_nothing_is_sent() {
    let mut world = World::new(Setup::default());
    let request = fdx_par::AuthorizationRequest::new(consent_request()).openid();
    let (client, granted) = world.flow_of(&request, &Decision::everything()).unwrap();
    let sent = world.sent.len();
    let error = world.refresh(&client, &granted.stored()).unwrap_err();
    assert_eq!(error, StoredStateFault::RefreshTokenMissing.into());
    assert_eq!((error.next_step(), world.sent.len()), (NextStep::StartOver, sent));
}

#[test]
fn another_client_s_grant_is_never_sent() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let mut config = client.config().clone();
    config.client_id = "app-2".to_owned();
    let other = Client::new(config, client.metadata().clone()).unwrap();
    let sent = world.sent.len();
    let error = world.refresh(&other, &grant).unwrap_err();
    assert_eq!((error, world.sent.len()), (StoredStateFault::OtherClient.into(), sent));
}

#[test]
fn a_challenged_refresh_is_sent_once_more_with_a_fresh_assertion_and_proof() {
    let mut world = World::new(setup(RefreshPolicy::Rotate));
    let (_, grant) = world.stored();
    // Another node, which has no nonce.
    let client = world.client().unwrap();
    let before = world.asked("/token").len();
    let _ = world.renewed(&client, &grant);
    let [first, second] = world.asked("/token")[before..] else { panic!("not two requests") };
    assert_eq!(first.form()["refresh_token"], second.form()["refresh_token"]);
    assert_ne!(first.assertion()["jti"], second.assertion()["jti"]);
    assert_ne!(first.proof()["jti"], second.proof()["jti"]);
    assert_eq!(first.proof()["nonce"], Value::Null);
    assert!(second.proof()["nonce"].is_string());
}

#[test]
fn a_refresh_sends_the_grant_type_and_the_token_alone() {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let (client, grant) = world.stored();
    let _ = world.renewed(&client, &grant);
    let form = world.asked("/token").last().unwrap().form();
    assert_eq!(form["grant_type"], "refresh_token");
    assert_eq!(form["refresh_token"], refresh_token(&grant));
    let names: Vec<_> = form.keys().map(String::as_str).collect();
    let expected =
        ["client_assertion", "client_assertion_type", "client_id", "grant_type", "refresh_token"];
    assert_eq!(names, expected);
}

#[test]
fn every_authentication_refreshes_under_every_binding_and_policy() {
    for authentication in [
        Authentication::PrivateKeyJwt,
        Authentication::SelfSignedTlsClientAuth,
        Authentication::TlsClientAuth,
    ] {
        for binding in [Binding::Dpop, Binding::Mtls] {
            for refresh in POLICIES {
                let setup = Setup { authentication, binding, refresh, ..Setup::default() };
                let mut world = World::new(setup);
                let (client, grant) = world.stored();
                let renewed = world.renewed(&client, &grant);
                let renewed = world.renewed(&client, &renewed);
                let token = renewed.tokens().access_token();
                assert_eq!(token.bound_to(), grant.tokens().access_token().bound_to());
                world.accounts(&client, token).unwrap_or_else(|e| panic!("{setup:?}: {e}"));
            }
        }
    }
}

#[test]
fn rejects_refreshed_token_with_another_binding() {
    for (binding, token_type) in [(Binding::Dpop, "Bearer"), (Binding::Mtls, "DPoP")] {
        let mut world = World::new(Setup { binding, ..Setup::default() });
        let (client, grant) = world.stored();
        let patch = json!({ "token_type": token_type });
        world.tamper_at("/token", move |answer| patched(answer, &patch));
        let Err(Error::Server(fault)) = world.refresh(&client, &grant) else { panic!("taken") };
        assert_eq!(fault.rule, ServerRule::TokenType);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The client keeps the last refresh token that any response had.
    #[test]
    fn keeps_the_last_reported_refresh_token(tokens in prop::collection::vec(
        prop::option::of("[a-z]{1,12}"), 1..6)) {
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        let (client, mut grant) = world.stored();
        for token in tokens {
            let expected = token.clone().unwrap_or_else(|| refresh_token(&grant).to_owned());
            // The institution does not know the generated token, so the test writes its response.
            let body = json!({
                "access_token": "a", "token_type": "DPoP", "refresh_token": token,
            });
            world.tamper_at("/token", move |_| {
                answer(200, "application/json", body.to_string())
            });
            grant = world.renewed(&client, &grant);
            prop_assert_eq!(refresh_token(&grant), expected);
        }
    }
}

#[test]
fn an_id_token_whose_time_is_rejected_reports_the_offset_of_its_response() {
    const DATES: [(&str, i64); 2] =
        [("Mon, 05 Jan 2026 10:05:00 GMT", 300), ("Mon, 05 Jan 2026 09:59:00 GMT", -60)];
    let (past, future) = (start().as_seconds() - 7200, start().as_seconds() + 7200);
    for (date, offset) in DATES {
        for (patch, code, is_time) in [
            (json!({ "exp": past }), "oidc.id_token.exp.past", true),
            (json!({ "iat": future }), "oidc.id_token.iat.future", true),
            (json!({ "nbf": future }), "oidc.id_token.nbf", true),
            (json!({ "auth_time": future }), "oidc.id_token.auth_time", true),
            (json!({ "sub": null }), "oidc.id_token.sub", false),
        ] {
            // Before the exchange and before the refresh.
            for refreshed in [false, true] {
                let mut world = World::new(Setup::default());
                let key = keys(world.algorithm());
                let client = world.client().unwrap();
                let grant = refreshed.then(|| world.stored());
                let patch = patch.clone();
                world.tamper_at("/token", move |answer| {
                    if answer.status() != 200 {
                        return answer;
                    }
                    let mut answer = signed_again(answer, &patch, &key);
                    answer.headers_mut().insert(DATE, HeaderValue::from_static(date));
                    answer
                });
                let error = match grant {
                    Some((client, grant)) => {
                        let refreshed = world.refresh(&client, &grant).unwrap();
                        let keys = client.fetch_keys(world.now).unwrap();
                        let keys = world.run(keys).unwrap();
                        client.verify(refreshed, Some(&keys), world.now).unwrap_err().error
                    }
                    None => {
                        let exchanged = world.exchanged(&client);
                        world.verify(&client, exchanged).unwrap_err().error
                    }
                };
                assert_eq!(error.code(), code, "{refreshed}");
                assert_eq!(error.clock_offset(), is_time.then_some(offset), "{code} {date}");
            }
        }
    }
}
