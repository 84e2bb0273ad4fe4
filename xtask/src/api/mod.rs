//! Which crates of others the public API names, as rustdoc sees it.

mod rustdoc;

use std::fs;
use std::process::Command;

use serde::Serialize;

use crate::args::{Args, Output};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::shell;
use crate::table::Table;
use rustdoc::{Crate, Mention};

/// The libraries whose API is a promise.
const CRATES: [&str; 6] =
    ["fdx-wire", "fdx-pkce", "fdx-rar", "fdx-jose", "fdx-par", "fdx-transport-hyper"];
/// What comes with the language.
const LANGUAGE: [&str; 3] = ["alloc", "core", "std"];
/// Since 1.0.220 serde's traits live in a crate of their own.
const SERDE: [&str; 2] = ["serde", "serde_core"];

#[derive(Serialize)]
struct Row {
    name: &'static str,
    /// How many places of the API name something.
    mentions: usize,
    /// `http` and serde's traits, where they are named.
    allowed: Vec<String>,
    foreign: Vec<String>,
}

pub(crate) fn run(args: Args) -> Result<Outcome, Failure> {
    let output = args.output()?;
    if !shell::is_there(nightly(&["cargo", "--version"])) {
        return Ok(Outcome::left_out(
            "no nightly toolchain, and only that writes rustdoc's JSON",
            "'rustup toolchain install nightly --profile minimal', then 'cargo xtask api'",
        ));
    }
    let rows = CRATES.into_iter().map(Row::of).collect::<Result<Vec<_>, _>>()?;
    match output {
        Output::Json => println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default()),
        Output::Table => print(&rows),
    }
    match rows.iter().map(|row| row.foreign.len()).sum::<usize>() {
        0 => Ok(Outcome::Passed),
        places => {
            Err(Failure::new(format!("the public API names crates of others, {places} times"))
                .next("wrap the type in one of ours, or make the item pub(crate)"))
        }
    }
}

impl Row {
    fn of(name: &'static str) -> Result<Self, Failure> {
        let api = document(name)?;
        let mentions = api.mentions();
        // Every API names something of the language; a format that we can't read names nothing.
        if !mentions.iter().any(|mention| LANGUAGE.contains(&mention.krate.as_str())) {
            return Err(Failure::new(format!("rustdoc's JSON of {name} has another shape"))
                .next("try an older nightly, and teach xtask/src/api/rustdoc.rs the new one"));
        }
        let count = mentions.len();
        let strangers = mentions.into_iter().filter(|mention| !is_at_home(&mention.krate));
        let (allowed, foreign): (Vec<_>, Vec<_>) = strangers.partition(is_allowed);
        let mut allowed: Vec<_> = allowed.into_iter().map(|mention| mention.path).collect();
        allowed.sort();
        allowed.dedup();
        let mut foreign: Vec<_> = foreign.iter().map(ToString::to_string).collect();
        foreign.sort();
        foreign.dedup();
        Ok(Self { name, mentions: count, allowed, foreign })
    }
}

/// The language's crates and our own.
fn is_at_home(krate: &str) -> bool {
    LANGUAGE.contains(&krate) || CRATES.iter().any(|name| name.replace('-', "_") == krate)
}

/// `http`, which is the ecosystem's, and serde's traits.
fn is_allowed(mention: &Mention) -> bool {
    mention.krate == "http" || (SERDE.contains(&mention.krate.as_str()) && mention.kind == "trait")
}

/// Lets rustdoc describe a library, with every feature and what is hidden.
fn document(name: &str) -> Result<Crate, Failure> {
    let target = shell::target().join("api");
    let target_dir = target.to_string_lossy();
    shell::watch(nightly(&[
        "cargo",
        "rustdoc",
        "--quiet",
        "--package",
        name,
        "--lib",
        "--all-features",
        "--target-dir",
        &target_dir,
        "--",
        "-Z",
        "unstable-options",
        "--output-format",
        "json",
        "--document-hidden-items",
        "--cap-lints",
        "allow",
    ]))?;
    let path = target.join("doc").join(format!("{}.json", name.replace('-', "_")));
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}", path.display())))?;
    Crate::parse(&text)
}

/// rustup knows the toolchains; the `cargo` that runs us is one of them.
fn nightly(args: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly"]).args(args).current_dir(shell::root());
    // A build for people to use has its own flags and warnings.
    command.env_remove("RUSTDOCFLAGS").env_remove("RUSTUP_TOOLCHAIN");
    command
}

fn print(rows: &[Row]) {
    let mut table = Table::new(&["crate", "named", "of others"]);
    for row in rows {
        let named = row.mentions.to_string();
        table.row(vec![row.name.to_owned(), named, row.allowed.join(", ")]);
    }
    println!("{table}");
    for foreign in rows.iter().flat_map(|row| &row.foreign) {
        println!("FOREIGN: {foreign}");
    }
}
