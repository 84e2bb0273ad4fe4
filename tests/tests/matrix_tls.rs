//! The same combinations as in `matrix`, over TLS: one institution on loopback, one client for each
//! combination, and certificates presented by the TLS connection.

use std::error::Error;

use fdx_jose::{Algorithm, PrivateKey, Thumbprint};
use fdx_par::{
    Callback, Client, ClientAuthentication, ClientConfig, Draft, Granted, Introspection, Output,
    ResponseMode, Revoked, SenderConstraint, ServerKeys, TokenTypeHint, Tokens, Verification,
    WellKnown, discover,
};
use fdx_sandbox::certificates::Certificate;
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{CertificateName, RegisteredClient};
use fdx_testkit::{Authentication, Binding, Setup, keys, kit, matrix, usual_request};
use fdx_tests::TlsBank;
use fdx_transport_hyper::{
    ClientIdentity, Roots, RunError, SetupFault, Transport, TransportError, system_now,
};
use fdx_wire::{Entropy, HttpsUrl};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Ps256];

struct Bank {
    tls: TlsBank,
    issued: Certificate,
    self_signed: Certificate,
}

/// One combination, with its client.
struct Party<'a> {
    number: u8,
    bank: &'a Bank,
    transport: Transport,
    client: Client,
    keys: Vec<PrivateKey>,
}

fn client_id(number: u8) -> String {
    format!("app-{number}")
}

impl Bank {
    async fn open() -> Self {
        let self_signed = Certificate::self_signed("The recipient, by itself").unwrap();
        let tls = TlsBank::open(ALGORITHMS.map(keys).into(), &[self_signed.der()], |_| ()).await;
        let issued = tls.authority.client("The recipient").unwrap();
        Self { tls, issued, self_signed }
    }

    /// The certificate of the combination's client; `None` if nothing needs one.
    fn certificate(&self, setup: Setup) -> Option<&Certificate> {
        match (setup.authentication, setup.binding) {
            (Authentication::PrivateKeyJwt, Binding::Dpop) => None,
            (Authentication::SelfSignedTlsClientAuth, _) => Some(&self.self_signed),
            _ => Some(&self.issued),
        }
    }

    fn thumbprint(&self, setup: Setup) -> Thumbprint {
        self.certificate(setup).unwrap_or(&self.issued).thumbprint()
    }

    fn registered(&self, number: u8, setup: Setup) -> RegisteredClient {
        let mut client = setup.registered();
        client.client_id = client_id(number);
        client.authentication = match setup.authentication {
            Authentication::PrivateKeyJwt => fdx_sandbox::ClientAuthentication::PrivateKeyJwt,
            Authentication::TlsClientAuth => fdx_sandbox::ClientAuthentication::TlsClientAuth(
                CertificateName::SubjectDn("CN=The recipient".to_owned()),
            ),
            Authentication::SelfSignedTlsClientAuth => {
                let registered = vec![self.self_signed.thumbprint()];
                fdx_sandbox::ClientAuthentication::SelfSignedTlsClientAuth(registered)
            }
        };
        if setup.binding == Binding::Mtls {
            client.binding = fdx_sandbox::Binding::MutualTls(self.thumbprint(setup));
        }
        client
    }

    fn config(&self, number: u8, setup: Setup) -> ClientConfig {
        let certificate = self.thumbprint(setup);
        let mut config = setup.config();
        config.issuer = self.tls.issuer.clone();
        config.client_id = client_id(number);
        let host = match setup.binding {
            Binding::Dpop => self.tls.issuer.as_str(),
            Binding::Mtls => self.tls.mtls.as_str(),
        };
        config.fdx_base = HttpsUrl::parse(&format!("{host}/fdx/v6")).unwrap();
        config.authentication = match setup.authentication {
            Authentication::PrivateKeyJwt => config.authentication,
            Authentication::TlsClientAuth => ClientAuthentication::TlsClientAuth(certificate),
            Authentication::SelfSignedTlsClientAuth => {
                ClientAuthentication::SelfSignedTlsClientAuth(certificate)
            }
        };
        if setup.binding == Binding::Mtls {
            config.sender_constraint = SenderConstraint::Mtls(certificate);
        }
        config
    }

    fn transport(&self, certificate: Option<&Certificate>) -> Transport {
        let roots = Roots::pem(self.tls.authority.certificate_pem()).unwrap();
        let mut builder = Transport::builder().root_certificates(roots);
        if let Some(certificate) = certificate {
            let key = certificate.private_key_pem();
            let identity = ClientIdentity::from_pem(certificate.pem(), &key).unwrap();
            builder = builder.client_certificate(identity);
        }
        builder.build().unwrap()
    }

    /// A registered client, from discovery on.
    async fn party(&self, number: u8, setup: Setup) -> Party<'_> {
        self.tls.institution.lock().unwrap().register(self.registered(number, setup));
        let transport = self.transport(self.certificate(setup));
        let keys = vec![keys(setup.algorithm)];
        let draft = discover(&self.tls.issuer, WellKnown::OAuthAuthorizationServer, system_now());
        let metadata = transport.run(draft.unwrap(), &keys, system_now).await.unwrap();
        let client = Client::new(self.config(number, setup), metadata).unwrap();
        Party { number, bank: self, transport, client, keys }
    }

    /// Plays the customer without a browser: loads the page, decides, and returns the callback.
    fn customer(&self, url: &HttpsUrl) -> String {
        let mut bank = self.tls.institution.lock().unwrap();
        kit::customer(&mut bank, url.as_str(), &Decision::less_than_requested(), system_now())
    }
}

