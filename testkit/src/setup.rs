use std::sync::LazyLock;

use fdx_jose::{
    Algorithm, AssertionKey, AssertionType, Jwks, PrivateKey, ProofKey, RequestObjectKey,
    Thumbprint, backend,
};
use fdx_par::{ClientAuthentication, ClientConfig, RequestObjects, ResponseMode, SenderConstraint};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_sandbox::{
    CertificateName, ConsentIdCarrier, InstitutionConfig, NoncePolicy, Presence, RefreshPolicy,
    RegisteredClient, Sandbox,
};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, UnixTime};

/// The setup of a world.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The algorithm of the client's and the institution's signatures.
    pub algorithm: Algorithm,
    /// What the tokens are bound to.
    pub binding: Binding,
    /// Where the institution reports the consent id.
    pub carrier: ConsentIdCarrier,
    /// Whether the institution demands DPoP nonces.
    pub nonces: NoncePolicy,
    /// How the client authenticates.
    pub authentication: Authentication,
    /// Whether pushed requests are signed.
    pub requests: Requests,
    /// The form of the callback.
    pub response_mode: ResponseMode,
    /// Whether a used refresh token is kept, repeated or replaced.
    pub refresh: RefreshPolicy,
    /// Whether the institution requires what FDX adds to FAPI: `authorization_details` and
    /// `x-fapi-interaction-id`.
    pub fdx: Presence,
}

/// How the client authenticates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Authentication {
    /// By a signed assertion.
    PrivateKeyJwt,
    /// By the registered certificate.
    SelfSignedTlsClientAuth,
    /// By a certificate for its registered name.
    TlsClientAuth,
}

/// Whether pushed requests are signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Requests {
    /// A form.
    Plain,
    /// A request object, and the institution takes nothing else.
    Signed,
}

/// What the tokens are bound to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Binding {
    /// The client's key.
    Dpop,
    /// The certificate.
    Mtls,
}

/// In memory, a certificate is bytes with a thumbprint.
pub const CERTIFICATE: &[u8] = b"the client's certificate";
/// The subject of [`CERTIFICATE`].
pub(crate) const CERTIFICATE_SUBJECT: &str = "CN=app-1";

impl Default for Setup {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::EdDsa,
            binding: Binding::Dpop,
            carrier: ConsentIdCarrier::GrantId,
            nonces: NoncePolicy::Demand,
            authentication: Authentication::PrivateKeyJwt,
            requests: Requests::Plain,
            response_mode: ResponseMode::Query,
            refresh: RefreshPolicy::Keep,
            fdx: Presence::Required,
        }
    }
}

/// 2026-01-05T10:00:00Z, when every test begins.
#[must_use]
pub fn start() -> UnixTime {
    UnixTime::from_seconds(1_767_607_200)
}

/// Entropy by number.
#[must_use]
pub fn entropy(number: u8) -> Entropy {
    Entropy::new([number; 32])
}

/// The institution's issuer.
#[must_use]
pub fn bank_issuer() -> Issuer {
    Issuer::parse("https://bank.example").unwrap()
}

/// The published key of each algorithm: RFC 8037 A.1, RFC 7515 A.3.1 and A.2.1.
#[must_use]
pub fn keys(algorithm: Algorithm) -> PrivateKey {
    static VECTORS: LazyLock<serde_json::Value> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../crates/fdx-jose/tests/vectors/rfc.json")).unwrap()
    });
    let name = match algorithm {
        Algorithm::EdDsa => "/rfc8037_a/private_jwk",
        Algorithm::Es256 => "/rfc7515_a3/private_jwk",
        Algorithm::Ps256 => "/rfc7515_a2/private_jwk",
        other => panic!("no published key for {other}"),
    };
    let jwk = VECTORS.pointer(name).unwrap().to_string();
    PrivateKey::from_jwk(backend::ring(), jwk.as_bytes()).unwrap()
}

/// Basic data and transactions of accounts, and how to reach the customer, for a year.
#[must_use]
pub fn consent_request() -> ConsentRequest {
    ConsentRequest::new(ConsentDuration::time_bound(365).unwrap())
        .lookback_period(60)
        .resource(
            ResourceType::Account,
            [DataCluster::AccountBasic, DataCluster::AccountDetailed, DataCluster::Transactions],
        )
        .resource(ResourceType::Customer, [DataCluster::CustomerContact])
        .build()
        .unwrap()
}

