//! The project's own commands, for people: `cargo xtask`.

mod api;
mod args;
mod ci;
mod conformance;
mod failure;
mod fuzz;
mod interop;
mod isolated;
mod msrv;
mod mutants;
mod outcome;
mod package;
mod shell;
mod simulate;
mod table;
mod test;
mod walls;
mod weaken;

use std::process::ExitCode;

use args::Args;
use failure::Failure;

const HELP: &str = "\
The project's own commands.

Usage: cargo xtask <command>

  test      Runs all tests and doctests that need only Rust and a C compiler.
  isolated  Tests the packages in isolated/, which need features or `unsafe` code that the workspace
            must not have.
  walls     Checks who depends on whom, what the core must not touch, and counts crates. [--json]
  api       Checks that the public API names nobody's types but http's and serde's traits. [--json]
  fuzz      Runs fuzz targets, as many at a time as there are cores, and prints what each came to.
            Needs a nightly toolchain and cargo-fuzz. [TARGET]... [--seconds N] [--json]
  interop   Drives a certified server (npm oidc-provider) over TLS with our crates. [--json]
  simulate  Runs flows among faults and attacks; a seed alone repeats one world, line by line.
            [--flows N] [--seed S] [--json]; or [--minimal-sets]: in a weakened copy of the
            workspace, searches for the checks that must be off together for an attack to succeed.
  mutants   Changes the core in every small way and prints changes that no test catches. [CRATE]...
  conformance
            Lets the client meet every way in which a server can be wrong, in memory and over
            TLS, and the sandbox every wrong client. [--json]
  ci        Runs every check there is and prints a table with times. [--skip STEP]...
  help      Prints this.
";

fn main() -> ExitCode {
    match run(Args::of_process()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: Args) -> Result<(), Failure> {
    match args.command().as_deref() {
        Some("test") => args.nothing_else().and_then(|()| test::run()),
        Some("isolated") => args.nothing_else().and_then(|()| isolated::run()),
        Some("walls") => walls::run(args),
        Some("api") => api::run(args).map(|_| ()),
        Some("fuzz") => fuzz::run(args).map(|_| ()),
        Some("mutants") => mutants::run(args).map(|_| ()),
        Some("interop") => interop::run(args),
        Some("simulate") => simulate::run(args),
        Some("conformance") => conformance::run(args),
        Some("ci") => ci::run(args),
        Some("help" | "-h" | "--help") | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(Failure::new(format!("there is no command '{other}'"))
            .next("run 'cargo xtask help' for those there are")),
    }
}
