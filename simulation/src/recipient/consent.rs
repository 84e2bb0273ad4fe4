//! The granted consent, compared with what the institution knows, and a first call.

use fdx_par::{
    ConsentRead, Introspection, ResourceAnswer, ResourceRequest, StoredGrant, TokenTypeHint,
};

use super::{Held, Waiting};
use crate::attack::Attack;
use crate::ledger::Harm;
use crate::scene::{self, Bank};
use crate::shared;
use crate::world::{ATTACKER, Event, Renewals, World};

impl World {
    /// Introspects the access token before the consent is read.
    pub(super) fn introspect(&mut self, id: u32) {
        let entropy = self.choices.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        self.count_optional(id);
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let Held::Verified(verified) = &task.held else { return };
        match client.introspect(verified.tokens().access_token(), entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Introspect),
            Err(error) => self.fail(id, &error, "tokens kept, consent not read"),
        }
    }

    pub(super) fn introspected(&mut self, id: u32, answer: &Introspection) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let Held::Verified(verified) = std::mem::replace(&mut task.held, Held::Nothing) else {
            return;
        };
        match verified.introspected(answer) {
            Ok(verified) => {
                task.held = Held::Verified(verified);
                self.read_consent(id);
            }
            Err(refused) => self.fail(id, &refused.error, "tokens kept, consent not read"),
        }
    }

    pub(super) fn read_consent(&mut self, id: u32) {
        let entropy = self.choices.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let Held::Verified(verified) = &task.held else { return };
        match client.read_consent(verified, entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Read),
            Err(error) => self.fail(id, &error, "tokens kept, consent not read"),
        }
    }

    pub(super) fn read(&mut self, id: u32, read: ConsentRead) {
        let attack = self.attack_of(id);
        let Some((client, now)) = self.client_and_time(id) else { return };
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
        self.secrets.show(format!("{granted:?}"));
        match client.receipt(&granted, now) {
            Ok(receipt) => self.secrets.show(receipt.canonical_json()),
            Err(error) => self.note(&error),
        }
        self.persist(id, &granted.stored().to_json());
        let id_text = granted.consent_id().map(|id| id.as_str().to_owned()).unwrap_or_default();
        let same = granted.grant().and_then(|grant| grant.id()) == granted.consent_id();
        let whole = granted.coverage().is_whole();
        match self.ledger.consent(&id_text).cloned() {
            Some(given) if given.bank == bank && same => {
                if bank == Bank::Honest && given.by != person {
                    self.harm(Harm::OthersConsent, attack);
                }
                if !given.shared.is_reported(&granted, &scene::consent()) {
                    self.harm(Harm::NotGranted, attack);
                }
            }
            _ => self.harm(Harm::NotGranted, attack),
        }
        if self.dies(id, 4) {
            return;
        }
        if let Some(flow) = flow {
            self.end(flow, if whole { "granted whole" } else { "granted in part" });
        }
        // The response to the browser clears its cookie, unless it is lost.
        let lost = attack.is_some() || self.is_faulty() && self.choices.chance(20);
        if !lost {
            self.clear_cookie(person, &flow_id);
        }
        if attack == Some(Attack::SwappedRenewal) {
            self.queue.schedule(self.now + 1000, Event::Renew { flow: flow_id });
        } else if self.is_faulty()
            && person != ATTACKER
            && (self.choices.chance(200) || self.renewals == Renewals::All)
        {
            let at = self.now + self.choices.below(600_000);
            self.queue.schedule(at, Event::Renew { flow: flow_id });
        }
        self.call(id, &granted.stored());
    }

    pub(crate) fn call(&mut self, id: u32, grant: &StoredGrant) {
        let entropy = self.choices.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        let Ok(url) = client.config().fdx_base.join_segment("accounts") else { return };
        let request = ResourceRequest::get(url);
        self.secrets.show(format!("{grant:?}"));
        if let Some(task) = self.tasks.get_mut(&id) {
            task.held = Held::Stored(grant.clone());
        }
        match client.call(grant.tokens().access_token(), request, entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Call),
            Err(error) => self.fail(id, &error, ""),
        }
    }

    /// Ends the task, calls again, or revokes the access token.
    pub(super) fn after_call(&mut self, id: u32) {
        let attack = self.attack_of(id);
        let weights: &[u64] =
            if attack.is_none() && self.is_faulty() { &[900, 50, 50] } else { &[1] };
        let next = self.choices.weighted(weights);
        let grant = self.tasks.get(&id).and_then(|task| match &task.held {
            Held::Stored(grant) => Some(grant.clone()),
            _ => None,
        });
        let Some(grant) = grant.filter(|_| next != 0) else {
            self.tasks.remove(&id);
            return;
        };
        self.count_optional(id);
        if next == 1 {
            return self.call(id, &grant);
        }
        let entropy = self.choices.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        match client.revoke(grant.tokens(), TokenTypeHint::AccessToken, entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Revoke),
            Err(error) => self.fail(id, &error, ""),
        }
    }

    fn count_optional(&mut self, id: u32) {
        let begun = self.tasks.get(&id).and_then(|task| task.begun);
        if let Some(flow) = begun.and_then(|begun| self.flows.get_mut(begun)) {
            flow.optional += 1;
        }
    }

    /// Checks that the accounts belong to the customer of the request.
    pub(super) fn called(&mut self, id: u32, answer: &ResourceAnswer) {
        let attack = self.attack_of(id);
        let Some(task) = self.tasks.get(&id) else { return };
        let (bank, of) = (task.bank, shared::prefix(task.person));
        let document = answer.json::<serde_json::Value>().unwrap_or_default();
        let accounts = document.get("accounts").and_then(|accounts| accounts.as_array());
        let others = accounts.into_iter().flatten().any(|account| {
            let id = account.get("accountId").and_then(|id| id.as_str());
            !id.is_some_and(|id| id.starts_with(&of))
        });
        if bank == Bank::Honest && others {
            self.harm(Harm::OthersConsent, attack);
        }
    }
}
