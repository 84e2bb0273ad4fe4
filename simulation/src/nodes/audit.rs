//! What must be left at the end of a world.

use std::collections::BTreeSet;

use fdx_store::consents::{ConsentRow, Filter, list_consents, resume};
use fdx_store::procedure::Access;
use fdx_store::receipts::{ChainVerifier, Event, Renewal, RevokedBy, Scope, heads, history};
use fdx_store::{ConsentState, RecordKey, Statement, Tenant, Value};

use super::procedure::{Doing, Done, run};
use super::{Nodes, Purpose};
use crate::ledger::Harm;
use crate::tally::count;

impl Nodes {
    pub(super) fn audit(&mut self) {
        self.log(|| "THE END".to_owned());
        for (id, task) in std::mem::take(&mut self.tasks) {
            self.harm(Harm::Stuck, format!("task {id}: {:?}", task.purpose));
        }
        for node in 0..self.nodes.len() {
            self.restart(node);
        }
        let issuer = crate::scene::Bank::Honest.issuer().as_str().to_owned();
        let _ = self.store.run(resume(Some((Tenant::default(), issuer))));
        let page = list_consents(Tenant::default(), Filter::All, None, 1000);
        let rows = self.store.run(page).map(|page| page.consents).unwrap_or_default();
        self.log(|| format!("{} consents", rows.len()));
        let known: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let missing = self.flows.iter().filter(|flow| flow.granted);
        let missing: Vec<String> = missing
            .filter_map(|flow| flow.record.as_ref().map(|record| record.as_str().to_owned()))
            .filter(|record| !known.contains(record.as_str()))
            .collect();
        for record in missing {
            self.harm(Harm::GrantLost, format!("{record} is not stored"));
        }
        for row in &rows {
            count(&mut self.report.consents, row.state.name());
            self.check_receipts(row);
            self.check_tokens(row);
        }
        self.check_heads();
        self.check_secrets();
    }

    /// A consent that has not ended can be refreshed, or was lost as the manual names. One that was
    /// revoked has no valid token.
    fn check_tokens(&mut self, row: &ConsentRow) {
        let id = row.id.as_str().to_owned();
        let flow = self.flows.iter().find(|flow| flow.record.as_ref() == Some(&row.id));
        let Some(flow) = flow else {
            return self.harm(Harm::GrantLost, format!("{id} has no flow"));
        };
        let (revoked, grant) = (flow.revoked, flow.grant.clone());
        let Some(grant) = grant else {
            return self.harm(Harm::NotGranted, format!("{id} has no grant"));
        };
        if row.consent_id.as_ref().is_some_and(|consent| *consent != grant) {
            self.harm(Harm::OthersConsent, id.clone());
        }
        let now = self.bank_time();
        let accepted = self.bank.sandbox.accepted_tokens(&grant, now).len();
        let facts = self.bank.grants.get(&grant);
        let (ended, lost) = facts.map_or((false, None), |facts| (facts.ended, facts.lost));
        match row.state {
            ConsentState::Revoked => {
                if accepted > 0 {
                    self.harm(Harm::AliveAfterRevocation, id.clone());
                }
                if !self.is_revoked_completely(&id) {
                    self.harm(Harm::Stuck, format!("{id}: its revocation has no end"));
                }
            }
            _ if revoked && !row.state.has_ended() => {
                // Its revocation may have failed before it was stored, or its process died.
                count(&mut self.report.results, "revocations that were never stored");
            }
            _ => {}
        }
        if row.state == ConsentState::Revoked || ended {
            return;
        }
        let is_alive = row.state.is_refreshable() && self.can_be_refreshed(row);
        if is_alive {
            return;
        }
        match lost {
            Some(loss) => count(&mut self.report.losses, loss.name()),
            None => {
                let what = format!("{id} is {}: {:?}", row.state.name(), row.reason);
                self.harm(Harm::GrantLost, what);
            }
        }
    }

    fn is_revoked_completely(&mut self, id: &str) -> bool {
        let ended = Statement::new("SELECT ended_at FROM fdx_revocations WHERE consent = $1");
        let rows = self.store.rows(ended.with(id.to_owned()));
        matches!(rows.first().and_then(|row| row.first()), None | Some(Value::Integer(_)))
    }

