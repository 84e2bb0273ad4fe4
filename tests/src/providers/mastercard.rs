use fdx_jose::Algorithm;
use fdx_par::dialect::MASTERCARD;
use fdx_par::not_fapi::Unbound;
use fdx_par::{AuthorizationRequest, Dialect, SenderConstraint};
use fdx_sandbox::Provider;

use super::{Provided, played, signs_ps256};
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

fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(consent_request()).openid().offline_access()
}
