//! The institution's state: its configuration and all records.

use std::sync::Arc;

use fdx_jose::{PrivateKey, PublicKey, Thumbprint};
use fdx_wire::{Entropy, UnixTime};

use crate::institution::client::RegisteredClient;
use crate::institution::config::{InstitutionConfig, NoncePolicy, OldKeys, RefreshPolicy};
use crate::institution::consent::Consent;
use crate::institution::customer_data::Account;
use crate::institution::dpop::{Nonces, Proofs, With};
use crate::institution::memory::{Memory, Replay, Settlement};
use crate::institution::randomness::Randomness;
use crate::institution::received::Received;
use crate::institution::records::{Code, Kind, Pushed, Registration, Token};
use crate::institution::verdict::{Verdicts, Violation};

/// How many entries each memory holds before it evicts the oldest.
const CAPACITY: usize = 10_000;

/// A strict institution: an authorization server and an FDX data provider in one.
#[derive(Debug)]
pub(crate) struct Institution {
    config: Arc<InstitutionConfig>,
    /// Published after the signing keys, the latest first.
    old_keys: Vec<PublicKey>,
    pub(crate) randomness: Randomness,
    pub(crate) verdicts: Verdicts,
    /// The policies that the latest request met.
    pub(crate) met: Met,
    pub(crate) assertions: Replay,
    pub(crate) request_objects: Replay,
    pub(crate) proofs: Proofs,
    pub(crate) pushed: Memory<String, Pushed>,
    /// The `client_id` and `code_challenge` of every accepted push.
    pub(crate) challenges: Memory<(String, String), ()>,
    pub(crate) codes: Memory<String, Code>,
    pub(crate) tokens: Memory<String, Token>,
    pub(crate) consents: Memory<String, Consent>,
    /// Whether a client has confirmed by its certificate that it exists.
    pub(crate) registered_by_certificate: bool,
    pub(crate) registrations: Memory<String, Registration>,
}

/// The policies that a request met.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Met {
    /// A DPoP proof was checked.
    pub(crate) nonce_policy: bool,
    /// A refresh token was used.
    pub(crate) refresh_policy: bool,
}

impl Institution {
    /// Returns an institution without consents. All its random values are derived from `entropy`.
    pub(crate) fn new(config: InstitutionConfig, entropy: Entropy) -> Self {
        Self {
            config: Arc::new(config),
            old_keys: Vec::new(),
            randomness: Randomness::new(entropy),
            verdicts: Verdicts::default(),
            met: Met::default(),
            assertions: Replay::new(),
            request_objects: Replay::new(),
            proofs: Proofs { replay: Replay::new(), nonces: Nonces::new() },
            pushed: Memory::new(CAPACITY),
            challenges: Memory::new(CAPACITY),
            codes: Memory::new(CAPACITY),
            tokens: Memory::new(CAPACITY),
            consents: Memory::new(CAPACITY),
            registered_by_certificate: false,
            registrations: Memory::new(CAPACITY),
        }
    }

    /// Forgets the verdicts on the previous request.
    pub(crate) fn begin(&mut self) {
        self.verdicts.begin();
        self.met = Met::default();
    }

    /// The configuration, shared so that a check can borrow it while the state changes.
    pub(crate) fn config(&self) -> Arc<InstitutionConfig> {
        Arc::clone(&self.config)
    }

    /// The accounts that the customer can choose.
    pub(crate) fn accounts(&self) -> &[Account] {
        &self.config.customer.accounts
    }

    /// Keys that no longer sign and are still published.
    pub(crate) fn old_keys(&self) -> &[PublicKey] {
        &self.old_keys
    }

    /// Registers a client, replacing the client with the same `client_id`.
    pub(crate) fn register(&mut self, client: RegisteredClient) {
        self.change(|config| {
            config.clients.retain(|known| known.client_id != client.client_id);
            config.clients.push(client);
        });
    }

    pub(crate) fn unregister(&mut self, client_id: &str) {
        self.change(|config| config.clients.retain(|known| known.client_id != client_id));
    }

    /// Replaces the signing keys.
    pub(crate) fn rotate_keys(&mut self, new_keys: Vec<PrivateKey>, old_keys: OldKeys) {
        let mut old = Vec::new();
        self.change(|config| {
            old = std::mem::replace(&mut config.signing_keys, new_keys);
        });
        match old_keys {
            OldKeys::Published => {
                self.old_keys.splice(..0, old.iter().map(|key| key.public().clone()));
            }
            OldKeys::Withdrawn => self.old_keys.clear(),
        }
    }

    /// Replaces the policies on nonces and refresh tokens.
    pub(crate) fn set_policies(&mut self, nonces: NoncePolicy, refresh_tokens: RefreshPolicy) {
        self.change(|config| {
            config.nonce_policy = nonces;
            config.refresh_policy = refresh_tokens;
        });
    }

    /// Checks the request's DPoP proof.
    pub(crate) fn check_proof(
        &mut self,
        received: &Received<'_>,
        with: With<'_>,
    ) -> Result<Thumbprint, Violation> {
        self.met.nonce_policy = true;
        self.proofs.check(&self.config, &mut self.verdicts, &mut self.randomness, received, with)
    }

    /// Remembers or forgets the uses in the current request.
    pub(crate) fn settle(&mut self, settlement: Settlement) {
        for replay in [&mut self.assertions, &mut self.request_objects, &mut self.proofs.replay] {
            replay.settle(settlement);
        }
    }

    /// Revokes every token of this consent.
    pub(crate) fn revoke_tokens(&mut self, consent_id: &str) {
        for token in self.tokens.values_mut() {
            if token.grant.consent_id.as_deref() == Some(consent_id) {
                token.kind = Kind::Revoked;
            }
        }
    }

    /// The tokens of this consent that can be used.
    pub(crate) fn accepted_tokens(&self, consent_id: &str, now: UnixTime) -> Vec<&str> {
        if !self.consents.get(consent_id).is_some_and(|consent| consent.is_active(now)) {
            return Vec::new();
        }
        let of_consent = |token: &Token| token.grant.consent_id.as_deref() == Some(consent_id);
        let accepted = |token: &Token| of_consent(token) && token.is_alive(now);
        self.tokens.iter().filter(|(_, token)| accepted(token)).map(|(text, _)| &**text).collect()
    }

    fn change(&mut self, change: impl FnOnce(&mut InstitutionConfig)) {
        // Between requests there is no other reference.
        if let Some(config) = Arc::get_mut(&mut self.config) {
            change(config);
        }
    }
}
