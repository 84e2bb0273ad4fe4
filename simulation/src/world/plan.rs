//! The plan of a world: what customers will do, and which flows the attacker attacks.

use fdx_testkit::Binding;

use super::{CUSTOMERS, Event, Flow, NODES, Settings, World};
use crate::attack::Attack;
use crate::ledger::Person;
use crate::scene::{self, Bank};

impl World {
    pub(super) fn plan_flows(&mut self, settings: Settings) {
        for number in 0..settings.flows {
            let attack = match settings.attack {
                Some(attack) => Some(attack),
                None if !scene::is_attacked(&self.setup) => None,
                None if self.choices.chance(450) => self.choices.pick(&Attack::ALL).copied(),
                None => None,
            };
            let attack =
                attack.filter(|attack| self.setup.binding == Binding::Dpop || !attack.needs_dpop());
            let hostile = match attack {
                Some(attack) => attack.at_the_hostile(),
                None => self.choices.chance(200),
            };
            let bank = if hostile { Bank::Hostile } else { Bank::Honest };
            let person = 1 + usize::try_from(self.choices.below(CUSTOMERS)).unwrap_or(0);
            let whole = attack.is_some() || !self.choices.chance(300);
            let flow = self.flow(person, bank, attack, whole);
            let at = number * 4000 + self.choices.below(60_000);
            self.queue.schedule(at, Event::Begin { flow });
        }
        if self.is_faulty() {
            let start = self.choices.below(settings.flows * 8000);
            self.outage = start..start + self.choices.below(40_000);
            for _ in 0..self.choices.below(2 + settings.flows / 6) {
                let at = self.choices.below(60_000 + settings.flows * 4000);
                let node = usize::try_from(self.choices.below(NODES as u64)).unwrap_or(0);
                self.queue.schedule(at, Event::Crash { node });
            }
        }
    }

    pub(crate) fn flow(
        &mut self,
        person: Person,
        bank: Bank,
        attack: Option<Attack>,
        whole: bool,
    ) -> usize {
        self.flows.push(Flow {
            person,
            bank,
            attack,
            whole,
            url: None,
            callback: None,
            refused: false,
            flow_id: None,
            client: None,
            requests: 0,
            exchanges: 0,
            renewals: 0,
            optional: 0,
            calls: Vec::new(),
        });
        self.flows.len() - 1
    }

    /// Returns the customer of a flow, its planned attack, and whether the customer grants
    /// everything.
    pub(crate) fn of(&self, flow: usize) -> Option<(Person, Option<Attack>, bool)> {
        self.flows.get(flow).map(|flow| (flow.person, flow.attack, flow.whole))
    }
}
