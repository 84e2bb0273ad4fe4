//! The commands of this project: `cargo xtask`.

mod api;
mod args;
mod ci;
mod conformance;
mod explore;
mod failure;
mod fuzz;
mod interop;
mod isolated;
mod msrv;
mod mutants;
mod named_tests;
mod outcome;
mod package;
mod processes;
mod serde_types;
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
The commands of this project.

Usage: cargo xtask <command>

  test      Runs all tests and doctests that need only Rust and a C compiler.
  names     Checks that the tests exist that documents and tables of errors name, and that each type
            that serde writes and reads has one.
  isolated  Tests the packages in isolated/, which need features or `unsafe` code that the workspace
            must not have.
  walls     Checks the layers, the imports, and what the core must not use, and counts dependencies.
            [--json]
  api       Checks that public APIs name no types of other crates, except http's types and serde's
            traits. [--json]
  fuzz      Runs fuzz targets, one for each core at a time, and prints the results. Needs a nightly
            toolchain and cargo-fuzz. [TARGET]... [--seconds N] [--json]
  interop   Runs client and sandbox against peers by other authors over TLS. Without a JDK and
            Maven it leaves out those in Java. [--json]
  simulate  Runs flows with faults and attacks, and flows on nodes with a database. A seed repeats
            one world and prints each line. [--scene attacks|nodes] [--flows N] [--seed S] [--json];
            or [--input FILE]: an input of the fuzz target `flow`;
            or [--minimal-sets]: in a weakened copy of the workspace, searches for the checks
            that must all be off for an attack to succeed.
  explore   Explores every order of events in which two processes refresh one consent, with the real
            SQL. [INSTITUTION] [--json]; or [--rules]: in a weakened copy of the workspace, each
            rule switched off.
  processes Several processes refresh the consents of one SQLite file, while their parent kills them
            with SIGKILL, and an institution ends each grant of which a void token is used.
            [--consents N] [--refreshes N] [--processes N] [--seed S] [--institution NAME]
            [--seconds N] [--json]
  bench-store
            Measures the store in SQLite: bytes of a consent, and the time of each operation next to
            a bare loop. [--consents N] [--repeats N] [--json]
  mutants   Changes the core in small ways and prints changes that no test catches. [CRATE]...
  conformance
            Runs the client against every misbehaviour of a server, in memory and over TLS, and
            wrong clients against the sandbox. [--json]
  ci        Runs every check and prints a table with times. [--skip STEP]...
  help      Prints this help.
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
        Some("names") => args.nothing_else().and_then(|()| named_tests::run()),
        Some("walls") => walls::run(args),
        Some("api") => api::run(args).map(|_| ()),
        Some("fuzz") => fuzz::run(args).map(|_| ()),
        Some("mutants") => mutants::run(args).map(|_| ()),
        Some("interop") => interop::run(args),
        Some("explore") => explore::run(args),
        Some("processes") => processes::run(args),
        Some("bench-store") => processes::bench(args),
        Some("simulate") => simulate::run(args),
        Some("conformance") => conformance::run(args),
        Some("ci") => ci::run(args),
        Some("help" | "-h" | "--help") | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(Failure::new(format!("unknown command '{other}'"))
            .next("run 'cargo xtask help' for a list")),
    }
}
