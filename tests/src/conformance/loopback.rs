use fdx_jose::PrivateKey;
use fdx_par::{ClientConfig, Draft, Output, SenderConstraint};
use fdx_sandbox::certificates::Certificate;
use fdx_sandbox::misbehaviour::{Aftermath, Flow, Misbehaviour};
use fdx_sandbox::{OldKeys, RegisteredClient, Sandbox};
use fdx_transport_hyper::{ClientIdentity, Roots, RunError, Transport, system_now};
use fdx_wire::{Entropy, HttpsUrl, UnixTime};

use super::memory::setup;
use super::registering::open_to_tokens;
use super::{FLOWS, Line, Stop, Went, Wire, judge, walk, well_behaved};
use crate::TlsBank;
use fdx_testkit::{Binding, Setup, keys};

/// Runs flows with a correct institution and with every misbehaviour, over TLS.
///
/// # Panics
/// If no port is free or no certificate can be made.
pub async fn over_mtls() -> Vec<Line> {
    let mut loopback = Loopback::open().await;
    let mut lines = Vec::new();
    for flow in FLOWS {
        lines.push(loopback.meet_nothing(flow).await);
    }
    for misbehaviour in Misbehaviour::all() {
        lines.push(loopback.meet(misbehaviour).await);
    }
    lines
}

/// An institution behind TLS on loopback, and a recipient with a client certificate.
pub struct Loopback {
    tls: TlsBank,
    certificate: Certificate,
    transport: Transport,
    keys: Vec<PrivateKey>,
    config: ClientConfig,
}

impl Loopback {
    /// Starts the institution. Client and institution sign with the same published key, as in
    /// memory.
    ///
    /// # Panics
    /// If no port is free or no certificate can be made.
    pub async fn open() -> Self {
        let key = || vec![keys(Setup::default().algorithm)];
        let tls = TlsBank::open(key(), &[], |config| config.registration = open_to_tokens()).await;
        let certificate = tls.authority.client("The recipient").unwrap();
        let private = certificate.private_key_pem();
        let transport = Transport::builder()
            .root_certificates(Roots::pem(tls.authority.certificate_pem()).unwrap())
            .client_certificate(ClientIdentity::from_pem(certificate.pem(), &private).unwrap())
            .build()
            .unwrap();
        let config = Setup::default().config();
        Self { tls, certificate, transport, keys: key(), config }
    }

    /// Runs a flow with one misbehaviour over TLS. Tokens are bound to a certificate, unless the
    /// misbehaviour is about DPoP.
    ///
    /// # Panics
    /// Where the institution is poisoned.
    pub async fn meet(&mut self, misbehaviour: Misbehaviour) -> Line {
        let (went, aftermath) = self.met(misbehaviour.flow(), Some(misbehaviour)).await;
        judge(misbehaviour, &went, &aftermath)
    }

    /// Runs a flow with a correct institution over TLS.
    ///
    /// # Panics
    /// Where the institution is poisoned.
    pub async fn meet_nothing(&mut self, flow: Flow) -> Line {
        well_behaved(flow, &self.met(flow, None).await.0)
    }

    async fn met(&mut self, flow: Flow, misbehaviour: Option<Misbehaviour>) -> (Went, Aftermath) {
        let binding = match flow {
            _ if matches!(misbehaviour, Some(Misbehaviour::Nonce(_))) => Binding::Dpop,
            Flow::Dpop | Flow::ManagedRegistration | Flow::Registration => Binding::Dpop,
            Flow::Any
            | Flow::ConsentRevocation
            | Flow::Es256
            | Flow::Late
            | Flow::MessageSigning
            | Flow::Ps256
            | Flow::RefreshedTwice => Binding::Mtls,
        };
        let setup = Setup { binding, ..setup(flow) };
        self.config = self.configured(setup);
        let client = self.registered(setup);
        let key = || vec![keys(setup.algorithm)];
        self.keys = key();
        self.bank(|bank| {
            bank.rotate_keys(key(), OldKeys::Withdrawn);
            bank.register(client);
            bank.misbehave(misbehaviour);
        });
        let went = walk(self, flow).await;
        (went, self.bank(|bank| bank.aftermath()))
    }

    fn configured(&self, setup: Setup) -> ClientConfig {
        let mut config = setup.config();
        config.issuer = self.tls.issuer.clone();
        config.registered_entity_id = Some(config.client_id.clone());
        let base = match setup.binding {
            Binding::Dpop => self.tls.issuer.as_str(),
            Binding::Mtls => {
                let thumbprint = self.certificate.thumbprint();
                config.sender_constraint = SenderConstraint::Mtls(thumbprint);
                self.tls.mtls.as_str()
            }
        };
        let base = format!("{}/fdx/v6", base.trim_end_matches('/'));
        config.fdx_base = HttpsUrl::parse(&base).unwrap();
        config
    }

    fn registered(&self, setup: Setup) -> RegisteredClient {
        let mut client = setup.registered();
        if setup.binding == Binding::Mtls {
            client.binding = fdx_sandbox::Binding::MutualTls(self.certificate.thumbprint());
        }
        client
    }
}

impl Wire for Loopback {
    async fn run<T: Output>(&mut self, draft: Draft<T>) -> Result<T, Stop> {
        let outcome = self.transport.run(draft, &self.keys, system_now).await;
        Ok(outcome.map_err(RunError::without_draft)?)
    }

    fn bank<R>(&mut self, ask: impl FnOnce(&mut Sandbox) -> R) -> R {
        ask(&mut self.tls.institution.lock().unwrap())
    }

    fn config(&self) -> ClientConfig {
        self.config.clone()
    }

    fn draw(&mut self) -> Entropy {
        Entropy::from_os().unwrap()
    }

    fn now(&self) -> UnixTime {
        system_now()
    }
}
