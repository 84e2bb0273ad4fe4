use fdx_par::{Deviation, Finding, Readiness, Severity};
use serde::Serialize;

use crate::args::DoctorArgs;
use crate::dialects;
use crate::json::pretty;
use crate::print::result;
use crate::table::Table;

/// Everything at once, for `--json`.
#[derive(Serialize)]
struct Report<'a> {
    /// The file, or which well-known place of which issuer.
    source: &'a str,
    /// The severity of the worst row.
    worst: &'static str,
    findings: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    member: &'static str,
    clause: &'static str,
    /// JSON, bounded and escaped, or `absent`.
    found: &'a str,
    wanted: &'static str,
    /// `fine`, `advice`, `breaks-fapi` or `breaks-client`.
    severity: &'static str,
    /// The member of a dialect that would allow it, or null.
    allowed_by: Option<&'static str>,
}

pub(super) fn print(args: &DoctorArgs, source: &str, readiness: &Readiness) {
    let findings = readiness.findings();
    if args.json {
        let findings = findings.iter().map(Row::of).collect();
        let report = Report { source, worst: readiness.worst().name(), findings };
        result(&pretty(&report));
        return;
    }
    result(&format!("{source}\n"));
    let mut table = Table::new(&["result", "member", "found", "clause"]);
    for row in findings {
        table.row([row.severity.name(), row.member, &short(row.found.as_str()), row.clause]);
    }
    result(&format!("{table}\n"));
    let unusual = || findings.iter().filter(|row| row.severity != Severity::Fine);
    for row in unusual() {
        let allowed = row.allowed_by.map(|by| format!(" ({})", dialects::that_allow(by)));
        result(&format!("{}: wanted {}{}", row.member, row.wanted, allowed.unwrap_or_default()));
    }
    let count = |severity| findings.iter().filter(|row| row.severity == severity).count();
    let rows = findings.len();
    let between = if unusual().next().is_some() { "\n" } else { "" };
    result(&format!(
        "{between}{rows} rows: {} fine, {} advice, {} break FAPI 2.0, {} break this client",
        count(Severity::Fine),
        count(Severity::Advice),
        count(Severity::BreaksFapi),
        count(Severity::BreaksClient),
    ));
}

impl<'a> Row<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            member: finding.member,
            clause: finding.clause,
            found: finding.found.as_str(),
            wanted: finding.wanted,
            severity: finding.severity.name(),
            allowed_by: finding.allowed_by.map(Deviation::name),
        }
    }
}

/// What stays readable in a column; `--json` has more.
fn short(found: &str) -> String {
    const MAX_CHARS: usize = 44;
    let mut short: String = found.chars().take(MAX_CHARS).collect();
    if short.len() < found.len() {
        short.push_str("...");
    }
    short
}
