use std::process::Command;

use crate::args::Args;
use crate::failure::Failure;
use crate::{shell, weaken};

const CHAPTER: &str = "crates/fdx-store/src/refresh/rules.md";

/// Explores every order of events of two processes that refresh one consent; or, with `--rules`, each
/// rule switched off in a weakened copy.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let args = args.rest();
    if args.iter().any(|arg| arg == "--rules") {
        return weaken::search(explore(&["--rules"]), CHAPTER, "cargo xtask explore --rules");
    }
    shell::watch(explore(&args.iter().map(String::as_str).collect::<Vec<_>>()))
}

fn explore(args: &[&str]) -> Command {
    let mut explore = vec!["run", "--quiet", "--profile", "simulation"];
    explore.extend(["--package", "fdx-exploration", "--bin", "explore", "--"]);
    explore.extend(args);
    shell::cargo(&explore)
}
