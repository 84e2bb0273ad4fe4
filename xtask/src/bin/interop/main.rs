//! Runs the crates against peers by other authors, over TLS: the client against npm `oidc-provider`,
//! Spring Authorization Server and Keycloak; npm `openid-client` and `oauth4webapi`, and Nimbus'
//! `oauth2-oidc-sdk`, against the sandbox.
//! `cargo xtask interop` installs them and runs this program with their directory.

mod case;
mod combination;
mod encrypted;
#[path = "../../failure.rs"]
mod failure;
mod flow;
mod identities;
mod institution;
mod jvm;
mod keycloak;
mod lab;
mod nimbus;
mod peer;
mod product;
mod readiness;
mod recipient;
mod registration;
mod renewal;
mod report;
mod rotation;
mod script;
mod spring;
#[path = "../../table.rs"]
mod table;
mod tls;
mod tokens;
mod wrongs;

use std::path::Path;
use std::process::ExitCode;

use failure::Failure;
use jvm::Jvm;
use lab::Lab;
use report::Report;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let report = match words.as_slice() {
        [dir, jvm] => run(dir, jvm).inspect(Report::print),
        [dir, jvm, "--json"] => run(dir, jvm).inspect(Report::print_json),
        _ => {
            Err(Failure::new("do not run this program directly").next("run 'cargo xtask interop'"))
        }
    };
    match report {
        Ok(report) if report.passed() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// `jvm` is what the Java peers lack, or nothing.
fn run(dir: &str, jvm: &str) -> Result<Report, Failure> {
    let lab = Lab::start(Path::new(dir))?;
    let jvm = Jvm::new(Path::new(dir), (!jvm.is_empty()).then(|| jvm.to_owned()));
    Ok(Report::of(&lab, &jvm))
}
