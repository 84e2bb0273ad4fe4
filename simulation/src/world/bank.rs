//! The way of every request to an institution, with the checks of the project's promises.

use fdx_sandbox::Peer;
use fdx_testkit::start;
use fdx_wire::UnixTime;
use http::{Request, Response};

use super::World;
use crate::attack::Attack;
use crate::ledger::{Actor, Harm};
use crate::scene::Bank;
use crate::tally::count;

impl World {
    /// Delivers a request to an institution. All requests come through here.
    pub(crate) fn ask_bank(
        &mut self,
        actor: Actor,
        request: &Request<Vec<u8>>,
        peer: Peer,
        attack: Option<Attack>,
    ) -> Response<Vec<u8>> {
        let bank = Bank::of(request.uri());
        self.tally.requests += 1;
        for harm in self.ledger.request(bank, actor, request) {
            self.harm(harm, attack);
        }
        if bank == Bank::Hostile
            && let Some(answer) = self.relay(actor, request, attack)
        {
            return answer;
        }
        let now = self.bank_time(bank);
        let [honest, hostile] = &mut self.banks;
        let institution = if bank == Bank::Honest { honest } else { hostile };
        let answer = institution.handle(request, peer, now);
        let broken = institution.last_verdicts().last().map(|verdict| verdict.rule);
        let answer = self.about_its_customer(bank, request, answer);
        if actor == Actor::Recipient {
            self.secrets.response(&answer);
        }
        self.log(|| {
            let (method, path) = (request.method(), request.uri().path());
            let status = answer.status().as_u16();
            let broken = broken.filter(|_| status >= 400).unwrap_or_default();
            format!("  {bank:?} bank: {actor:?} {method} {path} -> {status} {broken}")
        });
        for harm in self.ledger.answer(bank, actor, request, &answer, now) {
            self.harm(harm, attack);
        }
        answer
    }

    pub(crate) fn bank_time(&self, bank: Bank) -> UnixTime {
        let [honest, hostile] = self.bank_offsets;
        self.time(if bank == Bank::Honest { honest } else { hostile })
    }

    pub(crate) fn time(&self, offset: i64) -> UnixTime {
        UnixTime::from_seconds(
            (start().as_seconds() + self.now / 1000).saturating_add_signed(offset),
        )
    }

    /// Records a broken promise, which fails the simulation, unless FAPI 2.0 makes no such promise.
    pub(crate) fn harm(&mut self, harm: Harm, attack: Option<Attack>) {
        let by = self.acting.or(attack);
        if self.tampering.happened && harm.needs_tls() {
            return;
        }
        self.log(|| format!("HARM: {harm:?}, by {by:?}"));
        // A code that is accepted twice gives the attacker nothing by itself.
        if let Some(by) = by.filter(|_| harm != Harm::CodeExchangedTwice) {
            count(&mut self.tally.succeeded, (by, harm));
        }
        if !by.is_some_and(|by| by.open_harms().contains(&harm)) {
            self.tally.harms.push((self.choices.seed(), harm, by));
        }
    }
}
