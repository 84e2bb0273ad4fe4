use std::collections::{BTreeMap, BTreeSet};

use fdx_par::{Client, ServerKeys};
use fdx_sandbox::customer::{ConsentPage, Decision};
use fdx_sandbox::{Institution, Peer};
use fdx_wire::UnixTime;
use http::header::LOCATION;
use http::{Request, Response};

use crate::attack::Attack;
use crate::ledger::{Actor, Agreed, Harm, Ledger, Person, parameter};
use crate::queue::Queue;
use crate::recipient::Task;
use crate::rng::Rng;
use crate::scene::{Bank, Binding, START};
use crate::tally::{Tally, count};

/// One browser is the attacker's; the others belong to customers.
pub(crate) const ATTACKER: Person = 0;
const CUSTOMERS: u64 = 6;
const NODES: usize = 3;
/// More than any flow needs that goes as badly as it can.
pub(crate) const MOST_REQUESTS: u64 = 40;

/// How a world is set up.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many flows customers begin.
    pub flows: u64,
    /// Whether anything goes wrong by itself.
    pub faults: Faults,
    /// The one attack, or any.
    pub attack: Option<Attack>,
    /// What tokens are bound to, or either.
    pub binding: Option<Binding>,
    /// Whether to write down what happens.
    pub trace: Trace,
}

/// Whether anything goes wrong by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Faults {
    /// Nothing.
    None,
    /// The network, the machines and the clocks.
    Usual,
}

/// Whether to write down what happens.
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

/// How a request travels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lane {
    /// At once. The attacker's own flows, so that an attack is one event.
    Direct,
    /// Late, twice, or never.
    Network,
}

/// What happens.
pub(crate) enum Event {
    Begin { flow: usize },
    Authorize { flow: usize, url: String },
    Decide { flow: usize, form: Request<Vec<u8>>, whole: bool },
    Callback { person: Person, url: String, flow: usize, tries: u8 },
    ToBank { task: u32, attempt: u32, request: Request<Vec<u8>>, peer: Peer },
    ToNode { task: u32, attempt: u32, response: Response<Vec<u8>> },
    Timeout { task: u32, attempt: u32 },
    Crash { node: usize },
    Restart { node: usize },
    Refresh { flow: String },
    Strike { flow: usize },
}

/// A machine of the recipient's. What it knows besides its configuration, it forgets in a crash.
pub(crate) struct Node {
    pub(crate) up: bool,
    /// Seconds by which its clock is off.
    pub(crate) offset: i64,
    pub(crate) clients: [Client; 2],
    pub(crate) keys: [Option<ServerKeys>; 2],
}

/// A sealed flow in somebody's browser.
#[derive(Clone, Debug)]
pub(crate) struct Cookie {
    pub(crate) flow_id: String,
    pub(crate) bank: Bank,
    pub(crate) sealed: String,
}

/// What a flow is, as only the world knows.
pub(crate) struct Flow {
    pub(crate) person: Person,
    pub(crate) bank: Bank,
    pub(crate) plan: Option<Attack>,
    pub(crate) whole: bool,
    pub(crate) url: Option<String>,
    pub(crate) callback: Option<String>,
    pub(crate) flow_id: Option<String>,
    pub(crate) client: Option<Client>,
    pub(crate) requests: u64,
    /// Requests to resources, as the attacker read them.
    pub(crate) calls: Vec<Request<Vec<u8>>>,
}

/// What is persisted of a grant.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) bank: Bank,
    pub(crate) text: String,
}

/// The recipient's database: all that survives a crash.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) claims: BTreeSet<String>,
    pub(crate) grants: BTreeMap<String, Row>,
}

