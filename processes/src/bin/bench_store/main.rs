//! Measures the store in SQLite: how large it is, and how fast each operation is with few and with
//! many consents. `cargo xtask bench-store` builds it optimised.
//!
//! Next to each operation runs a bare loop: one statement in a transaction of its own, in another
//! file with the same settings and as many rows. An operation that commits changes is next to an
//! `UPDATE`, one that only reads next to a `SELECT`.

mod bare;
mod fill;
mod measure;
mod print;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use fdx_processes::Folder;

use measure::{Measured, Sizes};

/// The smaller number of consents.
const FEW: u32 = 10_000;

/// How much an operation may grow from few consents to many.
const GROWTH: f64 = 1.5;

fn main() -> ExitCode {
    match Settings::parse(std::env::args().skip(1)).and_then(|settings| run(&settings)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench-store: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The arguments.
struct Settings {
    consents: u32,
    /// How often each operation is measured.
    repeats: u32,
    /// Where the temporary folder is created.
    folder: PathBuf,
    json: bool,
}

impl Settings {
    fn parse(args: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut settings =
            Self { consents: 1_000_000, repeats: 1_000, folder: std::env::temp_dir(), json: false };
        let mut args = args;
        while let Some(arg) = args.next() {
            if arg == "--json" {
                settings.json = true;
                continue;
            }
            let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
            match arg.as_str() {
                "--consents" => settings.consents = value.parse()?,
                "--repeats" => settings.repeats = value.parse()?,
                "--folder" => settings.folder = value.into(),
                _ => return Err(format!("unknown argument '{arg}'").into()),
            }
        }
        match settings.consents >= 256 && settings.repeats > 0 {
            true => Ok(settings),
            false => Err("at least 256 consents and one repeat are needed".into()),
        }
    }
}

/// One size of the store.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Run {
    pub(crate) consents: u32,
    pub(crate) sizes: Sizes,
    /// How long it took to insert the consents, in seconds.
    pub(crate) filled_in: f64,
    pub(crate) operations: Vec<Measured>,
}

/// Returns whether no operation grows too much.
fn run(settings: &Settings) -> Result<bool, Box<dyn Error>> {
    let folder = Folder::new(&settings.folder, "fdx-bench-store")?;
    let mut runs = Vec::new();
    let mut sizes = vec![FEW.min(settings.consents), settings.consents];
    sizes.dedup();
    for consents in sizes {
        eprintln!("{consents} consents are inserted");
        let file = folder.path().join(format!("{consents}.sqlite"));
        let filled = fill::fill(&file, consents, settings.repeats)?;
        let bare =
            bare::Bare::create(&folder.path().join(format!("{consents}-bare.sqlite")), consents)?;
        eprintln!("each operation runs {} times", settings.repeats);
        let operations = measure::measure(&file, bare, consents, settings.repeats)?;
        runs.push(Run { consents, sizes: filled.sizes, filled_in: filled.seconds, operations });
    }
    let growth = growth(&runs);
    match settings.json {
        true => print::json(&runs, &growth)?,
        false => print::table(&runs, &growth),
    }
    Ok(!growth.iter().any(Growth::is_too_much))
}

/// How much an operation grows from few consents to many.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Growth {
    pub(crate) name: &'static str,
    /// Of its median.
    pub(crate) median: f64,
    /// Of its ratio to the bare loop: without what the machine did meanwhile.
    pub(crate) ratio: f64,
}

impl Growth {
    /// Whether both grow too much.
    pub(crate) fn is_too_much(&self) -> bool {
        self.median.min(self.ratio) > GROWTH
    }
}

/// The growth of each operation from the first run to the last one.
fn growth(runs: &[Run]) -> Vec<Growth> {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Vec::new() };
    let pairs = first.operations.iter().zip(&last.operations);
    let growth = pairs.map(|(few, many)| Growth {
        name: many.name,
        median: many.store.median / few.store.median,
        ratio: many.ratio / few.ratio,
    });
    growth.collect()
}
