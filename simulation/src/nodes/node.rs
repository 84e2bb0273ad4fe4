//! The nodes: their procedures, keepers and crashes.

use core::time::Duration;

use fdx_jose::Thumbprint;
use fdx_par::{Client, ServerKeys, Step};
use fdx_sandbox::{Peer, RefreshPolicy};
use fdx_store::keeper::{Keeper, KeeperLimits, KeeperStep};
use fdx_store::procedure::Consents;
use fdx_store::refresh::RefreshPolicy as Policy;
use fdx_store::{Action, Failure, Rows, StoreError, Tenant};

use super::procedure::{Doing, Done, Running, run};
use super::{END, Event, Nodes, Purpose, Task, bank, store};
use crate::scene::{self, Key};
use crate::single_use::Reason;
use crate::tally::count;
use crate::world::shown;

/// How long a round of the keeper takes, in milliseconds.
const ROUND: u64 = 5000;

/// A machine of the recipient. A crash loses everything but its configuration.
pub(super) struct Node {
    pub(super) up: bool,
    /// Counts its restarts.
    life: u32,
    /// How far its clock is ahead, in milliseconds.
    pub(super) ahead: u64,
    pub(super) consents: Consents,
    keeper: Keeper,
    /// When the keeper looks again.
    tick: u64,
    /// When within a round it looks.
    phase: u64,
}

/// Times that fit into a world: everything else is the default.
pub(super) fn policy(refresh: RefreshPolicy) -> Policy {
    let mut policy = Policy::new(bank::rotation(refresh));
    policy.longest_pause = Duration::from_secs(120);
    policy.keep_alive = Duration::from_secs(30 * 60);
    policy.suspect_for = Duration::from_secs(10 * 60);
    policy
}

/// What all nodes can prove possession of.
pub(super) fn usable_keys() -> [Thumbprint; 2] {
    [scene::keys_of(Key::HonestProof).public().thumbprint(), scene::certificate()]
}

impl Nodes {
    pub(super) fn add_node(&mut self, ahead: u64) {
        let consents = self.new_consents();
        let (keeper, phase) = (self.new_keeper(), self.choices.below(ROUND));
        let tick = u64::MAX;
        self.nodes.push(Node { up: true, life: 0, ahead, consents, keeper, tick, phase });
    }

    fn new_keeper(&mut self) -> Keeper {
        Keeper::new(KeeperLimits::new(), &self.choices.entropy())
    }

    #[allow(clippy::panic, reason = "a scene that can't be set is a mistake in this file")]
    fn new_consents(&mut self) -> Consents {
        let keys = self.keys.clone().filter(|_| self.choices.chance(700));
        let bank = scene::Bank::Honest;
        let client = Client::new(bank.config(&self.setup), bank.metadata());
        let consents = client.map(|client| {
            Consents::new(client, Tenant::default(), store::ring(), keys, self.policy)
        });
        match consents {
            Ok(Ok(consents)) => consents,
            _ => panic!("the scene fits together"),
        }
    }

    /// The institution's keys.
    pub(super) fn fetch_keys(&mut self) -> Option<ServerKeys> {
        let bank = scene::Bank::Honest;
        let client = Client::new(bank.config(&self.setup), bank.metadata()).ok()?;
        let now = self.bank_time();
        let (request, sent) = client.fetch_keys(now).ok()?.attach(Vec::new()).ok()?;
        let peer = Peer::anonymous();
        let response = self.bank.sandbox.handle(&request.into_http(), peer, now);
        match sent.receive(response, now).ok()? {
            Step::Done(keys) => Some(keys),
            Step::Again(_) => None,
        }
    }

    pub(super) fn any_node(&mut self) -> usize {
        usize::try_from(self.choices.below(self.nodes.len() as u64)).unwrap_or(0)
    }

    /// A node that runs.
    pub(super) fn some_node(&mut self) -> Option<usize> {
        let up = self.nodes.iter().enumerate().filter(|(_, node)| node.up);
        let up: Vec<usize> = up.map(|(at, _)| at).collect();
        self.choices.pick(&up).copied()
    }

    pub(super) fn consents(&self, node: usize) -> Option<Consents> {
        self.nodes.get(node).map(|node| node.consents.clone())
    }

