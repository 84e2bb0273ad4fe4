use core::time::Duration;

use fdx_jose::{Algorithm, PrivateKey, Thumbprint};
use fdx_par::{
    AuthorizationRequest, Callback, Client, ClientCertificate, ClientConfig, ConsentRead, Draft,
    Error, Exchanged, Granted, NextStep, Output, Pending, Refused, ResponseMode, ServerKeys, Step,
    Verification, Verified, discover,
};
use fdx_sandbox::customer::Decision;
use fdx_sandbox::{Peer, Sandbox};
use fdx_wire::{Entropy, UnixTime};

use crate::setup::{
    CERTIFICATE, CERTIFICATE_SUBJECT, Setup, consent_request, entropy, keys, start,
};
use crate::{checked, kit};

/// An answer on its way.
pub type Answer = http::Response<Vec<u8>>;

/// A request that was carried out.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whether the certificate was shown.
    pub certificate: ClientCertificate,
    /// The request as it went out.
    pub http: http::Request<Vec<u8>>,
}

/// A request on its way out, with the certificate that its connection shows.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The request.
    pub http: http::Request<Vec<u8>>,
    /// Who shows a certificate.
    pub peer: Peer,
}

type Tamper = Box<dyn FnMut(&http::Request<Vec<u8>>, Answer) -> Answer>;
type Change = Box<dyn FnMut(&mut Outgoing)>;

/// A recipient, an institution, and the connection between them.
pub struct World {
    /// The recipient's keys.
    pub keys: Vec<PrivateKey>,
    /// The institution.
    pub bank: Sandbox,
    /// The clock.
    pub now: UnixTime,
    /// How far the institution's clock is behind.
    pub bank_behind: Duration,
    /// Everything that was sent, in order.
    pub sent: Vec<Asked>,
    /// Every answer, as it arrived.
    pub answers: Vec<Answer>,
    /// The bytes that were signed, in order.
    pub signed: Vec<Vec<u8>>,
    /// The certificate that the recipient shows where it shows one.
    pub certificate: &'static [u8],
    /// The recipient's configuration.
    pub config: ClientConfig,
    drawn: u8,
    algorithm: Algorithm,
    tamper: Option<Tamper>,
    change: Option<Change>,
}

