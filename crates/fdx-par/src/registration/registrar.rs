use std::sync::Arc;

use fdx_wire::{HttpsUrl, Secret};
use http::Method;

use crate::client::client::Client;
use crate::client::config::ClientConfig;
use crate::client::endpoints::Target;
use crate::client::owner::Owner;
use crate::dialect::profile::Profile;
use crate::discovery::endpoint::Endpoint;
use crate::discovery::metadata::{ServerMetadata, parse_for};
use crate::error::caller::CallFault;
use crate::error::error::Error;
use crate::error::registration::RegistrationFault;
use crate::exchange::interaction::InteractionId;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::{Body, Outgoing};
use crate::registration::choices::Registration;
use crate::registration::comparison::Comparison;
use crate::registration::metadata::ClientMetadata;
use crate::registration::registered::Registered;
use crate::registration::{comparison, derived};

/// Registers a client with one institution.
///
/// The client metadata is derived from the client's [`ClientConfig`] and its [`Registration`], so
/// that the registered values agree with the client's behaviour.
///
/// It holds no secret and is cheap to clone. Its methods draft exchanges; none performs I/O.
///
/// ```
/// # use fdx_jose::{Algorithm, AssertionKey, AssertionType, PrivateKey, ProofKey, backend};
/// # use fdx_par::*;
/// # use fdx_rar::Scopes;
/// # use fdx_sandbox::{Sandbox, InstitutionConfig, RegistrationPolicy};
/// # use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, Secret, UnixTime};
/// # let key = PrivateKey::generate(backend::ring(), Algorithm::Es256, None)?.key;
/// # let signs = PrivateKey::generate(backend::ring(), Algorithm::Es256, None)?.key;
/// # let issuer = Issuer::parse("https://bank.example")?;
/// # let redirect_uri = RedirectUri::parse("https://app.example/callback")?;
/// # let fdx_base = HttpsUrl::parse("https://bank.example/fdx/v6")?;
/// # let mtls = HttpsUrl::parse("https://mtls.bank.example")?;
/// # let mut bank = InstitutionConfig::new(issuer.clone(), mtls, backend::ring(), vec![signs]);
/// # bank.registration = RegistrationPolicy::Open;
/// # let mut bank = Sandbox::new(bank, Entropy::new([9; 32]));
/// # let now = UnixTime::from_seconds(1_767_607_200);
/// # let entropy = |n| Entropy::new([n; 32]);
/// # fn run<T: Output>(draft: Draft<T>, bank: &mut Sandbox, now: UnixTime) -> Result<T, Error> {
/// #     let (request, sent) = draft.attach(Vec::new())?;
/// #     match sent.receive(bank.handle(&request.into_http(), None, now), now)? {
/// #         Step::Done(output) => Ok(output),
/// #         Step::Again(_) => unreachable!("nothing here is bound by DPoP"),
/// #     }
/// # }
/// # let metadata = discover(&issuer, WellKnown::OAuthAuthorizationServer, now)?;
/// # let metadata = run(metadata, &mut bank, now)?;
/// let assertions = AssertionKey::new(key.public().clone(), AssertionType::default());
/// let mut config = ClientConfig::new(
///     issuer, "", redirect_uri, fdx_base, // the server will issue the client_id
///     ClientAuthentication::PrivateKeyJwt(assertions),
///     SenderConstraint::Dpop(ProofKey::new(key.public().clone())),
///     backend::ring(),
/// );
/// config.id_token_signed_response_alg = Some(Algorithm::Es256);
/// let described = Registration::new("Budget").scope(Scopes::parse("openid fdx:transactions:read")?);
/// let registrar = Registrar::new(config, &described, metadata.clone())?;
///
/// let draft = registrar.register(InitialAccess::Open, entropy(1), now)?;
/// let registered = run(draft, &mut bank, now)?; // the loop of the crate's documentation
/// let stored: Secret = registered.to_json(); // persist it at once
///
/// let client = Client::new(registrar.client_config(&registered)?, metadata)?;
/// assert_eq!(client.config().client_id, registered.client_id());
///
/// // Later, in another process:
/// let registered = registrar.restore(stored.expose())?;
/// let registered = run(registrar.read(&registered, entropy(2), now)?, &mut bank, now)?;
/// let _gone: registration::Deleted = run(registrar.delete(&registered, entropy(3), now)?, &mut bank, now)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Registrar(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The caller's configuration, with the names of algorithms as the server lists them. Its
    /// `client_id` is ignored.
    config: ClientConfig,
    /// A client with this configuration, compiled with its dialect and the server's metadata.
    client: Client,
    requested: ClientMetadata,
}

/// The largest response, in bytes.
pub(crate) const LIMIT: usize = 256 * 1024;

