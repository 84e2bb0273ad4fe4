//! A state of the world, and what can happen next.

use std::rc::Rc;

use fdx_store::procedure::Step;
use fdx_store::{Action, StoreError};
use fdx_wire::UnixTime;

use crate::accidents::Budget;
use crate::bank::{Bank, Class, WINDOW};
use crate::connection::Connection;
use crate::process::{Input, Last, Phase, Process, name, outcome};
use crate::scene::{SKEW, START, Scene};
use crate::store::{Database, Snapshot};
use crate::stored::{Columns, Consent, StoredToken};

pub(crate) const NODES: usize = 2;

/// A state.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) bank: Bank,
    pub(crate) store: Snapshot,
    pub(crate) nodes: [Option<Process>; NODES],
    pub(crate) connections: Vec<Connection>,
    pub(crate) budget: Budget,
    /// The number of procedures that were started: the entropy of the next one.
    started: u8,
    /// Whether new tokens were stored for a consent that was revoked.
    pub(crate) stored_after_revocation: bool,
    /// Whether the only known token was sent after the window for it had closed.
    pub(crate) window_closed: bool,
    /// Whether a request was written after the deadline of its process.
    pub(crate) late_write: bool,
    /// Whether time passed while a process had a token to store, or was about to write.
    pub(crate) paused: bool,
    /// Whether a process died.
    pub(crate) crashed: bool,
}

/// What does not change while a class is explored.
pub(crate) struct Setup {
    pub(crate) scene: Scene,
    pub(crate) columns: Columns,
    /// How many refreshes are wanted.
    pub(crate) refreshes: i64,
}

/// Something that happens, for a trace.
pub(crate) type Event = String;

impl World {
    pub(crate) fn first(class: Class, store: Snapshot, budget: Budget) -> Self {
        Self {
            now: START,
            bank: Bank::new(class),
            store,
            nodes: Default::default(),
            connections: Vec::new(),
            budget,
            started: 0,
            stored_after_revocation: false,
            window_closed: false,
            late_write: false,
            paused: false,
            crashed: false,
        }
    }

    pub(crate) fn consent<'a>(&'a self, setup: &'a Setup) -> Consent<'a> {
        Consent::of(&self.store, &setup.columns)
    }

    pub(crate) fn tokens(&self, setup: &Setup) -> Vec<StoredToken> {
        StoredToken::all(&self.store, &setup.scene)
    }

    /// The clock of a process.
    pub(crate) fn clock(&self, node: usize) -> u64 {
        self.now + if node == 1 { SKEW } else { 0 }
    }

    /// Everything that can happen next.
    pub(crate) fn next(
        &self,
        setup: &Setup,
        database: &mut Database,
    ) -> Result<Vec<(Event, Self)>, StoreError> {
        let mut next = Vec::new();
        for node in 0..NODES {
            self.next_of(node, setup, database, &mut next)?;
        }
        for at in 0..self.connections.len() {
            self.processed(at, setup, &mut next);
        }
        if let Some(passed) = self.pass(setup) {
            next.push(passed);
        }
        if self.budget.revocations > 0 {
            next.push(self.revoked(setup, database)?);
        }
        Ok(next)
    }

    fn next_of(
        &self,
        node: usize,
        setup: &Setup,
        database: &mut Database,
        next: &mut Vec<(Event, Self)>,
    ) -> Result<(), StoreError> {
        let Some(run) = self.nodes.get(node).and_then(Option::as_ref) else {
            let consent = self.consent(setup);
            let wanted = consent.integer("generation").is_some_and(|it| it < setup.refreshes);
            let open = !matches!(consent.text("state"), Some("revoked" | "dead"));
            if wanted && open {
                next.push((format!("{} wants to refresh", name(node)), self.started_at(node)));
            }
            return Ok(());
        };
        match run.phase {
            Phase::Store(_) => {
                next.push(self.transaction(node, run, setup, database)?);
            }
            Phase::Send(token, deadline) => {
                let (event, world) = self.checks(node, run, setup, token, deadline);
                next.push((event, world));
            }
            Phase::Write(token, deadline) => {
                let mut world = self.clone();
                let until = if self.clock(node) < deadline {
                    self.world_time(node, deadline)
                } else {
                    world.late_write = true;
                    self.now + setup.scene.consents.policy().deadline.as_secs()
                };
                world.connections.push(Connection {
                    node: Some(node),
                    token,
                    until,
                    response: None,
                });
                world.enter(node, Phase::Await(token, deadline));
                next.push((format!("{} sends t{token}", name(node)), world));
            }
            Phase::Await(..) => self.responses(node, setup, next),
            Phase::Wait(until) if self.clock(node) >= until => {
                let mut world = self.clone();
                world.input(node, Input::Resumed(self.clock(node)), setup, Last::Nothing);
                next.push((format!("{} resumes", name(node)), world));
            }
            Phase::Wait(_) => {}
        }
        if self.budget.crashes > 0 {
            let mut world = self.clone();
            world.budget.crashes -= 1;
            world.crashed = true;
            world.crash(node);
            next.push((format!("{} dies", name(node)), world));
        }
        Ok(())
    }

