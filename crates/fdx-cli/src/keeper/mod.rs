//! `fdx keeper`: refreshes what is due, until a signal ends it.

mod run;
mod say;

use fdx_store::Tenant;
use fdx_store::consents::{pause, resume};
use fdx_transport_hyper::system_now;

use crate::args::stored::{KeeperCommand, PauseArgs, ResumeArgs};
use crate::error::Failure;
use crate::print::result;
use crate::store::Store;

pub(crate) async fn run(command: &KeeperCommand) -> Result<(), Failure> {
    match command {
        KeeperCommand::Run(args) => run::run(args).await,
        KeeperCommand::Pause(args) => pause_all(args),
        KeeperCommand::Resume(args) => resume_all(args),
    }
}

fn pause_all(args: &PauseArgs) -> Result<(), Failure> {
    let store = Store::open(args.store.as_deref())?;
    let at = args.institution.clone().map(|issuer| (Tenant::default(), issuer));
    store.run(pause(at, args.reason.as_str(), system_now()))?;
    let what = args.institution.as_deref().unwrap_or("Everything");
    result(&format!("{what} is paused until fdx keeper resume"));
    Ok(())
}

fn resume_all(args: &ResumeArgs) -> Result<(), Failure> {
    let store = Store::open(args.store.as_deref())?;
    let at = args.institution.clone().map(|issuer| (Tenant::default(), issuer));
    if at.is_none() {
        // The operator knows of a restored or copied database: see the warning of `Store::open`.
        store.sqlite(|database| database.acknowledge_origin())?;
    }
    store.run(resume(at))?;
    let what = args.institution.as_deref().unwrap_or("Everything that fdx keeper pause stopped");
    result(&format!("{what} is resumed"));
    Ok(())
}
