//! Explores every order of events in which two processes refresh one consent, with the real
//! procedures and the real SQL. A copy of a procedure is made by giving it the same inputs again.

mod bank;
mod rules;
mod scene;
mod search;
mod store;
mod world;

use std::error::Error;
use std::process::ExitCode;

use bank::Class;
use search::{Explored, Trace, explore};
use world::Budget;

/// The accidents of the main exploration.
const ACCIDENTS: Budget =
    Budget { crashes: 2, losses: 1, pauses: 1, late_writes: 0, revocations: 0 };
/// A revocation next to a refresh.
const REVOCATION: Budget =
    Budget { crashes: 1, losses: 0, pauses: 1, late_writes: 0, revocations: 1 };
/// A process that pauses between its last check and the write to the network.
const LATE_WRITE: Budget =
    Budget { crashes: 0, losses: 0, pauses: 0, late_writes: 1, revocations: 0 };

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(args.iter().any(|arg| arg == "--json")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("explore: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether there is no loss that must not exist.
fn run(json: bool) -> Result<bool, Box<dyn Error>> {
    let mut all = Vec::new();
    let accidents = [
        ("crashes, a lost response, a pause", ACCIDENTS),
        ("a revocation", REVOCATION),
        ("a late write", LATE_WRITE),
    ];
    if !json {
        println!(
            "{:<34} {:<26} {:>8} {:>11} {:>6}  losses",
            "accidents", "institution", "states", "transitions", "s"
        );
    }
    for (accidents, budget) in accidents {
        for class in Class::ALL {
            let explored = explore(class, budget)?;
            if !json {
                print(accidents, &explored);
            }
            all.push((accidents, explored));
        }
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        traces(&all);
    }
    Ok(all.iter().all(|(_, explored)| explored.loss.is_none()))
}

fn print(accidents: &str, explored: &Explored) {
    let Explored { class, states, transitions, seconds, loss, remaining } = explored;
    let losses = match loss {
        Some(trace) => format!("VIOLATED: {}", trace.loss),
        None if remaining.is_empty() => "none".to_owned(),
        None => remaining
            .iter()
            .map(|(count, trace)| format!("{count} states: {}", trace.loss))
            .collect::<Vec<_>>()
            .join("; "),
    };
    println!("{accidents:<34} {class:<26} {states:>8} {transitions:>11} {seconds:>6.1}  {losses}");
}

/// Prints the shortest trace to each kind of loss.
fn traces(all: &[(&str, Explored)]) {
    let of = |explored: &'_ Explored| {
        let remaining = explored.remaining.iter().map(|(_, trace)| trace);
        explored
            .loss
            .iter()
            .chain(remaining)
            .map(|trace| (trace.loss, &trace.events))
            .min_by_key(|(_, events)| events.len())
            .map(|(loss, events)| Trace { loss, events: events.clone() })
    };
    let mut shown: Vec<(&str, Trace)> = Vec::new();
    for (_, explored) in all {
        if let Some(trace) = of(explored) {
            match shown.iter_mut().find(|(_, other)| other.loss == trace.loss) {
                Some((_, other)) if other.events.len() <= trace.events.len() => {}
                Some(other) => *other = (explored.class, trace),
                None => shown.push((explored.class, trace)),
            }
        }
    }
    for (class, trace) in shown {
        println!("\n{} ({class}):", trace.loss);
        for (at, event) in trace.events.iter().enumerate() {
            println!("  {:>2}. {event}", at + 1);
        }
    }
}
