use fdx_jose::backend::ring;
use fdx_jose::{Algorithm, AssertionKey, AssertionType, PrivateKey, ProofKey, RequestObjectKey};
use fdx_par::{
    AuthorizationRequest, Callback, Client, ClientAuthentication, ClientConfig, Draft, Output,
    Pending, Pushed, RequestObjects, ResponseMode, SenderConstraint, ServerKeys, Verification,
    WellKnown, discover,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_transport_hyper::{RunError, Transport, system_now};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri};

use crate::combination::{Authentication, Binding, Combination, Request, Response};
use crate::failure::Failure;
use crate::identities::{Generation, Identity};
use crate::lab::{Addresses, Lab};

/// A data recipient that is registered at the server.
pub(crate) struct Recipient<'l> {
    pub(crate) lab: &'l Lab,
    pub(crate) transport: &'l Transport,
    pub(crate) client: Client,
    /// The server's keys, if they were fetched.
    pub(crate) server_keys: Option<ServerKeys>,
    /// How often they were fetched.
    pub(crate) fetches: usize,
    /// What it requests.
    pub(crate) request: AuthorizationRequest,
}

impl<'l> Recipient<'l> {
    /// The client of a combination.
    pub(crate) fn new(lab: &'l Lab, combination: Combination) -> Result<Self, Failure> {
        Self::with(lab, combination, &combination.to_string(), Generation::First, |_| ())
    }

    /// One that has a `client_id` of its own, its second certificate and DPoP key, or something
    /// else that is not as registered.
    pub(crate) fn with(
        lab: &'l Lab,
        combination: Combination,
        client_id: &str,
        generation: Generation,
        change: impl FnOnce(&mut ClientConfig),
    ) -> Result<Self, Failure> {
        let identity = lab.identities.of(combination.authentication, generation);
        let mut config = config(lab, &lab.at, combination, client_id, generation, identity)?;
        change(&mut config);
        Self::discovered(lab, identity, config)
    }

    /// One with this configuration. It fetches the server's metadata.
    pub(crate) fn discovered(
        lab: &'l Lab,
        identity: &'l Identity,
        config: ClientConfig,
    ) -> Result<Self, Failure> {
        let transport = &identity.transport;
        let draft = discover(&config.issuer, WellKnown::OpenidConfiguration, system_now())?;
        let metadata = lab.runtime.block_on(transport.run(draft, &lab.keys, system_now))?;
        let client = Client::new(config, metadata)?;
        Self::of(lab, identity, client)
    }

    /// One that requests the usual consent.
    pub(crate) fn of(
        lab: &'l Lab,
        identity: &'l Identity,
        client: Client,
    ) -> Result<Self, Failure> {
        let transport = &identity.transport;
        let request = usual_request()?;
        Ok(Self { lab, transport, client, server_keys: None, fetches: 0, request })
    }

    /// Runs one exchange.
    pub(crate) fn run<T: Output>(&self, draft: Draft<T>) -> Result<T, RunError> {
        let run = self.transport.run(draft, &self.lab.keys, system_now);
        Ok(self.lab.runtime.block_on(run)?)
    }

    /// A draft that pushes its request.
    pub(crate) fn push(&self) -> Result<Draft<Pushed>, Failure> {
        Ok(self.client.push(&self.request, Entropy::from_os()?, system_now())?)
    }

    /// Push and redirect.
    pub(crate) fn begin(&self) -> Result<(String, Pending), Failure> {
        let (url, pending) = self.run(self.push()?)?.redirect(system_now())?;
        Ok((url.as_str().to_owned(), pending))
    }

    /// Checks the callback in the requested response mode.
    pub(crate) fn callback(&mut self, pending: Pending, url: &str) -> Result<Callback, Failure> {
        if self.client.config().response_mode == ResponseMode::Query {
            return Ok(self.client.callback(pending, url, system_now())?);
        }
        let mut signed = self.client.signed_callback(pending, url, system_now())?;
        for _ in 0..2 {
            let keys = self.server_keys.as_ref();
            match self.client.verify(signed, keys, system_now())? {
                Verification::Done(callback) => return Ok(callback),
                Verification::FetchKeys(same) => signed = same,
            }
            self.fetch_keys()?;
        }
        Err(Failure::new("the server's keys don't match its authorization response"))
    }

    /// Fetches the keys for a verification that needs them.
    pub(crate) fn fetch_keys(&mut self) -> Result<(), Failure> {
        self.server_keys = Some(self.run(self.client.fetch_keys(system_now())?)?);
        self.fetches += 1;
        Ok(())
    }
}

impl Lab {
    /// The private key that every client of this algorithm registered.
    pub(crate) fn key(&self, algorithm: Algorithm) -> Result<&PrivateKey, Failure> {
        let key = self.keys.iter().find(|key| key.public().algorithm() == algorithm);
        key.ok_or_else(|| Failure::new("a key is missing"))
    }

    /// The key for a client's proofs.
    fn proof_key(&self, algorithm: Algorithm, generation: Generation) -> Result<ProofKey, Failure> {
        let key = match generation {
            Generation::First => self.key(algorithm)?,
            Generation::Renewed => {
                self.keys.last().ok_or_else(|| Failure::new("a key is missing"))?
            }
        };
        Ok(ProofKey::new(key.public().clone()))
    }
}

pub(crate) fn usual_request() -> Result<AuthorizationRequest, Failure> {
    let consent = ConsentRequest::new(ConsentDuration::time_bound(90)?)
        .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
        .build()?;
    // The server issues a refresh token only after a consent prompt, which the client requests.
    Ok(AuthorizationRequest::new(consent).openid().offline_access())
}

/// The configuration of a client at the server with these addresses.
pub(crate) fn config(
    lab: &Lab,
    at: &Addresses,
    combination: Combination,
    client_id: &str,
    generation: Generation,
    identity: &Identity,
) -> Result<ClientConfig, Failure> {
    let Combination { authentication, binding, request, response, algorithm } = combination;
    let public = lab.key(algorithm)?.public();
    let authentication = match authentication {
        Authentication::PrivateKeyJwt => ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
            public.clone(),
            AssertionType::default(),
        )),
        Authentication::TlsClientAuth => ClientAuthentication::TlsClientAuth(identity.thumbprint),
        Authentication::SelfSignedTlsClientAuth => {
            ClientAuthentication::SelfSignedTlsClientAuth(identity.thumbprint)
        }
    };
    let (constraint, base) = match binding {
        Binding::Dpop => (SenderConstraint::Dpop(lab.proof_key(algorithm, generation)?), &at.fdx),
        Binding::Mtls => (SenderConstraint::Mtls(identity.thumbprint), &at.fdx_mtls),
    };
    let mut config = ClientConfig::new(
        Issuer::parse(&at.issuer)?,
        client_id,
        RedirectUri::parse("https://recipient.example/callback")?,
        HttpsUrl::parse(base)?,
        authentication,
        constraint,
        ring(),
    );
    if request == Request::Jar {
        config.request_objects = RequestObjects::signed(RequestObjectKey::new(public.clone()));
    }
    if response == Response::Jarm {
        config.response_mode = ResponseMode::Jwt;
    }
    if generation == Generation::Renewed {
        config.retired_proof_keys = vec![lab.proof_key(algorithm, Generation::First)?];
    }
    config.authorization_signed_response_alg = Some(algorithm);
    config.id_token_signed_response_alg = Some(algorithm);
    config.introspection_signed_response_alg = Some(algorithm);
    Ok(config)
}
