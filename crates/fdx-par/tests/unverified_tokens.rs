//! Tokens before verification: they can be verified, persisted, restored, refreshed and revoked.

use fdx_jose::Algorithm;
use fdx_par::{
    AuthorizationRequest, Client, Error, Exchanged, NextStep, ResponseMode, Revoked, ServerRule,
    StoredStateFault, TokenTypeHint, UnverifiedTokens, Verification, consent::Identity,
};
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{NoncePolicy, RefreshPolicy};
use fdx_testkit::{
    Answer, Binding, Setup, World, consent_request, entropy, keys, patched, persisted, restored,
    signed_again,
};
use fdx_wire::{RedirectUri, Secret, UnixTime};
use serde_json::{Value, json};

/// Longer than an ID token of the sandbox is valid.
const LATER: core::time::Duration = core::time::Duration::from_secs(3600);

/// A usual exchange, persisted before verification.
fn persisted_exchange(setup: Setup) -> (World, Client, Secret) {
    let mut world = World::new(setup);
    let client = world.client().unwrap();
    let exchanged = world.exchanged(&client);
    let text = exchanged.to_json();
    (world, client, text)
}

/// An exchange without `openid`, whose token response is changed by `change`.
fn exchange_without_openid(change: fn(Answer) -> Answer) -> (World, Client, Exchanged) {
    let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
    let client = world.client().unwrap();
    let request = AuthorizationRequest::new(consent_request()).offline_access();
    let (url, pending) = world.push(&client, &request).unwrap();
    let callback = world.customer(&url, &Decision::everything());
    world.tamper_at("/token", change);
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    (world, client, exchanged)
}

fn refresh(world: &mut World, client: &Client, exchanged: Exchanged) -> Exchanged {
    let renewed = world.refresh_unverified(client, &exchanged.into()).unwrap();
    let renewed = client.restore_unverified(renewed.to_json().expose()).unwrap();
    match renewed {
        UnverifiedTokens::Exchanged(exchanged) => exchanged,
        UnverifiedTokens::Refreshed(_) => panic!("the exchange is forgotten"),
    }
}

fn code(error: &Error) -> &'static str {
    error.code()
}

#[test]
fn restore_rejects_unverified_tokens() {
    let (_, client, text) = persisted_exchange(Setup::default());
    let error = client.restore(text.expose()).unwrap_err();
    assert_eq!(error, StoredStateFault::StoredUnverified.into());
    assert!(error.to_string().contains("restore_unverified"), "{error}");

    // The text of refreshed tokens is not accepted as a grant either.
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let refreshed = world.refresh(&client, &grant).unwrap();
    let error = client.restore(refreshed.to_json().expose()).unwrap_err();
    assert_eq!(error, StoredStateFault::StoredUnverified.into());

    // The grant inside the text is not accepted alone.
    let inside = persisted(&text).to_string();
    assert_eq!(client.restore(&inside).unwrap_err(), StoredStateFault::StoredGrant.into());
}

#[test]
fn restore_unverified_rejects_a_verified_grant() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let error = client.restore_unverified(grant.to_json().expose()).unwrap_err();
    assert_eq!(error, StoredStateFault::StoredVerified.into());
    for text in ["", "{}", "[]", r#"{"unverified":1}"#, r#"{"version":1}"#] {
        let error = client.restore_unverified(text).unwrap_err();
        assert_eq!(error, StoredStateFault::StoredGrant.into(), "{text}");
    }
}

#[test]
fn restore_unverified_rejects_other_versions_and_damaged_members() {
    let (_, client, text) = persisted_exchange(Setup::default());
    let whole: Value = serde_json::from_str(text.expose()).unwrap();
    for (pointer, value) in [
        ("/unverified", json!(2)),
        ("/unverified", json!("1")),
        ("/grant/token_type", json!("Basic")),
        ("/grant/access_token", json!(7)),
        ("/exchange/flow/id", json!("short")),
        ("/exchange/flow/pushed_sha256", json!("AAAA")),
        ("/exchange/flow/consent", json!(null)),
        ("/exchange/flow/scope", json!("a\tb")),
        ("/exchange/exchanged_at", json!("soon")),
        ("/exchange/id_token_from", json!("elsewhere")),
        ("/response/received_at", json!("now")),
    ] {
        let mut text = whole.clone();
        *text.pointer_mut(pointer).unwrap() = value;
        let error = client.restore_unverified(&text.to_string()).unwrap_err();
        assert_eq!(error, StoredStateFault::StoredGrant.into(), "{pointer}");
    }
    for end in 0..text.expose().len() {
        assert!(client.restore_unverified(&text.expose()[..end]).is_err(), "{end}");
    }
}

