//! The institution for any other client.

mod directory;

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use fdx_par::Dialect;
use fdx_par::dialect::FDX;
use fdx_sandbox::server::{Answered, Observer};
use fdx_sandbox::{Misbehaviour, NoncePolicy, Outcome, Provider};

use crate::args::{NoncesName, SandboxArgs};
use crate::bank::{self, Bank, Ports};
use crate::dialect::Words;
use crate::dialects;
use crate::error::Failure;
use crate::print::{message, printable, result};

pub(crate) async fn run(args: &SandboxArgs) -> Result<(), Failure> {
    let (Some(listen), Some(dir)) = (args.listen, &args.dir) else {
        list();
        return Ok(());
    };
    let dialect = args.dialect;
    let provider = Provider::by_name(dialect.name());
    let provider = provider.ok_or_else(|| bank::unplayed(dialect.name()))?;
    let ports = ports(listen)?;
    let files = directory::Files::in_directory(dir)?;
    let nonces = match args.nonces {
        NoncesName::Demand => NoncePolicy::Demand,
        NoncesName::Silent => NoncePolicy::Silent,
    };
    let uris = &args.redirect_uri;
    let observer = Observer::new(log);
    let bank = bank::open(provider, ports, uris, nonces, args.misbehave, observer).await?;
    // A signal is heard from the first poll on: before anybody is told that this runs.
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let first = poll_fn(|context| Poll::Ready(interrupted.as_mut().poll(context))).await;
    files.write(&bank)?;
    introduce(&bank, dialect);
    result(&format!("files            {}", dir.display()));
    if let Some(misbehaviour) = args.misbehave {
        let (does, right) = (misbehaviour.does(), misbehaviour.right());
        message(&format!("Wrong on purpose, {misbehaviour}: {does}. A client has to: {right}."));
    }
    message(&begin(dialect, dir));
    let end = match first {
        Poll::Ready(end) => end,
        Poll::Pending => interrupted.await,
    };
    end.map_err(|error| Failure::failed(format!("ctrl-c can't be heard: {error}"), "kill it"))?;
    message("Stopped. Nothing is kept but the files: remove them before the next start.");
    Ok(())
}

/// Whose manners it has, and where it is.
fn introduce(bank: &Bank, dialect: Dialect) {
    if dialect != FDX {
        result(&format!("dialect          {}: {}\n", dialect.name(), dialect.provider()));
        result(&format!("{}\n", dialects::members_table(dialect)));
    }
    result(&format!("issuer           {}", bank.issuer));
    let (main, mtls) = (&bank.fdx_base, &bank.mtls_fdx_base);
    match dialect {
        FDX => {
            result(&format!("FDX API          {main} for tokens bound by DPoP"));
            result(&format!("                 {mtls} for tokens bound by certificate"));
        }
        _ => {
            let bases = bank.clients.iter().map(|client| bank.fdx_base_of(client));
            bases.for_each(|base| result(&format!("API              {base}")));
        }
    }
}

/// Where to begin.
fn begin(dialect: Dialect, dir: &Path) -> String {
    let config = dir.join(directory::CONNECT_MTLS);
    let connect = format!(
        "Serving until ctrl-c. In another terminal: fdx connect --config {}",
        config.display()
    );
    match Words::of(dialect) {
        Words::Details => format!(
            "Serving until ctrl-c. Its client is in {}; fdx connect can't ask for what it grants, a \
             program can: AuthorizationRequest::of_details, as fdx demo --dialect {} does.",
            dir.join(directory::CLIENTS).display(),
            dialect.name()
        ),
        _ if dialect == FDX => format!(
            "{connect}\nBeside it are connect-*.toml of other clients: fdx sandbox --help tells \
             them apart."
        ),
        _ => connect,
    }
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
