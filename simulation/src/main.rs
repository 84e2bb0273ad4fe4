//! Runs the simulation. `cargo xtask simulate` builds it in a fast profile.

mod args;
mod print;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use fdx_simulation::{Faults, Renewals, Settings, Tally, Trace, World, switches};

use args::{Command, Output};

/// Worlds are small, so that a failure is quickly repeated, and of one size, so that a seed alone
/// decides what happens.
const FLOWS_OF_A_WORLD: u64 = 40;

fn main() -> ExitCode {
    let command = match args::read(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    match command {
        Command::MinimalSets => minimal_sets(),
        Command::Replay { seed } => end(&replay(seed), Output::Table, None),
        Command::ReplayInput { file } => replay_input(&file),
        Command::Run { flows, seed, output } => {
            let start = Instant::now();
            let tally = run(flows, seed, output);
            end(&tally, output, Some(start.elapsed()))
        }
    }
}

/// Prints the chapter.
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

/// Runs one world and prints a line for each event.
fn replay(seed: u64) -> Tally {
    World::from_seed(seed, settings(Trace::On)).run()
}

/// Runs the world of a fuzzer's input and prints a line for each event.
fn replay_input(file: &str) -> ExitCode {
    match std::fs::read(file) {
        Ok(bytes) => {
            let settings = Settings { trace: Trace::On, ..Settings::SMALL };
            end(&World::from_bytes(&bytes, settings).run(), Output::Table, None)
        }
        Err(error) => {
            eprintln!("'{file}' can't be read: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs as many worlds as contain this number of flows, each with its own seed and in one thread.
fn run(flows: u64, seed: u64, output: Output) -> Tally {
    let worlds = flows.div_ceil(FLOWS_OF_A_WORLD);
    let (next, total) = (AtomicU64::new(0), Mutex::new(Tally::default()));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= worlds {
                return;
            }
            let tally = World::from_seed(seed.wrapping_add(number), settings(Trace::Off)).run();
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
    Settings {
        flows,
        faults: Faults::Usual,
        attack: None,
        setup: None,
        renewals: Renewals::Some,
        trace,
    }
}

/// Prints the result. Fails if a promise was broken or an expected event never occurred.
fn end(tally: &Tally, output: Output, time: Option<std::time::Duration>) -> ExitCode {
    match output {
        Output::Json => print::json(tally, time),
        Output::Table => print::table(tally, time),
    }
    // A few flows need not contain every event.
    let missing = time.is_some() && tally.flows() >= 5000 && !tally.missing().is_empty();
    if tally.harms().is_empty() && !missing { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
