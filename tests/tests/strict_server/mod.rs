//! The other half: an institution that catches a wrong client, by clause. The table is
//! `fdx_tests::strict`.

mod source;

use std::collections::BTreeSet;

use fdx_tests::strict::{Caught, Stage, allowed, checks, rows};

#[test]
fn every_wrong_client_is_caught_for_the_rule_that_it_breaks() {
    let missed: Vec<_> = rows().into_iter().filter(|row| row.caught != Caught::Yes).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Otherwise a row could be caught for what its preparation does wrong.
#[test]
fn the_steps_whose_requests_are_changed_pass_unchanged() {
    let mut seen = BTreeSet::new();
    for wrong in checks().iter().flat_map(|check| &check.wrongs) {
        let Some((setup, step)) = wrong.step() else { continue };
        if seen.insert(format!("{setup:?} {step:?}")) {
            Stage::new(setup).right(step);
        }
    }
    assert!(seen.len() > 12, "{seen:?}");
}

#[test]
fn every_check_of_the_institution_has_a_wrong_client_and_every_row_a_check() {
    let made = source::checks();
    let rows = checks();
    let listed: BTreeSet<_> =
        rows.iter().map(|check| (check.clause.to_owned(), check.rule.to_owned())).collect();
    let missing: Vec<_> = made.difference(&listed).collect();
    assert!(missing.is_empty(), "checks without a wrong client: {missing:#?}");
    let unmade: Vec<_> = listed.difference(&made).collect();
    assert!(unmade.is_empty(), "rows without a check: {unmade:#?}");
    assert_eq!(listed.len(), rows.len(), "a check stands in the table twice");
    assert!(rows.iter().all(|check| !check.wrongs.is_empty()), "a check has no wrong client");
}

#[test]
fn what_looks_wrong_and_is_right_is_taken() {
    let all = allowed();
    let refused: Vec<_> =
        all.iter().filter_map(|it| Some((it.clause, &it.name, it.refused()?))).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let names: BTreeSet<_> = all.iter().map(|it| &it.name).collect();
    assert_eq!(names.len(), all.len(), "two have one name");
}

/// The source is read by a simple rule, which must not overlook a check.
#[test]
fn every_call_that_can_refuse_a_request_was_read() {
    assert_eq!(source::unread(), Vec::<String>::new());
    assert!(source::checks().len() > 100, "{}", source::checks().len());
}
