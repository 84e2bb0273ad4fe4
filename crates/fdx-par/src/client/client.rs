use std::borrow::Cow;
use std::sync::Arc;

use fdx_jose::Jwks;
use fdx_wire::{HttpsUrl, UnixTime};

use crate::client::config::{ClientAuthentication, ClientConfig, RequestObjects, SenderConstraint};
use crate::client::endpoints::Target;
use crate::client::fdx_headers::FdxHeaders;
use crate::client::fit::Fitted;
use crate::client::owner::Owner;
use crate::client::redirect_uri::check_redirect_uri;
use crate::client::{endpoints, fit};
use crate::dialect::profile::Profile;
use crate::discovery::endpoint::Endpoint;
use crate::discovery::keys::ServerKeys;
use crate::discovery::metadata::{ServerMetadata, members};
use crate::error::caller::ConfigurationFault;
use crate::error::error::Error;
use crate::exchange::draft::Draft;
use crate::exchange::mint::NoEntropy;
use crate::exchange::nonces::NonceMemory;

impl Client {
    /// Drafts the request for the server's keys.
    ///
    /// # Errors
    /// [`Error::Metadata`] if the server publishes no keys.
    pub fn fetch_keys(&self, now: UnixTime) -> Result<Draft<ServerKeys>, Error> {
        let jwks_uri = self.jwks_uri("to verify what the server signs")?;
        Ok(Draft::new(jwks_uri.clone(), NoEntropy, now)?)
    }

    /// The URL of the server's keys, which are needed for `purpose`.
    pub(crate) fn jwks_uri(&self, purpose: &'static str) -> Result<&HttpsUrl, Error> {
        Ok(self.metadata().jwks_uri.needed("jwks_uri", purpose)?)
    }

    /// The URL that the customer is sent to.
    pub(crate) fn authorization_endpoint(&self) -> Result<&HttpsUrl, Error> {
        let endpoint = &self.metadata().authorization_endpoint;
        Ok(endpoint.needed("authorization_endpoint", "to send the customer to the institution")?)
    }
}

impl Client {
    /// Returns the keys if they are this server's, otherwise an empty set. An empty set still lets
    /// every check before the signature run, so untrusted input does not cause a fetch of keys.
    pub(crate) fn jwks<'k>(&self, keys: Option<&'k ServerKeys>) -> Cow<'k, Jwks> {
        match keys.filter(|keys| Some(&keys.jwks_uri) == self.metadata().jwks_uri()) {
            Some(keys) => Cow::Borrowed(&keys.jwks),
            None => Cow::Owned(Jwks::default()),
        }
    }
}

/// One data recipient at one institution: configuration and metadata, checked against each other.
///
/// It holds no private key, performs no I/O, and is cheap to clone and to share. Its methods draft
/// exchanges; see the crate's front page for their order.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) Arc<Inner>, Option<Arc<FdxHeaders>>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: ClientConfig,
    pub(crate) profile: Profile,
    pub(crate) metadata: ServerMetadata,
    /// The `aud` of everything the client signs, if it is not the issuer.
    pub(crate) audience: Option<HttpsUrl>,
    pub(crate) nonces: NonceMemory,
}

impl Client {
    /// Creates a client with its own nonce memory. What the client signs names its algorithm as the
    /// server lists it (`EdDSA` or `Ed25519`, RFC 9864).
    ///
    /// # Errors
    /// [`ConfigurationFault::IssuerMismatch`] for another issuer's metadata,
    /// [`Error::Metadata`] with [`ConfigurationFault::AlgorithmNotListed`] if the server lists the
    /// algorithms that it accepts without a key's, [`ConfigurationFault::RedirectUriQuery`] for a
    /// redirect_uri whose query has a parameter of a response, [`ConfigurationFault::AuthorizationEndpointQuery`], a
    /// `Dialect...` fault if the configuration lacks what the dialect needs, and
    /// [`ConfigurationFault::NotFapi`] if it has what the dialect does not allow.
    pub fn new(config: ClientConfig, metadata: ServerMetadata) -> Result<Self, Error> {
        Self::with_nonces(config, metadata, NonceMemory::new())
    }

