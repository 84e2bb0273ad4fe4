//! Requests are a function of configuration, entropy, time, responses and signatures.

use fdx_jose::Algorithm;
use fdx_par::{AuthorizationRequest, Error, Granted};
use fdx_sandbox::customer::Decision;
use fdx_testkit::{Answer, Binding, Setup, World, consent_request};

/// Runs the flow. With `recorded`, the responses and the callback are the recorded ones.
fn flow(
    world: &mut World,
    recorded: Option<(Vec<Answer>, String)>,
) -> Result<(Granted, String), Error> {
    let recorded_callback = recorded.as_ref().map(|(_, callback)| callback.clone());
    if let Some((answers, _)) = recorded {
        let mut answers = answers.into_iter();
        world.tamper(move |_, _| answers.next().expect("more requests than were recorded"));
    }
    let client = world.client()?;
    let request = AuthorizationRequest::new(consent_request()).openid().offline_access();
    let (url, pending) = world.push(&client, &request)?;
    let callback = match recorded_callback {
        Some(callback) => callback,
        None => world.customer(&url, &Decision::everything()),
    };
    let exchanged = world.exchange(&client, pending, &callback)?;
    let verified = world.verify(&client, exchanged)?;
    Ok((world.granted(&client, verified)?, callback))
}

#[test]
fn the_same_answers_give_the_same_signing_inputs_with_every_algorithm() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Ps256] {
        for binding in [Binding::Dpop, Binding::Mtls] {
            let setup = Setup { algorithm, binding, ..Setup::default() };
            let mut first = World::new(setup);
            let (_, callback) = flow(&mut first, None).unwrap();
            let mut second = World::new(setup);
            flow(&mut second, Some((first.answers.clone(), callback))).unwrap();

            assert!(first.signed.len() >= 2, "{algorithm:?} {binding:?}");
            assert_eq!(first.signed, second.signed, "{algorithm:?} {binding:?}");
        }
    }
}

#[test]
fn with_ed25519_whole_requests_are_the_same_byte_for_byte() {
    for binding in [Binding::Dpop, Binding::Mtls] {
        let setup = Setup { binding, ..Setup::default() };
        let mut first = World::new(setup);
        let (_, callback) = flow(&mut first, None).unwrap();
        let mut second = World::new(setup);
        flow(&mut second, Some((first.answers.clone(), callback))).unwrap();

        assert_eq!(first.sent.len(), second.sent.len());
        for (a, b) in first.sent.iter().zip(&second.sent) {
            assert_eq!(a.http.method(), b.http.method());
            assert_eq!(a.http.uri(), b.http.uri());
            assert_eq!(a.http.headers(), b.http.headers());
            assert_eq!(a.http.body(), b.http.body());
        }
    }
}

#[test]
fn other_entropy_gives_other_requests() {
    // The control: the requests that the two tests above compare depend on the arguments.
    let mut world = World::new(Setup::default());
    let client = world.client().unwrap();
    let request = AuthorizationRequest::new(consent_request());
    let input = |number| {
        let entropy = fdx_testkit::entropy(number);
        client.push(&request, entropy, world.now).unwrap().signing_inputs()[0].bytes().to_vec()
    };
    assert_ne!(input(1), input(2));
    assert_eq!(input(1), input(1));
}
