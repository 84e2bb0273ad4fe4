//! Measures the store in SQLite: how large it is, and how fast each operation is with few and with
//! many consents. `cargo xtask bench-store` builds it optimised.
//!
//! Next to each operation runs a bare loop: one statement in a transaction of its own, in another
//! file with the same settings and as many rows. An operation that commits changes is next to an
//! `UPDATE`, one that only reads next to a `SELECT`. All files are open from the beginning, and the
//! operations alternate between them.

mod bare;
mod fill;
mod measure;
mod print;

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fdx_processes::Folder;

use measure::{Measured, Sizes, Subject};

/// The smaller number of consents.
const FEW: u32 = 10_000;

/// How much the median of an operation may grow from few consents to many.
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

/// Returns whether no operation grows too much: see [`Growth::is_too_much`].
fn run(settings: &Settings) -> Result<bool, Box<dyn Error>> {
    let folder = Folder::new(&settings.folder, "fdx-bench-store")?;
    let (mut runs, mut subjects) = (Vec::new(), Vec::new());
    let mut sizes = vec![FEW.min(settings.consents), settings.consents];
    sizes.dedup();
    for consents in sizes {
        eprintln!("{consents} consents are inserted");
        let file = folder.path().join(format!("{consents}.sqlite"));
        let filled = fill::fill(&file, consents, settings.repeats)?;
        let bare = folder.path().join(format!("{consents}-bare.sqlite"));
        let bare = bare::Bare::create(&bare, consents)?;
        subjects.push(Subject::open(&file, bare, consents)?);
        let (sizes, filled_in) = (filled.sizes, filled.seconds);
        runs.push(Run { consents, sizes, filled_in, operations: Vec::new() });
    }
    read_all(folder.path())?;
    eprintln!("each operation runs {} times", settings.repeats);
    for measured in measure::measure(&mut subjects, settings.repeats)? {
        for (run, measured) in runs.iter_mut().zip(measured) {
            run.operations.push(measured);
        }
    }
    let growth = growth(&runs);
    match settings.json {
        true => print::json(&runs, &growth)?,
        false => print::table(&runs, &growth),
    }
    Ok(!growth.iter().any(Growth::is_too_much))
}

/// Reads all files once, so that the system has them in memory: the disk is not measured.
fn read_all(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        std::io::copy(&mut File::open(entry?.path())?, &mut std::io::sink())?;
    }
    Ok(())
}

/// How much the median of an operation grows from few consents to many.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Growth {
    pub(crate) name: &'static str,
    pub(crate) store: f64,
    pub(crate) bare: f64,
}

impl Growth {
    /// Whether the median grows beyond the limit, and more than that of the bare loop, which shows how
    /// much slower the machine reads rows that are in no cache of its processor.
    pub(crate) fn is_too_much(&self) -> bool {
        self.store > GROWTH.max(self.bare)
    }
}

/// The growth of each operation from the first run to the last one.
fn growth(runs: &[Run]) -> Vec<Growth> {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Vec::new() };
    let pairs = first.operations.iter().zip(&last.operations);
    let growth = pairs.map(|(few, many)| Growth {
        name: many.name,
        store: many.store.median / few.store.median,
        bare: many.bare.median / few.bare.median,
    });
    growth.collect()
}
