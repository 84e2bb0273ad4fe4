use std::time::Duration;

use fdx_jose::Thumbprint;
use fdx_par::{Accepted, Callback, Client, Exchanged, Pending, StoredGrant, TokenTypeHint};
use fdx_sandbox::customer::{ConsentPage, Decision};
use fdx_sandbox::{Outcome, RegisteredClient};
use http::Request;
use http::header::{LOCATION, WWW_AUTHENTICATE};
use serde_json::Value;

use crate::stages::usual_request;
use crate::{Answer, Asked, Outgoing, Setup, World};

/// A request that a client, or a customer's browser, makes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// The push.
    Push,
    /// The browser loads the consent page.
    Page,
    /// The browser sends what the customer decided.
    Decide,
    /// The code, for tokens.
    Exchange,
    /// A new access token.
    Refresh,
    /// The accounts are read.
    Accounts,
    /// Introspection of a token.
    Introspect,
    /// A token is revoked.
    Revoke,
}

/// A client and an institution that understand each other, until one of them goes wrong.
pub struct Stage {
    /// The two, and the wire between them.
    pub world: World,
    /// The client.
    pub client: Client,
    setup: Setup,
    grant: Option<StoredGrant>,
}

impl Stage {
    /// A stage on which nothing has happened but discovery.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let mut world = World::new(setup);
        let client = world.client().unwrap();
        Self { world, client, setup, grant: None }
    }

    /// Does one step, and all that has to come before it, as it should be done.
    ///
    /// # Panics
    /// If the institution refuses it.
    pub fn right(&mut self, step: Step) {
        self.wrong(step, |_| ());
        let verdicts = self.world.bank.last_verdicts();
        let failed = verdicts.iter().find(|verdict| verdict.outcome == Outcome::Failed);
        assert_eq!(failed, None, "{step:?}");
        let status = self.world.answers.last().unwrap().status();
        assert!(status.as_u16() < 400, "{step:?}: {status}");
    }

    /// Does one step with its request changed, and all that has to come before it as it should be
    /// done.
    pub fn wrong(&mut self, step: Step, change: impl Fn(&mut Outgoing) + 'static) {
        let ready = self.prepare(step);
        self.go(ready, change);
    }

    /// Does one step so many seconds after all that has to come before it.
    pub fn late(&mut self, step: Step, seconds: u64) {
        let ready = self.prepare(step);
        self.later(seconds);
        self.go(ready, |_| ());
    }

    /// Lets the next push name a key by `dpop_jkt` instead of proving one.
    pub fn name_key(&mut self, key: Thumbprint) {
        self.world.change(move |out| {
            if out.http.uri().path() == "/par" {
                out.header("dpop", "");
                out.set("dpop_jkt", &key.to_string());
            }
        });
    }

    /// Refreshes for some of the scopes that were granted.
    pub fn refresh_for(&mut self, scope: &'static str) {
        self.wrong(Step::Refresh, move |out| out.set("scope", scope));
    }

    /// The last request to `path`.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn last(&self, path: &str) -> Asked {
        self.world.asked(path).last().map(|asked| (*asked).clone()).unwrap()
    }

    /// A member of the last answer.
    ///
    /// # Panics
    /// If that is not JSON.
    #[must_use]
    pub fn answered(&self, member: &str) -> String {
        let body = self.world.answers.last().unwrap().body();
        let body: Value = serde_json::from_slice(body).unwrap();
        body[member].as_str().unwrap_or_default().to_owned()
    }

    /// Lets time pass.
    pub fn later(&mut self, seconds: u64) {
        self.world.now = self.world.now + Duration::from_secs(seconds);
    }

    /// Registers the client anew or, under another `client_id`, another one beside it.
    pub fn register(&mut self, change: impl FnOnce(&mut RegisteredClient)) {
        let mut client = self.setup.registered();
        change(&mut client);
        self.world.bank.register(client);
    }

    /// The grant that the client has; the first call asks the customer for it.
    ///
    /// # Panics
    /// If the flow fails.
    pub fn grant(&mut self) -> StoredGrant {
        if self.grant.is_none() {
            let exchanged = self.exchanged();
            let verified = self.world.verify(&self.client, exchanged).unwrap();
            self.grant = Some(self.world.granted(&self.client, verified).unwrap().stored());
        }
        self.grant.clone().unwrap()
    }

    /// Pushes: the URL for the customer, and what is pending.
    ///
    /// # Panics
    /// If the push fails.
    pub fn pushed(&mut self) -> (String, Pending) {
        let entropy = self.world.draw();
        let draft = self.client.push(&usual_request(), entropy, self.world.now).unwrap();
        let pushed = self.world.run(draft).unwrap();
        let (url, pending) = pushed.redirect(self.world.now).unwrap();
        (url.as_str().to_owned(), pending)
    }

    /// Loads a URL in the customer's browser.
    ///
    /// # Panics
    /// If the text is not a URL.
    pub fn load(&mut self, url: &str) -> Answer {
        self.browse(Request::get(url).body(Vec::new()).unwrap())
    }

    /// The request that sends the decision on a page.
    ///
    /// # Panics
    /// If the answer is not a page.
    #[must_use]
    pub fn decision(page: &Answer, decision: &Decision) -> Request<Vec<u8>> {
        ConsentPage::read(page).unwrap().decide(decision).unwrap()
    }

    /// Sends a request of the customer's browser.
    pub fn browse(&mut self, request: Request<Vec<u8>>) -> Answer {
        self.world.carry(request, fdx_par::ClientCertificate::Withhold)
    }

    /// Flows as far as the tokens.
    ///
    /// # Panics
    /// If a step fails.
    pub fn exchanged(&mut self) -> Exchanged {
        let (pending, callback) = self.called_back();
        let Callback::Code(accepted) =
            self.world.callback(&self.client, pending, &callback).unwrap()
        else {
            panic!("denied")
        };
        let entropy = self.world.draw();
        let draft = self.client.exchange(accepted, entropy, self.world.now).unwrap();
        self.world.run(draft).unwrap()
    }

    /// The error code of the last response: of the challenge, of the body's `error` or FDX `code`, or
    /// of the error page. Empty without one.
    ///
    /// # Panics
    /// If there was no response.
    #[must_use]
    pub fn error_code(&self) -> String {
        let answer = self.world.answers.last().unwrap();
        let between = |text: &str, before: &str, after: &str| {
            let (_, rest) = text.split_once(before)?;
            rest.split_once(after).map(|(found, _)| found.to_owned())
        };
        let challenge = answer.headers().get(WWW_AUTHENTICATE);
        let challenged = challenge.and_then(|text| between(text.to_str().ok()?, "error=\"", "\""));
        let page = str::from_utf8(answer.body()).unwrap_or_default();
        let body: Value = serde_json::from_str(page).unwrap_or_default();
        let named = ["error", "code"].iter().find_map(|name| body[name].as_str());
        challenged
            .or_else(|| named.map(str::to_owned))
            .or_else(|| between(page, "<code>", "</code>"))
            .unwrap_or_default()
    }

    fn called_back(&mut self) -> (Pending, String) {
        let (url, pending) = self.pushed();
        let page = self.load(&url);
        let back = self.browse(Self::decision(&page, &Decision::everything()));
        (pending, back.headers()[LOCATION].to_str().unwrap().to_owned())
    }

    /// Everything that comes before `step`, done as it should be.
    fn prepare(&mut self, step: Step) -> Ready {
        match step {
            Step::Push => Ready::Push,
            Step::Page => Ready::Browse(Request::get(self.pushed().0).body(Vec::new()).unwrap()),
            Step::Decide => {
                let url = self.pushed().0;
                let page = self.load(&url);
                Ready::Browse(Self::decision(&page, &Decision::everything()))
            }
            Step::Exchange => {
                let (pending, callback) = self.called_back();
                match self.world.callback(&self.client, pending, &callback).unwrap() {
                    Callback::Code(accepted) => Ready::Exchange(accepted),
                    Callback::Denied(refusal) => panic!("denied: {refusal}"),
                }
            }
            Step::Refresh | Step::Accounts | Step::Introspect | Step::Revoke => {
                Ready::Grant(step, Box::new(self.grant()))
            }
        }
    }
}

