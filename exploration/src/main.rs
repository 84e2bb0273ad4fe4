//! Explores every order of events in which two processes refresh one consent, with the real
//! procedures and the real SQL. A copy of a procedure is made by giving it the same inputs again.

mod accidents;
mod bank;
mod connection;
mod identity;
mod loss;
mod process;
mod rules;
mod scene;
mod search;
mod store;
mod stored;
mod switches;
mod world;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use accidents::{Accidents, Budget};
use bank::Class;
use search::{Explored, Trace, explore};

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

/// How many states are explored without a rule: without some, processes can try again for ever.
const MOST: usize = 200_000;

/// The shortest trace to a loss without each rule, as a chapter of the manual.
fn without_each_rule() -> Result<String, Box<dyn Error>> {
    if !switches::WEAKENED {
        return Err("the rules can be switched off in the weakened copy only".into());
    }
    let mut text = HEAD.to_owned();
    let (mut with_all, mut wrong) = (Vec::new(), Vec::new());
    for accidents in &accidents::FEW {
        with_all.push(in_parallel(&jobs(&[*accidents], &|_| true), usize::MAX)?);
    }
    for (number, rule) in rules::ALL.iter().enumerate() {
        switches::switch_off(1 << number);
        text.push_str(&format!("\n## {}\n\nThe rule: {}.\n\n", rule.marker, rule.rule));
        match (new_loss(&with_all)?, rule.idle) {
            (Some((accidents, class, trace)), None) => {
                text.push_str(&format!("Without it, {} ({class}; {accidents}):\n\n", trace.loss));
                for (at, event) in trace.events.iter().enumerate() {
                    text.push_str(&format!("{}. {event}\n", at + 1));
                }
            }
            (None, Some(why)) => {
                text.push_str(&format!("Nothing is lost without it here.\n{why}\n"))
            }
            (None, None) => wrong.push(format!("nothing is lost without {}", rule.marker)),
            (Some(_), Some(_)) => wrong.push(format!("{} is not idle", rule.marker)),
        }
        eprintln!("searched: {}", rule.marker);
    }
    match wrong.as_slice() {
        [] => Ok(text),
        wrong => Err(wrong.join("; ").into()),
    }
}

/// A loss, the accidents with which it happens, and the class of the institution.
type Lost = (&'static str, &'static str, Trace);

/// The shortest trace to a loss of a kind that does not exist with all rules, for the same class and
/// accidents. The accidents are tried in their order until there is such a loss.
fn new_loss(with_all: &[Vec<(&str, Explored)>]) -> Result<Option<Lost>, Box<dyn Error>> {
    for (accidents, with_all) in accidents::FEW.iter().zip(with_all) {
        let without = in_parallel(&jobs(&[*accidents], &|_| true), MOST)?;
        let new = with_all.iter().zip(without).flat_map(|((_, with_all), (accidents, without))| {
            let class = without.class;
            let known: Vec<_> = with_all.traces().map(|trace| trace.loss).collect();
            without
                .into_traces()
                .filter(move |trace| !known.contains(&trace.loss))
                .map(move |trace| (accidents, class, trace))
        });
        if let Some(shortest) = new.min_by_key(|(_, _, trace)| trace.events.len()) {
            return Ok(Some(shortest));
        }
    }
    Ok(None)
}

/// Returns whether there is no loss that must not exist.
fn run(chosen: &dyn Fn(&str) -> bool, json: bool) -> Result<bool, Box<dyn Error>> {
    let jobs = jobs(&accidents::ALL, chosen);
    if jobs.is_empty() {
        let names: Vec<_> = Class::ALL.iter().map(|class| class.name()).collect();
        return Err(format!("no such institution; they are: {}", names.join("; ")).into());
    }
    let all = in_parallel(&jobs, usize::MAX)?;
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

/// Each class of institutions with each kind of accidents.
fn jobs(accidents: &[Accidents], chosen: &dyn Fn(&str) -> bool) -> Vec<Job> {
    let classes = || Class::ALL.into_iter().filter(|class| chosen(class.name()));
    let of = |(name, budget): &Accidents| {
        let (name, budget) = (*name, *budget);
        classes().map(move |class| (name, budget, class)).collect::<Vec<_>>()
    };
    accidents.iter().flat_map(of).collect()
}

/// Explores on two cores. Each exploration runs on one.
fn in_parallel(jobs: &[Job], most: usize) -> Result<Vec<(&'static str, Explored)>, Box<dyn Error>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((at, (accidents, budget, class))) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, jobs.get(at)?)))
        {
            let explored = explore(*class, *budget, most).map_err(|error| error.to_string())?;
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
        for trace in explored.traces() {
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
