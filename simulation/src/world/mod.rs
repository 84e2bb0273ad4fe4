mod bank;
mod customer;
mod customers;
mod flow;
mod plan;
mod queue;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use fdx_par::{Client, ServerKeys, ServerMetadata};
use fdx_sandbox::{Peer, RefreshPolicy, Sandbox};
use fdx_testkit::{Binding, Setup};
use http::{Request, Response};

pub(crate) use flow::Flow;

use crate::attack::Attack;
use crate::choices::Choices;
use crate::ledger::{Harm, Ledger, Person};
use crate::recipient::Task;
use crate::recipient::tampering::Tampering;
use crate::scene::{self, Bank};
use crate::secrets::Secrets;
use crate::shared::subject;
use crate::single_use::SingleUse;
use crate::tally::{Tally, count};
pub(crate) use queue::Queue;

/// The attacker's browser. The others belong to customers.
pub(crate) const ATTACKER: Person = 0;
const CUSTOMERS: u64 = 6;
const NODES: usize = 3;

/// The settings of a world.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The number of flows that customers begin.
    pub flows: u64,
    /// Faults that occur without an attacker.
    pub faults: Faults,
    /// The only attack, or `None` for all of them.
    pub attack: Option<Attack>,
    /// How client and institutions are set up, or `None` for any setup.
    pub setup: Option<Setup>,
    /// How often grants are renewed.
    pub renewals: Renewals,
    /// Whether events are printed.
    pub trace: Trace,
}

impl Settings {
    /// The settings for an input of a fuzzer or of a property test.
    pub const SMALL: Self = Self {
        flows: 2,
        faults: Faults::Tampering,
        attack: None,
        setup: None,
        renewals: Renewals::Some,
        trace: Trace::Off,
    };
}

/// Faults that occur without an attacker.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Faults {
    /// None.
    None,
    /// The network, the machines and the clocks.
    Usual,
    /// In addition, responses and callbacks are changed in transit. TLS prevents that, so a world
    /// in which it has happened does not check the promises that depend on TLS.
    Tampering,
}

/// How often grants are renewed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Renewals {
    /// Some grants, some of them several times.
    Some,
    /// Every grant, up to three times.
    All,
}

/// Whether events are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trace {
    /// Count only.
    Off,
    /// A line for each event, on standard output.
    On,
}

/// Whether the recipient's nodes claim a flow before they send its code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Claims {
    Atomic,
    None,
}

/// How a request reaches the institution.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lane {
    /// At once, for the attacker's own flows: an attack is one event.
    Direct,
    /// Late, twice, or never.
    Network,
}

/// An event. A browser that retries keeps the attack that sent it.
pub(crate) enum Event {
    Begin { flow: usize },
    Authorize { flow: usize, url: String },
    Decide { flow: usize, form: Request<Vec<u8>> },
    Callback { person: Person, url: String, flow: usize, tries: u8, acting: Option<Attack> },
    ToBank { task: u32, attempt: u32, request: Request<Vec<u8>>, peer: Peer },
    ToNode { task: u32, attempt: u32, response: Response<Vec<u8>> },
    Timeout { task: u32, attempt: u32 },
    Crash { node: usize },
    Restart { node: usize },
    Renew { flow: String },
    AttackLater { flow: usize },
}

/// A machine of the recipient. A crash loses everything but its configuration.
pub(crate) struct Node {
    pub(crate) up: bool,
    /// The error of its clock, in seconds.
    pub(crate) offset: i64,
    pub(crate) clients: [Client; 2],
    pub(crate) keys: [Option<ServerKeys>; 2],
}

/// A sealed flow in a browser.
#[derive(Clone, Debug)]
pub(crate) struct Cookie {
    pub(crate) flow_id: String,
    pub(crate) bank: Bank,
    pub(crate) sealed: String,
}

/// The row of a persisted grant.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) bank: Bank,
    pub(crate) text: String,
    /// The number of writes.
    pub(crate) version: u64,
    /// The end of the lease of the node that may renew the grant.
    pub(crate) lease: u64,
}

