//! `fdx sandbox --dialect` and `fdx connect` together: a provider with deviations, and a recipient.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that can't be set up has failed"
)]

mod common;

use common::{Connect, Sandbox, run, stderr};
use fdx_sandbox::customer::Decision;
use serde_json::Value;

/// Runs the configuration of the sandbox to the end.
fn connected(dialect: &str) -> (Sandbox, Value, String) {
    let sandbox = Sandbox::start(&["--dialect", dialect]);
    let config = sandbox.path("connect.toml");
    let mut connect = Connect::start(&config, &["--callback", "stdin", "--json"]);
    let before = connect.before.clone();
    let callback = sandbox.customer(&connect.url, &Decision::less_than_requested());
    assert!(!callback.contains("iss="), "{callback}");
    connect.paste(&callback);
    let (code, stdout, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
    let receipt = sandbox.read("app-1-receipt.json");
    let kept = fdx_rar::ConsentReceipt::from_json(&receipt).unwrap();
    assert_eq!(kept.canonical_json(), receipt);
    let tokens: Value = serde_json::from_str(&sandbox.read("app-1-tokens.json")).unwrap();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["bound_to"], Value::Null);
    let access_token = tokens["access_token"].as_str().unwrap();
    assert!(!stdout.contains(access_token) && !stderr.contains(access_token));
    (sandbox, serde_json::from_str(&stdout).unwrap(), before + &stderr)
}

/// `fdx connect` with the sandbox's configuration, with `from` replaced by `to`. It must end by itself.
fn fails(sandbox: &Sandbox, from: &str, to: &str) -> (Option<i32>, String) {
    let config = sandbox.read("connect.toml");
    assert!(config.contains(from), "{from}: {config}");
    std::fs::write(sandbox.path("other.toml"), config.replacen(from, to, 1)).unwrap();
    let output = run(&["connect", "--config", &sandbox.path("other.toml"), "--callback", "stdin"]);
    (output.status.code(), stderr(&output))
}

#[test]
fn mastercard_configuration_obtains_a_consent_and_a_receipt() {
    let (sandbox, report, _) = connected("mastercard");
    let receipt = &report["receipt"];
    assert_eq!(receipt["consentId"], report["consent_id"]);
    assert!(receipt["consentId"].is_string(), "{receipt}");
    assert!(sandbox.read("connect.toml").contains("request_object = true"));
}

#[test]
fn mx_configuration_obtains_scopes_and_a_receipt_with_warnings() {
    let (sandbox, report, said) = connected("mx");
    assert!(said.contains("publishes no metadata") && said.contains("accepts no pushes"), "{said}");
    assert_eq!(report["consent_id"], Value::Null);
    assert!(report["granted_scopes"].as_str().unwrap().contains("accounts"), "{report}");
    let warnings = report["receipt"]["warnings"].to_string();
    for warning in ["NO_CONSENT_ID", "NOT_FAPI", "NOT_SENDER_CONSTRAINED"] {
        assert!(warnings.contains(warning), "{warning}: {warnings}");
    }
    let secret = sandbox.read("client-secret.txt");
    assert!(secret.len() >= 40 && !said.contains(&secret) && !report.to_string().contains(&secret));
    assert!(!sandbox.read("clients.json").contains(&secret));
}

#[test]
fn a_request_in_scopes_is_reported_in_scopes() {
    let sandbox = Sandbox::start(&["--dialect", "mx"]);
    let mut connect = Connect::start(&sandbox.path("connect.toml"), &["--callback", "stdin"]);
    assert!(connect.url.contains("code_challenge_method=S256"), "{}", connect.url);
    let callback = sandbox.customer(&connect.url, &Decision::everything());
    connect.paste(&callback);
    let (code, stdout, stderr) = connect.finish();
    assert_eq!(code, 0, "{stderr}");
    for line in ["scope         granted", "customers     granted", "statements    granted"] {
        assert!(stdout.contains(line), "{line}: {stdout}");
    }
}

