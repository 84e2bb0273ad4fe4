//! Prints how the institution took each wrong client, as a table or, with `--json`, as JSON; fails
//! where it missed one.

use std::io::Write;
use std::process::ExitCode;

use fdx_tests::strict::{Caught, Row, rows};

fn main() -> ExitCode {
    let rows = rows();
    let caught = rows.iter().filter(|row| row.caught == Caught::Yes).count();
    let text = if std::env::args().any(|argument| argument == "--json") {
        serde_json::to_string_pretty(&rows).unwrap() + "\n"
    } else {
        table(&rows)
            + &format!("{caught} of {} wrong requests caught by their clause\n", rows.len())
    };
    // Whoever stops reading has read enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if caught == rows.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn table(rows: &[Row]) -> String {
    let widest = rows.iter().map(|row| row.clause.len()).max().unwrap_or_default();
    let lines = rows.iter().map(|row| {
        let Row { clause, wrong, error, caught, .. } = row;
        let mark = match caught {
            Caught::Yes => "caught".to_owned(),
            Caught::No => "MISSED".to_owned(),
            Caught::Otherwise(clause, _, error) => format!("BY {clause} ({error})"),
        };
        format!("{clause:widest$}  {mark}  {error}: {wrong}\n")
    });
    lines.collect()
}
