//! A consent in a blocking program: `std::net`, rustls, and no async at all.
//!
//! The flow is the same as over every other wire. What is this program's own is [`Wire`]: the loop
//! that signs, sends and receives, and twenty lines of HTTP/1.1 over TLS beneath it.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use fdx_examples::{
    Bank, MAX_HEAD, asked, entropy, fresh_key, now, parse, serialize, step, tell, tls,
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

/// From discovery to the first data.
fn flow(bank: &Bank, wire: &Wire) -> Result<(), Box<dyn Error>> {
    let known = WellKnown::OAuthAuthorizationServer;
    let metadata = wire.run(discover(&bank.issuer, known, now())?)?;
    let client = Client::new(bank.recipient()?, metadata)?;
    step("discovered", client.metadata().issuer().as_str());

    let pushed = wire.run(client.push(&asked()?, entropy()?, now())?)?;
    step("pushed", "the customer has to be sent off before the request_uri expires");
    let (url, pending) = pushed.redirect(now())?;
    let received = bank.customer(url.as_str(), &Decision::less_than_asked(), now())?;
    step("returned", "the customer has decided");

    let Callback::Code(accepted) = client.callback(pending, &received, now())? else {
        return Err("the customer said no".into());
    };
    let exchanged = wire.run(client.exchange(accepted, entropy()?, now())?)?;
    // Here a program persists exchanged.to_json(): what comes next may fail, and tokens
    // come once.

    let keys = wire.run(client.fetch_keys(now())?)?;
    let Verification::Verified(verified) = client.verify(exchanged, Some(&keys), now())? else {
        return Err("the institution does not publish the key that signed".into());
    };
    let bound_by = verified.tokens().access_token().bound_by();
    step("exchanged", format!("a token of type {}", bound_by.token_type()));
    let read = wire.run(client.read_consent(&verified, entropy()?, now())?)?;
    let granted = verified.granted(read)?;
    tell(&granted);

    let accounts = ResourceRequest::get(client.config().fdx_base.join_segment("accounts")?);
    let token = granted.tokens().access_token();
    let answer = wire.run(client.call(token, accounts, entropy()?, now())?)?;
    step("called", format!("GET /accounts: {}", answer.status()));
    Ok(())
}

/// What carries exchanges out.
struct Wire {
    tls: Arc<rustls::ClientConfig>,
    key: PrivateKey,
}

impl Wire {
    /// The loop that drives every exchange.
    fn run<T: Output>(&self, mut draft: Draft<T>) -> Result<T, Box<dyn Error>> {
        loop {
            let signatures = draft.sign(&self.key)?;
            let (request, sent) = draft.attach(signatures).map_err(fdx_par::Error::from)?;
            let answer = match self.send(request) {
                Ok(answer) => answer,
                Err(error) => {
                    return Err(format!("{error}; safe is: {:?}", sent.unheard()).into());
                }
            };
            match sent.receive(answer, now())? {
                Step::Again(fresh) => draft = fresh,
                Step::Done(output) => return Ok(output),
            }
        }
    }

    /// One request, one connection, one answer, and no redirect followed.
    fn send(&self, request: Request) -> Result<http::Response<Vec<u8>>, Box<dyn Error>> {
        let (host, port) = (request.url().host().to_owned(), request.url().port());
        let tcp = TcpStream::connect((host.as_str(), port))?;
        tcp.set_read_timeout(Some(Duration::from_secs(10)))?;
        let session = ClientConnection::new(Arc::clone(&self.tls), ServerName::try_from(host)?)?;
        let mut stream = StreamOwned::new(session, tcp);

        // One byte more than is worth reading: the exchange itself refuses what is too long.
        let most = u64::try_from(MAX_HEAD + request.max_response_bytes() + 1)?;
        stream.write_all(&serialize(&request.into_http()))?;
        let mut bytes = Vec::new();
        stream.take(most).read_to_end(&mut bytes)?;
        parse(&bytes)
    }
}