impl World {
    /// A new world.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self::of(setup.algorithm, setup.institution(), setup.config())
    }

    /// The same for any institution and configuration, whose keys are those of `algorithm`.
    #[must_use]
    pub fn of(algorithm: Algorithm, bank: Sandbox, config: ClientConfig) -> Self {
        Self {
            keys: vec![keys(algorithm)],
            bank,
            now: start(),
            bank_behind: Duration::ZERO,
            sent: Vec::new(),
            answers: Vec::new(),
            signed: Vec::new(),
            certificate: CERTIFICATE,
            config,
            drawn: 0,
            algorithm,
            tamper: None,
            change: None,
        }
    }

    /// Changes every request from now on.
    pub fn change(&mut self, change: impl FnMut(&mut Outgoing) + 'static) {
        self.change = Some(Box::new(change));
    }

    /// Sends requests unchanged from now on.
    pub fn change_no_more(&mut self) {
        self.change = None;
    }

    /// Changes every answer from now on.
    pub fn tamper(
        &mut self,
        tamper: impl FnMut(&http::Request<Vec<u8>>, Answer) -> Answer + 'static,
    ) {
        self.tamper = Some(Box::new(tamper));
    }

    /// Runs an exchange to its end.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn run<T: Output>(&mut self, mut draft: Draft<T>) -> Result<T, Error> {
        loop {
            self.signed.extend(draft.signing_inputs().iter().map(|input| input.bytes().to_vec()));
            let signatures = draft.sign(&self.keys)?;
            let (request, sent) = draft.attach(signatures)?;
            let certificate = request.certificate();
            let http = request.into_http();
            let answer = self.carry(http, certificate);
            match sent.receive(answer, self.now)? {
                Step::Again(fresh) => draft = fresh,
                Step::Done(done) => return Ok(done),
            }
        }
    }

    /// Sends the request of a draft and loses the answer, a success.
    ///
    /// # Panics
    /// If the keys do not sign the draft, or the institution refuses the request.
    pub fn lost<T: Output>(&mut self, draft: Draft<T>) -> NextStep {
        let (request, sent) = kit::attached(draft, &self.keys);
        let certificate = request.certificate();
        let answer = self.carry(request.into_http(), certificate);
        assert!(answer.status().is_success(), "{:?}", self.bank.last_verdicts());
        sent.on_no_response()
    }

    /// Sends one request and returns the answer.
    pub fn carry(
        &mut self,
        http: http::Request<Vec<u8>>,
        certificate: ClientCertificate,
    ) -> Answer {
        let thumbprint = Thumbprint::of_certificate(self.certificate);
        let peer = match certificate {
            ClientCertificate::Present => {
                Peer::certificate(thumbprint).subject_dn(CERTIFICATE_SUBJECT)
            }
            ClientCertificate::Withhold => Peer::anonymous(),
        };
        let mut outgoing = Outgoing { http, peer };
        if let Some(change) = &mut self.change {
            change(&mut outgoing);
        }
        let Outgoing { http, peer } = outgoing;
        let answer = self.handle(&http, peer, self.now - self.bank_behind);
        self.sent.push(Asked { certificate, http });
        let answer = match (&mut self.tamper, self.sent.last()) {
            (Some(tamper), Some(asked)) => tamper(&asked.http, answer),
            _ => answer,
        };
        self.answers.push(answer.clone());
        answer
    }

    /// Hands a request to the institution, and records the rules that it checks.
    pub fn handle(
        &mut self,
        http: &http::Request<Vec<u8>>,
        peer: impl Into<Peer>,
        now: UnixTime,
    ) -> Answer {
        let answer = self.bank.handle(http, peer, now);
        checked::record(self.bank.last_verdicts());
        answer
    }

    /// A client, from discovery on where the provider publishes anything.
    ///
    /// # Errors
    /// The error of discovery.
    pub fn client(&mut self) -> Result<Client, Error> {
        let issuer = &self.config.issuer;
        let metadata = match self.config.dialect.documented_metadata(issuer) {
            Ok(documented) => documented,
            Err(_) => {
                let draft = discover(issuer, self.config.dialect.well_known(), self.now)?;
                self.run(draft)?
            }
        };
        Client::new(self.config.clone(), metadata)
    }

    /// Pushes `request` and sends the customer off: the URL, and what is pending.
    ///
    /// # Errors
    /// The push's error.
    pub fn push(
        &mut self,
        client: &Client,
        request: &AuthorizationRequest,
    ) -> Result<(String, Pending), Error> {
        let draft = client.push(request, entropy(1), self.now)?;
        let pushed = self.run(draft)?;
        let (url, pending) = pushed.redirect(self.now)?;
        Ok((url.as_str().to_owned(), pending))
    }

    /// The customer's part: loads the page, decides, and gives the URL that the browser is sent
    /// back to.
    ///
    /// # Panics
    /// If the institution shows no page or does not redirect.
    pub fn customer(&mut self, url: &str, decision: &Decision) -> String {
        kit::customer(&mut self.bank, url, decision, self.now)
    }

    /// Callback and code exchange.
    ///
    /// # Errors
    /// The error of an exchange.
    ///
    /// # Panics
    /// If the customer denied.
    pub fn exchange(
        &mut self,
        client: &Client,
        pending: Pending,
        callback: &str,
    ) -> Result<Exchanged, Error> {
        match self.callback(client, pending, callback)? {
            Callback::Code(accepted) => {
                let draft = client.exchange(accepted, entropy(2), self.now)?;
                self.run(draft)
            }
            Callback::Denied(refusal) => panic!("denied: {refusal}"),
        }
    }

    /// The callback, in either response mode.
    ///
    /// # Errors
    /// The exchange's error.
    ///
    /// # Panics
    /// If fresh keys do not fit.
    pub fn callback(
        &mut self,
        client: &Client,
        pending: Pending,
        callback: &str,
    ) -> Result<Callback, Error> {
        if self.config.response_mode == ResponseMode::Query {
            return Ok(client.callback(pending, callback, self.now)?);
        }
        let signed = client.signed_callback(pending, callback, self.now)?;
        let Verification::FetchKeys(signed) = client.verify(signed, None, self.now)? else {
            panic!("verified without keys");
        };
        let draft = client.fetch_keys(self.now)?;
        let keys = self.run(draft)?;
        match client.verify(signed, Some(&keys), self.now)? {
            Verification::Done(callback) => Ok(callback),
            Verification::FetchKeys(_) => panic!("the keys do not fit"),
        }
    }

    /// Verifies an exchange, and fetches the keys once if they are needed.
    ///
    /// # Errors
    /// The error of verification, with the tokens if they are kept.
    ///
    /// # Panics
    /// If fresh keys do not fit.
    pub fn verify(
        &mut self,
        client: &Client,
        exchanged: Exchanged,
    ) -> Result<Verified, Refused<Exchanged>> {
        let exchanged = match client.verify(exchanged, None, self.now)? {
            Verification::Done(verified) => return Ok(verified),
            Verification::FetchKeys(exchanged) => exchanged,
            Verification::Decrypt(_) => panic!("no encryption was registered"),
        };
        let keys = match client.fetch_keys(self.now).and_then(|draft| self.run(draft)) {
            Ok(keys) => keys,
            Err(error) => return Err(Refused { error, unspent: Box::new(exchanged) }),
        };
        self.verify_with(client, exchanged, &keys)
    }

    fn verify_with(
        &mut self,
        client: &Client,
        exchanged: Exchanged,
        keys: &ServerKeys,
    ) -> Result<Verified, Refused<Exchanged>> {
        match client.verify(exchanged, Some(keys), self.now)? {
            Verification::Done(verified) => Ok(verified),
            Verification::Decrypt(_) | Verification::FetchKeys(_) => panic!("the keys do not fit"),
        }
    }

    /// Reads the consent, after introspection where the id is still unknown.
    ///
    /// # Errors
    /// The error of an exchange.
    pub fn granted(&mut self, client: &Client, verified: Verified) -> Result<Granted, Error> {
        let mut verified = verified;
        if verified.consent_id().is_none() {
            let token = verified.tokens().access_token();
            let draft = client.introspect(token, entropy(3), self.now);
            verified = match draft.and_then(|draft| self.run(draft)) {
                Ok(introspection) => verified.introspected(&introspection)?,
                Err(error) => verified.not_introspected(error)?,
            };
        }
        let read: ConsentRead = match client.read_consent(&verified, entropy(4), self.now) {
            Ok(draft) => self.run(draft)?,
            Err(_) => return Ok(verified.without_grant()),
        };
        Ok(verified.granted(read)?)
    }

    /// The whole flow with the usual request.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn flow(&mut self, decision: &Decision) -> Result<(Client, Granted), Error> {
        let request = AuthorizationRequest::new(consent_request()).openid().offline_access();
        self.flow_of(&request, decision)
    }

    /// The whole flow with any request.
    ///
    /// # Errors
    /// The exchange's error.
    pub fn flow_of(
        &mut self,
        request: &AuthorizationRequest,
        decision: &Decision,
    ) -> Result<(Client, Granted), Error> {
        let client = self.client()?;
        let (url, pending) = self.push(&client, request)?;
        let callback = self.customer(&url, decision);
        let exchanged = self.exchange(&client, pending, &callback)?;
        let verified = self.verify(&client, exchanged)?;
        let granted = self.granted(&client, verified)?;
        Ok((client, granted))
    }

    /// Entropy that was not drawn before.
    pub fn draw(&mut self) -> Entropy {
        self.drawn += 1;
        entropy(100 + self.drawn)
    }

    /// The algorithm of the client's and the institution's signatures.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
