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

const fn idle(marker: &'static str, rule: &'static str, why: &'static str) -> Rule {
    Rule { marker, rule, idle: Some(why) }
}

/// Every rule that can be switched off.
pub(crate) const ALL: [Rule; 9] = [
    rule("ClockSkew", "a takeover waits for the tolerated difference of clocks"),
    rule("CompareAttempt", "a response is stored only by the attempt that is open"),
    idle(
        "CompareGeneration",
        "a response is stored only over the generation that was sent",
        "An attempt has an id of its own, and belongs to one generation. The comparison protects the
tokens if two attempts drew the same id, for example in two copies of one virtual machine.",
    ),
    rule("EndedMeanwhile", "a response never replaces the tokens of an ended consent"),
    idle(
        "KeepLost",
        "a response that loses is kept",
        "A response loses only to a later attempt, whose request is sent after the deadline of the
earlier one: its token is then the newer one. The rule helps after a late write, when the grant
may be lost with it as well.",
    ),
    rule("OneRequest", "at most one unanswered request"),
    idle(
        "ReplayWindow",
        "a lost response is repeated only within the institution's window",
        "The only known token is void after the window, with the rule and without. With it, the
institution receives no void token, which it may count as an attack on the client.",
    ),
    rule("SendDeadline", "the deadline is checked before the request is sent"),
    idle(
        "SuspectFirst",
        "a refused consent is suspect before it is dead",
        "The institution of the exploration refuses only grants that have ended. Others refuse valid
tokens for a while; `a_server_that_refuses_everything_for_longer_than_a_week_ends_no_more_than_the_baseline`
tests that no consent is lost then.",
    ),
];
