use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::reasons::without_place;
use crate::failure::Failure;
use crate::shell;

/// What became of a crate's mutants.
#[derive(Default)]
pub(super) struct Verdicts {
    /// A test failed, or did not end.
    pub(super) caught: usize,
    /// By file and change.
    pub(super) missed: Vec<String>,
    pub(super) unviable: usize,
}

#[derive(Deserialize)]
struct Verdict {
    name: String,
    became: Became,
}

#[derive(Clone, Copy, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Became {
    Caught,
    Missed,
    Unviable,
    LeftToOthers,
}

pub(super) fn judge(name: &str, tests: &[&str], work: &Path) -> Result<Verdicts, Failure> {
    let mutants = work.join("mutants.json");
    fs::write(&mutants, shell::read(shell::cargo(&["mutants", "--list", "--json", "-p", name]))?)?;
    let mut verdicts = Verdicts::default();
    let mut left = Vec::new();
    for Verdict { name, became } in behind_switches(name, tests, work, &mutants)? {
        match became {
            Became::Caught => verdicts.caught += 1,
            Became::Missed => verdicts.missed.push(without_place(&name)),
            Became::Unviable => verdicts.unviable += 1,
            Became::LeftToOthers => left.push(name),
        }
    }
    if !left.is_empty() {
        one_by_one(name, tests, work, &left, &mut verdicts)?;
    }
    Ok(verdicts)
}

/// Those that `mutation/` judges.
fn behind_switches(
    name: &str,
    tests: &[&str],
    work: &Path,
    mutants: &Path,
) -> Result<Vec<Verdict>, Failure> {
    let mut program = shell::cargo(&["run", "--release", "--quiet"]);
    program.args(["--manifest-path", "mutation/Cargo.toml", "--", "--package", name]);
    program.args(["--tests", &tests.join(",")]);
    program.arg("--root").arg(shell::root());
    program.arg("--work").arg(work).arg("--mutants").arg(mutants);
    shell::watch(program)?;
    Ok(serde_json::from_slice(&fs::read(work.join("verdicts.json"))?)?)
}

/// The others, each built by cargo-mutants itself.
fn one_by_one(
    name: &str,
    tests: &[&str],
    work: &Path,
    left: &[String],
    verdicts: &mut Verdicts,
) -> Result<(), Failure> {
    // A command line would be too long for all of their names.
    let config = work.join("mutants.toml");
    let names: Vec<String> = left.iter().map(|name| format!("^{}$", escaped(name))).collect();
    // Texts of JSON are texts of TOML.
    fs::write(&config, format!("examine_re = {}\n", serde_json::to_string(&names)?))?;
    let mut command = shell::cargo(&["mutants", "-p", name, "--no-shuffle", "--colors=never"]);
    command.arg("--config").arg(&config).arg("--output").arg(work);
    command.args(["--all-features", "--jobs=2"]);
    // Left to itself it waits as long as the crate's own tests need, which are not all that run.
    command.arg("--timeout=900");
    // It stops at the first test that fails.
    if shell::is_there(shell::cargo(&["nextest", "--version"])) {
        command.arg("--test-tool=nextest");
    }
    command.args(tests.iter().map(|package| format!("--test-package={package}")));
    command.args(["--", "--lib", "--tests"]);
    // It fails where a mutant survives, which is for us to judge.
    command.status()?;
    // Fields of structs are tried whether they were named or not.
    let lines = |file: &str| -> Result<Vec<String>, Failure> {
        let text = fs::read_to_string(work.join("mutants.out").join(file))?;
        let named = text.lines().filter(|line| left.iter().any(|name| name == line));
        Ok(named.map(without_place).collect())
    };
    let (missed, unviable) = (lines("missed.txt")?, lines("unviable.txt")?.len());
    let caught = lines("caught.txt")?.len() + lines("timeout.txt")?.len();
    if missed.len() + unviable + caught != left.len() {
        return Err(Failure::new(format!("cargo-mutants did not get to the end of {name}"))
            .next("its own output above says why"));
    }
    verdicts.caught += caught;
    verdicts.unviable += unviable;
    verdicts.missed.extend(missed);
    Ok(())
}

/// A text as a regular expression that is that text.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_special_in_an_expression_is_escaped() {
        assert_eq!(escaped("a.rs:1: replace || with (x)"), r"a\.rs:1: replace \|\| with \(x\)");
    }
}