    fn crash(&mut self, node: usize) {
        let dead = self.nodes.get_mut(node).and_then(Option::take);
        let unstored = |run: &Process| matches!(run.phase, Phase::Store(Last::Token(_)));
        if dead.is_some_and(|run| unstored(&run) && run.commits == 0) {
            // The token is lost because the process died, however long the pause was.
            self.paused = false;
        }
        for connection in
            self.connections.iter_mut().filter(|connection| connection.node == Some(node))
        {
            connection.node = None;
        }
        // A response that arrives at a dead process is lost.
        self.connections
            .retain(|connection| connection.node.is_some() || connection.response.is_none());
    }

    fn started_at(&self, node: usize) -> Self {
        let mut world = self.clone();
        world.started += 1;
        if let Some(slot) = world.nodes.get_mut(node) {
            *slot = Some(Process::new(world.started, self.clock(node)));
        }
        world
    }

    /// One transaction, from its begin to its commit.
    fn transaction(
        &self,
        node: usize,
        run: &Process,
        setup: &Setup,
        database: &mut Database,
    ) -> Result<(Event, Self), StoreError> {
        let mut world = self.clone();
        database.load(&self.store)?;
        let mut step = run.replay(setup);
        let clock = self.clock(node);
        let mut inputs = run.inputs.clone();
        loop {
            let Step::Store(storing) = step else { break };
            let ends = matches!(storing.action(), Action::Commit | Action::RollBack);
            let result = database.perform(storing.action());
            inputs.push(Rc::new(Input::Performed(result.clone(), clock)));
            step = storing.answered(result, UnixTime::from_seconds(clock));
            if ends {
                break;
            }
        }
        world.store = database.snapshot()?;
        let last = match run.phase {
            Phase::Store(last) => last,
            _ => Last::Nothing,
        };
        let changed = world.tokens(setup) != self.tokens(setup);
        if changed && self.consent(setup).text("state") == Some("revoked") {
            world.stored_after_revocation = true;
        }
        let consent = world.consent(setup);
        let begun = consent.text("attempt").map(str::to_owned);
        let begun = begun.zip(consent.integer("generation"));
        let done = match &step {
            Step::Done(access) => Some(outcome(access)),
            _ => None,
        };
        let phase = Phase::of(step, last);
        if let Some(slot) = world.nodes.get_mut(node) {
            *slot = phase.map(|phase| Process {
                inputs,
                phase,
                attempt: match phase {
                    Phase::Send(..) => begun,
                    _ => run.attempt.clone(),
                },
                waits: run.waits + u8::from(matches!(phase, Phase::Wait(_))),
                commits: run.commits + 1,
                ..run.clone()
            });
        }
        let what = match (last, done) {
            (_, Some(done)) => format!("commits, and is done: {done}"),
            (Last::Token(token), None) => format!("commits after t{token} arrived"),
            (_, None) => "commits".to_owned(),
        };
        Ok((format!("{} {what}", name(node)), world))
    }

