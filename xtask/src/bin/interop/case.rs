use std::time::{Duration, Instant};

use serde::Serialize;

use crate::failure::Failure;
use crate::lab::Lab;
use crate::table::Table;
use crate::{flows, wrongs};

/// Something that must hold between our crates and the server.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What was seen, in a few words.
    pub(crate) run: fn(&Lab) -> Result<String, Failure>,
}

const CASES: [Case; 6] = [
    Case { name: "private_key_jwt ES256, DPoP with nonces demanded", run: flows::es256_dpop },
    Case { name: "private_key_jwt PS256, tokens bound by mTLS", run: flows::ps256_mtls },
    Case { name: "private_key_jwt EdDSA, DPoP EdDSA", run: flows::eddsa_dpop },
    Case { name: "the customer refuses", run: flows::refused_consent },
    Case { name: "a replayed assertion is refused", run: wrongs::replayed_assertion },
    Case {
        name: "the token endpoint as audience is refused",
        run: wrongs::token_endpoint_as_audience,
    },
];

/// What became of every case.
#[derive(Serialize)]
pub(crate) struct Report {
    cases: Vec<Row>,
    passed: usize,
    failed: usize,
}

#[derive(Serialize)]
struct Row {
    case: &'static str,
    passed: bool,
    seen: String,
    milliseconds: u128,
}

impl Report {
    /// Runs every case, also after one failed.
    pub(crate) fn of(lab: &Lab) -> Self {
        let cases: Vec<Row> = CASES.iter().map(|case| Row::of(case, lab)).collect();
        let passed = cases.iter().filter(|row| row.passed).count();
        Self { passed, failed: cases.len() - passed, cases }
    }

    /// Whether there were cases and all held.
    pub(crate) fn passed(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// A row per case, then the counts.
    pub(crate) fn print(&self) {
        let mut table = Table::new(&["case", "result", "ms", "seen"]);
        for row in &self.cases {
            let result = if row.passed { "passed" } else { "FAILED" };
            let time = row.milliseconds.to_string();
            table.row(vec![row.case.to_owned(), result.to_owned(), time, row.seen.clone()]);
        }
        println!("{table}\n{} passed, {} failed", self.passed, self.failed);
    }

    /// One JSON document.
    pub(crate) fn print_json(&self) {
        println!("{}", serde_json::to_string_pretty(self).unwrap_or_default());
    }
}

impl Row {
    fn of(case: &Case, lab: &Lab) -> Self {
        let start = Instant::now();
        let result = (case.run)(lab);
        let time: Duration = start.elapsed();
        Self {
            case: case.name,
            passed: result.is_ok(),
            seen: result.unwrap_or_else(|failure| failure.to_string()),
            milliseconds: time.as_millis(),
        }
    }
}
