use fdx_jose::Algorithm;
use fdx_par::ResponseMode;

use crate::setup::{Authentication, Binding, Requests, Setup};

/// Every way of FAPI 2.0 to authenticate, to bind, to push and to come back, with every algorithm:
/// 72 combinations.
#[must_use]
pub fn matrix() -> Vec<Setup> {
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
