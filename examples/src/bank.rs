use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fdx_jose::{
    AssertionKey, AssertionType, Jwks, PrivateKey, ProofKey, PublicKey, Thumbprint, backend,
};
use fdx_par::{ClientAuthentication, ClientConfig, SenderConstraint};
use fdx_rar::DataCluster;
use fdx_sandbox::certificates::CertificateAuthority;
use fdx_sandbox::customer::{ConsentPage, Decision};
use fdx_sandbox::server::{Observer, Running, Server, TlsIdentity};
use fdx_sandbox::{Binding, InstitutionConfig, RegisteredClient, Sandbox};
use fdx_wire::{HttpsUrl, Issuer, RedirectUri, UnixTime};
use tokio::runtime::{Builder, Runtime};

use crate::recipient::{entropy, fresh_key};

/// An institution with one customer and one registered recipient.
pub struct Bank {
    /// The issuer identifier.
    pub issuer: Issuer,
    institution: Arc<Mutex<Sandbox>>,
    authority: CertificateAuthority,
    recipient: Recipient,
    server: Option<(Running, Runtime)>,
    log: Arc<Mutex<Vec<(String, u16)>>>,
}

struct Recipient {
    key: PublicKey,
    redirect_uri: RedirectUri,
}

const CLIENT_ID: &str = "app";

impl Bank {
    /// Starts an institution on loopback, in a thread with its own runtime.
    ///
    /// # Errors
    /// If no port is free, or the random number generator fails.
    pub fn on_loopback(key: &PublicKey, redirect_uri: &str) -> Result<Self, Box<dyn Error>> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let server = runtime.block_on(Server::bind(any_port, any_port))?;
        let mut bank = Self::open(
            &format!("https://{}", server.main()),
            &format!("https://{}", server.mtls()),
            key,
            redirect_uri,
        )?;
        let identity = TlsIdentity::from(bank.authority.server()?);
        let roots = [bank.authority.certificate_der()];
        let log = Arc::clone(&bank.log);
        let server = server.observed_by(Observer::new(move |answered| {
            lock(&log).push((answered.path.to_owned(), answered.status.as_u16()));
        }));
        let inside = runtime.enter();
        let running = server.serve(Arc::clone(&bank.institution), identity, &roots)?;
        drop(inside);
        bank.server = Some((running, runtime));
        Ok(bank)
    }

    /// Returns an institution without a server. [`Bank::answer`] handles its requests.
    ///
    /// # Errors
    /// If the random number generator fails.
    pub fn in_memory(key: &PublicKey, redirect_uri: &str) -> Result<Self, Box<dyn Error>> {
        Self::open("https://bank.example", "https://mtls.bank.example", key, redirect_uri)
    }

    /// Returns the recipient's configuration for this institution.
    ///
    /// # Errors
    /// None with these constants.
    pub fn recipient(&self) -> Result<ClientConfig, Box<dyn Error>> {
        let Recipient { key, redirect_uri } = &self.recipient;
        let assertions = AssertionKey::new(key.clone(), AssertionType::default());
        Ok(ClientConfig::new(
            self.issuer.clone(),
            CLIENT_ID,
            redirect_uri.clone(),
            HttpsUrl::parse(&format!("{}/fdx/v6", self.issuer.as_str()))?,
            ClientAuthentication::PrivateKeyJwt(assertions),
            SenderConstraint::Dpop(ProofKey::new(key.clone())),
            backend::ring(),
        ))
    }

    /// Plays the customer's browser: reads the page at `url`, decides, and returns the URL that the
    /// institution redirects to.
    ///
    /// # Errors
    /// If the institution returns no consent page or no redirect.
    pub fn customer(
        &self,
        url: &str,
        decision: &Decision,
        now: UnixTime,
    ) -> Result<String, Box<dyn Error>> {
        let page = self.answer(&http::Request::get(url).body(Vec::new())?, now);
        let form = ConsentPage::read(&page)?.decide(decision)?;
        let back = self.answer(&form, now);
        let location = back
            .headers()
            .get("location")
            .ok_or("the institution did not redirect the customer")?;
        Ok(location.to_str()?.to_owned())
    }

    /// Handles one request without a socket.
    #[must_use]
    pub fn answer(
        &self,
        request: &http::Request<Vec<u8>>,
        now: UnixTime,
    ) -> http::Response<Vec<u8>> {
        lock(&self.institution).handle(request, None::<Thumbprint>, now)
    }

    /// Returns the statuses of the responses at this path, in order.
    #[must_use]
    pub fn statuses_at(&self, path: &str) -> String {
        let log = lock(&self.log);
        let statuses =
            log.iter().filter(|(at, _)| at == path).map(|(_, status)| status.to_string());
        statuses.collect::<Vec<_>>().join(", ")
    }

    /// Returns the root certificate of the institution's server, in DER.
    #[must_use]
    pub fn root_der(&self) -> &[u8] {
        self.authority.certificate_der()
    }

    /// Returns the root certificate in PEM.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        self.authority.certificate_pem()
    }

    fn open(
        issuer: &str,
        mtls: &str,
        key: &PublicKey,
        redirect_uri: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let (issuer, mtls) = (Issuer::parse(issuer)?, HttpsUrl::parse(mtls)?);
        let redirect_uri = RedirectUri::parse(redirect_uri)?;
        let jwks = Jwks::new(vec![key.clone()]);
        let redirect_uris = vec![redirect_uri.clone()];
        let mut client = RegisteredClient::new(CLIENT_ID, redirect_uris, jwks, Binding::Dpop);
        let known = DataCluster::known().iter().filter_map(|known| known.scope);
        client.scopes = known.chain(["openid", "offline_access"]).map(str::to_owned).collect();

        let signs = PrivateKey::from_pkcs8_der(backend::ring(), &fresh_key()?, None)?;
        let mut config = InstitutionConfig::new(issuer.clone(), mtls, backend::ring(), vec![signs]);
        config.clients.push(client);
        Ok(Self {
            issuer,
            institution: Arc::new(Mutex::new(Sandbox::new(config, entropy()?))),
            authority: CertificateAuthority::new("The examples' CA")?,
            recipient: Recipient { key: key.clone(), redirect_uri },
            server: None,
            log: Arc::default(),
        })
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        // The server must stop before its runtime does.
        if let Some((running, runtime)) = self.server.take() {
            drop(running);
            runtime.shutdown_background();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