#[test]
fn each_provider_writes_the_files_of_its_client() {
    let always = ["ca.pem", "clients.json"];
    for (dialect, there) in [
        ("mastercard", &["connect.toml", "signing-key.pem", "signing-key.jwk.json"][..]),
        ("uae", &["client.pem", "client-key.pem", "signing-key.pem", "signing-key.jwk.json"]),
        ("mx", &["client-secret.txt", "connect.toml"]),
        ("autional", &["signing-key.pem", "signing-key.jwk.json"]),
    ] {
        let sandbox = Sandbox::start(&["--dialect", dialect]);
        let mut expected: Vec<_> = always.iter().chain(there).map(ToString::to_string).collect();
        let mut files: Vec<_> = std::fs::read_dir(&sandbox.directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        expected.sort();
        files.sort();
        assert_eq!(files, expected, "{dialect}");

        let document: Value = serde_json::from_str(&sandbox.read("clients.json")).unwrap();
        assert_eq!(document["dialect"], dialect);
        let [client] = &document["clients"].as_array().unwrap()[..] else { panic!("{document}") };
        assert_eq!(client["client_id"], "app-1");
        let (method, algorithm) = match dialect {
            "mastercard" | "uae" => ("private_key_jwt", "PS256".into()),
            "mx" => ("client_secret_basic", Value::Null),
            _ => ("private_key_jwt", Value::Null),
        };
        assert_eq!(client["token_endpoint_auth_method"], method);
        assert_eq!(client["request_object_signing_alg"], algorithm);
        assert_eq!(client["jwks"].is_null(), dialect == "mx");
        #[cfg(unix)]
        for secret in there.iter().filter(|name| name.contains("key") || name.contains("secret")) {
            use std::os::unix::fs::PermissionsExt;
            let metadata = std::fs::metadata(sandbox.path(secret)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{secret}");
        }
    }
}

#[test]
fn a_setting_that_does_not_fit_the_dialect_is_a_configuration_mistake() {
    let sandbox = Sandbox::start(&["--dialect", "mastercard"]);
    for (from, to, said) in [
        ("binding = \"none\"", "binding = \"dpop\"", "needs binding = \"none\""),
        ("request_object = true", "", "needs request_object = true"),
        (
            "dialect = \"mastercard\"",
            "discovery = \"openid-configuration\"",
            "binding = \"none\" are not FAPI",
        ),
        (
            "\"private_key_jwt\"",
            "\"client_secret\"\nclient_secret_file = \"ca.txt\"",
            "needs authentication = \"private_key_jwt\"",
        ),
    ] {
        std::fs::write(sandbox.path("ca.txt"), "a secret\n").unwrap();
        let (code, shown) = fails(&sandbox, from, to);
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains(said) && shown.contains("code    fdx.dialect."), "{said}: {shown}");
        assert!(!shown.contains("Pushing"), "{shown}");
    }
    let sandbox = Sandbox::start(&["--dialect", "mx"]);
    std::fs::write(sandbox.path("two-lines.txt"), "a\nb\n").unwrap();
    for (from, to, said) in [
        ("client-secret.txt", "two-lines.txt", "two-lines.txt does not contain one line"),
        ("scopes =", "# scopes =", "missing scopes"),
    ] {
        let (code, shown) = fails(&sandbox, from, to);
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains(said), "{said}: {shown}");
    }
}

#[test]
fn doctor_names_the_dialects_that_allow_a_deviation() {
    // Mastercard's institution with a configuration without a dialect.
    let sandbox = Sandbox::start(&["--dialect", "mastercard"]);
    let config = sandbox.read("connect.toml");
    let strict = config
        .replace("dialect = \"mastercard\"", "")
        .replace("binding = \"none\"", "binding = \"dpop\"");
    std::fs::write(sandbox.path("strict.toml"), strict).unwrap();
    let output = run(&[
        "doctor",
        "--ca",
        &sandbox.path("ca.pem"),
        "--config",
        &sandbox.path("strict.toml"),
        &issuer(&config),
    ]);
    let text = String::from_utf8(output.stdout).unwrap();
    let named = "it is in mastercard, mastercard-mock, \
                 spring-authorization-server (with dialect_options), mx";
    assert!(text.contains(named), "{text}");
}

fn issuer(config: &str) -> String {
    let line = config.lines().find_map(|line| line.strip_prefix("issuer = ")).unwrap();
    line.trim_matches('"').to_owned()
}