/// A recipient of several nodes, two institutions, customers and an attacker.
pub struct World {
    pub(crate) seed: u64,
    pub(crate) rng: Rng,
    /// Milliseconds since the beginning.
    pub(crate) now: u64,
    pub(crate) queue: Queue<Event>,
    pub(crate) faults: Faults,
    pub(crate) binding: Binding,
    pub(crate) claims: Claims,
    pub(crate) lane: Lane,
    /// When nothing gets through.
    pub(crate) outage: core::ops::Range<u64>,
    pub(crate) banks: [Institution; 2],
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
    pub(crate) tally: Tally,
    pub(crate) acting: Option<Attack>,
    /// What the relay of the hostile institution was told by the honest one.
    pub(crate) relayed: Option<String>,
    /// What the attacker's own flow was answered, to put in another's place.
    pub(crate) own_tokens: Option<Response<Vec<u8>>>,
    pub(crate) own_consent: Option<Response<Vec<u8>>>,
    trace: Trace,
}

impl World {
    /// A world in which nothing has happened.
    #[must_use]
    pub fn new(seed: u64, settings: Settings) -> Self {
        let mut rng = Rng::new(seed);
        let faulty = settings.faults == Faults::Usual;
        let binding = match settings.binding {
            Some(binding) => binding,
            None if rng.chance(250) => Binding::Mtls,
            None => Binding::Dpop,
        };
        let claims = if faulty && rng.chance(200) { Claims::None } else { Claims::Atomic };
        let mut drift = |most: u64| match faulty {
            true => i64::try_from(rng.below(2 * most + 1)).unwrap_or(0) - most as i64,
            false => 0,
        };
        let bank_offsets = [drift(3), drift(3)];
        let offsets: Vec<i64> = (0..NODES).map(|_| drift(6)).collect();
        let banks = Bank::ALL.map(|bank| bank.institution(binding, rng.entropy()));
        let mut world = Self {
            seed,
            rng,
            now: 0,
            queue: Queue::new(),
            faults: settings.faults,
            binding,
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
            tally: Tally { worlds: 1, flows: settings.flows, ..Tally::default() },
            acting: None,
            relayed: None,
            own_tokens: None,
            own_consent: None,
            trace: settings.trace,
        };
        for offset in offsets {
            let clients = world.new_clients();
            world.nodes.push(Node { up: true, offset, clients, keys: [None, None] });
        }
        world.people(settings);
        world
    }

    /// Lets everything happen, and looks at what is left.
    #[must_use]
    pub fn run(mut self) -> Tally {
        while let Some((at, event)) = self.queue.take() {
            self.now = self.now.max(at);
            self.tally.events += 1;
            self.happen(event);
        }
        self.audit();
        for flow in &self.flows {
            self.tally.most_requests = self.tally.most_requests.max(flow.requests);
        }
        self.tally
    }

    fn people(&mut self, settings: Settings) {
        for number in 0..settings.flows {
            let plan = match settings.attack {
                Some(attack) => Some(attack),
                None if self.rng.chance(450) => self.rng.pick(&Attack::ALL).copied(),
                None => None,
            };
            let plan = plan.filter(|plan| self.binding == Binding::Dpop || !plan.needs_dpop());
            let hostile = match plan {
                Some(plan) => plan.at_the_hostile(),
                None => self.rng.chance(200),
            };
            let bank = if hostile { Bank::Hostile } else { Bank::Honest };
            let person = 1 + usize::try_from(self.rng.below(CUSTOMERS)).unwrap_or(0);
            let whole = plan.is_some() || self.rng.chance(700);
            let flow = self.flow(person, bank, plan, whole);
            let at = number * 4000 + self.rng.below(60_000);
            self.queue.plan(at, Event::Begin { flow });
        }
        if self.faults == Faults::Usual {
            let start = self.rng.below(settings.flows * 8000);
            self.outage = start..start + self.rng.below(40_000);
            for _ in 0..1 + settings.flows / 12 {
                let at = self.rng.below(60_000 + settings.flows * 4000);
                let node = usize::try_from(self.rng.below(NODES as u64)).unwrap_or(0);
                self.queue.plan(at, Event::Crash { node });
            }
        }
    }

