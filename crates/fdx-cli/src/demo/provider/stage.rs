use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use fdx_jose::{
    Algorithm, AssertionKey, AssertionType, FreshKey, Jwks, ProofKey, RequestObjectKey, backend,
};
use fdx_par::{
    Client, ClientAuthentication, ClientConfig, Dialect, RequestObjects, SenderConstraint,
    WellKnown, discover,
};
use fdx_sandbox::certificates::CertificateAuthority;
use fdx_sandbox::server::{Running, Server, TlsIdentity};
use fdx_sandbox::{Institution, InstitutionConfig, Provider, RegisteredClient};
use fdx_transport_hyper::{ClientIdentity, Roots, Transport, system_now};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri};

use crate::demo::scene::defect;
use crate::error::Failure;
use crate::flow::{Driver, entropy};
use crate::keys;

/// A provider on loopback, and a recipient that speaks its dialect.
pub(crate) struct Stage {
    pub(crate) driver: Driver,
    pub(crate) config: ClientConfig,
    _running: Running,
}

pub(crate) const CLIENT: &str = "app-1";

/// What a provider is set up with: a key for the recipient, and its certificate's thumbprint.
#[expect(dead_code, reason = "the providers that want more follow")]
pub(crate) struct Means<'a> {
    pub(crate) key: &'a FreshKey,
    pub(crate) certificate: fdx_jose::Thumbprint,
}

impl Stage {
    /// Starts the provider. `register` changes what the provider knows of its client, `configure`
    /// what the recipient knows of itself, beyond what the provider usually has.
    pub(crate) async fn open(
        provider: Provider,
        dialect: Dialect,
        algorithm: Algorithm,
        register: impl FnOnce(&mut RegisteredClient, &Means<'_>),
        configure: impl FnOnce(&mut ClientConfig, &Means<'_>),
    ) -> Result<Self, Failure> {
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let server = Server::bind(any_port, any_port).await.map_err(defect)?;
        let issuer = Issuer::parse(&format!("https://{}", server.main())).map_err(defect)?;
        let mtls = HttpsUrl::parse(&format!("https://{}", server.mtls())).map_err(defect)?;
        let authority = CertificateAuthority::new("fdx demo CA").map_err(defect)?;
        let identity = TlsIdentity::from(authority.server().map_err(defect)?);
        let certificate = authority.client("fdx demo client").map_err(defect)?;
        let key = keys::fresh_of(algorithm)?;
        let means = Means { key: &key, certificate: certificate.thumbprint() };

        let redirect_uri = RedirectUri::parse("https://app.example/callback").map_err(defect)?;
        let public = key.key.public().clone();
        let mut client =
            provider.client(CLIENT, vec![redirect_uri.clone()], Jwks::new(vec![public.clone()]));
        register(&mut client, &means);
        let signing_keys = vec![keys::fresh_of(algorithm)?.key];
        let mut bank = InstitutionConfig::new(issuer.clone(), mtls, backend::ring(), signing_keys);
        provider.play(&mut bank);
        bank.clients = vec![client];
        let institution = Arc::new(Mutex::new(Institution::new(bank, entropy()?)));
        let roots = [authority.certificate_der()];
        let running = server.serve(institution, identity, &roots).map_err(defect)?;

        let base = format!("{}{}", issuer.as_str(), provider.paths().fdx);
        let authentication = ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
            public.clone(),
            AssertionType::default(),
        ));
        let mut config = ClientConfig::new(
            issuer,
            CLIENT,
            redirect_uri,
            HttpsUrl::parse(&base).map_err(defect)?,
            authentication,
            SenderConstraint::Dpop(ProofKey::new(public.clone())),
            backend::ring(),
        )
        .with_dialect(dialect);
        config.request_objects = RequestObjects::signed(RequestObjectKey::new(public));
        configure(&mut config, &means);

        let identity = ClientIdentity::from_pem(certificate.pem(), &certificate.private_key_pem());
        let transport = Transport::builder()
            .root_certificates(Roots::pem(authority.certificate_pem()).map_err(defect)?)
            .client_certificate(identity.map_err(defect)?)
            .build()
            .map_err(defect)?;
        let driver = Driver { transport, keys: vec![key.key] };
        Ok(Self { driver, config, _running: running })
    }

    /// A client of the provider, from its metadata where it publishes any.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        const DOING: &str = "discovering the provider";
        let (issuer, dialect) = (&self.config.issuer, self.config.dialect);
        let metadata = match dialect.documented_metadata(issuer) {
            Ok(documented) => documented,
            Err(_) => {
                let draft = discover(issuer, WellKnown::OAuthAuthorizationServer, system_now());
                self.driver.run(DOING, draft).await?
            }
        };
        let client = Client::new(self.config.clone(), metadata);
        client.map_err(|error| Failure::protocol(DOING, &error))
    }
}
