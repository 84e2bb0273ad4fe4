//! A consent in a database, in a blocking program: `std::net`, rustls, SQLite, and no async at all.
//!
//! The procedures of `fdx-store` decide what to do. This program's own part is [`Driver`]: its loop
//! signs, sends, stores and waits.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use fdx_examples::{
    Bank, MAX_HEAD, consent_request, entropy, fresh_key, now, parse, serialize, step, tls,
};
use fdx_jose::{PrivateKey, SealingKey, backend};
use fdx_par::dialect::RefreshTokens;
use fdx_par::{Client, Request, WellKnown, discover};
use fdx_rar::{PartyType, RevocationReason};
use fdx_sandbox::customer::Decision;
use fdx_store::Tenant;
use fdx_store::procedure::{Access, Consents, Finished, RevocationResult, Started, Step};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::KeyRing;
use fdx_store_sqlite::SqliteStore;
use fdx_wire::{HttpsUrl, UnixTime};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

const CUSTOMER: &str = "customer-17";
/// The longest time for a connection, and for a response without a deadline.
const TIMEOUT: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn Error>> {
    let key = PrivateKey::from_pkcs8_der(backend::ring(), &fresh_key()?, None)?;
    let bank = Bank::on_loopback(key.public(), "https://app.example/callback")?;
    // A real program opens a file, and reads the key ring from a secret store.
    let store = SqliteStore::in_memory()?;
    let ring = KeyRing::new(backend::ring(), SealingKey::new(1, [7; 32]));
    let mut driver = Driver { tls: tls(bank.root_der())?, key, store };

    let metadata = driver.discover(&bank)?;
    let client = Client::new(bank.recipient()?, metadata)?;
    let policy = RefreshPolicy::new(RefreshTokens::FAPI);
    let consents = Consents::new(client, Tenant::default(), ring, None, policy)?;
    lifetime(&bank, &consents, &mut driver)?;
    step("done", "without async");
    Ok(())
}

/// Runs the procedures from the request to the revocation.
fn lifetime(bank: &Bank, consents: &Consents, driver: &mut Driver) -> Result<(), Box<dyn Error>> {
    let request = consent_request()?.offline_access();
    let redirect = match driver.run(consents.begin(CUSTOMER, &request, entropy()?, now())) {
        Started::Redirect(redirect) => redirect,
        other => return Err(format!("not begun: {other:?}").into()),
    };
    step("begun", "the flow is stored: redirect the customer");
    let callback = bank.customer(redirect.url.as_str(), &Decision::everything(), now())?;
    let consent = match driver.run(consents.finish(CUSTOMER, &callback, entropy()?, now())) {
        Finished::Granted(granted) => granted.consent,
        other => return Err(format!("not granted: {other:?}").into()),
    };
    step("finished", format!("the consent is {}", consent.state.name()));

    let refreshed = match driver.run(consents.refresh(&consent.id, entropy()?, now())) {
        Access::Token(token) => token,
        other => return Err(format!("not refreshed: {other:?}").into()),
    };
    step("refreshed", format!("generation {}", refreshed.generation));

    let (reason, initiator) = (RevocationReason::UserAction, PartyType::DataRecipient);
    match driver.run(consents.revoke(&consent.id, reason, initiator, entropy()?, now())) {
        RevocationResult::Revoked(_) => step("revoked", "the receipt is written"),
        other => return Err(format!("not revoked: {other:?}").into()),
    }
    Ok(())
}

/// Runs procedures.
struct Driver {
    tls: Arc<rustls::ClientConfig>,
    key: PrivateKey,
    store: SqliteStore,
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

impl Driver {
    /// Runs a procedure to its end.
    fn run<T>(&mut self, mut step: Step<T>) -> T {
        loop {
            step = match step {
                Step::Sign(signing) => signing.sign(&self.key, now()),
                Step::Send(sending) => {
                    let deadline = sending.deadline();
                    // The deadline is checked after the connection is open.
                    let connected = self.connect(sending.url());
                    match (sending.start(now()), connected) {
                        (Err(late), _) => late,
                        (Ok((_, awaiting)), Err(error)) => {
                            awaiting.not_sent(&error.to_string(), now())
                        }
                        (Ok((request, awaiting)), Ok(stream)) => {
                            match send(stream, request, deadline) {
                                Ok(response) => awaiting.received(response, now()),
                                Err(error) => awaiting.no_response(&error.to_string(), now()),
                            }
                        }
                    }
                }
                Step::Store(storing) => storing.perform(&mut self.store, now),
                Step::Wait(waiting) => {
                    sleep(waiting.until().since(now()));
                    waiting.resumed(now())
                }
                Step::Done(output) => return output,
            }
        }
    }

    /// Opens a connection, up to the end of the TLS handshake. Nothing is sent yet.
    fn connect(&self, url: &HttpsUrl) -> Result<Stream, Box<dyn Error>> {
        let (host, port) = (url.host().to_owned(), url.port());
        let mut addresses = (host.as_str(), port).to_socket_addrs()?;
        let address = addresses.next().ok_or("the host has no address")?;
        let mut tcp = TcpStream::connect_timeout(&address, TIMEOUT)?;
        tcp.set_read_timeout(Some(TIMEOUT))?;
        tcp.set_write_timeout(Some(TIMEOUT))?;
        let name = ServerName::try_from(host)?;
        let mut session = ClientConnection::new(Arc::clone(&self.tls), name)?;
        while session.is_handshaking() {
            session.complete_io(&mut tcp)?;
        }
        Ok(StreamOwned::new(session, tcp))
    }

    /// Fetches the institution's metadata.
    fn discover(&self, bank: &Bank) -> Result<fdx_par::ServerMetadata, Box<dyn Error>> {
        let draft = discover(&bank.issuer, WellKnown::OAuthAuthorizationServer, now())?;
        let (request, sent) = draft.attach(Vec::new()).map_err(fdx_par::Error::from)?;
        let response = send(self.connect(request.url())?, request, None)?;
        match sent.receive(response, now())? {
            fdx_par::Step::Done(metadata) => Ok(metadata),
            fdx_par::Step::Again(_) => Err("discovery needs no second request".into()),
        }
    }
}

/// Sends a request, and closes the connection after the response or at the deadline.
fn send(
    mut stream: Stream,
    request: Request,
    deadline: Option<UnixTime>,
) -> Result<http::Response<Vec<u8>>, Box<dyn Error>> {
    // One byte more than allowed: the exchange rejects a body that is too long.
    let most = MAX_HEAD + request.max_response_bytes() + 1;
    stream.write_all(&serialize(&request.into_http()))?;
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    while bytes.len() < most {
        let left = deadline.map_or(TIMEOUT, |deadline| deadline.since(now()));
        if left.is_zero() {
            return Err("the deadline passed".into());
        }
        stream.sock.set_read_timeout(Some(left))?;
        match stream.read(&mut chunk)? {
            0 => break,
            read => bytes.extend_from_slice(chunk.get(..read).unwrap_or_default()),
        }
    }
    parse(&bytes)
}
