use fdx_jose::{Algorithm, AssertionKey, AssertionType, PrivateKey, ProofKey, Thumbprint, backend};
use fdx_par::dialect::{Dialect, Line, Member};
use fdx_par::{
    AuthorizationRequest, Client, ClientAuthentication, ClientConfig, Draft, MtlsEndpoints, Pushed,
    SenderConstraint, ServerMetadata, WellKnown, discover,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_transport_hyper::Transport;
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri, UnixTime};

use crate::server::Server;

/// A data recipient that requests consent from the server.
pub struct Recipient {
    pub key: PrivateKey,
    pub issuer: Issuer,
}

/// A FAPI 2.0 provider whose server has no TLS.
const MOCK: Dialect = Dialect::new("mock", "A mock server on loopback")
    .with_members(&[Line { member: Member::LoopbackHttp, source: "this test" }]);

pub fn now() -> UnixTime {
    UnixTime::from_seconds(1_767_607_200)
}

impl Recipient {
    pub fn of(server: &Server) -> Self {
        Self { key: Self::key(), issuer: Issuer::parse(&server.url("")).unwrap() }
    }

    pub fn key() -> PrivateKey {
        let pkcs8 = backend::ring().generate_pkcs8(Algorithm::EdDsa).unwrap();
        PrivateKey::from_pkcs8_der(backend::ring(), &pkcs8, None).unwrap()
    }

    pub fn discovery(&self) -> Draft<ServerMetadata> {
        discover(&self.issuer, WellKnown::OAuthAuthorizationServer, now()).unwrap()
    }

    pub async fn metadata(&self, transport: &Transport) -> ServerMetadata {
        transport.run(self.discovery(), &self.key, now).await.unwrap()
    }

    /// A push that presents the certificate as `endpoints` requires.
    pub fn push(&self, metadata: ServerMetadata, endpoints: MtlsEndpoints) -> Draft<Pushed> {
        let key = ProofKey::new(self.key.public().clone());
        self.push_with(metadata, endpoints, SenderConstraint::Dpop(key))
    }

    /// A push over a connection that presents the certificate to which tokens are bound.
    pub fn push_bound_to(&self, metadata: ServerMetadata, to: Thumbprint) -> Draft<Pushed> {
        self.push_with(metadata, MtlsEndpoints::Always, SenderConstraint::Mtls(to))
    }

    /// A push over a connection without the certificate to which tokens will be bound.
    pub fn push_bound_later(&self, metadata: ServerMetadata, to: Thumbprint) -> Draft<Pushed> {
        self.push_with(metadata, MtlsEndpoints::default(), SenderConstraint::Mtls(to))
    }

    fn push_with(
        &self,
        metadata: ServerMetadata,
        endpoints: MtlsEndpoints,
        sender_constraint: SenderConstraint,
    ) -> Draft<Pushed> {
        let key = self.key.public().clone();
        let mut config = ClientConfig::new(
            self.issuer.clone(),
            "app",
            RedirectUri::parse("https://app.example/callback").unwrap(),
            HttpsUrl::parse("https://bank.example/fdx/v6").unwrap(),
            ClientAuthentication::PrivateKeyJwt(AssertionKey::new(key, AssertionType::default())),
            sender_constraint,
            backend::ring(),
        );
        config.mtls_endpoints = endpoints;
        if config.issuer.is_loopback_http() {
            config = config.with_dialect(MOCK);
        }
        let consent = ConsentRequest::new(ConsentDuration::time_bound(90).unwrap())
            .resource(ResourceType::Account, [DataCluster::AccountBasic])
            .build()
            .unwrap();
        let client = Client::new(config, metadata).unwrap();
        client.push(&AuthorizationRequest::new(consent), Entropy::new([7; 32]), now()).unwrap()
    }
}
