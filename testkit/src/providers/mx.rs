use fdx_par::not_fapi::{ClientSecret, MX, Unbound};
use fdx_par::{AuthorizationRequest, ClientAuthentication, Dialect, SenderConstraint};
use fdx_rar::Scopes;
use fdx_sandbox::{Provider, SecretPlace};
use fdx_wire::{HttpsUrl, Secret};

use super::{Provided, played, registered_before};
use crate::World;
use crate::setup::Setup;

pub(super) const PROVIDED: Provided =
    Provided { dialect: MX, world, request, registers: registered_before };

const SECRET: &str = "s3cret/of mx";

fn world(dialect: Dialect) -> World {
    let mut config = Setup::default().config().with_dialect(dialect);
    config.authentication = ClientAuthentication::NotFapi(ClientSecret::new(SECRET.to_owned()));
    config.sender_constraint = SenderConstraint::NotFapi(Unbound);
    config.fdx_base = HttpsUrl::parse("https://bank.example/fdx/v4").unwrap();
    let algorithm = Setup::default().algorithm;
    let bank = played(Provider::MX, algorithm, |client| {
        let secret = Secret::new(SECRET.to_owned());
        let secret = fdx_sandbox::ClientSecret { secret, place: SecretPlace::Basic };
        client.authentication = fdx_sandbox::ClientAuthentication::ClientSecret(secret);
    });
    World::of(algorithm, bank, config)
}

fn request() -> AuthorizationRequest {
    let scopes = "customers accounts transactions statements";
    AuthorizationRequest::of_scopes(Scopes::parse(scopes).unwrap()).openid()
}
