//! The `fdx` command: a whole FDX consent over FAPI 2.0 on one's own machine (`demo`), an
//! institution for any client (`sandbox`), a consent at a real institution (`connect`), what its
//! metadata lacks (`doctor`), what providers do otherwise (`dialects`), and keys (`keys`).
//!
//! Results go to standard output, messages to standard error. It ends with 0, with 1 where
//! something failed, and with 2 where the command line or a configuration can't be right.

mod args;
mod bank;
mod connect;
mod consent;
mod credentials;
mod demo;
mod dialect;
mod dialects;
mod doctor;
mod error;
mod files;
mod flow;
mod keys;
mod print;
mod sandbox;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::error::Failure;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(args.command).and_then(|()| print::check()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print::message(&format!("fdx: {failure}"));
            failure.exit_code()
        }
    }
}

/// One thread is enough: the program waits for the network, or for a person.
fn run(command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::failed(format!("no runtime could be started: {error}"), "free some resources")
    })?;
    let done = match command {
        Command::Demo(args) => runtime.block_on(demo::run(&args)),
        Command::Sandbox(args) => runtime.block_on(sandbox::run(&args)),
        Command::Connect(args) => runtime.block_on(connect::run(&args)),
        Command::Doctor(args) => runtime.block_on(doctor::run(&args)),
        Command::Dialects(args) => {
            dialects::run(&args);
            Ok(())
        }
        Command::Keys(command) => keys::run(&command),
    };
    // A read of standard input that nobody waits for any more must not keep the program.
    runtime.shutdown_background();
    done
}
