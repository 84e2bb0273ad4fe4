//! No secret of a flow is in a URL or in an error.

use std::collections::{BTreeSet, HashSet};

use fdx_testkit::{Requests, Setup};
use fdx_wire::percent_encode;
use serde_json::Value;

use super::driver::{Driver, Event, Fate};
use super::laws::forms;

/// Secrets, each with its name.
type Secrets = BTreeSet<(&'static str, String)>;

/// What neither a URL nor an error may show.
fn secrets(driver: &Driver) -> Secrets {
    let mut secrets = Secrets::new();
    let names =
        ["client_assertion", "code", "code_verifier", "nonce", "refresh_token", "request", "token"];
    for sent in forms(driver) {
        let found = names.into_iter().filter_map(|name| Some((name, sent.form.get(name)?.clone())));
        secrets.extend(found);
    }
    for asked in &driver.world.sent {
        secrets.insert(("proof", asked.header("dpop")));
        let credentials = asked.header("authorization");
        secrets.insert(("access token", credentials.split(' ').next_back().unwrap().to_owned()));
    }
    for answer in &driver.world.answers {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        for name in ["access_token", "refresh_token", "id_token"] {
            secrets.insert((name, body[name].as_str().unwrap_or_default().to_owned()));
        }
    }
    secrets.retain(|(_, secret)| !secret.is_empty());
    secrets
}

/// What it takes to tell a part of a secret from chance.
const PART: usize = 12;

/// The secrets of which any part stands in any of these texts, as it is or as a URL would have it.
fn search(secrets: &Secrets, printed: &[String]) -> Vec<&'static str> {
    let printed: HashSet<&[u8]> =
        printed.iter().flat_map(|text| text.as_bytes().windows(PART)).collect();
    let found = secrets.iter().filter(|(name, secret)| {
        assert!(secret.len() >= 2 * PART, "{name} is too short to be looked for: {secret}");
        let written = [secret.clone(), percent_encode(secret)];
        written.iter().any(|text| text.as_bytes().windows(PART).any(|part| printed.contains(part)))
    });
    found.map(|(name, _)| *name).collect()
}

/// The secrets in URLs and in errors.
pub(crate) fn leaks(driver: &Driver) -> Vec<&'static str> {
    let urls = driver.world.sent.iter().map(|asked| asked.http.uri().to_string());
    let errors = driver.errors.iter().map(|error| format!("{error} {error:?} {error:#?}"));
    let printed: Vec<_> = urls.chain(driver.handed.iter().cloned()).chain(errors).collect();
    search(&secrets(driver), &printed)
}

/// A flow that nothing disturbs, with everything that can follow it.
fn whole_flow(requests: Requests) -> Driver {
    let mut driver = Driver::new(Setup { requests, ..Setup::default() });
    for _ in 0..7 {
        driver.take(&Event::Next(Fate::Arrives));
    }
    for event in [Event::Refresh, Event::Accounts, Event::Introspect, Event::Revoke] {
        driver.take(&event(Fate::Arrives));
    }
    assert_eq!(driver.errors, []);
    driver
}

#[test]
fn every_secret_of_a_flow_is_known() {
    let names = |requests| {
        let secrets = secrets(&whole_flow(requests));
        secrets.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>()
    };
    let mut known = vec![
        "access token",
        "access_token",
        "client_assertion",
        "code",
        "code_verifier",
        "id_token",
        "nonce",
        "proof",
        "refresh_token",
        "token",
    ];
    assert_eq!(Vec::from_iter(names(Requests::Plain)), known);
    known.retain(|name| *name != "nonce");
    known.insert(8, "request");
    assert_eq!(Vec::from_iter(names(Requests::Signed)), known);
}

#[test]
fn any_part_of_any_secret_is_found() {
    let driver = whole_flow(Requests::Signed);
    assert_eq!(leaks(&driver), Vec::<&str>::new());
    for (name, secret) in secrets(&driver) {
        let alone = Secrets::from([(name, secret.clone())]);
        for part in secret.as_bytes().chunks_exact(PART) {
            let part = str::from_utf8(part).unwrap();
            for text in
                [format!("a careless error: {part}?"), format!("/?a={}&b", percent_encode(part))]
            {
                let found = search(&alone, &[text]);
                assert_eq!(found, [name], "{part}");
            }
        }
    }
}

#[test]
fn urls_that_are_asked_for_and_handed_out_are_searched() {
    let mut driver = whole_flow(Requests::Plain);
    let (_, code) = secrets(&driver).into_iter().find(|(name, _)| *name == "code").unwrap();
    let url = format!("https://bank.example/?code={code}");
    driver.handed.push(url.clone());
    assert_eq!(leaks(&driver), ["code"]);
    driver.handed.pop();
    *driver.world.sent[0].http.uri_mut() = url.parse().unwrap();
    assert_eq!(leaks(&driver), ["code"]);
}
