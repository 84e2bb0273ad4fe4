use std::collections::BTreeMap;
use std::fs;

use crate::failure::Failure;
use crate::shell;

/// Survivors and why they may live: `FILE: CHANGE => REASON`, one a line, `#` before a remark.
pub(super) fn reasons() -> Result<BTreeMap<String, String>, Failure> {
    let text = fs::read_to_string(shell::root().join("xtask/mutants.txt"))?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.rsplit_once(" => ") {
            Some((mutant, reason)) => Ok((mutant.to_owned(), reason.to_owned())),
            None => Err(Failure::new(format!("xtask/mutants.txt: no reason in '{line}'"))),
        })
        .collect()
}

/// `FILE:LINE:COLUMN: CHANGE` without line and column, which every edit moves.
pub(super) fn without_place(name: &str) -> String {
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
    fn a_survivor_is_known_by_its_file_and_its_change() {
        let name = "crates/fdx-pkce/src/a.rs:41:9: replace a::b -> bool with true";
        assert_eq!(without_place(name), "crates/fdx-pkce/src/a.rs: replace a::b -> bool with true");
    }

    #[test]
    fn every_survivor_has_its_reason() {
        assert!(reasons().unwrap().values().all(|reason| !reason.is_empty()));
    }
}
