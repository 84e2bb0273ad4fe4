use std::sync::Arc;

use fdx_jose::{PrivateKey, PublicKey, Thumbprint};
use fdx_wire::{Entropy, UnixTime};
use http::{Method, Request, Response, StatusCode};

use crate::answer;
use crate::authorize::Code;
use crate::client::RegisteredClient;
use crate::config::{InstitutionConfig, OldKeys};
use crate::data::Account;
use crate::dpop::{Proofs, With};
use crate::error::Broken;
use crate::memory::Memory;
use crate::metadata;
use crate::misbehaviour;
use crate::nonces::Nonces;
use crate::par::Pushed;
use crate::peer::Peer;
use crate::place::Place;
use crate::provider::Arrival;
use crate::randomness::Randomness;
use crate::received::{Received, Side};
use crate::registration::Registration;
use crate::replay::Replay;
use crate::resources::{Consent, is_uuid};
use crate::telling::Surface;
use crate::token::Token;
use crate::verdict::{Verdict, Verdicts};

/// What each memory holds before it forgets the oldest.
const CAPACITY: usize = 10_000;

/// An institution as a value: an authorization server and an FDX data provider in one.
///
/// It answers requests and does nothing else: no sockets, no clock, no randomness of its own.
#[derive(Debug)]
pub struct Institution {
    config: Arc<InstitutionConfig>,
    /// Published beside those that sign, the latest first.
    old_keys: Vec<PublicKey>,
    pub(crate) randomness: Randomness,
    pub(crate) verdicts: Verdicts,
    pub(crate) assertions: Replay,
    pub(crate) request_objects: Replay,
    pub(crate) proofs: Proofs,
    pub(crate) pushed: Memory<String, Pushed>,
    /// The `client_id` and `code_challenge` of every push that was taken.
    pub(crate) challenges: Memory<(String, String), ()>,
    pub(crate) codes: Memory<String, Code>,
    pub(crate) tokens: Memory<String, Token>,
    pub(crate) consents: Memory<String, Consent>,
    /// Whether the client of UAE Open Finance has registered by its certificate.
    pub(crate) knows_by_certificate: bool,
    pub(crate) registrations: Memory<String, Registration>,
    /// What it does wrong, if anything.
    pub(crate) active: Option<misbehaviour::Active>,
}

impl Institution {
    /// An institution that starts without consents. Everything that it makes up is derived from
    /// `entropy`.
    #[must_use]
    pub fn new(config: InstitutionConfig, entropy: Entropy) -> Self {
        let proofs = Proofs { replay: Replay::new(), nonces: Nonces::new(config.nonce_policy) };
        let active = config.misbehave.map(misbehaviour::Active::new);
        Self {
            config: Arc::new(config),
            old_keys: Vec::new(),
            randomness: Randomness::new(entropy),
            verdicts: Verdicts::default(),
            assertions: Replay::new(),
            request_objects: Replay::new(),
            proofs,
            pushed: Memory::new(CAPACITY),
            challenges: Memory::new(CAPACITY),
            codes: Memory::new(CAPACITY),
            tokens: Memory::new(CAPACITY),
            consents: Memory::new(CAPACITY),
            knows_by_certificate: false,
            registrations: Memory::new(CAPACITY),
            active,
        }
    }

    /// Answers one request. Its URI is absolute, or it has a `Host` header; `peer` is the
    /// certificate that the client showed at the mTLS authority: a [`Peer`], its `x5t#S256` alone,
    /// or `None`.
    pub fn handle(
        &mut self,
        request: &Request<Vec<u8>>,
        peer: impl Into<Peer>,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        self.verdicts.begin();
        if let Some(response) = self.take_in(request) {
            return response;
        }
        let peer = peer.into();
        let response = match self.arrive(request, &peer, now) {
            Arrival::Strict(arrived) => {
                let response = self.answer(&arrived, peer, now);
                self.depart(&arrived, response)
            }
            Arrival::Answered(response) => response,
        };
        self.leave(request, response, now)
    }

