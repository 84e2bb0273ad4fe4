//! A client at an institution, with its stored consents there.

use fdx_par::{Client, discover};
use fdx_store::Tenant;
use fdx_store::procedure::Consents;
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::KeyRing;
use fdx_transport_hyper::system_now;

use crate::connect::config::Config;
use crate::connect::discovery;
use crate::connect::setup::Setup;
use crate::dialect;
use crate::error::Failure;
use crate::print::message;
use crate::store::{Driving, Store};

/// A client at an institution, with its stored consents there.
pub(crate) struct Institution {
    pub(crate) setup: Setup,
    pub(crate) consents: Consents,
}

impl Institution {
    /// Discovers the institution of a configuration. `ring` opens the tokens of its consents.
    pub(crate) async fn discovered(
        setup: Setup,
        config: &Config,
        ring: KeyRing,
    ) -> Result<Self, Failure> {
        let client = client(&setup, config).await?;
        let policy = RefreshPolicy::new(config.dialect().refresh_tokens());
        let consents = Consents::new(client, Tenant::default(), ring, None, policy);
        let consents = consents.map_err(|error| {
            Failure::usage(format!("dialect {}: {error}", config.dialect().name()), "report it")
        })?;
        Ok(Self { setup, consents })
    }

    /// The driver of procedures on a store. It announces waits.
    pub(crate) fn driving<'a>(&'a self, store: &'a Store) -> Driving<'a> {
        Driving { institution: &self.setup.driver, store, says_waits: true }
    }
}

/// Discovers the institution of a configuration.
async fn client(setup: &Setup, config: &Config) -> Result<Client, Failure> {
    const DOING: &str = "discovering the institution";
    let dialect = config.dialect();
    let metadata = match dialect.documented_metadata(&config.issuer) {
        Ok(documented) => {
            message(&format!(
                "{} publishes no metadata: using the documented endpoints",
                dialect.provider()
            ));
            documented
        }
        Err(_) => {
            message(&format!("Discovering {}", config.issuer));
            let well_known = config.well_known();
            let draft = discover(&config.issuer, well_known, system_now());
            match setup.driver.run(DOING, draft).await {
                Ok(metadata) => metadata,
                Err(failure) => {
                    let (driver, issuer) = (&setup.driver, &config.issuer);
                    return Err(discovery::hint(failure, driver, issuer, well_known).await);
                }
            }
        }
    };
    Client::new(setup.client.clone(), metadata).map_err(|error| {
        let failure = Failure::protocol(DOING, &error);
        match dialect::lacking(dialect, &error) {
            Some(setting) => failure.saying(setting),
            None => failure,
        }
    })
}
