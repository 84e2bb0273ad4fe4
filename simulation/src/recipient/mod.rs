//! The recipient's own program, written as the documentation recommends: seal, claim, persist,
//! verify, read.

mod back;
mod consent;
mod front;
mod machines;
mod network;
pub(crate) mod renewal;

use fdx_par::{
    Client, ConsentRead, Error, Exchanged, Output, Pushed, Refreshed, ResourceAnswer, Sent,
    ServerKeys, UnverifiedTokens, Verified,
};
use fdx_sandbox::Peer;
use http::Request;

use crate::attack::Attack;
use crate::ledger::Person;
use crate::scene::{Bank, Binding};
use crate::tally::count;
use crate::world::{Lane, World};

/// A task of a node.
pub(crate) struct Task {
    pub(crate) node: usize,
    pub(crate) lane: Lane,
    /// The flow whose browser waits, if any.
    pub(crate) flow: Option<usize>,
    /// The flow of the task.
    begun: Option<usize>,
    pub(crate) person: Person,
    pub(crate) bank: Bank,
    pub(crate) client: Client,
    /// The number of requests, which identifies a late response to an earlier one.
    attempt: u32,
    retries: u8,
    keys_fetched: u8,
    flow_id: String,
    /// The generation of the row that the task read or wrote last.
    version: u64,
    /// Whether the task renews a grant.
    renews: bool,
    /// Whether the network duplicated a request.
    copied: bool,
    waiting: Option<Waiting>,
    held: Held,
}

/// The exchange whose response the task waits for.
enum Waiting {
    Push(Sent<Pushed>),
    Exchange(Sent<Exchanged>),
    Keys(Sent<ServerKeys>),
    Read(Sent<ConsentRead>),
    Call(Sent<ResourceAnswer>),
    Refresh(Sent<Refreshed>),
    RefreshUnverified(Sent<UnverifiedTokens>),
}

/// A request that was sent, its certificate, and what waits for the response.
pub(crate) struct Posted<T: Output> {
    pub(crate) request: Request<Vec<u8>>,
    pub(crate) peer: Peer,
    sent: Sent<T>,
}

/// The state that a task keeps while it waits.
enum Held {
    Nothing,
    Exchanged(Exchanged),
    Verified(Verified),
    Refreshed(Refreshed),
}

const TIMEOUT: u64 = 8000;
const RETRIES: u8 = 2;

impl World {
    pub(crate) fn new_clients(&self) -> [Client; 2] {
        Bank::ALL.map(|bank| match Client::new(bank.config(self.binding), bank.metadata()) {
            Ok(client) => client,
            Err(_) => unreachable!("the scene fits together"),
        })
    }

    fn task(
        &mut self,
        node: usize,
        flow: Option<usize>,
        begun: Option<usize>,
        person: Person,
        bank: Bank,
        client: Client,
    ) -> u32 {
        self.next_task += 1;
        let task = Task {
            node,
            lane: self.lane,
            flow,
            begun,
            person,
            bank,
            client,
            attempt: 0,
            retries: 0,
            keys_fetched: 0,
            flow_id: String::new(),
            version: 0,
            renews: false,
            copied: false,
            waiting: None,
            held: Held::Nothing,
        };
        self.tasks.insert(self.next_task, task);
        self.next_task
    }

    fn client_and_time(&self, id: u32) -> Option<(Client, fdx_wire::UnixTime)> {
        let task = self.tasks.get(&id)?;
        Some((task.client.clone(), self.node_time(task.node)))
    }

    pub(crate) fn node_time(&self, node: usize) -> fdx_wire::UnixTime {
        self.time(self.nodes.get(node).map_or(0, |node| node.offset))
    }

    pub(crate) fn plan(&self, id: u32) -> Option<Attack> {
        let task = self.tasks.get(&id)?;
        self.of(task.flow.or(task.begun)?).and_then(|(_, plan, _)| plan)
    }

    fn fail(&mut self, id: u32, error: &Error, end: &'static str) {
        self.note(error);
        if let Some(flow) = self.tasks.remove(&id).and_then(|task| task.flow)
            && !end.is_empty()
        {
            self.end(flow, end);
        }
    }

    fn note(&mut self, error: &Error) {
        self.say(|| format!("refused: {} ({})", error, error.clause()));
        count(&mut self.tally.errors, error.code());
    }
}

/// The name of a browser session.
fn session(person: Person) -> Vec<u8> {
    format!("session {person}").into_bytes()
}

impl Task {
    pub(crate) fn whose(&self) -> Person {
        self.person
    }
}

impl Binding {
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Dpop => "DPoP",
            Self::Mtls => "Bearer",
        }
    }
}
