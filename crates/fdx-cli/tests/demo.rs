//! `fdx demo`: a complete consent over TLS, and its report.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;

use std::collections::BTreeSet;

use common::{fdx, run, stderr, stdout};
use serde_json::Value;

fn report(binding: &str) -> Value {
    let output = run(&["demo", "--json", "--binding", binding]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn pairs(report: &Value, member: &str) -> BTreeSet<(String, String)> {
    let pairs = report[member].as_array().unwrap().iter();
    let text = |pair: &Value, name: &str| pair[name].as_str().unwrap().to_owned();
    pairs.map(|pair| (text(pair, "resourceType"), text(pair, "dataCluster"))).collect()
}

#[test]
fn the_text_has_eight_steps_the_grant_and_the_receipt() {
    let output = run(&["demo"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
    let text = stdout(&output);
    for step in 1..=8 {
        assert!(text.lines().any(|line| line.starts_with(&format!("{step}  "))), "{step}: {text}");
    }
    let row = |start: &str| {
        let row = text.lines().find(|line| line.trim_start().starts_with(start)).unwrap();
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("ACCOUNT   ACCOUNT_BASIC"), "ACCOUNT ACCOUNT_BASIC acc-1");
    assert_eq!(row("ACCOUNT   TRANSACTIONS"), "ACCOUNT TRANSACTIONS - withheld");
    assert!(row("/fdx/v6/accounts/acc-1/transactions").ends_with("withheld, as in the consent"));
    assert!(!text.to_lowercase().contains("fail"), "{text}");
    assert!(text.contains("over its RFC 8785 form"), "{text}");
    // Two brackets in a row would be one too many.
    let expires = text.lines().find(|line| line.trim_start().starts_with("expires")).unwrap();
    assert_eq!(expires.matches('(').count(), 1, "{expires}");
}

#[test]
fn the_grant_is_a_strict_subset_of_the_request_in_both_bindings() {
    for binding in ["mtls", "dpop"] {
        let report = report(binding);
        assert_eq!(report["binding"], binding);
        let [requested, granted, withheld] =
            ["requested", "granted", "withheld"].map(|member| pairs(&report, member));
        assert!(granted.is_subset(&requested) && granted.len() < requested.len(), "{report}");
        assert!(!granted.is_empty());
        assert_eq!(&requested - &granted, withheld);
    }
}

#[test]
fn a_withheld_resource_is_not_a_failure() {
    for binding in ["mtls", "dpop"] {
        let report = report(binding);
        let calls = report["resource_calls"].as_array().unwrap();
        let outcomes: Vec<_> = calls.iter().map(|call| &call["outcome"]).collect();
        assert_eq!(outcomes, ["served", "withheld"]);
        assert_eq!((&calls[0]["status"], &calls[0]["code"]), (&200.into(), &Value::Null));
        assert_eq!((&calls[1]["status"], &calls[1]["code"]), (&403.into(), &"602".into()));
    }
}

#[test]
fn tokens_of_a_revoked_consent_are_refused_in_both_bindings() {
    for binding in ["mtls", "dpop"] {
        let end = &report(binding)["end"];
        assert_eq!(end["revocation_status"], 204);
        assert_eq!(end["status_of_the_next_call"], 401);
        assert_eq!(end["status_of_the_refresh"], 400);
    }
}

#[test]
fn the_receipt_is_the_consents_own() {
    let report = report("mtls");
    assert_eq!(report["receipt"]["consentId"], report["consent_id"]);
    assert_eq!(report["receipt"]["granted"], report["granted_resources"]);
    let receipt = report["receipt"].to_string();
    let receipt = fdx_rar::ConsentReceipt::from_json(receipt.as_bytes()).unwrap();
    let digest: String = receipt.digest().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(report["receipt_sha256"], digest);
}

#[test]
fn the_consent_is_read_back_from_a_store_that_is_removed() {
    let folder = common::directory();
    std::fs::create_dir_all(&folder).unwrap();
    let output = fdx(&["demo", "--json"]).env("TMPDIR", &folder).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["stored"]["state"], "active");
    assert_eq!(report["stored"]["receipt_sha256"], report["receipt_sha256"]);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn each_step_names_its_clause_and_its_time() {
    let report = report("mtls");
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 8);
    for step in steps {
        assert!(!step["clause"].as_str().unwrap().is_empty(), "{step}");
        assert!(step["milliseconds"].as_f64().unwrap() >= 0.0, "{step}");
    }
    assert!(report["milliseconds"].as_f64().is_some(), "{report}");
}

#[test]
fn plays_the_complete_lifecycle_of_each_provider() {
    const PLAYED: &[(&str, &str)] = &[
        ("mastercard", "delete the registration"),
        ("uae", "refresh: no new refresh token, the old one remains"),
        ("mx", "revoke both tokens"),
        ("autional", "revoke the refresh token"),
    ];
    for (dialect, last) in PLAYED {
        let output = run(&["demo", "--json", "--dialect", dialect]);
        assert!(output.status.success(), "{dialect}: {}", stderr(&output));
        assert!(output.stderr.is_empty(), "{dialect}: {}", stderr(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["dialect"], *dialect);
        assert!(!report["members"].as_array().unwrap().is_empty());
        let steps = report["steps"].as_array().unwrap();
        assert_eq!(steps.last().unwrap()["name"], *last, "{dialect}");
        assert!(report["receipt"].is_object() && report["receipt_sha256"].is_string());
        let output = run(&["demo", "--dialect", dialect]);
        assert!(output.status.success() && stdout(&output).contains("departs from"), "{dialect}");
    }
}

#[test]
fn no_line_is_longer_than_80_columns() {
    for arguments in [
        &["demo"][..],
        &["demo", "--binding", "dpop"],
        &["demo", "--dialect", "mastercard"],
        &["demo", "--dialect", "uae"],
        &["demo", "--dialect", "mx"],
        &["demo", "--dialect", "autional"],
    ] {
        let text = stdout(&run(arguments));
        let mut long = text.lines().filter(|line| line.chars().count() > 80);
        // A URL stays whole.
        assert!(long.all(|line| line.trim_start().starts_with("https://")), "{text}");
    }
}

#[test]
fn an_unknown_dialect_lists_the_known_ones() {
    let output = run(&["demo", "--dialect", "nobody"]);
    assert_eq!(output.status.code(), Some(2));
    for known in ["fdx", "mastercard", "uae", "mx", "autional"] {
        assert!(stderr(&output).contains(known), "{known}: {}", stderr(&output));
    }
    // Known, but not played.
    let output = run(&["demo", "--dialect", "wso2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("mastercard"), "{}", stderr(&output));
}