impl Registrar {
    /// Derives the client metadata to register. The `client_id` of `config` is ignored.
    ///
    /// # Errors
    /// As [`Client::new`];
    /// [`ConfigurationFault::RegistrationAlgorithm`](crate::ConfigurationFault::RegistrationAlgorithm)
    /// if a required algorithm is not set,
    /// [`ConfigurationFault::RegistrationCertificate`](crate::ConfigurationFault::RegistrationCertificate)
    /// if a required certificate is not described,
    /// [`ConfigurationFault::RegistrationJwksUri`](crate::ConfigurationFault::RegistrationJwksUri)
    /// if the provider refuses inline keys,
    /// [`ConfigurationFault::RegistrationSecret`](crate::ConfigurationFault::RegistrationSecret)
    /// for client secrets, which are never registered.
    pub fn new(
        config: ClientConfig,
        registration: &Registration,
        metadata: ServerMetadata,
    ) -> Result<Self, Error> {
        let config = config.with_listed_names(&metadata);
        let requested = derived::metadata(&config, &Profile::of(&config.dialect), registration)?;
        let client = Client::new(config.clone(), metadata)?;
        Ok(Self(Arc::new(Inner { config, client, requested })))
    }

    /// Returns the requested client metadata, as JSON.
    #[must_use]
    pub fn client_metadata(&self) -> String {
        self.requested().to_object().to_json().expose().to_owned()
    }

    /// Returns the configuration of the registered client.
    ///
    /// # Errors
    /// [`Error::Registration`] for the first member that the server registered with a weaker value
    /// than requested: [`Registrar::update`] or [`Registrar::delete`] the registration, or ask the
    /// institution.
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) for another
    /// institution's registration.
    pub fn client_config(&self, registered: &Registered) -> Result<ClientConfig, Error> {
        self.check_owner(registered.owner())?;
        match self.weakened(registered).first() {
            Some(fault) => Err(Error::Registration(*fault)),
            None => Ok(ClientConfig {
                client_id: registered.client_id.clone(),
                ..self.config().clone()
            }),
        }
    }

    /// Returns the members that the server registered with weaker values than requested.
    #[must_use]
    pub fn weakened(&self, registered: &Registered) -> Vec<RegistrationFault> {
        self.compare(&registered.metadata).weakened
    }

    /// Returns the names of members that the server omitted or changed harmlessly, such as FDX's
    /// members, or fewer scopes.
    #[must_use]
    pub fn otherwise(&self, registered: &Registered) -> Vec<String> {
        self.compare(&registered.metadata).otherwise
    }

    pub(super) fn compare(&self, registered: &ClientMetadata) -> Comparison {
        let misreported = self.profile().registration_misreports;
        comparison::compare(self.requested(), registered, misreported)
    }

    pub(super) fn config(&self) -> &ClientConfig {
        &self.0.config
    }

    pub(super) fn profile(&self) -> &Profile {
        self.0.client.profile()
    }

    pub(super) fn requested(&self) -> &ClientMetadata {
        &self.0.requested
    }

    pub(super) fn target(&self) -> Result<Target, Error> {
        self.0.client.target(Endpoint::Registration)
    }

    pub(super) fn check_owner(&self, owner: Owner<'_>) -> Result<(), Error> {
        owner.check(self.config())
    }

    /// Whether `uri` is on the origin of the registration endpoint or of its mTLS alias.
    pub(super) fn is_at_home(&self, uri: &str) -> bool {
        self.home(uri).is_some()
    }

    fn home(&self, uri: &str) -> Option<HttpsUrl> {
        let metadata = self.0.client.metadata();
        let endpoint = metadata.endpoints.get(Endpoint::Registration).url();
        let alias = metadata.aliases.get(Endpoint::Registration).url();
        let url = parse_for(metadata.issuer(), uri).ok()?;
        let mut homes = endpoint.into_iter().chain(alias).map(HttpsUrl::origin);
        homes.any(|home| home == url.origin()).then_some(url)
    }

    /// Writes a request that manages `registered`, with its token.
    ///
    /// # Errors
    /// [`CallFault::RegistrationElsewhere`]: the token is sent to the registration endpoint's
    /// origin only, even if the response named another URL.
    pub(super) fn manage(
        &self,
        method: Method,
        registered: &Registered,
        body: Body,
        mint: &Mint<'_>,
    ) -> Result<(Outgoing, InteractionId), Error> {
        let target = self.target()?;
        let access = registered.access.as_ref().ok_or(CallFault::RegistrationUnmanaged)?;
        let url = self.home(&access.registration_client_uri);
        let url = url.ok_or(CallFault::RegistrationElsewhere)?;
        let outgoing = Outgoing::new(method, url, target.certificate, body, LIMIT);
        self.authorized(outgoing, Some(&access.registration_access_token), mint)
    }

    /// Adds the token, if there is one (RFC 6750 section 2.1), and the headers that FDX requires on
    /// each call.
    pub(super) fn authorized(
        &self,
        mut outgoing: Outgoing,
        token: Option<&Secret>,
        mint: &Mint<'_>,
    ) -> Result<(Outgoing, InteractionId), Error> {
        if let Some(token) = token {
            let authorized = outgoing.authorization(Some("Bearer"), token);
            authorized.map_err(|_| CallFault::ParameterText)?;
        }
        outgoing.thumbprint = self.config().certificate_thumbprint();
        let interaction_id = InteractionId::send(&mut outgoing, mint)?;
        self.config().fdx_headers.write(&mut outgoing)?;
        Ok((outgoing, interaction_id))
    }
}