#[test]
fn restore_unverified_rejects_another_issuer_client_or_redirect_uri() {
    let (_, client, text) = persisted_exchange(Setup::default());
    let whole: Value = serde_json::from_str(text.expose()).unwrap();
    for (pointer, value) in [
        ("/grant/issuer", "https://evil.example"),
        ("/grant/client_id", "app-2"),
        ("/exchange/flow/redirect_uri", "https://app.example/other"),
    ] {
        let mut text = whole.clone();
        *text.pointer_mut(pointer).unwrap() = value.into();
        let error = client.restore_unverified(&text.to_string()).unwrap_err();
        assert_eq!(error, StoredStateFault::OtherClient.into(), "{pointer}");
    }
}

#[test]
fn a_restored_exchange_is_verified_as_if_it_had_not_been_persisted() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let setup = Setup { binding, ..Setup::default() };
        let (mut world, client, text) = persisted_exchange(setup);
        let exchanged = restored(&client, &text);
        assert_eq!(exchanged.to_json(), text);
        let verified = world.verify(&client, exchanged).unwrap();
        assert_eq!(verified.id_token().unwrap().subject(), "cust-1");
        let granted = world.granted(&client, verified).unwrap();
        assert!(granted.coverage().is_whole());
        let receipt = client.receipt(&granted, world.now).unwrap();
        assert_eq!(receipt.consent_id(), granted.consent_id());
        world.accounts(&client, granted.tokens().access_token()).unwrap();
    }
}

#[test]
fn a_restored_exchange_is_refused_for_every_claim_that_would_have_been_refused() {
    for (patch, expected) in [
        (json!({ "iss": "https://evil.example" }), "oidc.id_token.iss"),
        (json!({ "aud": "app-2" }), "oidc.id_token.aud"),
        (json!({ "nonce": "another" }), "oidc.id_token.nonce"),
        (json!({ "nonce": null }), "oidc.id_token.nonce"),
        (json!({ "at_hash": "AAAA" }), "oidc.id_token.at_hash"),
        (json!({ "sub": null }), "oidc.id_token.sub"),
        (json!({ "fdxConsentId": "another" }), "fdx.consent_id.conflict"),
    ] {
        let mut world = World::new(Setup::default());
        let client = world.client().unwrap();
        let key = keys(world.algorithm());
        world.tamper_at("/token", move |answer| {
            let answer = patched(answer, &json!({ "grant_id": "c-1" }));
            let claims = json!({ "fdxConsentId": "c-1" });
            let mut claims = claims.as_object().unwrap().clone();
            claims.extend(patch.as_object().unwrap().clone());
            signed_again(answer, &Value::Object(claims), &key)
        });
        let exchanged = world.exchanged(&client);
        let exchanged = restored(&client, &exchanged.to_json());
        let refused = world.verify(&client, exchanged).unwrap_err();
        assert_eq!(code(&refused.error), expected);
    }
}

#[test]
fn an_id_token_of_an_unknown_key_is_refused_after_a_restore_too() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let forged = keys(Algorithm::Es256);
    world.tamper_at("/token", move |answer| signed_again(answer, &json!({}), &forged));
    let exchanged = world.exchanged(&client);
    let exchanged = restored(&client, &exchanged.to_json());
    let server_keys = world.run(client.fetch_keys(world.now).unwrap()).unwrap();
    let verification = client.verify(exchanged, Some(&server_keys), world.now).unwrap();
    assert!(matches!(verification, fdx_par::Verification::FetchKeys(_)), "{verification:?}");
}

#[test]
fn without_openid_a_restored_exchange_is_verified_without_keys() {
    let (mut world, client, exchanged) = exchange_without_openid(|answer| answer);
    let exchanged = restored(&client, &exchanged.to_json());
    let sent = world.sent.len();
    let verified = client.verify(exchanged, None, world.now).unwrap();
    let fdx_par::Verification::Done(verified) = verified else { panic!("{verified:?}") };
    assert_eq!(world.sent.len(), sent);
    assert!(verified.id_token().is_none());
    world.accounts(&client, verified.tokens().access_token()).unwrap();
}