/// The recipient's database, which survives crashes.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) claims: BTreeSet<String>,
    pub(crate) grants: BTreeMap<String, Row>,
}

/// A recipient of several nodes, two institutions, customers and an attacker.
pub struct World {
    pub(crate) choices: Choices,
    /// Milliseconds since the beginning.
    pub(crate) now: u64,
    pub(crate) queue: Queue<Event>,
    pub(crate) faults: Faults,
    pub(crate) renewals: Renewals,
    pub(crate) setup: Setup,
    pub(crate) claims: Claims,
    pub(crate) lane: Lane,
    /// When the network delivers nothing.
    pub(crate) outage: core::ops::Range<u64>,
    pub(crate) banks: [Sandbox; 2],
    bank_offsets: [i64; 2],
    pub(crate) nodes: Vec<Node>,
    pub(crate) jars: Vec<Vec<Cookie>>,
    pub(crate) store: Store,
    pub(crate) tasks: BTreeMap<u32, Task>,
    pub(crate) next_task: u32,
    pub(crate) flows: Vec<Flow>,
    /// The recipient's exchanges of each flow and code.
    pub(crate) exchanges: BTreeMap<(String, String), u32>,
    pub(crate) ledger: Ledger,
    pub(crate) single_use: SingleUse,
    pub(crate) secrets: Secrets,
    /// What the network changed.
    pub(crate) tampering: Tampering,
    pub(crate) metadata: [ServerMetadata; 2],
    pub(crate) tally: Tally,
    pub(crate) acting: Option<Attack>,
    /// The `request_uri` that the honest institution returned to the hostile one.
    pub(crate) relayed: Option<String>,
    /// Responses to the attacker's own flow, which replace those of a customer's flow.
    pub(crate) own_tokens: Option<Response<Vec<u8>>>,
    pub(crate) own_consent: Option<Response<Vec<u8>>>,
    trace: Trace,
}

impl World {
    /// Returns a world in which nothing has happened yet. The seed makes every choice.
    #[must_use]
    pub fn from_seed(seed: u64, settings: Settings) -> Self {
        Self::new(Choices::from_seed(seed), settings)
    }

