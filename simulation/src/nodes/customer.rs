//! Customers and their flows, and what a flow does after a procedure has ended.

use fdx_par::FlowId;
use fdx_rar::{PartyType, RevocationReason};
use fdx_sandbox::Peer;
use fdx_sandbox::customer::{ConsentPage, Decision};
use fdx_store::RecordId;
use fdx_store::procedure::{Access, Finished, Started, UsableToken};
use http::header::LOCATION;
use http::{Request, Response};
use serde_json::Value;

use super::node::usable_keys;
use super::outcome::{brief, kept_as, may_not_store};
use super::procedure::{Done, run};
use super::{Event, FAULTS_END, Nodes, Purpose, Use};
use crate::ledger::{Harm, field, parameter};
use crate::scene;
use crate::tally::count;

/// How often a customer tries again.
const TRIES: u8 = 6;

/// A flow with all its facts.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) customer: String,
    /// The consent that it renews.
    renews: Option<RecordId>,
    /// The id of the flow and of its consent.
    pub(super) record: Option<RecordId>,
    begun: u8,
    callback: Option<String>,
    code: Option<String>,
    denied: bool,
    /// The grant at the institution.
    pub(super) grant: Option<String>,
    /// Whether the recipient reported the consent as granted.
    pub(super) granted: bool,
    /// Whether the consent is to be revoked.
    pub(super) revoked: bool,
    over: bool,
}

impl Nodes {
    pub(super) fn add_flow(&mut self, renews: Option<(RecordId, String)>) -> usize {
        let customer = format!("customer-{}", self.flows.len() % 16);
        let (renews, customer) = match renews {
            Some((record, customer)) => (Some(record), customer),
            None => (None, customer),
        };
        self.flows.push(Flow { customer, renews, ..Flow::default() });
        self.flows.len() - 1
    }

    /// The record of a grant at the institution.
    pub(super) fn consent_of(&self, grant: &str) -> Option<String> {
        let flow = self.flows.iter().find(|flow| flow.grant.as_deref() == Some(grant))?;
        flow.record.as_ref().map(|record| record.as_str().to_owned())
    }

    /// The grant that a task is about.
    pub(super) fn grant_of(&self, purpose: &Purpose) -> Option<String> {
        let flow = match purpose {
            Purpose::Begin { flow } | Purpose::Finish { flow, .. } | Purpose::Use { flow, .. } => {
                self.flows.get(*flow)
            }
            Purpose::Keep { key } => {
                self.flows.iter().find(|flow| flow.record.as_ref() == Some(&key.id))
            }
            Purpose::Revoke | Purpose::Audit => None,
        };
        flow?.grant.clone()
    }

    /// Remembers the grant of a code that was exchanged.
    pub(super) fn granted(&mut self, request: &Request<Vec<u8>>, response: &Response<Vec<u8>>) {
        if request.uri().path() != "/token" || !response.status().is_success() {
            return;
        }
        let Some(code) = field(request.body(), "code") else { return };
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let grant = body.get("grant_id").and_then(Value::as_str).map(str::to_owned);
        if let Some(flow) = self.flows.iter_mut().find(|flow| flow.code.as_ref() == Some(&code)) {
            flow.grant = grant;
        }
    }

    pub(super) fn begin(&mut self, flow: usize) {
        let Some(node) = self.some_node() else {
            return self.queue.schedule(self.now + 5000, Event::Begin { flow });
        };
        let (entropy, now) = (self.choices.entropy(), self.clock(node));
        let Some(consents) = self.consents(node) else { return };
        let Some(of) = self.flows.get_mut(flow) else { return };
        of.begun += 1;
        let request = scene::request();
        let step = match &of.renews {
            Some(renews) => consents.renew(renews, request, entropy, now),
            None => consents.begin(&of.customer, request, entropy, now),
        };
        self.log(|| format!("node {node} begins flow {flow}"));
        let running = run(step, |started| Done::Started(Box::new(started)));
        self.start(node, Purpose::Begin { flow }, running);
    }

