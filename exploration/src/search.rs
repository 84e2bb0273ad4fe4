//! The search: breadth first, over states that differ in more than names and absolute times.

use std::collections::HashSet;
use std::error::Error;
use std::time::Instant;

use serde::Serialize;

use crate::accidents::Budget;
use crate::bank::Class;
use crate::loss::Loss;
use crate::scene::Scene;
use crate::store::Database;
use crate::stored::Columns;
use crate::world::{Event, Setup, World};

/// The result of one exploration.
#[derive(Debug, Serialize)]
pub(crate) struct Explored {
    pub(crate) class: &'static str,
    pub(crate) states: usize,
    pub(crate) transitions: u64,
    pub(crate) seconds: f64,
    /// The shortest trace to a loss that must not exist.
    pub(crate) loss: Option<Trace>,
    /// How many states are a loss that no recipient can exclude, and the shortest trace to one.
    pub(crate) remaining: Vec<(usize, Trace)>,
}

impl Explored {
    /// The shortest trace to each kind of loss.
    pub(crate) fn traces(&self) -> impl Iterator<Item = &Trace> {
        self.loss.iter().chain(self.remaining.iter().map(|(_, trace)| trace))
    }

    pub(crate) fn into_traces(self) -> impl Iterator<Item = Trace> {
        self.loss.into_iter().chain(self.remaining.into_iter().map(|(_, trace)| trace))
    }
}

/// The events that lead to a loss.
#[derive(Debug, Serialize)]
pub(crate) struct Trace {
    pub(crate) loss: &'static str,
    pub(crate) events: Vec<Event>,
}

/// A state that was reached, and how.
struct Reached {
    /// Present until its successors are known.
    world: Option<World>,
    from: usize,
    event: Event,
}

/// Explores the states of one class of institutions: all, or the first `most`.
pub(crate) fn explore(
    class: Class,
    budget: Budget,
    most: usize,
) -> Result<Explored, Box<dyn Error>> {
    let began = Instant::now();
    let mut database = Database::new()?;
    let scene = Scene::new(class)?;
    let first = scene.first(&mut database)?;
    let columns = Columns::new(database.columns("fdx_consents")?);
    let setup = Setup { scene, columns, refreshes: 2 };
    let first = World::first(class, first, budget);
    let mut seen = HashSet::from([first.key(&setup)]);
    let mut reached = vec![Reached { world: Some(first), from: 0, event: String::new() }];
    let (mut at, mut transitions) = (0, 0);
    let (mut loss, mut remaining) = (None, Vec::<(usize, Trace)>::new());
    'search: while let Some(world) = reached.get_mut(at).and_then(|state| state.world.take()) {
        if seen.len() >= most {
            break;
        }
        for (event, next) in world.next(&setup, &mut database)? {
            transitions += 1;
            if !seen.insert(next.key(&setup)) {
                continue;
            }
            match next.loss(&setup) {
                None => reached.push(Reached { world: Some(next), from: at, event }),
                Some(of @ (Loss::WindowClosed | Loss::LateWrite)) => {
                    match remaining.iter_mut().find(|(_, trace)| trace.loss == of.name()) {
                        Some((count, _)) => *count += 1,
                        None => remaining.push((1, trace(&reached, at, event, of))),
                    }
                }
                Some(of) => {
                    loss = Some(trace(&reached, at, event, of));
                    break 'search;
                }
            }
        }
        at += 1;
    }
    let (states, seconds) = (seen.len(), began.elapsed().as_secs_f64());
    Ok(Explored { class: class.name(), states, transitions, seconds, loss, remaining })
}

fn trace(reached: &[Reached], from: usize, last: Event, loss: Loss) -> Trace {
    let (mut events, mut at) = (vec![last], from);
    while let Some(state) = reached.get(at).filter(|_| at > 0) {
        events.push(state.event.clone());
        at = state.from;
    }
    events.reverse();
    Trace { loss: loss.name(), events }
}
