use serde::Serialize;

use super::{Line, at_once, in_memory, over_mtls};
use fdx_testkit::strict::{self, Allowed, Caught};

/// The two tables of the proof, which differ in the party that breaks a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// The institution breaks a rule, and the client must reject its response.
    Misbehaviour,
    /// The client breaks a rule and the institution must refuse, or the client only seems to.
    Strict,
}

/// The connection of a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// No socket.
    Memory,
    /// TLS on loopback, with a client certificate unless the row is about DPoP.
    Mtls,
}

/// A row of either table.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ProofRow {
    /// The table of the row.
    pub table: Table,
    /// The connection of the row.
    pub over: Over,
    /// The row.
    #[serde(flatten)]
    pub line: Line,
}

/// Every row of both tables: the institution's misbehaviour in memory and over TLS, the client's
/// in memory.
///
/// # Panics
/// If no port is free or no certificate can be made.
#[must_use]
pub fn proof() -> Vec<ProofRow> {
    let rows = |table, over, lines: Vec<Line>| {
        lines.into_iter().map(move |line| ProofRow { table, over, line })
    };
    let strict = strict::rows().into_iter().map(line);
    let strict = strict.chain(strict::allowed().iter().map(taken)).collect();
    rows(Table::Misbehaviour, Over::Memory, in_memory())
        .chain(rows(Table::Misbehaviour, Over::Mtls, at_once(over_mtls())))
        .chain(rows(Table::Strict, Over::Memory, strict))
        .collect()
}

/// Rows of unusual but valid requests, which must be accepted.
fn taken(allowed: &Allowed) -> Line {
    let refused = allowed.refused();
    Line {
        name: allowed.name.clone(),
        clause: allowed.clause,
        expected: "accept".to_owned(),
        outcome: if refused.is_none() { "accept" } else { "refuse" }.to_owned(),
        passed: refused.is_none(),
        because: refused.map(|rule| format!("it was refused for: {rule}")).unwrap_or_default(),
    }
}

/// Rows of invalid requests, which must be refused or recorded for the rule that they break.
fn line(row: strict::Row) -> Line {
    let strict::Row { clause, rule, wrong, error, caught } = row;
    let expected = match error {
        Some(error) => format!("refuse {error}"),
        None => "accept with a finding".to_owned(),
    };
    let (outcome, because) = match &caught {
        Caught::Yes => (expected.clone(), String::new()),
        Caught::No => ("accept".to_owned(), format!("nothing was refused or found for: {rule}")),
        Caught::Otherwise(clause, rule, error) => {
            (format!("refuse {error}"), format!("it was refused by {clause}: {rule}"))
        }
    };
    let passed = caught == Caught::Yes;
    Line { name: wrong.to_owned(), clause, expected, outcome, passed, because }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(caught: Caught) -> bool {
        let (clause, rule, error) = ("RFC 9126 2.1", "it is pushed", Some("invalid_request"));
        line(strict::Row { clause, rule, wrong: "does not push", error, caught }).passed
    }

    #[test]
    fn a_wrong_client_that_is_taken_or_refused_for_another_rule_fails_its_row() {
        let otherwise = |clause: &str, error: &str| {
            Caught::Otherwise(clause.to_owned(), "another".to_owned(), error.to_owned())
        };
        assert!(passed(Caught::Yes));
        assert!(!passed(Caught::No));
        assert!(!passed(otherwise("RFC 9126 2.2", "invalid_client")));
        // The same error for another rule is a coincidence.
        assert!(!passed(otherwise("RFC 9126 2.2", "invalid_request")));
    }
}
