//! The recipient's own program, as its documentation tells users to write it: seal, claim, persist,
//! verify, read.

use fdx_par::{
    Accepted, Callback, Client, ClientCertificate, ConsentRead, Draft, Error, Exchanged, FlowId,
    NextStep, Output, Pushed, Refreshed, ResourceAnswer, ResourceRequest, Sent, ServerKeys, Step,
    Verification, Verified,
};
use fdx_sandbox::Peer;
use fdx_wire::weakened::{self, Check};
use http::{Request, Response};

use crate::attack::Attack;
use crate::ledger::{Actor, Harm, Person};
use crate::scene::{self, Bank, Binding};
use crate::tally::count;
use crate::world::{ATTACKER, Claims, Cookie, Event, Faults, Lane, MOST_REQUESTS, Row, World};

/// What a node is busy with.
pub(crate) struct Task {
    pub(crate) node: usize,
    pub(crate) lane: Lane,
    pub(crate) flow: Option<usize>,
    pub(crate) person: Person,
    pub(crate) bank: Bank,
    pub(crate) client: Client,
    /// Counts requests, so that a late answer to an earlier one is told.
    attempt: u32,
    retries: u8,
    keys_fetched: u8,
    flow_id: String,
    waiting: Option<Waiting>,
    held: Held,
}

/// The exchange whose answer it waits for.
enum Waiting {
    Push(Sent<Pushed>),
    Exchange(Sent<Exchanged>),
    Keys(Sent<ServerKeys>),
    Read(Sent<ConsentRead>),
    Call(Sent<ResourceAnswer>),
    Refresh(Sent<Refreshed>),
}

/// A request on its way, the certificate that it shows, and what waits for the answer.
pub(crate) struct Posted<T: Output> {
    pub(crate) request: Request<Vec<u8>>,
    pub(crate) peer: Peer,
    sent: Sent<T>,
}

/// What it keeps meanwhile.
enum Held {
    Nothing,
    Exchanged(Exchanged),
    Verified(Verified),
}

const TIMEOUT: u64 = 8000;
const RETRIES: u8 = 2;

impl World {
    pub(crate) fn new_clients(&self) -> [Client; 2] {
        Bank::ALL.map(|bank| match Client::new(bank.config(self.binding), bank.metadata()) {
            Ok(client) => client,
            Err(_) => unreachable!("the scene fits together"),
        })
    }

    /// A customer clicks; a node pushes.
    pub(crate) fn begin(&mut self, flow: usize) {
        let Some((person, plan, _)) = self.of(flow) else { return };
        let Some(bank) = self.flows.get(flow).map(|flow| flow.bank) else { return };
        let Some(node) = self.some_node() else {
            let at = self.now + 2000;
            return self.queue.plan(at, Event::Begin { flow });
        };
        let Some(client) = self.client_for(node, bank, plan) else {
            return self.end(flow, "push refused");
        };
        self.say(|| format!("customer {person} begins flow {flow} at node {node}, {bank:?}"));
        let id = self.task(node, Some(flow), person, bank, client);
        self.push(id);
    }

