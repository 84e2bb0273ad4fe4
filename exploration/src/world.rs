//! A state of the world, and what can happen next.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use fdx_store::procedure::{Access, Awaiting, Step};
use fdx_store::{Action, Failure, Rows, Value};
use fdx_wire::{Entropy, UnixTime};

use crate::bank::{Bank, Class, WINDOW};
use crate::scene::{SKEW, START, Scene, requested, response};
use crate::store::{Database, Snapshot};

pub(crate) const NODES: usize = 2;

/// Instead of a token: the request revokes one.
const REVOCATION: u32 = u32::MAX;

/// When the connection of a request without a deadline ends.
const NO_DEADLINE: u64 = START + 1_000_000;

/// How long ago a time may be that still matters.
const PAST: i64 = WINDOW.cast_signed() + 1;

/// How often each accident may still happen.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Budget {
    /// A process dies.
    pub(crate) crashes: u8,
    /// A request or a response of a living process is lost.
    pub(crate) losses: u8,
    /// Time passes while a process is between two steps.
    pub(crate) pauses: u8,
    /// Time passes while a process is between its last check and the write to the network.
    pub(crate) late_writes: u8,
    /// The consent is revoked.
    pub(crate) revocations: u8,
}

/// A state.
#[derive(Clone)]
pub(crate) struct World {
    now: u64,
    pub(crate) bank: Bank,
    store: Snapshot,
    nodes: [Node; NODES],
    flights: Vec<Flight>,
    pub(crate) budget: Budget,
    /// The number of procedures that were started: the entropy of the next one.
    started: u8,
    /// Whether new tokens were stored for a consent that was revoked.
    stored_after_revocation: bool,
    /// Whether the only known token was sent after the window for it had closed.
    window_closed: bool,
    /// Whether a request was written after the deadline of its process.
    late_write: bool,
    /// Whether a process was paused for longer than its deadline, and whether one died.
    paused: bool,
    crashed: bool,
}

/// A process.
#[derive(Clone, Default)]
struct Node {
    run: Option<Run>,
}

/// A running procedure: what it received. A copy is made by giving it the same again.
#[derive(Clone)]
struct Run {
    entropy: u8,
    started_at: u64,
    inputs: Vec<Rc<Input>>,
    /// What the procedure does now.
    phase: Phase,
    /// The attempt that it began, and the generation then.
    attempt: Option<(String, i64)>,
    /// How often it has waited.
    waits: u8,
    /// How many transactions it has committed since its last response.
    commits: u8,
}

/// What a procedure does now.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Phase {
    /// It is between two steps: the next one is a transaction.
    Store(Last),
    /// It is about to check its deadline and send this token.
    Send(u32, u64),
    /// It has checked its deadline, and is about to write.
    Write(u32, u64),
    /// It waits for the response.
    Await(u32, u64),
    /// It waits until this time of its clock.
    Wait(u64),
}

/// What a procedure received last.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Last {
    Nothing,
    Token(u32),
    Refused,
    NoResponse,
    Late,
}

/// Something that a procedure received, and when by its clock.
#[derive(Clone)]
enum Input {
    Performed(Result<Vec<Rows>, Failure>, u64),
    Started(u64),
    Received(Option<u32>, u64),
    NoResponse(u64),
    Resumed(u64),
}

/// A request on its way to the institution, or its response.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Flight {
    /// The process that waits for the response, if it lives.
    node: Option<usize>,
    token: u32,
    /// When the connection ends, by the clock of the world.
    until: u64,
    /// The response, once the institution has processed the request.
    response: Option<Option<u32>>,
}

/// The columns of `fdx_consents` that matter, by name.
pub(crate) struct Columns(Vec<String>);

impl Columns {
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self(names)
    }
}

/// What does not change while a class is explored.
pub(crate) struct Setup {
    pub(crate) scene: Scene,
    pub(crate) columns: Columns,
    /// How many refreshes are wanted.
    pub(crate) refreshes: i64,
}

