//! Each example runs to its end by itself, and ends as it says.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test panics to fail")]

use std::process::Command;

/// What a program printed, having ended well.
fn run(program: &str) -> Vec<String> {
    let output = Command::new(program).env_clear().output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let complained = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{printed}\n{complained}");
    assert_eq!(complained, "");
    printed.lines().map(str::to_owned).collect()
}

/// The lines after a step's name, in order.
fn told<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    let column =
        |line: &'a String| line.split_at_checked(13).filter(|(step, _)| step.trim() == name);
    lines.iter().filter_map(column).map(|(_, what)| what).collect()
}

/// Asked for are two clusters of each account and one of the customer; the customer shares the
/// first account, without its transactions, and the contact data.
fn ends_with_less_than_was_asked(lines: &[String]) {
    assert!(told(lines, "discovered")[0].starts_with("https://"));
    assert_eq!(told(lines, "exchanged"), ["a token of type DPoP"]);
    assert!(told(lines, "granted")[0].starts_with("consent "));
    assert_eq!(
        told(lines, ""),
        [
            "+ ACCOUNT_BASIC of ACCOUNT acc-1",
            "+ CUSTOMER_CONTACT of CUSTOMER cust-1",
            "- TRANSACTIONS of ACCOUNT any",
            "- TRANSACTIONS of ACCOUNT acc-1",
        ]
    );
    assert_eq!(told(lines, "called"), ["GET /accounts: 200 OK"]);
}

#[test]
fn blocking() {
    let lines = run(env!("CARGO_BIN_EXE_blocking"));
    ends_with_less_than_was_asked(&lines);
    assert_eq!(lines.last().unwrap(), "done         without async");
}

#[test]
fn smol() {
    let lines = run(env!("CARGO_BIN_EXE_smol"));
    ends_with_less_than_was_asked(&lines);
    assert_eq!(lines.last().unwrap(), "done         without tokio");
}

#[test]
fn kms() {
    let lines = run(env!("CARGO_BIN_EXE_kms"));
    ends_with_less_than_was_asked(&lines);
    assert_eq!(lines.last().unwrap(), "done         12 signatures, none made here");

    // A push wants two signatures, each digest named by role and key.
    let orders = told(&lines, "to the KMS");
    let roles = orders.iter().map(|order| order.split(' ').next().unwrap());
    assert_eq!(roles.take(2).collect::<Vec<_>>(), ["ClientAssertion,", "DpopProof,"]);
    assert!(orders.iter().all(|order| order.contains(", ES256, kms-7, ")));

    // What had grown old was minted again, 90 seconds later, under other identifiers.
    let (stale, renewed) = (told(&lines, "stale"), told(&lines, "renewed"));
    assert_eq!((stale.len(), renewed.len()), (2, 2));
    for (stale, renewed) in stale.iter().zip(&renewed) {
        let (stale, renewed) = (claims(stale), claims(renewed));
        assert_eq!((renewed.0, renewed.1), (stale.0, stale.1 + 90));
        assert_ne!(renewed.2, stale.2);
    }

    // Asked again after its failure, the service is given the same digests: the draft was whole.
    let failed = lines.iter().position(|line| line.starts_with("kms failed")).unwrap();
    assert!(lines[failed - 2].starts_with("to the KMS   ClientAssertion"));
    assert_eq!(lines[failed - 2..failed], lines[failed + 1..failed + 3]);
    let stale_digests = &orders[..2];
    assert!(orders[2..].iter().all(|order| !stale_digests.contains(order)));
}

/// Role, `iat` and `jti` of a line such as `DpopProof, iat 1767607200, jti "..."`.
fn claims(line: &str) -> (&str, u64, &str) {
    let parts: Vec<_> = line.split(", ").collect();
    let [role, iat, jti] = parts.try_into().unwrap();
    (role, iat.strip_prefix("iat ").unwrap().parse().unwrap(), jti)
}

#[test]
fn the_flow_is_the_same_text_over_every_wire() {
    let flow = |source: &str| {
        let begin = source.find("\n/// From discovery to the first data.\n").unwrap();
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
