//! Everything in which one institution differs from another, as plain data.

use std::collections::BTreeMap;
use std::time::Duration;

use fdx_jose::backend::Backend;
use fdx_jose::{PrivateKey, PublicKey};
use fdx_wire::{HttpsUrl, Issuer, Secret};

use crate::institution::client::{RegisteredClient, RequestObjects, fdx_scopes};
use crate::institution::customer_data::Customer;
use crate::institution::requested::{Requested, Sent};
use crate::institution::verdict::{Verdicts, Violation};

/// The configuration of an institution.
#[derive(Debug)]
#[non_exhaustive]
pub struct InstitutionConfig {
    /// The issuer identifier. Its origin is the *main* authority, which requests no client
    /// certificate.
    pub issuer: Issuer,
    /// A URL whose origin is the authority that requests client certificates
    /// (RFC 8705 section 5). Its path is ignored.
    pub mtls_base: HttpsUrl,
    /// The cryptographic backend that verifies signatures.
    pub backend: Backend,
    /// The signing keys, at most one per algorithm. Keys that will be rotated need key ids.
    pub signing_keys: Vec<PrivateKey>,
    /// Keys that are published and never sign. Each is listed under the key ids of signing keys of
    /// other algorithms: FAPI 2.0 Security Profile 5.4.3 requires clients to distinguish them.
    pub decoy_keys: Vec<PublicKey>,
    /// The registered clients.
    pub clients: Vec<RegisteredClient>,
    /// The only customer, who is always logged in.
    pub customer: Customer,
    /// Whether DPoP proofs need a nonce.
    pub nonce_policy: NoncePolicy,
    /// The message that carries the consent id.
    pub consent_id_carrier: ConsentIdCarrier,
    /// What happens to a refresh token when it is used.
    pub refresh_policy: RefreshPolicy,
    /// Whether every client must sign its authorization requests.
    pub request_objects: RequestObjects,
    /// Whether an authorization request must have `authorization_details`.
    pub authorization_details: Presence,
    /// Whether a call of an FDX resource must have `x-fapi-interaction-id`.
    pub interaction_id: Presence,
    /// Which clients may register themselves.
    pub registration: RegistrationPolicy,
    /// The JWK Sets at the clients' `jwks_uri`s, by URL. The institution fetches nothing.
    pub published_jwks: BTreeMap<String, String>,
    /// The endpoints' paths.
    pub(crate) paths: Paths,
    /// Properties in which a provider differs and that no rewriting of messages can change.
    pub(crate) manners: Manners,
}

impl InstitutionConfig {
    /// Returns a strict FDX institution with the built-in customer and no clients. It requires
    /// nonces, returns the consent id as `grant_id`, keeps refresh tokens, accepts unsigned requests,
    /// and requires `authorization_details` and `x-fapi-interaction-id`.
    #[must_use]
    pub fn new(
        issuer: Issuer,
        mtls_base: HttpsUrl,
        backend: Backend,
        signing_keys: Vec<PrivateKey>,
    ) -> Self {
        Self {
            issuer,
            mtls_base,
            backend,
            signing_keys,
            decoy_keys: Vec::new(),
            clients: Vec::new(),
            customer: Customer::default(),
            nonce_policy: NoncePolicy::Demand,
            consent_id_carrier: ConsentIdCarrier::GrantId,
            refresh_policy: RefreshPolicy::default(),
            request_objects: RequestObjects::default(),
            authorization_details: Presence::default(),
            interaction_id: Presence::default(),
            registration: RegistrationPolicy::default(),
            published_jwks: BTreeMap::new(),
            paths: Paths::FDX,
            manners: Manners::FDX,
        }
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<&RegisteredClient> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }
}

/// Whether DPoP proofs need a nonce from the server (RFC 9449 sections 8 and 9).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NoncePolicy {
    /// Required at PAR, token endpoint and resources. Each nonce serves one proof.
    #[default]
    Demand,
    /// Never requested. A proof with a nonce is rejected.
    Silent,
}

/// The message that carries the consent id.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConsentIdCarrier {
    /// `grant_id` in the token response, and `fdxConsentId` in introspection.
    #[default]
    GrantId,
    /// `fdxConsentId` in the token response and in introspection.
    FdxConsentId,
    /// `fdxConsentId` in the ID token and in introspection.
    IdToken,
    /// `fdxConsentId` in introspection only.
    IntrospectionOnly,
    /// No message.
    Nowhere,
}

/// Whether something that FDX requires must be present. Programs that know FAPI 2.0 and not FDX, such
/// as conformance suites, leave it out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Presence {
    /// A request without it is refused.
    #[default]
    Required,
    /// A request without it is answered. It is checked if it is present.
    Optional,
}

/// What happens to a refresh token when it is used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RefreshPolicy {
    /// It stays valid, and the response contains none (FAPI 2.0 Security Profile 5.3.2.1-9: no
    /// rotation).
    #[default]
    Keep,
    /// It stays valid, and the response repeats it.
    Repeat,
    /// The response contains a new one. The old one stays valid for 60 seconds, for clients that
    /// did not receive the response. Used after that, it revokes all tokens of the consent.
    Rotate,
    /// The response contains a new one, and the old one is revoked at once.
    RotateAtOnce,
}

