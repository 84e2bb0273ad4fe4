//! When the attacker strikes: at what is read, changed or sent on the way.

use fdx_par::Client;
use http::{Request, Response};
use serde_json::Value;

use crate::attack::Attack;
use crate::ledger::{Actor, Agreed, Person, field, parameter};
use crate::recipient::{Posted, Task};
use crate::rogue::As;
use crate::scene::{Bank, Key};
use crate::tally::count;
use crate::world::{ATTACKER, Event, World, shown};

const HOUR: u64 = 3_600_000;

/// Whether the flow's client was set up with another institution's metadata.
pub(crate) fn has_odd_metadata(attack: Attack) -> bool {
    matches!(attack, Attack::WrongMetadata | Attack::MisdeliveredMetadata)
}

impl World {
    /// A node's client, unless the attack is to have it set up wrongly.
    pub(crate) fn client_for(
        &mut self,
        node: usize,
        bank: Bank,
        plan: Option<Attack>,
    ) -> Option<Client> {
        let odd = match plan {
            Some(Attack::WrongMetadata) => Ok(Bank::Hostile.metadata()),
            Some(Attack::MisdeliveredMetadata) => Bank::Honest.discovered_at(Bank::Hostile),
            _ => return self.nodes.get(node)?.clients.get(bank as usize).cloned(),
        };
        self.tried(plan);
        let client = odd.and_then(|metadata| Client::new(bank.config(self.binding), metadata));
        if let Err(error) = &client {
            self.say(|| format!("refused: {error}"));
            count(&mut self.tally.errors, error.code());
        }
        client.ok()
    }

    /// The customer is being sent off; the attacker may send it elsewhere.
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
                let agreed = Agreed { by: ATTACKER, whole: true };
                let callback = self.acted(plan, |world| world.consent(&url, agreed));
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

