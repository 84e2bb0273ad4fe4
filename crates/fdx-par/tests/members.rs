//! Every member of every message with values of every kind.

use std::collections::BTreeMap;

use fdx_par::manual::members::TABLES;
use fdx_testkit::{Setup, World, answer};
use fdx_wire::members::{Class, Row};
use http::Response;
use serde_json::Value;

use crate::bad_input::endpoint::At;
use crate::registration::scene::{self, everything};

/// A value in place of the received one; `None` leaves the member out.
const VALUES: &[Option<&str>] = &[
    None,
    Some("null"),
    Some("\"\""),
    Some("true"),
    Some("\"60\""),
    Some("60"),
    Some("60.5"),
    Some("6e1"),
    Some("-1"),
    Some("1e400"),
    Some("99999999999999999999"),
    Some("[]"),
    Some("[1]"),
    Some("[null]"),
    Some("{}"),
    Some("{\"a\":1}"),
    Some("\"\\ud800\""),
    Some("\"\u{e9}\\n\""),
];

/// The endpoints whose responses have a table. fdx-rar tests the members of nested objects, with
/// the same reader.
const MESSAGES: &[(&str, At)] = &[
    ("server metadata", At::Discovery),
    ("push response", At::Push),
    ("token response", At::Token),
    ("introspection response", At::Introspection),
    ("consent grant", At::Consent),
    ("JWK Set", At::Keys),
];

fn with_member(received: Response<Vec<u8>>, name: &str, value: Option<&str>) -> Response<Vec<u8>> {
    let (parts, body) = received.into_parts();
    let mut members: BTreeMap<String, Value> = serde_json::from_slice(&body).unwrap();
    members.remove(name);
    let mut texts: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
        .collect();
    texts.extend(value.map(|value| format!("\"{name}\":{value}")));
    Response::from_parts(parts, format!("{{{}}}", texts.join(",")).into_bytes())
}

fn rows(message: &str) -> impl Iterator<Item = &'static Row> {
    let tables = TABLES.iter().flat_map(|rows| rows.iter());
    let message = message.to_owned();
    tables.filter(move |row| row.message == message && !row.name.contains(['.', '[']))
}

#[test]
fn every_member_is_read_by_its_class() {
    let mut tried = 0;
    for (message, at) in MESSAGES {
        for row in rows(message) {
            for value in VALUES {
                let outcome = at.broken(move |answer| with_member(answer, row.name, *value));
                judge(row, *value, outcome.as_ref().err());
                tried += 1;
            }
        }
    }
    let named: usize = MESSAGES.iter().map(|(message, _)| rows(message).count()).sum();
    assert_eq!(tried, named * VALUES.len());
    assert!(tried > 700, "{tried}");
}

#[test]
fn every_member_of_a_registration_is_read_by_its_class() {
    for row in rows("client information response") {
        for value in VALUES {
            let (mut world, registrar) = everything();
            let body = scene::echo(&registrar, &serde_json::json!({})).to_string();
            let changed = with_member(answer(201, "application/json", body), row.name, *value);
            let outcome = scene::answered_with(&mut world, &registrar, changed);
            judge(row, *value, outcome.as_ref().err());
        }
    }
}

fn judge(row: &Row, value: Option<&str>, error: Option<&fdx_par::Error>) {
    let place = format!("{}: {} = {value:?}", row.message, row.name);
    let Some(error) = error else {
        let never = row.class == Class::Required
            && matches!(value, None | Some("null" | "[]" | "{}" | "\"\\ud800\""));
        assert!(!never || row.name == "keys" && value == Some("[]"), "{place} was accepted");
        return;
    };
    assert_ne!(row.class, Class::Informative, "{place}: {error}");
    assert_ne!(error.code(), "rfc8259.json.shape", "{place}: {error}");
    if let Some(member) = error.member() {
        assert_eq!(member.member(), row.name, "{place}: {error}");
    }
    assert!(
        error.to_string().contains(row.name) || row.class == Class::Protective,
        "{place}: {error}"
    );
}

/// One byte that is not UTF-8 makes the document unreadable: no member of it counts.
#[test]
fn invalid_utf8_is_an_encoding_error() {
    for (_, at) in MESSAGES {
        let error = at
            .broken(|received| {
                let (parts, mut body) = with_member(received, "note", Some("\"~\"")).into_parts();
                let at = body.iter().rposition(|byte| *byte == b'~').unwrap();
                body[at] = 0xe8;
                Response::from_parts(parts, body)
            })
            .unwrap_err();
        assert_eq!(error.code(), "rfc8259.json.encoding", "{at:?}");
    }
}

/// RFC 8259 8.1: a reader may ignore it.
#[test]
fn a_byte_order_mark_is_ignored() {
    for (_, at) in MESSAGES {
        at.broken(|received| received.map(|body| [b"\xef\xbb\xbf".to_vec(), body].concat()))
            .unwrap();
    }
}

#[test]
fn the_manual_prints_the_table() {
    let mut table =
        String::from("| message | member | class | value | clause |\n|---|---|---|---|---|\n");
    for row in TABLES.iter().flat_map(|rows| rows.iter()) {
        let class = match row.class {
            Class::Informative => "informative",
            Class::Protective => "protective",
            Class::Required => "required",
        };
        table += &format!(
            "| {} | `{}` | {class} | {} | {} |\n",
            row.message, row.name, row.shape, row.clause
        );
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual/members.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &table).unwrap();
    }
    assert!(std::fs::read_to_string(file).unwrap() == table, "BLESS=1 records it");
}

#[test]
fn a_member_that_is_not_understood_is_reported_and_not_replaced() {
    let mut world = World::new(Setup::default());
    world.tamper_at("/token", |received| with_member(received, "scope", Some("{\"a\":1}")));
    let client = world.client().unwrap();
    let exchanged = world.exchanged(&client);
    let verified = world.verify(&client, exchanged).unwrap();
    assert_eq!(verified.notices(), [fdx_par::Notice::NotUnderstood("scope")]);
    assert!(verified.tokens().scopes().is_empty());
    let mut world = World::new(Setup::default());
    world.tamper_at("/token", |received| {
        with_member(received, "scope", Some("[\"openid\",\"fdx:transactions:read\"]"))
    });
    let client = world.client().unwrap();
    let exchanged = world.exchanged(&client);
    let verified = world.verify(&client, exchanged).unwrap();
    assert_eq!(verified.tokens().scopes().to_string(), "openid fdx:transactions:read");
}
