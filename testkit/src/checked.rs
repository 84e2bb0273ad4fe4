//! The rules that institutions have checked in this process.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use fdx_sandbox::Verdict;

/// Clause and rule.
type Rules = BTreeSet<(&'static str, &'static str)>;

static CHECKED: Mutex<Rules> = Mutex::new(Rules::new());

pub(crate) fn record(verdicts: &[Verdict]) {
    let mut checked = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    checked.extend(verdicts.iter().map(|verdict| (verdict.clause, verdict.rule)));
}

/// Clause and rule of every check that an institution has made for a [`World`](crate::World) of
/// this process, passed or failed.
#[must_use]
pub fn checked() -> BTreeSet<(&'static str, &'static str)> {
    CHECKED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
