use std::process::Command;

use crate::args::Args;
use crate::failure::Failure;
use crate::{shell, weaken};

const CHAPTER: &str = "crates/fdx-par/src/manual/defence_in_depth.md";

/// Runs the simulation, built in its own profile: optimised, with assertions.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let args = args.rest();
    if args.iter().any(|arg| arg == "--minimal-sets") {
        return minimal_sets();
    }
    shell::watch(simulate(&args.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Runs the flows of `ci`: less than a minute on two cores.
pub(crate) fn for_ci() -> Result<(), Failure> {
    run(Args::of(&["--flows", "20000"]))
}

/// Searches for the checks that must all be off for an attack to succeed, in a weakened copy of the
/// workspace, and compares the result with the manual. `BLESS=1` writes the manual.
pub(crate) fn minimal_sets() -> Result<(), Failure> {
    let search = simulate(&["--minimal-sets"]);
    weaken::search(search, CHAPTER, "cargo xtask simulate --minimal-sets")
}

fn simulate(args: &[&str]) -> Command {
    let mut simulate = vec!["run", "--quiet", "--profile", "simulation"];
    simulate.extend(["--package", "fdx-simulation", "--bin", "simulate", "--"]);
    simulate.extend(args);
    shell::cargo(&simulate)
}
