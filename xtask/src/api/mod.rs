//! Checks which types of other crates the public APIs name, in rustdoc's JSON.

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

/// The libraries whose API is stable.
const CRATES: [&str; 8] = [
    "fdx-wire",
    "fdx-pkce",
    "fdx-rar",
    "fdx-jose",
    "fdx-par",
    "fdx-store",
    "fdx-store-sqlite",
    "fdx-transport-hyper",
];
/// The crates of the language.
const LANGUAGE: [&str; 3] = ["alloc", "core", "std"];
/// Since 1.0.220, serde's traits are in serde_core.
const SERDE: [&str; 2] = ["serde", "serde_core"];

#[derive(Serialize)]
struct Row {
    name: &'static str,
    /// The number of names in the API.
    mentions: usize,
    /// Names of `http` and serde's traits.
    allowed: Vec<String>,
    foreign: Vec<String>,
}

pub(crate) fn run(args: Args) -> Result<Outcome, Failure> {
    let output = args.output()?;
    if !shell::is_there(nightly(&["cargo", "--version"])) {
        return Ok(Outcome::left_out(
            "no nightly toolchain, which rustdoc's JSON needs",
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
        places => Err(Failure::new(format!(
            "the public API names types of other crates in {places} places"
        ))
        .next("wrap the type in an own type, or make the item pub(crate)")),
    }
}

impl Row {
    fn of(name: &'static str) -> Result<Self, Failure> {
        let api = document(name)?;
        let mentions = api.mentions();
        // Every API names types of the language. If none is found, the format has changed.
        if !mentions.iter().any(|mention| LANGUAGE.contains(&mention.krate.as_str())) {
            return Err(Failure::new(format!("rustdoc's JSON of {name} has an unknown format"))
                .next("try an older nightly, or adapt xtask/src/api/rustdoc.rs"));
        }
        let count = mentions.len();
        let external = mentions.into_iter().filter(|mention| !is_at_home(&mention.krate));
        let (allowed, foreign): (Vec<_>, Vec<_>) = external.partition(is_allowed);
        let mut allowed: Vec<_> = allowed.into_iter().map(|mention| mention.path).collect();
        allowed.sort();
        allowed.dedup();
        let mut foreign: Vec<_> = foreign.iter().map(ToString::to_string).collect();
        foreign.sort();
        foreign.dedup();
        Ok(Self { name, mentions: count, allowed, foreign })
    }
}

/// Whether a crate belongs to the language or to this workspace.
fn is_at_home(krate: &str) -> bool {
    LANGUAGE.contains(&krate) || CRATES.iter().any(|name| name.replace('-', "_") == krate)
}

/// Whether a name is of `http`, or one of serde's traits.
fn is_allowed(mention: &Mention) -> bool {
    mention.krate == "http" || (SERDE.contains(&mention.krate.as_str()) && mention.kind == "trait")
}

/// Runs rustdoc on a library, with every feature and hidden items.
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

/// A command of the nightly toolchain.
fn nightly(args: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly"]).args(args).current_dir(shell::root());
    // Flags of other builds do not apply here.
    command.env_remove("RUSTDOCFLAGS").env_remove("RUSTUP_TOOLCHAIN");
    command
}

fn print(rows: &[Row]) {
    let mut table = Table::new(&["crate", "names", "of other crates"]);
    for row in rows {
        let named = row.mentions.to_string();
        table.row(vec![row.name.to_owned(), named, row.allowed.join(", ")]);
    }
    println!("{table}");
    for foreign in rows.iter().flat_map(|row| &row.foreign) {
        println!("FOREIGN: {foreign}");
    }
}
