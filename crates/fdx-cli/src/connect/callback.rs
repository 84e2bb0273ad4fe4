//! Receives the callback: from a listener on the redirect_uri's port, or pasted.

mod gate;
mod listener;

use std::io::Read;
use std::path::Path;
use std::pin::pin;

use fdx_par::AuthorizationUrl;
use fdx_store::procedure::Redirect;
use fdx_transport_hyper::system_now;
use fdx_wire::{RedirectUri, Secret, SecretBuffer, UnixTime};
use tokio::time::{Instant, timeout_at};

use crate::args::browser::CallbackName;
use crate::connect::callback::gate::StartFile;
use crate::connect::callback::listener::{Listener, Visit};
use crate::error::Failure;
use crate::print::message;

/// The source of the callback URL.
pub(crate) enum Source {
    Listen(Listener),
    Stdin,
}

/// Longer than every accepted callback.
const MAX_LINE: u64 = 16 * 1024;

impl Source {
    /// Opens the chosen source. By default listens if the redirect_uri is on this machine.
    pub(crate) async fn open(
        chosen: Option<CallbackName>,
        redirect_uri: &RedirectUri,
    ) -> Result<Self, Failure> {
        let ours = redirect_uri.as_str().starts_with("http://");
        match chosen {
            Some(CallbackName::Stdin) => Ok(Self::Stdin),
            None if !ours => Ok(Self::Stdin),
            Some(CallbackName::Listen) if !ours => Err(Failure::usage(
                format!("{redirect_uri} is not on this machine, so fdx can't listen there"),
                "use --callback stdin, or register http://127.0.0.1:PORT/PATH",
            )),
            _ => Ok(Self::Listen(Listener::bind(redirect_uri).await?)),
        }
    }

    /// The prompt for the callback.
    pub(crate) fn invitation(&self) -> &'static str {
        match self {
            Self::Listen(_) => "Waiting for the callback ...",
            Self::Stdin => "Paste the URL that the browser is redirected to, and press return:",
        }
    }

    /// Prints the URL at which the customer's browser begins, and starts a browser with `opener`.
    pub(crate) fn send_off(
        &self,
        url: &AuthorizationUrl,
        valid_until: UnixTime,
        opener: Opener,
    ) -> Result<Started, Failure> {
        let (begins_at, file) = match (self, opener) {
            (Self::Listen(listener), Opener::None) => (listener.gate().start_url(), None),
            (Self::Listen(listener), Opener::Browser) => {
                let gate = listener.gate();
                let file = StartFile::posting(&gate.start_place(), gate.secret())?;
                (gate.start_url(), Some(file))
            }
            (Self::Stdin, Opener::None) => (Secret::new(url.as_str().to_owned()), None),
            (Self::Stdin, Opener::Browser) => {
                let file = StartFile::leading_to(url.as_str())?;
                (Secret::new(url.as_str().to_owned()), Some(file))
            }
        };
        message("\nOpen this URL in the customer's browser:");
        message(begins_at.expose());
        let seconds = valid_until.since(system_now()).as_secs();
        message(&format!("It is valid for {seconds} seconds, until {valid_until}."));
        if let Self::Listen(_) = self {
            message(
                "It works once, in one browser. The callback has to come from the same browser.",
            );
        }
        let path = file.as_ref().map(|file| file.path().to_owned());
        let started = match self {
            Self::Listen(listener) => {
                listener.gate().open(url, file);
                Started { _file: None }
            }
            Self::Stdin => Started { _file: file },
        };
        if let Some(path) = path {
            open(&path);
        }
        message(&format!("\n{}", self.invitation()));
        Ok(started)
    }

    /// Waits for the next callback. Ends when the time of the flow is over, or when the URL expires and
    /// no browser opened the start page: no callback can come then.
    pub(crate) async fn next(&mut self, redirect: Option<&Redirect>) -> Result<Visit, Failure> {
        let Some(redirect) = redirect else { return self.visit().await };
        let gate = match self {
            Self::Listen(listener) => Some(listener.shared_gate()),
            Self::Stdin => None,
        };
        let (begin, now) = (Instant::now(), system_now());
        let end = begin + redirect.callback_by.since(now);
        let expiry = end.min(begin + redirect.redirect_by.since(now));
        let mut visit = pin!(self.visit());
        if let Ok(visit) = timeout_at(expiry, visit.as_mut()).await {
            return visit;
        }
        if gate.is_some_and(|gate| !gate.was_entered()) {
            let what = "the URL has expired, and no browser opened its start page";
            return Err(Failure::failed(what, "run it again for a new URL"));
        }
        timeout_at(end, visit).await.unwrap_or_else(|_| {
            Err(Failure::failed("the callback did not arrive in time", "run it again"))
        })
    }

    /// Returns a callback that has arrived already, such as a reload of the last one.
    pub(crate) fn arrived(&mut self) -> Option<Visit> {
        match self {
            Self::Listen(listener) => listener.arrived(),
            Self::Stdin => None,
        }
    }

    async fn visit(&mut self) -> Result<Visit, Failure> {
        match self {
            Self::Listen(listener) => listener.accept().await,
            Self::Stdin => line().await.map(Visit::pasted),
        }
    }
}

/// Whether a browser is started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Opener {
    Browser,
    None,
}

impl Opener {
    pub(crate) fn of(open: bool) -> Self {
        if open { Self::Browser } else { Self::None }
    }
}

/// Owns the start file until the callback was pasted, unless the gate owns it.
#[must_use = "dropping it removes the start file"]
pub(crate) struct Started {
    _file: Option<StartFile>,
}

/// Starts a browser with a file, and does not wait for it. Every local user can read the arguments
/// of a process, so the path is not secret. The content of the file is.
fn open(path: &Path) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = std::process::Stdio::null;
    let started = std::process::Command::new(program)
        .arg(path)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn();
    if let Err(error) = started {
        message(&format!("note: {program} could not be started ({error}); open the URL yourself"));
    }
}

/// Reads the next line of standard input that is not empty.
async fn line() -> Result<Secret, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        loop {
            let mut line = SecretBuffer::with_capacity(1024);
            let mut byte = [0];
            let mut stdin = std::io::stdin().lock().take(MAX_LINE);
            while stdin.read(&mut byte)? == 1 && byte != *b"\n" {
                line.push(&byte);
            }
            // A URL is ASCII.
            let line = str::from_utf8(line.as_bytes()).unwrap_or("?").trim();
            if !line.is_empty() || stdin.limit() == MAX_LINE {
                return Ok::<_, std::io::Error>(Secret::new(line.to_owned()));
            }
        }
    });
    match read.await {
        Ok(Ok(line)) if !line.expose().is_empty() => Ok(line),
        _ => Err(Failure::failed(
            "standard input ended before the callback",
            "run it again, and paste the URL",
        )),
    }
}
