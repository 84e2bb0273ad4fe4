use std::time::Instant;

use serde::Serialize;

use crate::case::{Case, NOT_SUPPORTED};
use crate::lab::Lab;
use crate::table::Table;

/// The results of all cases.
#[derive(Serialize)]
pub(crate) struct Report {
    cases: Vec<Row>,
    /// Features without a case, with reasons.
    not_supported: &'static [&'static str],
    milliseconds: u128,
    passed: usize,
    failed: usize,
}

#[derive(Serialize)]
struct Row {
    case: String,
    passed: bool,
    seen: String,
    milliseconds: u128,
}

impl Report {
    /// Runs every case, even after a failure.
    pub(crate) fn of(lab: &Lab) -> Self {
        let start = Instant::now();
        let cases: Vec<Row> = Case::all().into_iter().map(|case| Row::of(case, lab)).collect();
        let passed = cases.iter().filter(|row| row.passed).count();
        Self {
            passed,
            failed: cases.len() - passed,
            cases,
            not_supported: &NOT_SUPPORTED,
            milliseconds: start.elapsed().as_millis(),
        }
    }

    /// Whether there were cases and all passed.
    pub(crate) fn passed(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// Prints a row for each case, the features without a case, and the counts.
    pub(crate) fn print(&self) {
        let mut table = Table::new(&["case", "result", "ms", "observed"]);
        for row in &self.cases {
            let result = if row.passed { "passed" } else { "FAILED" };
            let time = row.milliseconds.to_string();
            table.row(vec![row.case.clone(), result.to_owned(), time, row.seen.clone()]);
        }
        println!("{table}\nnot supported by a peer:");
        for each in self.not_supported {
            println!("- {each}");
        }
        println!("\n{} rows in {} ms", self.cases.len(), self.milliseconds);
        println!("{} passed, {} failed", self.passed, self.failed);
    }

    /// One JSON document.
    pub(crate) fn print_json(&self) {
        println!("{}", serde_json::to_string_pretty(self).unwrap_or_default());
    }
}

impl Row {
    fn of(case: Case, lab: &Lab) -> Self {
        let start = Instant::now();
        let result = case.run(lab);
        Self {
            passed: result.is_ok(),
            seen: result.unwrap_or_else(|failure| failure.to_string()),
            milliseconds: start.elapsed().as_millis(),
            case: case.name,
        }
    }
}
