use core::time::Duration;
use std::collections::BTreeSet;

use fdx_jose::{
    Algorithm, AssertionKey, Backend, EncryptionKey, Jwks, KeyEncryption, ProofKey, PublicKey,
    RequestObjectKey, Thumbprint, Tolerance,
};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri, Secret};

use crate::client::binding::{Bound, BoundBy};
use crate::client::fdx_headers::FdxHeaders;
use crate::dialect::definition::Dialect;
use crate::error::caller::CallFault;
use crate::error::error::Error;

/// The keys that the server encrypts ID tokens to, as registered
/// (`id_token_encrypted_response_alg`; `id_token_encrypted_response_enc` is `A256GCM`).
#[derive(Clone, Debug)]
pub struct IdTokenEncryption {
    pub(crate) keys: Vec<EncryptionKey>,
}

impl IdTokenEncryption {
    /// ID tokens are encrypted to `key`, with its algorithm.
    #[must_use]
    pub fn new(key: EncryptionKey) -> Self {
        Self { keys: vec![key] }
    }

    /// The same, with further keys that some ID tokens are encrypted to, before or after a
    /// rotation.
    #[must_use]
    pub fn and(mut self, key: EncryptionKey) -> Self {
        self.keys.push(key);
        self
    }

    /// All keys, for the client's JWK Set.
    #[must_use]
    pub fn keys(&self) -> &[EncryptionKey] {
        &self.keys
    }

    /// `id_token_encrypted_response_alg`: that of the first key.
    #[must_use]
    pub fn algorithm(&self) -> Option<KeyEncryption> {
        self.keys.first().map(EncryptionKey::algorithm)
    }
}

/// A client secret (RFC 6749 section 2.3.1). The dialect specifies how it is sent.
#[derive(Clone, Debug)]
pub struct ClientSecret(pub(crate) Secret);

/// Tokens without a sender constraint: any holder can use one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unbound;

impl ClientSecret {
    /// Takes ownership of the secret's text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl ClientConfig {
    /// `x5t#S256` of the certificate that connections present.
    pub(crate) fn certificate_thumbprint(&self) -> Option<Thumbprint> {
        let authenticates = self.authentication.certificate();
        authenticates.or(match &self.sender_constraint {
            SenderConstraint::Mtls(certificate) => Some(*certificate),
            _ => None,
        })
    }
}

impl ClientAuthentication {
    /// The certificate that authenticates the client.
    pub(super) fn certificate(&self) -> Option<Thumbprint> {
        match self {
            Self::TlsClientAuth(certificate) | Self::SelfSignedTlsClientAuth(certificate) => {
                Some(*certificate)
            }
            Self::PrivateKeyJwt(_) | Self::NotFapi(_) => None,
        }
    }

    /// The thumbprint of the key that signs assertions, or of the certificate; `None` for a secret.
    #[must_use]
    pub fn thumbprint(&self) -> Option<Thumbprint> {
        match self {
            Self::PrivateKeyJwt(key) => Some(key.public().thumbprint()),
            _ => self.certificate(),
        }
    }
}

