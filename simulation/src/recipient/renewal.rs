//! Renewing a grant, as the manual describes for several nodes: a lease on the row, one refresh,
//! and a conditional write that fails if another node wrote the row.

use fdx_par::{Error, StoredGrant, StoredStateFault, UnverifiedTokens, Verification};
use fdx_wire::Secret;

use super::network::of;
use super::{Held, Waiting};
use crate::attack::Attack;
use crate::ledger::Harm;
use crate::scene::Bank;
use crate::shared;
use crate::tally::count;
use crate::world::{ATTACKER, Event, Renewals, Row, World};

/// Longer than three tries of two requests each, and shorter than an old refresh token is valid.
const LEASE: u64 = 50_000;

impl World {
    /// Schedules a renewal at any node.
    pub(crate) fn renew(&mut self, flow_id: &str) {
        let Some(row) = self.store.grants.get(flow_id) else { return };
        let (bank, lease) = (row.bank, row.lease);
        let node = self.some_node().filter(|_| lease <= self.now);
        let Some(node) = node else {
            let (at, flow) = (lease.max(self.now + 3000), flow_id.to_owned());
            return self.queue.schedule(at, Event::Renew { flow });
        };
        let Some(client) = self.client_for(node, bank, None) else { return };
        if let Some(row) = self.store.grants.get_mut(flow_id) {
            row.lease = self.now + LEASE;
        }
        let begun = self.began(flow_id);
        self.log(|| format!("node {node} renews the grant of {}", of(begun)));
        let mut person = ATTACKER;
        if let Some(flow) = begun.and_then(|begun| self.flows.get_mut(begun)) {
            flow.renewals += 1;
            person = flow.person;
        }
        let id = self.task(node, None, begun, person, bank, client);
        if let Some(task) = self.tasks.get_mut(&id) {
            task.flow_id = flow_id.to_owned();
            task.renews = true;
        }
        self.refresh(id);
    }

    pub(super) fn refresh(&mut self, id: u32) {
        let entropy = self.choices.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let Some(row) = self.store.grants.get(&task.flow_id) else { return };
        task.version = row.version;
        let restored = match client.restore(&row.text) {
            // A node died before it verified them.
            Err(error) if error == StoredStateFault::StoredUnverified.into() => {
                let tokens = client.restore_unverified(&row.text);
                let draft =
                    tokens.and_then(|tokens| client.refresh_unverified(&tokens, entropy, now));
                draft.map(|draft| self.send(id, draft, Waiting::RefreshUnverified))
            }
            grant => grant
                .and_then(|grant| client.refresh(&grant, entropy, now))
                .map(|draft| self.send(id, draft, Waiting::Refresh)),
        };
        if let Err(error) = restored {
            self.harm(Harm::GrantLost, self.attack_of(id));
            self.fail(id, &error, "");
        }
    }

    pub(super) fn refreshed(&mut self, id: u32, refreshed: UnverifiedTokens) {
        // The old refresh token may be spent, and only this response has the new one.
        if self.dies(id, 60) {
            return;
        }
        count(&mut self.tally.network, "refreshed");
        let old = self.tasks.get(&id).and_then(|task| self.store.grants.get(&task.flow_id));
        let old = old.and_then(|row| stored_refresh_token(&row.text));
        if !self.persist(id, &refreshed.to_json()) {
            self.tasks.remove(&id);
            return;
        }
        // Whatever the recipient persisted, the institution has replaced the old token.
        let new = self.tasks.get_mut(&id).and_then(|task| task.issued.take());
        if let Some(old) = old.filter(|old| new.is_some_and(|new| new != *old)) {
            self.single_use.retire(old);
        }
        if self.dies(id, 10) {
            return;
        }
        if let Some(task) = self.tasks.get_mut(&id) {
            task.held = match refreshed {
                UnverifiedTokens::Exchanged(exchanged) => Held::Exchanged(exchanged),
                UnverifiedTokens::Refreshed(refreshed) => Held::Refreshed(refreshed),
            };
        }
        self.verify(id);
        self.verify_refreshed(id);
    }