    fn answer(
        &mut self,
        request: &Request<Vec<u8>>,
        peer: Peer,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        let Some(side) = Side::of(request, &self.config) else {
            return answer::empty(StatusCode::MISDIRECTED_REQUEST);
        };
        let peer = match side {
            Side::Main => Peer::anonymous(),
            Side::MutualTls => peer,
        };
        self.route(&Received { request, side, peer: &peer, now })
    }

    /// Registers a client, in the place of the one with its `client_id` if there is one.
    pub fn register(&mut self, client: RegisteredClient) {
        self.change(|config| {
            config.clients.retain(|known| known.client_id != client.client_id);
            config.clients.push(client);
        });
    }

    pub(crate) fn unregister(&mut self, client_id: &str) {
        self.change(|config| config.clients.retain(|known| known.client_id != client_id));
    }

    /// Signs with `new_keys` from now on. What was signed by the old ones verifies for as long as
    /// they are published.
    pub fn rotate_keys(&mut self, new_keys: Vec<PrivateKey>, old_keys: OldKeys) {
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

    /// The checks that were made on the latest request, in their order.
    #[must_use]
    pub fn last_verdicts(&self) -> &[Verdict] {
        self.verdicts.as_slice()
    }

    /// The accounts that the customer can choose.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.config.customer.accounts
    }

    /// The configuration, shared so that a check can borrow it while the rest changes.
    pub(crate) fn config(&self) -> Arc<InstitutionConfig> {
        Arc::clone(&self.config)
    }

    /// Checks the request's DPoP proof.
    pub(crate) fn check_proof(
        &mut self,
        received: &Received<'_>,
        with: With<'_>,
    ) -> Result<Thumbprint, Broken> {
        let policy = self.nonce_policy();
        self.proofs.nonces.follow(policy);
        self.proofs.check(&self.config, &mut self.verdicts, &mut self.randomness, received, with)
    }

    fn change(&mut self, change: impl FnOnce(&mut InstitutionConfig)) {
        // Between requests nobody else holds it.
        if let Some(config) = Arc::get_mut(&mut self.config) {
            change(config);
        }
    }

    fn route(&mut self, received: &Received<'_>) -> Response<Vec<u8>> {
        let path = received.request.uri().path();
        let method = received.request.method();
        let Some(place) = Place::of(path, &self.config) else {
            return answer::empty(StatusCode::NOT_FOUND);
        };
        let (surface, wanted) = place.surface();
        if !wanted.contains(method) {
            let mut response = answer::empty(StatusCode::METHOD_NOT_ALLOWED);
            let allow: Vec<_> = wanted.iter().map(Method::as_str).collect();
            answer::set(&mut response, "allow", &allow.join(", "));
            return response;
        }
        // The customer's browser has no client certificate.
        if matches!(surface, Surface::Browser) && received.side == Side::MutualTls {
            return answer::empty(StatusCode::NOT_FOUND);
        }
        let answered = match place {
            Place::Par => self.push(received),
            Place::Token => self.issue_tokens(received),
            Place::Register => self.register_client(received),
            Place::RegisteredClient => self.manage_client(received),
            Place::Revoke => self.revoke(received),
            Place::Introspect => self.introspect(received),
            Place::Authorize => self.show_page(received),
            Place::Decision => self.decide(received),
            Place::Jwks => Ok(metadata::jwks(&self.config, &self.old_keys)),
            Place::ConsentRevocation | Place::Resource => self.serve(received),
            Place::Metadata => Ok(metadata::document(&self.config)),
        };
        answered.unwrap_or_else(|broken| self.tell(surface, received, broken))
    }

    /// The one place where every response leaves.
    fn leave(
        &mut self,
        request: &Request<Vec<u8>>,
        mut response: Response<Vec<u8>>,
        now: UnixTime,
    ) -> Response<Vec<u8>> {
        if let Some(nonce) = self.proofs.nonces.take_told() {
            answer::set(&mut response, "dpop-nonce", &nonce);
        }
        // FDX: the interaction id is echoed in every response, errors included.
        let id = request.headers().get("x-fapi-interaction-id");
        if let Some(id) = id.and_then(|id| id.to_str().ok()).filter(|id| is_uuid(id)) {
            answer::set(&mut response, "x-fapi-interaction-id", id);
        }
        self.let_out(request, response, now)
    }
}
