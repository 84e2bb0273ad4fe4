use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::args::Args;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::shell;
use crate::table::Table;

/// The crates whose every line has to matter to a test.
const CRATES: [&str; 5] = ["fdx-wire", "fdx-pkce", "fdx-rar", "fdx-jose", "fdx-par"];

/// Changes the core in every way that cargo-mutants knows, one after the other, and prints whether
/// a test of the same crate noticed. Survivors need a reason in `xtask/mutants.txt`.
pub(crate) fn run(args: Args) -> Result<Outcome, Failure> {
    let asked = args.names(&CRATES)?;
    if !shell::is_there(shell::cargo(&["mutants", "--version"])) {
        let install = "'cargo install --locked cargo-mutants'";
        return Ok(Outcome::left_out("no cargo-mutants", install));
    }
    let reasons = reasons()?;
    let mut table = Table::new(&["crate", "viable", "caught", "missed", "score", "with reason"]);
    let mut unexplained = Vec::new();
    for name in asked {
        let folder = shell::target().join("mutants").join(name);
        fs::create_dir_all(&folder)?;
        let out = folder.to_string_lossy().into_owned();
        let mut command = shell::cargo(&["mutants", "-p", name, "--no-shuffle", "--output", &out]);
        command.arg("--colors=never");
        // It fails where a mutant survives, which is for us to judge.
        command.status()?;
        let found = Found::read(&folder.join("mutants.out"))?;
        let (known, new): (Vec<_>, Vec<_>) =
            found.missed.iter().cloned().partition(|mutant| reasons.contains_key(mutant));
        table.row(vec![
            name.to_owned(),
            found.viable().to_string(),
            found.caught.to_string(),
            found.missed.len().to_string(),
            format!("{} %", found.caught * 100 / found.viable().max(1)),
            known.len().to_string(),
        ]);
        unexplained.extend(new);
    }
    print!("{table}");
    if unexplained.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(Failure::new(format!("no test notices these changes:\n{}", unexplained.join("\n")))
        .next("write a test, or a reason into xtask/mutants.txt"))
}

/// What became of a crate's mutants; those that time out were noticed.
struct Found {
    caught: usize,
    missed: Vec<String>,
}

impl Found {
    fn read(folder: &Path) -> Result<Self, Failure> {
        let lines = |name: &str| -> Result<Vec<String>, Failure> {
            let text = fs::read_to_string(folder.join(name))?;
            Ok(text.lines().map(without_place).collect())
        };
        let caught = lines("caught.txt")?.len() + lines("timeout.txt")?.len();
        Ok(Self { caught, missed: lines("missed.txt")? })
    }

    fn viable(&self) -> usize {
        self.caught + self.missed.len()
    }
}

/// `FILE:LINE:COLUMN: CHANGE` without line and column, which every edit moves.
fn without_place(line: &str) -> String {
    let mut parts = line.splitn(4, ':');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(file), Some(_), Some(_), Some(change)) => format!("{file}:{change}"),
        _ => line.to_owned(),
    }
}

/// Survivors and why they may live: `FILE: CHANGE => REASON`, one a line, `#` before a remark.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survivor_is_known_by_its_file_and_its_change() {
        let line = "crates/fdx-pkce/src/a.rs:41:9: replace a::b -> bool with true";
        assert_eq!(without_place(line), "crates/fdx-pkce/src/a.rs: replace a::b -> bool with true");
    }

    #[test]
    fn every_survivor_has_its_reason() {
        assert!(reasons().unwrap().values().all(|reason| !reason.is_empty()));
    }
}
