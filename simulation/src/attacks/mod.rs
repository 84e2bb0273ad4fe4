//! The attacks, at the places where the attacker reads, changes or sends something.

mod back;
mod front;
pub(crate) mod rogue_client;

use fdx_par::Client;
use fdx_sandbox::customer::Decision;
use http::Response;
use serde_json::Value;

use crate::attack::Attack;
use crate::ledger::parameter;
use crate::scene::Bank;
use crate::tally::count;
use crate::world::{ATTACKER, World};

const HOUR: u64 = 3_600_000;

/// Whether the flow's client was set up with another institution's metadata.
pub(crate) fn has_odd_metadata(attack: Attack) -> bool {
    matches!(attack, Attack::WrongMetadata | Attack::MisdeliveredMetadata)
}

impl World {
    /// The client of a node, or one with other metadata if that is the attack.
    pub(crate) fn client_for(
        &mut self,
        node: usize,
        bank: Bank,
        attack: Option<Attack>,
    ) -> Option<Client> {
        let odd = match attack {
            Some(Attack::WrongMetadata) => Ok(Bank::Hostile.metadata()),
            Some(Attack::MisdeliveredMetadata) => Bank::Honest.discovered_at(Bank::Hostile),
            _ => return self.nodes.get(node)?.clients.get(bank as usize).cloned(),
        };
        self.tried(attack);
        let client = odd.and_then(|metadata| Client::new(bank.config(&self.setup), metadata));
        if let Err(error) = &client {
            self.note(error);
        }
        client.ok()
    }

    pub(crate) fn tried(&mut self, attack: Option<Attack>) {
        if let Some(attack) = attack {
            self.log(|| format!("ATTACK: {}", attack.name()));
            count(&mut self.tally.tried, attack);
        }
    }

    /// Runs `what` and attributes its effects to this attack.
    pub(crate) fn acted<T>(&mut self, attack: Attack, what: impl FnOnce(&mut Self) -> T) -> T {
        let acting = self.acting.replace(attack);
        let done = self.directly(what);
        self.acting = acting;
        done
    }

    fn has_read(&mut self, code: &str) {
        self.ledger.read.insert(code.to_owned());
    }

    /// Begins a flow of the attacker at the honest institution.
    fn own_flow(&mut self) -> Option<(usize, String)> {
        let own = self.flow(ATTACKER, Bank::Honest, None, true);
        self.directly(|world| world.begin(own));
        let url = self.flows.get(own)?.url.clone()?;
        Some((own, url))
    }

    /// Begins a flow and grants it, but does not follow the callback.
    fn own_callback(&mut self) -> Option<(usize, String)> {
        let (own, url) = self.own_flow()?;
        let callback = self.directly(|world| world.consent(&url, ATTACKER))?;
        let code = parameter(&callback, "code")?;
        self.has_read(&code);
        Some((own, callback))
    }

    /// Begins a flow and denies it.
    fn own_denial(&mut self) -> Option<String> {
        let (_, url) = self.own_flow()?;
        self.directly(|world| world.answer_page(&url, ATTACKER, &Decision::refuse()))
    }

    /// Completes a flow as a customer would.
    pub(crate) fn whole_own_flow(&mut self) -> Option<()> {
        let (own, callback) = self.own_callback()?;
        self.directly(|world| world.arrive(ATTACKER, &callback, Some(own), 0));
        Some(())
    }
}

/// The response, with members of the JSON of the other response.
fn with_members_of(
    response: &Response<Vec<u8>>,
    other: &Response<Vec<u8>>,
    names: &[&str],
) -> Option<Response<Vec<u8>>> {
    let mut document: Value = serde_json::from_slice(response.body()).ok()?;
    let other: Value = serde_json::from_slice(other.body()).ok()?;
    for name in names {
        document.as_object_mut()?.insert((*name).to_owned(), other.get(*name)?.clone());
    }
    let mut response = response.clone();
    *response.body_mut() = serde_json::to_vec(&document).ok()?;
    Some(response)
}
