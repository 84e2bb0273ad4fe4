//! Notices report deviations that a caller would not see, and values of another flow are rejected.

use fdx_jose::statement;
use fdx_par::dialect::{Line, Member};
use fdx_par::not_fapi::{self, Departure};
use fdx_par::{
    AuthorizationRequest, Callback, CallbackFault, Client, Dialect, Error, Notice, ResponseMode,
    StoredStateFault, Verification, Verified,
};
use fdx_rar::{ReceiptWarning, Scopes};
use fdx_sandbox::NoncePolicy;
use fdx_sandbox::customer::Decision;
use fdx_testkit::{
    Requests, Setup, World, answer, bank_issuer, claims, consent_request, entropy, patched,
};
use fdx_wire::form::Query;
use serde_json::json;

#[test]
fn reports_login_requirement_without_id_token() {
    let plain = AuthorizationRequest::new(consent_request());
    for (request, noticed) in [
        (plain.clone().max_age(60), true),
        (plain.clone().acr_values("phr").unwrap(), true),
        (plain.clone().openid().max_age(60), false),
        (plain, false),
    ] {
        let mut world = World::new(Setup::default());
        let client = world.client().unwrap();
        let draft = client.push(&request, entropy(1), world.now).unwrap();
        let pushed = world.run(draft).unwrap();
        assert_eq!(pushed.notices().contains(&Notice::LoginUnchecked), noticed, "{request:?}");
    }
}

#[test]
fn prompt_is_consent_exactly_if_openid_and_offline_access_are_requested() {
    let plain = || AuthorizationRequest::new(consent_request());
    for (request, listed, prompt) in [
        (plain(), true, None),
        (plain().openid(), true, None),
        (plain().offline_access(), true, None),
        (plain().openid().offline_access(), true, Some("consent")),
        // A scope that the server does not list is not requested.
        (plain().openid().offline_access(), false, None),
        (plain().openid().offline_access().prompt("login").unwrap(), true, Some("login")),
        (plain().prompt("login").unwrap(), true, Some("login")),
        (
            AuthorizationRequest::of_scopes(Scopes::parse("openid offline_access").unwrap()),
            true,
            Some("consent"),
        ),
    ] {
        for requests in [Requests::Plain, Requests::Signed] {
            let setup = Setup { requests, nonces: NoncePolicy::Silent, ..Setup::default() };
            let mut world = World::new(setup);
            if !listed {
                let patch = json!({ "scopes_supported": ["openid"] });
                world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
                    patched(answer, &patch)
                });
            }
            let client = world.client().unwrap();
            world.tamper_at("/par", |_| {
                answer(201, "application/json", r#"{"request_uri":"urn:x","expires_in":60}"#)
            });
            let draft = client.push(&request, entropy(1), world.now).unwrap();
            let _ = world.run(draft).unwrap();
            let form = world.sent.last().unwrap().form();
            let sent = match requests {
                Requests::Plain => form.get("prompt").cloned(),
                Requests::Signed => claims(&form["request"])["prompt"].as_str().map(str::to_owned),
            };
            assert_eq!(sent.as_deref(), prompt, "{requests:?} {listed} {request:?}");
        }
    }
}

#[test]
fn a_missing_refresh_token_is_noticed_if_offline_access_was_requested() {
    for (offline, issued, noticed) in
        [(true, true, false), (true, false, true), (false, true, false), (false, false, false)]
    {
        let mut world = World::new(Setup::default());
        let patch = match issued {
            true => json!({ "refresh_token": "refresh-token-1" }),
            false => json!({ "refresh_token": null }),
        };
        world.tamper_at("/token", move |answer| patched(answer, &patch));
        let client = world.client().unwrap();
        let request = AuthorizationRequest::new(consent_request()).openid();
        let request = if offline { request.offline_access() } else { request };
        let (url, pending) = world.push(&client, &request).unwrap();
        let callback = world.customer(&url, &Decision::everything());
        let exchanged = world.exchange(&client, pending, &callback).unwrap();
        let verified = world.verify(&client, exchanged).unwrap();
        let found = verified.notices().contains(&Notice::RefreshTokenMissing);
        assert_eq!(found, noticed, "offline {offline}, issued {issued}");
    }
}

/// A second flow of the same client, with entropy of its own.
fn another(world: &mut World, client: &Client) -> Verified {
    let request = AuthorizationRequest::new(consent_request());
    let pushed = world.run(client.push(&request, entropy(51), world.now).unwrap()).unwrap();
    let (url, pending) = pushed.redirect(world.now).unwrap();
    let back = world.customer(url.as_str(), &Decision::everything());
    let Callback::Code(code) = client.callback(pending, &back, world.now).unwrap() else {
        panic!("no code");
    };
    let exchanged = world.run(client.exchange(code, entropy(52), world.now).unwrap()).unwrap();
    let verified = client.verify(exchanged, None, world.now).unwrap();
    let Verification::Done(verified) = verified else { panic!("keys") };
    verified
}

