//! Attacks in the front channel, on what passes through browsers.

use super::HOUR;
use crate::attack::Attack;
use crate::ledger::{Person, parameter};
use crate::scene::Bank;
use crate::world::{ATTACKER, Event, World, shown};

impl World {
    /// May change the URL that the customer is sent to.
    pub(crate) fn on_authorization(&mut self, flow: usize, url: String) -> String {
        let Some((person, Some(attack), _)) = self.of(flow) else { return url };
        let elsewhere = match attack {
            Attack::MixUp | Attack::BrowserSwap => {
                self.own_flow().and_then(|(own, _)| self.flows.get(own)?.url.clone())
            }
            Attack::ForeignRequestUri => Some(url.replace("client_id=app", "client_id=rogue")),
            Attack::PhishedPush => self.phished_push(),
            Attack::SwappedRequestUri => {
                self.tried(Some(attack));
                let callback = self.acted(attack, |world| world.consent(&url, ATTACKER));
                if let Some(callback) = callback {
                    self.send_customer(attack, person, &callback);
                }
                None
            }
            _ => None,
        };
        match elsewhere {
            Some(elsewhere) => {
                self.tried(Some(attack));
                self.log(|| {
                    format!("the attacker sends customer {person} to {}", shown(&elsewhere))
                });
                elsewhere
            }
            None => url,
        }
    }

    /// May act on a callback. Returns whether the attacker keeps it.
    pub(crate) fn on_callback(&mut self, flow: usize, url: &str) -> bool {
        let Some((person, Some(attack), _)) = self.of(flow) else { return false };
        let Some(code) = parameter(url, "code") else { return false };
        match attack {
            Attack::Csrf => {
                if let Some((_, callback)) = self.own_callback() {
                    self.tried(Some(attack));
                    self.send_customer(attack, person, &callback);
                }
            }
            Attack::Denial => {
                if let Some(denial) = self.own_denial() {
                    self.tried(Some(attack));
                    self.send_customer(attack, person, &denial);
                }
            }
            Attack::CodeInjection => {
                if let Some((own, callback)) = self.own_callback()
                    && let Some(own_code) = parameter(&callback, "code")
                {
                    self.has_read(&code);
                    self.tried(Some(attack));
                    let forged = callback.replace(&own_code, &code);
                    self.follow_callback(attack, ATTACKER, &forged, own);
                }
            }
            Attack::PlantedCookie => {
                if let Some((_, callback)) = self.own_callback()
                    && let Some(cookie) = self.jars.first().and_then(|jar| jar.last().cloned())
                {
                    self.tried(Some(attack));
                    self.with_cookie(person, cookie, |world| {
                        world.send_customer(attack, person, &callback);
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
                    self.tried(Some(attack));
                    self.with_cookie(ATTACKER, cookie, |world| {
                        world.follow_callback(attack, ATTACKER, url, flow);
                    });
                }
            }
            Attack::StolenCode | Attack::ForeignRequestUri => {
                self.has_read(&code);
                self.tried(Some(attack));
                self.redeem(attack, &code, &Bank::Honest.redirect_uri());
            }
            Attack::SpentCode => {
                self.has_read(&code);
                self.queue.schedule(self.now + 25_000, Event::AttackLater { flow });
            }
            Attack::OldCode | Attack::ReplayedRequestUri => {
                self.has_read(&code);
                self.queue.schedule(self.now + HOUR, Event::AttackLater { flow });
            }
            Attack::BrowserSwap => {
                self.has_read(&code);
                let own = self.flows.len().saturating_sub(1);
                self.follow_callback(attack, ATTACKER, url, own);
                self.end(flow, "the customer left");
                return true;
            }
            Attack::PhishedPush if url.starts_with("https://rogue.example") => {
                self.redeem_phished(attack, &code);
                self.end(flow, "the customer left");
                return true;
            }
            Attack::Reload => {
                self.tried(Some(attack));
                let (url, at) = (url.to_owned(), self.now + 30);
                self.queue
                    .schedule(at, Event::Callback { person, url, flow, tries: 0, acting: None });
            }
            _ => {}
        }
        // An hour later the code is old only if it was not used.
        if attack == Attack::OldCode {
            self.end(flow, "the customer left");
        }
        attack == Attack::OldCode
    }

    /// Carries out an attack that was planned for later.
    pub(crate) fn attack_later(&mut self, flow: usize) {
        let Some((person, Some(attack), _)) = self.of(flow) else { return };
        let Some((url, callback)) =
            self.flows.get(flow).and_then(|flow| Some((flow.url.clone()?, flow.callback.clone()?)))
        else {
            return;
        };
        self.tried(Some(attack));
        if attack == Attack::ReplayedRequestUri {
            if let Some(callback) = self.acted(attack, |world| world.consent(&url, ATTACKER)) {
                self.send_customer(attack, person, &callback);
            }
        } else if let Some(code) = parameter(&callback, "code") {
            self.redeem(attack, &code, &Bank::Honest.redirect_uri());
        }
    }

    /// Sends a customer to the attacker's link.
    pub(super) fn send_customer(&mut self, attack: Attack, person: Person, url: &str) {
        self.acted(attack, |world| world.arrive(person, url, None, 0));
    }

    pub(super) fn follow_callback(
        &mut self,
        attack: Attack,
        person: Person,
        url: &str,
        flow: usize,
    ) {
        self.acted(attack, |world| world.arrive(person, url, Some(flow), 0));
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
