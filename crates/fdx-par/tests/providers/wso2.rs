//! The sandbox does not imitate the toolkit. These are the responses of the toolkit's walkthrough.

use fdx_jose::{Algorithm, RequestObjectKey};
use fdx_par::dialect::{Member, WSO2};
use fdx_par::{Callback, Dialect, RequestObjects};
use fdx_testkit::{
    Binding, Setup, WireTexts, World, answer, claims, consent_request, entropy, keys, persisted,
    usual_request, wire_text,
};
use serde_json::json;

use super::members::without;

fn world(dialect: Dialect) -> World {
    let setup = Setup { algorithm: Algorithm::Ps256, binding: Binding::Mtls, ..Setup::default() };
    let mut world = World::new(setup);
    let key = RequestObjectKey::new(keys(Algorithm::Ps256).public().clone());
    world.config.request_objects = RequestObjects::signed(key);
    world.config.dialect = dialect;
    world
}

/// Runs the flow from discovery to the tokens, and compares all requests with the recorded ones.
fn flow(dialect: Dialect, texts: &mut Option<WireTexts>) -> Vec<String> {
    let mut world = world(dialect);
    let client = world.client().unwrap();
    world.tamper_at("/par", |_| {
        let body =
            r#"{"request_uri":"urn:ietf:params:oauth:par:request_uri:0f1a","expires_in":60}"#;
        answer(201, "application/json", body)
    });
    let draft = client.push(&usual_request(), entropy(1), world.now).unwrap();
    let (url, pending) = world.run(draft).unwrap().redirect(world.now).unwrap();
    let pushed = world.sent.last().unwrap().form();
    let state = claims(&pushed["request"])["state"].as_str().unwrap().to_owned();
    let place = "https://app.example/callback";
    let callback = format!("{place}?code=c0de&state={state}&iss=https%3A%2F%2Fbank.example");
    let Ok(Callback::Code(accepted)) = client.callback(pending, &callback, world.now) else {
        panic!("no code");
    };
    if let Some(texts) = texts {
        texts.step("discover-and-push", &world);
        texts.browser("authorize", url.as_str());
    }
    // The toolkit repeats the requested details, not the granted ones.
    let body = json!({
        "access_token": "eyJ4NXQi", "token_type": "Bearer", "expires_in": 3600,
        "refresh_token": "b8ad", "fdxConsentId": "c-7f3a",
        "authorization_details": [{ "type": "fdx_v1.0", "consentRequest": consent_request() }],
        "scope": "fdx:accountdetail:read fdx:transactions:read",
    });
    world.tamper_at("/token", move |_| answer(200, "application/json", body.to_string()));
    let draft = client.exchange(accepted, entropy(2), world.now).unwrap();
    let exchanged = world.run(draft).unwrap();
    if let Some(texts) = texts {
        texts.step("exchange", &world);
    }
    let scopes = persisted(&exchanged.to_json())["scope"].as_str().unwrap().to_owned();
    let sent = world.sent.iter().map(|request| wire_text(&request.http));
    sent.chain([url.as_str().to_owned(), scopes]).collect()
}

#[test]
fn every_request_is_as_recorded() {
    let texts = flow(WSO2, &mut Some(WireTexts::of("wso2")));
    assert_eq!(texts.last().unwrap(), "fdx:accountdetailed:read fdx:transactions:read");
}

#[test]
fn each_member_shows_in_the_requests() {
    let whole = flow(WSO2, &mut None);
    assert_eq!(flow(WSO2, &mut None), whole);
    for line in WSO2.members() {
        let name = line.member.name();
        if line.member == Member::DetailsRepeatTheRequest {
            continue; // `granted_access` shows it: it changes what counts as granted.
        }
        assert_ne!(flow(without(WSO2, name), &mut None), whole, "{name}");
    }
}
