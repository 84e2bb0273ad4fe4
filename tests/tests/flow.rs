//! The whole flow in memory: each binding, each algorithm, each carrier of the consent id.

use fdx_jose::Algorithm;
use fdx_par::{AuthorizationRequest, ClientCertificate, Error, NextStep, ResourceRequest};
use fdx_rar::{DataCluster, ResourceType};
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{ConsentIdCarrier, NoncePolicy};
use fdx_tests::{Binding, Setup, World, consent_request, entropy};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Ps256];

#[test]
fn every_algorithm_and_binding_reaches_the_grant() {
    for algorithm in ALGORITHMS {
        for binding in [Binding::Dpop, Binding::Mtls] {
            let mut world = World::new(Setup { algorithm, binding, ..Setup::default() });
            let (_, granted) = world.flow(&Decision::everything()).unwrap();
            assert!(granted.coverage().is_whole(), "{algorithm:?} {binding:?}");
            assert!(granted.notices().is_empty(), "{:?}", granted.notices());
        }
    }
}
