mod listener;

use std::io::Read;

use fdx_par::{Callback, Client, NextStep, Pending};
use fdx_transport_hyper::system_now;
use fdx_wire::RedirectUri;

use crate::args::CallbackName;
use crate::connect::callback::listener::Listener;
use crate::error::Failure;
use crate::flow::Driver;
use crate::print::message;

/// Where the callback's URL comes from.
pub(crate) enum Source {
    Listen(Listener),
    Stdin,
}

/// Longer than any callback that is accepted.
const MAX_LINE: u64 = 16 * 1024;

impl Source {
    /// Listens where the redirect_uri is this machine's, if nothing else was chosen.
    pub(crate) async fn open(
        chosen: Option<CallbackName>,
        redirect_uri: &RedirectUri,
    ) -> Result<Self, Failure> {
        let ours = redirect_uri.as_str().starts_with("http://");
        match chosen {
            Some(CallbackName::Stdin) => Ok(Self::Stdin),
            None if !ours => Ok(Self::Stdin),
            Some(CallbackName::Listen) if !ours => Err(Failure::usage(
                format!("{redirect_uri} is not on this machine, so nothing can listen there"),
                "use --callback stdin, or register http://127.0.0.1:PORT/PATH",
            )),
            _ => Ok(Self::Listen(Listener::bind(redirect_uri).await?)),
        }
    }

    /// What the customer has to do.
    pub(crate) fn invitation(&self) -> &'static str {
        match self {
            Self::Listen(_) => "Waiting for the customer to come back ...",
            Self::Stdin => "Paste the URL that the browser comes back to, and press return:",
        }
    }

    /// Waits for the callback of this very flow. What arrives and is something else ends nothing.
    pub(crate) async fn wait(
        &mut self,
        driver: &Driver,
        client: &Client,
        pending: Pending,
    ) -> Result<Callback, Failure> {
        let patience = pending.callback_by().since(system_now());
        let waiting = self.wait_on(driver, client, pending);
        tokio::time::timeout(patience, waiting).await.unwrap_or_else(|_| {
            Err(Failure::failed("the customer did not come back in time", "run it again"))
        })
    }

    async fn wait_on(
        &mut self,
        driver: &Driver,
        client: &Client,
        pending: Pending,
    ) -> Result<Callback, Failure> {
        let mut pending = pending;
        loop {
            let visit = match self {
                Self::Listen(listener) => listener.accept().await?,
                Self::Stdin => listener::Visit::pasted(line().await?),
            };
            match driver.callback(client, pending, visit.url()).await? {
                Ok(callback) => {
                    visit.answer(&callback).await;
                    return Ok(callback);
                }
                Err(refused) => {
                    visit.refuse().await;
                    let failure = Failure::protocol("checking the callback", &refused.error);
                    // A key that is unknown also after a fetch was made up by whoever sent it.
                    let goes_on = [NextStep::KeepWaiting, NextStep::FetchKeys];
                    if !goes_on.contains(&refused.error.next_step()) {
                        return Err(failure);
                    }
                    message(&format!("{failure}\n\n{}", self.invitation()));
                    pending = *refused.unspent;
                }
            }
        }
    }
}

/// One line of standard input that is not empty.
async fn line() -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        loop {
            let mut line = Vec::new();
            let mut byte = [0];
            let mut stdin = std::io::stdin().lock().take(MAX_LINE);
            while stdin.read(&mut byte)? == 1 && byte != *b"\n" {
                line.extend(byte);
            }
            let line = String::from_utf8_lossy(&line).trim().to_owned();
            if !line.is_empty() || stdin.limit() == MAX_LINE {
                return Ok::<_, std::io::Error>(line);
            }
        }
    });
    match read.await {
        Ok(Ok(line)) if !line.is_empty() => Ok(line),
        _ => Err(Failure::failed(
            "standard input ended before the callback came",
            "run it again, and paste the URL",
        )),
    }
}
