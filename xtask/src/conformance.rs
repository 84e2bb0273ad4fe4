use crate::args::{Args, Output};
use crate::failure::Failure;
use crate::shell;

/// Runs the client against every misbehaviour of the sandbox, in memory and over TLS, and wrong
/// clients against the sandbox. It is a separate program, so that the other commands need not build
/// its dependencies.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let mut run = vec!["run", "--quiet", "--package", "fdx-tests", "--bin", "conformance", "--"];
    if args.output()? == Output::Json {
        run.push("--json");
    }
    shell::watch(shell::cargo(&run))
}
