//! A provider on loopback, and a recipient with its dialect.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use fdx_jose::{
    Algorithm, AssertionKey, AssertionType, Jwks, ProofKey, RequestObjectKey, Thumbprint, backend,
};
use fdx_par::{
    AccessToken, Client, ClientAuthentication, ClientConfig, Dialect, RequestObjects,
    ResourceRequest, SenderConstraint, discover,
};
use fdx_sandbox::certificates::CertificateAuthority;
use fdx_sandbox::server::{Running, Server, TlsIdentity};
use fdx_sandbox::{InstitutionConfig, Provider, RegisteredClient, Sandbox};
use fdx_transport_hyper::{ClientIdentity, Roots, Transport, system_now};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri};

use crate::credentials;
use crate::demo::scene::defect;
use crate::error::Failure;
use crate::flow::{Driver, entropy};

/// A running provider, and a recipient with its dialect.
pub(crate) struct Stage {
    pub(crate) driver: Driver,
    pub(crate) config: ClientConfig,
    _running: Running,
}

pub(crate) const CLIENT: &str = "app-1";
/// Where the recipient publishes its keys.
pub(crate) const JWKS_URI: &str = "https://app.example/jwks";

/// What a recipient needs in addition to its key.
pub(crate) struct Means {
    pub(crate) certificate: Thumbprint,
    /// The FDX API at the endpoint that requests certificates.
    pub(crate) mtls_base: HttpsUrl,
}

impl Stage {
    /// Starts the provider. `register` changes the registered client, and `configure` the
    /// recipient's configuration.
    pub(crate) async fn open(
        provider: &'static Provider,
        dialect: Dialect,
        algorithm: Algorithm,
        register: impl FnOnce(&mut RegisteredClient, &Means),
        configure: impl FnOnce(&mut ClientConfig, &Means),
    ) -> Result<Self, Failure> {
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let server = Server::bind(any_port, any_port).await.map_err(defect)?;
        let issuer = Issuer::parse(&format!("https://{}", server.main())).map_err(defect)?;
        let mtls = HttpsUrl::parse(&format!("https://{}", server.mtls())).map_err(defect)?;
        let authority = CertificateAuthority::new("fdx demo CA").map_err(defect)?;
        let identity = TlsIdentity::from(authority.server().map_err(defect)?);
        let certificate = authority.client("fdx demo client").map_err(defect)?;
        let key = credentials::fresh_of(algorithm)?;
        let fdx = |origin: &str| HttpsUrl::parse(&format!("{origin}{}", provider.paths.fdx));
        let mtls_base = fdx(mtls.as_str()).map_err(defect)?;
        let means = Means { certificate: certificate.thumbprint(), mtls_base };

        let redirect_uri = RedirectUri::parse("https://app.example/callback").map_err(defect)?;
        let public = key.key.public().clone();
        let mut client =
            provider.client(CLIENT, vec![redirect_uri.clone()], Jwks::new(vec![public.clone()]));
        register(&mut client, &means);
        let signing_keys = vec![credentials::fresh_of(algorithm)?.key];
        let mut bank = InstitutionConfig::new(issuer.clone(), mtls, backend::ring(), signing_keys);
        provider.configure(&mut bank);
        bank.clients = vec![client];
        // The institution fetches nothing: it has the document that a client publishes.
        let jwks = Jwks::new(vec![public.clone()]).to_json();
        bank.published_jwks.insert(JWKS_URI.to_owned(), jwks);
        let sandbox = Arc::new(Mutex::new(Sandbox::of(provider, bank, entropy()?)));
        let roots = [authority.certificate_der()];
        let running = server.serve(sandbox, identity, &roots).map_err(defect)?;

        let base = fdx(issuer.as_str()).map_err(defect)?;
        let authentication = ClientAuthentication::PrivateKeyJwt(AssertionKey::new(
            public.clone(),
            AssertionType::default(),
        ));
        let mut config = ClientConfig::new(
            issuer,
            CLIENT,
            redirect_uri,
            base,
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

    /// Reads the granted accounts.
    pub(crate) async fn accounts(
        &self,
        client: &Client,
        access_token: &AccessToken,
    ) -> Result<(), Failure> {
        let url = client.config().fdx_base.join_segment("accounts").map_err(defect)?;
        let request = ResourceRequest::get(url);
        let draft = client.call(access_token, request, entropy()?, system_now());
        self.driver.run("reading the accounts", draft).await.map(drop)
    }

    /// Creates a client, from the provider's metadata if it publishes any.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        const DOING: &str = "discovering the provider";
        let (issuer, dialect) = (&self.config.issuer, self.config.dialect);
        let metadata = match dialect.documented_metadata(issuer) {
            Ok(documented) => documented,
            Err(_) => {
                let draft = discover(issuer, dialect.well_known(), system_now());
                self.driver.run(DOING, draft).await?
            }
        };
        let client = Client::new(self.config.clone(), metadata);
        client.map_err(|error| Failure::protocol(DOING, &error))
    }
}