#[test]
fn without_openid_the_consent_ids_are_checked_after_a_restore() {
    let conflict: fn(Answer) -> Answer =
        |answer| patched(answer, &json!({ "grant_id": "c-1", "fdxConsentId": "c-2" }));
    let invalid: fn(Answer) -> Answer = |answer| patched(answer, &json!({ "grant_id": ".." }));
    for (change, rule) in
        [(conflict, ServerRule::ConsentIdConflict), (invalid, ServerRule::ConsentIdInvalid)]
    {
        let (world, client, exchanged) = exchange_without_openid(change);
        let exchanged = restored(&client, &exchanged.to_json());
        let refused = client.verify(exchanged, None, world.now).unwrap_err();
        assert_eq!(code(&refused.error), rule.code());
    }
}

#[test]
fn a_refresh_repairs_no_conflict_of_consent_ids() {
    let (mut world, client, exchanged) =
        exchange_without_openid(|answer| patched(answer, &json!({ "grant_id": "another" })));
    world.tamper_at("/token", |answer| patched(answer, &json!({ "grant_id": "c-1" })));
    let exchanged = refresh(&mut world, &client, exchanged);
    let exchanged = refresh(&mut world, &client, exchanged);
    let refused = client.verify(exchanged, None, world.now).unwrap_err();
    assert_eq!(code(&refused.error), ServerRule::ConsentIdConflict.code());
}

#[test]
fn a_refresh_of_unverified_tokens_sends_the_refresh_token_and_keeps_the_flow() {
    for policy in [RefreshPolicy::Keep, RefreshPolicy::Repeat, RefreshPolicy::Rotate] {
        let setup = Setup { refresh: policy, ..Setup::default() };
        let (mut world, client, text) = persisted_exchange(setup);
        let old = persisted(&text)["refresh_token"].clone();
        let exchanged = refresh(&mut world, &client, restored(&client, &text));
        let form = world.asked("/token").last().unwrap().form();
        assert_eq!((&*form["grant_type"], json!(form["refresh_token"])), ("refresh_token", old));
        let verified = world.verify(&client, exchanged).unwrap();
        let granted = world.granted(&client, verified).unwrap();
        assert_eq!(granted.stored().identity().map(Identity::subject), Some("cust-1"));
        client.receipt(&granted, world.now).unwrap();
        let renewed = world.renewed(&client, &granted.stored());
        world.accounts(&client, renewed.tokens().access_token()).unwrap();
    }
}

#[test]
fn verifies_an_id_token_that_expired_after_it_arrived() {
    let (mut world, client, text) = persisted_exchange(Setup::default());
    world.now = world.now + LATER;
    let verified = world.verify(&client, restored(&client, &text)).unwrap();
    let grant = verified.without_grant().stored();
    assert_eq!(grant.identity().map(Identity::subject), Some("cust-1"));

    // From then on another customer is refused.
    let key = keys(world.algorithm());
    world.tamper_at("/token", move |it| signed_again(it, &json!({ "sub": "cust-2" }), &key));
    let refreshed = world.refresh(&client, &grant).unwrap();
    let refused = world.verify_refreshed(&client, refreshed).unwrap_err();
    assert_eq!(code(&refused.error), ServerRule::RefreshedIdentity.code());
}

#[test]
fn the_first_id_token_of_a_refresh_is_verified_like_any() {
    for (patch, expected) in [
        (json!({ "aud": "another" }), "oidc.id_token.aud"),
        (json!({ "nonce": "another" }), "oidc.id_token.nonce"),
        (json!({ "iss": "https://other.example" }), "oidc.id_token.iss"),
        (json!({ "at_hash": "AAAA" }), "oidc.id_token.at_hash"),
        (json!({ "sub": null }), "oidc.id_token.sub"),
    ] {
        let (mut world, client, text) = persisted_exchange(Setup::default());
        let key = keys(world.algorithm());
        world.tamper_at("/token", move |answer| signed_again(answer, &patch, &key));
        let exchanged = refresh(&mut world, &client, restored(&client, &text));
        let refused = world.verify(&client, exchanged).unwrap_err();
        assert_eq!(code(&refused.error), expected);
    }
}

