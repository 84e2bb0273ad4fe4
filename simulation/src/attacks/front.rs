//! Attacks in the front channel, on what passes through browsers.

use super::HOUR;
use crate::attack::Attack;
use crate::ledger::{Person, parameter};
use crate::scene::Bank;
use crate::world::{ATTACKER, Event, World, shown};

impl World {
    /// May change the URL that the customer is sent to.
    pub(crate) fn on_authorization(&mut self, flow: usize, url: String) -> String {
        let Some((person, Some(plan), _)) = self.of(flow) else { return url };
        let elsewhere = match plan {
            Attack::MixUp | Attack::BrowserSwap => {
                self.own_flow().and_then(|(own, _)| self.flows.get(own)?.url.clone())
            }
            Attack::ForeignRequestUri => Some(url.replace("client_id=app", "client_id=rogue")),
            Attack::PhishedPush => self.phished_push(),
            Attack::SwappedRequestUri => {
                self.tried(Some(plan));
                let callback = self.acted(plan, |world| world.consent(&url, ATTACKER));
                if let Some(callback) = callback {
                    self.send_customer(plan, person, &callback);
                }
                None
            }
            _ => None,
        };
        match elsewhere {
            Some(elsewhere) => {
                self.tried(Some(plan));
                self.say(|| {
                    format!("the attacker sends customer {person} to {}", shown(&elsewhere))
                });
                elsewhere
            }
            None => url,
        }
    }

    /// May act on a callback. Returns whether the attacker keeps it.
    pub(crate) fn on_callback(&mut self, flow: usize, url: &str) -> bool {
        let Some((person, Some(plan), _)) = self.of(flow) else { return false };
        let Some(code) = parameter(url, "code") else { return false };
        match plan {
            Attack::Csrf => {
                if let Some((_, callback)) = self.own_callback() {
                    self.tried(Some(plan));
                    self.send_customer(plan, person, &callback);
                }
            }
            Attack::Denial => {
                if let Some(denial) = self.own_denial() {
                    self.tried(Some(plan));
                    self.send_customer(plan, person, &denial);
                }
            }
            Attack::CodeInjection => {
                if let Some((own, callback)) = self.own_callback()
                    && let Some(own_code) = parameter(&callback, "code")
                {
                    self.has_read(&code);
                    self.tried(Some(plan));
                    let forged = callback.replace(&own_code, &code);
                    self.come(plan, ATTACKER, &forged, own);
                }
            }
            Attack::PlantedCookie => {
                if let Some((_, callback)) = self.own_callback()
                    && let Some(cookie) = self.jars.first().and_then(|jar| jar.last().cloned())
                {
                    self.tried(Some(plan));
                    self.with_cookie(person, cookie, |world| {
                        world.send_customer(plan, person, &callback);
                    });
                }
            }
            Attack::StolenCookie => {
                let id = self.flows.get(flow).and_then(|flow| flow.flow_id.clone());
                let jar = self.jars.get(person).cloned().unwrap_or_default();
                if let Some(cookie) =
                    jar.into_iter().find(|cookie| Some(&cookie.flow_id) == id.as_ref())
                {
                    self.has_read(&code);
                    self.tried(Some(plan));
                    self.with_cookie(ATTACKER, cookie, |world| {
                        world.come(plan, ATTACKER, url, flow);
                    });
                }
            }
            Attack::StolenCode | Attack::ForeignRequestUri => {
                self.has_read(&code);
                self.tried(Some(plan));
                self.redeem(plan, &code, &Bank::Honest.redirect_uri());
            }
            Attack::SpentCode => {
                self.has_read(&code);
                self.queue.plan(self.now + 25_000, Event::AttackLater { flow });
            }
            Attack::OldCode | Attack::ReplayedRequestUri => {
                self.has_read(&code);
                self.queue.plan(self.now + HOUR, Event::AttackLater { flow });
            }
            Attack::BrowserSwap => {
                self.has_read(&code);
                let own = self.flows.len().saturating_sub(1);
                self.come(plan, ATTACKER, url, own);
                self.end(flow, "the customer left");
                return true;
            }
            Attack::PhishedPush if url.starts_with("https://rogue.example") => {
                self.redeem_phished(plan, &code);
                self.end(flow, "the customer left");
                return true;
            }
            Attack::Reload => {
                self.tried(Some(plan));
                let (url, at) = (url.to_owned(), self.now + 30);
                self.queue.plan(at, Event::Callback { person, url, flow, tries: 0, acting: None });
            }
            _ => {}
        }
        // An hour later the code is old only if it was not used.
        if plan == Attack::OldCode {
            self.end(flow, "the customer left");
        }
        plan == Attack::OldCode
    }

    /// Carries out an attack that was planned for later.
    pub(crate) fn attack_later(&mut self, flow: usize) {
        let Some((person, Some(plan), _)) = self.of(flow) else { return };
        let Some((url, callback)) =
            self.flows.get(flow).and_then(|flow| Some((flow.url.clone()?, flow.callback.clone()?)))
        else {
            return;
        };
        self.tried(Some(plan));
        if plan == Attack::ReplayedRequestUri {
            if let Some(callback) = self.acted(plan, |world| world.consent(&url, ATTACKER)) {
                self.send_customer(plan, person, &callback);
            }
        } else if let Some(code) = parameter(&callback, "code") {
            self.redeem(plan, &code, &Bank::Honest.redirect_uri());
        }
    }

    /// Sends a customer to the attacker's link.
    pub(super) fn send_customer(&mut self, plan: Attack, person: Person, url: &str) {
        self.acted(plan, |world| world.arrive(person, url, None, 0));
    }

    pub(super) fn come(&mut self, plan: Attack, person: Person, url: &str, flow: usize) {
        self.acted(plan, |world| world.arrive(person, url, Some(flow), 0));
    }

    pub(super) fn with_cookie(
        &mut self,
        person: Person,
        cookie: crate::world::Cookie,
        what: impl FnOnce(&mut Self),
    ) {
        let id = cookie.flow_id.clone();
        if let Some(jar) = self.jars.get_mut(person) {
            jar.push(cookie);
        }
        what(self);
        if let Some(jar) = self.jars.get_mut(person) {
            jar.retain(|cookie| cookie.flow_id != id);
        }
    }
}
