//! What holds of all that was sent and heard, whatever the events were.

use std::collections::{BTreeMap, BTreeSet};

use fdx_testkit::{Answer, claims};
use fdx_wire::form::Query;
use proptest::prelude::*;
use serde_json::Value;

use super::driver::{Driver, Heard};
use super::leaks::leaks;

pub(crate) fn check(driver: &Driver) -> Result<(), TestCaseError> {
    for error in &driver.errors {
        prop_assert!(!error.code().is_empty() && !error.to_string().is_empty());
        let _ = (error.clause(), error.next_step());
    }
    prop_assert_eq!(driver.heard.len(), driver.world.sent.len());

    let jtis = jtis(driver);
    let different: BTreeSet<_> = jtis.iter().collect();
    prop_assert_eq!(different.len(), jtis.len(), "a jti was sent twice");

    for name in ["code", "code_verifier"] {
        for sent in uses(driver, "authorization_code", name) {
            prop_assert!(sent.len() <= 2, "{} was sent {} times", name, sent.len());
            let again = sent.len() == 1 || sent[0].heard == Heard::Challenge;
            prop_assert!(again, "{} was sent again after {:?}", name, sent[0].heard);
        }
    }
    check_refresh_tokens(driver)?;
    check_handed_out(driver)?;
    prop_assert_eq!(leaks(driver), Vec::<&str>::new());
    Ok(())
}

/// A form that was sent, and what came of it.
pub(crate) struct Sent<'a> {
    path: &'a str,
    pub(crate) form: BTreeMap<String, String>,
    heard: Heard,
    event: usize,
    /// What arrived, none where nothing did.
    answer: Option<&'a Answer>,
}

pub(crate) fn forms(driver: &Driver) -> Vec<Sent<'_>> {
    let mut arrived = driver.arrived.iter();
    let mut forms = Vec::new();
    for ((asked, heard), event) in driver.world.sent.iter().zip(&driver.heard).zip(&driver.events) {
        let answer = if *heard == Heard::Nothing { None } else { arrived.next() };
        if asked.http.method() == http::Method::POST {
            let path = asked.http.uri().path();
            forms.push(Sent { path, form: asked.form(), heard: *heard, event: *event, answer });
        }
    }
    forms
}

/// Every `jti`, whatever it stands in.
fn jtis(driver: &Driver) -> Vec<String> {
    let mut jtis = Vec::new();
    let mut add = |jws: &str| {
        if let Value::String(jti) = &claims(jws)["jti"] {
            jtis.push(jti.clone());
        }
    };
    for asked in &driver.world.sent {
        add(&asked.header("dpop"));
    }
    for sent in forms(driver) {
        for kind in ["client_assertion", "request"] {
            add(sent.form.get(kind).map_or("", String::as_str));
        }
    }
    jtis
}

/// The requests in which each value of a parameter was sent, in their order.
fn uses<'a>(driver: &'a Driver, grant: &str, name: &str) -> Vec<Vec<Sent<'a>>> {
    let mut uses: BTreeMap<String, Vec<Sent<'a>>> = BTreeMap::new();
    for sent in forms(driver) {
        if sent.form.get("grant_type").map(String::as_str) == Some(grant) {
            uses.entry(sent.form[name].clone()).or_default().push(sent);
        }
    }
    uses.into_values().collect()
}

/// Whether a server has said that the code or token in the request is no good.
fn is_refused(sent: &Sent<'_>) -> bool {
    sent.answer.is_some_and(|answer| {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        answer.status() == http::StatusCode::BAD_REQUEST && body["error"] == "invalid_grant"
    })
}

/// A refresh token is sent again for the demand for a nonce, once, and later as long as the client
/// was told no other and nobody refused it: where the answer was lost, or left it as it was.
fn check_refresh_tokens(driver: &Driver) -> Result<(), TestCaseError> {
    for sent in uses(driver, "refresh_token", "refresh_token") {
        for pair in sent.windows(2) {
            let again = pair[0].event != pair[1].event || pair[0].heard == Heard::Challenge;
            prop_assert!(again, "sent again after {:?}", pair[0].heard);
            prop_assert!(!is_refused(&pair[0]), "sent again after it was refused");
        }
        for three in sent.windows(3) {
            prop_assert!(three[0].event != three[2].event, "sent three times for one event");
        }
    }
    prop_assert_eq!(&driver.sent_retired, &Vec::<String>::new(), "sent after it was replaced");
    Ok(())
}

/// Each `request_uri` that arrived sends one customer to the institution, and nothing else does.
fn check_handed_out(driver: &Driver) -> Result<(), TestCaseError> {
    let forms = forms(driver);
    let pushes = forms.iter().filter(|sent| sent.path == "/par").filter_map(|sent| sent.answer);
    let mut arrived = pushes.filter_map(|answer| {
        let body: Value = serde_json::from_slice(answer.body()).ok()?;
        Some(body["request_uri"].as_str()?.to_owned())
    });
    for url in &driver.handed {
        let query = Query::parse(url.split_once('?').unwrap().1, 8192).unwrap();
        prop_assert_eq!(query.names().collect::<Vec<_>>(), ["client_id", "request_uri"]);
        let handed = query.one("request_uri").unwrap().unwrap();
        prop_assert!(arrived.any(|request_uri| request_uri == handed), "handed out twice");
    }
    Ok(())
}