    fn push(&mut self, id: u32) {
        let entropy = self.rng.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        match client.push(scene::request(), entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Push),
            Err(error) => self.fail(id, &error, "push refused"),
        }
    }

    /// A browser arrives at the redirect_uri, at any node.
    pub(crate) fn arrive(&mut self, person: Person, url: &str, flow: Option<usize>, tries: u8) {
        let Some(node) = self.some_node() else {
            if let Some(flow) = flow.filter(|_| tries < 5) {
                let (at, url) = (self.now + 3000, url.to_owned());
                let event = Event::Callback { person, url, flow, tries: tries + 1 };
                self.queue.plan(at, event);
            }
            return;
        };
        let end = |world: &mut Self, end| {
            if let Some(flow) = flow {
                world.end(flow, end);
            }
        };
        let Some(cookie) = self.cookie(person, url) else {
            return end(self, "cookie missing");
        };
        let Some(client) = self.client_of_cookie(node, &cookie) else { return };
        let now = self.node_time(node);
        let session = session(person);
        let pending = client.open(&cookie.sealed, scene::sealing_keys(), &session, now);
        let pending = match pending {
            Ok(pending) => pending,
            Err(error) => {
                self.note(&error);
                return end(self, "cookie does not open");
            }
        };
        let callback = client.callback(pending, url, now);
        let accepted = match callback {
            Ok(Callback::Code(accepted)) => accepted,
            Ok(Callback::Denied(_)) => return end(self, "the customer said no"),
            Err(refused) => {
                self.note(&refused.error);
                return end(self, "callback refused");
            }
        };
        self.say(|| format!("node {node} accepts a callback for browser {person}"));
        self.exchange(node, person, &cookie, client, accepted, url, flow);
    }

    #[allow(clippy::too_many_arguments, reason = "all of it is there at this one moment")]
    fn exchange(
        &mut self,
        node: usize,
        person: Person,
        cookie: &Cookie,
        client: Client,
        accepted: Accepted,
        url: &str,
        flow: Option<usize>,
    ) {
        let plan = flow.and_then(|flow| self.of(flow)).and_then(|(_, plan, _)| plan);
        let flow_id = accepted.flow_id().as_str().to_owned();
        let began = self.flows.iter().find(|flow| flow.flow_id.as_ref() == Some(&flow_id));
        if began.is_some_and(|flow| flow.person != person) {
            self.harm(Harm::OtherSession, plan);
        }
        let claimed = self.store.claims.insert(flow_id.clone());
        if self.claims == Claims::Atomic && !claimed && !weakened::off(Check::Claim) {
            if let Some(flow) = flow {
                self.end(flow, "already claimed");
            }
            return;
        }
        if let Some(code) = crate::ledger::parameter(url, "code") {
            let sent = self.exchanges.entry((flow_id.clone(), code)).or_default();
            *sent += 1;
            if *sent > 1 && self.claims == Claims::Atomic {
                self.harm(Harm::CodeSentTwice, plan);
            }
        }
        let id = self.task(node, flow, person, cookie.bank, client.clone());
        if let Some(task) = self.tasks.get_mut(&id) {
            task.flow_id = flow_id;
        }
        let (entropy, now) = (self.rng.entropy(), self.node_time(node));
        match client.exchange(accepted, entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Exchange),
            Err(refused) => self.fail(id, &refused.error, "exchange refused"),
        }
    }

    /// An answer came, or a copy of one.
    pub(crate) fn hear(&mut self, id: u32, attempt: u32, response: Response<Vec<u8>>) {
        let Some(task) = self.tasks.get_mut(&id).filter(|task| task.attempt == attempt) else {
            return;
        };
        let (node, lane) = (task.node, task.lane);
        // Between any two steps.
        if lane == Lane::Network && self.faults == Faults::Usual && self.rng.chance(4) {
            return self.crash(node);
        }
        let Some(waiting) = self.tasks.get_mut(&id).and_then(|task| task.waiting.take()) else {
            return;
        };
        match waiting {
            Waiting::Push(sent) => {
                if let Some(pushed) = self.step(id, sent, response, Waiting::Push, "push refused") {
                    self.pushed(id, pushed);
                }
            }
            Waiting::Exchange(sent) => {
                let response = self.on_tokens(id, response);
                let end = "exchange refused";
                if let Some(exchanged) = self.step(id, sent, response, Waiting::Exchange, end) {
                    self.exchanged(id, exchanged);
                }
            }
            Waiting::Keys(sent) => {
                let end = "tokens kept, consent not read";
                if let Some(keys) = self.step(id, sent, response, Waiting::Keys, end) {
                    self.keys(id, keys);
                }
            }
            Waiting::Read(sent) => {
                let response = self.on_consent(id, response);
                let end = "tokens kept, consent not read";
                if let Some(read) = self.step(id, sent, response, Waiting::Read, end) {
                    self.read(id, read);
                }
            }
            Waiting::Call(sent) => {
                self.step(id, sent, response, Waiting::Call, "");
                self.tasks.remove(&id);
            }
            Waiting::Refresh(sent) => {
                if let Some(refreshed) = self.step(id, sent, response, Waiting::Refresh, "") {
                    self.refreshed(id, refreshed);
                }
            }
        }
    }

    fn step<T: Output>(
        &mut self,
        id: u32,
        sent: Sent<T>,
        response: Response<Vec<u8>>,
        again: fn(Sent<T>) -> Waiting,
        end: &'static str,
    ) -> Option<T> {
        let (_, now) = self.client_and_time(id)?;
        match sent.receive(response, now) {
            Ok(Step::Done(done)) => Some(done),
            Ok(Step::Again(draft)) => {
                self.send(id, draft, again);
                None
            }
            Err(error) => {
                let again = self.tasks.get_mut(&id).filter(|task| task.retries < RETRIES);
                match (error.next_step(), end, again) {
                    // Another node used the nonce first, for example.
                    (NextStep::Retry { .. }, "push refused", Some(task)) => {
                        task.retries += 1;
                        self.note(&error);
                        self.push(id);
                    }
                    _ => self.fail(id, &error, end),
                }
                None
            }
        }
    }

    fn pushed(&mut self, id: u32, pushed: Pushed) {
        let entropy = self.rng.entropy();
        let Some((_, now)) = self.client_and_time(id) else { return };
        let Some(task) = self.tasks.remove(&id) else { return };
        let Some(flow) = task.flow else { return };
        // A node that was busy for a minute.
        let stalls = self.faults == Faults::Usual && self.rng.chance(4);
        let now = if stalls { now + core::time::Duration::from_secs(60) } else { now };
        let redirected = pushed.redirect(now);
        let Ok((url, pending)) = redirected else {
            return self.end(flow, "too late to redirect");
        };
        let Ok(sealed) = pending.seal(scene::sealing_keys(), &session(task.person), entropy) else {
            return;
        };
        let flow_id = pending.flow_id().as_str().to_owned();
        let cookie = Cookie { flow_id: flow_id.clone(), bank: task.bank, sealed };
        if let Some(jar) = self.jars.get_mut(task.person) {
            jar.push(cookie);
        }
        let url = url.as_str().to_owned();
        if let Some(of) = self.flows.get_mut(flow) {
            of.flow_id = Some(flow_id);
            of.url = Some(url.clone());
            of.client = Some(task.client);
        }
        if task.lane == Lane::Direct {
            return;
        }
        let url = self.on_authorization(flow, url);
        let at = self.now + 50 + self.rng.below(400);
        let slow = self.faults == Faults::Usual && self.rng.chance(30);
        let at = if slow { at + 70_000 } else { at };
        self.queue.plan(at, Event::Authorize { flow, url });
    }

    /// Persist at once; then verify.
    fn exchanged(&mut self, id: u32, exchanged: Exchanged) {
        self.persist(id, &exchanged.stored());
        if let Some(task) = self.tasks.get_mut(&id) {
            task.held = Held::Exchanged(exchanged);
        }
        self.verify(id);
    }

    fn verify(&mut self, id: u32) {
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let Held::Exchanged(exchanged) = std::mem::replace(&mut task.held, Held::Nothing) else {
            return;
        };
        let keys = self.nodes.get(task.node).and_then(|node| node.keys.get(task.bank as usize));
        let keys = keys.and_then(Option::as_ref);
        match client.verify(exchanged, keys, now) {
            Ok(Verification::Verified(verified)) => self.verified(id, verified),
            Ok(Verification::FetchKeys(exchanged)) => {
                task.held = Held::Exchanged(exchanged);
                self.fetch_keys(id);
            }
            Err(refused) => self.fail(id, &refused.error, "tokens kept, consent not read"),
            // Nothing here is encrypted.
            Ok(Verification::Decrypt(_)) => {}
        }
    }

    fn fetch_keys(&mut self, id: u32) {
        let Some((client, now)) = self.client_and_time(id) else { return };
        if let Some(task) = self.tasks.get_mut(&id) {
            task.keys_fetched += 1;
            if task.keys_fetched > 1 + RETRIES {
                let flow = self.tasks.remove(&id).and_then(|task| task.flow);
                return flow.map_or((), |flow| self.end(flow, "tokens kept, consent not read"));
            }
        }
        match client.fetch_keys(now) {
            Ok(draft) => self.send(id, draft, Waiting::Keys),
            Err(error) => self.fail(id, &error, "tokens kept, consent not read"),
        }
    }

    fn keys(&mut self, id: u32, keys: ServerKeys) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let node = self.nodes.get_mut(task.node);
        if let Some(slot) = node.and_then(|node| node.keys.get_mut(task.bank as usize)) {
            *slot = Some(keys);
        }
        self.verify(id);
    }

    fn verified(&mut self, id: u32, verified: Verified) {
        let plan = self.plan(id);
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let (person, bank) = (task.person, task.bank);
        let login = verified.id_token().map(|token| {
            let claims = token.claims::<serde_json::Value>().unwrap_or_default();
            let hash = claims.get("at_hash").and_then(|hash| hash.as_str()).map(str::to_owned);
            (hash, token.subject().to_owned())
        });
        task.held = Held::Verified(verified);
        if let (Bank::Honest, Some((Some(hash), subject))) = (bank, login)
            && (self.ledger.login(&hash).is_some_and(|by| by != person) || subject != "cust-1")
        {
            self.harm(Harm::OthersLogin, plan);
        }
        self.read_consent(id);
    }

    fn read_consent(&mut self, id: u32) {
        let entropy = self.rng.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let Held::Verified(verified) = &task.held else { return };
        match client.read_consent(verified, entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Read),
            Err(error) => self.fail(id, &error, "tokens kept, consent not read"),
        }
    }

    fn read(&mut self, id: u32, read: ConsentRead) {
        let plan = self.plan(id);
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let (person, bank, flow, flow_id) =
            (task.person, task.bank, task.flow, task.flow_id.clone());
        let Held::Verified(verified) = std::mem::replace(&mut task.held, Held::Nothing) else {
            return;
        };
        let granted = match verified.granted(read) {
            Ok(granted) => granted,
            Err(refused) => return self.fail(id, &refused.error, "tokens kept, consent not read"),
        };
        self.persist(id, &granted.stored());
        let id_text = granted.consent_id().map(|id| id.as_str().to_owned()).unwrap_or_default();
        let same = granted.grant().and_then(|grant| grant.id()) == granted.consent_id();
        let whole = granted.coverage().is_whole();
        match self.ledger.consent(&id_text) {
            Some((of, _)) if of != bank || !same => self.harm(Harm::NotGranted, plan),
            Some((Bank::Honest, agreed)) if agreed.by != person => {
                self.harm(Harm::OthersConsent, plan);
            }
            Some((_, agreed)) if agreed.whole != whole => self.harm(Harm::NotGranted, plan),
            Some(_) => {}
            None => self.harm(Harm::NotGranted, plan),
        }
        if let Some(flow) = flow {
            self.end(flow, if whole { "granted whole" } else { "granted in part" });
        }
        // The browser is told, and its cookie cleared, unless that answer is lost.
        let lost = plan.is_some() || self.faults == Faults::Usual && self.rng.chance(20);
        if let Some(jar) = self.jars.get_mut(person).filter(|_| !lost) {
            jar.retain(|cookie| cookie.flow_id != flow_id);
        }
        if self.faults == Faults::Usual && person != ATTACKER && self.rng.chance(200) {
            let at = self.now + self.rng.below(600_000);
            self.queue.plan(at, Event::Refresh { flow: flow_id });
        }
        self.call(id, &granted.stored());
    }

    pub(crate) fn call(&mut self, id: u32, grant: &fdx_par::StoredGrant) {
        let entropy = self.rng.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Ok(url) = client.config().fdx_base.join_segment("accounts") else { return };
        let request = ResourceRequest::get(url);
        match client.call(grant.tokens().access_token(), request, entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Call),
            Err(error) => self.fail(id, &error, ""),
        }
    }

    /// Any node, some time later.
    pub(crate) fn refresh(&mut self, flow_id: &str) {
        let (Some(node), Some(row)) = (self.some_node(), self.store.grants.get(flow_id).cloned())
        else {
            return;
        };
        let Some(client) = self.client_for(node, row.bank, None) else { return };
        let id = self.task(node, None, ATTACKER, row.bank, client.clone());
        if let Some(task) = self.tasks.get_mut(&id) {
            task.flow_id = flow_id.to_owned();
        }
        let (entropy, now) = (self.rng.entropy(), self.node_time(node));
        let drafted = client.restore(&row.text);
        match drafted.and_then(|grant| client.refresh(&grant, entropy, now)) {
            Ok(draft) => self.send(id, draft, Waiting::Refresh),
            Err(error) => {
                self.harm(Harm::GrantLost, None);
                self.fail(id, &error, "");
            }
        }
    }

    fn refreshed(&mut self, id: u32, refreshed: Refreshed) {
        count(&mut self.tally.network, "refreshed");
        let grant = refreshed.stored().clone();
        self.persist(id, &grant);
        self.call(id, &grant);
    }

    fn persist(&mut self, id: u32, grant: &fdx_par::StoredGrant) {
        let Some(task) = self.tasks.get(&id) else { return };
        let row = Row { bank: task.bank, text: grant.to_json().expose().to_owned() };
        self.store.grants.insert(task.flow_id.clone(), row);
    }

    /// Signs, and hands the request to the network or straight to the institution.
    pub(crate) fn send_raw<T: Output>(draft: Draft<T>) -> Result<Posted<T>, Error> {
        let signatures = draft.sign(scene::signers())?;
        let (request, sent) = draft.attach(signatures)?;
        let peer = match request.certificate() {
            ClientCertificate::Present => Peer::certificate(scene::certificate()),
            ClientCertificate::Withhold => Peer::anonymous(),
        };
        Ok(Posted { request: request.into_http(), peer, sent })
    }

    fn send<T: Output>(&mut self, id: u32, draft: Draft<T>, waits: fn(Sent<T>) -> Waiting) {
        let Posted { request, peer, sent } = match Self::send_raw(draft) {
            Ok(sent) => sent,
            Err(error) => return self.fail(id, &error, ""),
        };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.waiting = Some(waits(sent));
        task.attempt += 1;
        let (attempt, lane, flow) = (task.attempt, task.lane, task.flow);
        let plan = self.plan(id);
        if let Some(of) = flow.and_then(|flow| self.flows.get_mut(flow)) {
            of.requests += 1;
            if of.requests > MOST_REQUESTS {
                self.harm(Harm::TooManyRequests, plan);
            }
        }
        if lane == Lane::Direct {
            let response = self.ask_bank(Actor::Recipient, &request, peer, plan);
            if let Some(flow) = flow {
                self.on_call(flow, &request);
            }
            return self.hear(id, attempt, response);
        }
        let timeout = self.now + TIMEOUT;
        self.queue.plan(timeout, Event::Timeout { task: id, attempt });
        let copies = self.fate(plan);
        for late in copies {
            let (request, peer) = (request.clone(), peer.clone());
            let event = Event::ToBank { task: id, attempt, request, peer };
            self.queue.plan(self.now + late, event);
        }
    }

    pub(crate) fn at_bank(
        &mut self,
        id: u32,
        attempt: u32,
        request: &Request<Vec<u8>>,
        peer: Peer,
    ) {
        let (plan, flow) = (self.plan(id), self.tasks.get(&id).and_then(|task| task.flow));
        let response = self.ask_bank(Actor::Recipient, request, peer, plan);
        if let Some(flow) = flow {
            self.on_call(flow, request);
        }
        for late in self.fate(plan) {
            let response = response.clone();
            self.queue.plan(self.now + late, Event::ToNode { task: id, attempt, response });
        }
    }

    /// When the copies of a message arrive: usually one, soon.
    fn fate(&mut self, plan: Option<Attack>) -> Vec<u64> {
        let soon = 10 + self.rng.below(150);
        if self.faults == Faults::None {
            return vec![soon];
        }
        // Not in the attacker's way.
        if plan.is_none() && self.outage.contains(&self.now) {
            count(&mut self.tally.network, "dropped");
            return Vec::new();
        }
        match self.rng.below(1000) {
            0..10 => {
                count(&mut self.tally.network, "dropped");
                Vec::new()
            }
            10..25 => {
                count(&mut self.tally.network, "duplicated");
                vec![soon, 10 + self.rng.below(400)]
            }
            25..32 => {
                count(&mut self.tally.network, "delayed");
                vec![soon + self.rng.below(70_000)]
            }
            _ => vec![soon],
        }
    }

    /// No answer came: what the exchange says is safe.
    pub(crate) fn time_out(&mut self, id: u32, attempt: u32) {
        let Some(task) = self.tasks.get_mut(&id).filter(|task| task.attempt == attempt) else {
            return;
        };
        let Some(waiting) = task.waiting.take() else { return };
        let again = task.retries < RETRIES;
        task.retries += 1;
        let (flow, flow_id) = (task.flow, task.flow_id.clone());
        let (step, lost): (NextStep, &'static str) = match waiting {
            Waiting::Push(sent) => (sent.unheard(), "push lost"),
            Waiting::Exchange(sent) => (sent.unheard(), "answer to the code lost"),
            Waiting::Keys(sent) => (sent.unheard(), "keys"),
            Waiting::Read(sent) => (sent.unheard(), "read"),
            Waiting::Call(sent) => (sent.unheard(), "call"),
            Waiting::Refresh(sent) => (sent.unheard(), "refresh"),
        };
        self.say(|| format!("no answer, {lost}: {step:?}"));
        match (step, lost, again) {
            (NextStep::Retry { .. }, "push lost", true) => return self.push(id),
            (NextStep::Retry { .. }, "keys", true) => return self.fetch_keys(id),
            (NextStep::Retry { .. }, "read", true) => return self.read_consent(id),
            (NextStep::Retry { .. }, "refresh", true) => self.refresh(&flow_id),
            (_, "keys" | "read", _) => {
                if let Some(flow) = flow {
                    self.end(flow, "tokens kept, consent not read");
                }
            }
            (_, "call" | "refresh", _) => {}
            (_, lost, _) => {
                if let Some(flow) = flow {
                    self.end(flow, lost);
                }
            }
        }
        self.tasks.remove(&id);
    }

    /// A node dies with all that it was busy with, and comes back with what was persisted.
    pub(crate) fn crash(&mut self, node: usize) {
        let Some(machine) = self.nodes.get_mut(node).filter(|machine| machine.up) else { return };
        machine.up = false;
        machine.keys = [None, None];
        count(&mut self.tally.network, "crashed");
        self.say(|| format!("node {node} crashes"));
        let dead: Vec<u32> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.node == node && task.lane == Lane::Network)
            .map(|(id, _)| *id)
            .collect();
        for id in dead {
            let Some(task) = self.tasks.remove(&id) else { continue };
            let Some(flow) = task.flow else { continue };
            // Half of the customers try the page again that does not answer.
            let callback = self.flows.get(flow).and_then(|flow| flow.callback.clone());
            match callback.filter(|_| self.rng.chance(500)) {
                Some(url) => {
                    let (at, person) = (self.now + 2000, task.person);
                    let event = Event::Callback { person, url, flow, tries: 0 };
                    self.queue.plan(at, event);
                }
                None => self.end(flow, "node crashed"),
            }
        }
        let at = self.now + 1000 + self.rng.below(20_000);
        self.queue.plan(at, Event::Restart { node });
    }

    pub(crate) fn restart(&mut self, node: usize) {
        let clients = self.new_clients();
        if let Some(node) = self.nodes.get_mut(node) {
            node.up = true;
            node.clients = clients;
        }
    }

    /// At the end: every grant that was ever persisted opens at a fresh node, and is good.
    pub(crate) fn audit(&mut self) {
        let rows: Vec<(String, Row)> =
            self.store.grants.iter().map(|(id, row)| (id.clone(), row.clone())).collect();
        for node in 0..self.nodes.len() {
            self.restart(node);
        }
        for (_, row) in rows {
            let Some(client) = self.client_for(0, row.bank, None) else { continue };
            let (entropy, now) = (self.rng.entropy(), self.node_time(0));
            let draft = match client.restore(&row.text) {
                Ok(grant) => client.refresh(&grant, entropy, now),
                Err(error) => Err(error),
            };
            let renewed = draft.and_then(|draft| self.at_once(draft));
            // Without claims a code is sent twice, for which the institution ends its tokens.
            let ended = self.claims == Claims::None
                && renewed.as_ref().err().is_some_and(|error| error.code() == "rfc6749.error");
            if renewed.is_err() && !ended {
                self.say(|| format!("a persisted grant is lost: {:?}", renewed.as_ref().err()));
                self.harm(Harm::GrantLost, None);
            }
        }
    }

    /// An exchange of the recipient's, carried out without a network.
    pub(crate) fn at_once<T: Output>(&mut self, mut draft: Draft<T>) -> Result<T, Error> {
        loop {
            let Posted { request, peer, sent } = Self::send_raw(draft)?;
            let response = self.ask_bank(Actor::Recipient, &request, peer, None);
            match sent.receive(response, self.node_time(0))? {
                Step::Done(done) => return Ok(done),
                Step::Again(fresh) => draft = fresh,
            }
        }
    }

    fn some_node(&mut self) -> Option<usize> {
        let up: Vec<usize> = (0..self.nodes.len())
            .filter(|at| self.nodes.get(*at).is_some_and(|node| node.up))
            .collect();
        self.rng.pick(&up).copied()
    }

    fn task(
        &mut self,
        node: usize,
        flow: Option<usize>,
        person: Person,
        bank: Bank,
        client: Client,
    ) -> u32 {
        self.next_task += 1;
        let task = Task {
            node,
            lane: self.lane,
            flow,
            person,
            bank,
            client,
            attempt: 0,
            retries: 0,
            keys_fetched: 0,
            flow_id: String::new(),
            waiting: None,
            held: Held::Nothing,
        };
        self.tasks.insert(self.next_task, task);
        self.next_task
    }

    /// The cookie that the callback names; else the latest, so that the library has to tell.
    fn cookie(&self, person: Person, url: &str) -> Option<Cookie> {
        let jar = self.jars.get(person)?;
        let named = FlowId::claimed_by(url);
        let named = jar
            .iter()
            .find(|cookie| named.as_ref().is_some_and(|named| named.as_str() == cookie.flow_id));
        named.or(jar.last()).cloned()
    }

    fn client_of_cookie(&mut self, node: usize, cookie: &Cookie) -> Option<Client> {
        let of = self.flows.iter().find(|flow| flow.flow_id.as_ref() == Some(&cookie.flow_id));
        let odd = of.filter(|flow| flow.plan.is_some_and(crate::strike::has_odd_metadata));
        match odd.and_then(|flow| flow.client.clone()) {
            Some(client) => Some(client),
            None => self.client_for(node, cookie.bank, None),
        }
    }

    fn client_and_time(&self, id: u32) -> Option<(Client, fdx_wire::UnixTime)> {
        let task = self.tasks.get(&id)?;
        Some((task.client.clone(), self.node_time(task.node)))
    }

    pub(crate) fn node_time(&self, node: usize) -> fdx_wire::UnixTime {
        self.time(self.nodes.get(node).map_or(0, |node| node.offset))
    }

    pub(crate) fn plan(&self, id: u32) -> Option<Attack> {
        let flow = self.tasks.get(&id)?.flow?;
        self.of(flow).and_then(|(_, plan, _)| plan)
    }

    fn fail(&mut self, id: u32, error: &Error, end: &'static str) {
        self.note(error);
        if let Some(flow) = self.tasks.remove(&id).and_then(|task| task.flow)
            && !end.is_empty()
        {
            self.end(flow, end);
        }
    }

    fn note(&mut self, error: &Error) {
        self.say(|| format!("refused: {} ({})", error, error.clause()));
        count(&mut self.tally.errors, error.code());
    }
}

/// What names the browser session.
fn session(person: Person) -> Vec<u8> {
    format!("session {person}").into_bytes()
}

impl Task {
    pub(crate) fn whose(&self) -> Person {
        self.person
    }
}

impl Binding {
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Dpop => "DPoP",
            Self::Mtls => "Bearer",
        }
    }
}
