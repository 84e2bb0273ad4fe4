use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::args::Args;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::shell;
use crate::table::Table;

/// A crate of the core, and the packages with its tests.
struct Tested {
    name: &'static str,
    tests: &'static [&'static str],
}

const CRATES: [Tested; 5] = [
    Tested { name: "fdx-wire", tests: &["fdx-wire"] },
    Tested { name: "fdx-pkce", tests: &["fdx-pkce"] },
    Tested { name: "fdx-rar", tests: &["fdx-rar"] },
    Tested { name: "fdx-jose", tests: &["fdx-jose"] },
    Tested { name: "fdx-par", tests: &["fdx-par", "fdx-tests"] },
];

/// The minimum score of a crate, in per cent of its viable mutants.
const LEAST: usize = 90;

/// The mutants of a crate.
struct Mutants {
    /// A test failed or did not end.
    caught: usize,
    /// No test failed; by file and change.
    missed: Vec<String>,
    /// They do not compile.
    unviable: usize,
}

/// Runs cargo-mutants on the core and prints the score of each crate. A mutant that no test catches
/// needs a reason in `xtask/mutants.txt`.
pub(crate) fn run(args: Args) -> Result<Outcome, Failure> {
    let requested = args.names(&CRATES.map(|tested| tested.name))?;
    if !shell::is_there(shell::cargo(&["mutants", "--version"])) {
        let install = "'cargo install --locked cargo-mutants'";
        return Ok(Outcome::left_out("no cargo-mutants", install));
    }
    let reasons = reasons()?;
    let mut table = Table::new(&[
        "crate",
        "mutants",
        "do not compile",
        "viable",
        "caught",
        "missed",
        "with reason",
        "score",
    ]);
    let (mut unexplained, mut low) = (Vec::new(), Vec::new());
    for Tested { name, tests } in CRATES.iter().filter(|tested| requested.contains(&tested.name)) {
        let Mutants { caught, missed, unviable } = test(name, tests)?;
        let viable = caught + missed.len();
        let (known, new): (Vec<_>, Vec<_>) =
            missed.into_iter().partition(|mutant| reasons.contains_key(mutant));
        table.row(vec![
            (*name).to_owned(),
            (viable + unviable).to_string(),
            unviable.to_string(),
            viable.to_string(),
            caught.to_string(),
            (known.len() + new.len()).to_string(),
            known.len().to_string(),
            format!("{:.1} %", caught as f64 * 100.0 / viable.max(1) as f64),
        ]);
        if caught * 100 < viable * LEAST {
            low.push(*name);
        }
        unexplained.extend(new);
    }
    print!("{table}");
    if !unexplained.is_empty() {
        return Err(Failure::new(format!("no test catches:\n{}", unexplained.join("\n")))
            .next("write a test, or add a reason to xtask/mutants.txt"));
    }
    if !low.is_empty() {
        let what = format!("less than {LEAST} % of the viable mutants: {}", low.join(", "));
        return Err(Failure::new(what).next("write tests: reasons do not count as caught"));
    }
    Ok(Outcome::Passed)
}

fn test(name: &str, tests: &[&str]) -> Result<Mutants, Failure> {
    let work = shell::target().join("mutants").join(name);
    fs::create_dir_all(&work)?;
    let mut command = shell::cargo(&["mutants", "-p", name, "--no-shuffle", "--colors=never"]);
    command.arg("--output").arg(&work);
    // The default timeout is derived only from the crate's own tests.
    command.args(["--all-features", "--jobs=2", "--timeout=900"]);
    // nextest stops at the first test that fails.
    if shell::is_there(shell::cargo(&["nextest", "--version"])) {
        command.arg("--test-tool=nextest");
    }
    command.args(tests.iter().map(|package| format!("--test-package={package}")));
    command.args(["--", "--lib", "--tests"]);
    // 2: mutants were missed. 3: tests did not end.
    if !matches!(command.status()?.code(), Some(0 | 2 | 3)) {
        return Err(Failure::new(format!("cargo-mutants did not finish {name}"))
            .next("see its output above"));
    }
    Mutants::read(&work.join("mutants.out"))
}

impl Mutants {
    fn read(out: &Path) -> Result<Self, Failure> {
        let read = |file| fs::read_to_string(out.join(file));
        Ok(Self {
            caught: read("caught.txt")?.lines().count() + read("timeout.txt")?.lines().count(),
            missed: read("missed.txt")?.lines().map(without_place).collect(),
            unviable: read("unviable.txt")?.lines().count(),
        })
    }
}

/// Missed mutants and their reasons: `FILE: CHANGE => REASON` on a line, `#` before a comment.
fn reasons() -> Result<BTreeMap<String, String>, Failure> {
    let text = fs::read_to_string(shell::root().join("xtask/mutants.txt"))?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.rsplit_once(" => ") {
            Some((mutant, reason)) => Ok((mutant.to_owned(), reason.to_owned())),
            None => Err(Failure::new(format!("xtask/mutants.txt: no reason in '{line}'"))),
        })
        .collect()
}

/// `FILE:LINE:COLUMN: CHANGE` without line and column, which change with every edit.
fn without_place(name: &str) -> String {
    let mut parts = name.splitn(4, ':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(file), Some(_), Some(_), Some(change)) => format!("{file}:{change}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifies_a_mutant_by_file_and_change() {
        let name = "crates/fdx-pkce/src/a.rs:41:9: replace a::b -> bool with true";
        assert_eq!(without_place(name), "crates/fdx-pkce/src/a.rs: replace a::b -> bool with true");
    }

    #[test]
    fn every_missed_mutant_has_a_reason() {
        assert!(reasons().unwrap().values().all(|reason| !reason.is_empty()));
    }
}
