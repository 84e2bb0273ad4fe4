//! The front channel of the recipient: the push, the redirect, the callback.

use fdx_par::{
    Accepted, Callback, Client, Error, FlowId, Pending, Pushed, ResponseMode, Verification,
};

use super::{Waiting, session};
use crate::ledger::{Harm, Person};
use crate::scene::{self, Bank};
use crate::world::{Claims, Cookie, Event, Lane, World};

impl World {
    /// Begins a flow: a customer clicks and a node pushes.
    pub(crate) fn begin(&mut self, flow: usize) {
        let Some((person, attack, _)) = self.of(flow) else { return };
        let Some(bank) = self.flows.get(flow).map(|flow| flow.bank) else { return };
        let Some(node) = self.some_node() else {
            let at = self.now + 2000;
            return self.queue.schedule(at, Event::Begin { flow });
        };
        let Some(client) = self.client_for(node, bank, attack) else {
            return self.end(flow, "push refused");
        };
        self.log(|| format!("customer {person} begins flow {flow} at node {node}, {bank:?}"));
        let id = self.task(node, Some(flow), Some(flow), person, bank, client);
        self.push(id);
    }

    pub(super) fn push(&mut self, id: u32) {
        let entropy = self.choices.entropy();
        let Some((client, now)) = self.client_and_time(id) else { return };
        match client.push(scene::request(), entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Push),
            Err(error) => self.fail(id, &error, "push refused"),
        }
    }

    pub(super) fn pushed(&mut self, id: u32, pushed: Pushed) {
        let entropy = self.choices.entropy();
        let Some((_, now)) = self.client_and_time(id) else { return };
        let Some(task) = self.tasks.remove(&id) else { return };
        let Some(flow) = task.flow else { return };
        // The node was busy for a minute.
        let stalls = self.is_faulty() && self.choices.chance(4);
        let now = if stalls { now + core::time::Duration::from_secs(60) } else { now };
        let redirected = pushed.redirect(now);
        let (url, pending) = match redirected {
            Ok(redirected) => redirected,
            Err(error) => {
                self.note(&error);
                return self.end(flow, "too late to redirect");
            }
        };
        self.secrets.show(format!("{url} {url:?} {pending:?}", url = url.as_str()));
        if let Some(harm) = self.single_use.authorization_url(url.as_str()) {
            self.harm(harm, self.of(flow).and_then(|(_, attack, _)| attack));
        }
        let Ok(sealed) = pending.seal(scene::sealing_keys(), &session(task.person), entropy) else {
            return;
        };
        let flow_id = pending.flow_id().as_str().to_owned();
        let cookie = Cookie { flow_id: flow_id.clone(), bank: task.bank, sealed };
        if let Some(jar) = self.jars.get_mut(task.person) {
            jar.push(cookie);
        }
        let url = url.as_str().to_owned();
        if let Some(of) = self.flows.get_mut(flow) {
            of.flow_id = Some(flow_id);
            of.url = Some(url.clone());
            of.client = Some(task.client);
        }
        if task.lane == Lane::Direct {
            return;
        }
        let url = self.on_authorization(flow, url);
        let at = self.now + 50 + self.choices.below(400);
        let slow = self.is_faulty() && self.choices.chance(30);
        let at = if slow { at + 70_000 } else { at };
        self.queue.schedule(at, Event::Authorize { flow, url });
    }

    /// Receives a browser at the redirect_uri, at any node.
    pub(crate) fn arrive(&mut self, person: Person, url: &str, flow: Option<usize>, tries: u8) {
        let Some(node) = self.some_node() else {
            if let Some(flow) = flow.filter(|_| tries < 5) {
                let (at, url) = (self.now + 3000, url.to_owned());
                let (tries, acting) = (tries + 1, self.acting);
                let event = Event::Callback { person, url, flow, tries, acting };
                self.queue.schedule(at, event);
            }
            return;
        };
        let end = |world: &mut Self, end| {
            if let Some(flow) = flow {
                world.end(flow, end);
            }
        };
        let Some(cookie) = self.cookie(person, url) else {
            return end(self, "cookie missing");
        };
        let Some(client) = self.client_of_cookie(node, &cookie) else { return };
        let now = self.node_time(node);
        let session = session(person);
        let pending = client.open(&cookie.sealed, scene::sealing_keys(), &session, now);
        let pending = match pending {
            Ok(pending) => pending,
            Err(error) => {
                self.note(&error);
                return end(self, "cookie does not open");
            }
        };
        let flow_id = pending.flow_id().as_str().to_owned();
        let callback = match self.read_callback(node, cookie.bank, &client, pending, url) {
            Ok(Some(callback)) => callback,
            Ok(None) => return end(self, "callback refused"),
            Err(error) => {
                self.note(&error);
                return end(self, "callback refused");
            }
        };
        let attack = flow.and_then(|flow| self.of(flow)).and_then(|(_, attack, _)| attack);
        let began = self.began(&flow_id).and_then(|began| self.flows.get(began));
        let (others, refused) =
            began.map_or((false, false), |began| (began.person != person, began.refused));
        if others {
            self.harm(Harm::OtherSession, attack);
        }
        let accepted = match callback {
            Callback::Code(accepted) => accepted,
            Callback::Denied(_) => {
                if !refused {
                    self.harm(Harm::NotDenied, attack);
                }
                self.clear_cookie(person, &flow_id);
                return end(self, "the customer said no");
            }
        };
        self.log(|| format!("node {node} accepts a callback for browser {person}"));
        self.exchange(node, person, &cookie, client, accepted, url, flow);
    }

    /// Reads a callback in either response mode. `None` if the institution's keys do not verify it.
    fn read_callback(
        &mut self,
        node: usize,
        bank: Bank,
        client: &Client,
        pending: Pending,
        url: &str,
    ) -> Result<Option<Callback>, Error> {
        let now = self.node_time(node);
        if pending.response_mode() == ResponseMode::Query {
            return Ok(Some(client.callback(pending, url, now)?));
        }
        let mut signed = client.signed_callback(pending, url, now)?;
        for _ in 0..2 {
            let keys = self.nodes.get(node).and_then(|node| node.keys.get(bank as usize));
            signed = match client.verify(signed, keys.and_then(Option::as_ref), now)? {
                Verification::Done(callback) => return Ok(Some(callback)),
                Verification::FetchKeys(signed) => signed,
            };
            let fetched = client.fetch_keys(now).and_then(|draft| self.at_once(draft))?;
            let node = self.nodes.get_mut(node);
            if let Some(keys) = node.and_then(|node| node.keys.get_mut(bank as usize)) {
                *keys = Some(fetched);
            }
        }
        Ok(None)
    }

    #[allow(clippy::too_many_arguments, reason = "all of it is there at this one moment")]
    pub(super) fn exchange(
        &mut self,
        node: usize,
        person: Person,
        cookie: &Cookie,
        client: Client,
        accepted: Accepted,
        url: &str,
        flow: Option<usize>,
    ) {
        let flow_id = accepted.flow_id().as_str().to_owned();
        let begun = self.began(&flow_id);
        let id = self.task(node, flow, begun, person, cookie.bank, client.clone());
        let claimed = self.store.claims.insert(flow_id.clone());
        // check: Claim
        if self.claims == Claims::Atomic && !claimed {
            self.tasks.remove(&id);
            if let Some(flow) = flow {
                self.end(flow, "already claimed");
            }
            return;
        }
        if self.dies(id, 4) {
            return;
        }
        if let Some(code) = crate::ledger::parameter(url, "code") {
            let sent = self.exchanges.entry((flow_id.clone(), code)).or_default();
            *sent += 1;
        }
        if let Some(of) = begun.and_then(|begun| self.flows.get_mut(begun)) {
            of.exchanges += 1;
        }
        if let Some(task) = self.tasks.get_mut(&id) {
            task.flow_id = flow_id;
        }
        let (entropy, now) = (self.choices.entropy(), self.node_time(node));
        match client.exchange(accepted, entropy, now) {
            Ok(draft) => self.send(id, draft, Waiting::Exchange),
            Err(refused) => self.fail(id, &refused.error, "exchange refused"),
        }
    }

    /// The cookie that the callback names, or else the latest, which the library must reject.
    pub(super) fn cookie(&self, person: Person, url: &str) -> Option<Cookie> {
        let jar = self.jars.get(person)?;
        let named = FlowId::claimed_by(url);
        let named = jar
            .iter()
            .find(|cookie| named.as_ref().is_some_and(|named| named.as_str() == cookie.flow_id));
        named.or(jar.last()).cloned()
    }

    pub(super) fn clear_cookie(&mut self, person: Person, flow_id: &str) {
        if let Some(jar) = self.jars.get_mut(person) {
            jar.retain(|cookie| cookie.flow_id != flow_id);
        }
    }

    /// The flow with this id, which only the world knows.
    pub(super) fn began(&self, flow_id: &str) -> Option<usize> {
        self.flows.iter().position(|flow| flow.flow_id.as_deref() == Some(flow_id))
    }

    pub(super) fn client_of_cookie(&mut self, node: usize, cookie: &Cookie) -> Option<Client> {
        let of = self.flows.iter().find(|flow| flow.flow_id.as_ref() == Some(&cookie.flow_id));
        let odd = of.filter(|flow| flow.attack.is_some_and(crate::attacks::has_odd_metadata));
        match odd.and_then(|flow| flow.client.clone()) {
            Some(client) => Some(client),
            None => self.client_for(node, cookie.bank, None),
        }
    }
}
