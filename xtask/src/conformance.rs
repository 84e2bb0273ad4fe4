use crate::args::{Args, Output};
use crate::failure::Failure;
use crate::shell;

/// Lets the client meet every misbehaviour of the sandbox, in memory and over TLS, and the sandbox
/// every wrong client. The program is built by itself, so that the other commands don't wait for the
/// crates that it drives.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let mut meet = vec!["run", "--quiet", "--package", "fdx-tests", "--bin", "conformance", "--"];
    if args.output()? == Output::Json {
        meet.push("--json");
    }
    shell::watch(shell::cargo(&meet))
}
