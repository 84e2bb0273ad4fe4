//! `fdx doctor`: findings and exit codes.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;

use std::path::PathBuf;

use common::{Sandbox, directory, run, stderr, stdout};
use serde_json::Value;

const CERTIFIED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../fdx-par/tests/readiness/oidc_provider_9_13_3.json");

fn written(text: &str) -> (PathBuf, String) {
    let directory = directory();
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("metadata.json");
    std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap().to_owned();
    (directory, path)
}

#[test]
fn metadata_without_faults_exits_with_0() {
    let output = run(&["doctor", CERTIFIED]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("advice  response_types_supported"), "{text}");
    assert!(text.contains("grant_types_supported: wanted authorization_code"), "{text}");
    assert!(text.trim_end().ends_with("0 break FAPI 2.0, 0 break this client"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 220), "{text}");
}

#[test]
fn a_fault_exits_with_1_and_is_in_the_json() {
    let text = std::fs::read_to_string(CERTIFIED).unwrap().replace("\"S256\"", "\"plain\"");
    let (directory, path) = written(&text);
    let output = run(&["doctor", &path, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("breaks FAPI 2.0"), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["worst"], "breaks-fapi");
    assert_eq!(report["source"], path.as_str());
    let rows = report["findings"].as_array().unwrap();
    let row = rows.iter().find(|row| row["member"] == "code_challenge_methods_supported").unwrap();
    assert_eq!(row["severity"], "breaks-fapi");
    assert_eq!(row["clause"], "FAPI 2.0 Security Profile 5.3.2.2-5");
    assert_eq!(row["wanted"], "S256 alone");
    assert_eq!(row["found"], r#"["plain"]"#);
    assert_eq!(row["allowed_by"], Value::Null);
    // The failure is a part of the report, which is one document.
    assert_eq!(report["error"]["message"], "this metadata breaks FAPI 2.0");
    assert_eq!(report["error"]["code"], "fdx.failed");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn values_are_shown_in_full() {
    let names: Vec<_> = (0..200).map(|number| format!("scope-{number}")).collect();
    let text = std::fs::read_to_string(CERTIFIED).unwrap();
    let mut metadata: Value = serde_json::from_str(&text).unwrap();
    metadata["scopes_supported"] = names.clone().into();
    let text = metadata.to_string();
    let (directory, path) = written(&text);
    let shown = stdout(&run(&["doctor", &path]));
    for name in &names {
        assert!(shown.contains(name), "{name}: {shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 220), "{shown}");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_file_without_metadata_exits_with_1() {
    let (directory, path) = written("<html>");
    let output = run(&["doctor", &path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("document"), "{}", stdout(&output));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn the_metadata_of_the_sandbox_is_fine_for_its_clients() {
    let sandbox = Sandbox::start(&[]);
    let (config, ca) = (sandbox.path("connect.toml"), sandbox.path("ca.pem"));
    let written = sandbox.read("connect.toml");
    let issuer = written.lines().find_map(|line| line.strip_prefix("issuer = ")).unwrap();
    let issuer = issuer.trim_matches('"');
    for arguments in [
        &["doctor", issuer, "--ca", &ca][..],
        &["doctor", issuer, "--config", &config],
        &["doctor", issuer, "--config", &config, "--ca", &ca, "--json"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains("oauth-authorization-server of https://"));
        assert!(!stdout(&output).contains("advice "), "{}", stdout(&output));
    }
    let untrusted = run(&["doctor", issuer]);
    assert_eq!(untrusted.status.code(), Some(1));
    assert!(stderr(&untrusted).contains("unknown authority"), "{}", stderr(&untrusted));
    assert!(stderr(&untrusted).contains("add its certificate to --ca"), "{}", stderr(&untrusted));

    // The configuration determines the path.
    let oidc = sandbox.path("oidc.toml");
    let setting = "discovery = \"openid-configuration\"\nissuer = ";
    std::fs::write(&oidc, written.replacen("issuer = ", setting, 1)).unwrap();
    let output = run(&["doctor", issuer, "--config", &oidc]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("openid-configuration of https://"));

    // Both issuers are shown, and that they differ in a slash.
    let slash = run(&["doctor", &format!("{issuer}/"), "--ca", &ca]);
    assert_eq!(slash.status.code(), Some(1));
    let said = stderr(&slash);
    let both = format!("issuer \"{issuer}\", and \"{issuer}/\" was requested");
    assert!(said.contains(&both) && said.contains("final slash"), "{said}");
    let config = sandbox.path("slash.toml");
    std::fs::write(&config, written.replacen(issuer, &format!("{issuer}/"), 1)).unwrap();
    let output = run(&["connect", "--config", &config, "--callback", "stdin"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains(&both) && said.contains("final slash"), "{said}");

    let nowhere = run(&["doctor", &format!("{issuer}/nobody"), "--ca", &ca]);
    assert_eq!(nowhere.status.code(), Some(1));
    let said = stderr(&nowhere);
    assert!(said.contains("nothing at oauth-authorization-server of"), "{said}");
    assert!(said.contains("nothing at openid-configuration of"), "{said}");
}
