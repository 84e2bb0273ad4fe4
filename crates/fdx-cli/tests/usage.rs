//! Wrong commands and wrong configurations: exit code 2, and the next step.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;

use common::{directory, run, stderr, stdout};

/// Runs `fdx connect` with this configuration.
fn connect(config: &str) -> (Option<i32>, String) {
    let directory = directory();
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("connect.toml");
    std::fs::write(&path, config).unwrap();
    let output = run(&["connect", "--config", path.to_str().unwrap(), "--callback", "stdin"]);
    std::fs::remove_dir_all(&directory).unwrap();
    (output.status.code(), stderr(&output))
}

fn example() -> String {
    let output = run(&["connect", "--example"]);
    assert!(output.status.success() && output.stderr.is_empty());
    stdout(&output)
}

#[test]
fn wrong_arguments_exit_with_2_and_name_the_expected_ones() {
    for (arguments, said) in [
        (&["demo", "--binding", "none"][..], "possible values: mtls, dpop"),
        (&["demo", "--jsn"], "unexpected argument '--jsn'"),
        (&["sandbox", "--listen", "127.0.0.1:0"], "--dir <DIR>"),
        (&["sandbox", "--listen", "here", "--dir", "x"], "such as 127.0.0.1:8443"),
        (&["sandbox", "--listen", "192.0.2.1:1", "--dir", "x"], "listen on 127.0.0.1"),
        (&["sandbox", "--listen", "127.0.0.1:65535", "--dir", "x"], "choose a lower port"),
        (
            &["sandbox", "--listen", "127.0.0.1:0", "--dir", "x", "--redirect-uri", "http://a/b"],
            "does not begin with https://, nor with http:// and 127.0.0.1",
        ),
        (
            &["sandbox", "--listen", "127.0.0.1:0", "--dir", "x", "--misbehave", "at-all"],
            "fdx sandbox --list lists every misbehaviour",
        ),
        (&["sandbox", "--listen", "127.0.0.1:0", "--dir", "x", "--dialect", "no"], "mx, autional"),
        (
            &["sandbox", "--listen", "127.0.0.1:0", "--dir", "x", "--dialect", "wso2"],
            "choose fdx, m",
        ),
        (
            &["sandbox", "--listen", "127.0.0.1:0", "--dir", "x", "--dialect", "mastercard-mock"],
            "the sandbox can't play mastercard-mock",
        ),
        (
            &[
                "sandbox",
                "--listen",
                "127.0.0.1:0",
                "--dir",
                "x",
                "--dialect",
                "mx",
                "--misbehave",
                "id-token-without-exp",
            ],
            "cannot be used with",
        ),
        (&["connect"], "--config <FILE>"),
        (&["connect", "--config", "x", "--open", "--print-url"], "cannot be used with"),
        (&["connect", "--config", "/nowhere/connect.toml"], "name an existing file"),
        (&["connect", "--config", "/"], "it is not a file"),
        (&["doctor"], "<ISSUER_OR_FILE>"),
        (&["doctor", "http://bank.example"], "with https://; or name a file"),
        (&["doctor", "/nowhere/metadata.json"], "name an existing file"),
        (&["doctor", "https://bank.example", "--ca", "/nowhere/ca.pem"], "the CA /nowhere/ca.pem"),
        (&[], "Usage: fdx <COMMAND>"),
        (&["bogus"], "unrecognized subcommand"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stdout(&output).is_empty(), "{arguments:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn json_describes_a_failure_on_standard_output() {
    let new = ["keys", "new", "--algorithm", "ES256", "--out", "x", "--kid", "../a", "--json"];
    for (arguments, says) in [
        (&["connect", "--config", "/nowhere/connect.toml", "--json"][..], "/nowhere/connect.toml"),
        (&["doctor", "/nowhere/metadata.json", "--json"], "/nowhere/metadata.json"),
        (&["doctor", "http://bank.example", "--json"], "the issuer is not valid"),
        (&["keys", "show", "/nowhere", "--json"], "/nowhere"),
        (&["demo", "--json", "--jsn"], "unexpected argument '--jsn'"),
        (&new, "the key id"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let error = report["error"].as_object().unwrap();
        for member in ["code", "clause", "message", "server", "dialect", "next_step"] {
            assert!(error.contains_key(member), "{arguments:?}: {member}");
        }
        assert_eq!(error["code"], "fdx.usage");
        assert!(error["message"].as_str().unwrap().contains(says), "{error:?}");
        assert!(!error["next_step"].as_str().unwrap().is_empty());
        assert!(stderr(&output).contains(says), "{arguments:?}");
    }
}

/// Standard error has one argument on each line.
#[test]
fn json_names_the_missing_arguments_and_the_possible_values() {
    for (arguments, names) in [
        (&["keys", "new", "--json"][..], &["--algorithm <ALG>", "--out <DIR>"][..]),
        (&["demo", "--binding", "none", "--json"], &["'none'", "mtls", "dpop"]),
    ] {
        let output = run(arguments);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let message = report["error"]["message"].as_str().unwrap();
        assert!(names.iter().all(|name| message.contains(name)), "{message}");
    }
}

#[test]
fn demo_lists_the_dialects_that_it_can_play() {
    for (name, says) in [("no", "no dialect has this name"), ("wso2", "can't play wso2")] {
        let output = run(&["demo", "--dialect", name]);
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        let played = "choose fdx, mastercard, uae, mx, autional";
        assert!(said.contains(&format!("{says}; {played}")), "{said}");
    }
}

#[test]
fn sandbox_rejects_unusable_client_files() {
    let directory = directory();
    std::fs::create_dir_all(&directory).unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let dir = directory.join("bank");
    let dir = dir.to_str().unwrap();
    for (flag, path, said) in [
        ("--client", "/nowhere/one.json".to_owned(), "/nowhere/one.json"),
        ("--client", file("text", "a text"), "not JSON at line 1, column 1"),
        ("--client", file("array", "[{}, {}]"), "client 1: client_id is missing"),
        ("--client", file("empty", r#"{"client_id":"a"}"#), "redirect_uris is not empty"),
        ("--client-ca", file("ca.pem", "no certificate"), "no readable certificate in PEM"),
    ] {
        let output = run(&["sandbox", "--listen", "127.0.0.1:0", "--dir", dir, flag, &path]);
        assert_eq!(output.status.code(), Some(2), "{flag} {path}");
        assert!(stderr(&output).contains(said), "{flag} {path}: {}", stderr(&output));
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn lists_every_misbehaviour() {
    let output = run(&["sandbox", "--list"]);
    assert!(output.status.success() && output.stderr.is_empty());
    assert_eq!(stdout(&output).lines().count(), fdx_sandbox::Misbehaviour::all().count());
    assert!(stdout(&output).contains("id-token-without-exp   has no exp ("));
}

#[test]
fn every_help_is_short_and_has_examples() {
    for arguments in [
        &["--help"][..],
        &["demo", "--help"],
        &["sandbox", "--help"],
        &["connect", "--help"],
        &["doctor", "--help"],
        &["dialects", "--help"],
        &["keys", "--help"],
        &["keys", "new", "--help"],
        &["keys", "show", "--help"],
        &["consents", "--help"],
        &["consents", "list", "--help"],
        &["consents", "show", "--help"],
        &["consents", "history", "--help"],
        &["consents", "queues", "--help"],
        &["consents", "verify", "--help"],
        &["consents", "export", "--help"],
        &["consents", "import", "--help"],
        &["consents", "refresh", "--help"],
        &["consents", "renew", "--help"],
        &["consents", "revoke", "--help"],
        &["consents", "erase", "--help"],
        &["keeper", "--help"],
        &["keeper", "run", "--help"],
        &["keeper", "pause", "--help"],
        &["keeper", "resume", "--help"],
    ] {
        let output = run(arguments);
        assert!(output.status.success());
        let help = stdout(&output);
        assert!(help.contains("Examples:\n  fdx "), "{help}");
        assert!(help.lines().count() < 60, "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 110), "{help}");
    }
}

#[test]
fn the_example_is_valid_except_for_its_files() {
    let (code, said) = connect(&example());
    assert_eq!(code, Some(2));
    assert!(said.contains("signing-key.pem can't be read"), "{said}");
}

#[test]
fn reports_a_configuration_mistake_with_its_line() {
    let example = example();
    for (from, to, said) in [
        ("fdx_base =", "fdx_bse =", "`output`"),
        ("redirect_uri = \"http://127.0.0.1", "redirect_uri = \"http://bank.example", "127.0.0.1"),
        ("binding = \"mtls\"", "binding = \"tls\"", "`dpop`, `mtls`, `none`"),
        ("duration_period = 365", "duration_period = \"year\"", "u32"),
        (
            "binding = \"mtls\"",
            "response_mode = \"form_post\"\nbinding = \"mtls\"",
            "`query` or `jwt`",
        ),
        ("lookback_period = 60", "lookback_period = ", "line"),
        ("receipt = ", "recipt = ", "expected `receipt` or `tokens`"),
        ("[request]", "[request]\nextra = { scope = \"all\" }", "belongs to the protocol"),
        ("[request]", "[request]\nprompt = \"\"", "is empty"),
    ] {
        let (code, shown) = connect(&example.replacen(from, to, 1));
        let number = example.lines().position(|line| line.starts_with(from)).unwrap() + 1;
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains(&format!("line {number}")), "{number}: {shown}");
        assert!(shown.contains(said) && shown.contains("correct that line"), "{said}: {shown}");
    }
}

#[test]
fn checks_the_form_of_the_request_before_anything_is_sent() {
    let example = example();
    let dialect =
        |name: &str| example.replace("# dialect = \"fdx\"", &format!("dialect = {name:?}"));
    let with_scopes = |text: &str| text.replace("\n# scopes = ", "\nscopes = ");
    let without_consent = |text: &str| {
        let (before, rest) = text.split_once("[consent]").unwrap();
        format!("{before}{}", &rest[rest.find("[output]").unwrap()..])
    };
    for (config, said) in [
        (
            dialect("nobody"),
            "the dialects are fdx, mastercard, mastercard-mock, uae, autional, keycloak,",
        ),
        (with_scopes(&example), "are alternatives: write one"),
        (without_consent(&example), "missing [consent]"),
        (without_consent(&with_scopes(&example)), "signing-key.pem can't be read"),
        (dialect("mx"), "mx has no [consent]: write scopes"),
        (without_consent(&dialect("mx")), "missing scopes"),
        (
            without_consent(&with_scopes(&dialect("mx"))).replace("\"customers\"", "\"\\u0001\""),
            "scope",
        ),
        (dialect("uae"), "AuthorizationRequest::of_details"),
        (without_consent(&dialect("uae")), "AuthorizationRequest::of_details"),
        (dialect("autional"), "fdx dialects autional"),
        (dialect("autional-client-secret"), "AuthorizationRequest::of_details"),
        (example.replace("https://bank.example", "http://127.0.0.1:8080"), "\"mastercard-mock\""),
        // Valid up to the missing files.
        (dialect("mastercard"), "signing-key.pem can't be read"),
        (
            dialect("mastercard-mock")
                .replace("https://", "http://")
                .replace("bank.example", "127.0.0.1")
                .replace("api.127", "127"),
            "signing-key.pem can't be read",
        ),
        (dialect("wso2"), "signing-key.pem can't be read"),
    ] {
        let (code, shown) = connect(&config);
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains(said), "{said}: {shown}");
    }
}

#[test]
fn requires_a_client_secret_with_its_file() {
    let example = example().replace("# authentication =", "authentication =");
    let secret = example.replace("\"private_key_jwt\"\n", "\"client_secret\"\n");
    let file = |text: &str| text.replace("# client_secret_file", "client_secret_file");
    for (config, said) in [
        (secret.clone(), "which is not FAPI, needs client_secret_file"),
        (file(&example), "only for authentication = \"client_secret\""),
        (file(&secret).replace("\nkey = ", "\n# key = "), "the client secret"),
        (
            example
                .replace("binding = \"mtls\"", "binding = \"none\"")
                .replace("# dpop_key", "dpop_key"),
            "does not use dpop_key",
        ),
    ] {
        let (code, shown) = connect(&config);
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains(said), "{said}: {shown}");
    }
}

#[test]
fn names_the_missing_key_or_certificate() {
    let example = example().replace("# authentication =", "authentication =");
    let without = |setting: &str, text: &str| text.replace(&format!("\n{setting} = "), "\n# x = ");
    let keyless = without("key", &example);
    let bare = without("certificate_key", &without("certificate", &example));
    for (text, from, to, said) in [
        (&keyless, "", "", "which is the default, needs key"),
        (
            &keyless,
            "private_key_jwt\"\n",
            "tls_client_auth\"\nrequest_object = true\n",
            "request_object = true needs key",
        ),
        (&keyless, "private_key_jwt\"\n", "tls_client_auth\"\n", "client.pem can't be read"),
        (
            &bare,
            "private_key_jwt\"\n",
            "tls_client_auth\"\n",
            "\"tls_client_auth\" needs certificate",
        ),
        (
            &bare,
            "private_key_jwt\"\n",
            "self_signed_tls_client_auth\"\n",
            "\"self_signed_tls_client_auth\" needs certificate",
        ),
        (&bare, "private_key_jwt\"\n", "none\"\n", "authentication: the value is not known"),
    ] {
        let (code, shown) = connect(&text.replacen(from, to, 1));
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains(said), "{said}: {shown}");
    }
}

#[test]
fn rejects_bytes_that_are_not_a_configuration() {
    for config in ["", "\u{0}", "[[[[", "issuer = {", &"a = [".repeat(100_000)] {
        let (code, said) = connect(config);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("connect.toml") && said.len() < 2_000, "{said}");
    }
}

#[test]
fn reports_a_port_in_use() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = directory();
    let output = run(&["sandbox", "--listen", &address, "--dir", directory.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("choose another --listen address"), "{}", stderr(&output));
    std::fs::remove_dir_all(directory).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn fails_if_a_result_can_not_be_printed() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fdx"));
    let output = command.args(["connect", "--example"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("standard output could not be written"));
}
