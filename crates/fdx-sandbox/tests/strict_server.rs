//! The other half: an institution that catches a wrong client, by clause. The table is
//! `fdx_testkit::strict`.

use std::collections::BTreeSet;

use fdx_par::not_fapi;
use fdx_sandbox::customer::Decision;
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

/// The institution records every check that it makes. A check that no wrong client fails stands in
/// that record and not in the table.
#[test]
fn every_check_of_the_institution_has_a_wrong_client_and_every_row_a_check() {
    play_everything();
    let made = checked();
    let rows = checks();
    let listed: BTreeSet<_> = rows.iter().map(|check| (check.clause, check.rule)).collect();
    let missing: Vec<_> = made.difference(&listed).collect();
    assert!(missing.is_empty(), "checks without a wrong client: {missing:#?}");
    let unmade: Vec<_> = listed.difference(&made).collect();
    assert!(unmade.is_empty(), "rows without a check: {unmade:#?}");
    assert_eq!(listed.len(), rows.len(), "a check stands in the table twice");
    assert!(rows.iter().all(|check| !check.wrongs.is_empty()), "a check has no wrong client");
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