    /// A process checks its deadline, and is about to send.
    fn checks(
        &self,
        node: usize,
        run: &Process,
        setup: &Setup,
        token: u32,
        deadline: u64,
    ) -> (Event, Self) {
        let mut world = self.clone();
        let clock = self.clock(node);
        let Step::Send(sending) = run.replay(setup) else { return ("nothing".to_owned(), world) };
        match sending.start(UnixTime::from_seconds(clock)) {
            Ok(_) => {
                if let Some(run) = world.nodes.get_mut(node).and_then(Option::as_mut) {
                    run.inputs.push(Rc::new(Input::Started(clock)));
                    run.commits = 0;
                    run.phase = Phase::Write(token, deadline);
                }
                // Nothing happens between the check and the write, except by accident.
                if self.budget.late_writes == 0 {
                    let until = self.world_time(node, deadline).max(self.now);
                    let until = if clock < deadline {
                        until
                    } else {
                        self.now + setup.scene.consents.policy().deadline.as_secs()
                    };
                    world.connections.push(Connection {
                        node: Some(node),
                        token,
                        until,
                        response: None,
                    });
                    world.enter(node, Phase::Await(token, deadline));
                    return (format!("{} sends t{token}", name(node)), world);
                }
                (format!("{} checks its deadline", name(node)), world)
            }
            Err(step) => {
                let phase = Phase::of(step, Last::Late);
                if let Some(slot) = world.nodes.get_mut(node) {
                    *slot = phase.zip(slot.take()).map(|(phase, mut run)| {
                        run.inputs.push(Rc::new(Input::Started(clock)));
                        run.phase = phase;
                        run
                    });
                }
                (format!("{} is too late to send", name(node)), world)
            }
        }
    }

    /// When a process's clock shows `time`.
    fn world_time(&self, node: usize, time: u64) -> u64 {
        time - (self.clock(node) - self.now)
    }

    fn enter(&mut self, node: usize, phase: Phase) {
        if let Some(run) = self.nodes.get_mut(node).and_then(Option::as_mut) {
            run.phase = phase;
        }
    }

    /// Gives an input to the procedure of a process.
    pub(crate) fn input(&mut self, node: usize, input: Input, setup: &Setup, last: Last) {
        let Some(slot) = self.nodes.get_mut(node) else { return };
        let Some(mut run) = slot.take() else { return };
        run.inputs.push(Rc::new(input));
        *slot = Phase::of(run.replay(setup), last).map(|phase| Process { phase, ..run });
    }

    /// Time passes until the next moment at which something can change.
    fn pass(&self, setup: &Setup) -> Option<(Event, Self)> {
        let consent = self.consent(setup);
        let of_row =
            |name: &str, later: u64| consent.integer(name).map(|at| at.cast_unsigned() + later);
        let mut times =
            vec![of_row("deadline", 1), of_row("deadline", SKEW + 1), of_row("not_before", 0)];
        times.extend(self.connections.iter().map(|connection| Some(connection.until)));
        let (mut paused, mut writes) = (false, false);
        for (node, slot) in self.nodes.iter().enumerate() {
            match slot.as_ref().map(|run| run.phase) {
                Some(Phase::Wait(until)) => times.push(Some(self.world_time(node, until))),
                Some(phase @ (Phase::Store(_) | Phase::Send(..) | Phase::Write(..))) => {
                    paused = true;
                    writes |= matches!(phase, Phase::Store(Last::Token(_)) | Phase::Write(..));
                }
                Some(Phase::Await(..)) | None => {}
            }
        }
        if let Some((_, since)) =
            self.bank.replaced.filter(|_| consent.integer("unanswered") > Some(0))
        {
            times.push(Some(since + WINDOW + 1));
        }
        let time = times.into_iter().flatten().filter(|at| *at > self.now).min()?;
        let mut world = self.clone();
        if paused {
            let late = self.nodes.iter().flatten().any(|run| matches!(run.phase, Phase::Write(..)));
            let budget =
                if late { &mut world.budget.late_writes } else { &mut world.budget.pauses };
            *budget = budget.checked_sub(1)?;
            world.paused |= writes;
        }
        world.now = time;
        // Connections end at their deadlines.
        while let Some(at) =
            world.connections.iter().position(|connection| connection.until <= time)
        {
            match world.connections.get(at).and_then(|connection| connection.node) {
                None => drop(world.connections.remove(at)),
                Some(node) => {
                    world.budget.losses = world.budget.losses.checked_sub(1)?;
                    world.lose(at, node, setup);
                    world
                        .connections
                        .retain(|connection| connection.node.is_some() || connection.until > time);
                }
            }
        }
        Some((format!("{} s pass", time - self.now), world))
    }

    /// The recipient stores the intent to revoke the consent. What it sends then is no part of this.
    fn revoked(&self, setup: &Setup, database: &mut Database) -> Result<(Event, Self), StoreError> {
        let mut world = self.clone();
        world.budget.revocations -= 1;
        database.load(&self.store)?;
        database.run(setup.scene.revocation(self.now))?;
        world.store = database.snapshot()?;
        Ok(("the consent is revoked".to_owned(), world))
    }
}