/// A row of `fdx_consents`.
struct Consent<'a> {
    row: Option<&'a Vec<Value>>,
    columns: &'a Columns,
}

impl Consent<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let at = self.columns.0.iter().position(|column| column == name)?;
        self.row?.get(at)
    }

    fn integer(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Something that happens, for a trace.
pub(crate) type Event = String;

/// Why a state must not exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loss {
    /// The institution ended the grant, because a void token was used.
    GrantEnded,
    /// The same, with the only token that was known, after the institution's window for replays had
    /// closed: no recipient can exclude it.
    WindowClosed,
    /// The same, after a process was paused between its last check and its write, to the network or to
    /// the store, for longer than its deadline: no recipient can exclude it either.
    LateWrite,
    /// No token in the store is valid.
    NoValidToken,
    /// New tokens were stored for a consent that was revoked.
    StoredAfterRevocation,
}

impl Loss {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::GrantEnded => "a void token was used, and the grant ended",
            Self::WindowClosed => "the window closed before the retry",
            Self::LateWrite => "a process wrote after its deadline",
            Self::NoValidToken => "no token in the store is valid",
            Self::StoredAfterRevocation => "tokens were stored after the revocation",
        }
    }
}

impl World {
    pub(crate) fn first(class: Class, store: Snapshot, budget: Budget) -> Self {
        Self {
            now: START,
            bank: Bank::new(class),
            store,
            nodes: Default::default(),
            flights: Vec::new(),
            budget,
            started: 0,
            stored_after_revocation: false,
            window_closed: false,
            late_write: false,
            paused: false,
            crashed: false,
        }
    }

    fn consent<'a>(&'a self, setup: &'a Setup) -> Consent<'a> {
        let [consents, ..] = &*self.store;
        Consent { row: consents.first(), columns: &setup.columns }
    }

    /// The tokens in the store: place, generation, token, whether it was refused.
    fn tokens(&self, setup: &Setup) -> Vec<(bool, i64, Option<u32>, bool)> {
        let [_, tokens, ..] = &*self.store;
        let read = |row: &Vec<Value>| match row.as_slice() {
            [
                _,
                _,
                Value::Text(place),
                Value::Integer(generation),
                Value::Bytes(sealed),
                _,
                refused,
            ] => {
                let token = setup.scene.token(*generation, sealed);
                let refused = !matches!(refused, Value::Null(_));
                Some((place == "current", *generation, token, refused))
            }
            _ => None,
        };
        tokens.iter().filter_map(read).collect()
    }

    /// Whether the store has a token that the institution accepts now, or a process is about to store
    /// one. Where replaced tokens are never accepted again, the others can't wait for a process that
    /// pauses: only the store counts.
    fn knows_a_valid_token(&self, setup: &Setup) -> bool {
        // Nothing is sent in the last seconds of the window, by whichever clock.
        let accepts =
            |token: u32| self.bank.clone().refresh(token, self.now + 4 + 2 * SKEW).is_some();
        let waits = self.bank.class != Class::Strict;
        let about = |node: &Node| match node.run.as_ref().map(|run| run.phase) {
            Some(Phase::Store(Last::Token(token))) => waits && accepts(token),
            _ => false,
        };
        let arrives = |flight: &Flight| {
            waits && flight.node.is_some() && flight.response.flatten().is_some_and(accepts)
        };
        self.tokens(setup).iter().filter_map(|(_, _, token, _)| *token).any(accepts)
            || self.nodes.iter().any(about)
            || self.flights.iter().any(arrives)
    }

