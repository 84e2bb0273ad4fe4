//! Every combination of FAPI 2.0's client authentication, binding, push and callback, with every
//! algorithm, against the institution in memory.

use fdx_par::ClientCertificate;
use fdx_sandbox::customer::Decision;
use fdx_testkit::{Authentication, Binding, Setup, World, matrix};

#[test]
fn every_combination_reaches_the_grant() {
    let matrix = matrix();
    assert_eq!(matrix.len(), 72);
    for setup in matrix {
        let mut world = World::new(setup);
        let (client, granted) = world
            .flow(&Decision::less_than_requested())
            .unwrap_or_else(|error| panic!("{setup:?}: {error}, {:?}", world.bank.last_verdicts()));
        assert!(granted.coverage().is_partial(), "{setup:?}");
        let receipt = client.receipt(&granted, world.now).unwrap();
        assert_eq!(receipt.consent_id(), granted.consent_id(), "{setup:?}");
        certificates(&world, setup);
    }
}

/// The client presents its certificate exactly where the table requires it.
fn certificates(world: &World, setup: Setup) {
    for request in &world.sent {
        let path = request.http.uri().path();
        let by_certificate = setup.authentication != Authentication::PrivateKeyJwt;
        let bound = setup.binding == Binding::Mtls;
        let shown = match path {
            "/token" => by_certificate || bound,
            "/par" | "/introspect" | "/revoke" => by_certificate,
            _ if path.starts_with("/fdx/") => bound,
            _ => false,
        };
        assert_eq!(request.certificate == ClientCertificate::Present, shown, "{setup:?} {path}");
    }
}
