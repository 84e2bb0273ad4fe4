use fdx_par::{Client, WellKnown, discover};

use crate::message::{answered, judge, response};
use crate::scene::{NOW, config, issuer};

/// A response of the discovery endpoint.
///
/// # Panics
/// If metadata of another issuer are accepted.
pub fn metadata(bytes: &[u8]) {
    for well_known in [WellKnown::OAuthAuthorizationServer, WellKnown::OpenidConfiguration] {
        let draft = discover(&issuer(), well_known, NOW).unwrap();
        let Some(read) = answered(draft, &response(bytes)) else { continue };
        assert_eq!(read.issuer(), &issuer());
        match Client::new(config(), read) {
            Ok(client) => assert_eq!(client.metadata().issuer(), &client.config().issuer),
            Err(error) => judge(&error),
        }
    }
}