    /// The customer decides at the institution.
    pub(super) fn at_bank(&mut self, flow: usize, url: &str) {
        let page = self.visit(url).and_then(|answer| ConsentPage::read(&answer).ok());
        let Some(page) = page else {
            return self.end(flow, "the institution showed no page");
        };
        if self.choices.chance(40) {
            return self.end(flow, "the customer left");
        }
        let denied = self.choices.chance(60);
        let decision = match self.choices.below(4) {
            _ if denied => Decision::refuse(),
            0 => Decision::less_than_requested(),
            _ => Decision::everything(),
        };
        let Ok(form) = page.decide(&decision) else { return };
        let now = self.bank_time();
        let answer = self.bank.sandbox.handle(&form, Peer::anonymous(), now);
        let Some(url) = location(&answer) else {
            return self.end(flow, "the institution showed no page");
        };
        let code = parameter(&url, "code");
        self.secrets.hide(code.as_deref().unwrap_or_default());
        if let Some(of) = self.flows.get_mut(flow) {
            (of.denied, of.code, of.callback) = (denied, code, Some(url));
        }
        let at = self.now + 20 + self.choices.below(2000);
        self.queue.schedule(at, Event::Callback { flow, tries: 0 });
        // An impatient customer, or a browser that retries by itself.
        if self.choices.chance(80) {
            count(&mut self.report.faults, "callbacks repeated");
            let at = at + self.choices.below(3000);
            self.queue.schedule(at, Event::Callback { flow, tries: TRIES });
        }
    }

    fn visit(&mut self, url: &str) -> Option<Response<Vec<u8>>> {
        let mut url = url.to_owned();
        for _ in 0..3 {
            let mut request = Request::new(Vec::new());
            *request.uri_mut() = url.parse().ok()?;
            let now = self.bank_time();
            let answer = self.bank.sandbox.handle(&request, Peer::anonymous(), now);
            match location(&answer) {
                Some(to) => url = to,
                None => return Some(answer),
            }
        }
        None
    }

    pub(super) fn callback(&mut self, flow: usize, tries: u8) {
        let Some(node) = self.some_node() else {
            return self.queue.schedule(self.now + 1000, Event::Callback { flow, tries });
        };
        let (entropy, now) = (self.choices.entropy(), self.clock(node));
        let Some(consents) = self.consents(node) else { return };
        let Some(of) = self.flows.get(flow) else { return };
        let Some(url) = &of.callback else { return };
        let step = consents.finish(&of.customer, url, entropy, now);
        self.log(|| format!("the callback of flow {flow} arrives at node {node}"));
        let running = run(step, |finished| Done::Finished(Box::new(finished)));
        self.start(node, Purpose::Finish { flow, tries }, running);
    }

    pub(super) fn use_consent(&mut self, flow: usize, what: Use) {
        let Some(record) = self.record_of(flow) else { return };
        let Some(node) = self.some_node() else {
            return self.queue.schedule(self.now + 1000, Event::Use { flow, what });
        };
        let (entropy, now) = (self.choices.entropy(), self.clock(node));
        let Some(consents) = self.consents(node) else { return };
        self.log(|| format!("node {node}: {what:?}, flow {flow}"));
        let running = match what {
            Use::Call | Use::CallAfter(_) => {
                let rejected =
                    if let Use::CallAfter(rejected) = what { Some(rejected) } else { None };
                let keys = usable_keys();
                run(consents.access_token(&record, &keys, rejected, entropy, now), Done::Access)
            }
            Use::Refresh => run(consents.refresh(&record, entropy, now), Done::Access),
            Use::Check => run(consents.check(&record, entropy, now), Done::Checked),
            Use::Resume => run(consents.resume(&record, entropy, now), |finished| {
                Done::Finished(Box::new(finished))
            }),
            Use::Revoke => {
                if let Some(of) = self.flows.get_mut(flow) {
                    of.revoked = true;
                }
                return self.revoke(node, &record);
            }
            Use::Renew => {
                let customer = self.flows.get(flow).map(|of| of.customer.clone());
                let new = self.add_flow(customer.map(|customer| (record, customer)));
                return self.begin(new);
            }
        };
        self.start(node, Purpose::Use { flow, what }, running);
    }

    fn revoke(&mut self, node: usize, record: &RecordId) {
        let (entropy, now) = (self.choices.entropy(), self.clock(node));
        let Some(consents) = self.consents(node) else { return };
        // What happens at the institution from now on is meant.
        let grant = self.flows.iter().find(|flow| flow.record.as_ref() == Some(record));
        let grant = grant.and_then(|flow| flow.grant.clone());
        if let Some(grant) = grant.and_then(|grant| self.bank.grants.get_mut(&grant)) {
            grant.ended = true;
        }
        let (reason, by) = (RevocationReason::UserAction, PartyType::DataRecipient);
        let step = consents.revoke(record, reason, by, entropy, now);
        self.start(node, Purpose::Revoke, run(step, Done::Revoked));
    }