/// What happens to the keys that a rotation replaces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OldKeys {
    /// They stay in the JWK Set, after the new ones.
    Published,
    /// They are removed from the JWK Set.
    Withdrawn,
}

/// Which clients may register themselves (RFC 7591 section 3).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum RegistrationPolicy {
    /// None: there is no registration endpoint.
    #[default]
    Closed,
    /// All clients.
    Open,
    /// Clients with one of these initial access tokens.
    InitialAccessTokens(Vec<Secret>),
    /// The client known from a directory, which confirms by its certificate that it exists. It
    /// must do so before its first push. There is no endpoint of RFC 7591.
    ByCertificate,
}

impl RegistrationPolicy {
    /// Whether there is no registration endpoint of RFC 7591.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self, Self::Closed | Self::ByCertificate)
    }

    /// Whether this initial access token admits a client.
    pub(crate) fn admits(&self, token: Option<&str>) -> bool {
        match self {
            Self::Open => true,
            Self::InitialAccessTokens(known) => {
                token.is_some_and(|token| known.iter().any(|known| *known == *token))
            }
            Self::Closed | Self::ByCertificate => false,
        }
    }
}

/// The paths of an institution's endpoints.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Paths {
    /// `authorization_endpoint`.
    pub authorize: &'static str,
    /// The target of the consent page's form.
    pub decision: &'static str,
    /// The base path of the FDX resources.
    pub fdx: &'static str,
    /// `introspection_endpoint`.
    pub introspect: &'static str,
    /// `jwks_uri`.
    pub jwks: &'static str,
    /// `pushed_authorization_request_endpoint`.
    pub par: &'static str,
    /// `registration_endpoint`. Each client is managed below it.
    pub register: &'static str,
    /// `revocation_endpoint`.
    pub revoke: &'static str,
    /// `token_endpoint`.
    pub token: &'static str,
}

impl Paths {
    /// The paths of a strict FDX institution.
    pub const FDX: Self = Self {
        authorize: "/authorize",
        decision: "/authorize/decision",
        fdx: "/fdx/v6",
        introspect: "/introspect",
        jwks: "/jwks",
        par: "/par",
        register: "/register",
        revoke: "/revoke",
        token: "/token",
    };
}

/// Properties in which providers differ and that no rewriting of messages can change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    /// How authorization requests reach the institution.
    pub(crate) authorization_requests: AuthorizationRequests,
    /// The prefix of a `request_uri`.
    pub(crate) request_uri: &'static str,
    /// The lifetime of a `request_uri`.
    pub(crate) request_uri_lifetime: Duration,
    /// Whether a `request_uri` stays valid after the customer's decision.
    pub(crate) request_uri_reuse: Reuse,
    /// Whether `openid` yields an ID token, and its `typ`.
    pub(crate) id_token: IdTokens,
    /// Which consents get a refresh token.
    pub(crate) refresh_token: RefreshTokens,
    /// The lifetime of a refresh token.
    pub(crate) refresh_token_lifetime: Duration,
    /// Whether a client can register for tokens that are not sender-constrained.
    pub(crate) unbound_tokens: UnboundTokens,
    /// Reads the requested consent from the authorization parameters.
    pub(crate) requested:
        fn(&RegisteredClient, &Sent, &mut Verdicts) -> Result<Requested, Violation>,
    /// Returns every scope that a client can register.
    pub(crate) scopes: fn() -> Vec<String>,
}

impl Manners {
    /// The properties of a strict FDX institution.
    pub(crate) const FDX: Self = Self {
        authorization_requests: AuthorizationRequests::Pushed,
        request_uri: "urn:ietf:params:oauth:request_uri:",
        request_uri_lifetime: Duration::from_secs(60),
        request_uri_reuse: Reuse::Never,
        id_token: IdTokens::WithOpenid(None),
        refresh_token: RefreshTokens::WithOfflineAccess,
        // The longest lifetime of a consent.
        refresh_token_lifetime: Duration::from_secs(365 * 24 * 60 * 60),
        unbound_tokens: UnboundTokens::Refused,
        requested: Requested::read,
        scopes: fdx_scopes,
    };
}

/// How authorization requests reach the institution.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AuthorizationRequests {
    /// By a pushed authorization request (RFC 9126).
    Pushed,
    /// As parameters in the URL that the browser loads. Not FAPI.
    InTheUrl,
}

/// Whether a `request_uri` can be used again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reuse {
    /// It is valid once.
    Never,
    /// It is valid until it expires.
    UntilItExpires,
}

/// Whether the institution issues ID tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum IdTokens {
    /// Never.
    Never,
    /// If `openid` was granted, with this header `typ`.
    WithOpenid(Option<&'static str>),
}

/// Which consents get a refresh token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RefreshTokens {
    /// Every consent.
    Always,
    /// Consents with the scope `offline_access`.
    WithOfflineAccess,
}

/// Whether clients can register for tokens that are not sender-constrained.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum UnboundTokens {
    /// They can. Not FAPI.
    Allowed,
    /// They can't (FAPI 2.0 Security Profile 5.3.2.1-5).
    Refused,
}
