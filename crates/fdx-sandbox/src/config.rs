use fdx_jose::backend::Backend;
use fdx_jose::{Algorithm, Jwks, PrivateKey, Thumbprint};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri};

use crate::data::Customer;

/// Everything that makes one institution differ from another.
#[derive(Debug)]
#[non_exhaustive]
pub struct InstitutionConfig {
    /// The issuer identifier. Its origin is the *main* authority, where no client certificate is
    /// asked for.
    pub issuer: Issuer,
    /// A URL whose origin is the authority where client certificates are asked for
    /// (RFC 8705 section 5); only its origin matters.
    pub mtls_base: HttpsUrl,
    /// What verifies signatures.
    pub backend: Backend,
    /// The keys that sign ID tokens, at most one for each algorithm.
    pub signing_keys: Vec<PrivateKey>,
    /// Who may ask for consents.
    pub clients: Vec<RegisteredClient>,
    /// The one customer, who is always logged in.
    pub customer: Customer,
    /// Whether DPoP proofs need a nonce.
    pub nonce_policy: NoncePolicy,
    /// Where the client learns the consent's id.
    pub consent_id_carrier: ConsentIdCarrier,
}

impl InstitutionConfig {
    /// An institution with the built-in customer and no clients, which demands nonces and tells
    /// the consent's id as `grant_id`.
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
            clients: Vec::new(),
            customer: Customer::default(),
            nonce_policy: NoncePolicy::Demand,
            consent_id_carrier: ConsentIdCarrier::GrantId,
        }
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<&RegisteredClient> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }
}

/// A client of the institution, which authenticates by `private_key_jwt`.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// The `client_id`.
    pub client_id: String,
    /// Where its customers may come back to, compared byte for byte.
    pub redirect_uris: Vec<RedirectUri>,
    /// The public keys of its assertions.
    pub jwks: Jwks,
    /// How its access tokens are sender-constrained.
    pub binding: Binding,
    /// The scopes that it may ask for, `openid` and `offline_access` included.
    pub scopes: Vec<String>,
    /// The algorithm of its ID tokens.
    pub id_token_signed_response_alg: Algorithm,
}

/// How a client's access tokens are sender-constrained (FAPI 2.0 Security Profile 5.3.2.1-5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Binding {
    /// By a DPoP key (RFC 9449).
    Dpop,
    /// By the certificate with this `x5t#S256` (RFC 8705).
    MutualTls(Thumbprint),
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
