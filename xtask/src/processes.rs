use std::process::Command;

use crate::args::Args;
use crate::failure::Failure;
use crate::shell;

/// Several processes refresh the consents of one SQLite file, while their parent kills them.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    // Optimised, with assertions.
    shell::watch(program("processes", "simulation", args))
}

/// Fewer consents and refreshes: about 20 seconds on two cores.
pub(crate) fn for_ci() -> Result<(), Failure> {
    run(Args::of(&["--consents", "200", "--refreshes", "1000", "--seconds", "300"]))
}

/// Measures the store with few and with many consents.
pub(crate) fn bench(args: Args) -> Result<(), Failure> {
    shell::watch(program("bench-store", "release", args))
}

/// A program of the package. Its temporary folder is on the disk of the target directory, because a
/// file system in memory has no durable commits.
fn program(name: &str, profile: &str, args: Args) -> Command {
    let mut run = vec!["run", "--quiet", "--profile", profile, "--package", "fdx-processes"];
    run.extend(["--bin", name, "--", "--folder"]);
    let mut command = shell::cargo(&run);
    command.arg(shell::target()).args(args.rest());
    command
}