/// The configuration of a data recipient at one institution.
///
/// All fields that [`ClientConfig::new`] does not take have defaults, which [`ClientConfig::new`] sets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig {
    /// The institution's issuer identifier.
    pub issuer: Issuer,
    /// The recipient's `client_id` there.
    pub client_id: String,
    /// The redirect_uri, byte for byte as it is registered.
    pub redirect_uri: RedirectUri,
    /// The base URL of the FDX API, such as `https://api.bank.example/fdx/v6`. Without a query.
    pub fdx_base: HttpsUrl,
    /// The base URL of the consent API, if the institution has it elsewhere. Without a query.
    /// Default: [`ClientConfig::fdx_base`].
    pub consent_base: Option<HttpsUrl>,
    /// The method of client authentication.
    pub authentication: ClientAuthentication,
    /// The binding of the tokens.
    pub sender_constraint: SenderConstraint,
    /// The backend that verifies the server's signatures.
    pub backend: Backend,
    /// The provider's deviations from FAPI 2.0. Default: none.
    pub dialect: Dialect,
    /// Whether to use the mTLS alias of every endpoint. Default: only if it needs a certificate.
    pub mtls_endpoints: MtlsEndpoints,
    /// Whether a push has a signed request object. Default: it has none.
    pub request_objects: RequestObjects,
    /// The format of the callback. Default: a query.
    pub response_mode: ResponseMode,
    /// `authorization_signed_response_alg` as registered. Default: any of the three of FAPI 2.0.
    pub authorization_signed_response_alg: Option<Algorithm>,
    /// `introspection_signed_response_alg` as registered. Default: any of the three of FAPI 2.0.
    pub introspection_signed_response_alg: Option<Algorithm>,
    /// `id_token_signed_response_alg` as registered. Default: any of the three of FAPI 2.0.
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// The keys that ID tokens are encrypted to, as registered. Default: none. Without keys an
    /// encrypted ID token is rejected; with keys an unencrypted one is.
    pub id_token_encryption: Option<IdTokenEncryption>,
    /// FDX `registeredEntityId`: the recipient's id in consent grants. Default: unknown, and the id
    /// in a grant is not checked.
    pub registered_entity_id: Option<String>,
    /// Headers of every FDX API call in addition to its token. Default: none.
    pub fdx_headers: FdxHeaders,
    /// DPoP keys that only older codes and tokens are bound to.
    pub retired_proof_keys: Vec<ProofKey>,
    /// Public keys to publish in addition to those in use: the next one, before it signs, and the
    /// previous one, until no server needs it.
    pub published_keys: Vec<PublicKey>,
    /// How far the server's clock may be off. Default: 10 seconds.
    pub tolerance: Tolerance,
    /// How long the customer may take from push to callback. Default: 30 minutes.
    pub callback_within: Duration,
}

/// A method of client authentication that FAPI 2.0 allows (Security Profile 5.3.3.1-2).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `private_key_jwt` (RFC 7523), with the issuer as the only audience.
    PrivateKeyJwt(AssertionKey),
    /// `self_signed_tls_client_auth` (RFC 8705 section 2.2): the certificate with this thumbprint,
    /// which is registered itself.
    SelfSignedTlsClientAuth(Thumbprint),
    /// `tls_client_auth` (RFC 8705 section 2.1): the certificate with this thumbprint, issued by
    /// an authority that the server trusts.
    TlsClientAuth(Thumbprint),
    /// Not FAPI: a client secret. Only a dialect with the corresponding member allows it.
    NotFapi(ClientSecret),
}

/// The binding of tokens (FAPI 2.0 Security Profile 5.3.3.1-1).
#[derive(Clone, Debug)]
pub enum SenderConstraint {
    /// A key that signs a proof for each request (RFC 9449).
    Dpop(ProofKey),
    /// The certificate with this SHA-256 thumbprint, shown by the connection (RFC 8705).
    Mtls(Thumbprint),
    /// Not FAPI: no binding. Only a dialect with the corresponding member allows it.
    NotFapi(Unbound),
}

/// Whether the parameters of a push are signed (FAPI 2.0 Message Signing 5.3).
#[derive(Clone, Debug, Default)]
pub enum RequestObjects {
    /// They are pushed as a form.
    #[default]
    Unsigned,
    /// They are pushed inside a request object (RFC 9101) by this key.
    Signed(Box<RequestObjectKey>),
}

/// `response_mode`: the format of the authorization response.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ResponseMode {
    /// As parameters of the callback's query.
    #[default]
    Query,
    /// As a signed JWT in the callback's query (JARM, FAPI 2.0 Message Signing 5.4).
    Jwt,
}