#[test]
fn a_refresh_without_an_id_token_leaves_the_first_one_to_verify() {
    let (mut world, client, text) = persisted_exchange(Setup::default());
    world.tamper_at("/token", |answer| patched(answer, &json!({ "id_token": null })));
    let exchanged = refresh(&mut world, &client, restored(&client, &text));
    // at_hash is that of the first access token, also after a second refresh.
    let exchanged = refresh(&mut world, &client, exchanged);
    let verified = world.verify(&client, exchanged).unwrap();
    assert_eq!(verified.id_token().unwrap().subject(), "cust-1");
    world.accounts(&client, verified.tokens().access_token()).unwrap();
}

#[test]
fn a_refresh_without_an_id_token_verifies_nothing_that_was_rejected() {
    // The first one is refused as it was before the refresh.
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let key = keys(world.algorithm());
    world.tamper_at("/token", move |it| signed_again(it, &json!({ "nonce": "another" }), &key));
    let exchanged = world.exchanged(&client);
    world.tamper_at("/token", |answer| patched(answer, &json!({ "id_token": null })));
    let exchanged = refresh(&mut world, &client, exchanged);
    let refused = world.verify(&client, exchanged).unwrap_err();
    assert_eq!(code(&refused.error), "oidc.id_token.nonce");

    let revoked = world.revoke_unverified(&client, &refused.unspent, TokenTypeHint::RefreshToken);
    assert_eq!(revoked, Ok(Revoked));
}

#[test]
fn verifies_the_first_id_token_after_it_expired_and_a_refresh_returned_no_other() {
    let (mut world, client, text) = persisted_exchange(Setup::default());
    world.now = world.now + LATER;
    world.tamper_at("/token", |answer| patched(answer, &json!({ "id_token": null })));
    let exchanged = refresh(&mut world, &client, restored(&client, &text));
    let verified = world.verify(&client, exchanged).unwrap();
    assert_eq!(verified.id_token().unwrap().subject(), "cust-1");
}

#[test]
fn restores_tokens_after_many_refreshes_that_reported_long_consent_ids() {
    let (mut world, client, text) = persisted_exchange(Setup::default());
    let long = "x".repeat(200_000);
    world.tamper_at("/token", move |answer| patched(answer, &json!({ "grant_id": long })));
    let mut exchanged = restored(&client, &text);
    for _ in 0..8 {
        exchanged = refresh(&mut world, &client, exchanged);
    }
    let text = exchanged.to_json();
    let refused = world.verify(&client, restored(&client, &text)).unwrap_err();
    assert_eq!(code(&refused.error), ServerRule::ConsentIdInvalid.code());
}

#[test]
fn rejects_an_id_token_that_had_expired_when_it_arrived() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let key = keys(world.algorithm());
    let past = world.now.as_seconds() - 60;
    world.tamper_at("/token", move |it| signed_again(it, &json!({ "exp": past }), &key));
    let text = world.exchanged(&client).to_json();
    let refused = world.verify(&client, restored(&client, &text)).unwrap_err();
    assert_eq!(code(&refused.error), "oidc.id_token.exp.past");
}

#[test]
fn another_customer_s_refresh_is_not_verified_by_one_more_refresh() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let key = keys(world.algorithm());
    world.tamper_at("/token", move |it| signed_again(it, &json!({ "sub": "cust-2" }), &key));
    let refreshed = world.refresh(&client, &grant).unwrap();
    let refused = world.verify_refreshed(&client, refreshed).unwrap_err();
    assert_eq!(code(&refused.error), ServerRule::RefreshedIdentity.code());

    world.tamper_at("/token", |answer| patched(answer, &json!({ "id_token": null })));
    let again = world.refresh_unverified(&client, &(*refused.unspent).into()).unwrap();
    let text = again.to_json();
    assert!(persisted(&text)["refresh_token"].is_string(), "the refresh token is lost");
    let again = client.restore_unverified(text.expose()).unwrap();
    let UnverifiedTokens::Refreshed(again) = again else { panic!("{again:?}") };
    let refused = world.verify_refreshed(&client, again).unwrap_err();
    assert_eq!(code(&refused.error), ServerRule::RefreshedIdentity.code());
}

#[test]
fn a_restored_refresh_is_verified_against_the_first_id_token() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let refreshed = world.refresh(&client, &grant).unwrap();
    let text = refreshed.to_json();
    let restored = client.restore_unverified(text.expose()).unwrap();
    assert_eq!(restored.to_json(), text);
    let UnverifiedTokens::Refreshed(refreshed) = restored else { panic!("{restored:?}") };
    let renewed = world.verify_refreshed(&client, refreshed).unwrap();
    assert_eq!(renewed.identity().map(Identity::subject), Some("cust-1"));
    assert_eq!(renewed.consent_id(), grant.consent_id());
    world.accounts(&client, renewed.tokens().access_token()).unwrap();
}

