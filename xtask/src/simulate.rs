use crate::args::Args;
use crate::failure::Failure;
use crate::shell;

/// Hands over to the simulation, built in its own profile: fast, and with every assertion.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let args = args.rest();
    let mut simulate = vec!["run", "--quiet", "--profile", "simulation"];
    simulate.extend(["--package", "fdx-simulation", "--bin", "simulate", "--"]);
    simulate.extend(args.iter().map(String::as_str));
    shell::watch(shell::cargo(&simulate))
}

/// As many flows as a commit has to survive: less than a minute of two cores.
pub(crate) fn for_ci() -> Result<(), Failure> {
    run(Args::of(&["--flows", "20000"]))
}