    /// A process died.
    pub(super) fn died(&mut self, purpose: &Purpose) {
        match purpose {
            Purpose::Begin { flow } => self.begin_again(*flow),
            Purpose::Finish { flow, tries } => self.reload(*flow, *tries, self.now + 2000),
            _ => {}
        }
    }

    fn begin_again(&mut self, flow: usize) {
        if self.flows.get(flow).is_some_and(|of| of.begun < 3) {
            let at = self.now + 1000 + self.choices.below(3000);
            self.queue.schedule(at, Event::Begin { flow });
        } else {
            self.end(flow, "could not be begun");
        }
    }

    /// The customer loads the callback again. Some leave instead.
    fn reload(&mut self, flow: usize, tries: u8, at: u64) {
        if tries >= TRIES {
            return;
        }
        if self.choices.chance(200) {
            return self.end_once(flow, "the customer left the callback");
        }
        let tries = tries + 1;
        if tries == TRIES {
            return self.end_once(flow, "the customer gave up");
        }
        self.queue.schedule(at.max(self.now + 500), Event::Callback { flow, tries });
    }

    fn end_once(&mut self, flow: usize, end: &'static str) {
        if let Some(of) = self.flows.get_mut(flow).filter(|of| !of.over) {
            of.over = true;
            self.end(flow, end);
        }
    }

    /// A procedure has ended.
    pub(super) fn ended(&mut self, id: u32, done: Done) {
        let Some(task) = self.tasks.remove(&id) else { return };
        self.log(|| format!("{:?} on node {}: {}", task.purpose, task.node, brief(&done)));
        if let Some((consent, _)) = &task.arrived
            && !may_not_store(&done)
        {
            self.harm(Harm::ResponseNotStored, consent.clone());
        }
        match (task.purpose, done) {
            (Purpose::Begin { flow }, Done::Started(started)) => self.started(flow, *started),
            (Purpose::Finish { flow, tries }, Done::Finished(finished)) => {
                self.finished(task.node, flow, tries, *finished);
            }
            (Purpose::Use { flow, .. }, Done::Access(Access::Token(token))) => {
                self.has_token(flow, &token);
            }
            (Purpose::Keep { key }, Done::Kept(kept)) => {
                count(&mut self.report.results, kept_as(&kept));
                self.kept(task.node, &key, kept.is_success());
            }
            (_, done) => count(&mut self.report.results, brief(&done)),
        }
    }

    fn started(&mut self, flow: usize, started: Started) {
        match started {
            Started::Redirect(redirect) => {
                let url = redirect.url.as_str().to_owned();
                self.secrets.show(url.clone());
                if let Some(harm) = self.single_use.authorization_url(&url) {
                    self.harm(harm, url.clone());
                }
                self.redirect(flow, &redirect.flow, url);
            }
            Started::NotFound => self.end(flow, "nothing to renew"),
            _ => self.begin_again(flow),
        }
    }

    fn redirect(&mut self, flow: usize, id: &FlowId, url: String) {
        if let Some(of) = self.flows.get_mut(flow) {
            of.record = Some(id.into());
        }
        let at = self.now + 500 + self.choices.below(40_000);
        self.queue.schedule(at, Event::AtBank { flow, url });
    }

