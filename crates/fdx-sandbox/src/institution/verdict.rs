//! The checks on a request: verdicts for tests, violations for responses.

use serde::Serialize;

use crate::institution::rule::{Reason, Rule};

/// A rule, and whether the latest request satisfied it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Verdict {
    /// The clause, such as `FAPI 2.0 SP 5.3.2.1-8` or `RFC 9449 4.3`.
    pub clause: &'static str,
    /// The rule in one sentence.
    pub rule: &'static str,
    /// The result of the check.
    pub outcome: Outcome,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The request satisfies the rule.
    Passed,
    /// The request violates the rule and was refused.
    Failed,
    /// The request violates a rule that this institution does not enforce. It was answered.
    Finding,
}

/// The verdicts on one request in the order of the checks. Only the last can be a failure.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(Vec<Verdict>);

impl Verdicts {
    pub(crate) fn begin(&mut self) {
        self.0.clear();
    }

    pub(crate) fn as_slice(&self) -> &[Verdict] {
        &self.0
    }

    /// Records whether the request satisfies the rule. Returns the violation if it does not.
    pub(crate) fn require(&mut self, rule: Rule, satisfied: bool) -> Result<(), Violation> {
        self.require_some(rule, satisfied.then_some(()))
    }

    /// The same for a check that yields a value.
    pub(crate) fn require_some<T>(&mut self, rule: Rule, value: Option<T>) -> Result<T, Violation> {
        let outcome = match value {
            Some(_) => Outcome::Passed,
            None => Outcome::Failed,
        };
        let Verdict { clause, rule: text, .. } = self.record(rule, outcome);
        value.ok_or(Violation { reason: rule.reason(), clause, rule: text })
    }

    /// Records whether the request satisfies a rule that the institution does not enforce.
    pub(crate) fn observe(&mut self, rule: Rule, satisfied: bool) {
        self.record(rule, if satisfied { Outcome::Passed } else { Outcome::Finding });
    }

    fn record(&mut self, rule: Rule, outcome: Outcome) -> Verdict {
        let verdict = Verdict { clause: rule.clause(), rule: rule.text(), outcome };
        self.0.push(verdict);
        verdict
    }
}

/// A rule that a request violated. The endpoint determines its form: an OAuth error, a page, or an
/// FDX error with a challenge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    pub(crate) reason: Reason,
    pub(crate) clause: &'static str,
    pub(crate) rule: &'static str,
}

impl Violation {
    /// Whether the response requests a DPoP nonce (RFC 9449 sections 8 and 9).
    pub(crate) fn is_nonce_challenge(&self) -> bool {
        self.reason == Reason::UseDpopNonce
    }

    /// The clause and the violated rule, in the alphabet of `error_description`
    /// (RFC 6749 section 5.2).
    pub(crate) fn description(&self) -> String {
        format!("{}: the request violates this rule: {}", self.clause, self.rule)
    }
}
