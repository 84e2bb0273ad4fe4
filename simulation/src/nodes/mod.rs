//! Worlds of nodes: the procedures of `fdx-store` on SQLite, on nodes with different clocks that crash
//! between any two steps, over a network that loses and repeats messages.
//!
//! The attacks of the other worlds change single messages of single exchanges, so their recipient is
//! written with exchanges. Here there is no attacker, and the recipient is what a program would run.

mod audit;
mod bank;
mod customer;
mod network;
mod node;
mod outcome;
mod procedure;
mod report;
mod store;

use std::collections::BTreeMap;
use std::io::Write;

use fdx_par::ServerKeys;
use fdx_sandbox::RefreshPolicy;
use fdx_store::RecordId;
use fdx_store::refresh::RefreshPolicy as Policy;
use fdx_testkit::{Setup, start};
use fdx_wire::UnixTime;
use http::Response;

pub use report::Report;

use crate::choices::Choices;
use crate::ledger::Harm;
use crate::scene;
use crate::secrets::Secrets;
use crate::single_use::{Reason, SingleUse};
use crate::tally::count;
use crate::world::{Queue, Trace};
use bank::Bank;
use customer::Flow;
use network::Flight;
use node::Node;
use procedure::Running;
use store::Store;

/// When faults end and the rest settles, and when the world ends, in milliseconds.
const FAULTS_END: u64 = 45 * 60_000;
const END: u64 = 75 * 60_000;

/// How far the clocks of nodes differ at most, in milliseconds: what the policy tolerates.
const SKEW: u64 = 2000;

/// A recipient of several nodes with one database, an institution and its customers.
pub struct Nodes {
    choices: Choices,
    /// Milliseconds since the beginning.
    now: u64,
    queue: Queue<Event>,
    setup: Setup,
    policy: Policy,
    bank: Bank,
    nodes: Vec<Node>,
    store: Store,
    flows: Vec<Flow>,
    tasks: BTreeMap<u32, Task>,
    next_task: u32,
    /// The consents with a refresh under way: when its sender closes the connection.
    refreshing: BTreeMap<String, (u32, u64)>,
    /// When the network delivers nothing.
    outage: core::ops::Range<u64>,
    /// When something failed, and for which grant. Without a grant, it failed for all.
    accidents: Vec<(u64, Option<String>)>,
    /// The institution's keys, as a node may have fetched them before.
    keys: Option<ServerKeys>,
    single_use: SingleUse,
    secrets: Secrets,
    report: Report,
    trace: Trace,
}

/// An event.
enum Event {
    Begin { flow: usize },
    AtBank { flow: usize, url: String },
    Callback { flow: usize, tries: u8 },
    Use { flow: usize, what: Use },
    EndAtBank { flow: usize },
    Step { task: u32 },
    Arrive { flight: Box<Flight> },
    Respond { task: u32, request: u32, response: Box<Response<Vec<u8>>> },
    Timeout { task: u32, request: u32, sent: bool },
    Tick { node: usize, life: u32 },
    Crash { node: usize },
    Restart { node: usize },
}

/// What is done with a consent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Use {
    Call,
    /// After the institution refused a token of this generation.
    CallAfter(i64),
    Check,
    Refresh,
    Renew,
    Resume,
    Revoke,
}

/// What a task is for.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Purpose {
    Begin { flow: usize },
    Finish { flow: usize, tries: u8 },
    Use { flow: usize, what: Use },
    Revoke,
    Keep { key: fdx_store::RecordKey },
    Audit,
}

/// A procedure that a node runs.
struct Task {
    node: usize,
    purpose: Purpose,
    /// Absent only while it takes a step.
    running: Option<Running>,
    /// The number of its requests, which identifies a late response to an earlier one.
    request: u32,
    reason: Reason,
    /// The consent and the refresh token of the response that is not stored yet.
    arrived: Option<(String, String)>,
    /// The consent of the refresh that waits for its response.
    refreshes: Option<String>,
}

