//! A copy of the workspace in which one crate has its mutants behind switches.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::edits::Written;
use crate::mutant::{Genre, Mutant};
use crate::switches::{self, Switched};

pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    /// Mutants, by their numbers, that are in it.
    pub(crate) switched: BTreeSet<usize>,
    /// Those that do not compile, whatever stands beside them.
    pub(crate) unviable: BTreeSet<usize>,
}

const SWITCH: &str = include_str!("../switch/lib.rs");
const SWITCH_MANIFEST: &str =
    "[package]\nname = \"switch\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

impl Tree {
    /// Copies, switches, and leaves out what does not compile beside the rest until all does.
    pub(crate) fn grow(
        root: &Path,
        work: &Path,
        package: &str,
        mutants: &[Mutant],
    ) -> Result<Self, Box<dyn Error>> {
        let tree = work.join("tree");
        copy(root, &tree, package)?;
        let (mut left_out, mut unviable) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let (switched, written) = write(root, &tree, mutants, &left_out)?;
            let errors = errors(&tree, package)?;
            if errors.is_empty() {
                return Ok(Self { root: tree, switched, unviable });
            }
            let before = left_out.len();
            left_out.extend(errors.iter().flat_map(|error| to_blame(error, &written)));
            unviable.extend(errors.iter().filter_map(|error| alone(error, &written, mutants)));
            if left_out.len() == before {
                return Err("the copy does not compile, and no mutant is to blame".into());
            }
            eprintln!("{} of them do not compile, or not beside the others", left_out.len());
        }
    }
}

/// Every file that git knows or would know, with the switches' crate, and with optimised crates:
/// what is tested thousands of times is built once.
fn copy(root: &Path, tree: &Path, package: &str) -> Result<(), Box<dyn Error>> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output()?;
    for file in String::from_utf8(listed.stdout)?.split_terminator('\0') {
        let Ok(mut bytes) = fs::read(root.join(file)) else { continue };
        if file == "Cargo.toml" {
            let profile = format!("\n[profile.dev.package.{package}]\nopt-level = 1\n");
            bytes.extend_from_slice(profile.as_bytes());
        }
        if file == format!("crates/{package}/Cargo.toml") {
            let needs = "[dependencies]\nswitch.path = \"../../switch\"\n";
            bytes = String::from_utf8(bytes)?.replace("[dependencies]\n", needs).into_bytes();
        }
        put(&tree.join(file), &bytes)?;
    }
    put(&tree.join("switch/Cargo.toml"), SWITCH_MANIFEST.as_bytes())?;
    put(&tree.join("switch/src/lib.rs"), SWITCH.as_bytes())
}

/// What is there already keeps its time, so that cargo does not build it again.
fn put(file: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    if fs::read(file).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    Ok(fs::write(file, bytes)?)
}

/// By file, what was written where.
type Places = BTreeMap<String, Vec<Written>>;

fn write(
    root: &Path,
    tree: &Path,
    mutants: &[Mutant],
    left_out: &BTreeSet<usize>,
) -> Result<(BTreeSet<usize>, Places), Box<dyn Error>> {
    let (mut all, mut places) = (BTreeSet::new(), Places::new());
    let files: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    for file in files {
        let numbered = mutants.iter().enumerate();
        let here = numbered.filter(|(n, mutant)| mutant.file == file && !left_out.contains(n));
        let text = fs::read_to_string(root.join(file))?;
        let Switched { text, written, mutants } = switches::switch(&text, here)?;
        put(&tree.join(file), text.as_bytes())?;
        all.extend(mutants);
        places.insert(file.to_owned(), written);
    }
    Ok((all, places))
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    #[serde(default)]
    spans: Vec<Place>,
    #[serde(default)]
    children: Vec<Diagnostic>,
}

#[derive(Deserialize)]
struct Place {
    file_name: String,
    is_primary: bool,
    byte_start: usize,
    byte_end: usize,
}

/// What the compiler has against the copy.
fn errors(tree: &Path, package: &str) -> Result<Vec<Diagnostic>, Box<dyn Error>> {
    let checked = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--message-format=json", "--all-features", "-p", package])
        .current_dir(tree)
        .stderr(Stdio::null())
        .output()?;
    if checked.status.success() {
        return Ok(Vec::new());
    }
    let lines = String::from_utf8(checked.stdout)?;
    let messages = lines.lines().filter_map(|line| serde_json::from_str(line).ok());
    let compiler = messages.filter(|message: &Message| message.reason == "compiler-message");
    let errors = compiler.filter_map(|message| message.message);
    Ok(errors.filter(|error| error.level == "error").collect())
}

/// The one mutant that can't be, because the error is all in what was written for it alone: it is a
/// value to return that is none of the function's type, here as there.
fn alone(error: &Diagnostic, places: &Places, mutants: &[Mutant]) -> Option<usize> {
    let mut shown = error.spans.iter().filter(|span| span.is_primary);
    let (span, None) = (shown.next()?, shown.next()) else { return None };
    let holds = |written: &&Written| {
        written.range.start <= span.byte_start && span.byte_end <= written.range.end
    };
    match *places.get(&span.file_name)?.iter().find(holds)?.mutants {
        [number] => Some(number).filter(|number| mutants[*number].genre == Genre::FnValue),
        _ => None,
    }
}

/// The mutants that an error points at: what was written there, or what is nearest.
fn to_blame(error: &Diagnostic, places: &Places) -> BTreeSet<usize> {
    let spans: Vec<&Place> =
        error.spans.iter().chain(error.children.iter().flat_map(|child| &child.spans)).collect();
    // How far apart what was written and what the error shows are: not at all where they overlap.
    let mut found: Vec<(usize, &Written)> = Vec::new();
    for span in spans {
        for written in places.get(&span.file_name).into_iter().flatten() {
            let after = written.range.start.saturating_sub(span.byte_end.saturating_sub(1));
            let before = (span.byte_start + 1).saturating_sub(written.range.end);
            found.push((after.max(before), written));
        }
    }
    let nearest = found.iter().map(|(distance, _)| *distance).min();
    let blamed = found.iter().filter(|(distance, _)| Some(*distance) == nearest);
    blamed.flat_map(|(_, written)| written.mutants.iter().copied()).collect()
}
