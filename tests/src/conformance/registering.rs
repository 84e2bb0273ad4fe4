use fdx_par::{ClientConfig, InitialAccess, Registered, Registrar, Registration, ServerMetadata};
use fdx_rar::Scopes;
use fdx_sandbox::RegistrationPolicy;
use fdx_sandbox::misbehaviour::Flow;
use fdx_wire::Secret;

use super::walk::Walk;
use super::{Stop, Wire};
use fdx_testkit::{Setup, scopes};

const INITIAL: &str = "initial-access-token";

/// Returns the policy of an institution that registers any client with this walk's token.
pub(super) fn open_to_tokens() -> RegistrationPolicy {
    RegistrationPolicy::InitialAccessTokens(vec![Secret::new(INITIAL.to_owned())])
}

/// The state that manages a registration.
pub(super) struct Managed {
    registrar: Registrar,
    registered: Registered,
}

impl<W: Wire> Walk<'_, W> {
    /// Registers and checks the registered metadata, then reads or updates the registration and
    /// checks it again.
    pub(super) async fn registered(
        &mut self,
        mut config: ClientConfig,
        metadata: &ServerMetadata,
    ) -> Result<(ClientConfig, Managed), Stop> {
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
            let (entropy, now) = (self.wire.draw(), self.wire.now());
            let draft = match self.flow {
                Flow::ManagedRegistration => registrar.update(&registered, entropy, now)?,
                _ => registrar.read(&registered, entropy, now)?,
            };
            registered = self.wire.run(draft).await?;
            self.report(registered.notices());
            config = registrar.client_config(&registered)?;
        }
        // The form of client ids at this institution.
        config.registered_entity_id = Some(config.client_id.clone());
        Ok((config, Managed { registrar, registered }))
    }

    /// Deletes the registration.
    pub(super) async fn unregistered(&mut self, managed: Managed) -> Result<(), Stop> {
        let Managed { registrar, registered } = managed;
        let draft = registrar.delete(&registered, self.wire.draw(), self.wire.now())?;
        let deleted = self.wire.run(draft).await?;
        self.report(deleted.notices());
        Ok(())
    }
}
