//! What follows at the back: tokens, keys, the consent, a call.

use fdx_par::{
    ConsentRead, Error, Exchanged, NextStep, Output, ResourceAnswer, ResourceRequest, Sent,
    ServerKeys, Step, Verification, Verified,
};
use http::Response;

use super::{Held, RETRIES, Waiting};
use crate::ledger::Harm;
use crate::scene::{self, Bank};
use crate::shared;
use crate::world::{ATTACKER, Event, Faults, Lane, World};

impl World {
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
                if let Some(answer) = self.step(id, sent, response, Waiting::Call, "") {
                    self.called(id, &answer);
                    self.tasks.remove(&id);
                }
            }
            Waiting::Refresh(sent) => {
                let end = "renewal refused";
                if let Some(refreshed) = self.step(id, sent, response, Waiting::Refresh, end) {
                    self.refreshed(id, refreshed);
                }
            }
        }
    }

    pub(super) fn step<T: Output>(
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
                    (NextStep::Retry { .. }, "renewal refused", Some(task)) => {
                        task.retries += 1;
                        self.note(&error);
                        self.refresh(id);
                    }
                    _ => {
                        self.judge_reload(id, &error);
                        self.fail(id, &error, end);
                    }
                }
                None
            }
        }
    }

    /// A code that was sent before is refused as spent, and the flow has to start over: unless the
    /// institution wanted another nonce first, or saw a copy of the request.
    fn judge_reload(&mut self, id: u32, error: &Error) {
        let Some(task) = self.tasks.get(&id).filter(|task| task.again && !task.copied) else {
            return;
        };
        let documented = match error {
            _ if !matches!(task.held, Held::Nothing) => true,
            Error::Refusal(refusal) => {
                refusal.is("invalid_grant") && error.next_step() == NextStep::StartOver
            }
            error => error.code() == "rfc9449.nonce.again",
        };
        if !documented {
            self.harm(Harm::ReloadOutcome, self.plan(id));
        }
    }

    /// Persist at once; then verify.
    pub(super) fn exchanged(&mut self, id: u32, exchanged: Exchanged) {
        self.persist(id, &exchanged.stored());
        if self.dies(id, 4) {
            return;
        }
        if let Some(task) = self.tasks.get_mut(&id) {
            task.held = Held::Exchanged(exchanged);
        }
        self.verify(id);
    }

    pub(super) fn verify(&mut self, id: u32) {
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let exchanged = match std::mem::replace(&mut task.held, Held::Nothing) {
            Held::Exchanged(exchanged) => exchanged,
            held => {
                task.held = held;
                return;
            }
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

    pub(super) fn fetch_keys(&mut self, id: u32) {
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

    pub(super) fn keys(&mut self, id: u32, keys: ServerKeys) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let node = self.nodes.get_mut(task.node);
        if let Some(slot) = node.and_then(|node| node.keys.get_mut(task.bank as usize)) {
            *slot = Some(keys);
        }
        if self.dies(id, 4) {
            return;
        }
        self.verify(id);
        self.verify_refreshed(id);
    }

    pub(super) fn verified(&mut self, id: u32, verified: Verified) {
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
            && (self.ledger.login(&hash).is_some_and(|by| by != person)
                || subject != shared::subject(person))
        {
            self.harm(Harm::OthersLogin, plan);
        }
        self.read_consent(id);
    }

    pub(super) fn read_consent(&mut self, id: u32) {
        let entropy = self.rng.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let Held::Verified(verified) = &task.held else { return };
        match client.read_consent(verified, entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Read),
            Err(error) => self.fail(id, &error, "tokens kept, consent not read"),
        }
    }

    pub(super) fn read(&mut self, id: u32, read: ConsentRead) {
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
        match self.ledger.consent(&id_text).cloned() {
            Some(given) if given.bank == bank && same => {
                if bank == Bank::Honest && given.by != person {
                    self.harm(Harm::OthersConsent, plan);
                }
                if !given.shared.is_reported(&granted, &scene::consent()) {
                    self.harm(Harm::NotGranted, plan);
                }
            }
            _ => self.harm(Harm::NotGranted, plan),
        }
        if self.dies(id, 4) {
            return;
        }
        if let Some(flow) = flow {
            self.end(flow, if whole { "granted whole" } else { "granted in part" });
        }
        // The browser is told, and its cookie cleared, unless that answer is lost.
        let lost = plan.is_some() || self.faults == Faults::Usual && self.rng.chance(20);
        if !lost {
            self.clear_cookie(person, &flow_id);
        }
        if self.faults == Faults::Usual && person != ATTACKER && self.rng.chance(200) {
            let at = self.now + self.rng.below(600_000);
            self.queue.plan(at, Event::Renew { flow: flow_id });
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

    /// The accounts that came belong to the customer for whom they were asked.
    fn called(&mut self, id: u32, answer: &ResourceAnswer) {
        let plan = self.plan(id);
        let Some(task) = self.tasks.get(&id) else { return };
        let (bank, of) = (task.bank, shared::prefix(task.person));
        let document = answer.json::<serde_json::Value>().unwrap_or_default();
        let accounts = document.get("accounts").and_then(|accounts| accounts.as_array());
        let others = accounts.into_iter().flatten().any(|account| {
            let id = account.get("accountId").and_then(|id| id.as_str());
            !id.is_some_and(|id| id.starts_with(&of))
        });
        if bank == Bank::Honest && others {
            self.harm(Harm::OthersConsent, plan);
        }
    }
}
