//! Requests and responses in the network: late, twice, or lost.

use fdx_par::ClientCertificate;
use fdx_sandbox::Peer;
use http::{Request, Response};
use serde_json::Value;

use super::bank::{Revealed, Sent};
use super::procedure::Running;
use super::{Event, Nodes};
use crate::ledger::{Harm, field};
use crate::scene;
use crate::single_use::{Reason, requires_nonce};
use crate::tally::count;

/// How long a node waits for a response without a deadline, in milliseconds.
const TIMEOUT: u64 = 20_000;

/// A request on its way.
#[derive(Clone)]
pub(super) struct Flight {
    task: u32,
    /// The number of the task's request.
    number: u32,
    request: Request<Vec<u8>>,
    peer: Peer,
    /// When its sender closes the connection.
    closes: u64,
    knew_better: bool,
}

impl Nodes {
    /// Sends the request of a procedure.
    pub(super) fn send(&mut self, id: u32, running: Running) {
        let Some(node) = self.tasks.get(&id).map(|task| task.node) else { return };
        let deadline = running.deadline().map(|deadline| self.when(node, deadline));
        let (request, running) = running.start(self.clock(node));
        let Some(request) = request else {
            return self.proceed(id, running);
        };
        self.secrets.show(format!("{} {request:?}", request.url()));
        let peer = match request.certificate() {
            ClientCertificate::Present => Peer::certificate(scene::certificate()),
            ClientCertificate::Withhold => Peer::anonymous(),
        };
        let request = request.into_http();
        self.secrets.request(&request);
        let closes = deadline.unwrap_or(self.now + TIMEOUT);
        let old =
            field(request.body(), "refresh_token").filter(|_| request.uri().path() == "/token");
        let knew_better = old.as_deref().is_some_and(|old| self.refreshes(id, old, closes));
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.running = Some(running);
        task.request += 1;
        let number = task.request;
        self.log(|| format!("  node {node} sends {}", self.place(&request)));
        if self.fault(5) {
            count(&mut self.report.faults, "requests not sent");
            self.accident(Some(id));
            let at = self.now + 50;
            let timeout = Event::Timeout { task: id, request: number, sent: false };
            return self.queue.schedule(at, timeout);
        }
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let reason = std::mem::replace(&mut task.reason, Reason::Drafted);
        for harm in self.single_use.request(&request, reason, false) {
            self.harm(harm, self.place(&request));
        }
        // A process can be paused between its check of the deadline and the write.
        let late = self.pause(id, 2);
        let flight = Flight { task: id, number, request, peer, closes, knew_better };
        for delay in self.fate(id, ["requests lost", "requests repeated", "requests late"]) {
            let at = self.now + late + delay;
            let flight = Box::new(flight.clone());
            self.queue.schedule(at, Event::Arrive { flight });
        }
        let at = closes.max(self.now + late);
        self.queue.schedule(at, Event::Timeout { task: id, request: number, sent: true });
    }

    /// Looks at the refresh token that is about to be sent. Returns whether the store has a valid token
    /// and this one is void.
    fn refreshes(&mut self, id: u32, old: &str, closes: u64) -> bool {
        let (now, time) = (self.now, self.bank_time());
        let Some(grant) = self.bank.grant_of(old).map(str::to_owned) else { return false };
        let open = self.refreshing.get(&grant);
        let is_open = open.is_some_and(|(other, closes)| *other != id && now < *closes);
        if is_open {
            self.harm(Harm::TwoRefreshes, grant.clone());
        }
        self.refreshing.insert(grant.clone(), (id, closes));
        if let Some(task) = self.tasks.get_mut(&id) {
            task.refreshes = Some(grant.clone());
        }
        if self.bank.accepts(old, time) {
            return false;
        }
        let Some(consent) = self.consent_of(&grant) else { return false };
        let known = self.store.refresh_tokens(&consent);
        known.iter().any(|token| token != old && self.bank.accepts(token, time))
    }

