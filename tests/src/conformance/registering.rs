use fdx_par::{ClientConfig, InitialAccess, Registrar, Registration, ServerMetadata};
use fdx_rar::Scopes;
use fdx_sandbox::RegistrationPolicy;
use fdx_wire::Secret;

use super::walk::Walk;
use super::{Stop, Wire};
use crate::setup::{Setup, scopes};

const INITIAL: &str = "initial-access-token";

/// An institution takes whoever has this walk's token.
pub(super) fn open_to_tokens() -> RegistrationPolicy {
    RegistrationPolicy::InitialAccessTokens(vec![Secret::new(INITIAL.to_owned())])
}

impl<W: Wire> Walk<'_, W> {
    /// Registers, looks at what was registered before anything else is done with it, reads it, and
    /// looks again.
    pub(super) async fn registered(
        &mut self,
        mut config: ClientConfig,
        metadata: &ServerMetadata,
    ) -> Result<ClientConfig, Stop> {
        let algorithm = Setup::default().algorithm;
        config.id_token_signed_response_alg = Some(algorithm);
        config.introspection_signed_response_alg = Some(algorithm);
        let scopes = Scopes::parse(&scopes().join(" ")).map_err(|e| Stop::of("scopes", e))?;
        let description = Registration::new("Budget").scope(scopes);
        let registrar = Registrar::new(config, &description, metadata.clone())?;

        let access = InitialAccess::Token(Secret::new(INITIAL.to_owned()));
        let draft = registrar.register(access, self.wire.draw(), self.wire.now())?;
        let mut registered = self.wire.run(draft).await?;
        self.report(registered.notices());
        let mut config = registrar.client_config(&registered)?;
        if registered.access().is_some() {
            let draft = registrar.read(&registered, self.wire.draw(), self.wire.now())?;
            registered = self.wire.run(draft).await?;
            self.report(registered.notices());
            config = registrar.client_config(&registered)?;
        }
        // As this institution calls recipients.
        config.registered_entity_id = Some(config.client_id.clone());
        Ok(config)
    }
}
