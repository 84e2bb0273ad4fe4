//! Runs each example, and checks what it prints.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test panics to fail")]

use std::process::Command;

/// Runs a program, requires success, and returns the lines that it printed.
fn run(program: &str) -> Vec<String> {
    let output = Command::new(program).env_clear().output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{printed}\n{errors}");
    assert_eq!(errors, "");
    printed.lines().map(str::to_owned).collect()
}

/// Returns the texts of the steps with this name, in order.
fn texts<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    let column =
        |line: &'a String| line.split_at_checked(13).filter(|(step, _)| step.trim() == name);
    lines.iter().filter_map(column).map(|(_, what)| what).collect()
}

/// Requested are two clusters of each account and one of the customer. The customer grants the
/// first account, without its transactions, and the contact data.
fn check_partial_grant(lines: &[String]) {
    assert!(texts(lines, "discovered")[0].starts_with("https://"));
    assert_eq!(texts(lines, "exchanged"), ["a token of type DPoP"]);
    assert!(texts(lines, "granted")[0].starts_with("consent "));
    assert_eq!(
        texts(lines, ""),
        [
            "+ ACCOUNT_BASIC of ACCOUNT acc-1",
            "+ CUSTOMER_CONTACT of CUSTOMER cust-1",
            "- TRANSACTIONS of any ACCOUNT",
            "- TRANSACTIONS of ACCOUNT acc-1",
        ]
    );
    assert_eq!(texts(lines, "called"), ["GET /accounts: 200 OK"]);
}

#[test]
fn blocking_example_completes_the_flow() {
    let lines = run(env!("CARGO_BIN_EXE_blocking"));
    check_partial_grant(&lines);
    assert_eq!(lines.last().unwrap(), "done         without async");
}

