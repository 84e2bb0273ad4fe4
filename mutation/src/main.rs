//! Whether the tests notice that a crate was changed, for all changes at once.
//!
//! cargo-mutants says in which small ways a crate can be changed (its *mutants*), and tries one
//! after the other: the crate is built anew for each, and all of its tests run. That is right, and
//! takes two cores a night for `fdx-par` alone. Here all mutants of a crate go into one copy of it,
//! each behind a switch: `a < b` becomes *if mutant 7 is on `a <= b`, else `a < b`*. The copy is
//! built once; the environment says which mutant is on; and of the tests only those run that reach
//! it, as a first run without any mutant has told.
//!
//! What can't be put behind a switch (constants, `const fn`, what does not compile beside the rest)
//! is left to cargo-mutants itself: `cargo xtask mutants` does both.

mod edits;
mod mutant;
mod programs;
mod source;
mod switches;
mod tree;
mod verdicts;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use mutant::Mutant;
use programs::Programs;
use tree::Tree;

/// `--root DIR --work DIR --mutants FILE --package NAME --tests NAME,NAME`
struct Args {
    /// The workspace.
    root: PathBuf,
    /// Where the copy, its build and `verdicts.json` go.
    work: PathBuf,
    /// What `cargo mutants --list --json` printed.
    mutants: PathBuf,
    /// The crate that is changed.
    package: String,
    /// The packages whose tests run.
    tests: Vec<String>,
}

fn main() -> ExitCode {
    match Args::of_process().ok_or("see the first lines of src/main.rs".into()).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let mutants = Mutant::read(&args.mutants)?;
    eprintln!("{}: {} mutants", args.package, mutants.len());
    let tree = Tree::grow(&args.root, &args.work, &args.package, &mutants)?;
    eprintln!("{} of them behind switches; building the tests", tree.switched.len());
    let programs = Programs::build(&tree, &args.tests)?;
    eprintln!("{} tests run without a mutant", programs.tests.len());
    let reach = programs.reach(&args.work)?;
    let verdicts = verdicts::judge(&mutants, &tree, &programs, &reach);
    let json = serde_json::to_vec_pretty(&verdicts)?;
    std::fs::write(args.work.join("verdicts.json"), json)?;
    Ok(())
}

impl Args {
    fn of_process() -> Option<Self> {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let value = |flag: &str| {
            let place = words.iter().position(|word| word == flag)?;
            words.get(place + 1).cloned()
        };
        Some(Self {
            root: value("--root")?.into(),
            work: value("--work")?.into(),
            mutants: value("--mutants")?.into(),
            package: value("--package")?,
            tests: value("--tests")?.split(',').map(str::to_owned).collect(),
        })
    }
}