#[test]
fn unverified_tokens_are_revoked_in_every_state() {
    for which in [TokenTypeHint::AccessToken, TokenTypeHint::RefreshToken] {
        let (mut world, client, text) = persisted_exchange(Setup::default());
        let revoked = world.revoke_unverified(&client, &restored(&client, &text), which);
        assert_eq!(revoked, Ok(Revoked));
        let sent = world.asked("/revoke").last().unwrap().form();
        assert_eq!(persisted(&text)[which.as_str()], *sent["token"]);

        let mut world = World::new(Setup::default());
        let (client, grant) = world.stored();
        let refreshed = world.refresh(&client, &grant).unwrap();
        let draft = client.revoke(&refreshed, which, world.draw(), world.now).unwrap();
        assert_eq!(world.run(draft), Ok(Revoked));
        let tokens = UnverifiedTokens::from(refreshed);
        let draft = client.revoke(&tokens, which, world.draw(), world.now).unwrap();
        assert_eq!(world.run(draft), Ok(Revoked));
    }
}

#[test]
fn another_client_neither_verifies_nor_refreshes_nor_revokes_unverified_tokens() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    let mut config = client.config().clone();
    config.client_id = "app-2".to_owned();
    let other = Client::new(config, client.metadata().clone()).unwrap();
    let refreshed = world.refresh(&client, &grant).unwrap();

    let error = other.revoke(&refreshed, TokenTypeHint::AccessToken, entropy(9), world.now);
    assert_eq!(error.err(), Some(StoredStateFault::OtherClient.into()));
    let refused = other.verify(refreshed, None, world.now).unwrap_err();
    assert_eq!(refused.error, StoredStateFault::OtherClient.into());
    assert_eq!(refused.error.next_step(), NextStep::StartOver);
    let tokens = UnverifiedTokens::from(*refused.unspent);
    let error = other.refresh_unverified(&tokens, entropy(9), world.now);
    assert_eq!(error.err(), Some(StoredStateFault::OtherClient.into()));

    let mut world = World::new(Setup::default());
    let exchanged = world.exchanged(&client);
    let error = other.restore_unverified(exchanged.to_json().expose()).unwrap_err();
    assert_eq!(error, StoredStateFault::OtherClient.into());
    let mut config = client.config().clone();
    config.redirect_uri = RedirectUri::parse("https://app.example/other").unwrap();
    let other = Client::new(config, client.metadata().clone()).unwrap();
    let refused = other.verify(exchanged, None, world.now).unwrap_err();
    assert_eq!(refused.error, StoredStateFault::OtherClient.into());
    let tokens = UnverifiedTokens::from(*refused.unspent);
    let error = other.refresh_unverified(&tokens, entropy(9), world.now);
    assert_eq!(error.err(), Some(StoredStateFault::OtherClient.into()));
}

/// Without an ID token of its own (OpenID Connect Core 12.2), and without a network.
#[test]
fn a_refresh_without_an_id_token_is_not_another_client_s() {
    let mut world = World::new(Setup::default());
    let (client, grant) = world.stored();
    world.tamper_at("/token", |answer| patched(answer, &json!({ "id_token": null })));
    let refreshed = world.refresh(&client, &grant).unwrap();
    let mut config = client.config().clone();
    config.client_id = "app-2".to_owned();
    let other = Client::new(config, client.metadata().clone()).unwrap();
    let refused = other.verify(refreshed, None, world.now).unwrap_err();
    assert_eq!(refused.error, StoredStateFault::OtherClient.into());
    let verified = client.verify(*refused.unspent, None, world.now).unwrap();
    assert!(matches!(verified, Verification::Done(_)));
}

#[test]
fn unverified_tokens_without_a_refresh_token_are_not_refreshed() {
    let (world, client, exchanged) =
        exchange_without_openid(|it| patched(it, &json!({ "refresh_token": null })));
    let error = client.refresh_unverified(&exchanged.into(), entropy(9), world.now).unwrap_err();
    assert_eq!(error, StoredStateFault::RefreshTokenMissing.into());
}

