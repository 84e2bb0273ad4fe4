use std::fmt::Debug;

use fdx_par::{Draft, Error, Output, Registrar, Step};
use fdx_testkit::{Setup, World, patched};
use serde_json::json;

use super::scene::{self, INITIAL, initial, usual};

/// Everything that can be printed on the way of an exchange.
fn run<T: Debug + Output>(
    world: &mut World,
    printed: &mut String,
    draft: Draft<T>,
) -> Result<T, Error> {
    *printed += &format!("{draft:?}");
    let (request, sent) = draft.attach(Vec::new()).unwrap();
    *printed += &format!("{request:?} {} {sent:?}", request.url());
    let certificate = request.certificate();
    let http = request.into_http();
    *printed += &format!("{:?} {}", http.headers(), http.uri());
    let step = sent.receive(world.carry(http, certificate), world.now);
    *printed += &format!("{step:?}");
    match step {
        Ok(Step::Done(done)) => Ok(done),
        Ok(Step::Again(_)) => panic!("nobody asked for a nonce"),
        Err(error) => {
            *printed += &format!("{error} {error:?} {:?}", error.said());
            Err(error)
        }
    }
}

fn life(world: &mut World, registrar: &Registrar, printed: &mut String) -> Result<(), Error> {
    *printed += &format!("{registrar:?} {:?}", initial());
    let draft = registrar.register(initial(), world.draw(), world.now)?;
    let first = run(world, printed, draft)?;
    let draft = registrar.read(&first, world.draw(), world.now)?;
    let read = run(world, printed, draft)?;
    *printed += &format!("{:?}", read.access());
    let draft = registrar.update(&read, world.draw(), world.now)?;
    let updated = run(world, printed, draft)?;
    *printed += &format!("{:?}", updated.to_json());
    let draft = registrar.delete(&updated, world.draw(), world.now)?;
    run(world, printed, draft)?;
    let draft = registrar.delete(&updated, world.draw(), world.now)?;
    run(world, printed, draft).map(drop)
}

#[test]
fn no_registration_token_and_no_secret_is_printed() {
    let secret = "client-secret-that-was-planted";
    let setup = Setup::default();
    let mut world = scene::world(setup);
    let registrar = usual(&mut world, setup);
    world.tamper(move |_, answer| match answer.status().as_u16() {
        200 | 201 => patched(answer, &json!({"client_secret": secret})),
        _ => answer,
    });
    let mut printed = String::new();
    assert!(life(&mut world, &registrar, &mut printed).is_err(), "deleted twice");
    let mut secrets = vec![INITIAL.to_owned(), secret.to_owned()];
    for asked in &world.sent {
        let header = asked.header("authorization");
        secrets.extend(header.strip_prefix("Bearer ").map(str::to_owned));
    }
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 5, "the initial one, three that rotate, and the client's secret");
    for secret in secrets {
        assert!(!printed.contains(&secret), "{secret} was printed");
    }
    assert!(printed.contains("[redacted]"));
}

#[test]
fn nothing_secret_is_kept_of_an_answer_that_is_refused() {
    let (mut world, registrar) = scene::everything();
    let planted = "registration-access-token-planted";
    let patch = json!({"client_id": 7, "registration_access_token": planted});
    let error = scene::answered(&mut world, &registrar, &patch).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(planted));
}
