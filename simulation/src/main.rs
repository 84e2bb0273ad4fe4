//! Runs the simulation. `cargo xtask simulate` builds it in a fast profile.

mod args;
mod print;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fdx_simulation::{Faults, Nodes, Renewals, Report, Settings, Tally, Trace, World, switches};

use args::{Command, Output, Scene};

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
        Command::Replay { seed, scene: Scene::Attacks } => {
            let attacks = Some((replay(seed), None));
            end(&Results { attacks, ..Results::default() }, Output::Table)
        }
        Command::Replay { seed, scene: Scene::Nodes } => {
            let report = Nodes::from_seed(seed, FLOWS_OF_A_WORLD, Trace::On).run();
            end(&Results { nodes: Some((report, None)), ..Results::default() }, Output::Table)
        }
        Command::ReplayInput { file } => replay_input(&file),
        Command::Run { flows, seed, scene, output } => {
            let mut results = Results { is_long: flows >= LONG, ..Results::default() };
            if scene != Some(Scene::Nodes) {
                results.attacks = Some(run(flows, seed, output, attacked, Tally::add));
            }
            if scene != Some(Scene::Attacks) {
                results.nodes = Some(run(flows, seed, output, nodes, Report::add));
            }
            end(&results, output)
        }
    }
}

/// So many flows contain every event.
const LONG: u64 = 5000;

/// The results of each scene that was run, with the time that it took. A single world has none.
#[derive(Default)]
struct Results {
    attacks: Option<(Tally, Option<Duration>)>,
    nodes: Option<(Report, Option<Duration>)>,
    is_long: bool,
}

/// Runs the world of a seed with an attacker.
fn attacked(seed: u64) -> Tally {
    World::from_seed(seed, settings(Trace::Off)).run()
}

/// Runs the world of a seed with nodes and a database.
fn nodes(seed: u64) -> Report {
    Nodes::from_seed(seed, FLOWS_OF_A_WORLD, Trace::Off).run()
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
            let tally = World::from_bytes(&bytes, settings).run();
            end(&Results { attacks: Some((tally, None)), ..Results::default() }, Output::Table)
        }
        Err(error) => {
            eprintln!("'{file}' can't be read: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs as many worlds as contain this number of flows, each with its own seed and in one thread.
fn run<T: Default + Send>(
    flows: u64,
    seed: u64,
    output: Output,
    world: fn(u64) -> T,
    add: fn(&mut T, T),
) -> (T, Option<Duration>) {
    let start = Instant::now();
    let worlds = flows.div_ceil(FLOWS_OF_A_WORLD);
    let (next, total) = (AtomicU64::new(0), Mutex::new((0, T::default())));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= worlds {
                return;
            }
            let result = world(seed.wrapping_add(number));
            let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (done, sum) = &mut *total;
            add(sum, result);
            *done += FLOWS_OF_A_WORLD;
            if output == Output::Table && *done % 5000 < FLOWS_OF_A_WORLD {
                eprintln!("{done} of {} flows", worlds * FLOWS_OF_A_WORLD);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let (_, total) = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    (total, Some(start.elapsed()))
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

/// Prints the results. Fails if a promise was broken or an expected event never occurred.
fn end(results: &Results, output: Output) -> ExitCode {
    let Results { attacks, nodes, is_long } = results;
    match output {
        Output::Json => print::json(attacks.as_ref(), nodes.as_ref()),
        Output::Table => print::table(attacks.as_ref(), nodes.as_ref()),
    }
    let attacks = attacks.as_ref().is_none_or(|(tally, _)| {
        tally.harms().is_empty() && (!is_long || tally.missing().is_empty())
    });
    let nodes = nodes.as_ref().is_none_or(|(report, _)| {
        report.harms().is_empty() && (!is_long || report.missing().is_empty())
    });
    if attacks && nodes { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