    /// Why this state must not exist.
    pub(crate) fn loss(&self, setup: &Setup) -> Option<Loss> {
        let consent = self.consent(setup);
        if self.stored_after_revocation {
            return Some(Loss::StoredAfterRevocation);
        }
        if consent.text("state") == Some("revoked") {
            return None;
        }
        if self.bank.ended {
            // What a paused process knows helps the others only where a replaced token is accepted
            // again, and as long as no other process dies.
            let helpless = self.crashed || self.bank.class == Class::Strict;
            let late = self.late_write || (self.paused && helpless);
            return Some(match (late, self.window_closed) {
                (true, _) => Loss::LateWrite,
                (_, true) => Loss::WindowClosed,
                _ => Loss::GrantEnded,
            });
        }
        let quiet = self.flights.is_empty() && self.nodes.iter().all(|node| node.run.is_none());
        let over = match consent.text("state") {
            Some("dead") => true,
            Some("suspect") => quiet && self.tokens(setup).iter().all(|token| token.3),
            _ => false,
        };
        over.then_some(Loss::NoValidToken)
    }

    /// The same for every state that differs only in absolute times, and in the names of attempts and
    /// tokens.
    pub(crate) fn key(&self, setup: &Setup) -> u128 {
        let consent = self.consent(setup);
        let time = |seconds: Option<i64>| {
            // A time that has passed long ago is like any other.
            seconds.map(|at| (at - self.now.cast_signed()).max(-PAST))
        };
        let token = |token: u32| i64::from(self.bank.current) - i64::from(token);
        let mut tokens: Vec<_> = self.tokens(setup);
        tokens.sort_unstable();
        let generation = consent.integer("generation").unwrap_or_default();
        let tokens: Vec<_> = tokens
            .into_iter()
            .map(|(current, of, it, refused)| (current, of - generation, it.map(token), refused))
            .collect();
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| {
                let run = node.run.as_ref()?;
                let deadline = |until: u64| until.cast_signed() - self.clock(at).cast_signed();
                let phase = match run.phase {
                    Phase::Store(Last::Token(it)) => (0, token(it), 0),
                    Phase::Store(last) => (1, i64::from(last.number()), 0),
                    Phase::Send(it, until) => (2, token(it), deadline(until)),
                    Phase::Write(it, until) => (3, token(it), deadline(until)),
                    Phase::Await(it, until) => (4, token(it), deadline(until)),
                    Phase::Wait(until) => (5, 0, deadline(until)),
                };
                let attempt = run.attempt.as_ref().map(|(id, of)| {
                    (
                        consent.text("attempt") == Some(id),
                        generation - of,
                        consent.text("stored_by") == Some(id),
                    )
                });
                Some((phase, attempt, run.waits, run.commits))
            })
            .collect();
        let mut flights: Vec<_> = self
            .flights
            .iter()
            .map(|flight| {
                let response = flight.response.map(|response| response.map(token));
                let until = flight.until.saturating_sub(self.now);
                (flight.node, token(flight.token), until, response)
            })
            .collect();
        flights.sort_unstable();
        let row = (
            consent.text("state"),
            generation,
            consent.integer("verified"),
            consent.text("attempt").is_some(),
            time(consent.integer("deadline")),
            consent.integer("unanswered"),
            time(consent.integer("unanswered_since")),
            consent.integer("failures") > Some(0),
            time(consent.integer("not_before")).filter(|at| *at > 0),
        );
        let replaced =
            self.bank.replaced.map(|(it, at)| (token(it), (self.now - at).min(WINDOW + 1)));
        let accidents = (self.budget, self.paused, self.crashed, self.late_write);
        let state = (row, tokens, nodes, flights, (replaced, self.bank.ended), accidents);
        let half = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            state.hash(&mut hasher);
            u128::from(hasher.finish())
        };
        half(1) << 64 | half(2)
    }

    /// The clock of a process.
    fn clock(&self, node: usize) -> u64 {
        self.now + if node == 1 { SKEW } else { 0 }
    }

    /// Everything that can happen next.
    pub(crate) fn next(
        &self,
        setup: &Setup,
        database: &mut Database,
    ) -> Result<Vec<(Event, Self)>, rusqlite::Error> {
        let mut next = Vec::new();
        for node in 0..NODES {
            self.next_of(node, setup, database, &mut next)?;
        }
        for at in 0..self.flights.len() {
            self.processed(at, setup, &mut next);
        }
        if let Some(passed) = self.pass(setup, database)? {
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
    ) -> Result<(), rusqlite::Error> {
        let Some(run) = self.nodes.get(node).and_then(|node| node.run.as_ref()) else {
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
                    self.now + 15
                };
                world.flights.push(Flight { node: Some(node), token, until, response: None });
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
        if let Some(node) = self.nodes.get_mut(node) {
            node.run = None;
        }
        for flight in self.flights.iter_mut().filter(|flight| flight.node == Some(node)) {
            flight.node = None;
        }
        // A response that arrives at a dead process is lost.
        self.flights.retain(|flight| flight.node.is_some() || flight.response.is_none());
    }

    fn started_at(&self, node: usize) -> Self {
        let mut world = self.clone();
        world.started += 1;
        if let Some(slot) = world.nodes.get_mut(node) {
            slot.run = Some(Run {
                entropy: world.started,
                started_at: self.clock(node),
                inputs: Vec::new(),
                phase: Phase::Store(Last::Nothing),
                attempt: None,
                waits: 0,
                commits: 0,
            });
        }
        world
    }

    /// One transaction, from its begin to its commit.
    fn transaction(
        &self,
        node: usize,
        run: &Run,
        setup: &Setup,
        database: &mut Database,
    ) -> Result<(Event, Self), rusqlite::Error> {
        let mut world = self.clone();
        database.load(&self.store)?;
        let mut step = run.step(setup);
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
            Step::Done(access) => Some(said(access)),
            _ => None,
        };
        let phase = Phase::of(step, last);
        if let Some(slot) = world.nodes.get_mut(node) {
            slot.run = phase.map(|phase| Run {
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
        run: &Run,
        setup: &Setup,
        token: u32,
        deadline: u64,
    ) -> (Event, Self) {
        let mut world = self.clone();
        let clock = self.clock(node);
        let Step::Send(sending) = run.step(setup) else { return ("nothing".to_owned(), world) };
        match sending.start(UnixTime::from_seconds(clock)) {
            Ok(_) => {
                if let Some(run) = world.nodes.get_mut(node).and_then(|node| node.run.as_mut()) {
                    run.inputs.push(Rc::new(Input::Started(clock)));
                    run.commits = 0;
                    run.phase = Phase::Write(token, deadline);
                }
                // Nothing happens between the check and the write, except by accident.
                if self.budget.late_writes == 0 {
                    let until = self.world_time(node, deadline).max(self.now);
                    let until = if clock < deadline { until } else { self.now + 15 };
                    world.flights.push(Flight { node: Some(node), token, until, response: None });
                    world.enter(node, Phase::Await(token, deadline));
                    return (format!("{} sends t{token}", name(node)), world);
                }
                (format!("{} checks its deadline", name(node)), world)
            }
            Err(step) => {
                let phase = Phase::of(step, Last::Late);
                if let Some(slot) = world.nodes.get_mut(node) {
                    slot.run = phase.zip(slot.run.take()).map(|(phase, mut run)| {
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
        if let Some(run) = self.nodes.get_mut(node).and_then(|node| node.run.as_mut()) {
            run.phase = phase;
        }
    }

    /// Gives an input to the procedure of a process.
    fn input(&mut self, node: usize, input: Input, setup: &Setup, last: Last) {
        let Some(slot) = self.nodes.get_mut(node) else { return };
        let Some(mut run) = slot.run.take() else { return };
        run.inputs.push(Rc::new(input));
        slot.run = Phase::of(run.step(setup), last).map(|phase| Run { phase, ..run });
    }

    /// What can become of the request of a process.
    fn responses(&self, node: usize, setup: &Setup, next: &mut Vec<(Event, Self)>) {
        let Some(at) = self.flights.iter().position(|flight| flight.node == Some(node)) else {
            return;
        };
        let Some(flight) = self.flights.get(at) else { return };
        if let Some(response) = flight.response {
            let mut world = self.clone();
            world.flights.remove(at);
            let input = Input::Received(response, self.clock(node));
            world.input(node, input, setup, response.map_or(Last::Refused, Last::Token));
            let what = response.map_or("a refusal".to_owned(), |token| format!("t{token}"));
            next.push((format!("{} receives {what}", name(node)), world));
        }
        if self.budget.losses > 0 {
            let mut world = self.clone();
            world.budget.losses -= 1;
            world.lose(at, node, setup);
            next.push((format!("the connection of {} fails", name(node)), world));
        }
    }

    /// A connection ends without a response. A request that was written may still be processed.
    fn lose(&mut self, at: usize, node: usize, setup: &Setup) {
        if let Some(flight) = self.flights.get_mut(at) {
            flight.node = None;
            if flight.response.is_some() {
                self.flights.remove(at);
            }
        }
        let clock = self.clock(node);
        self.input(node, Input::NoResponse(clock), setup, Last::NoResponse);
    }

    /// The institution processes a request.
    fn processed(&self, at: usize, setup: &Setup, next: &mut Vec<(Event, Self)>) {
        let Some(flight) = self.flights.get(at).filter(|flight| flight.response.is_none()) else {
            return;
        };
        let mut world = self.clone();
        let answer = match flight.token {
            REVOCATION => Some(REVOCATION),
            token => world.bank.refresh(token, self.now),
        };
        world.window_closed =
            flight.token != REVOCATION && !self.bank.ended && !self.knows_a_valid_token(setup);
        match flight.node {
            Some(_) => {
                if let Some(flight) = world.flights.get_mut(at) {
                    flight.response = Some(answer);
                }
            }
            None => drop(world.flights.remove(at)),
        }
        let what = answer.map_or("refuses".to_owned(), |token| format!("issues t{token} for"));
        next.push((format!("the bank {what} t{}", flight.token), world));
    }

    /// Time passes until the next moment at which something can change.
    fn pass(
        &self,
        setup: &Setup,
        _: &mut Database,
    ) -> Result<Option<(Event, Self)>, rusqlite::Error> {
        let consent = self.consent(setup);
        let of_row =
            |name: &str, later: u64| consent.integer(name).map(|at| at.cast_unsigned() + later);
        let mut times =
            vec![of_row("deadline", 1), of_row("deadline", SKEW + 1), of_row("not_before", 0)];
        times.extend(
            self.flights.iter().map(|flight| Some(flight.until).filter(|at| *at != u64::MAX)),
        );
        let mut paused = false;
        for (node, slot) in self.nodes.iter().enumerate() {
            match slot.run.as_ref().map(|run| run.phase) {
                Some(Phase::Wait(until)) => times.push(Some(self.world_time(node, until))),
                Some(Phase::Store(_) | Phase::Send(..) | Phase::Write(..)) => paused = true,
                Some(Phase::Await(..)) | None => {}
            }
        }
        if let Some((_, since)) =
            self.bank.replaced.filter(|_| consent.integer("unanswered") > Some(0))
        {
            times.push(Some(since + WINDOW + 1));
        }
        let Some(time) = times.into_iter().flatten().filter(|at| *at > self.now).min() else {
            return Ok(None);
        };
        let mut world = self.clone();
        if paused {
            let writes = self.nodes.iter().any(|node| {
                node.run.as_ref().is_some_and(|run| matches!(run.phase, Phase::Write(..)))
            });
            let budget =
                if writes { &mut world.budget.late_writes } else { &mut world.budget.pauses };
            let Some(left) = budget.checked_sub(1) else { return Ok(None) };
            *budget = left;
            world.paused = true;
        }
        world.now = time;
        // Connections end at their deadlines.
        while let Some(at) = world.flights.iter().position(|flight| flight.until <= time) {
            match world.flights.get(at).and_then(|flight| flight.node) {
                None => drop(world.flights.remove(at)),
                Some(node) => {
                    let Some(left) = world.budget.losses.checked_sub(1) else { return Ok(None) };
                    world.budget.losses = left;
                    world.flights.remove(at);
                    let clock = world.clock(node);
                    world.input(node, Input::NoResponse(clock), setup, Last::NoResponse);
                }
            }
        }
        Ok(Some((format!("{} s pass", time - self.now), world)))
    }

    /// The consent is revoked by the recipient: at the institution, and in the store.
    fn revoked(
        &self,
        _: &Setup,
        database: &mut Database,
    ) -> Result<(Event, Self), rusqlite::Error> {
        let mut world = self.clone();
        world.budget.revocations -= 1;
        database.load(&self.store)?;
        database.execute_batch("UPDATE fdx_consents SET state = 'revoked'")?;
        world.store = database.snapshot()?;
        Ok(("the consent is revoked".to_owned(), world))
    }
}

impl Run {
    /// The step at which the procedure is now.
    fn step(&self, setup: &Setup) -> Step<Access> {
        let time = UnixTime::from_seconds;
        let entropy = Entropy::new([self.entropy; 32]);
        let mut step =
            setup.scene.consents.refresh(&setup.scene.id, entropy, time(self.started_at));
        let mut awaiting: Option<Awaiting<Access>> = None;
        for input in &self.inputs {
            let next = match (&**input, step) {
                (Input::Performed(result, now), Step::Store(storing)) => {
                    storing.answered(result.clone(), time(*now))
                }
                (Input::Started(now), Step::Send(sending)) => match sending.start(time(*now)) {
                    Ok((_, waits)) => {
                        awaiting = Some(waits);
                        Step::Done(Access::NotFound)
                    }
                    Err(step) => step,
                },
                (Input::Resumed(now), Step::Wait(waiting)) => waiting.resumed(time(*now)),
                (Input::Received(token, now), other) => match awaiting.take() {
                    Some(awaiting) => awaiting.received(response(*token), time(*now)),
                    None => other,
                },
                (Input::NoResponse(now), other) => match awaiting.take() {
                    Some(awaiting) => awaiting.no_response("the connection failed", time(*now)),
                    None => other,
                },
                (_, other) => other,
            };
            step = next;
        }
        step
    }
}

impl Phase {
    /// What a procedure does at this step. `None` if it is over.
    fn of(step: Step<Access>, last: Last) -> Option<Self> {
        match step {
            Step::Store(_) => Some(Self::Store(last)),
            Step::Send(sending) => {
                let deadline = sending.deadline().map_or(NO_DEADLINE, UnixTime::as_seconds);
                // The request is the same at every time before the deadline.
                let (request, _) = sending.start(UnixTime::from_seconds(0)).ok()?;
                Some(Self::Send(requested(request.into_http().body()), deadline))
            }
            Step::Wait(waiting) => Some(Self::Wait(waiting.until().as_seconds())),
            Step::Done(_) | Step::Sign(_) => None,
        }
    }
}

impl Last {
    fn number(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Token(_) => 1,
            Self::Refused => 2,
            Self::NoResponse => 3,
            Self::Late => 4,
        }
    }
}

fn name(node: usize) -> &'static str {
    if node == 0 { "A" } else { "B" }
}

fn said(access: &Access) -> &'static str {
    match access {
        Access::Token(_) => "it has a token",
        Access::Later { .. } => "later",
        Access::Suspect { .. } => "the token was refused",
        Access::Ended { .. } => "the consent has ended",
        _ => "no token",
    }
}
