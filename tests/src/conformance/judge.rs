use std::time::Duration;

use fdx_sandbox::misbehaviour::{
    Aftermath, Flow, Misbehaviour, Right, WrongConsent, WrongMetadata, WrongNonce,
};
use serde::Serialize;

use super::Went;
use super::walk::kebab;

/// The result of one row.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Line {
    /// The misbehaviour.
    pub name: String,
    /// The clause behind it.
    pub clause: &'static str,
    /// The expected outcome.
    pub expected: String,
    /// The actual outcome.
    pub outcome: String,
    /// Whether the two agree, the misbehaviour occurred, and the client sent nothing after it.
    pub passed: bool,
    /// Any other violation; empty if the row passed.
    pub because: String,
}

/// The longest delay that a client accepts from untrusted input. FAPI has no rule for it.
const DAY: Duration = Duration::from_secs(86_400);

/// Compares a flow's outcome and the institution's record of it with the expected outcome.
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

/// Returns the row of a flow with a correct institution. Without it, a client that always stops
/// would pass every row that expects an error.
#[must_use]
pub fn well_behaved(flow: Flow, went: &Went) -> Line {
    let (expected, outcome) = (Right::Accept.to_string(), outcome(went));
    let because = match went {
        Went::Whole(_) => String::new(),
        Went::Stopped(stop) => stop.text.clone(),
    };
    Line {
        name: format!("well-behaved-{}", kebab(&format!("{flow:?}"))),
        clause: "FAPI 2.0 SP 5.3.3; suite happy-path",
        passed: expected == outcome,
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
    // The misbehaviour must have changed a response.
    if aftermath.fired == 0 {
        return "it never showed".to_owned();
    }
    let Went::Stopped(stop) = went else {
        return String::new();
    };
    let asked_for_ages = misbehaviour == Misbehaviour::Consent(WrongConsent::RetryAfterAges);
    if stop.after.is_some_and(|after| after > DAY) || asked_for_ages && stop.after != Some(DAY) {
        return format!("the client would wait for {:?}", stop.after);
    }
    if !matches!(misbehaviour.right(), Right::Refuse(_)) {
        return stop.text.clone();
    }
    if aftermath.fired > meetings(misbehaviour) {
        return format!("the client met it {} times", aftermath.fired);
    }
    if is_met_later(misbehaviour) {
        return String::new();
    }
    let more: Vec<_> = aftermath.since.iter().filter(|path| *path != "/jwks").collect();
    if more.is_empty() { String::new() } else { format!("then the client asked for {more:?}") }
}

/// Whether the client goes on until it needs what is wrong: it checks an endpoint of the metadata
/// when it uses it.
fn is_met_later(misbehaviour: Misbehaviour) -> bool {
    matches!(
        misbehaviour,
        Misbehaviour::Metadata(WrongMetadata::HttpIntrospection | WrongMetadata::HttpRevocation)
    )
}

/// The number of times that a correct client can meet the misbehaviour.
fn meetings(misbehaviour: Misbehaviour) -> u32 {
    match misbehaviour {
        // The client tries the required nonce once.
        Misbehaviour::Nonce(
            WrongNonce::EndlessAtPush
            | WrongNonce::EndlessAtToken
            | WrongNonce::EndlessAtResource
            | WrongNonce::EndlessAtRefresh
            | WrongNonce::EndlessAtClientToken,
        ) => 2,
        // In the metadata, and at the endpoint in them.
        Misbehaviour::Metadata(WrongMetadata::AnotherServersTokenEndpoint) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stop;
    use super::*;

    fn stopped(name: &str, after: Option<Duration>, fired: u32) -> Line {
        let misbehaviour = Misbehaviour::by_name(name).unwrap();
        let Right::Refuse(code) = misbehaviour.right() else {
            panic!("{name} is to be accepted");
        };
        let stop = Stop { after, ..Stop::of(code, "refused") };
        let mut aftermath = Aftermath::default();
        aftermath.fired = fired;
        judge(misbehaviour, &Went::Stopped(stop), &aftermath)
    }

    #[test]
    fn a_row_that_never_showed_or_was_met_again_fails() {
        let passed = |name, fired| stopped(name, None, fired).passed;
        assert!(!passed("push-expires-in-zero", 0));
        assert!(passed("push-expires-in-zero", 1));
        assert!(!passed("push-expires-in-zero", 2));
        assert!(passed("nonce-endless-at-token", 2));
        assert!(!passed("nonce-endless-at-token", 3));
    }

    #[test]
    fn limits_retry_after_to_a_day() {
        let passed = |after| stopped("consent-retry-after-ages", after, 1).passed;
        assert!(passed(Some(DAY)));
        assert!(!passed(Some(DAY - Duration::from_secs(1))));
        assert!(!passed(Some(DAY + Duration::from_secs(1))));
        assert!(!passed(None));
    }
}