impl Setup {
    /// The recipient's configuration.
    #[must_use]
    pub fn config(&self) -> ClientConfig {
        let key = keys(self.algorithm).public().clone();
        let (constraint, base) = match self.binding {
            Binding::Dpop => {
                (SenderConstraint::Dpop(ProofKey::new(key.clone())), "https://bank.example/fdx/v6")
            }
            Binding::Mtls => (
                SenderConstraint::Mtls(Thumbprint::of_certificate(CERTIFICATE)),
                "https://mtls.bank.example/fdx/v6",
            ),
        };
        let certificate = Thumbprint::of_certificate(CERTIFICATE);
        let authentication = match self.authentication {
            Authentication::PrivateKeyJwt => ClientAuthentication::PrivateKeyJwt(
                AssertionKey::new(key.clone(), AssertionType::default()),
            ),
            Authentication::SelfSignedTlsClientAuth => {
                ClientAuthentication::SelfSignedTlsClientAuth(certificate)
            }
            Authentication::TlsClientAuth => ClientAuthentication::TlsClientAuth(certificate),
        };
        let mut config = ClientConfig::new(
            bank_issuer(),
            "app-1",
            RedirectUri::parse("https://app.example/callback").unwrap(),
            HttpsUrl::parse(base).unwrap(),
            authentication,
            constraint,
            backend::ring(),
        );
        config.response_mode = self.response_mode;
        if self.requests == Requests::Signed {
            config.request_objects = RequestObjects::signed(RequestObjectKey::new(key));
        }
        config
    }

    /// The recipient, as it is registered.
    #[must_use]
    pub fn registered(&self) -> RegisteredClient {
        let key = keys(self.algorithm);
        let redirect_uris = vec![RedirectUri::parse("https://app.example/callback").unwrap()];
        let jwks = Jwks::new(vec![key.public().clone()]);
        let binding = match self.binding {
            Binding::Dpop => fdx_sandbox::Binding::Dpop,
            Binding::Mtls => {
                fdx_sandbox::Binding::MutualTls(Thumbprint::of_certificate(CERTIFICATE))
            }
        };
        let mut client = RegisteredClient::new("app-1", redirect_uris, jwks, binding);
        client.scopes = scopes();
        client.id_token_signed_response_alg = self.algorithm;
        client.authorization_signed_response_alg = Some(self.algorithm);
        client.introspection_signed_response_alg = Some(self.algorithm);
        let certificate = Thumbprint::of_certificate(CERTIFICATE);
        client.authentication = match self.authentication {
            Authentication::PrivateKeyJwt => fdx_sandbox::ClientAuthentication::PrivateKeyJwt,
            Authentication::SelfSignedTlsClientAuth => {
                fdx_sandbox::ClientAuthentication::SelfSignedTlsClientAuth(vec![certificate])
            }
            Authentication::TlsClientAuth => fdx_sandbox::ClientAuthentication::TlsClientAuth(
                CertificateName::SubjectDn(CERTIFICATE_SUBJECT.to_owned()),
            ),
        };
        if self.requests == Requests::Signed {
            client.request_objects = fdx_sandbox::RequestObjects::Required;
        }
        client
    }

    /// The institution, in which the recipient is registered.
    #[must_use]
    pub fn institution(&self) -> Sandbox {
        Sandbox::new(self.institution_config(), entropy(200))
    }

    /// The configuration of that institution.
    #[must_use]
    pub fn institution_config(&self) -> InstitutionConfig {
        let mtls = HttpsUrl::parse("https://mtls.bank.example").unwrap();
        let mut config = InstitutionConfig::new(
            bank_issuer(),
            mtls,
            backend::ring(),
            vec![keys(self.algorithm)],
        );
        config.clients = vec![self.registered()];
        config.nonce_policy = self.nonces;
        config.consent_id_carrier = self.carrier;
        config.refresh_policy = self.refresh;
        config.authorization_details = self.fdx;
        config.interaction_id = self.fdx;
        config
    }
}

/// Every scope that a recipient can be registered for.
#[must_use]
pub fn scopes() -> Vec<String> {
    let known = DataCluster::known().iter().filter_map(|known| known.scope);
    known.chain(["openid", "offline_access"]).map(str::to_owned).collect()
}
