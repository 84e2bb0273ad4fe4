//! Nodes that crash and restart, and what must be left at the end.

use std::fmt::Debug;

use fdx_par::{
    Draft, Error, Output, ServerRule, Step, StoredStateFault, UnverifiedTokens, Verification,
};

use super::{Posted, Waiting};
use crate::attack::Attack;
use crate::ledger::{Actor, Harm};
use crate::scene::Bank;
use crate::single_use::Reason;
use crate::tally::count;
use crate::world::{Event, Lane, Row, World};

impl World {
    /// Restarts a node, which loses its tasks and keeps what was persisted.
    pub(crate) fn crash(&mut self, node: usize) {
        let Some(machine) = self.nodes.get_mut(node).filter(|machine| machine.up) else { return };
        machine.up = false;
        machine.keys = [None, None];
        count(&mut self.tally.network, "crashed");
        self.log(|| format!("node {node} crashes"));
        let dead: Vec<u32> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.node == node && task.lane == Lane::Network)
            .map(|(id, _)| *id)
            .collect();
        for id in dead {
            let Some(task) = self.tasks.remove(&id) else { continue };
            let Some(flow) = task.flow else {
                if !matches!(task.waiting, Some(Waiting::Call(_))) {
                    self.pick_up(&task.flow_id);
                }
                continue;
            };
            // Half of the customers reload a page that does not respond.
            let callback = self.flows.get(flow).and_then(|flow| flow.callback.clone());
            match callback.filter(|_| self.choices.chance(500)) {
                Some(url) => {
                    let (at, person) = (self.now + 2000, task.person);
                    let event = Event::Callback { person, url, flow, tries: 0, acting: None };
                    self.queue.schedule(at, event);
                }
                None => self.end(flow, "node crashed"),
            }
        }
        let at = self.now + 1000 + self.choices.below(20_000);
        self.queue.schedule(at, Event::Restart { node });
    }

    /// Whether the node of a task crashes here, between two steps, with this chance in a thousand.
    pub(super) fn dies(&mut self, id: u32, per_mille: u64) -> bool {
        let Some(task) = self.tasks.get(&id) else { return true };
        let node = task.node;
        let dies = task.lane == Lane::Network && self.is_faulty() && self.choices.chance(per_mille);
        if dies {
            self.crash(node);
        }
        dies
    }

    pub(crate) fn restart(&mut self, node: usize) {
        let clients = self.new_clients();
        if let Some(node) = self.nodes.get_mut(node) {
            node.up = true;
            node.clients = clients;
        }
    }

    /// Checks at the end that a fresh node can restore and renew every persisted grant, unless the
    /// grant ended in a documented way, as the ledger knows.
    pub(crate) fn audit(&mut self) {
        let rows: Vec<(String, Row)> =
            self.store.grants.iter().map(|(id, row)| (id.clone(), row.clone())).collect();
        self.log(|| format!("THE END: {} grants are renewed once more", rows.len()));
        for node in 0..self.nodes.len() {
            self.restart(node);
        }
        let keys = Bank::ALL.map(|bank| {
            let client = self.client_for(0, bank, None)?;
            let draft = client.fetch_keys(self.node_time(0)).ok()?;
            self.at_once(draft).ok()
        });
        let keys = |bank: Bank| keys.get(bank as usize).and_then(Option::as_ref);
        for (_, row) in rows {
            let Some(client) = self.client_for(0, row.bank, None) else { continue };
            let (entropy, now) = (self.choices.entropy(), self.node_time(0));
            let renewed = match client.restore(&row.text) {
                Ok(grant) => client
                    .refresh(&grant, entropy, now)
                    .and_then(|draft| self.at_once(draft))
                    .map(UnverifiedTokens::from),
                Err(error) if error == StoredStateFault::StoredUnverified.into() => client
                    .restore_unverified(&row.text)
                    .and_then(|tokens| client.refresh_unverified(&tokens, entropy, now))
                    .and_then(|draft| self.at_once(draft)),
                Err(error) => Err(error),
            };
            let keys = keys(row.bank);
            let verified = renewed.map(|renewed| match renewed {
                UnverifiedTokens::Exchanged(exchanged) => client
                    .verify(exchanged, keys, now)
                    .map(|verification| matches!(verification, Verification::Done(_)))
                    .map_err(Error::from),
                UnverifiedTokens::Refreshed(refreshed) => client
                    .verify(refreshed, keys, now)
                    .map(|verification| matches!(verification, Verification::Done(_)))
                    .map_err(Error::from),
            });
            let broken = match &verified {
                Ok(Ok(true)) => None,
                // The attacker changed the response to the code exchange, and the node crashed
                // before it read the consent. The response to the refresh reveals it.
                Ok(Err(Error::Server(fault)))
                    if fault.rule == ServerRule::ConsentIdConflict
                        && self.tally.tried.contains_key(&Attack::SwappedConsentId) =>
                {
                    None
                }
                Ok(_) => Some(Harm::RenewalRefused),
                // The ledger has checked it.
                Err(Error::Refusal(refusal)) if refusal.is("invalid_grant") => None,
                Err(_) => Some(Harm::GrantLost),
            };
            if let Some(harm) = broken {
                self.log(|| format!("a persisted grant can't be renewed: {verified:?}"));
                self.harm(harm, None);
            }
        }
    }

    /// Runs an exchange of the recipient without the network.
    pub(crate) fn at_once<T: Debug + Output>(&mut self, mut draft: Draft<T>) -> Result<T, Error> {
        let mut reason = Reason::Drafted;
        loop {
            let Posted { request, peer, sent } = self.sign(draft, reason, None)?;
            let response = self.ask_bank(Actor::Recipient, &request, peer, None);
            let received = response.clone();
            match sent.receive(response, self.node_time(0))? {
                Step::Done(done) => return Ok(done),
                Step::Again(fresh) => {
                    self.check_repetition(&received, reason, None);
                    (draft, reason) = (fresh, Reason::Nonce);
                }
            }
        }
    }

    pub(super) fn some_node(&mut self) -> Option<usize> {
        let up: Vec<usize> = (0..self.nodes.len())
            .filter(|at| self.nodes.get(*at).is_some_and(|node| node.up))
            .collect();
        self.choices.pick(&up).copied()
    }
}
