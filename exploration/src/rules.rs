//! The rules of a refresh that the weakened copy can switch off. Their numbers follow those of the
//! simulation's checks.

/// A rule, marked in the code by `// check: NAME`.
pub(crate) struct Rule {
    /// The name in the comment.
    pub(crate) marker: &'static str,
    /// What the rule says.
    pub(crate) rule: &'static str,
    /// Why the rule stays although nothing is lost without it in the exploration.
    pub(crate) idle: Option<&'static str>,
}

const fn rule(marker: &'static str, rule: &'static str) -> Rule {
    Rule { marker, rule, idle: None }
}

/// Every rule that can be switched off.
pub(crate) const ALL: [Rule; 9] = [
    rule("ClockSkew", "a takeover waits for the tolerated difference of clocks"),
    rule("CompareAttempt", "a response is stored only by the attempt that is open"),
    rule("CompareGeneration", "a response is stored only over the generation that was sent"),
    rule("EndedMeanwhile", "a response never replaces the tokens of an ended consent"),
    rule("KeepLost", "a response that loses is kept"),
    rule("OneRequest", "at most one unanswered request"),
    rule("ReplayWindow", "a lost response is repeated only within the institution's window"),
    rule("SendDeadline", "the deadline is checked before the request is sent"),
    rule("SuspectFirst", "a refused consent is suspect before it is dead"),
];
