//! Runs the simulation: `cargo xtask simulate` does it in a profile that is fast.

mod args;
mod print;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use fdx_simulation::{Faults, Settings, Tally, Trace, World, switches};

use args::{Asked, Output};

/// Small worlds: a failure is repeated in a moment. And all of one size: a seed alone says what
/// happens in one.
const FLOWS_OF_A_WORLD: u64 = 40;

fn main() -> ExitCode {
    let asked = match args::read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    match asked {
        Asked::MinimalSets => minimal_sets(),
        Asked::Replay { seed } => end(&replay(seed), Output::Table, None),
        Asked::Run { flows, seed, output } => {
            let start = Instant::now();
            let tally = run(flows, seed, output);
            end(&tally, output, Some(start.elapsed()))
        }
    }
}

/// The chapter, on standard output.
fn minimal_sets() -> ExitCode {
    if !switches::WEAKENED {
        eprintln!("every check is on in this build: run 'cargo xtask simulate --minimal-sets'");
        return ExitCode::FAILURE;
    }
    let chapter = fdx_simulation::chapter();
    print!("{}", chapter.text);
    for unexplained in &chapter.unexplained {
        eprintln!("{unexplained}");
    }
    if chapter.unexplained.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One world, with a line for each thing that happens.
fn replay(seed: u64) -> Tally {
    World::new(seed, settings(Trace::On)).run()
}

/// As many worlds as hold so many flows, each of its own seed and in one thread from its beginning
/// to its end.
fn run(flows: u64, seed: u64, output: Output) -> Tally {
    let worlds = flows.div_ceil(FLOWS_OF_A_WORLD);
    let (next, total) = (AtomicU64::new(0), Mutex::new(Tally::default()));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= worlds {
                return;
            }
            let tally = World::new(seed.wrapping_add(number), settings(Trace::Off)).run();
            let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            total.add(tally);
            if output == Output::Table && total.flows() % 5000 < FLOWS_OF_A_WORLD {
                eprintln!("{} of {} flows", total.flows(), worlds * FLOWS_OF_A_WORLD);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn settings(trace: Trace) -> Settings {
    let flows = FLOWS_OF_A_WORLD;
    Settings { flows, faults: Faults::Usual, attack: None, binding: None, trace }
}

/// Prints what was found, and fails where a promise was broken or something never happened.
fn end(tally: &Tally, output: Output, time: Option<std::time::Duration>) -> ExitCode {
    match output {
        Output::Json => print::json(tally, time),
        Output::Table => print::table(tally, time),
    }
    // Few flows need not see everything.
    let missing = time.is_some() && tally.flows() >= 5000 && !tally.missing().is_empty();
    if tally.harms().is_empty() && !missing { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
