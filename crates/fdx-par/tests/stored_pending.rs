//! The text form of a pending flow, for a store.

use fdx_jose::Algorithm;
use fdx_par::{Client, NextStep, ResponseMode, StoredStateFault};
use fdx_testkit::{Binding, Setup, World};
use serde_json::{Value, json};

fn stored(setup: Setup) -> (World, Client, Value, String) {
    let mut world = World::new(setup);
    let client = world.client().unwrap();
    let (pending, callback) = world.pending(&client);
    let text = serde_json::from_str(pending.to_json().expose()).unwrap();
    (world, client, text, callback)
}

#[test]
fn stored_flow_is_completed_by_another_node() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        for response_mode in [ResponseMode::Query, ResponseMode::Jwt] {
            let algorithm = Algorithm::Es256;
            let setup = Setup { algorithm, binding, response_mode, ..Setup::default() };
            let (mut world, _, text, callback) = stored(setup);
            let second = world.client().unwrap();
            let pending = second.restore_pending(&text.to_string()).unwrap();
            let exchanged = world.exchange(&second, pending, &callback).unwrap();
            let verified = world.verify(&second, exchanged).unwrap();
            assert!(world.granted(&second, verified).unwrap().coverage().is_whole());
        }
    }
}

#[test]
fn rejects_another_text_or_version() {
    let (mut world, client, text, _) = stored(Setup::default());
    let fault = |text: &str| client.restore_pending(text).map(drop).unwrap_err();
    let whole = text.to_string();
    for end in (0..whole.len()).step_by(7) {
        assert_eq!(fault(&whole[..end]), StoredStateFault::StoredPending.into(), "{end}");
    }
    for (pointer, value) in [
        ("/pending", json!(2)),
        ("/pending", json!("1")),
        ("/state", json!("A".repeat(67))),
        ("/state", json!("")),
        ("/code_verifier", json!("short")),
        ("/flow/id", json!("A".repeat(24))),
        ("/flow/scope", json!(1)),
        ("/flow/consent", json!(null)),
    ] {
        let mut text = text.clone();
        *text.pointer_mut(pointer).unwrap() = value;
        let error = fault(&text.to_string());
        assert_eq!(error, StoredStateFault::StoredPending.into(), "{pointer}");
        assert_eq!(error.next_step(), NextStep::Correct);
    }
    let exchanged = world.exchanged(&client);
    assert_eq!(fault(exchanged.to_json().expose()), StoredStateFault::StoredPending.into());
}

#[test]
fn rejects_the_flow_of_another_client() {
    let (_, client, text, _) = stored(Setup::default());
    for (pointer, value) in [
        ("/issuer", "https://evil.example"),
        ("/client_id", "app-2"),
        ("/flow/redirect_uri", "https://app.example/other"),
    ] {
        let mut text = text.clone();
        *text.pointer_mut(pointer).unwrap() = value.into();
        let error = client.restore_pending(&text.to_string()).unwrap_err();
        assert_eq!(error, StoredStateFault::OtherClient.into(), "{pointer}");
    }
}
