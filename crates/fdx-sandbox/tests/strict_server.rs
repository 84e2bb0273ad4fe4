//! The other half: an institution that catches a wrong client, by clause. The table is
//! `fdx_testkit::strict`.

use std::collections::BTreeSet;

use fdx_par::not_fapi;
use fdx_sandbox::customer::Decision;
use fdx_sandbox::rules;
use fdx_testkit::providers::{PROVIDED, Provided};
use fdx_testkit::strict::{Caught, Stage, allowed, checks, rows};
use fdx_testkit::{World, checked, entropy, matrix};

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

/// The rules are compared with those that the institution checks while everything is played. A
/// rule that no flow reaches is missing there.
#[test]
fn every_rule_has_a_wrong_client_and_every_row_a_rule() {
    play_everything();
    let checks = checks();
    let rules: BTreeSet<_> = rules().collect();
    let listed: BTreeSet<_> = checks.iter().map(|check| (check.clause, check.rule)).collect();
    let without_row: Vec<_> = rules.difference(&listed).collect();
    assert!(without_row.is_empty(), "rules without a wrong client: {without_row:#?}");
    let unknown: Vec<_> = listed.difference(&rules).collect();
    assert!(unknown.is_empty(), "rows without a rule: {unknown:#?}");
    let checked = checked();
    let unchecked: Vec<_> = rules.difference(&checked).collect();
    assert!(unchecked.is_empty(), "rules that no flow reaches: {unchecked:#?}");
    assert_eq!(listed.len(), checks.len(), "a rule has two rows");
    assert!(checks.iter().all(|check| !check.wrongs.is_empty()), "a row has no wrong client");
}

/// The whole table, what is allowed, every kind of client, and every provider.
fn play_everything() {
    let _ = rows();
    for allowed in allowed() {
        let _ = allowed.refused();
    }
    for setup in matrix() {
        World::new(setup).flow(&Decision::everything()).unwrap();
    }
    for Provided { dialect, world, request, registers } in PROVIDED {
        let mut world = world(*dialect);
        let client = world.client().unwrap();
        let client = registers(&mut world, client).unwrap();
        let (url, pending) = world.push(&client, &request()).unwrap_or_else(|_| {
            // MX knows no pushed requests.
            let draft = not_fapi::authorize(&client, &request(), entropy(1), world.now);
            let (url, pending) = draft.unwrap();
            (url.as_str().to_owned(), pending)
        });
        let callback = world.customer(&url, &Decision::everything());
        let exchanged = world.exchange(&client, pending, &callback).unwrap();
        // The tests of each provider check the result.
        if let Ok(verified) = world.verify(&client, exchanged) {
            let _ = world.granted(&client, verified);
        }
    }
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
