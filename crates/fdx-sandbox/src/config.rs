use std::collections::BTreeMap;

use fdx_jose::backend::Backend;
use fdx_jose::{PrivateKey, PublicKey};
use fdx_wire::{HttpsUrl, Issuer};

use crate::client::{RegisteredClient, RequestObjects};
use crate::data::Customer;
use crate::misbehaviour::Misbehaviour;
use crate::provider::{Paths, Provider};
use crate::registration::RegistrationPolicy;

/// Everything that makes one institution differ from another.
#[derive(Debug)]
#[non_exhaustive]
pub struct InstitutionConfig {
    /// Whose manners it has.
    pub provider: Provider,
    /// The issuer identifier. Its origin is the *main* authority, where no client certificate is
    /// asked for.
    pub issuer: Issuer,
    /// A URL whose origin is the authority where client certificates are asked for
    /// (RFC 8705 section 5); only its origin matters.
    pub mtls_base: HttpsUrl,
    /// What verifies signatures.
    pub backend: Backend,
    /// The keys that sign, at most one for each algorithm. Those that are to be rotated need key
    /// ids.
    pub signing_keys: Vec<PrivateKey>,
    /// Keys that are published and never sign, each under the key ids of the signing keys of other
    /// algorithms: FAPI 2.0 Security Profile 5.4.3 wants clients to tell them apart.
    pub decoy_keys: Vec<PublicKey>,
    /// Who may ask for consents.
    pub clients: Vec<RegisteredClient>,
    /// The one customer, who is always logged in.
    pub customer: Customer,
    /// Whether DPoP proofs need a nonce.
    pub nonce_policy: NoncePolicy,
    /// Where the client learns the consent's id.
    pub consent_id_carrier: ConsentIdCarrier,
    /// What becomes of a refresh token when it is used.
    pub refresh_policy: RefreshPolicy,
    /// Whether every client has to sign its authorization requests.
    pub request_objects: RequestObjects,
    /// Who may register itself.
    pub registration: RegistrationPolicy,
    /// What the institution finds at clients' `jwks_uri`s: JWK Sets by URL, for it fetches nothing.
    pub published_jwks: BTreeMap<String, String>,
    /// The one way in which it is wrong, if any: for tests of clients.
    pub misbehave: Option<Misbehaviour>,
}

impl InstitutionConfig {
    /// An institution with the built-in customer and no clients, which demands nonces, tells the
    /// consent's id as `grant_id`, keeps refresh tokens as they are and takes unsigned requests.
    #[must_use]
    pub fn new(
        issuer: Issuer,
        mtls_base: HttpsUrl,
        backend: Backend,
        signing_keys: Vec<PrivateKey>,
    ) -> Self {
        Self {
            provider: Provider::default(),
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
            registration: RegistrationPolicy::default(),
            published_jwks: BTreeMap::new(),
            misbehave: None,
        }
    }

    pub(crate) fn paths(&self) -> &'static Paths {
        self.provider.paths()
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<&RegisteredClient> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }
}

/// Whether DPoP proofs need a nonce of the server's (RFC 9449 sections 8 and 9).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NoncePolicy {
    /// At PAR, token and resources, each nonce for one proof.
    #[default]
    Demand,
    /// Never.
    Silent,
}

/// Where the client learns the consent's id: institutions differ.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConsentIdCarrier {
    /// `grant_id` in the token response, and `fdxConsentId` at introspection.
    #[default]
    GrantId,
    /// `fdxConsentId` in the token response and at introspection.
    FdxConsentId,
    /// `fdxConsentId` in the ID token and at introspection.
    IdToken,
    /// `fdxConsentId` at introspection alone.
    IntrospectionOnly,
    /// Nowhere.
    Nowhere,
}

/// What becomes of a refresh token when it is used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RefreshPolicy {
    /// It stays good, and the answer names none (FAPI 2.0 Security Profile 5.3.2.1-9: no rotation).
    #[default]
    Keep,
    /// It stays good, and the answer repeats it.
    Repeat,
    /// The answer brings another. The old one is good for 60 seconds more, for whoever lost the
    /// answer; used after that, it ends all of its tokens.
    Rotate,
}

/// What becomes of the keys that a rotation replaces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OldKeys {
    /// They stay in the JWK Set, behind the new ones.
    Published,
    /// They leave it.
    Withdrawn,
}