    /// The institution sends the customer back; says whether the attacker keeps the callback.
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
                self.queue.plan(self.now + 25_000, Event::Strike { flow });
            }
            Attack::OldCode | Attack::ReplayedRequestUri => {
                self.has_read(&code);
                self.queue.plan(self.now + HOUR, Event::Strike { flow });
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
                self.queue.plan(at, Event::Callback { person, url, flow, tries: 0 });
            }
            _ => {}
        }
        // An hour later it is old only where nobody used it.
        if plan == Attack::OldCode {
            self.end(flow, "the customer left");
        }
        plan == Attack::OldCode
    }

    /// What was planned for later.
    pub(crate) fn strike(&mut self, flow: usize) {
        let Some((person, Some(plan), _)) = self.of(flow) else { return };
        let Some((url, callback)) =
            self.flows.get(flow).and_then(|flow| Some((flow.url.clone()?, flow.callback.clone()?)))
        else {
            return;
        };
        self.tried(Some(plan));
        if plan == Attack::ReplayedRequestUri {
            let agreed = Agreed { by: ATTACKER, whole: true };
            if let Some(callback) = self.acted(plan, |world| world.consent(&url, agreed)) {
                self.send_customer(plan, person, &callback);
            }
        } else if let Some(code) = parameter(&callback, "code") {
            self.redeem(plan, &code, &Bank::Honest.redirect_uri());
        }
    }

    /// A token response is about to reach the recipient.
    pub(crate) fn on_tokens(&mut self, id: u32, response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        let Some((person, plan)) = self.tasks.get(&id).map(Task::whose).zip(self.plan(id)) else {
            if self.tasks.get(&id).map(Task::whose) == Some(ATTACKER) {
                self.own_tokens = Some(response.clone());
            }
            return response;
        };
        let swaps = matches!(
            plan,
            Attack::SwappedResponse
                | Attack::SwappedAccessToken
                | Attack::SwappedConsentId
                | Attack::SwappedIdToken
                | Attack::ForgedIdToken
                | Attack::TenantIdToken
        );
        if person == ATTACKER || !swaps || !response.status().is_success() {
            return response;
        }
        let swapped = match plan {
            Attack::SwappedIdToken => self.rogues_id_token(&response),
            Attack::ForgedIdToken => {
                self.forged_id_token(&response, Key::HostileBank, Bank::Honest)
            }
            Attack::TenantIdToken => {
                self.forged_id_token(&response, Key::HonestBank, Bank::Hostile)
            }
            _ => self.whole_own_flow().and_then(|()| self.own_tokens.take()).and_then(|own| {
                let names: &[&str] = match plan {
                    Attack::SwappedResponse => return Some(own),
                    Attack::SwappedConsentId => &["grant_id"],
                    _ => &["access_token", "refresh_token", "grant_id"],
                };
                with_members_of(&response, &own, names)
            }),
        };
        match swapped {
            Some(swapped) => {
                self.tried(Some(plan));
                self.say(|| format!("the attacker changes a token response of customer {person}"));
                swapped
            }
            None => response,
        }
    }

    /// The answer to a consent's read is about to reach the recipient.
    pub(crate) fn on_consent(&mut self, id: u32, response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        let Some(person) = self.tasks.get(&id).map(Task::whose) else { return response };
        if person == ATTACKER {
            if response.status().is_success() {
                self.own_consent = Some(response.clone());
            }
            return response;
        }
        if self.plan(id) != Some(Attack::SwappedConsent) || !response.status().is_success() {
            return response;
        }
        match self.whole_own_flow().and_then(|()| self.own_consent.take()) {
            Some(own) => {
                self.tried(Some(Attack::SwappedConsent));
                own
            }
            None => response,
        }
    }

    /// A request of the recipient's has been answered; the attacker reads those to resources.
    pub(crate) fn on_call(&mut self, flow: usize, request: &Request<Vec<u8>>) {
        let path = request.uri().path();
        if !path.starts_with("/fdx/") || Bank::of(request.uri()) != Bank::Honest {
            return;
        }
        if let Some(flow) = self.flows.get_mut(flow) {
            flow.calls.push(request.clone());
        }
        let Some((_, Some(plan), _)) = self.of(flow) else { return };
        if !path.ends_with("/accounts") {
            return;
        }
        let calls = self.flows.get(flow).map(|flow| flow.calls.clone()).unwrap_or_default();
        match plan {
            Attack::StolenToken => {
                if let Some(token) = token_of(request) {
                    self.tried(Some(plan));
                    self.access(plan, &token);
                }
            }
            Attack::ReplayedRequest => {
                self.tried(Some(plan));
                for call in calls {
                    self.send_again(plan, &call);
                }
            }
            Attack::MovedProof => {
                self.tried(Some(plan));
                self.moved_proof(plan, request, &calls);
            }
            Attack::StolenRefreshToken | Attack::ConfusedStore => {
                let id = self.flows.get(flow).and_then(|flow| flow.flow_id.clone());
                let Some(row) = id.and_then(|id| self.store.grants.get(&id).cloned()) else {
                    return;
                };
                self.tried(Some(plan));
                match plan {
                    Attack::ConfusedStore => self.confuse(plan, &row.text),
                    _ => self.refresh_stolen(plan, &row.text),
                }
            }
            _ => {}
        }
    }

    /// What the hostile institution does instead of answering.
    pub(crate) fn relay(
        &mut self,
        actor: Actor,
        request: &Request<Vec<u8>>,
        plan: Option<Attack>,
    ) -> Option<Response<Vec<u8>>> {
        let plan = plan.filter(|plan| *plan == Attack::RelayedPush || has_odd_metadata(*plan))?;
        match request.uri().path() {
            "/par" if actor == Actor::Recipient => {
                self.tried(Some(plan));
                let mut relayed = request.clone();
                let url = format!("{}/par", Bank::Honest.origin());
                *relayed.uri_mut() = url.parse().ok()?;
                relayed.headers_mut().remove("dpop");
                let answer = self.as_attacker(plan, &relayed);
                let document: Value = serde_json::from_slice(answer.body()).ok()?;
                self.relayed = Some(document.get("request_uri")?.as_str()?.to_owned());
                Some(answer)
            }
            "/authorize" if actor == Actor::Customer => {
                let relayed = self.relayed.clone()?;
                let query = request.uri().query()?;
                let sent = field(query.as_bytes(), "request_uri")?;
                if sent != relayed {
                    return None;
                }
                let to = format!("{}/authorize?{query}", Bank::Honest.origin());
                Response::builder().status(303).header("location", to).body(Vec::new()).ok()
            }
            _ => None,
        }
    }

    pub(crate) fn tried(&mut self, plan: Option<Attack>) {
        if let Some(plan) = plan {
            self.say(|| format!("ATTACK: {}", plan.name()));
            count(&mut self.tally.tried, plan);
        }
    }

    /// What happens meanwhile is this attack's doing.
    pub(crate) fn acted<T>(&mut self, plan: Attack, what: impl FnOnce(&mut Self) -> T) -> T {
        let acting = self.acting.replace(plan);
        let done = self.directly(what);
        self.acting = acting;
        done
    }

    fn has_read(&mut self, code: &str) {
        self.ledger.read.insert(code.to_owned());
    }

    /// A customer follows the attacker's link.
    fn send_customer(&mut self, plan: Attack, person: Person, url: &str) {
        self.acted(plan, |world| world.arrive(person, url, None, 0));
    }

    fn come(&mut self, plan: Attack, person: Person, url: &str, flow: usize) {
        self.acted(plan, |world| world.arrive(person, url, Some(flow), 0));
    }

    fn with_cookie(
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

    /// The attacker begins a flow of its own at the honest institution.
    fn own_flow(&mut self) -> Option<(usize, String)> {
        let own = self.flow(ATTACKER, Bank::Honest, None, true);
        self.directly(|world| world.begin(own));
        let url = self.flows.get(own)?.url.clone()?;
        Some((own, url))
    }

    /// And agrees to it, without bringing back the callback.
    fn own_callback(&mut self) -> Option<(usize, String)> {
        let (own, url) = self.own_flow()?;
        let agreed = Agreed { by: ATTACKER, whole: true };
        let callback = self.directly(|world| world.consent(&url, agreed))?;
        let code = parameter(&callback, "code")?;
        self.has_read(&code);
        Some((own, callback))
    }

    /// And ends it as a customer would.
    pub(crate) fn whole_own_flow(&mut self) -> Option<()> {
        let (own, callback) = self.own_callback()?;
        self.directly(|world| world.arrive(ATTACKER, &callback, Some(own), 0));
        Some(())
    }

    fn confuse(&mut self, plan: Attack, row: &str) {
        let Some(client) = self.client_for(0, Bank::Hostile, None) else { return };
        let Some(honest) = self.client_for(0, Bank::Honest, None) else { return };
        // Once the row is taken for the other's, and once the tokens in memory are.
        for reader in [&client, &honest] {
            self.confused_call(plan, &client, reader.restore(row));
        }
    }

    fn confused_call(
        &mut self,
        plan: Attack,
        client: &Client,
        grant: Result<fdx_par::StoredGrant, fdx_par::Error>,
    ) {
        let (entropy, now) = (self.rng.entropy(), self.node_time(0));
        let called = grant.and_then(|grant| {
            let url = client.config().fdx_base.join_segment("accounts");
            let url = url.map_err(|_| fdx_par::CallerFault::UrlTooLong)?;
            let request = fdx_par::ResourceRequest::get(url);
            client.call(grant.tokens().access_token(), request, entropy, now)
        });
        match called.and_then(Self::send_raw) {
            Ok(Posted { request, peer, .. }) => {
                self.acted(plan, |world| world.ask_bank(Actor::Recipient, &request, peer, None));
            }
            Err(error) => {
                self.say(|| format!("refused: {error}"));
                count(&mut self.tally.errors, error.code());
            }
        }
    }

    fn refresh_stolen(&mut self, plan: Attack, row: &str) {
        let Ok(row) = serde_json::from_str::<Value>(row) else { return };
        let Some(token) = row.get("refresh_token").and_then(Value::as_str) else { return };
        for who in [As::Rogue, As::Nobody] {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
            self.tokens_and_access(plan, who, &form);
        }
    }
}

/// The access token of a request.
pub(crate) fn token_of(request: &Request<Vec<u8>>) -> Option<String> {
    let header = request.headers().get("authorization")?.to_str().ok()?;
    header.split_once(' ').map(|(_, token)| token.to_owned())
}

/// The response, with members of the other one's JSON.
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