    fn finished(&mut self, node: usize, flow: usize, tries: u8, finished: Finished) {
        let denied = self.flows.get(flow).is_some_and(|of| of.denied);
        match finished {
            Finished::Granted(granted) => {
                if let Some(old) = &granted.revoke {
                    if let Some(of) =
                        self.flows.iter_mut().find(|of| of.record.as_ref() == Some(old))
                    {
                        of.revoked = true;
                    }
                    self.revoke(node, old);
                }
                let Some(of) = self.flows.get_mut(flow) else { return };
                let is_first = !std::mem::replace(&mut of.granted, true);
                let is_own = of.grant == granted.consent.consent_id;
                if denied {
                    self.harm(Harm::NotGranted, format!("flow {flow}"));
                }
                if !is_own {
                    self.harm(Harm::OthersConsent, format!("flow {flow}"));
                }
                if is_first {
                    self.end_once(flow, "granted");
                    self.plan_uses(flow);
                }
            }
            Finished::Denied { .. } => {
                if !denied {
                    self.harm(Harm::NotDenied, format!("flow {flow}"));
                }
                self.end_once(flow, "the customer denied it");
            }
            Finished::StartOver { .. } => self.end_once(flow, "start over: no tokens were stored"),
            Finished::InProgress { until } => {
                let at = self.when(node, until) + 1000;
                self.reload(flow, tries, at);
            }
            Finished::Incomplete { until, .. } => {
                let at = self.when(node, until);
                if self.choices.chance(300) {
                    let at = at.saturating_sub(self.choices.below(30_000)).max(self.now);
                    self.queue.schedule(at, Event::Use { flow, what: Use::Resume });
                }
                self.reload(flow, tries, at);
            }
            Finished::Rejected(error) => {
                self.secrets.show(format!("{error} {error:?}"));
                self.end_once(flow, "the callback was rejected");
            }
            Finished::Unreachable { .. } | Finished::Store(_) => {
                self.reload(flow, tries, self.now + 1000);
            }
            Finished::Ended { .. } => self.end_once(flow, "ended before it was complete"),
            Finished::Paused { .. } => self.reload(flow, tries, self.now + 30_000),
            other => self.harm(Harm::GrantLost, format!("flow {flow}: {other:?}")),
        }
    }

    /// What a customer and the recipient do with a consent.
    fn plan_uses(&mut self, flow: usize) {
        let plan = |world: &mut Self, what, longest: u64| {
            let at = world.now + world.choices.below(longest);
            if at < FAULTS_END {
                world.queue.schedule(at, Event::Use { flow, what });
                // Several callers at once.
                if what == Use::Call && world.choices.chance(300) {
                    let at = at + world.choices.below(300);
                    world.queue.schedule(at, Event::Use { flow, what });
                }
            }
        };
        for _ in 0..self.choices.below(4) {
            plan(self, Use::Call, 2_000_000);
        }
        for (what, per_mille) in
            [(Use::Refresh, 200), (Use::Check, 100), (Use::Renew, 80), (Use::Revoke, 250)]
        {
            if self.choices.chance(per_mille) {
                plan(self, what, 1_500_000);
            }
        }
        if self.choices.chance(40) {
            let at = self.now + self.choices.below(1_500_000);
            self.queue.schedule(at, Event::EndAtBank { flow });
        }
    }

    /// A token is to be used: the institution accepts it, and it belongs to the consent.
    fn has_token(&mut self, flow: usize, token: &UsableToken) {
        count(&mut self.report.results, "tokens returned");
        let now = self.bank_time();
        let Some(of) = self.flows.get(flow) else { return };
        let Some(grant) = of.grant.clone() else { return };
        let is_lost = self.bank.grants.get(&grant).is_some_and(|it| it.ended || it.lost.is_some());
        let text = token.grant().to_json();
        let stored: Value = serde_json::from_str(text.expose()).unwrap_or_default();
        let text = stored.get("access_token").and_then(Value::as_str).unwrap_or_default();
        let accepted = self.bank.sandbox.accepted_tokens(&grant, now).contains(&text);
        if !accepted && !is_lost {
            self.harm(Harm::TokenNotValid, grant);
        }
        if self.fault(50) {
            let what = Use::CallAfter(token.generation);
            self.queue.schedule(self.now + 100, Event::Use { flow, what });
        }
    }

    /// The customer ends the consent at the institution.
    pub(super) fn end_at_bank(&mut self, flow: usize) {
        let Some(grant) = self.flows.get(flow).and_then(|of| of.grant.clone()) else { return };
        let Some(facts) = self.bank.grants.get_mut(&grant) else { return };
        facts.ended = true;
        self.bank.sandbox.end_consent(&grant);
        count(&mut self.report.faults, "consents ended at the institution");
        self.log(|| format!("the customer ends the consent of flow {flow} at the institution"));
    }
}

fn location(answer: &Response<Vec<u8>>) -> Option<String> {
    answer.headers().get(LOCATION)?.to_str().ok().map(str::to_owned)
}
