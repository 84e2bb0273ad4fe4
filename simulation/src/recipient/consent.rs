//! The granted consent, compared with what the institution knows, and a first call.

use fdx_par::{ConsentRead, ResourceAnswer, ResourceRequest, StoredGrant};

use super::{Held, Waiting};
use crate::attack::Attack;
use crate::ledger::Harm;
use crate::scene::{self, Bank};
use crate::shared;
use crate::world::{ATTACKER, Event, Faults, World};

impl World {
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
        self.persist(id, &granted.stored().to_json());
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
        // The response to the browser clears its cookie, unless it is lost.
        let lost = plan.is_some() || self.faults == Faults::Usual && self.rng.chance(20);
        if !lost {
            self.clear_cookie(person, &flow_id);
        }
        if plan == Some(Attack::SwappedRenewal) {
            self.queue.plan(self.now + 1000, Event::Renew { flow: flow_id });
        } else if self.faults == Faults::Usual && person != ATTACKER && self.rng.chance(200) {
            let at = self.now + self.rng.below(600_000);
            self.queue.plan(at, Event::Renew { flow: flow_id });
        }
        self.call(id, &granted.stored());
    }

    pub(crate) fn call(&mut self, id: u32, grant: &StoredGrant) {
        let entropy = self.rng.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Ok(url) = client.config().fdx_base.join_segment("accounts") else { return };
        let request = ResourceRequest::get(url);
        match client.call(grant.tokens().access_token(), request, entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Call),
            Err(error) => self.fail(id, &error, ""),
        }
    }

    /// Checks that the accounts belong to the customer of the request.
    pub(super) fn called(&mut self, id: u32, answer: &ResourceAnswer) {
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
