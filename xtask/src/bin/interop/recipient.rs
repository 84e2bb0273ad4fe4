use fdx_jose::{AssertionKey, AssertionType, PrivateKey, ProofKey, Thumbprint, backend};
use fdx_par::{
    AuthorizationRequest, Callback, Client, ClientAuthentication, ClientConfig, Draft, Granted,
    Output, Pending, SenderConstraint, Verification, Verified, WellKnown, discover,
};
use fdx_rar::{ConsentDuration, ConsentRequest, DataCluster, ResourceType};
use fdx_transport_hyper::{ClientIdentity, Roots, Transport, system_now};
use fdx_wire::{Entropy, HttpsUrl, Issuer, RedirectUri};
use tokio::runtime::Runtime;

use crate::failure::Failure;
use crate::lab::Lab;

/// A data recipient that is registered at the server, with our crates and a real transport.
pub(crate) struct Recipient {
    runtime: Runtime,
    pub(crate) transport: Transport,
    pub(crate) key: PrivateKey,
    pub(crate) client: Client,
}

/// How the recipient's tokens are bound.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Binding {
    Dpop,
    Mtls,
}

impl Recipient {
    /// Loads the key of `client_id` and discovers the server.
    pub(crate) fn new(lab: &Lab, client_id: &str, binding: Binding) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let identity =
            ClientIdentity::from_pem(&lab.read("client.pem")?, &lab.read("client.key")?)?;
        let certificate = identity.thumbprint();
        let transport = Transport::builder()
            .root_certificates(Roots::pem(&lab.read("ca.pem")?)?)
            .client_certificate(identity)
            .build()?;
        let pem = lab.read(&format!("{client_id}.pem"))?;
        let key = PrivateKey::from_pem(backend::ring(), &pem, None)?;
        let config = config(lab, client_id, binding, &key, certificate)?;

        let draft = discover(&config.issuer, WellKnown::OpenidConfiguration, system_now())?;
        let metadata = runtime.block_on(transport.run(draft, &key, system_now))?;
        let client = Client::new(config, metadata)?;
        Ok(Self { runtime, transport, key, client })
    }

    /// Carries one exchange to its end.
    pub(crate) fn run<T: Output>(&self, draft: Draft<T>) -> Result<T, Failure> {
        Ok(self.runtime.block_on(self.transport.run(draft, &self.key, system_now))?)
    }

    /// Sends a request as it is.
    pub(crate) fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, Failure> {
        Ok(self.runtime.block_on(self.transport.send_plain(request, 64 * 1024))?)
    }

    /// A push of the usual request, drafted.
    pub(crate) fn push(&self) -> Result<Draft<fdx_par::Pushed>, Failure> {
        let consent = ConsentRequest::new(ConsentDuration::time_bound(90)?)
            .resource(ResourceType::Account, [DataCluster::AccountBasic, DataCluster::Transactions])
            .build()?;
        // The server gives a refresh token only to a customer who was asked.
        let request = AuthorizationRequest::new(consent).openid().offline_access();
        let request = request.prompt("consent")?;
        Ok(self.client.push(&request, Entropy::from_os()?, system_now())?)
    }

    /// Push and redirect.
    pub(crate) fn begin(&self) -> Result<(String, Pending), Failure> {
        let (url, pending) = self.run(self.push()?)?.redirect(system_now())?;
        Ok((url.as_str().to_owned(), pending))
    }

    /// Callback, exchange, verification by freshly fetched keys.
    pub(crate) fn verified(&self, pending: Pending, url: &str) -> Result<Verified, Failure> {
        let accepted = match self.client.callback(pending, url, system_now())? {
            Callback::Code(accepted) => accepted,
            Callback::Denied(refusal) => {
                return Err(Failure::new(format!("the server refused: {refusal}")));
            }
        };
        let draft = self.client.exchange(accepted, Entropy::from_os()?, system_now())?;
        let exchanged = self.run(draft)?;
        let keys = self.run(self.client.fetch_keys(system_now())?)?;
        match self.client.verify(exchanged, Some(&keys), system_now())? {
            Verification::Verified(verified) => Ok(verified),
            Verification::FetchKeys(_) => Err(Failure::new("the server's keys do not fit")),
        }
    }

    /// The consent's id by introspection, and the grant.
    pub(crate) fn granted(&self, verified: Verified) -> Result<Granted, Failure> {
        let token = verified.tokens().access_token();
        let draft = self.client.introspect(token, Entropy::from_os()?, system_now())?;
        let verified = verified.introspected(&self.run(draft)?)?;
        let draft = self.client.read_consent(&verified, Entropy::from_os()?, system_now())?;
        let read = self.run(draft)?;
        Ok(verified.granted(read)?)
    }
}

fn config(
    lab: &Lab,
    client_id: &str,
    binding: Binding,
    key: &PrivateKey,
    certificate: Thumbprint,
) -> Result<ClientConfig, Failure> {
    let public = key.public().clone();
    let (constraint, base) = match binding {
        Binding::Dpop => (SenderConstraint::Dpop(ProofKey::new(public.clone())), &lab.at.fdx),
        Binding::Mtls => (SenderConstraint::Mtls(certificate), &lab.at.fdx_mtls),
    };
    let mut config = ClientConfig::new(
        Issuer::parse(&lab.at.issuer)?,
        client_id,
        RedirectUri::parse("https://recipient.example/callback")?,
        HttpsUrl::parse(base)?,
        ClientAuthentication::PrivateKeyJwt(AssertionKey::new(public, AssertionType::default())),
        constraint,
        backend::ring(),
    );
    config.id_token_signed_response_alg = Some(key.public().algorithm());
    Ok(config)
}
