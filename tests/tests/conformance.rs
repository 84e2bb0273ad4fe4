//! Runs the client against every misbehaviour of the sandbox, in memory and over TLS.
//!
//! `BLESS=1 cargo test -p fdx-tests conformance` regenerates the table.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fdx_par::ResponseMode;
use fdx_sandbox::Misbehaviour;
use fdx_sandbox::misbehaviour::Flow;
use fdx_testkit::{Requests, Setup, World};
use fdx_tests::conformance::{
    FLOWS, Line, Went, at_once, in_memory, over_mtls, table, walk, world,
};

fn assert_passed(lines: &[Line]) {
    let failed: Vec<_> = lines.iter().filter(|line| !line.passed).collect();
    assert!(failed.is_empty(), "{} of {}: {failed:#?}", failed.len(), lines.len());
}

#[test]
fn every_misbehaviour_has_its_expected_outcome() {
    let lines = in_memory();
    assert!(lines.len() > 350, "{}", lines.len());
    assert_passed(&lines);
}

#[tokio::test]
async fn every_misbehaviour_has_its_expected_outcome_over_tls() {
    assert_passed(&over_mtls().await);
}

/// Without this test, a walk that always stops would pass every row that expects an error.
#[test]
fn correct_institution_causes_no_error() {
    for (requests, response_mode) in
        [(Requests::Plain, ResponseMode::Query), (Requests::Signed, ResponseMode::Jwt)]
    {
        let setup = Setup { requests, response_mode, ..Setup::default() };
        let mut world = World::new(setup);
        let went = at_once(walk(&mut world, Flow::Any));
        assert_eq!(went, Went::Whole(Vec::new()), "{setup:?}");
        assert_eq!(world.bank.aftermath().fired, 0);
    }
}

/// The same for the steps that only some rows have.
#[test]
fn additional_steps_of_some_flows_cause_no_error() {
    for (flow, path) in [
        (Flow::Registration, "/register"),
        (Flow::ConsentRevocation, "/revocation"),
        (Flow::Es256, "/jwks"),
        (Flow::Late, "/par"),
        (Flow::ManagedRegistration, "/register"),
        (Flow::Ps256, "/jwks"),
        (Flow::RefreshedTwice, "/token"),
    ] {
        let mut world = world(flow);
        let went = at_once(walk(&mut world, flow));
        assert_eq!(went, Went::Whole(Vec::new()), "{flow:?}");
        let there = world.sent.iter().filter(|request| request.http.uri().path().ends_with(path));
        assert!(there.count() > 0, "{flow:?} never came to {path}");
    }
}

/// Each flow of a row is also run against a correct institution.
#[test]
fn each_walk_succeeds_with_a_correct_institution() {
    for misbehaviour in Misbehaviour::all() {
        assert!(FLOWS.contains(&misbehaviour.flow()), "{misbehaviour}");
    }
    let right =
        |lines: &[Line]| lines.iter().filter(|l| l.name.starts_with("well-behaved")).count();
    assert_eq!(right(&in_memory()), FLOWS.len());
}

#[test]
fn no_two_misbehaviours_have_one_name() {
    let mut seen = BTreeSet::new();
    for misbehaviour in Misbehaviour::all() {
        let name = misbehaviour.name();
        let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(name.bytes().all(kebab), "{name}");
        assert_eq!(Misbehaviour::by_name(&name), Some(misbehaviour));
        assert!(seen.insert(name), "{misbehaviour} twice");
    }
}

#[test]
fn table_equals_the_enum() {
    let path = "../crates/fdx-sandbox/src/misbehaviour/table.md";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, table()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == table(), "run BLESS=1 cargo test -p fdx-tests conformance");
}
