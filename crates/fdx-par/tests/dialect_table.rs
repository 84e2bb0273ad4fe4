//! Compares the manual's tables of dialects with the values. `BLESS=1 cargo test -p fdx-par
//! dialect_table` regenerates them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use fdx_par::WellKnown;
use fdx_par::dialect::{ALL, Dialect};

#[test]
fn tables_equal_the_dialects() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual/dialects.md");
    let tables = ALL.iter().map(tables).collect::<Vec<_>>().join("\n");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &tables).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == tables, "run BLESS=1 cargo test -p fdx-par dialect_table");
}

fn tables(dialect: &Dialect) -> String {
    let mut text = format!("# `{}`: {}\n\n", dialect.name(), dialect.provider());
    if dialect.members().is_empty() {
        text.push_str("No member: unchanged FAPI 2.0.\n");
    } else {
        text.push_str("| member | departs from | source |\n|---|---|---|\n");
        for line in dialect.members() {
            let (name, clause) = (line.member.name(), line.member.clause());
            let _ = writeln!(text, "| `{name}` | {clause} | {} |", line.source);
        }
    }
    if !dialect.options().is_empty() {
        text.push_str("\nOff by default:\n\n| member | departs from | source |\n|---|---|---|\n");
        for line in dialect.options() {
            let (name, clause) = (line.member.name(), line.member.clause());
            let _ = writeln!(text, "| `{name}` | {clause} | {} |", line.source);
        }
    }
    let _ = write!(text, "\nKnown {}.\n", dialect.evidence());
    if dialect.well_known() == WellKnown::OpenidConfiguration {
        text.push_str("\nIts complete metadata is at `/.well-known/openid-configuration`.\n");
    }
    if !dialect.needs().is_empty() {
        let needs: Vec<_> = dialect.needs().iter().map(|need| format!("`{need:?}`")).collect();
        let _ = write!(text, "\nNeeds {}.\n", needs.join(", "));
    }
    if let Some(lifetime) = dialect.refresh_token_lifetime() {
        let _ =
            write!(text, "\nA refresh token is valid for {} days.\n", lifetime.as_secs() / 86_400);
    }
    if !dialect.notes().is_empty() {
        text.push('\n');
        for note in dialect.notes() {
            let _ = writeln!(text, "- {}", note.replace('<', "\\<"));
        }
    }
    text
}
