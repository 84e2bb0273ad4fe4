//! The institution for any other client.

mod configuration;
mod directory;

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;

use fdx_sandbox::server::{Answered, Observer};
use fdx_sandbox::{Misbehaviour, NoncePolicy, Outcome};

use crate::args::{NoncesName, SandboxArgs};
use crate::bank::{self, Ports};
use crate::error::Failure;
use crate::print::{message, result};
use crate::table::printable;

pub(crate) async fn run(args: &SandboxArgs) -> Result<(), Failure> {
    let (Some(listen), Some(dir)) = (args.listen, &args.dir) else {
        list();
        return Ok(());
    };
    let ports = ports(listen)?;
    let files = directory::Files::in_directory(dir)?;
    let nonces = match args.nonces {
        NoncesName::Demand => NoncePolicy::Demand,
        NoncesName::Silent => NoncePolicy::Silent,
    };
    let bank =
        bank::open(ports, &args.redirect_uri, nonces, args.misbehave, Observer::new(log)).await?;
    // A signal is heard from the first poll on: before anybody is told that this runs.
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let first = poll_fn(|context| Poll::Ready(interrupted.as_mut().poll(context))).await;
    files.write(&bank)?;
    result(&format!("issuer           {}", bank.issuer));
    result(&format!("FDX API          {} for tokens bound by DPoP", bank.fdx_base));
    result(&format!("                 {} for tokens bound by certificate", bank.mtls_fdx_base));
    result(&format!("files            {}", dir.display()));
    if let Some(misbehaviour) = args.misbehave {
        let (does, right) = (misbehaviour.does(), misbehaviour.right());
        message(&format!("Wrong on purpose, {misbehaviour}: {does}. A client has to: {right}."));
    }
    message(&format!(
        "Serving until ctrl-c. In another terminal: fdx connect --config {}",
        dir.join(directory::CONNECT_MTLS).display()
    ));
    message("Beside it are connect-*.toml of other clients: fdx sandbox --help tells them apart.");
    let end = match first {
        Poll::Ready(end) => end,
        Poll::Pending => interrupted.await,
    };
    end.map_err(|error| Failure::failed(format!("ctrl-c can't be heard: {error}"), "kill it"))?;
    message("Stopped. Nothing is kept but the files: remove them before the next start.");
    Ok(())
}

/// Every way to be wrong, one a line: for eyes and for `grep`.
fn list() {
    for misbehaviour in Misbehaviour::all() {
        let (does, clause) = (misbehaviour.does(), misbehaviour.clause());
        let (name, right) = (misbehaviour.name(), misbehaviour.right());
        result(&format!("{name}   {does} ({clause}): {right}"));
    }
}

/// A line for each request: what was asked, and which clause it broke.
fn log(answered: &Answered<'_>) {
    let (method, path, status) = (answered.method, answered.path, answered.status.as_u16());
    let path = printable(path);
    let failed = answered.verdicts.last().filter(|last| last.outcome == Outcome::Failed);
    message(&match failed {
        Some(verdict) => {
            format!("{status} {method} {path}   not so: {} ({})", verdict.rule, verdict.clause)
        }
        None => format!("{status} {method} {path}   {} checks passed", answered.verdicts.len()),
    });
}

/// The port after the named one is for connections that show a certificate.
fn ports(main: SocketAddr) -> Result<Ports, Failure> {
    // Anybody may decide for its one customer, and its keys lie in a directory.
    if !main.ip().is_loopback() {
        let what = format!("{} is not a loopback address, and this is no real bank", main.ip());
        return Err(Failure::usage(what, "listen on 127.0.0.1 or [::1]"));
    }
    let mut mtls = main;
    if main.port() != 0 {
        let Some(next) = main.port().checked_add(1) else {
            let what = "there is no port after 65535 for client certificates";
            return Err(Failure::usage(what, "choose a lower port"));
        };
        mtls.set_port(next);
    }
    Ok(Ports { main, mtls })
}
