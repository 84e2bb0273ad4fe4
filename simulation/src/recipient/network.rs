//! Requests and responses in the network: late, twice, or lost.

use std::fmt::Debug;

use fdx_par::{ClientCertificate, Draft, Error, NextStep, Output, Sent};
use fdx_sandbox::Peer;
use http::{Request, Response};

use super::{Posted, RETRIES, TIMEOUT, Waiting};
use crate::attack::Attack;
use crate::ledger::{Actor, Harm};
use crate::refresh_tokens::SentAt;
use crate::scene::{self};
use crate::single_use::{Reason, requires_nonce};
use crate::tally::count;
use crate::world::{Claims, Event, Lane, World};

impl World {
    /// Signs a request of the recipient. Checks that it repeats nothing.
    pub(crate) fn sign<T: Debug + Output>(
        &mut self,
        draft: Draft<T>,
        reason: Reason,
        attack: Option<Attack>,
    ) -> Result<Posted<T>, Error> {
        self.secrets.show(format!("{draft:?}"));
        let signatures = draft.sign(scene::signers())?;
        let (request, sent) = draft.attach(signatures)?;
        self.secrets.show(format!("{} {request:?} {sent:?}", request.url()));
        let peer = match request.certificate() {
            ClientCertificate::Present => Peer::certificate(scene::certificate()),
            ClientCertificate::Withhold => Peer::anonymous(),
        };
        let request = request.into_http();
        self.secrets.show(request.uri().to_string());
        self.secrets.request(&request);
        let code_may_repeat = self.claims == Claims::None;
        for harm in self.single_use.request(&request, reason, code_may_repeat) {
            self.harm(harm, attack);
        }
        Ok(Posted { request, peer, sent })
    }

    /// Checks that a request may be sent again after this response: once, and if the response
    /// requires a nonce.
    pub(super) fn check_repetition(
        &mut self,
        response: &Response<Vec<u8>>,
        reason: Reason,
        attack: Option<Attack>,
    ) {
        if reason == Reason::Nonce || !requires_nonce(response) {
            self.harm(Harm::RepeatedWithoutNonce, attack);
        }
    }

    /// Sends the first request of an exchange.
    pub(super) fn send<T: Debug + Output>(
        &mut self,
        id: u32,
        draft: Draft<T>,
        waits: fn(Sent<T>) -> Waiting,
    ) {
        self.send_because(id, draft, Reason::Drafted, waits);
    }

    /// Sends a request through the network or directly to the institution.
    pub(super) fn send_because<T: Debug + Output>(
        &mut self,
        id: u32,
        draft: Draft<T>,
        reason: Reason,
        waits: fn(Sent<T>) -> Waiting,
    ) {
        let attack = self.attack_of(id);
        let Posted { mut request, peer, sent } = match self.sign(draft, reason, attack) {
            Ok(sent) => sent,
            Err(error) => return self.fail(id, &error, ""),
        };
        request.extensions_mut().insert(SentAt(self.now));
        let Some(task) = self.tasks.get_mut(&id) else { return };
        task.waiting = Some(waits(sent));
        task.attempt += 1;
        task.reason = reason;
        let (attempt, lane, flow, begun) = (task.attempt, task.lane, task.flow, task.begun);
        if let Some(of) = begun.and_then(|begun| self.flows.get_mut(begun)) {
            of.requests += 1;
            if of.requests > of.bound() {
                self.harm(Harm::TooManyRequests, attack);
            }
        }
        if lane == Lane::Direct {
            let response = self.ask_bank(Actor::Recipient, &request, peer, attack);
            if let Some(flow) = flow {
                self.on_call(flow, &request);
            }
            return self.receive(id, attempt, response);
        }
        self.log(|| format!("  {} {}, of {}", request.method(), request.uri().path(), of(begun)));
        let timeout = self.now + TIMEOUT;
        self.queue.schedule(timeout, Event::Timeout { task: id, attempt });
        let copies = self.fate(attack);
        if let Some(task) = self.tasks.get_mut(&id).filter(|_| copies.len() > 1) {
            task.copied = true;
        }
        for late in copies {
            let (request, peer) = (request.clone(), peer.clone());
            let event = Event::ToBank { task: id, attempt, request, peer };
            self.queue.schedule(self.now + late, event);
        }
    }

