use fdx_par::dialect::AUTIONAL;
use fdx_par::not_fapi::{AUTIONAL_CLIENT_SECRET, ClientSecret};
use fdx_par::{AuthorizationRequest, ClientAuthentication, Dialect};
use fdx_rar::{AuthorizationDetails, OtherDetail, Scopes};
use fdx_sandbox::{Provider, SecretPlace};
use fdx_wire::json::RawJson;
use fdx_wire::{HttpsUrl, Secret};

use super::{Provided, played, registered_before};
use crate::World;
use crate::setup::Setup;

pub(super) const PROVIDED: Provided =
    Provided { dialect: AUTIONAL, world, request, registers: registered_before };

fn world(dialect: Dialect) -> World {
    let mut config = Setup::default().config().with_dialect(dialect);
    config.fdx_base = HttpsUrl::parse("https://bank.example/api/v1").unwrap();
    let algorithm = Setup::default().algorithm;
    let bank = played(Provider::AUTIONAL, algorithm, |client| {
        client.id_token_signed_response_alg = algorithm;
    });
    World::of(algorithm, bank, config)
}

/// The same with the secret that the document shows.
pub(super) const WITH_SECRET: Provided = Provided {
    dialect: AUTIONAL_CLIENT_SECRET,
    world: with_secret,
    request,
    registers: registered_before,
};

fn with_secret(dialect: Dialect) -> World {
    const SECRET: &str = "secret_abc123";
    let mut config = world(dialect).config;
    config.authentication = ClientAuthentication::NotFapi(ClientSecret::new(SECRET.to_owned()));
    let algorithm = Setup::default().algorithm;
    let bank = played(Provider::AUTIONAL, algorithm, |client| {
        client.id_token_signed_response_alg = algorithm;
        let secret = Secret::new(SECRET.to_owned());
        let secret = fdx_sandbox::ClientSecret { secret, place: SecretPlace::Body };
        client.authentication = fdx_sandbox::ClientAuthentication::ClientSecret(secret);
    });
    World::of(algorithm, bank, config)
}

fn request() -> AuthorizationRequest {
    let constraints = std::collections::BTreeMap::from([("max_age_days", 90)]);
    let detail = OtherDetail::new("account_information")
        .unwrap()
        .with_action("list_accounts")
        .with_action("read_balances")
        .with_location("https://bank.example/api/v1/accounts")
        .with_identifier("account-12345")
        .with_member("data_types", RawJson::of(&["account_details", "balances"]).unwrap())
        .unwrap()
        .with_member("constraints", RawJson::of(&constraints).unwrap())
        .unwrap();
    let details = AuthorizationDetails::of_other(detail);
    let resource = HttpsUrl::parse("https://bank.example/api/v1").unwrap();
    let scopes = Scopes::parse("profile").unwrap();
    AuthorizationRequest::of_details(details, scopes).openid().resource(&resource)
}
