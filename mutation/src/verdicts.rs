//! What became of each mutant.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::mutant::Mutant;
use crate::programs::{Outcome, Programs, Reach};
use crate::tree::Tree;

/// Tests that together take longer than this without the mutant are not waited for: it counts as
/// missed, which is the worse of the two.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Serialize)]
pub(crate) struct Verdict<'a> {
    name: &'a str,
    became: Became,
    /// The test that noticed it.
    by: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Became {
    Caught,
    Missed,
    Unviable,
    /// It is behind no switch.
    LeftToOthers,
}

pub(crate) fn judge<'a>(
    mutants: &'a [Mutant],
    tree: &Tree,
    programs: &'a Programs,
    reach: &[Reach],
) -> Vec<Verdict<'a>> {
    spread(mutants.len(), "mutants", |number| {
        let name = mutants[number].name.as_str();
        if tree.unviable.contains(&number) {
            return Verdict { name, became: Became::Unviable, by: None };
        }
        if !tree.switched.contains(&number) {
            return Verdict { name, became: Became::LeftToOthers, by: None };
        }
        let by = noticed(number, programs, reach);
        let became = if by.is_some() { Became::Caught } else { Became::Missed };
        Verdict { name, became, by }
    })
}

/// The first test that notices, the quickest first.
fn noticed<'a>(number: usize, programs: &'a Programs, reach: &[Reach]) -> Option<&'a str> {
    let tests = reach.iter().zip(&programs.tests);
    let mut tests: Vec<_> = tests.filter(|(reach, _)| reach.mutants.contains(&number)).collect();
    tests.sort_by_key(|(reach, _)| reach.took);
    let mut spent = Duration::ZERO;
    for (place, (Reach { took, .. }, test)) in tests.into_iter().enumerate() {
        spent += *took;
        if place > 0 && spent > PATIENCE {
            return None;
        }
        let most = Duration::from_secs(10) + *took * 8;
        let outcome = test.run("MUTANT", &number.to_string(), most);
        if matches!(outcome, Outcome::Failed | Outcome::Endless) {
            return Some(&test.name);
        }
    }
    None
}

/// `what` for each number, on every core, with a line of progress now and then.
pub(crate) fn spread<T: Send>(count: usize, of: &str, what: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let result = what(number);
                    let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    done.push((number, result));
                    if done.len() % 100 == 0 {
                        eprintln!("{} of {count} {of}", done.len());
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
