//! The sandbox: a provider and a misbehaviour around the strict institution.

use fdx_jose::PrivateKey;
use fdx_wire::{Entropy, UnixTime};
use http::{Request, Response};

use crate::institution::client::RegisteredClient;
use crate::institution::config::{InstitutionConfig, NoncePolicy, OldKeys, RefreshPolicy};
use crate::institution::customer_data::Account;
use crate::institution::received::Peer;
use crate::institution::state::Institution;
use crate::institution::verdict::Verdict;
use crate::misbehaviour::active::{Active, Aftermath};
use crate::misbehaviour::catalogue::Misbehaviour;
use crate::provider::definition::{Incoming, Mapped, Outgoing, Provider};

/// An institution as a value: an authorization server and an FDX data provider in one.
///
/// It answers requests. It has no sockets, no clock and no source of randomness.
#[derive(Debug)]
pub struct Sandbox {
    institution: Institution,
    provider: &'static Provider,
    active: Option<Active>,
    /// The configured policies, which a misbehaviour can replace.
    policies: (NoncePolicy, RefreshPolicy),
}

impl Sandbox {
    /// Returns a strict FDX institution without consents. All its random values are derived from
    /// `entropy`.
    #[must_use]
    pub fn new(config: InstitutionConfig, entropy: Entropy) -> Self {
        Self::of(Provider::FDX, config, entropy)
    }

    /// Returns an institution with the endpoints and messages of `provider`. Its policies are those
    /// of `config`; [`Provider::configure`] sets the provider's.
    #[must_use]
    pub fn of(provider: &'static Provider, config: InstitutionConfig, entropy: Entropy) -> Self {
        let policies = (config.nonce_policy, config.refresh_policy);
        let config =
            InstitutionConfig { paths: provider.paths, manners: provider.manners, ..config };
        Self { institution: Institution::new(config, entropy), provider, active: None, policies }
    }

    /// Answers one request. Its URI is absolute, or it has a `Host` header. `peer` is the client
    /// certificate of the connection to the mTLS authority: a [`Peer`], an `x5t#S256`, or `None`.
    pub fn handle(
        &mut self,
        request: &Request<Vec<u8>>,
        peer: impl Into<Peer>,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        self.institution.begin();
        if let Some(response) = self.intercept(request) {
            return response;
        }
        let response = self.answer(request, peer.into(), now);
        let response = self.institution.finalize(request, response);
        self.tamper(request, response, now)
    }

    /// Registers a client, replacing the client with the same `client_id`.
    pub fn register(&mut self, client: RegisteredClient) {
        self.institution.register(client);
    }

    /// Signs with `new_keys` from now on. Earlier signatures verify as long as the old keys are
    /// published.
    pub fn rotate_keys(&mut self, new_keys: Vec<PrivateKey>, old_keys: OldKeys) {
        self.institution.rotate_keys(new_keys, old_keys);
    }

    /// Activates a misbehaviour, or none. Resets the [`Aftermath`].
    pub fn misbehave(&mut self, misbehaviour: Option<Misbehaviour>) {
        let (nonces, refresh_tokens) = match misbehaviour {
            Some(misbehaviour) => misbehaviour.policies(self.policies),
            None => self.policies,
        };
        self.institution.set_policies(nonces, refresh_tokens);
        self.active = misbehaviour.map(Active::new);
    }

    /// Returns the configuration that the misbehaviour needs and this sandbox does not have. Without
    /// it, the misbehaviour never has an effect.
    #[must_use]
    pub fn missing_for(&self, misbehaviour: Misbehaviour) -> Option<&'static str> {
        misbehaviour.missing_in(&self.institution.config())
    }

    /// The effects of the misbehaviour since it was activated.
    #[must_use]
    pub fn aftermath(&self) -> Aftermath {
        self.active.as_ref().map(Active::aftermath).cloned().unwrap_or_default()
    }

    /// The checks of the latest request, in their order.
    #[must_use]
    pub fn last_verdicts(&self) -> &[Verdict] {
        self.institution.verdicts.as_slice()
    }

    /// The accounts that the customer can choose.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        self.institution.accounts()
    }

    /// The customer ends a consent at the institution: its tokens are revoked.
    pub fn end_consent(&mut self, consent_id: &str) {
        self.institution.revoke_tokens(consent_id);
    }

    /// The access and refresh tokens of a consent that the institution accepts at `now`.
    #[must_use]
    pub fn accepted_tokens(&self, consent_id: &str, now: UnixTime) -> Vec<&str> {
        self.institution.accepted_tokens(consent_id, now)
    }

    /// The configuration of the institution.
    #[cfg(test)]
    pub(crate) fn config(&self) -> std::sync::Arc<InstitutionConfig> {
        self.institution.config()
    }

    /// The strict institution's response, with requests and responses in the provider's form.
    fn answer(
        &mut self,
        request: &Request<Vec<u8>>,
        peer: Peer,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        let registered = self.institution.registered_by_certificate;
        let incoming = Incoming { request, peer: &peer, now, registered };
        match (self.provider.map_request)(&incoming) {
            Mapped::Request(request) => {
                let mut response = self.institution.handle(&request, peer, now);
                if let Some(active) = &mut self.active {
                    active.count_policies(self.institution.met);
                }
                let config = self.institution.config();
                (self.provider.map_response)(Outgoing {
                    config: &config,
                    request: &request,
                    response: &mut response,
                });
                response
            }
            Mapped::Response(response) => response,
        }
    }

    fn intercept(&mut self, request: &Request<Vec<u8>>) -> Option<Response<Vec<u8>>> {
        self.active.as_mut()?.intercept(&self.institution.config(), request)
    }

    fn tamper(
        &mut self,
        request: &Request<Vec<u8>>,
        response: Response<Vec<u8>>,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        match &mut self.active {
            Some(active) => active.tamper(&self.institution.config(), request, response, now),
            None => response,
        }
    }
}