    /// Begins a procedure on a node.
    pub(super) fn start(&mut self, node: usize, purpose: Purpose, running: Running) {
        self.next_task += 1;
        let (id, running) = (self.next_task, Some(running));
        let reason = Reason::Drafted;
        let task =
            Task { node, purpose, running, request: 0, reason, arrived: None, refreshes: None };
        self.tasks.insert(id, task);
        self.queue.schedule(self.now, Event::Step { task: id });
    }

    /// Takes the next steps of a procedure, up to one that takes time.
    pub(super) fn step(&mut self, id: u32) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let node = task.node;
        let Some(running) = task.running.take() else { return };
        // Between any two steps.
        if self.fault(2) {
            return self.crash(node, "crashes between two steps");
        }
        let now = self.clock(node);
        match running.doing() {
            Doing::Sign => {
                self.proceed(id, running.sign(now));
            }
            Doing::Wait(until) => {
                let due = self.when(node, until);
                if due > self.now {
                    self.keep(id, running);
                    return self.queue.schedule(due, Event::Step { task: id });
                }
                self.proceed(id, running.resumed(now));
            }
            Doing::Store => self.transaction(id, running),
            Doing::Send => self.send(id, running),
            Doing::Await => self.keep(id, running),
            Doing::Done => {
                if let Some(done) = running.done() {
                    self.secrets.show(format!("{done:?}"));
                    self.ended(id, done);
                }
            }
        }
    }

    fn keep(&mut self, id: u32, running: Running) {
        if let Some(task) = self.tasks.get_mut(&id) {
            task.running = Some(running);
        }
    }

    /// Continues soon. Sometimes the process is paused for longer.
    pub(super) fn proceed(&mut self, id: u32, running: Running) {
        self.keep(id, running);
        let at = self.now + self.choices.below(20) + self.pause(id, 1);
        self.queue.schedule(at, Event::Step { task: id });
    }

    /// How long the process is paused here, this many times in a thousand.
    pub(super) fn pause(&mut self, id: u32, per_mille: u64) -> u64 {
        if !self.fault(per_mille) {
            return 0;
        }
        count(&mut self.report.faults, "processes paused");
        self.accident(Some(id));
        let pause = 1000 + self.choices.below(90_000);
        self.log(|| format!("  a process is paused for {pause} ms"));
        pause
    }

    /// One transaction, from its begin to its end. Others wait meanwhile, as in SQLite.
    fn transaction(&mut self, id: u32, running: Running) {
        let Some(node) = self.tasks.get(&id).map(|task| task.node) else { return };
        let now = self.clock(node);
        self.report.transactions += 1;
        let mut running = running;
        while let Some(action) = running.action().cloned() {
            if self.fault(1) {
                let _ = self.store.perform(&Action::RollBack);
                return self.crash(node, "crashes in a transaction");
            }
            let result = self.perform(id, &action);
            running = running.answered(result, now);
            if matches!(action, Action::Commit | Action::RollBack) {
                break;
            }
        }
        self.after_commit(id);
        self.proceed(id, running);
    }

    fn perform(&mut self, id: u32, action: &Action) -> Result<Vec<Rows>, Failure> {
        if matches!(action, Action::Commit) && self.fault(3) {
            count(&mut self.report.faults, "commits with an unknown outcome");
            self.accident(Some(id));
            self.log(|| "  the connection ends during a commit".to_owned());
            self.store.perform(action)?;
            return Err(Failure::Restart);
        }
        if matches!(action, Action::Run(_)) && self.fault(2) {
            count(&mut self.report.faults, "transactions failed");
            self.accident(Some(id));
            self.log(|| "  the database fails".to_owned());
            return Err(Failure::Store(StoreError::Database("no connection".to_owned())));
        }
        self.store.perform(action)
    }

    /// Looks at what a transaction stored.
    fn after_commit(&mut self, id: u32) {
        let arrived = self.tasks.get_mut(&id).and_then(|task| task.arrived.take());
        if let Some((consent, token)) = arrived {
            if self.store.refresh_tokens(&consent).contains(&token) {
                self.bank.stored(&token);
            } else if let Some(task) = self.tasks.get_mut(&id) {
                task.arrived = Some((consent, token));
            }
        }
        self.plan_ticks();
    }

    /// Plans when each keeper looks next: within a round after a consent is due. In between it would
    /// find nothing.
    fn plan_ticks(&mut self) {
        let Some(due) = self.store.next_due() else { return };
        let due = fdx_wire::UnixTime::from_seconds(due);
        for node in 0..self.nodes.len() {
            let at = self.when(node, due);
            let now = self.now;
            let Some(machine) = self.nodes.get_mut(node).filter(|machine| machine.up) else {
                continue;
            };
            let at = at.max(now) + machine.phase;
            if at < machine.tick && at < END {
                machine.tick = at;
                let life = machine.life;
                self.queue.schedule(at, Event::Tick { node, life });
            }
        }
    }

    /// The keeper of a node reads what is due, and begins it.
    pub(super) fn tick(&mut self, node: usize, life: u32) {
        let now = self.clock(node);
        let at = self.now;
        let Some(machine) = self.nodes.get_mut(node) else { return };
        if !machine.up || machine.life != life || at < machine.tick {
            return;
        }
        machine.tick = u64::MAX;
        let slots = self.store.due_slots(now.as_seconds());
        loop {
            let Some(machine) = self.nodes.get_mut(node) else { return };
            match machine.keeper.next(now) {
                KeeperStep::Read(read) => {
                    let found = self.store.read_slot(read, &slots);
                    machine.keeper.read(found, now);
                }
                KeeperStep::Run(due) => {
                    let consents = machine.consents.clone();
                    let entropy = self.choices.entropy();
                    let (kind, id) = (due.kind(&self.policy, now), &due.key.id);
                    let slow = now.since(due.since).as_secs();
                    self.log(|| format!("node {node} keeps {}: {kind:?}, {slow} s", id.as_str()));
                    let step = consents.keep_up(&due, entropy, now);
                    let purpose = Purpose::Keep { key: due.key };
                    self.start(node, purpose, run(step, Done::Kept));
                }
                KeeperStep::Wait { .. } | KeeperStep::Stopped => break,
            }
        }
        // What could not be begun is still due in the next round.
        if !slots.is_empty() {
            let at = self.now + ROUND;
            if let Some(machine) = self.nodes.get_mut(node).filter(|_| at < END) {
                machine.tick = at;
                self.queue.schedule(at, Event::Tick { node, life });
            }
        } else {
            self.plan_ticks();
        }
    }

    /// Reports to the keeper of a node that a procedure has ended.
    pub(super) fn kept(&mut self, node: usize, key: &fdx_store::RecordKey, success: Option<bool>) {
        if let Some(machine) = self.nodes.get_mut(node) {
            machine.keeper.finished(key, success);
        }
    }

    /// Ends all procedures of a node.
    pub(super) fn crash(&mut self, node: usize, how: &'static str) {
        let Some(machine) = self.nodes.get_mut(node).filter(|machine| machine.up) else { return };
        (machine.up, machine.tick) = (false, u64::MAX);
        machine.life += 1;
        count(&mut self.report.faults, how);
        self.accident(None);
        self.log(|| format!("node {node} crashes"));
        let dead = self.tasks.iter().filter(|(_, task)| task.node == node);
        let dead: Vec<u32> = dead.map(|(id, _)| *id).collect();
        for id in dead {
            let Some(task) = self.tasks.remove(&id) else { continue };
            self.died(&task.purpose);
        }
        // Most processes restart at once. Sometimes a machine has to be replaced.
        let longest = if self.choices.chance(100) { 180_000 } else { 15_000 };
        let at = self.now + 1000 + self.choices.below(longest);
        self.queue.schedule(at, Event::Restart { node });
    }

    pub(super) fn restart(&mut self, node: usize) {
        let (consents, keeper) = (self.new_consents(), self.new_keeper());
        if let Some(machine) = self.nodes.get_mut(node) {
            (machine.up, machine.consents, machine.keeper) = (true, consents, keeper);
        }
        self.plan_ticks();
    }

    /// A short text for the trace.
    pub(super) fn place(&self, request: &http::Request<Vec<u8>>) -> String {
        format!("{} {}", request.method(), shown(request.uri().path()))
    }
}