impl Nodes {
    /// The world of a seed, in which nothing has happened yet, with this many flows.
    #[must_use]
    pub fn from_seed(seed: u64, flows: u64, trace: Trace) -> Self {
        let mut choices = Choices::from_seed(seed);
        let refresh = match choices.below(6) {
            0..3 => RefreshPolicy::Rotate,
            3 => RefreshPolicy::RotateAtOnce,
            4 => RefreshPolicy::Repeat,
            _ => RefreshPolicy::Keep,
        };
        let setup = Setup { refresh, ..scene::any_setup(&mut choices) };
        let sandbox = scene::Bank::Honest.institution(&setup, choices.entropy());
        let offset = 3 - i64::try_from(choices.below(7)).unwrap_or(0);
        let mut world = Self {
            now: 0,
            queue: Queue::new(),
            setup,
            policy: node::policy(refresh),
            bank: Bank::new(sandbox, refresh, offset),
            nodes: Vec::new(),
            store: Store::new(seed),
            flows: Vec::new(),
            tasks: BTreeMap::new(),
            next_task: 0,
            refreshing: BTreeMap::new(),
            outage: 0..0,
            accidents: Vec::new(),
            keys: None,
            single_use: SingleUse::default(),
            secrets: Secrets::default(),
            report: Report { worlds: 1, flows, ..Report::default() },
            trace,
            choices,
        };
        world.keys = world.fetch_keys();
        for _ in 0..2 + world.choices.below(3) {
            let ahead = world.choices.below(SKEW + 1);
            world.add_node(ahead);
        }
        world.plan(flows);
        world
    }

    /// Runs all events and checks the final state.
    #[must_use]
    pub fn run(mut self) -> Report {
        while let Some((at, event)) = self.queue.take() {
            self.now = self.now.max(at);
            self.report.events += 1;
            self.happen(event);
        }
        self.audit();
        self.report
    }

    fn plan(&mut self, flows: u64) {
        for number in 0..flows {
            let flow = self.add_flow(None);
            let at = number * 15_000 + self.choices.below(300_000);
            self.queue.schedule(at, Event::Begin { flow });
        }
        for _ in 0..self.choices.below(5) {
            let at = self.choices.below(FAULTS_END);
            let node = self.any_node();
            self.queue.schedule(at, Event::Crash { node });
        }
        if self.choices.chance(500) {
            count(&mut self.report.faults, "outages");
            let start = self.choices.below(FAULTS_END - 120_000);
            self.outage = start..start + self.choices.below(90_000);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Begin { flow } => self.begin(flow),
            Event::AtBank { flow, url } => self.at_bank(flow, &url),
            Event::Callback { flow, tries } => self.callback(flow, tries),
            Event::Use { flow, what } => self.use_consent(flow, what),
            Event::EndAtBank { flow } => self.end_at_bank(flow),
            Event::Step { task } => self.step(task),
            Event::Arrive { flight } => self.arrive(*flight),
            Event::Respond { task, request, response } => self.respond(task, request, *response),
            Event::Timeout { task, request, sent } => self.time_out(task, request, sent),
            Event::Tick { node, life } => self.tick(node, life),
            Event::Crash { node } => self.crash(node, "crashes between two steps"),
            Event::Restart { node } => self.restart(node),
        }
    }

    fn is_faulty(&self) -> bool {
        self.now < FAULTS_END
    }

    /// Whether a fault happens here, this many times in a thousand.
    fn fault(&mut self, per_mille: u64) -> bool {
        self.is_faulty() && self.choices.chance(per_mille)
    }

    /// Records that something failed, for the consent of a task or for all.
    fn accident(&mut self, task: Option<u32>) {
        let task = task.and_then(|task| self.tasks.get(&task));
        let grant = task.and_then(|task| self.grant_of(&task.purpose));
        self.accidents.push((self.now, grant));
    }

    fn bank_time(&self) -> UnixTime {
        let now = start().as_seconds() + self.now / 1000;
        UnixTime::from_seconds(now.saturating_add_signed(self.bank.offset))
    }

    fn clock(&self, node: usize) -> UnixTime {
        let ahead = self.nodes.get(node).map_or(0, |node| node.ahead);
        UnixTime::from_seconds(start().as_seconds() + (self.now + ahead) / 1000)
    }

    /// When the clock of a node shows this time.
    fn when(&self, node: usize, time: UnixTime) -> u64 {
        let ahead = self.nodes.get(node).map_or(0, |node| node.ahead);
        let seconds = time.as_seconds().saturating_sub(start().as_seconds());
        (seconds.saturating_mul(1000)).saturating_sub(ahead).max(self.now)
    }

    /// Records how a flow ended.
    fn end(&mut self, flow: usize, end: &'static str) {
        self.log(|| format!("flow {flow}: {end}"));
        count(&mut self.report.ends, end);
    }

    fn harm(&mut self, harm: Harm, what: impl Into<String>) {
        let what = what.into();
        self.log(|| format!("HARM: {harm:?}: {what}"));
        self.report.harms.push((self.choices.seed(), harm, what));
    }

    fn log(&self, what: impl FnOnce() -> String) {
        if self.trace == Trace::On {
            // The reader of a pipe may close it early.
            let _ = writeln!(std::io::stdout(), "{:>9} ms  {}", self.now, what());
        }
    }

    fn record_of(&self, flow: usize) -> Option<RecordId> {
        self.flows.get(flow)?.record.clone()
    }
}
