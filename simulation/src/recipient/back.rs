//! The back channel: responses, tokens, keys.

use std::fmt::Debug;

use fdx_par::{Error, Exchanged, NextStep, Output, Sent, ServerKeys, Step, Verification, Verified};
use http::Response;
use serde_json::Value;

use super::{Held, RETRIES, Waiting};
use crate::ledger::Harm;
use crate::scene::Bank;
use crate::shared;
use crate::single_use::Reason;
use crate::world::{Lane, World};

impl World {
    /// Receives a response or a copy of one.
    pub(crate) fn receive(&mut self, id: u32, attempt: u32, response: Response<Vec<u8>>) {
        let Some(task) = self.tasks.get_mut(&id).filter(|task| task.attempt == attempt) else {
            return;
        };
        let (node, lane) = (task.node, task.lane);
        // Between any two steps.
        if lane == Lane::Network && self.is_faulty() && self.choices.chance(4) {
            return self.crash(node);
        }
        let Some(waiting) = self.tasks.get_mut(&id).and_then(|task| task.waiting.take()) else {
            return;
        };
        match waiting {
            Waiting::Push(sent) => {
                self.single_use.pushed(&response);
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
                    self.after_call(id);
                }
            }
            Waiting::Introspect(sent) => {
                let end = "tokens kept, consent not read";
                if let Some(answer) = self.step(id, sent, response, Waiting::Introspect, end) {
                    self.introspected(id, &answer);
                }
            }
            Waiting::Revoke(sent) => {
                if self.step(id, sent, response, Waiting::Revoke, "").is_some() {
                    self.tasks.remove(&id);
                }
            }
            Waiting::Refresh(sent) => {
                let response = self.on_renewal(id, response);
                self.issued(id, &response);
                let end = "renewal refused";
                if let Some(refreshed) = self.step(id, sent, response, Waiting::Refresh, end) {
                    self.refreshed(id, refreshed.into());
                }
            }
            Waiting::RefreshUnverified(sent) => {
                let response = self.on_renewal(id, response);
                self.issued(id, &response);
                let end = "renewal refused";
                let again = Waiting::RefreshUnverified;
                if let Some(refreshed) = self.step(id, sent, response, again, end) {
                    self.refreshed(id, refreshed);
                }
            }
        }
    }

    pub(super) fn step<T: Debug + Output>(
        &mut self,
        id: u32,
        sent: Sent<T>,
        response: Response<Vec<u8>>,
        again: fn(Sent<T>) -> Waiting,
        end: &'static str,
    ) -> Option<T> {
        let (_, now) = self.client_and_time(id)?;
        let received = response.clone();
        match sent.receive(response, now) {
            Ok(Step::Done(done)) => {
                self.secrets.show(format!("{done:?}"));
                Some(done)
            }
            Ok(Step::Again(draft)) => {
                let reason = self.tasks.get(&id)?.reason;
                self.check_repetition(&received, reason, self.attack_of(id));
                self.send_because(id, draft, Reason::Nonce, again);
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
                    (NextStep::StartOver, "renewal refused", _) => {
                        self.forget(id, &error);
                        self.fail(id, &error, end);
                    }
                    (_, "exchange refused", _) => {
                        self.judge_reload(id, &error);
                        self.fail(id, &error, end);
                    }
                    _ => self.fail(id, &error, end),
                }
                None
            }
        }
    }

    /// Remembers the refresh token of a response, if it is one (RFC 6749 appendix A.17).
    fn issued(&mut self, id: u32, response: &Response<Vec<u8>>) {
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let token = body.get("refresh_token").and_then(Value::as_str);
        let is_token =
            |text: &&str| !text.is_empty() && text.bytes().all(|it| (0x20..0x7f).contains(&it));
        if let Some(task) = self.tasks.get_mut(&id) {
            task.issued = token.filter(is_token).map(str::to_owned);
        }
    }

    /// Checks that the second of two exchanges with one code is refused as spent, unless the
    /// institution required another nonce first, or received a copy of the request.
    fn judge_reload(&mut self, id: u32, error: &Error) {
        let Some(task) = self.tasks.get(&id).filter(|task| !task.copied) else { return };
        let mut twice = self.exchanges.iter().filter(|(_, sent)| **sent > 1);
        let documented = match error {
            _ if !twice.any(|((flow_id, _), _)| *flow_id == task.flow_id) => true,
            Error::Refusal(refusal) => {
                refusal.is("invalid_grant") && error.next_step() == NextStep::StartOver
            }
            error => error.code() == "rfc9449.nonce.again",
        };
        if !documented {
            self.harm(Harm::ReloadOutcome, self.attack_of(id));
        }
    }

    /// Persists the tokens at once, then verifies them.
    pub(super) fn exchanged(&mut self, id: u32, exchanged: Exchanged) {
        self.persist(id, &exchanged.to_json());
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
            Ok(Verification::Done(verified)) => self.verified(id, verified),
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
        let attack = self.attack_of(id);
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let (person, bank) = (task.person, task.bank);
        let login = verified.id_token().map(|token| {
            let claims = token.claims::<serde_json::Value>().unwrap_or_default();
            let hash = claims.get("at_hash").and_then(|hash| hash.as_str()).map(str::to_owned);
            (hash, token.subject().to_owned())
        });
        let renews = task.renews;
        self.secrets.show(format!("{verified:?}"));
        task.held = Held::Verified(verified);
        if let (Bank::Honest, Some((Some(hash), subject))) = (bank, login)
            && (self.ledger.login(&hash).is_some_and(|by| by != person)
                || subject != shared::subject(person))
        {
            self.harm(Harm::OthersLogin, attack);
        }
        // The flow of a renewed grant has ended: what counts now is that the grant can be used.
        if renews {
            self.renewed_late(id);
        } else if attack.is_none() && self.is_faulty() && self.choices.chance(100) {
            self.introspect(id);
        } else {
            self.read_consent(id);
        }
    }
}