    /// Whether a fresh node can refresh a consent now.
    fn can_be_refreshed(&mut self, row: &ConsentRow) -> bool {
        let (entropy, now) = (self.choices.entropy(), self.clock(0));
        let Some(consents) = self.consents(0) else { return false };
        let running = match row.state {
            ConsentState::PendingVerification => {
                run(consents.resume(&row.id, entropy, now), |it| Done::Finished(Box::new(it)))
            }
            _ => run(consents.refresh(&row.id, entropy, now), Done::Access),
        };
        match self.at_once(running) {
            Some(Done::Access(Access::Token(_))) => true,
            Some(Done::Finished(finished)) => {
                matches!(*finished, fdx_store::procedure::Finished::Granted(_))
            }
            other => {
                self.log(|| format!("{}: {other:?}", row.id.as_str()));
                false
            }
        }
    }

    /// Runs a procedure without faults.
    fn at_once(&mut self, running: super::procedure::Running) -> Option<Done> {
        self.start(0, Purpose::Audit, running);
        let id = self.next_task;
        while let Some((at, event)) = self.queue.take() {
            self.now = self.now.max(at);
            let task = self.tasks.get(&id)?;
            if task.running.as_ref().is_some_and(|running| running.doing() == Doing::Done) {
                let running = self.tasks.remove(&id)?.running?;
                self.clear();
                return running.done();
            }
            self.happen(event);
        }
        None
    }

    /// Drops the events that are left.
    fn clear(&mut self) {
        while self.queue.take().is_some() {}
    }

    /// Every event of a consent has its receipt, and the chain verifies.
    fn check_receipts(&mut self, row: &ConsentRow) {
        let key = RecordKey::new(Tenant::default(), row.id.clone());
        let id = row.id.as_str();
        let Ok(page) = self.store.run(history(key.clone(), 0, 1000)) else {
            return self.harm(Harm::ChainBroken, id);
        };
        let mut verifier = ChainVerifier::new(key);
        let mut events = Vec::new();
        for entry in &page.entries {
            match verifier.check_row(entry) {
                Ok(entry) => events.push(entry.event().clone()),
                Err(error) => return self.harm(Harm::ChainBroken, format!("{id}: {error}")),
            }
        }
        self.report.receipts += events.len() as u64;
        let times = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
        let granted = times(|event| match event {
            Event::Granted { .. } => true,
            Event::Renewed { link, .. } => matches!(link, Renewal::Renews(_)),
            _ => false,
        });
        let by_us = times(|event| match event {
            Event::Revoked(revocation) => revocation.by != RevokedBy::Institution,
            _ => false,
        });
        let ended = times(|event| matches!(event, Event::Revoked(_) | Event::Expired {})) - by_us;
        // A consent without access was never complete.
        let complete = usize::from(row.access.is_some());
        let is_right = granted == complete
            && match row.state {
                // A consent that is dead or expired can be revoked as well.
                ConsentState::Revoked => {
                    (1..=2).contains(&(by_us + ended)) && by_us.max(ended) == 1
                }
                state if state.has_ended() => (by_us, ended) == (0, 1),
                _ => (by_us, ended) == (0, 0),
            };
        if !is_right {
            let state = row.state.name();
            let what = format!("{id} is {state}: {granted} grants, {by_us} and {ended} ends");
            self.harm(Harm::ReceiptMissing, what);
        }
        if row.state.is_alive() && complete == 0 {
            self.harm(Harm::ReceiptMissing, format!("{id} is active without a receipt"));
        }
    }

    /// The heads agree with the chains.
    fn check_heads(&mut self) {
        let Ok(page) = self.store.run(heads(Scope::All, None, None, 1000)) else {
            return self.harm(Harm::ChainBroken, "no heads");
        };
        for head in page.heads {
            let history = history(head.key.clone(), 0, 1000);
            let entries = self.store.run(history).map(|page| page.entries).unwrap_or_default();
            let mut verifier = ChainVerifier::new(head.key.clone());
            let read = entries.iter().try_for_each(|entry| verifier.check_row(entry).map(drop));
            if let Err(error) = read.and_then(|()| verifier.check_head(&head)) {
                self.harm(Harm::ChainBroken, error.to_string());
            }
        }
    }

    /// No part of a secret is stored, or shown in an output or error.
    fn check_secrets(&mut self) {
        for table in self.store.other_tables() {
            self.harm(Harm::SecretStored, format!("the table {table} is not searched"));
        }
        let contents = self.store.contents();
        let found = self.secrets.in_any(&contents);
        for text in found {
            let text = String::from_utf8_lossy(text).chars().take(200).collect::<String>();
            self.log(|| format!("a secret is stored in {text}"));
            self.harm(Harm::SecretStored, "a value of the database");
        }
        for text in self.secrets.shown() {
            self.log(|| format!("a secret is shown in {text}"));
            self.harm(Harm::SecretShown, text.chars().take(60).collect::<String>());
        }
    }
}