    pub(crate) fn flow(
        &mut self,
        person: Person,
        bank: Bank,
        plan: Option<Attack>,
        whole: bool,
    ) -> usize {
        self.flows.push(Flow {
            person,
            bank,
            plan,
            whole,
            url: None,
            callback: None,
            flow_id: None,
            client: None,
            requests: 0,
            calls: Vec::new(),
        });
        self.flows.len() - 1
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Begin { flow } => self.begin(flow),
            Event::Authorize { flow, url } => self.load_page(flow, &url),
            Event::Decide { flow, form, whole } => self.send_decision(flow, &form, whole),
            Event::Callback { person, url, flow, tries } => {
                self.arrive(person, &url, Some(flow), tries);
            }
            Event::ToBank { task, attempt, request, peer } => {
                self.at_bank(task, attempt, &request, peer);
            }
            Event::ToNode { task, attempt, response } => self.hear(task, attempt, response),
            Event::Timeout { task, attempt } => self.time_out(task, attempt),
            Event::Crash { node } => self.crash(node),
            Event::Restart { node } => self.restart(node),
            Event::Refresh { flow } => self.refresh(&flow),
            Event::Strike { flow } => self.strike(flow),
        }
    }

    /// The customer's browser loads the consent page.
    fn load_page(&mut self, flow: usize, url: &str) {
        let Some((person, plan, whole)) = self.of(flow) else { return };
        self.say(|| format!("customer {person} is at {}", shown(url)));
        let Some(page) = self.visit(Actor::Customer, url, plan) else {
            return self.end(flow, "the request_uri had expired");
        };
        if plan.is_none() && self.rng.chance(60) {
            return self.end(flow, "the customer left");
        }
        let refuses = plan.is_none() && self.rng.chance(80);
        let decision = match (refuses, whole) {
            (true, _) => Decision::refuse(),
            (false, true) => Decision::everything(),
            (false, false) => Decision::less_than_asked(),
        };
        let Ok(form) = page.decide(&decision) else { return };
        let at = self.now + 2000 + self.rng.below(50_000);
        self.queue.plan(at, Event::Decide { flow, form, whole });
    }

    fn send_decision(&mut self, flow: usize, form: &Request<Vec<u8>>, whole: bool) {
        let Some((person, ..)) = self.of(flow) else { return };
        let Some(url) = self.decide(Actor::Customer, form, Agreed { by: person, whole }) else {
            // Somebody else decided: the page waits no more.
            return self.end(flow, "the request_uri had expired");
        };
        self.say(|| format!("customer {person} is sent back to {}", shown(&url)));
        if let Some(of) = self.flows.get_mut(flow) {
            of.callback = Some(url.clone());
        }
        if self.on_callback(flow, &url) {
            return;
        }
        let at = self.now + 20 + self.rng.below(2000);
        self.queue.plan(at, Event::Callback { person, url: url.clone(), flow, tries: 0 });
        // An impatient customer, or one whose browser tries again by itself.
        if self.faults == Faults::Usual && self.rng.chance(60) {
            count(&mut self.tally.network, "reloaded");
            let at = at + self.rng.below(3000);
            self.queue.plan(at, Event::Callback { person, url, flow, tries: 0 });
        }
    }

    /// The whole of a customer's part, at once.
    pub(crate) fn consent(&mut self, url: &str, agreed: Agreed) -> Option<String> {
        let actor = if agreed.by == ATTACKER { Actor::Attacker } else { Actor::Customer };
        let page = self.visit(actor, url, None)?;
        let form = page.decide(&Decision::everything()).ok()?;
        self.decide(actor, &form, agreed)
    }

    pub(crate) fn visit(
        &mut self,
        actor: Actor,
        url: &str,
        plan: Option<Attack>,
    ) -> Option<ConsentPage> {
        let mut request = Request::new(Vec::new());
        *request.uri_mut() = url.parse().ok()?;
        let answer = self.ask_bank(actor, &request, Peer::anonymous(), plan);
        match answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()) {
            Some(to) => {
                let to = to.to_owned();
                self.visit(actor, &to, None)
            }
            None => ConsentPage::read(&answer).ok(),
        }
    }

    fn decide(&mut self, actor: Actor, form: &Request<Vec<u8>>, agreed: Agreed) -> Option<String> {
        let answer = self.ask_bank(actor, form, Peer::anonymous(), None);
        let to = answer.headers().get(LOCATION)?.to_str().ok()?.to_owned();
        if let Some(code) = parameter(&to, "code") {
            self.ledger.code(Bank::of(form.uri()), &code, agreed);
        }
        Some(to)
    }

    /// Everything that reaches an institution comes through here.
    pub(crate) fn ask_bank(
        &mut self,
        actor: Actor,
        request: &Request<Vec<u8>>,
        peer: Peer,
        plan: Option<Attack>,
    ) -> Response<Vec<u8>> {
        let bank = Bank::of(request.uri());
        self.tally.requests += 1;
        for harm in self.ledger.request(bank, actor, request) {
            self.harm(harm, plan);
        }
        if bank == Bank::Hostile
            && let Some(answer) = self.relay(actor, request, plan)
        {
            return answer;
        }
        let now = self.bank_time(bank);
        let [honest, hostile] = &mut self.banks;
        let institution = if bank == Bank::Honest { honest } else { hostile };
        let answer = institution.handle(request, peer, now);
        if self.trace == Trace::On {
            let (method, path) = (request.method(), request.uri().path());
            let broken = institution.last_verdicts().last().map(|verdict| verdict.rule);
            let broken = broken.filter(|_| answer.status().as_u16() >= 400).unwrap_or_default();
            println!(
                "{:>9} ms    {bank:?} bank: {actor:?} {method} {path} -> {} {broken}",
                self.now,
                answer.status().as_u16()
            );
        }
        for harm in self.ledger.answer(bank, actor, request, &answer) {
            self.harm(harm, plan);
        }
        answer
    }

    pub(crate) fn bank_time(&self, bank: Bank) -> UnixTime {
        let [honest, hostile] = self.bank_offsets;
        self.time(if bank == Bank::Honest { honest } else { hostile })
    }

    pub(crate) fn time(&self, offset: i64) -> UnixTime {
        UnixTime::from_seconds((START + self.now / 1000).saturating_add_signed(offset))
    }

    /// Whose flow it is, what is planned with it, and what the customer shares.
    pub(crate) fn of(&self, flow: usize) -> Option<(Person, Option<Attack>, bool)> {
        self.flows.get(flow).map(|flow| (flow.person, flow.plan, flow.whole))
    }

    /// A promise was broken, which fails the simulation, unless FAPI 2.0 makes no such promise.
    pub(crate) fn harm(&mut self, harm: Harm, plan: Option<Attack>) {
        let by = self.acting.or(plan);
        self.say(|| format!("HARM: {harm:?}, by {by:?}"));
        // A code that is good twice is nobody's gain by itself.
        if let Some(by) = by.filter(|_| harm != Harm::CodeExchangedTwice) {
            count(&mut self.tally.succeeded, by);
        }
        if !by.is_some_and(Attack::is_open) {
            self.tally.harms.push((self.seed, harm, by));
        }
    }

    /// Does `what` with every request answered at once.
    pub(crate) fn directly<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> T {
        let lane = std::mem::replace(&mut self.lane, Lane::Direct);
        let done = what(self);
        self.lane = lane;
        done
    }

    pub(crate) fn end(&mut self, flow: usize, end: &'static str) {
        let person = self.of(flow).map(|(person, ..)| person);
        self.say(|| format!("flow {flow}: {end}"));
        if person != Some(ATTACKER) {
            count(&mut self.tally.ends, end);
        }
    }

    pub(crate) fn say(&self, what: impl FnOnce() -> String) {
        if self.trace == Trace::On {
            println!("{:>9} ms  {}", self.now, what());
        }
    }
}

/// A URL without what is secret in it, and short.
pub(crate) fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}
