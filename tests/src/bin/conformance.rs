//! `cargo xtask conformance`: the client meets every misbehaviour of the sandbox, in memory and over
//! TLS, the sandbox meets every wrong client, and this prints what came of it, as three tables or
//! with `--json` as an array of rows.

use std::process::ExitCode;

use fdx_tests::conformance::{Line, Over, ProofRow, Table, proof};

fn main() -> ExitCode {
    let rows = proof();
    if std::env::args().any(|arg| arg == "--json") {
        println!("{}", serde_json::to_string_pretty(&rows).unwrap());
    } else {
        let wrong = |over| of(&rows, Table::Misbehaviour, over);
        print("A server that is wrong, met by the client in memory", &wrong(Over::Memory));
        println!();
        print("A server that is wrong, met by the client over TLS", &wrong(Over::Mtls));
        println!();
        let strict = of(&rows, Table::Strict, Over::Memory);
        print("A client that is wrong or looks so, met by the sandbox", &strict);
    }
    match rows.iter().all(|row| row.line.passed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn of(rows: &[ProofRow], table: Table, over: Over) -> Vec<&Line> {
    let there = rows.iter().filter(|row| row.table == table && row.over == over);
    there.map(|row| &row.line).collect()
}

fn print(title: &str, lines: &[&Line]) {
    let width = |of: fn(&Line) -> &str| {
        lines.iter().map(|line| of(line).chars().count()).max().unwrap_or_default()
    };
    let (name, outcome) = (width(|line| &line.name), width(|line| &line.outcome));
    println!("{title}");
    for line in lines {
        let passed = if line.passed { "passed" } else { "FAILED" };
        println!("{passed}  {:name$}  {:outcome$}  {}", line.name, line.outcome, line.clause);
        if !line.passed {
            println!("        right is: {}. {}", line.expected, line.because);
        }
    }
    let passed = lines.iter().filter(|line| line.passed).count();
    println!("{passed} of {} passed", lines.len());
}
