use std::fs;
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
        return rules();
    }
    shell::watch(explore(&args.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// Searches for the shortest trace to a loss without each rule, and compares the result with the
/// manual. `BLESS=1` writes the manual.
pub(crate) fn rules() -> Result<(), Failure> {
    let copy = shell::target().join("weakened");
    weaken::generate(&copy)?;
    let mut search = explore(&["--rules"]);
    search.env("CARGO_TARGET_DIR", copy.join("target")).current_dir(copy);
    let found = shell::read(search)?;
    let path = shell::root().join(CHAPTER);
    if std::env::var_os("BLESS").is_some() {
        return Ok(fs::write(path, found)?);
    }
    print!("{found}");
    if fs::read_to_string(path).is_ok_and(|written| written == found) {
        return Ok(());
    }
    Err(Failure::new(format!("{CHAPTER} differs from the result"))
        .next("run 'BLESS=1 cargo xtask explore --rules' and read the difference"))
}

fn explore(args: &[&str]) -> Command {
    let mut explore = vec!["run", "--quiet", "--profile", "simulation"];
    explore.extend(["--package", "fdx-exploration", "--bin", "explore", "--"]);
    explore.extend(args);
    shell::cargo(&explore)
}
