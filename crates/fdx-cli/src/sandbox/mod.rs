//! `fdx sandbox`: an institution for any client.

mod directory;

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use fdx_par::Dialect;
use fdx_par::dialect::FDX;
use fdx_sandbox::server::{Answered, Observer};
use fdx_sandbox::{Misbehaviour, NoncePolicy, Outcome, Presence, Provider};
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{NoncesName, OptionalName, SandboxArgs};
use crate::bank::{self, Bank, Plan, Ports};
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
    let presence = |name| match args.optional.contains(&name) {
        true => Presence::Optional,
        false => Presence::Required,
    };
    let plan = Plan {
        nonces,
        authorization_details: presence(OptionalName::AuthorizationDetails),
        interaction_id: presence(OptionalName::InteractionId),
        client_files: &args.client,
        client_authorities: &args.client_ca,
        misbehave: args.misbehave,
        ..Plan::new(provider, ports, &args.redirect_uri)
    };
    let bank = bank::open(plan, Observer::new(log)).await?;
    // Listen for signals before the program reports that it runs.
    let mut ended = pin!(end_signal());
    let first = poll_fn(|context| Poll::Ready(ended.as_mut().poll(context))).await;
    files.write(&bank)?;
    introduce(&bank, dialect);
    result(&format!("files            {}", dir.display()));
    if let Some(misbehaviour) = args.misbehave {
        let (does, right) = (misbehaviour.does(), misbehaviour.right());
        message(&format!("Misbehaves, {misbehaviour}: {does}. A client must: {right}."));
        if let Some(needs) = misbehaviour.flow().needs() {
            message(&format!("It has an effect only in this flow: {needs}."));
        }
    }
    message(&next_step(dialect, dir));
    let end = match first {
        Poll::Ready(end) => end,
        Poll::Pending => ended.await,
    };
    end.map_err(|error| {
        Failure::failed(format!("can't listen for signals: {error}"), "end the process")
    })?;
    message("Stopped. Only the files remain: remove them before the next start.");
    Ok(())
}

/// Waits for ctrl-c or, on Unix, for SIGTERM, which service managers and containers send.
async fn end_signal() -> io::Result<()> {
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    #[cfg(unix)]
    {
        let mut terminate = signal(SignalKind::terminate())?;
        poll_fn(|context| match terminate.poll_recv(context) {
            Poll::Ready(_) => Poll::Ready(Ok(())),
            Poll::Pending => interrupted.as_mut().poll(context),
        })
        .await
    }
    #[cfg(not(unix))]
    interrupted.await
}

/// Prints the dialect and the URLs.
fn introduce(bank: &Bank, dialect: Dialect) {
    if dialect != FDX {
        result(&format!("dialect          {}: {}\n", dialect.name(), dialect.provider()));
        result(&format!("{}\n", dialects::members_table(dialect, dialects::WIDTH)));
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
    for client in &bank.described {
        result(&format!("client           {}", printable(&client.client_id)));
    }
}

/// The next step for the user.
fn next_step(dialect: Dialect, dir: &Path) -> String {
    let config = dir.join(directory::CONNECT_MTLS);
    let connect = format!(
        "Serving until ctrl-c. In another terminal: fdx connect --config {}",
        config.display()
    );
    match Words::of(dialect) {
        Words::Details => format!(
            "Serving until ctrl-c. Its client is in {}. fdx connect can't request its consents. \
             Use AuthorizationRequest::of_details, like fdx demo --dialect {}.",
            dir.join(directory::CLIENTS).display(),
            dialect.name()
        ),
        _ if dialect == FDX => format!(
            "{connect}\nconnect-*.toml are configurations of other clients: see fdx sandbox --help."
        ),
        _ => connect,
    }
}

/// Prints every misbehaviour on its own line, for `grep`.
fn list() {
    for misbehaviour in Misbehaviour::all() {
        let (does, clause) = (misbehaviour.does(), misbehaviour.clause());
        let (name, right) = (misbehaviour.name(), misbehaviour.right());
        result(&format!("{name}   {does} ({clause}): {right}"));
    }
}

/// Logs a request, the clause that it violates, and the findings about its client.
fn log(answered: &Answered<'_>) {
    let (method, path, status) = (answered.method, answered.path, answered.status.as_u16());
    let path = printable(path);
    let of = |outcome| answered.verdicts.iter().filter(move |verdict| verdict.outcome == outcome);
    let mut line = match of(Outcome::Failed).next() {
        Some(verdict) => format!("violates: {} ({})", verdict.rule, verdict.clause),
        None => format!("{} checks passed", of(Outcome::Passed).count()),
    };
    for verdict in of(Outcome::Finding) {
        line += &format!("; finding: {} ({})", verdict.rule, verdict.clause);
    }
    message(&format!("{status} {method} {path}   {line}"));
}

/// The chosen port, and the next one for connections with a client certificate.
fn ports(main: SocketAddr) -> Result<Ports, Failure> {
    // Its consent page has no login, and its keys are files.
    if !main.ip().is_loopback() {
        let what = format!(
            "{} is not a loopback address, and the sandbox is not secure on a network",
            main.ip()
        );
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
