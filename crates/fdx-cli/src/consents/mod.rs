//! `fdx consents`: what the store holds.

mod chain;
mod erase;
mod export;
mod history;
mod import;
mod list;
mod online;
mod queues;
mod renew;
mod rows;
mod show;
mod verify;

use crate::args::stored::ConsentsCommand;
use crate::error::Failure;

pub(crate) async fn run(command: &ConsentsCommand) -> Result<(), Failure> {
    match command {
        ConsentsCommand::List(args) => list::run(args),
        ConsentsCommand::Show(args) => show::run(args),
        ConsentsCommand::History(args) => history::run(args),
        ConsentsCommand::Queues(args) => queues::run(args),
        ConsentsCommand::Verify(args) => verify::run(args),
        ConsentsCommand::Export(args) => export::run(args),
        ConsentsCommand::Import(args) => import::run(args),
        ConsentsCommand::Refresh(args) => online::refresh(args).await,
        ConsentsCommand::Renew(args) => renew::run(args).await,
        ConsentsCommand::Revoke(args) => online::revoke(args).await,
        ConsentsCommand::Erase(args) => erase::run(args),
    }
}
