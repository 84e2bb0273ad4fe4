//! The `fdx` command: a complete FDX consent over FAPI 2.0 on your machine (`demo`), an institution
//! for any client (`sandbox`), a consent at a real institution (`connect`), stored consents
//! (`consents`) and their refreshes (`keeper`), a check of metadata (`doctor`), the deviations of
//! providers (`dialects`), and keys (`keys`).
//!
//! Results go to standard output, messages to standard error. With `--json`, a failure is also an
//! object on standard output. The exit code is 0, 1 after a
//! failure, or 2 if the command line or a configuration is wrong.

mod args;
mod bank;
mod connect;
mod consent;
mod consents;
mod credentials;
mod demo;
mod described;
mod dialect;
mod dialects;
mod doctor;
mod error;
mod files;
mod flow;
mod interrupt;
mod keeper;
mod keys;
mod print;
mod sandbox;
mod store;

use std::env;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::error::Failure;

fn main() -> ExitCode {
    let args = Args::try_parse().unwrap_or_else(|error| stop(&error));
    let json = args.command.prints_json();
    match run(args.command).and_then(|()| print::check()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if json && !failure.is_reported() {
                print::result(&print::pretty(&failure.report()));
            }
            print::message(&format!("fdx: {failure}"));
            failure.exit_code()
        }
    }
}

/// Prints the help, or what is wrong with the command line: for programs too, if they want JSON.
fn stop(error: &clap::Error) -> ! {
    if error.use_stderr() && env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        // The lines below the first list missing arguments, or possible values.
        let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
        let what = lines.collect::<Vec<_>>().join(" ");
        let failure =
            Failure::usage(what.trim_start_matches("error: "), "run the command with --help");
        print::result(&print::pretty(&failure.report()));
    }
    error.exit()
}

/// Runs a command on one thread: the program mostly waits.
fn run(command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::failed(format!("the runtime can't start: {error}"), "free some resources")
    })?;
    let done = match command {
        Command::Demo(args) => runtime.block_on(demo::run(&args)),
        Command::Sandbox(args) => runtime.block_on(sandbox::run(&args)),
        Command::Connect(args) => runtime.block_on(connect::run(&args)),
        Command::Consents(command) => runtime.block_on(consents::run(&command)),
        Command::Keeper(command) => runtime.block_on(keeper::run(&command)),
        Command::Doctor(args) => runtime.block_on(doctor::run(&args)),
        Command::Dialects(args) => {
            dialects::run(&args);
            Ok(())
        }
        Command::Keys(command) => keys::run(&command),
    };
    // A blocked read of standard input must not keep the process alive.
    runtime.shutdown_background();
    done
}
