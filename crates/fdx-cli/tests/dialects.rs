//! `fdx dialects`: lists every dialect of the library with its members, needs and notes.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;

use common::{run, stderr, stdout};
use fdx_par::dialect::{ALL, Evidence, Member, Need};
use serde_json::Value;

fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The text in one line. No line is longer than 100 columns.
fn flat(text: &str) -> String {
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn lists_every_dialect() {
    let text = stdout(&run(&["dialects"]));
    assert_eq!(text.lines().count(), ALL.len() + 1, "{text}");
    flat(&text);
    let listed = json(&["dialects", "--json"]);
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), ALL.len());
    for (dialect, (row, line)) in ALL.iter().zip(listed.iter().zip(text.lines().skip(1))) {
        assert_eq!(row["name"], dialect.name());
        assert_eq!(row["provider"], dialect.provider());
        assert_eq!(row["members"], dialect.members().len());
        let not_fapi =
            dialect.members().iter().any(|line| matches!(line.member, Member::NotFapi(_)));
        assert_eq!(row["fapi"], !not_fapi, "{}", dialect.name());
        assert_eq!(line.contains("not-fapi"), not_fapi, "{line}");
        assert!(line.contains(dialect.name()) && line.contains(dialect.provider()), "{line}");
    }
}

#[test]
fn shows_every_member_source_need_and_note_of_a_dialect() {
    for dialect in ALL {
        let text = flat(&stdout(&run(&["dialects", dialect.name()])));
        let document = json(&["dialects", dialect.name(), "--json"]);
        let members = document["members"].as_array().unwrap();
        assert_eq!(members.len(), dialect.members().len());
        for (line, member) in dialect.members().iter().zip(members) {
            for (key, text_of_line) in [
                ("name", line.member.name()),
                ("clause", line.member.clause()),
                ("source", line.source),
            ] {
                assert_eq!(member[key], text_of_line);
                assert!(text.contains(text_of_line), "{text_of_line}: {text}");
            }
        }
        for note in dialect.notes() {
            assert!(text.contains(note), "{note}: {text}");
        }
        assert_eq!(document["notes"].as_array().unwrap().len(), dialect.notes().len());
        let needs = document["needs"].as_array().unwrap();
        // `fdx connect` registers nothing.
        let settings = dialect.needs().iter().filter(|need| **need != Need::JwksUri).count();
        assert_eq!(needs.len(), settings);
        for need in needs {
            let need = need.as_str().unwrap();
            assert!(need.contains(" = ") || need.starts_with("key: "), "no setting: {need}");
            assert!(text.contains(need), "{need}: {text}");
        }
    }
}

#[test]
fn each_dialect_says_how_it_is_known() {
    let table = stdout(&run(&["dialects"]));
    let listed = json(&["dialects", "--json"]);
    for (dialect, row) in ALL.iter().zip(listed.as_array().unwrap()) {
        let document = json(&["dialects", dialect.name(), "--json"]);
        let text = flat(&stdout(&run(&["dialects", dialect.name()])));
        let evidence = &document["evidence"];
        assert!(text.contains(&format!("Known {}.", dialect.evidence())), "{text}");
        let kind = row["evidence"].as_str().unwrap();
        assert_eq!(evidence["kind"], kind);
        let line =
            table.lines().find(|line| line.split_whitespace().next() == Some(dialect.name()));
        assert!(line.unwrap().trim_end().ends_with(kind), "{table}");
        match dialect.evidence() {
            Evidence::Run { program, date } => {
                assert_eq!(
                    (&evidence["program"], &evidence["date"]),
                    (&program.into(), &date.into())
                );
                assert!(program.contains(' ') && date.starts_with("20"));
                assert_eq!(kind, "run");
            }
            _ => assert_ne!(kind, "run"),
        }
    }
}

#[test]
fn an_unknown_dialect_lists_the_known_ones() {
    let output = run(&["dialects", "nobody"]);
    assert_eq!(output.status.code(), Some(2));
    for dialect in ALL {
        assert!(stderr(&output).contains(dialect.name()), "{}", stderr(&output));
    }
}