    /// When the copies of a message arrive: usually one, soon.
    fn fate(&mut self, id: u32, [lost, repeated, late]: [&'static str; 3]) -> Vec<u64> {
        let soon = 10 + self.choices.below(150);
        if !self.is_faulty() {
            return vec![soon];
        }
        let (fault, delays) = match self.choices.fault(&[965, 10, 15, 10]) {
            _ if self.outage.contains(&self.now) => (lost, Vec::new()),
            1 => (late, vec![soon + self.choices.below(90_000)]),
            2 => (repeated, vec![soon, 10 + self.choices.below(400)]),
            3 => (lost, Vec::new()),
            _ => return vec![soon],
        };
        count(&mut self.report.faults, fault);
        self.log(|| format!("  {fault}"));
        self.accident(Some(id));
        delays
    }

    /// The institution answers a request.
    pub(super) fn arrive(&mut self, flight: Flight) {
        let Flight { task, number, request, peer, closes, knew_better } = flight;
        self.report.requests += 1;
        let (late, now) = (self.now > closes, self.bank_time());
        let sent = Sent { at: self.now, late, knew_better };
        let (response, revealed) = self.bank.answer(&request, peer, sent, now);
        self.secrets.response(&response);
        self.granted(&request, &response);
        self.log(|| {
            let status = response.status().as_u16();
            let late = if late { ", after its deadline" } else { "" };
            format!("  the bank answers {} with {status}{late}", self.place(&request))
        });
        match revealed {
            Revealed::VoidTokenSent => {
                let old = field(request.body(), "refresh_token").unwrap_or_default();
                let grant = self.bank.grant_of(&old).unwrap_or_default().to_owned();
                self.harm(Harm::RetiredTokenSent, grant);
            }
            Revealed::Reused { since } => {
                count(&mut self.report.faults, "requests refused for reuse");
                let old = field(request.body(), "refresh_token").unwrap_or_default();
                let grant = self.bank.grant_of(&old).unwrap_or_default().to_owned();
                if !late && since.is_some_and(|since| !self.is_excused(&grant, since)) {
                    self.harm(Harm::RetriedTooLate, grant);
                }
            }
            Revealed::Nothing => {}
        }
        for delay in self.fate(task, ["responses lost", "responses repeated", "responses late"]) {
            let response = Box::new(response.clone());
            let at = self.now + delay;
            self.queue.schedule(at, Event::Respond { task, request: number, response });
        }
    }

    /// Whether a lost response could not be repeated in the institution's window, which began when the
    /// token was used first: something else failed in it as well.
    fn is_excused(&self, grant: &str, since: u64) -> bool {
        let window = since.saturating_sub(5000)..since + 60_000;
        let concerns = |of: &Option<String>| of.as_deref().is_none_or(|of| of == grant);
        let accidents =
            self.accidents.iter().filter(|(at, of)| window.contains(at) && concerns(of));
        let outage = self.outage.start < window.end && window.start < self.outage.end;
        outage || accidents.count() >= 2
    }

    /// A node receives a response or a copy of one.
    pub(super) fn respond(&mut self, id: u32, number: u32, response: Response<Vec<u8>>) {
        let Some(task) = self.tasks.get_mut(&id).filter(|task| task.request == number) else {
            return;
        };
        let Some(running) = task.running.take() else { return };
        // Only the first response counts.
        task.request += 1;
        if requires_nonce(&response) {
            task.reason = Reason::Nonce;
        }
        let (node, refreshes) = (task.node, task.refreshes.take());
        self.single_use.pushed(&response);
        if let Some(grant) = refreshes {
            self.refreshing.remove(&grant);
        }
        self.tokens_arrived(id, &response);
        let running = running.received(response, self.clock(node));
        self.proceed(id, running);
    }

    /// Remembers the refresh token of a response: it must be stored now.
    fn tokens_arrived(&mut self, id: u32, response: &Response<Vec<u8>>) {
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let text = |name| body.get(name).and_then(Value::as_str);
        let (Some(grant), Some(token)) = (text("grant_id"), text("refresh_token")) else { return };
        let consent = self.consent_of(grant);
        if let Some(task) = self.tasks.get_mut(&id) {
            task.arrived = consent.map(|consent| (consent, token.to_owned()));
        }
    }

    /// A node closes the connection, or can't open it.
    pub(super) fn time_out(&mut self, id: u32, number: u32, sent: bool) {
        let Some(task) = self.tasks.get_mut(&id).filter(|task| task.request == number) else {
            return;
        };
        let Some(running) = task.running.take() else { return };
        task.request += 1;
        let node = task.node;
        if let Some(grant) = task.refreshes.take() {
            self.refreshing.remove(&grant);
        }
        self.log(|| format!("  node {node} gets no response"));
        let now = self.clock(node);
        let running = if sent { running.no_response(now) } else { running.not_sent(now) };
        self.proceed(id, running);
    }
}
