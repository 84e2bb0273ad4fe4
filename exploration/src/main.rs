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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bank::Class;
use search::{Explored, Trace, explore};
use world::Budget;

const NONE: Budget = Budget { crashes: 0, losses: 0, pauses: 0, late_writes: 0, revocations: 0 };

/// What may happen in each exploration.
const ACCIDENTS: [(&str, Budget); 5] = [
    ("2 crashes, 1 lost response", Budget { crashes: 2, losses: 1, ..NONE }),
    ("1 overrun lease", Budget { pauses: 1, ..NONE }),
    ("1 crash, 1 overrun lease", Budget { crashes: 1, pauses: 1, ..NONE }),
    ("1 revocation, 1 crash", Budget { revocations: 1, crashes: 1, ..NONE }),
    ("1 late write", Budget { late_writes: 1, ..NONE }),
];

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

const HEAD: &str =
    "Each rule, and the shortest way to a loss without it. Two processes A and B refresh one
consent; `t1` is the token of the first refresh.
";

/// The shortest trace to a loss without each rule, as a chapter of the manual.
fn without_each_rule() -> Result<String, Box<dyn Error>> {
    if !switches::WEAKENED {
        return Err("the rules can be switched off in the weakened copy only".into());
    }
    let mut text = HEAD.to_owned();
    for (number, rule) in rules::ALL.iter().enumerate() {
        switches::switch_off(1 << number);
        text.push_str(&format!("\n## {}\n\n{}.\n\n", rule.marker, rule.rule));
        let found = shortest()?;
        let loss = found.as_ref().map_or("no loss", |(_, trace)| trace.loss);
        eprintln!("without {}: {loss}", rule.marker);
        match found {
            Some((class, trace)) => {
                text.push_str(&format!("Without it, {} ({class}):\n\n", trace.loss));
                for (at, event) in trace.events.iter().enumerate() {
                    text.push_str(&format!("{}. {event}\n", at + 1));
                }
            }
            None => {
                let why = rule.idle.unwrap_or("No reason is given: remove the rule, or give one.");
                text.push_str(&format!("Nothing is lost without it here. {why}\n"));
            }
        }
    }
    Ok(text)
}

/// The shortest trace to a loss that must not exist, over all classes and accidents.
fn shortest() -> Result<Option<(&'static str, Trace)>, Box<dyn Error>> {
    let mut shortest: Option<(&'static str, Trace)> = None;
    for (_, budget) in [ACCIDENTS[1], ACCIDENTS[3], ACCIDENTS[0]] {
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
    let classes = || Class::ALL.into_iter().filter(|class| chosen(class.name()));
    let jobs: Vec<_> = ACCIDENTS
        .into_iter()
        .flat_map(|(accidents, budget)| classes().map(move |class| (accidents, budget, class)))
        .collect();
    let all = in_parallel(&jobs)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        println!(
            "{:<27} {:<25} {:>8} {:>11} {:>5}  losses",
            "accidents", "institution", "states", "transitions", "s"
        );
        for (accidents, explored) in &all {
            print(accidents, explored);
        }
        traces(&all);
    }
    Ok(all.iter().all(|(_, explored)| explored.loss.is_none()))
}

type Job = (&'static str, Budget, Class);

/// Explores on two cores. Each exploration runs on one.
fn in_parallel(jobs: &[Job]) -> Result<Vec<(&'static str, Explored)>, Box<dyn Error>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((at, (accidents, budget, class))) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, jobs.get(at)?)))
        {
            let explored = explore(*class, *budget).map_err(|error| error.to_string())?;
            eprintln!("explored: {accidents}, {}", class.name());
            done.push((at, (*accidents, explored)));
        }
        Ok::<_, String>(done)
    };
    let mut all = thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| "a worker panicked".to_owned())??);
        }
        Ok::<_, String>(all)
    })?;
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, explored)| explored).collect())
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
    println!("{accidents:<27} {class:<25} {states:>8} {transitions:>11} {seconds:>5.0}  {losses}");
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
