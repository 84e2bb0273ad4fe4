use core::time::Duration;

use fdx_jose::Algorithm;
use fdx_par::dialect::UAE;
use fdx_par::dialect::uae::{AccountAccessConsent, Billing, Permission};
use fdx_par::{AuthorizationRequest, Client, Dialect, Error};
use fdx_rar::Scopes;
use fdx_sandbox::Provider;
use fdx_wire::HttpsUrl;

use super::{Provided, played, signs_ps256};
use crate::World;
use crate::setup::{Binding, Setup, entropy, start};

pub(super) const PROVIDED: Provided = Provided { dialect: UAE, world, request, registers };

fn world(dialect: Dialect) -> World {
    let algorithm = Algorithm::Ps256;
    let setup = Setup { algorithm, binding: Binding::Mtls, ..Setup::default() };
    let mut config = setup.config().with_dialect(dialect);
    signs_ps256(&mut config);
    let base = "https://mtls.bank.example/open-finance/account-information/v2.1";
    config.fdx_base = HttpsUrl::parse(base).unwrap();
    config.id_token_signed_response_alg = Some(algorithm);
    World::of(algorithm, played(Provider::UAE, algorithm, |_| ()), config)
}

fn request() -> AuthorizationRequest {
    let ends = start() + Duration::from_secs(90 * 24 * 60 * 60);
    let billing = Billing { user_type: "Retail".into(), purpose: "AccountAggregation".into() };
    let details = AccountAccessConsent::new([7; 16], ends, billing)
        .permission(Permission::ReadAccountsBasic)
        .permission(Permission::ReadBalances)
        .authorization_details(start())
        .unwrap();
    AuthorizationRequest::of_details(details, Scopes::parse("accounts").unwrap()).openid()
}

/// By the certificate alone.
fn registers(world: &mut World, client: Client) -> Result<Client, Error> {
    // Whose dialect does not know how goes on without.
    if let Ok(draft) = client.register_by_certificate(entropy(9), world.now) {
        world.run(draft)?;
    }
    Ok(client)
}
