//! A flow that requested a signed callback rejects any other, even after a change of configuration.

use fdx_jose::{SealingKey, SealingKeys, backend};
use fdx_par::{CallFault, Client, ResponseMode};
use fdx_sandbox::NoncePolicy;
use fdx_testkit::{Setup, World, claims, entropy};

/// The same client with another response mode.
fn in_mode(client: &Client, mode: ResponseMode) -> Client {
    let mut config = client.config().clone();
    config.response_mode = mode;
    Client::new(config, client.metadata().clone()).unwrap()
}

fn world(response_mode: ResponseMode) -> (World, Client) {
    let nonces = NoncePolicy::Silent;
    let mut world = World::new(Setup { response_mode, nonces, ..Setup::default() });
    let client = world.client().unwrap();
    (world, client)
}

#[test]
fn rejects_bare_code_if_a_signed_callback_was_requested() {
    let (mut world, client) = world(ResponseMode::Jwt);
    let (pending, back) = world.pending(&client);
    let keys = SealingKeys::new(backend::ring(), SealingKey::new(1, [1; 32]));
    let sealed = pending.seal(&keys, b"", entropy(8)).unwrap();
    let response = claims(back.split("response=").nth(1).unwrap());
    let state = response["state"].as_str().unwrap();
    let bare = format!(
        "https://app.example/callback?code=forged&state={state}&iss={}",
        client.config().issuer
    );
    let later = in_mode(&client, ResponseMode::Query);
    let opened = later.open(&sealed, &keys, b"", world.now).unwrap();
    for pending in [pending, opened] {
        assert_eq!(pending.response_mode(), ResponseMode::Jwt);
        let refused = later.callback(pending, &bare, world.now).unwrap_err();
        assert_eq!(refused.error, CallFault::ResponseMode.into());
        // The requested mode is still accepted.
        assert!(later.signed_callback(*refused.unspent, &back, world.now).is_ok());
    }
}

#[test]
fn query_flow_survives_a_configuration_change() {
    let (mut world, client) = world(ResponseMode::Query);
    let (pending, back) = world.pending(&client);
    let later = in_mode(&client, ResponseMode::Jwt);
    assert_eq!(pending.response_mode(), ResponseMode::Query);
    assert!(later.callback(pending, &back, world.now).is_ok());
}
