//! Tests that a document or a table names. Each must exist: libtest lists the tests of every
//! program.
//!
//! A document names a test by its file, such as `crates/fdx-par/tests/callback.rs::rejects_other`,
//! in backticks. The tables of errors name it by its path, such as `"callback::rejects_other"`,
//! after the package if that is another one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::failure::Failure;
use crate::{serde_types, shell};

/// Documents that name tests in backticks.
const DOCUMENTS: [&str; 4] = [
    "crates/fdx-par/src/manual/what_is_enforced.md",
    "crates/fdx-sandbox/src/misbehaviour/weaknesses.md",
    "crates/fdx-store/src/keeper/failures.md",
    "tests/properties.md",
];
/// The tables of errors, which name tests in quotes.
const TABLES: [&str; 8] = [
    "crates/fdx-jose/src/tests.rs",
    "crates/fdx-par/src/tests.rs",
    "crates/fdx-pkce/src/tests.rs",
    "crates/fdx-rar/src/tests.rs",
    "crates/fdx-sandbox/src/tests/error_variants.rs",
    "crates/fdx-store/src/tests.rs",
    "crates/fdx-transport-hyper/src/tests.rs",
    "crates/fdx-wire/src/tests.rs",
];

/// Checks that every test exists that a document or a table names, and the table of
/// [`serde_types`].
pub(crate) fn run() -> Result<(), Failure> {
    serde_types::check()?;
    let named = check()?;
    println!("{named} named tests exist");
    Ok(())
}

fn check() -> Result<usize, Failure> {
    let programs = programs()?;
    let (mut named, mut missing) = (0, Vec::new());
    for path in DOCUMENTS.iter().chain(&TABLES) {
        let text = fs::read_to_string(shell::root().join(path))?;
        let tests = if path.ends_with(".md") { in_document(&text) } else { in_table(path, &text) };
        if tests.is_empty() {
            return Err(Failure::new(format!("{path} names no test"))
                .next("correct the list in xtask/src/named_tests.rs"));
        }
        named += tests.len();
        let gone = tests.iter().filter(|test| !programs.iter().any(|program| program.has(test)));
        missing.extend(gone.map(|test| format!("{path}: {} of {}", test.name, test.place)));
    }
    match missing.as_slice() {
        [] => Ok(named),
        missing => Err(Failure::new(format!("named tests do not exist:\n{}", missing.join("\n")))
            .next("write the new name of the test there")),
    }
}

/// A test as it is named.
#[derive(Debug, Eq, PartialEq)]
struct Named {
    /// The file, or the folder of the package, from the root of the workspace.
    place: String,
    /// The name in that file, or the path in that package.
    name: String,
}

fn in_document(text: &str) -> Vec<Named> {
    let quoted = text.split('`').skip(1).step_by(2);
    let named = quoted.filter_map(|quoted| quoted.split_once(".rs::"));
    named.map(|(file, name)| Named { place: format!("{file}.rs"), name: name.to_owned() }).collect()
}

fn in_table(path: &str, text: &str) -> Vec<Named> {
    let own = path.split_once("/src/").map_or(path, |(package, _)| package);
    let quoted = text.split('"').skip(1).step_by(2).filter(|quoted| !quoted.is_empty());
    quoted
        .map(|quoted| match quoted.split_once(' ') {
            Some(("fdx-tests", name)) => ("tests".to_owned(), name),
            Some((package, name)) => (format!("crates/{package}"), name),
            None => (own.to_owned(), quoted),
        })
        .map(|(place, name)| Named { place, name: name.to_owned() })
        .collect()
}

/// A program of tests.
struct Program {
    /// The file of its root module, from the root of the workspace.
    source: PathBuf,
    tests: BTreeSet<String>,
}

impl Program {
    fn has(&self, test: &Named) -> bool {
        let place = Path::new(&test.place);
        if place.extension().is_none() {
            return self.source.starts_with(place) && self.tests.contains(&test.name);
        }
        let Some(module) = self.module(place) else { return false };
        let name = &test.name;
        let path = |module: &[String]| [module, std::slice::from_ref(name)].concat().join("::");
        let inline = [module.as_slice(), &["tests".to_owned()]].concat();
        self.tests.contains(&path(&module)) || self.tests.contains(&path(&inline))
    }

    /// The path of the module in this file.
    fn module(&self, file: &Path) -> Option<Vec<String>> {
        if file == self.source {
            return Some(Vec::new());
        }
        let below = file.strip_prefix(self.source.parent()?).ok()?.with_extension("");
        let names = below.iter().map(|name| name.to_string_lossy().into_owned());
        Some(names.filter(|name| name != "mod").collect())
    }
}

/// A line of cargo's output.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    profile: Option<Profile>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Target {
    src_path: PathBuf,
}

fn programs() -> Result<Vec<Program>, Failure> {
    let build = ["test", "--workspace", "--all-features", "--no-run", "--message-format=json"];
    let messages = shell::read(shell::cargo(&build))?;
    let mut programs = Vec::new();
    for line in messages.lines() {
        let message: Message = serde_json::from_str(line)?;
        let (Some(executable), Some(Profile { test: true }), Some(target)) =
            (message.executable, message.profile, message.target)
        else {
            continue;
        };
        let mut list = Command::new(executable);
        list.args(["--list", "--format", "terse"]).current_dir(shell::root());
        let listed = shell::read(list)?;
        let tests = listed.lines().filter_map(|line| line.strip_suffix(": test"));
        let source = target.src_path.strip_prefix(shell::root())?.to_path_buf();
        programs.push(Program { source, tests: tests.map(str::to_owned).collect() });
    }
    Ok(programs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(place: &str, name: &str) -> Named {
        Named { place: place.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn reads_names_in_backticks_and_in_quotes() {
        let text = "| `a/b.rs::c`<br>`not_a_test` | `d.rs::e` |";
        assert_eq!(in_document(text), [named("a/b.rs", "c"), named("d.rs", "e")]);
        let text = "A => \"b::c\",\nD => \"\",\nE => \"p f::g\",";
        let expected = [named("crates/x", "b::c"), named("crates/p", "f::g")];
        assert_eq!(in_table("crates/x/src/tests.rs", text), expected);
    }

    #[test]
    fn finds_a_test_in_its_file_only() {
        let program = |source: &str, tests: &[&str]| Program {
            source: source.into(),
            tests: tests.iter().map(ToString::to_string).collect(),
        };
        let unit = program("crates/x/src/lib.rs", &["a::tests::b", "c::d::e"]);
        for (place, name, expected) in [
            ("crates/x/src/a.rs", "b", true),
            ("crates/x/src/a/mod.rs", "b", true),
            ("crates/x/src/a/tests.rs", "b", true),
            ("crates/x/src/c/d.rs", "e", true),
            ("crates/x/src/c.rs", "e", false),
            ("crates/x/src/a.rs", "e", false),
            ("crates/y/src/a.rs", "b", false),
            ("crates/x", "a::tests::b", true),
            ("crates/x", "b", false),
            ("crates/y", "a::tests::b", false),
        ] {
            assert_eq!(unit.has(&named(place, name)), expected, "{place} {name}");
        }
        let own = program("crates/x/tests/f.rs", &["g"]);
        assert!(own.has(&named("crates/x/tests/f.rs", "g")));
        assert!(!own.has(&named("crates/x/tests/h.rs", "g")));
    }
}