/// A step that only has to be taken.
enum Ready {
    Push,
    Browse(Request<Vec<u8>>),
    Exchange(Accepted),
    Grant(Step, Box<StoredGrant>),
}

impl Stage {
    fn go(&mut self, ready: Ready, change: impl Fn(&mut Outgoing) + 'static) {
        self.world.change(change);
        let Self { world, client, .. } = self;
        let entropy = world.draw();
        // What the client makes of the answer is not what this is about.
        match ready {
            Ready::Push => {
                let draft = client.push(&usual_request(), entropy, world.now).unwrap();
                let _ = world.run(draft);
            }
            Ready::Browse(request) => {
                self.browse(request);
            }
            Ready::Exchange(accepted) => {
                let draft = client.exchange(accepted, entropy, world.now).unwrap();
                let _ = world.run(draft);
            }
            Ready::Grant(Step::Refresh, grant) => {
                let _ = world.refresh(client, &grant);
            }
            Ready::Grant(Step::Introspect, grant) => {
                let token = grant.tokens().access_token();
                let draft = client.introspect(token, entropy, world.now).unwrap();
                let _ = world.run(draft);
            }
            Ready::Grant(Step::Revoke, grant) => {
                let _ = world.revoke(client, grant.tokens(), TokenTypeHint::RefreshToken);
            }
            Ready::Grant(_, grant) => {
                let _ = world.accounts(client, grant.tokens().access_token());
            }
        }
        self.world.change_no_more();
    }
}