const WITHOUT_ID_TOKEN: Dialect = Dialect::new("without-id-token", "a provider without ID tokens")
    .with_members(&[Line {
        member: Member::NotFapi(Departure::OpenidWithoutIdToken),
        source: "this test",
    }]);

#[test]
fn receipt_warns_of_missing_id_token() {
    for (comes, warnings) in [(true, &[][..]), (false, &[ReceiptWarning::NotFapi])] {
        let mut world = World::new(Setup::default());
        if !comes {
            world.tamper_at("/token", |answer| patched(answer, &json!({ "id_token": null })));
        }
        let fapi = world.client().unwrap();
        let config = fapi.config().clone().with_dialect(WITHOUT_ID_TOKEN);
        let client = Client::new(config, fapi.metadata().clone()).unwrap();
        let verified = world.verified(&client);
        let granted = world.granted(&client, verified).unwrap();
        assert_eq!(granted.id_token().is_some(), comes);
        // The flow itself was FAPI 2.0: the warning is about the missing token.
        assert_eq!(fapi.receipt(&granted, world.now).unwrap().warnings(), warnings);
    }
}

const UNPUSHED: Dialect = Dialect::new("unpushed", "a provider that takes no pushed requests")
    .with_members(&[Line { member: Member::NotFapi(Departure::NotPushed), source: "this test" }]);

#[test]
fn the_receipt_warns_of_a_request_that_was_not_pushed() {
    let mut world = World::new(Setup::default());
    world.tamper_at("/token", |_| {
        let body = json!({ "access_token": "at-1", "token_type": "DPoP", "expires_in": 300 });
        answer(200, "application/json", body.to_string())
    });
    let fapi = world.client().unwrap();
    let config = fapi.config().clone().with_dialect(UNPUSHED);
    let client = Client::new(config, fapi.metadata().clone()).unwrap();
    let request = AuthorizationRequest::of_scopes(Scopes::parse("accounts").unwrap());
    let authorized = not_fapi::authorize(&client, &request, entropy(1), world.now);
    let (url, pending) = authorized.unwrap();
    let (_, query) = url.as_str().split_once('?').unwrap();
    let state = Query::parse(query, 8192).unwrap().one("state").unwrap().unwrap().to_owned();
    let callback = format!("https://app.example/callback?code=c0de&state={state}");
    let callback = format!("{callback}&iss=https://bank.example");
    let exchanged = world.exchange(&client, pending, &callback).unwrap();
    let granted = world.verify(&client, exchanged).unwrap().without_grant();
    let warnings = [ReceiptWarning::NotFapi, ReceiptWarning::NoConsentId];
    // The warning does not depend on the current configuration.
    for client in [client, fapi] {
        assert_eq!(client.receipt(&granted, world.now).unwrap().warnings(), warnings);
    }
}

#[test]
fn rejects_introspection_of_another_flow() {
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let verified = world.verified(&client);
    let other = another(&mut world, &client);
    let draft = client.introspect(other.tokens().access_token(), entropy(41), world.now).unwrap();
    let introspection = world.run(draft).unwrap();
    let refused = verified.introspected(&introspection).unwrap_err();
    assert_eq!(refused.error, Error::StoredState(StoredStateFault::OtherClient));
    assert!(other.introspected(&introspection).is_ok());
}

#[test]
fn callback_with_wrong_state_causes_no_key_fetch() {
    let setup = Setup { response_mode: ResponseMode::Jwt, ..Setup::default() };
    let mut world = World::new(setup);
    let client = world.client().unwrap();
    let request = AuthorizationRequest::new(consent_request());
    let (url, pending) = world.push(&client, &request).unwrap();
    let right = world.customer(&url, &Decision::everything());

    let key = &world.keys[0];
    let stranger = key.public().clone().with_kid("unpublished");
    let claims = json!({
        "iss": bank_issuer().as_str(), "aud": "app-1", "exp": world.now.as_seconds() + 60,
        "state": "guessed", "code": "stolen",
    });
    let input = statement(&stranger, None, &claims).unwrap();
    let jwt = input.attach(&fdx_jose::Signer::sign(key, &input).unwrap()).unwrap();
    let (place, _) = right.split_once('?').unwrap();
    let wrong = format!("{place}?response={jwt}");

    let signed = client.signed_callback(pending, &wrong, world.now).unwrap();
    let refused = client.verify(signed, None, world.now).unwrap_err();
    assert_eq!(refused.error, Error::Callback(CallbackFault::StateMismatch));
    let pending = refused.unspent.into_pending();
    assert!(world.exchange(&client, pending, &right).is_ok());
}
