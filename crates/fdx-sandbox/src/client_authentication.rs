//! Client authentication as FAPI 2.0 narrows it: by a signature, or by a certificate.

mod mutual_tls;
mod private_key_jwt;
mod secret;

use std::time::Duration;

use fdx_wire::form::Query;

use crate::client::{ClientAuthentication, RegisteredClient};
use crate::config::InstitutionConfig;
use crate::error::Broken;
use crate::institution::Institution;
use crate::received::{Received, value};

/// FAPI 2.0 Security Profile 5.3.2.1-13: at most 60 seconds into the future.
pub(crate) const AHEAD: Duration = Duration::from_secs(60);

impl Institution {
    /// Finds out who sent `form`: by the one signed thing in it or, where it holds no credentials
    /// at all, by the connection that it came over; where the client has a secret, which is not
    /// FAPI, by that.
    pub(crate) fn authenticate<'c>(
        &mut self,
        config: &'c InstitutionConfig,
        form: &Query<'_>,
        received: &Received<'_>,
    ) -> Result<&'c RegisteredClient, Broken> {
        if let Some(client) = secret::claimed(config, form, received) {
            secret::check(&mut self.verdicts, client, form, received)?;
            return Ok(client);
        }
        let credentials = ["client_assertion", "client_assertion_type", "client_secret"];
        let bare = credentials.into_iter().all(|name| form.one(name) == Ok(None));
        // RFC 8705 2: client_id says whose certificate to expect.
        let client = value(form, "client_id").and_then(|client_id| config.client(client_id));
        match client {
            Some(client)
                if bare && client.authentication != ClientAuthentication::PrivateKeyJwt =>
            {
                mutual_tls::check(&mut self.verdicts, client, received.peer)?;
                Ok(client)
            }
            _ => private_key_jwt::authenticate(
                config,
                &mut self.assertions,
                &mut self.verdicts,
                form,
                received.now,
            ),
        }
    }
}