    pub(crate) fn at_bank(
        &mut self,
        id: u32,
        attempt: u32,
        request: &Request<Vec<u8>>,
        peer: Peer,
    ) {
        let (attack, flow) = (self.attack_of(id), self.tasks.get(&id).and_then(|task| task.flow));
        let response = self.ask_bank(Actor::Recipient, request, peer, attack);
        if let Some(flow) = flow {
            self.on_call(flow, request);
        }
        let response = self.tampered(response);
        for late in self.fate(attack) {
            let response = response.clone();
            self.queue.schedule(self.now + late, Event::ToNode { task: id, attempt, response });
        }
    }

    /// When the copies of a message arrive: usually one, soon.
    pub(super) fn fate(&mut self, attack: Option<Attack>) -> Vec<u64> {
        let soon = 10 + self.choices.below(150);
        if !self.is_faulty() {
            return vec![soon];
        }
        // Not in the attacker's way.
        if attack.is_none() && self.outage.contains(&self.now) {
            return self.drops();
        }
        match self.choices.fault(&[968, 7, 15, 10]) {
            1 => {
                count(&mut self.tally.network, "delayed");
                vec![soon + self.choices.below(70_000)]
            }
            2 => {
                count(&mut self.tally.network, "duplicated");
                vec![soon, 10 + self.choices.below(400)]
            }
            3 => self.drops(),
            _ => vec![soon],
        }
    }

    fn drops(&mut self) -> Vec<u64> {
        count(&mut self.tally.network, "dropped");
        self.log(|| "  lost on its way".to_owned());
        Vec::new()
    }

    /// Handles a missing response by the exchange's next step.
    pub(crate) fn time_out(&mut self, id: u32, attempt: u32) {
        let Some(task) = self.tasks.get_mut(&id).filter(|task| task.attempt == attempt) else {
            return;
        };
        let Some(waiting) = task.waiting.take() else { return };
        let again = task.retries < RETRIES;
        task.retries += 1;
        let (flow, flow_id) = (task.flow, task.flow_id.clone());
        let (step, lost): (NextStep, &'static str) = match waiting {
            Waiting::Push(sent) => (sent.on_no_response(), "push lost"),
            Waiting::Exchange(sent) => (sent.on_no_response(), "answer to the code lost"),
            Waiting::Keys(sent) => (sent.on_no_response(), "keys"),
            Waiting::Read(sent) => (sent.on_no_response(), "read"),
            Waiting::Call(sent) => (sent.on_no_response(), "call"),
            Waiting::Introspect(sent) => (sent.on_no_response(), "introspection"),
            Waiting::Revoke(sent) => (sent.on_no_response(), "revocation"),
            Waiting::Refresh(sent) => (sent.on_no_response(), "refresh"),
            Waiting::RefreshUnverified(sent) => (sent.on_no_response(), "refresh"),
        };
        self.log(|| format!("no answer, {lost}: {step:?}"));
        match (step, lost, again) {
            (NextStep::Retry { .. }, "push lost", true) => return self.push(id),
            (NextStep::Retry { .. }, "keys", true) => return self.fetch_keys(id),
            (NextStep::Retry { .. }, "read", true) => return self.read_consent(id),
            (NextStep::Retry { .. }, "refresh", true) => return self.refresh(id),
            (_, "refresh", _) => self.pick_up(&flow_id),
            (_, "introspection" | "keys" | "read", _) => {
                if let Some(flow) = flow {
                    self.end(flow, "tokens kept, consent not read");
                }
            }
            (_, "call" | "revocation", _) => {}
            (_, lost, _) => {
                if let Some(flow) = flow {
                    self.end(flow, lost);
                }
            }
        }
        self.tasks.remove(&id);
    }
}

pub(super) fn of(flow: Option<usize>) -> String {
    flow.map_or_else(|| "no flow".to_owned(), |flow| format!("flow {flow}"))
}