#[test]
fn max_age_counts_to_the_exchange_however_late_it_is_verified() {
    let login = |age: u64| {
        let mut world = World::new(Setup::default());
        let client = world.client().unwrap();
        let request =
            AuthorizationRequest::new(consent_request()).openid().offline_access().max_age(60);
        let (url, pending) = world.push(&client, &request).unwrap();
        let callback = world.customer(&url, &Decision::everything());
        let key = keys(world.algorithm());
        let at = world.now.as_seconds() - age;
        world.tamper_at("/token", move |it| signed_again(it, &json!({ "auth_time": at }), &key));
        let exchanged = world.exchange(&client, pending, &callback).unwrap();
        world.now = world.now + core::time::Duration::from_secs(120);
        assert!(world.now > UnixTime::from_seconds(at));
        let verified = world.verify(&client, restored(&client, &exchanged.to_json()));
        verified.map(drop).map_err(|refused| refused.error.code())
    };
    assert_eq!(login(30), Ok(()));
    assert_eq!(login(600), Err("oidc.id_token.auth_time.max_age"));
}

#[test]
fn the_text_prints_no_token() {
    let (_, client, text) = persisted_exchange(Setup::default());
    let tokens = client.restore_unverified(text.expose()).unwrap();
    let printed = format!("{tokens:?} {text:?}");
    for member in ["access_token", "refresh_token", "nonce"] {
        let secret = persisted(&text)[member].as_str().unwrap().to_owned();
        assert!(!printed.contains(&secret), "{member}: {printed}");
    }
}

#[test]
fn every_unverified_text_is_read_back() {
    let changes: [fn(Answer) -> Answer; 5] = [
        |answer| answer,
        |answer| patched(answer, &json!({ "id_token": null, "expires_in": null })),
        |answer| patched(answer, &json!({ "refresh_token": null, "scope": "" })),
        |answer| patched(answer, &json!({ "authorization_details": [{ "type": "x", "y": [1] }] })),
        |answer| patched(answer, &json!({ "authorization_details": 7, "fdxConsentId": "c-9" })),
    ];
    let requests: [fn() -> AuthorizationRequest; 3] = [
        || AuthorizationRequest::new(consent_request()).openid().offline_access(),
        || {
            AuthorizationRequest::new(consent_request())
                .openid()
                .max_age(60)
                .acr_values("a b")
                .unwrap()
        },
        || AuthorizationRequest::new(consent_request()),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for request in requests {
            let setup = Setup { response_mode: ResponseMode::Jwt, ..Setup::default() };
            let mut world = World::new(setup);
            let client = world.client().unwrap();
            let (url, pending) = world.push(&client, &request()).unwrap();
            let callback = world.customer(&url, &Decision::everything());
            world.tamper_at("/token", change);
            let exchanged = world.exchange(&client, pending, &callback).unwrap();
            let text = exchanged.to_json();
            assert_eq!(restored(&client, &text).to_json(), text, "{number}");
            let tokens = UnverifiedTokens::from(exchanged);
            world.tamper_at("/token", |it| patched(it, &json!({ "id_token": null })));
            if let Ok(renewed) = world.refresh_unverified(&client, &tokens) {
                let text = renewed.to_json();
                let again = client.restore_unverified(text.expose()).unwrap();
                assert_eq!(again.to_json(), text, "{number}");
            }
        }
    }
}

#[test]
fn details_and_scopes_that_were_requested_are_read_back() {
    let (_, client, text) = persisted_exchange(Setup::default());
    let whole: Value = serde_json::from_str(text.expose()).unwrap();
    for (members, good) in [
        (json!({ "requested_scope": "accounts" }), true),
        (json!({ "requested_scope": "accounts", "details": [{ "type": "x" }] }), true),
        (json!({ "details": [{ "type": "x" }] }), false),
        (json!({}), false),
    ] {
        let mut text = whole.clone();
        let flow = text.pointer_mut("/exchange/flow").unwrap().as_object_mut().unwrap();
        flow.remove("consent").unwrap();
        flow.extend(members.as_object().unwrap().clone());
        match client.restore_unverified(&text.to_string()) {
            Ok(tokens) => {
                let again: Value = serde_json::from_str(tokens.to_json().expose()).unwrap();
                assert!(good && again == text, "{members}: {again}");
            }
            Err(error) => {
                assert!(!good, "{members}");
                assert_eq!(error, StoredStateFault::StoredGrant.into(), "{members}");
            }
        }
    }
}
