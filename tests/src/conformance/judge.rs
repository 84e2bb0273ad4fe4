use std::time::Duration;

use fdx_sandbox::misbehaviour::{Aftermath, Misbehaviour, Right};
use serde::Serialize;

use super::Went;

/// One row, as it came out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Line {
    /// The misbehaviour.
    pub name: String,
    /// The clause behind it.
    pub clause: &'static str,
    /// What is right.
    pub expected: String,
    /// What the client did.
    pub outcome: String,
    /// Whether the two agree, and the misbehaviour showed, and nothing came after.
    pub passed: bool,
    /// What else was wrong; empty where it passed.
    pub because: String,
}

/// FAPI says nothing about it: nobody waits longer than this on a stranger's word.
const DAY: Duration = Duration::from_secs(86_400);

/// Lays how a flow went, and what the institution saw of it, beside what is right.
#[must_use]
pub fn judge(misbehaviour: Misbehaviour, went: &Went, aftermath: &Aftermath) -> Line {
    let (expected, outcome) = (misbehaviour.right().to_string(), outcome(went));
    let because = broken(misbehaviour, went, aftermath);
    Line {
        name: misbehaviour.name(),
        clause: misbehaviour.clause(),
        passed: expected == outcome && because.is_empty(),
        expected,
        outcome,
        because,
    }
}

fn outcome(went: &Went) -> String {
    match went {
        Went::Whole(reported) if reported.is_empty() => Right::Accept.to_string(),
        Went::Whole(reported) => format!("accept, report {}", reported.join(", ")),
        Went::Stopped(stop) => format!("refuse {}", stop.code),
    }
}

fn broken(misbehaviour: Misbehaviour, went: &Went, aftermath: &Aftermath) -> String {
    // A row that changes nothing proves nothing.
    if aftermath.fired == 0 {
        return "it never showed".to_owned();
    }
    let Went::Stopped(stop) = went else {
        return String::new();
    };
    if stop.after.is_some_and(|after| after > DAY) {
        return "the client would wait for more than a day".to_owned();
    }
    if !matches!(misbehaviour.right(), Right::Refuse(_)) {
        return stop.text.clone();
    }
    // Once, or once more with the nonce that was asked for.
    if aftermath.fired > 2 {
        return format!("the client met it {} times", aftermath.fired);
    }
    let more: Vec<_> = aftermath.since.iter().filter(|path| *path != "/jwks").collect();
    if more.is_empty() { String::new() } else { format!("then the client asked for {more:?}") }
}