    /// Creates a client that shares a nonce memory with other clients of this node.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_nonces(
        config: ClientConfig,
        metadata: ServerMetadata,
        nonces: NonceMemory,
    ) -> Result<Self, Error> {
        // check: MetadataIssuer
        if config.issuer != metadata.issuer {
            return Err(ConfigurationFault::IssuerMismatch.into());
        }
        check_redirect_uri(&config.redirect_uri)?;
        let profile = Profile::of(&config.dialect);
        let config = config.with_listed_names(&metadata);
        let Fitted { config, metadata, audience } = fit::fit(config, &profile, metadata)?;
        let assertions = &metadata.token_endpoint_auth_signing_alg_values_supported;
        if let ClientAuthentication::PrivateKeyJwt(key) = &config.authentication {
            let list = &members::TOKEN_ENDPOINT_AUTH_SIGNING_ALG_VALUES_SUPPORTED;
            let algorithm = key.public().algorithm();
            endpoints::check_listed(
                assertions.as_deref(),
                algorithm,
                list,
                "to sign client assertions",
            )?;
        }
        if let SenderConstraint::Dpop(key) = &config.sender_constraint {
            let proofs = &metadata.dpop_signing_alg_values_supported;
            let list = &members::DPOP_SIGNING_ALG_VALUES_SUPPORTED;
            let algorithm = key.public().algorithm();
            endpoints::check_listed(proofs.as_deref(), algorithm, list, "to sign DPoP proofs")?;
        }
        if let RequestObjects::Signed(key) = &config.request_objects {
            let request_objects = &metadata.request_object_signing_alg_values_supported;
            let list = &members::REQUEST_OBJECT_SIGNING_ALG_VALUES_SUPPORTED;
            let algorithm = key.public().algorithm();
            endpoints::check_listed(
                request_objects.as_deref(),
                algorithm,
                list,
                "to sign request objects",
            )?;
        }
        Ok(Self(Arc::new(Inner { config, profile, metadata, audience, nonces }), None))
    }

    /// Returns a client whose FDX API calls send these headers, such as the customer's address.
    /// They replace those of the configuration one by one. Everything else is shared.
    #[must_use]
    pub fn with_fdx_headers(&self, headers: FdxHeaders) -> Self {
        Self(Arc::clone(&self.0), Some(Arc::new(headers.or(&self.config().fdx_headers))))
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &ClientConfig {
        &self.0.config
    }

    /// The server's metadata.
    #[must_use]
    pub fn metadata(&self) -> &ServerMetadata {
        &self.0.metadata
    }

    /// # Errors
    /// [`StoredStateFault::OtherClient`](crate::StoredStateFault::OtherClient) if the value belongs
    /// to another issuer, client or redirect_uri.
    pub(crate) fn check_owner(&self, owner: Owner<'_>) -> Result<(), Error> {
        owner.check(self.config())
    }

    /// Whether a receipt warns of deviations that its tokens do not show: a client secret, or an
    /// authorization request that was not pushed to an endpoint from metadata.
    pub(crate) fn is_not_fapi(&self) -> bool {
        let profile = self.profile();
        matches!(self.config().authentication, ClientAuthentication::NotFapi(_))
            || profile.documented_endpoints.is_some()
            || profile.not_pushed
    }

    pub(crate) fn profile(&self) -> &Profile {
        &self.0.profile
    }

    pub(crate) fn fdx_headers(&self) -> &FdxHeaders {
        self.1.as_deref().unwrap_or(&self.config().fdx_headers)
    }

    /// Returns the URL of `endpoint`, and whether the connection presents the certificate.
    ///
    /// # Errors
    /// [`Error::Metadata`] if the metadata has no usable URL of it.
    pub fn target(&self, endpoint: Endpoint) -> Result<Target, Error> {
        let target =
            endpoints::resolve(&self.0.config, &self.0.profile, &self.0.metadata, endpoint)?;
        Ok(target)
    }
}