    /// Completes a renewal of tokens that were refreshed before they were verified.
    pub(super) fn renewed_late(&mut self, id: u32) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        match std::mem::replace(&mut task.held, Held::Nothing) {
            Held::Verified(verified) => self.renewed(id, &verified.without_grant().stored()),
            held => task.held = held,
        }
    }

    pub(super) fn verify_refreshed(&mut self, id: u32) {
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let refreshed = match std::mem::replace(&mut task.held, Held::Nothing) {
            Held::Refreshed(refreshed) => refreshed,
            held => {
                task.held = held;
                return;
            }
        };
        let keys = self.nodes.get(task.node).and_then(|node| node.keys.get(task.bank as usize));
        let keys = keys.and_then(Option::as_ref);
        match client.verify(refreshed, keys, now) {
            Ok(Verification::Done(grant)) => self.renewed(id, &grant),
            Ok(Verification::FetchKeys(refreshed)) => {
                task.held = Held::Refreshed(refreshed);
                self.fetch_keys(id);
            }
            Err(refused) => {
                let attack = self.attack_of(id);
                if attack != Some(Attack::SwappedRenewal) {
                    self.harm(Harm::RenewalRefused, attack);
                }
                self.fail(id, &refused.error, "");
            }
            // Nothing here is encrypted.
            Ok(Verification::Decrypt(_)) => {}
        }
    }

    fn renewed(&mut self, id: u32, grant: &StoredGrant) {
        let Some(task) = self.tasks.get(&id) else { return };
        let (bank, subject) = (task.bank, shared::subject(task.person));
        let flow = task.flow_id.clone();
        let same = grant.identity().is_none_or(|identity| identity.subject() == subject);
        if bank == Bank::Honest && !same {
            self.harm(Harm::OthersLogin, self.attack_of(id));
        }
        self.persist(id, &grant.to_json());
        let all = self.renewals == Renewals::All && self.renewals_of(&flow) < 3;
        if self.is_faulty() && (self.choices.chance(300) || all) {
            let at = self.now + self.choices.below(600_000);
            self.queue.schedule(at, Event::Renew { flow });
        }
        self.call(id, grant);
    }

    fn renewals_of(&self, flow_id: &str) -> u64 {
        let begun = self.began(flow_id).and_then(|begun| self.flows.get(begun));
        begun.map_or(0, |flow| flow.renewals)
    }

    /// Plans the next try after a renewal that did not finish: when the lease has expired, or only
    /// when the grant is needed again.
    pub(super) fn pick_up(&mut self, flow_id: &str) {
        let Some(lease) = self.store.grants.get(flow_id).map(|row| row.lease) else { return };
        let later = if self.choices.chance(400) { self.choices.below(600_000) } else { 0 };
        let at = lease.max(self.now) + later;
        self.queue.schedule(at, Event::Renew { flow: flow_id.to_owned() });
    }

    /// Writes a row and returns whether it did. It never replaces what another node wrote.
    pub(super) fn persist(&mut self, id: u32, text: &Secret) -> bool {
        let Some(task) = self.tasks.get_mut(&id) else { return false };
        let version = self.store.grants.get(&task.flow_id).map_or(0, |row| row.version);
        if version != task.version {
            return false;
        }
        task.version += 1;
        let text = text.expose().to_owned();
        let restored = match task.client.restore(&text) {
            Ok(grant) => Ok(grant.to_json()),
            Err(_) => task.client.restore_unverified(&text).map(|tokens| tokens.to_json()),
        };
        let token = stored_refresh_token(&text);
        let replaced = self.store.grants.get(&task.flow_id);
        let replaced = replaced.and_then(|row| stored_refresh_token(&row.text));
        let row_text = text.clone();
        let row = Row { bank: task.bank, text, version: task.version, lease: 0 };
        self.store.grants.insert(task.flow_id.clone(), row);
        if !restored.is_ok_and(|restored| restored.expose() == row_text) {
            self.harm(Harm::NotRestored, self.attack_of(id));
        }
        if let Some(token) = token {
            self.ledger.refresh_tokens.persisted(&token, self.now);
            self.single_use.persisted(&token);
            if let Some(replaced) = replaced.filter(|replaced| *replaced != token) {
                self.single_use.retire(replaced);
            }
        }
        true
    }

    /// Deletes a grant after an error that requires a new flow, unless another node has written it.
    pub(super) fn forget(&mut self, id: u32, error: &Error) {
        let refused = matches!(error, Error::Refusal(refusal) if refusal.is("invalid_grant"));
        if !refused {
            self.harm(Harm::GrantLost, self.attack_of(id));
        }
        let Some(task) = self.tasks.get(&id) else { return };
        let Some(row) = self.store.grants.get(&task.flow_id) else { return };
        if row.version == task.version
            && let Some(row) = self.store.grants.remove(&task.flow_id)
            && let Some(token) = stored_refresh_token(&row.text)
        {
            self.single_use.retire(token);
        }
    }
}

/// The refresh token in a row, whose tokens are verified or not.
pub(crate) fn stored_refresh_token(row: &str) -> Option<String> {
    let row: serde_json::Value = serde_json::from_str(row).ok()?;
    let tokens = row.get("grant").unwrap_or(&row);
    tokens.get("refresh_token").and_then(|token| token.as_str()).map(str::to_owned)
}
