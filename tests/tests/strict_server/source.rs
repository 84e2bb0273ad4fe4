//! The checks that the institution makes, read from its source: every call of `require` and
//! `require_some` names a reason, a clause and a rule, as literals.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Clause and rule of every check.
pub(crate) fn checks() -> BTreeSet<(String, String)> {
    calls().into_iter().flat_map(|call| read(&call).unwrap_or_default()).collect()
}

/// The calls in which no clause and rule were found.
pub(crate) fn unread() -> Vec<String> {
    calls().into_iter().filter(|call| read(call).is_none()).collect()
}

/// One check, or several where a clause depends on the place.
fn read(call: &str) -> Option<Vec<(String, String)>> {
    let mut clauses = Vec::new();
    for (number, literal) in call.split('"').enumerate().take(12) {
        match (number % 2, is_clause(literal)) {
            (1, true) => clauses.push(literal.to_owned()),
            (1, false) if !clauses.is_empty() => {
                let rule = literal.to_owned();
                return Some(clauses.into_iter().map(|clause| (clause, rule.clone())).collect());
            }
            _ => {}
        }
    }
    None
}

fn is_clause(literal: &str) -> bool {
    let sources = ["FAPI ", "FDX ", "JARM ", "OAuth ", "OIDC ", "RFC "];
    sources.iter().any(|source| literal.starts_with(source))
}

/// What follows each `Reason::` that stands as the first argument of a call.
fn calls() -> Vec<String> {
    let mut calls = Vec::new();
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        // A string never goes on in the next line there, and a comment never holds a quote alone.
        for name in [".require(", ".require_some("] {
            let found =
                text.split(name).skip(1).filter(|rest| rest.trim_start().starts_with("Reason::"));
            calls.extend(found.map(|rest| rest.chars().take(700).collect::<String>()));
        }
    }
    calls
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/fdx-sandbox/src");
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path != root.join("tests") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}
