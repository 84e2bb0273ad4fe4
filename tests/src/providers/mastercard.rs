use fdx_jose::{Algorithm, Jwks, backend};
use fdx_par::dialect::MASTERCARD;
use fdx_par::not_fapi::Unbound;
use fdx_par::{AuthorizationRequest, Dialect, SenderConstraint};
use fdx_sandbox::{Institution, InstitutionConfig, Provider};
use fdx_wire::HttpsUrl;

use super::{Provided, signs_ps256};
use crate::World;
use crate::setup::{Setup, bank_issuer, consent_request, entropy, keys};

pub(super) const PROVIDED: Provided = Provided { dialect: MASTERCARD, world, request };

fn world(dialect: Dialect) -> World {
    let algorithm = Algorithm::Ps256;
    let mut config = Setup { algorithm, ..Setup::default() }.config().with_dialect(dialect);
    signs_ps256(&mut config);
    config.sender_constraint = SenderConstraint::NotFapi(Unbound);
    config.id_token_signed_response_alg = Some(algorithm);

    let jwks = Jwks::new(vec![keys(algorithm).public().clone()]);
    let uris = vec![config.redirect_uri.clone()];
    let mtls = HttpsUrl::parse("https://mtls.bank.example").unwrap();
    let mut bank =
        InstitutionConfig::new(bank_issuer(), mtls, backend::ring(), vec![keys(algorithm)]);
    Provider::Mastercard.play(&mut bank);
    bank.clients = vec![Provider::Mastercard.client("app-1", uris, jwks)];
    World::of(algorithm, Institution::new(bank, entropy(200)), config)
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(consent_request()).openid().offline_access()
}