impl Party<'_> {
    fn entropy(&self, step: u8) -> Entropy {
        let mut bytes = [step; 32];
        bytes[0] = self.number;
        Entropy::new(bytes)
    }

    async fn run<T: Output>(&self, draft: Draft<T>) -> Result<T, RunError> {
        Ok(self.transport.run(draft, &self.keys, system_now).await?)
    }

    async fn keys(&self) -> Result<ServerKeys, Box<dyn Error>> {
        Ok(self.run(self.client.fetch_keys(system_now())?).await?)
    }

    async fn flow(&self) -> Result<Granted, Box<dyn Error>> {
        let client = &self.client;
        let draft = client.push(&usual_request(), self.entropy(1), system_now())?;
        let (url, pending) = self.run(draft).await?.redirect(system_now())?;
        let back = self.bank.customer(&HttpsUrl::parse(url.as_str())?);
        let callback = match client.config().response_mode {
            ResponseMode::Query => client.callback(pending, &back, system_now())?,
            ResponseMode::Jwt => {
                let signed = client.signed_callback(pending, &back, system_now())?;
                let keys = self.keys().await?;
                match client.verify(signed, Some(&keys), system_now())? {
                    Verification::Done(callback) => callback,
                    Verification::FetchKeys(_) => return Err("the keys do not fit".into()),
                }
            }
        };
        let Callback::Code(accepted) = callback else { return Err("denied".into()) };
        let draft = client.exchange(accepted, self.entropy(2), system_now())?;
        let exchanged = self.run(draft).await?;
        let keys = self.keys().await?;
        let Verification::Done(verified) = client.verify(exchanged, Some(&keys), system_now())?
        else {
            return Err("the keys do not fit".into());
        };
        let read = client.read_consent(&verified, self.entropy(3), system_now())?;
        let granted = verified.granted(self.run(read).await?)?;
        let introspection = self.introspection(granted.tokens()).await?;
        assert!(introspection.is_active() && introspection.consent_id() == granted.consent_id());
        let which = TokenTypeHint::RefreshToken;
        let draft = client.revoke(granted.tokens(), which, self.entropy(5), system_now())?;
        let _: Revoked = self.run(draft).await?;
        Ok(granted)
    }

    /// Introspects the token, with a signed response if the callback is signed.
    async fn introspection(&self, tokens: &Tokens) -> Result<Introspection, Box<dyn Error>> {
        let (client, token) = (&self.client, tokens.access_token());
        if client.config().response_mode == ResponseMode::Query {
            let draft = client.introspect(token, self.entropy(4), system_now())?;
            return Ok(self.run(draft).await?);
        }
        let draft = client.introspect_signed(token, self.entropy(4), system_now())?;
        let signed = self.run(draft).await?;
        let keys = self.keys().await?;
        match client.verify(signed, Some(&keys), system_now())? {
            Verification::Done(introspection) => Ok(introspection),
            Verification::FetchKeys(_) => Err("the keys do not fit".into()),
        }
    }
}

#[tokio::test]
async fn every_combination_reaches_the_grant_over_tls() {
    let bank = Bank::open().await;
    let matrix = matrix();
    assert_eq!(matrix.len(), 72);
    for (number, setup) in (0..).zip(matrix) {
        let party = bank.party(number, setup).await;
        let granted = party.flow().await.unwrap_or_else(|error| panic!("{setup:?}: {error}"));
        assert!(granted.coverage().is_partial(), "{setup:?}");
        let receipt = party.client.receipt(&granted, system_now()).unwrap();
        assert_eq!(receipt.consent_id(), granted.consent_id(), "{setup:?}");
    }
}

#[tokio::test]
async fn rejects_another_certificate_for_the_client() {
    let bank = Bank::open().await;
    let other = bank.tls.authority.client("Another recipient").unwrap();
    for (number, authentication) in
        [(1, Authentication::TlsClientAuth), (2, Authentication::SelfSignedTlsClientAuth)]
    {
        let party = bank.party(number, Setup { authentication, ..Setup::default() }).await;
        let push = |step| {
            let entropy = party.entropy(step);
            party.client.push(&usual_request(), entropy, system_now()).unwrap()
        };
        let stranger = bank.transport(Some(&other));
        let refused = stranger.run(push(1), &party.keys, system_now).await.unwrap_err();
        let fault = TransportError::Setup(SetupFault::OtherClientCertificate);
        assert!(matches!(refused, RunError::NotSent { error, .. } if error == fault), "{refused}");

        let mut config = party.client.config().clone();
        let thumbprint = other.thumbprint();
        config.authentication = match authentication {
            Authentication::TlsClientAuth => ClientAuthentication::TlsClientAuth(thumbprint),
            _ => ClientAuthentication::SelfSignedTlsClientAuth(thumbprint),
        };
        let thief = Client::new(config, party.client.metadata().clone()).unwrap();
        let push_by_thief = thief.push(&usual_request(), party.entropy(1), system_now()).unwrap();
        let refused = stranger.run(push_by_thief, &party.keys, system_now).await.unwrap_err();
        let RunError::Protocol(error) = refused else { panic!("{refused}") };
        let said = error.said().unwrap().error.as_ref().unwrap();
        assert_eq!(said.as_str(), "invalid_client", "{authentication:?}");

        let bare = bank.transport(None);
        let refused = bare.run(push(2), &party.keys, system_now).await.unwrap_err();
        assert!(matches!(refused, RunError::NotSent { .. }), "{refused}");
        let _ =
            party.run(push(3)).await.unwrap_or_else(|error| panic!("{authentication:?}: {error}"));
    }
}
