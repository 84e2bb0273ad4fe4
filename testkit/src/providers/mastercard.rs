//! Mastercard, where clients register themselves.

use fdx_jose::Algorithm;
use fdx_par::dialect::{MASTERCARD, MASTERCARD_MOCK};
use fdx_par::not_fapi::Unbound;
use fdx_par::{
    AuthorizationRequest, Client, Dialect, Error, InitialAccess, Registrar, Registration,
    SenderConstraint,
};
use fdx_rar::Scopes;
use fdx_sandbox::Provider;
use fdx_wire::{HttpsUrl, Issuer};

use super::{JWKS_URI, Provided, played, played_at, signs_ps256};
use crate::World;
use crate::setup::{Setup, consent_request, entropy};

pub(super) const PROVIDED: Provided = Provided { dialect: MASTERCARD, world, request, registers };

fn world(dialect: Dialect) -> World {
    let algorithm = Algorithm::Ps256;
    let mut config = Setup { algorithm, ..Setup::default() }.config().with_dialect(dialect);
    signs_ps256(&mut config);
    config.sender_constraint = SenderConstraint::NotFapi(Unbound);
    config.id_token_signed_response_alg = Some(algorithm);
    World::of(algorithm, played(Provider::MASTERCARD, algorithm, |_| ()), config)
}

/// The same on this machine, without TLS.
pub(super) const MOCK: Provided =
    Provided { dialect: MASTERCARD_MOCK, world: mock, request, registers };

fn mock(dialect: Dialect) -> World {
    let usual = world(dialect);
    let mut config = usual.config;
    config.issuer = Issuer::parse_loopback("http://127.0.0.1:8080").unwrap();
    config.fdx_base = HttpsUrl::parse_loopback("http://127.0.0.1:8080/fdx/v6").unwrap();
    let issuer = config.issuer.clone();
    let bank = played_at(issuer, Provider::MASTERCARD, Algorithm::Ps256, |_| ());
    World::of(Algorithm::Ps256, bank, config)
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(consent_request()).openid().offline_access()
}

/// How the recipient describes itself.
///
/// # Panics
/// Never with these constants.
pub fn registration() -> Registration {
    let scopes = Provider::MASTERCARD.scopes().join(" ");
    Registration::new("Budget")
        .client_credentials()
        .scope(Scopes::parse(&scopes).unwrap())
        .jwks_uri(HttpsUrl::parse(JWKS_URI).unwrap())
}

/// By a token of the registrar's own: the client that registered goes on.
fn registers(world: &mut World, client: Client) -> Result<Client, Error> {
    let create = Scopes::parse("client.create").unwrap();
    let draft = client.client_credentials(&create, entropy(20), world.now)?;
    let token = world.run(draft)?.access_token().token().clone();
    let metadata = client.metadata().clone();
    let registrar = Registrar::new(client.config().clone(), &registration(), metadata.clone())?;
    let draft = registrar.register(InitialAccess::Token(token), entropy(21), world.now)?;
    let registered = world.run(draft)?;
    world.config = registrar.client_config(&registered)?;
    Client::new(world.config.clone(), metadata)
}
