//! Every way of FAPI 2.0 to authenticate, to bind, to push and to come back, with every algorithm,
//! against the institution in memory.

use fdx_jose::Algorithm;
use fdx_par::{ClientCertificate, ResponseMode};
use fdx_sandbox::customer::Decision;
use fdx_tests::{Authentication, Binding, Requests, Setup, World};

fn matrix() -> Vec<Setup> {
    let mut setups = vec![Setup::default()];
    let mut by = |vary: &dyn Fn(Setup) -> Vec<Setup>| {
        setups = setups.drain(..).flat_map(vary).collect();
    };
    by(&|setup| {
        use Authentication::*;
        let all = [PrivateKeyJwt, TlsClientAuth, SelfSignedTlsClientAuth];
        all.map(|authentication| Setup { authentication, ..setup }).to_vec()
    });
    by(&|setup| [Binding::Dpop, Binding::Mtls].map(|binding| Setup { binding, ..setup }).to_vec());
    by(&|setup| {
        [Requests::Plain, Requests::Signed].map(|requests| Setup { requests, ..setup }).to_vec()
    });
    by(&|setup| {
        let modes = [ResponseMode::Query, ResponseMode::Jwt];
        modes.map(|response_mode| Setup { response_mode, ..setup }).to_vec()
    });
    by(&|setup| {
        let all = [Algorithm::Es256, Algorithm::Ps256, Algorithm::EdDsa];
        all.map(|algorithm| Setup { algorithm, ..setup }).to_vec()
    });
    setups
}

#[test]
fn every_combination_reaches_the_grant() {
    let matrix = matrix();
    assert_eq!(matrix.len(), 72);
    for setup in matrix {
        let mut world = World::new(setup);
        let (client, granted) = world
            .flow(&Decision::less_than_asked())
            .unwrap_or_else(|error| panic!("{setup:?}: {error}, {:?}", world.bank.last_verdicts()));
        assert!(granted.coverage().is_partial(), "{setup:?}");
        let receipt = client.receipt(&granted, world.now).unwrap();
        assert_eq!(receipt.consent_id(), granted.consent_id(), "{setup:?}");
        certificates(&world, setup);
    }
}

/// The certificate is shown where the table says, and nowhere else.
fn certificates(world: &World, setup: Setup) {
    for asked in &world.sent {
        let path = asked.http.uri().path();
        let by_certificate = setup.authentication != Authentication::PrivateKeyJwt;
        let bound = setup.binding == Binding::Mtls;
        let shown = match path {
            "/token" => by_certificate || bound,
            "/par" | "/introspect" | "/revoke" => by_certificate,
            _ if path.starts_with("/fdx/") => bound,
            _ => false,
        };
        assert_eq!(asked.certificate == ClientCertificate::Present, shown, "{setup:?} {path}");
    }
}
