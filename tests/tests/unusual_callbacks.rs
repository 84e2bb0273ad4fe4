//! Callbacks that differ from the usual one, and still are right, or only look so.

use fdx_par::dialect::{Line, Member};
use fdx_par::{Callback, CallbackFault, Client, Dialect};
use fdx_sandbox::NoncePolicy;
use fdx_tests::{Setup, World, answer, patched, usual_request};
use fdx_wire::{RedirectUri, percent_encode};
use serde_json::{Value, json};

const ISS: &str = "https://bank.example";

const WITHOUT_ISS: Dialect = Dialect::new("without-iss", "a provider that leaves iss out")
    .with_members(&[Line { member: Member::CallbackWithoutIss, source: "this test" }]);

// RFC 9207 2.4: a response without iss of a server that says it sends one is discarded.
#[test]
fn a_dialect_lets_iss_be_missing_only_where_the_metadata_does_not_promise_it() {
    for (published, taken) in
        [(json!(true), false), (json!(false), true), (json!("true"), true), (Value::Null, true)]
    {
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        let patch = json!({ "authorization_response_iss_parameter_supported": published });
        world.tamper_at("/.well-known/oauth-authorization-server", move |answer| {
            patched(answer, &patch)
        });
        let fapi = world.client().unwrap();
        let config = fapi.config().clone().with_dialect(WITHOUT_ISS);
        let client = Client::new(config, fapi.metadata().clone()).unwrap();
        let (pending, url) = world.pending(&client);
        let iss = format!("iss={}", percent_encode(ISS));
        assert!(url.contains(&iss), "{url}");
        let without = url.replace(&iss, "");
        match client.callback(pending, &without, world.now) {
            Ok(_) => assert!(taken, "{published}"),
            Err(refused) => {
                assert_eq!(refused.error, CallbackFault::IssMissing.into(), "{published}");
                assert!(!taken, "{published}");
                // One that has it is checked as ever.
                let other = url.replace(&iss, "iss=https://evil.example");
                let refused = client.callback(*refused.unspent, &other, world.now).unwrap_err();
                assert_eq!(refused.error, CallbackFault::IssMismatch.into());
            }
        }
    }
}

// RFC 3986 6.2.3: an empty path is the path `/`, and browsers write the latter.
#[test]
fn a_redirect_uri_without_a_path_is_the_root_s() {
    for (registered, arrived) in [
        ("https://app.example", "https://app.example/"),
        ("https://app.example/", "https://app.example"),
        ("https://app.example", "https://app.example"),
    ] {
        let mut world = World::new(Setup { nonces: NoncePolicy::Silent, ..Setup::default() });
        world.tamper_at("/par", |_| {
            answer(201, "application/json", r#"{"request_uri":"urn:x","expires_in":60}"#)
        });
        let usual = world.client().unwrap();
        let mut config = usual.config().clone();
        config.redirect_uri = RedirectUri::parse(registered).unwrap();
        let client = Client::new(config, usual.metadata().clone()).unwrap();
        let (_, pending) = world.push(&client, &usual_request()).unwrap();
        let state = world.asked("/par").last().unwrap().form()["state"].clone();
        let url = |place| format!("{place}?error=access_denied&state={state}&iss={ISS}");
        let refused = client.callback(pending, &url("https://app.example/callback"), world.now);
        let refused = refused.unwrap_err();
        assert_eq!(refused.error, CallbackFault::OtherRedirectUri.into());
        let taken = client.callback(*refused.unspent, &url(arrived), world.now);
        assert!(matches!(taken, Ok(Callback::Denied(_))), "{registered} {arrived}");
    }
}
