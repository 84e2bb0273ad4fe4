use fdx_jose::Algorithm;
use fdx_par::dialect::{MASTERCARD, MASTERCARD_MOCK};
use fdx_par::not_fapi::Unbound;
use fdx_par::{AuthorizationRequest, Dialect, SenderConstraint};
use fdx_sandbox::Provider;
use fdx_wire::{HttpsUrl, Issuer};

use super::{Provided, played, played_at, signs_ps256};
use crate::World;
use crate::setup::{Setup, consent_request};

pub(super) const PROVIDED: Provided = Provided { dialect: MASTERCARD, world, request };

fn world(dialect: Dialect) -> World {
    let algorithm = Algorithm::Ps256;
    let mut config = Setup { algorithm, ..Setup::default() }.config().with_dialect(dialect);
    signs_ps256(&mut config);
    config.sender_constraint = SenderConstraint::NotFapi(Unbound);
    config.id_token_signed_response_alg = Some(algorithm);
    World::of(algorithm, played(Provider::Mastercard, algorithm, |_| ()), config)
}

/// The same on this machine, without TLS.
pub(super) const MOCK: Provided = Provided { dialect: MASTERCARD_MOCK, world: mock, request };

fn mock(dialect: Dialect) -> World {
    let usual = world(dialect);
    let mut config = usual.config;
    config.issuer = Issuer::parse_loopback("http://127.0.0.1:8080").unwrap();
    config.fdx_base = HttpsUrl::parse_loopback("http://127.0.0.1:8080/fdx/v6").unwrap();
    let issuer = config.issuer.clone();
    let bank = played_at(issuer, Provider::Mastercard, Algorithm::Ps256, |_| ());
    World::of(Algorithm::Ps256, bank, config)
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(consent_request()).openid().offline_access()
}
