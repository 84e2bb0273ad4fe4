use std::time::Instant;

use serde::Serialize;

use crate::case::{Case, NOT_SUPPORTED};
use crate::failure::Failure;
use crate::jvm::Jvm;
use crate::lab::Lab;
use crate::table::Table;
use crate::{keycloak, nimbus, spring};

/// The results of all cases.
#[derive(Serialize)]
pub(crate) struct Report {
    cases: Vec<Row>,
    /// Features without a case, with reasons.
    not_supported: Vec<&'static str>,
    milliseconds: u128,
    passed: usize,
    failed: usize,
}

#[derive(Serialize)]
pub(crate) struct Row {
    case: String,
    outcome: Outcome,
    seen: String,
    milliseconds: u128,
}

#[derive(Clone, Copy, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Passed,
    Failed,
    LeftOut,
}

impl Report {
    /// Runs every case, even after a failure.
    pub(crate) fn of(lab: &Lab, jvm: &Jvm) -> Self {
        let start = Instant::now();
        let mut cases: Vec<Row> =
            Case::all().into_iter().map(|case| Row::of(&case.name, || case.run(lab))).collect();
        let mut not_supported = NOT_SUPPORTED.to_vec();
        if let Some(missing) = &jvm.missing {
            cases.push(Row {
                case: format!("{}, {}, {}", spring::NAME, nimbus::NAME, keycloak::NAME),
                outcome: Outcome::LeftOut,
                seen: missing.clone(),
                milliseconds: 0,
            });
        } else {
            // One at a time, because each needs much memory.
            cases.extend(spring::rows(lab, jvm));
            cases.extend(nimbus::rows(lab, jvm));
            cases.extend(keycloak::rows(lab, jvm));
            for each in
                [&spring::NOT_SUPPORTED[..], &nimbus::NOT_SUPPORTED, &keycloak::NOT_SUPPORTED]
            {
                not_supported.extend(each);
            }
        }
        let count = |outcome| cases.iter().filter(|row| row.outcome == outcome).count();
        Self {
            passed: count(Outcome::Passed),
            failed: count(Outcome::Failed),
            cases,
            not_supported,
            milliseconds: start.elapsed().as_millis(),
        }
    }

    /// Whether there were cases and none failed.
    pub(crate) fn passed(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// Prints a row for each case, the features without a case, and the counts.
    pub(crate) fn print(&self) {
        let mut table = Table::new(&["case", "result", "ms", "observed"]);
        for row in &self.cases {
            let result = match row.outcome {
                Outcome::Passed => "passed",
                Outcome::Failed => "FAILED",
                Outcome::LeftOut => "LEFT OUT",
            };
            let time = row.milliseconds.to_string();
            table.row(vec![row.case.clone(), result.to_owned(), time, row.seen.clone()]);
        }
        println!("{table}\nnot supported by a peer:");
        for each in &self.not_supported {
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
    pub(crate) fn of(name: &str, run: impl FnOnce() -> Result<String, Failure>) -> Self {
        let start = Instant::now();
        let result = run();
        Self {
            case: name.to_owned(),
            outcome: if result.is_ok() { Outcome::Passed } else { Outcome::Failed },
            seen: result.unwrap_or_else(|failure| failure.to_string()),
            milliseconds: start.elapsed().as_millis(),
        }
    }

    pub(crate) fn failed(&self) -> bool {
        self.outcome == Outcome::Failed
    }
}
