//! Explores every order of events in which two processes refresh one consent, with the real
//! procedures and the real SQL. A copy of a procedure is made by giving it the same inputs again.

mod bank;
mod rules;
mod scene;
mod search;
mod store;
mod switches;
mod world;

use std::collections::BTreeMap;
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
    let only = args.iter().find(|arg| !arg.starts_with("--")).cloned();
    let chosen = |name: &str| only.as_ref().is_none_or(|only| name.starts_with(only.as_str()));
    if args.iter().any(|arg| arg == "--rules") {
        return match without_each_rule() {
            Ok(text) => {
                print!("{text}");
                ExitCode::SUCCESS
            }
            Err(error) => failed(&*error),
        };
    }
    match run(&chosen, args.iter().any(|arg| arg == "--json")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("explore: {error}");
    ExitCode::FAILURE
}

/// The shortest trace to a loss without each rule, as a chapter of the manual.
fn without_each_rule() -> Result<String, Box<dyn Error>> {
    if !switches::WEAKENED {
        return Err("the rules can be switched off in the weakened copy only".into());
    }
    let mut text =
        "Each rule, and the shortest way to a loss without it. Two processes A and B refresh \
                    one consent; `t1` is the token of the first refresh.\n"
            .to_owned();
    for (number, rule) in rules::ALL.iter().enumerate() {
        switches::switch_off(1 << number);
        text.push_str(&format!("\n## {}\n\n{}.\n\n", rule.marker, rule.rule));
        match shortest()? {
            Some((class, trace)) => {
                text.push_str(&format!("Without it, {} ({class}):\n\n", trace.loss));
                for (at, event) in trace.events.iter().enumerate() {
                    text.push_str(&format!("{}. {event}\n", at + 1));
                }
            }
            None => text.push_str(rule.idle.ok_or("a rule without a loss gives no reason")?),
        }
    }
    Ok(text)
}

/// The shortest trace to a loss that must not exist, over all classes and accidents.
fn shortest() -> Result<Option<(&'static str, Trace)>, Box<dyn Error>> {
    let mut shortest: Option<(&'static str, Trace)> = None;
    for budget in [REVOCATION, ACCIDENTS] {
        for class in Class::ALL {
            let explored = explore(class, budget)?;
            if let Some(trace) = explored.loss
                && shortest
                    .as_ref()
                    .is_none_or(|(_, other)| trace.events.len() < other.events.len())
            {
                shortest = Some((explored.class, trace));
            }
        }
        if shortest.is_some() {
            break;
        }
    }
    Ok(shortest)
}

/// Returns whether there is no loss that must not exist.
fn run(chosen: &dyn Fn(&str) -> bool, json: bool) -> Result<bool, Box<dyn Error>> {
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
        for class in Class::ALL.into_iter().filter(|class| chosen(class.name())) {
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
    let mut shortest: BTreeMap<&str, (&str, &Trace)> = BTreeMap::new();
    for (_, explored) in all {
        let remaining = explored.remaining.iter().map(|(_, trace)| trace);
        for trace in explored.loss.iter().chain(remaining) {
            let shown = shortest.entry(trace.loss).or_insert((explored.class, trace));
            if trace.events.len() < shown.1.events.len() {
                *shown = (explored.class, trace);
            }
        }
    }
    for (loss, (class, trace)) in shortest {
        println!("\n{loss} ({class}):");
        for (at, event) in trace.events.iter().enumerate() {
            println!("  {:>2}. {event}", at + 1);
        }
    }
}
