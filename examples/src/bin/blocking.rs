//! A consent in a blocking program: `std::net`, rustls, and no async at all.
//!
//! The flow is the same in all examples. This program's own part is [`Wire`]: the loop that signs,
//! sends and receives, and HTTP/1.1 over TLS.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use fdx_examples::{
    Bank, MAX_HEAD, consent_request, entropy, fresh_key, now, parse, print_granted, serialize,
    step, tls,
};
use fdx_jose::{PrivateKey, backend};
use fdx_par::{
    Callback, Client, Draft, Output, Request, ResourceRequest, Step, Verification, WellKnown,
    discover,
};
use fdx_sandbox::customer::Decision;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

fn main() -> Result<(), Box<dyn Error>> {
    let key = PrivateKey::from_pkcs8_der(backend::ring(), &fresh_key()?, None)?;
    let bank = Bank::on_loopback(key.public(), "https://app.example/callback")?;
    step("wire", "std::net and rustls, blocking");
    flow(&bank, &Wire { tls: tls(bank.root_der())?, key })?;
    step("done", "without async");
    Ok(())
}

/// Runs the flow from discovery to the first data.
fn flow(bank: &Bank, wire: &Wire) -> Result<(), Box<dyn Error>> {
    let known = WellKnown::OAuthAuthorizationServer;
    let metadata = wire.run(discover(&bank.issuer, known, now())?)?;
    let client = Client::new(bank.recipient()?, metadata)?;
    step("discovered", client.metadata().issuer().as_str());

    let pushed = wire.run(client.push(&consent_request()?, entropy()?, now())?)?;
    step("pushed", "redirect the customer before the request_uri expires");
    let (url, pending) = pushed.redirect(now())?;
    let received = bank.customer(url.as_str(), &Decision::less_than_requested(), now())?;
    step("returned", "the customer has decided");

    let Callback::Code(accepted) = client.callback(pending, &received, now())? else {
        return Err("the customer denied the request".into());
    };
    let exchanged = wire.run(client.exchange(accepted, entropy()?, now())?)?;
    // A real program persists exchanged.to_json() here: the next steps can fail, and the tokens
    // are issued only once.

    let keys = wire.run(client.fetch_keys(now())?)?;
    let Verification::Done(verified) = client.verify(exchanged, Some(&keys), now())? else {
        return Err("the institution does not publish the key of the ID token".into());
    };
    let bound_by = verified.tokens().access_token().bound_by();
    step("exchanged", format!("a token of type {}", bound_by.token_type()));
    let read = wire.run(client.read_consent(&verified, entropy()?, now())?)?;
    let granted = verified.granted(read)?;
    print_granted(&granted);

    let accounts = ResourceRequest::get(client.config().fdx_base.join_segment("accounts")?);
    let token = granted.tokens().access_token();
    let response = wire.run(client.call(token, accounts, entropy()?, now())?)?;
    step("called", format!("GET /accounts: {}", response.status()));
    Ok(())
}

/// Runs exchanges.
struct Wire {
    tls: Arc<rustls::ClientConfig>,
    key: PrivateKey,
}

impl Wire {
    /// Signs, sends and receives until the exchange is done.
    fn run<T: Output>(&self, mut draft: Draft<T>) -> Result<T, Box<dyn Error>> {
        loop {
            let signatures = draft.sign(&self.key)?;
            let (request, sent) = draft.attach(signatures).map_err(fdx_par::Error::from)?;
            let response = match self.send(request) {
                Ok(response) => response,
                Err(error) => {
                    return Err(
                        format!("{error}; safe next step: {:?}", sent.on_no_response()).into()
                    );
                }
            };
            match sent.receive(response, now())? {
                Step::Again(fresh) => draft = fresh,
                Step::Done(output) => return Ok(output),
            }
        }
    }

    /// Sends one request on its own connection. Follows no redirect.
    fn send(&self, request: Request) -> Result<http::Response<Vec<u8>>, Box<dyn Error>> {
        let (host, port) = (request.url().host().to_owned(), request.url().port());
        let tcp = TcpStream::connect((host.as_str(), port))?;
        tcp.set_read_timeout(Some(Duration::from_secs(10)))?;
        let session = ClientConnection::new(Arc::clone(&self.tls), ServerName::try_from(host)?)?;
        let mut stream = StreamOwned::new(session, tcp);

        // One byte more than allowed: the exchange rejects a body that is too long.
        let most = u64::try_from(MAX_HEAD + request.max_response_bytes() + 1)?;
        stream.write_all(&serialize(&request.into_http()))?;
        let mut bytes = Vec::new();
        stream.take(most).read_to_end(&mut bytes)?;
        parse(&bytes)
    }
}
