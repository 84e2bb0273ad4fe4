//! The customer at the institution: the page, the decision, and the way back.

use fdx_sandbox::Peer;
use fdx_sandbox::customer::{ConsentPage, Decision};
use http::Request;
use http::header::LOCATION;

use super::{ATTACKER, Event, World, shown};
use crate::attack::Attack;
use crate::ledger::{Actor, Consent, Person, parameter};
use crate::scene::Bank;
use crate::shared::Shared;
use crate::tally::count;

impl World {
    /// The customer's browser loads the consent page.
    pub(super) fn load_page(&mut self, flow: usize, url: &str) {
        let Some((person, attack, whole)) = self.of(flow) else { return };
        self.log(|| format!("customer {person} is at {}", shown(url)));
        let Some(page) = self.visit(Actor::Customer, url, attack) else {
            return self.end(flow, "the institution showed no page");
        };
        if attack.is_none() && self.choices.chance(60) {
            return self.end(flow, "the customer left");
        }
        let refuses = attack.is_none() && self.choices.chance(80);
        let decision = match (refuses, whole) {
            (true, _) => Decision::refuse(),
            (false, true) => Decision::everything(),
            (false, false) => Decision::less_than_requested(),
        };
        let Ok(form) = page.decide(&decision) else { return };
        let at = self.now + 2000 + self.choices.below(50_000);
        self.queue.schedule(at, Event::Decide { flow, form });
    }

    pub(super) fn send_decision(&mut self, flow: usize, form: &Request<Vec<u8>>) {
        let Some((person, ..)) = self.of(flow) else { return };
        let Some(url) = self.decide(Actor::Customer, form, person) else {
            // Another browser decided: the page no longer waits.
            return self.end(flow, "the institution showed no page");
        };
        self.log(|| format!("customer {person} is sent back to {}", shown(&url)));
        if let Some(of) = self.flows.get_mut(flow) {
            of.callback = Some(url.clone());
            of.refused = parameter(&url, "error").is_some();
        }
        if self.on_callback(flow, &url) {
            return;
        }
        let at = self.now + 20 + self.choices.below(2000);
        let at = match self.tampered_callback(&url) {
            Some(url) => {
                self.queue
                    .schedule(at, Event::Callback { person, url, flow, tries: 0, acting: None });
                at + 1000
            }
            None => at,
        };
        self.queue.schedule(
            at,
            Event::Callback { person, url: url.clone(), flow, tries: 0, acting: None },
        );
        // An impatient customer, or a browser that retries by itself.
        if self.is_faulty() && self.choices.chance(60) {
            count(&mut self.tally.network, "reloaded");
            let at = at + self.choices.below(3000);
            self.queue.schedule(at, Event::Callback { person, url, flow, tries: 0, acting: None });
        }
    }

    /// Does the customer's whole part at once.
    pub(crate) fn consent(&mut self, url: &str, by: Person) -> Option<String> {
        self.answer_page(url, by, &Decision::everything())
    }

    pub(crate) fn answer_page(
        &mut self,
        url: &str,
        by: Person,
        decision: &Decision,
    ) -> Option<String> {
        let actor = if by == ATTACKER { Actor::Attacker } else { Actor::Customer };
        let page = self.visit(actor, url, None)?;
        let form = page.decide(decision).ok()?;
        self.decide(actor, &form, by)
    }

    pub(crate) fn visit(
        &mut self,
        actor: Actor,
        url: &str,
        attack: Option<Attack>,
    ) -> Option<ConsentPage> {
        let mut request = Request::new(Vec::new());
        *request.uri_mut() = url.parse().ok()?;
        let answer = self.ask_bank(actor, &request, Peer::anonymous(), attack);
        match answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()) {
            Some(to) => {
                let to = to.to_owned();
                self.visit(actor, &to, None)
            }
            None => ConsentPage::read(&answer).ok(),
        }
    }

    pub(super) fn decide(
        &mut self,
        actor: Actor,
        form: &Request<Vec<u8>>,
        by: Person,
    ) -> Option<String> {
        let answer = self.ask_bank(actor, form, Peer::anonymous(), None);
        let to = answer.headers().get(LOCATION)?.to_str().ok()?.to_owned();
        if let Some(code) = parameter(&to, "code") {
            let shared = Shared::chosen(form.body(), by);
            self.ledger.code(&code, Consent { bank: Bank::of(form.uri()), by, shared });
        }
        Some(to)
    }
}
