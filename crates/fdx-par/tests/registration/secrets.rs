use fdx_par::{Error, Registrar};
use fdx_testkit::{Printed, Setup, World, patched};
use serde_json::json;

use super::scene::{self, INITIAL, initial, usual};

fn life(world: &mut World, registrar: &Registrar, printed: &mut Printed) -> Result<(), Error> {
    printed.debug("registrar", registrar);
    printed.debug("initial access token", &initial());
    let draft = registrar.register(initial(), world.draw(), world.now)?;
    let first = printed.run(world, draft)?;
    let draft = registrar.read(&first, world.draw(), world.now)?;
    let read = printed.run(world, draft)?;
    printed.debug("access", &read.access());
    let draft = registrar.update(&read, world.draw(), world.now)?;
    let updated = printed.run(world, draft)?;
    printed.debug("text", &updated.to_json());
    let draft = registrar.delete(&updated, world.draw(), world.now)?;
    printed.run(world, draft)?;
    let draft = registrar.delete(&updated, world.draw(), world.now)?;
    printed.run(world, draft).map(drop)
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
    let mut printed = Printed::default();
    assert!(life(&mut world, &registrar, &mut printed).is_err(), "deleted twice");
    let mut secrets = vec![INITIAL.to_owned(), secret.to_owned()];
    for request in &world.sent {
        let header = request.header("authorization");
        secrets.extend(header.strip_prefix("Bearer ").map(str::to_owned));
    }
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 5, "the initial one, three that rotate, and the client's secret");
    let contains = |text: &str| printed.0.iter().any(|(_, printed)| printed.contains(text));
    for secret in secrets {
        assert!(!contains(&secret), "{secret} was printed");
    }
    assert!(contains("[redacted]"));
}

#[test]
fn rejected_registration_keeps_no_secret() {
    let (mut world, registrar) = scene::everything();
    let planted = "registration-access-token-planted";
    let patch = json!({"client_id": 7, "registration_access_token": planted});
    let error = scene::answered(&mut world, &registrar, &patch).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(planted));
}
