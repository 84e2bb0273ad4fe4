//! The recipient's own program, written as the documentation recommends: seal, claim, persist,
//! verify, read.

mod back;
mod consent;
mod front;
mod machines;
mod network;
pub(crate) mod renewal;
pub(crate) mod tampering;

use fdx_par::{
    Client, ConsentRead, Error, Exchanged, Introspection, NextStep, Output, Pushed, Refreshed,
    ResourceAnswer, Revoked, Sent, ServerKeys, StoredGrant, UnverifiedTokens, Verified,
};
use fdx_sandbox::Peer;
use http::Request;

use crate::attack::Attack;
use crate::ledger::{Harm, Person};
use crate::scene::Bank;
use crate::single_use::Reason;
use crate::tally::count;
use crate::world::{Faults, Lane, World};

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
    /// Why the last request was sent.
    reason: Reason,
    retries: u8,
    keys_fetched: u8,
    flow_id: String,
    /// The generation of the row that the task read or wrote last.
    version: u64,
    /// The refresh token in the last response to a refresh.
    issued: Option<String>,
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
    Introspect(Sent<Introspection>),
    Call(Sent<ResourceAnswer>),
    Revoke(Sent<Revoked>),
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
    Stored(StoredGrant),
}

const TIMEOUT: u64 = 8000;
const RETRIES: u8 = 2;

impl World {
    pub(crate) fn new_clients(&self) -> [Client; 2] {
        Bank::ALL.map(|bank| {
            let [honest, hostile] = &self.metadata;
            let metadata = if bank == Bank::Honest { honest } else { hostile };
            match Client::new(bank.config(&self.setup), metadata.clone()) {
                Ok(client) => client,
                Err(_) => unreachable!("the scene fits together"),
            }
        })
    }

    /// Uses the metadata of the honest institution as they arrive, if a client accepts them.
    pub(crate) fn discover(&mut self) {
        if self.faults != Faults::Tampering {
            return;
        }
        let bank = Bank::Honest;
        let arrived = self.tampered(bank.metadata_response());
        let client = bank
            .discovered(arrived)
            .and_then(|metadata| Client::new(bank.config(&self.setup), metadata));
        match (client, &mut self.metadata) {
            (Ok(client), [honest, _]) => *honest = client.metadata().clone(),
            (Err(error), _) => self.note(&error),
        }
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
            reason: Reason::Drafted,
            retries: 0,
            keys_fetched: 0,
            flow_id: String::new(),
            version: 0,
            issued: None,
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

    pub(crate) fn attack_of(&self, id: u32) -> Option<Attack> {
        let task = self.tasks.get(&id)?;
        self.of(task.flow.or(task.begun)?).and_then(|(_, attack, _)| attack)
    }

    fn fail(&mut self, id: u32, error: &Error, end: &'static str) {
        self.note(error);
        if let Some(flow) = self.tasks.remove(&id).and_then(|task| task.flow)
            && !end.is_empty()
        {
            self.end(flow, end);
        }
    }

    /// Counts an error, and checks that it can be logged.
    pub(crate) fn note(&mut self, error: &Error) {
        self.log(|| format!("refused: {} ({})", error, error.clause()));
        count(&mut self.tally.errors, error.code());
        self.secrets.show(format!("{error} {error:?} {error:#?}"));
        if !is_well_formed(error) {
            self.harm(Harm::MalformedError, None);
        }
    }
}

/// Whether an error can be logged: it is bounded, without control characters, with a code and a
/// clause, and its next step is within a day.
#[must_use]
pub fn is_well_formed(error: &Error) -> bool {
    let text = error.to_string();
    let day = core::time::Duration::from_secs(24 * 60 * 60);
    let said = error.said().into_iter().flat_map(|said| {
        let texts = [&said.error, &said.error_description, &said.error_uri, &said.state];
        texts.into_iter().chain([&said.interaction_id]).flatten()
    });
    let late = matches!(error.next_step(), NextStep::Retry { after: Some(after) } if after > day);
    !late
        && (1..=2048).contains(&text.len())
        && !text.contains(char::is_control)
        && !error.code().is_empty()
        && !error.clause().is_empty()
        && said.into_iter().all(|text| text.as_str().len() <= 256 && text.as_str().is_ascii())
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
