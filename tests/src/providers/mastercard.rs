use fdx_jose::{Algorithm, Jwks, backend};
use fdx_par::dialect::MASTERCARD;
use fdx_par::not_fapi::Unbound;
use fdx_par::{AuthorizationRequest, Dialect, SenderConstraint};
use fdx_sandbox::{
    Binding, Institution, InstitutionConfig, Provider, RefreshPolicy, RegisteredClient,
};
use fdx_wire::HttpsUrl;

use super::{Provided, signs_ps256};
use crate::World;
use crate::setup::{Setup, bank_issuer, consent_request, entropy, keys, scopes};

pub(super) const PROVIDED: Provided = Provided { dialect: MASTERCARD, world, request };

fn world(dialect: Dialect) -> World {
    let algorithm = Algorithm::Ps256;
    let mut config = Setup { algorithm, ..Setup::default() }.config().with_dialect(dialect);
    signs_ps256(&mut config);
    config.sender_constraint = SenderConstraint::NotFapi(Unbound);
    config.id_token_signed_response_alg = Some(algorithm);

    let uris = vec![config.redirect_uri.clone()];
    let jwks = Jwks::new(vec![keys(algorithm).public().clone()]);
    let mut client = RegisteredClient::new("app-1", uris, jwks, Binding::Nothing);
    client.id_token_signed_response_alg = algorithm;
    client.request_object_signing_alg = Some(algorithm);
    client.scopes = scopes();
    let mtls = HttpsUrl::parse("https://mtls.bank.example").unwrap();
    let mut bank =
        InstitutionConfig::new(bank_issuer(), mtls, backend::ring(), vec![keys(algorithm)]);
    bank.provider = Provider::Mastercard;
    bank.refresh_policy = RefreshPolicy::Repeat;
    bank.clients = vec![client];
    World::of(algorithm, Institution::new(bank, entropy(200)), config)
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(consent_request()).openid().offline_access()
}