/// The client's `use_mtls_endpoint_aliases` (FAPI 2.0 Security Profile 5.2.2.1.1).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum MtlsEndpoints {
    /// `false`: an alias is used if authentication or the sender constraint needs a certificate.
    #[default]
    WhereNeeded,
    /// `true`: every alias is used, and every connection presents the certificate.
    Always,
}

impl ClientConfig {
    /// A configuration with the defaults of FAPI 2.0.
    #[must_use]
    pub fn new(
        issuer: Issuer,
        client_id: impl Into<String>,
        redirect_uri: RedirectUri,
        fdx_base: HttpsUrl,
        authentication: ClientAuthentication,
        sender_constraint: SenderConstraint,
        backend: Backend,
    ) -> Self {
        Self {
            issuer,
            client_id: client_id.into(),
            redirect_uri,
            fdx_base,
            consent_base: None,
            authentication,
            sender_constraint,
            backend,
            dialect: Dialect::default(),
            mtls_endpoints: MtlsEndpoints::default(),
            request_objects: RequestObjects::default(),
            response_mode: ResponseMode::default(),
            authorization_signed_response_alg: None,
            introspection_signed_response_alg: None,
            id_token_signed_response_alg: None,
            id_token_encryption: None,
            registered_entity_id: None,
            fdx_headers: FdxHeaders::new(),
            retired_proof_keys: Vec::new(),
            published_keys: Vec::new(),
            tolerance: Tolerance::default(),
            callback_within: Duration::from_secs(30 * 60),
        }
    }

    /// `/consents` below its base URL.
    pub(crate) fn consents(&self) -> Result<HttpsUrl, Error> {
        let base = self.consent_base.as_ref().unwrap_or(&self.fdx_base);
        base.join_segment("consents").map_err(|_| CallFault::UrlTooLong.into())
    }

    /// The same for a provider that differs from FAPI 2.0.
    #[must_use]
    pub fn with_dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// Returns the keys to publish at the client's `jwks_uri`: those that sign assertions and
    /// request objects, [`ClientConfig::published_keys`], and those that ID tokens are encrypted
    /// to. DPoP keys travel with their proofs.
    #[must_use]
    pub fn public_jwks(&self) -> Jwks {
        let mut keys = Vec::new();
        if let ClientAuthentication::PrivateKeyJwt(key) = &self.authentication {
            keys.push(key.public().clone());
        }
        if let RequestObjects::Signed(key) = &self.request_objects {
            keys.push(key.public().clone());
        }
        keys.extend(self.published_keys.iter().cloned());
        let mut seen = BTreeSet::new();
        keys.retain(|key| seen.insert((key.thumbprint(), key.kid().map(str::to_owned))));
        let encryption = self.id_token_encryption.as_ref().map(IdTokenEncryption::keys);
        Jwks::new(keys).with_encryption_keys(encryption.unwrap_or_default().to_vec())
    }
}

impl RequestObjects {
    /// Pushes request objects signed by `key`.
    #[must_use]
    pub fn signed(key: RequestObjectKey) -> Self {
        Self::Signed(Box::new(key))
    }
}

impl SenderConstraint {
    /// `DPoP` or `Bearer`: the `token_type`, and the scheme of `Authorization`.
    #[must_use]
    pub fn token_type(&self) -> &'static str {
        self.bound().by.token_type()
    }
}

impl SenderConstraint {
    /// The RFC 7638 thumbprint of the key, or the thumbprint of the certificate. `None` if tokens
    /// are not bound.
    #[must_use]
    pub fn thumbprint(&self) -> Option<Thumbprint> {
        self.bound().to
    }

    pub(crate) fn bound(&self) -> Bound {
        match self {
            Self::Dpop(key) => Bound { by: BoundBy::Dpop, to: Some(key.thumbprint()) },
            Self::Mtls(certificate) => Bound { by: BoundBy::Mtls, to: Some(*certificate) },
            Self::NotFapi(_) => Bound::NOTHING,
        }
    }
}