    /// Returns a world in which nothing has happened yet. The bytes make every choice: an input of
    /// a fuzzer or of a property test. Without bytes nothing fails.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], settings: Settings) -> Self {
        Self::new(Choices::from_bytes(bytes), settings)
    }

    fn new(mut choices: Choices, settings: Settings) -> Self {
        let faulty = settings.faults != Faults::None;
        let setup = match settings.setup {
            Some(setup) => setup,
            None if faulty && choices.chance(150) => scene::any_setup(&mut choices),
            None if choices.chance(250) => Setup { binding: Binding::Mtls, ..Setup::default() },
            None => Setup::default(),
        };
        let claims = if faulty && choices.chance(200) { Claims::None } else { Claims::Atomic };
        let mut drift = |most: u64| match choices.below(if faulty { 2 * most + 1 } else { 1 }) {
            ahead if ahead <= most => ahead as i64,
            behind => most as i64 - behind as i64,
        };
        let bank_offsets = [drift(3), drift(3)];
        let offsets: Vec<i64> = (0..NODES).map(|_| drift(6)).collect();
        let banks = Bank::ALL.map(|bank| {
            let refresh = match choices.below(6) {
                0..3 if faulty => RefreshPolicy::Rotate,
                3 if faulty => RefreshPolicy::Repeat,
                _ => RefreshPolicy::Keep,
            };
            bank.institution(&Setup { refresh, ..setup }, choices.entropy())
        });
        let mut world = Self {
            choices,
            now: 0,
            queue: Queue::new(),
            faults: settings.faults,
            renewals: settings.renewals,
            setup,
            claims,
            lane: Lane::Network,
            outage: 0..0,
            banks,
            bank_offsets,
            nodes: Vec::new(),
            jars: vec![Vec::new(); 1 + CUSTOMERS as usize],
            store: Store::default(),
            tasks: BTreeMap::new(),
            next_task: 0,
            flows: Vec::new(),
            exchanges: BTreeMap::new(),
            ledger: Ledger::default(),
            single_use: SingleUse::default(),
            secrets: Secrets::default(),
            tampering: Tampering::default(),
            metadata: Bank::ALL.map(Bank::metadata),
            tally: Tally { worlds: 1, flows: settings.flows, ..Tally::default() },
            acting: None,
            relayed: None,
            own_tokens: None,
            own_consent: None,
            trace: settings.trace,
        };
        world.discover();
        for offset in offsets {
            let clients = world.new_clients();
            world.nodes.push(Node { up: true, offset, clients, keys: [None, None] });
        }
        for person in 0..=CUSTOMERS {
            world.secrets.hide(&subject(person as Person));
        }
        world.plan_flows(settings);
        world
    }

    /// Runs all events and checks the final state.
    #[must_use]
    pub fn run(mut self) -> Tally {
        self.run_all();
        self.tally
    }

    /// The places in `bytes` at which a world with these choices chooses whether the network fails.
    #[must_use]
    pub fn places_of_faults(bytes: &[u8], settings: Settings) -> Vec<usize> {
        let mut world = Self::from_bytes(bytes, settings);
        world.run_all();
        world.choices.faults().to_vec()
    }

    pub(crate) fn run_all(&mut self) {
        while let Some((at, event)) = self.queue.take() {
            self.now = self.now.max(at);
            self.tally.events += 1;
            self.happen(event);
        }
        self.audit();
        for text in self.secrets.shown() {
            self.log(|| format!("a secret is shown in {text}"));
            self.harm(Harm::SecretShown, None);
        }
        for (name, count) in std::mem::take(&mut self.ledger.refresh_tokens.counts) {
            *self.tally.network.entry(name).or_default() += count;
        }
        for flow in &self.flows {
            self.tally.most_requests = self.tally.most_requests.max(flow.requests);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Begin { flow } => self.begin(flow),
            Event::Authorize { flow, url } => self.load_page(flow, &url),
            Event::Decide { flow, form } => self.send_decision(flow, &form),
            Event::Callback { person, url, flow, tries, acting: None } => {
                self.arrive(person, &url, Some(flow), tries);
            }
            Event::Callback { person, url, flow, tries, acting: Some(attack) } => {
                self.acted(attack, |world| world.arrive(person, &url, Some(flow), tries));
            }
            Event::ToBank { task, attempt, request, peer } => {
                self.at_bank(task, attempt, &request, peer);
            }
            Event::ToNode { task, attempt, response } => self.receive(task, attempt, response),
            Event::Timeout { task, attempt } => self.time_out(task, attempt),
            Event::Crash { node } => self.crash(node),
            Event::Restart { node } => self.restart(node),
            Event::Renew { flow } => self.renew(&flow),
            Event::AttackLater { flow } => self.attack_later(flow),
        }
    }

    /// Whether faults occur without an attacker.
    pub(crate) fn is_faulty(&self) -> bool {
        self.faults != Faults::None
    }

    /// Runs `what` with every request answered at once.
    pub(crate) fn directly<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> T {
        let lane = std::mem::replace(&mut self.lane, Lane::Direct);
        let done = what(self);
        self.lane = lane;
        done
    }

    pub(crate) fn end(&mut self, flow: usize, end: &'static str) {
        let person = self.of(flow).map(|(person, ..)| person);
        self.log(|| format!("flow {flow}: {end}"));
        if person != Some(ATTACKER) {
            count(&mut self.tally.ends, end);
        }
    }

    pub(crate) fn log(&self, what: impl FnOnce() -> String) {
        if self.trace == Trace::On {
            // The reader of a pipe may close it early.
            let _ = writeln!(std::io::stdout(), "{:>9} ms  {}", self.now, what());
        }
    }
}

/// A URL, shortened, without its secrets.
pub(crate) fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}
