use std::sync::Arc;

use fdx_jose::SealError;
use fdx_par::{Client, Pending, ServerKeys};
use fdx_wire::{Entropy, Secret};

use crate::flows::flow::NewFlow;
use crate::record::id::{RecordId, RecordKey, Tenant};
use crate::refresh::begin::StoredTokens;
use crate::refresh::policy::{PolicyFault, RefreshPolicy};
use crate::seal::{Column, ConsentKey, KeyRing, WrappedKey};

/// The stored consents of one tenant at one institution. Its methods are procedures. A clone is cheap.
#[derive(Clone, Debug)]
pub struct Consents(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    client: Client,
    tenant: Tenant,
    keys: KeyRing,
    policy: RefreshPolicy,
    server_keys: Option<ServerKeys>,
}

impl Consents {
    /// The consents of a client. `keys` opens and seals their tokens; `server_keys` are the
    /// institution's, if they were fetched before.
    ///
    /// # Errors
    /// [`PolicyFault`] if a lost response could not be repeated in time.
    pub fn new(
        client: Client,
        tenant: Tenant,
        keys: KeyRing,
        server_keys: Option<ServerKeys>,
        policy: RefreshPolicy,
    ) -> Result<Self, PolicyFault> {
        policy.check()?;
        Ok(Self(Arc::new(Parts { client, tenant, keys, policy, server_keys })))
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.0.tenant
    }

    /// How consents are refreshed.
    #[must_use]
    pub fn policy(&self) -> &RefreshPolicy {
        &self.0.policy
    }

    pub(crate) fn key_ring(&self) -> &KeyRing {
        &self.0.keys
    }

    pub(crate) fn server_keys(&self) -> Option<&ServerKeys> {
        self.0.server_keys.as_ref()
    }

    pub(crate) fn record(&self, id: &RecordId) -> RecordKey {
        RecordKey::new(self.0.tenant.clone(), id.clone())
    }

    /// The flow of a pending state.
    pub(crate) fn new_flow(
        &self,
        pending: &Pending,
        customer: &str,
        renews: Option<RecordId>,
        wrapped_key: WrappedKey,
        sealed: Option<Vec<u8>>,
    ) -> NewFlow {
        NewFlow {
            key: self.record(&pending.flow_id().into()),
            customer: customer.to_owned(),
            institution: self.0.client.config().issuer.as_str().to_owned(),
            renews,
            wrapped_key,
            sealed,
            callback_by: pending.callback_by(),
        }
    }

    /// Opens sealed tokens, and returns the key that seals their successors.
    pub(crate) fn open(
        &self,
        id: &RecordId,
        tokens: &StoredTokens,
    ) -> Result<(ConsentKey, Secret), SealError> {
        let (tenant, wrapped_key) = (self.0.tenant.as_str(), &tokens.wrapped_key);
        let key = self.0.keys.unwrap(tenant, id.as_str(), wrapped_key)?;
        let text = key.open(Column::Tokens, tokens.generation.cast_unsigned(), &tokens.sealed)?;
        Ok((key, text))
    }
}

/// Seals the tokens of a generation.
pub(crate) fn seal(
    key: &ConsentKey,
    generation: i64,
    entropy: &Entropy,
    tokens: &Secret,
) -> Result<Vec<u8>, SealError> {
    key.seal(Column::Tokens, generation.cast_unsigned(), entropy, tokens)
}
