//! The table of clauses in the manual is complete, and each row names a test. So does each row of
//! the sandbox's table of weaknesses. `cargo xtask test` checks that these tests exist.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The required clauses: each family, and its number of clauses.
const CLAUSES: [(&str, usize); 24] = [
    ("N", 7),
    ("G", 15),
    ("C", 7),
    ("A", 10),
    ("K", 8),
    ("M", 11),
    ("HTTP-", 1),
    ("P", 9),
    ("J", 5),
    ("R", 8),
    ("PKCE-", 5),
    ("JWT-", 7),
    ("ISS-", 6),
    ("META-", 6),
    ("MTLS-", 6),
    ("DPOP-", 14),
    ("DCR-", 2),
    ("REV-", 4),
    ("INTRO-", 4),
    ("BCP-", 10),
    ("OIDC-", 17),
    ("GM-", 1),
    ("JARM-", 7),
    ("FDX-", 8),
];

/// The cells of one row: id, clause, rule, enforcement, tests.
struct Row([String; 5]);

#[test]
fn every_clause_is_there_once() {
    let mut found = BTreeMap::new();
    for Row([id, ..]) in rows() {
        *found.entry(id).or_insert(0) += 1;
    }
    for (family, count) in CLAUSES {
        for number in 1..=count {
            let id = format!("{family}{number}");
            assert_eq!(found.remove(&id), Some(1), "{id}");
        }
    }
    assert!(found.is_empty(), "in the table and not in the list of clauses: {found:?}");
}

#[test]
fn every_row_has_the_required_columns() {
    let held = ["**type**", "**check**", "**yours**", "**not here**", "as "];
    for Row([id, clause, rule, how, shown_by]) in rows() {
        assert!(!clause.is_empty() && rule.ends_with('.'), "{id}");
        assert!(held.iter().any(|word| how.starts_with(word)), "{id}: {how}");
        let explained = how.starts_with("**yours**") || how.starts_with("**not here**");
        assert!(explained || shown_by.contains(".rs::"), "{id} names no test");
    }
}

/// The sandbox's table of known weaknesses in other software that no misbehaviour covers.
#[test]
fn every_weakness_names_a_test() {
    let table = root().join("crates/fdx-sandbox/src/misbehaviour/weaknesses.md");
    let table = fs::read_to_string(table).unwrap();
    let rows = table.lines().skip(2).map(|line| line.trim_matches('|').split(" | ").collect());
    let rows: Vec<Vec<_>> = rows.collect();
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row.len(), 3, "{row:?}");
        assert!(row[2].contains(".rs::"), "{row:?}");
    }
}

fn rows() -> Vec<Row> {
    let table = root().join("crates/fdx-par/src/manual/what_is_enforced.md");
    let table = fs::read_to_string(table).unwrap();
    let lines = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id |"));
    lines
        .map(|line| {
            let cells = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
            Row(cells.collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{line}")))
        })
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