#[test]
fn blocking_store_example_runs_a_consent_to_its_end() {
    let lines = run(env!("CARGO_BIN_EXE_blocking_store"));
    let expected = [
        "begun        the flow is stored: redirect the customer",
        "finished     the consent is active",
        "refreshed    generation 1",
        "revoked      the receipt is written",
        "done         without async",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn the_loop_of_the_blocking_store_example_is_short() {
    let source = include_str!("../src/bin/blocking_store.rs");
    let begin = source.find("    fn run<T>(").unwrap();
    let length = source[begin..].split_once("\n    }\n").unwrap().0.lines().count() + 1;
    assert!(length <= 40, "{length} lines");
}

#[test]
fn smol_example_completes_the_flow() {
    let lines = run(env!("CARGO_BIN_EXE_smol"));
    check_partial_grant(&lines);
    assert_eq!(lines.last().unwrap(), "done         without tokio");
}

#[test]
fn kms_example_repeats_and_renews_signatures() {
    let lines = run(env!("CARGO_BIN_EXE_kms"));
    check_partial_grant(&lines);
    assert_eq!(lines.last().unwrap(), "done         12 signatures, none made here");

    // A push needs two signatures. The role and the key of each digest are named.
    let orders = texts(&lines, "to the KMS");
    let roles = orders.iter().map(|order| order.split(' ').next().unwrap());
    assert_eq!(roles.take(2).collect::<Vec<_>>(), ["ClientAssertion,", "DpopProof,"]);
    assert!(orders.iter().all(|order| order.contains(", ES256, kms-7, ")));

    // The stale assertions were minted again, 90 seconds later, with another jti.
    let (stale, renewed) = (texts(&lines, "stale"), texts(&lines, "renewed"));
    assert_eq!((stale.len(), renewed.len()), (2, 2));
    for (stale, renewed) in stale.iter().zip(&renewed) {
        let (stale, renewed) = (claims(stale), claims(renewed));
        assert_eq!((renewed.0, renewed.1), (stale.0, stale.1 + 90));
        assert_ne!(renewed.2, stale.2);
    }

    // After its failure, the KMS receives the same digests: the draft was unchanged.
    let failed = lines.iter().position(|line| line.starts_with("kms failed")).unwrap();
    assert!(lines[failed - 2].starts_with("to the KMS   ClientAssertion"));
    assert_eq!(lines[failed - 2..failed], lines[failed + 1..failed + 3]);
    let stale_digests = &orders[..2];
    assert!(orders[2..].iter().all(|order| !stale_digests.contains(order)));
}

#[test]
fn axum_example_sends_each_code_once() {
    let lines = run(env!("CARGO_BIN_EXE_axum"));
    let last = "done         two tabs, two consents, each code sent once";
    assert_eq!(lines.last().unwrap(), last);
    assert_eq!(texts(&lines, "institution"), ["responses at /token: 200, 200"]);

    // One cookie for each flow: two while both are open, none after both have ended.
    let held: Vec<_> = texts(&lines, "browser").iter().map(|what| what.as_bytes()[6]).collect();
    assert_eq!(held, b"210");
    let cookies = texts(&lines, "").into_iter().filter(|line| line.starts_with("__Host-fdx-"));
    let cookies: Vec<_> = cookies.map(|cookie| cookie.split_once('=').unwrap()).collect();
    assert_eq!(cookies.len(), 2);
    assert_ne!(cookies[0].0, cookies[1].0);
    for (_, rest) in &cookies {
        assert!(rest.contains("; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age="), "{rest}");
    }

    // The tabs end in reverse order. The attacks in between end neither.
    let outcomes = |name| steps(&lines, name);
    assert_eq!(outcomes("tab A")[0][0], "clicks: 303 See Other, to the institution");
    for (tab, shared) in [("tab B", 2), ("tab A", 7)] {
        let ended = &outcomes(tab)[1];
        assert_eq!(ended[0], "303 See Other, then 200 OK");
        assert_eq!(ended.iter().filter(|line| line.starts_with("+ ")).count(), shared, "{tab}");
    }
    let [stolen, replayed] = outcomes("+ cookie").try_into().unwrap();
    let expected = [
        (outcomes("forged").remove(0), "400 Bad Request", "[rfc6749.state.mismatch, "),
        (outcomes("attacker").remove(0), "400 Bad Request", "waits for no such callback"),
        (stolen, "400 Bad Request", "[fdx.seal.not_ours, "),
        (outcomes("replayed").remove(0), "400 Bad Request", "waits for no such callback"),
        (replayed, "409 Conflict", "the code is not sent again"),
    ];
    for (outcome, status, why) in expected {
        assert_eq!(outcome[0], status);
        assert!(outcome[1].contains(why), "{outcome:?}");
    }
    let names = lines.iter().map(|line| line.split("  ").next().unwrap());
    let names: Vec<_> = names.filter(|name| !name.is_empty() && *name != "browser").collect();
    let order = ["service", "tab A", "tab B", "tab B", "forged", "attacker", "+ cookie", "tab A"];
    assert_eq!(names[..order.len()], order);
}

/// Returns the steps of this name, each with its lines.
fn steps<'a>(lines: &'a [String], name: &str) -> Vec<Vec<&'a str>> {
    let columns = lines.iter().filter_map(|line| line.split_at_checked(13));
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for (step, what) in columns {
        match all.last_mut() {
            Some((_, whats)) if step.trim().is_empty() => whats.push(what),
            _ => all.push((step.trim(), vec![what])),
        }
    }
    all.into_iter().filter(|(step, _)| *step == name).map(|(_, whats)| whats).collect()
}

/// Returns role, `iat` and `jti` of a line such as `DpopProof, iat 1767607200, jti "..."`.
fn claims(line: &str) -> (&str, u64, &str) {
    let parts: Vec<_> = line.split(", ").collect();
    let [role, iat, jti] = parts.try_into().unwrap();
    (role, iat.strip_prefix("iat ").unwrap().parse().unwrap(), jti)
}

#[test]
fn blocking_smol_and_kms_have_the_same_flow() {
    let flow = |source: &str| {
        let begin = source.find("\n/// Runs the flow from discovery to the first data.\n").unwrap();
        let text = &source[begin..];
        let end = text.find("\n}\n").unwrap();
        let text = text[..end].replace("async fn", "fn").replace(".await", "");
        // rustfmt breaks longer lines.
        text.split_whitespace().collect::<String>()
    };
    let blocking = flow(include_str!("../src/bin/blocking.rs"));
    assert!(blocking.contains("discover(") && blocking.contains("client.exchange("));
    assert_eq!(flow(include_str!("../src/bin/smol.rs")), blocking);
    assert_eq!(flow(include_str!("../src/bin/kms.rs")).replace("Wire<'_>", "Wire"), blocking);
}
