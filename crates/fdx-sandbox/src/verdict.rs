use serde::Serialize;

use crate::error::{Broken, Reason};

/// One rule that a request was held against, and how it came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Verdict {
    /// Where the rule stands, such as `FAPI 2.0 SP 5.3.2.1-8` or `RFC 9449 4.3`.
    pub clause: &'static str,
    /// The rule in one sentence.
    pub rule: &'static str,
    /// Whether the request keeps it.
    pub outcome: Outcome,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The request keeps the rule.
    Passed,
    /// The request breaks the rule, and was refused for it.
    Failed,
}

/// The verdicts on one request, in the order of the checks: the last one may have failed.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(Vec<Verdict>);

impl Verdicts {
    pub(crate) fn begin(&mut self) {
        self.0.clear();
    }

    pub(crate) fn as_slice(&self) -> &[Verdict] {
        &self.0
    }

    /// Records whether the request keeps the rule, and refuses it for `reason` where it does not.
    pub(crate) fn require(
        &mut self,
        reason: Reason,
        clause: &'static str,
        rule: &'static str,
        kept: bool,
    ) -> Result<(), Broken> {
        self.require_some(reason, clause, rule, kept.then_some(()))
    }

    /// The same for a rule whose keeping yields a value.
    pub(crate) fn require_some<T>(
        &mut self,
        reason: Reason,
        clause: &'static str,
        rule: &'static str,
        value: Option<T>,
    ) -> Result<T, Broken> {
        let outcome = match value {
            Some(_) => Outcome::Passed,
            None => Outcome::Failed,
        };
        self.0.push(Verdict { clause, rule, outcome });
        value.ok_or(Broken { reason, clause, rule })
    }
}
