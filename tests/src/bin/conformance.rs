//! `cargo xtask conformance`: the client meets every misbehaviour of the sandbox in memory, and this
//! prints what came of it, as a table or with `--json` as an array of rows.

use std::process::ExitCode;

use fdx_tests::conformance::{Line, in_memory};

fn main() -> ExitCode {
    let lines = in_memory();
    if std::env::args().any(|arg| arg == "--json") {
        println!("{}", serde_json::to_string_pretty(&lines).unwrap());
    } else {
        print(&lines);
    }
    match lines.iter().all(|line| line.passed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn print(lines: &[Line]) {
    let width = |of: fn(&Line) -> &str| {
        lines.iter().map(of).map(|text| text.chars().count()).max().unwrap_or_default()
    };
    let (name, outcome) = (width(|line| &line.name), width(|line| &line.outcome));
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
