//! A recipient with a store, an institution, and what can go wrong between them.

use core::time::Duration;

use fdx_jose::{SealingKey, Signer, backend};
use fdx_par::dialect::RefreshTokens;
use fdx_par::{Callback, Client, ServerKeys};
use fdx_rar::ConsentReceipt;
use fdx_sandbox::customer::Decision;
use fdx_store::consents::{
    ConsentRow, Due, Filter, NewConsent, due, due_slots, find_consent, insert_consent,
    list_consents,
};
use fdx_store::procedure::{Access, Awaiting, Consents, Sending, Step, UsableToken};
use fdx_store::receipts::{Event, ReceiptEntry, history};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::{Column, KeyRing};
use fdx_store::{
    Action, ConsentState, Failure, RecordId, RecordKey, Rows, Statement, StoreError, Tenant, Value,
};
use fdx_store_sqlite::SqliteStore;
use fdx_testkit::{Setup, World, usual_request};
use fdx_wire::{Entropy, UnixTime};

/// What happens to a request.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// A server in front of the institution answers in its place.
    Instead(fdx_testkit::Answer),
    /// The institution answers.
    Answered,
    /// No connection.
    NotSent,
    /// The institution acts, and its response is lost.
    ResponseLost,
    /// The request is lost.
    RequestLost,
}

/// How a commit fails.
#[derive(Clone, Copy, Debug)]
pub(super) enum CommitFailure {
    /// It is rolled back.
    RolledBack,
    /// It is done, and reported as failed: its outcome is unknown.
    Unknown,
}

/// When a process ends that was about to take a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Crash {
    /// Before the step.
    Before,
    /// If the step is a request: after it was sent.
    AfterTheRequest,
}

type Fates = Box<dyn FnMut(&http::Request<Vec<u8>>) -> Fate>;
type StoreFailures = Box<dyn FnMut(&Action) -> Option<Failure>>;

pub(super) struct Scene {
    pub(super) world: World,
    pub(super) store: SqliteStore,
    pub(super) client: Client,
    pub(super) consents: Consents,
    pub(super) id: RecordId,
    pub(super) receipt: ConsentReceipt,
    fates: Option<Fates>,
    store_failures: Option<StoreFailures>,
    /// The commit that fails, counted from here, and how.
    failing_commit: Option<(usize, CommitFailure)>,
    /// Whether a transaction is open.
    in_transaction: bool,
    /// How many requests were answered in place of the institution.
    pub(super) in_place: usize,
    drawn: u16,
}

pub(super) const WRAPPING_KEY: u32 = 1;

pub(super) fn ring() -> KeyRing {
    KeyRing::new(backend::ring(), SealingKey::new(WRAPPING_KEY, [7; 32]))
}

/// A key ring without the key of [`ring`].
pub(super) fn other_ring() -> KeyRing {
    KeyRing::new(backend::ring(), SealingKey::new(WRAPPING_KEY + 1, [8; 32]))
}

impl Scene {
    /// A stored consent with everything granted, at an institution that keeps refresh tokens.
    pub(super) fn new() -> Self {
        Self::of(Setup::default(), RefreshPolicy::new(RefreshTokens::FAPI))
    }

    pub(super) fn of(setup: Setup, policy: RefreshPolicy) -> Self {
        let mut world = World::new(setup);
        let (client, granted) = world.flow(&Decision::everything()).unwrap();
        let receipt = client.receipt(&granted, world.now).unwrap();
        let consents = consents(&client, ring(), None, policy);
        let mut scene = Self {
            world,
            store: SqliteStore::in_memory().unwrap(),
            client,
            consents,
            id: RecordId::new("flow-1").unwrap(),
            receipt,
            fates: None,
            store_failures: None,
            failing_commit: None,
            in_transaction: false,
            in_place: 0,
            drawn: 0,
        };
        scene.insert(&granted.stored(), &scene.id.clone());
        scene.world.sent.clear();
        scene
    }

    /// Stores the grant as another consent, with its receipt as `access`.
    pub(super) fn insert(&mut self, grant: &fdx_par::StoredGrant, id: &RecordId) {
        let key = RecordKey::new(Tenant::default(), id.clone());
        let (tenant, now) = (key.tenant.as_str(), self.world.now);
        let (consent_key, wrapped_key) = ring().create(tenant, id.as_str(), &self.draw()).unwrap();
        let sealed = consent_key.seal(Column::Tokens, 0, &self.draw(), &grant.to_json()).unwrap();
        let consent = NewConsent {
            key: key.clone(),
            customer: "customer-1".to_owned(),
            institution: self.client.config().issuer.as_str().to_owned(),
            client_id: "app-1".to_owned(),
            dialect: None,
            consent_id: grant.consent_id().map(|id| id.as_str().to_owned()),
            subject: grant.identity().map(|identity| identity.subject().to_owned()),
            state: ConsentState::Active,
            reason: None,
            wrapped_key,
            sealed,
            verified: true,
            access_expires_at: grant.tokens().access_token().expires_at(),
            refresh_expires_at: grant.tokens().refresh_token_expires_at(),
            consent_expires_at: Some(now + DAY * 365),
            due_at: Some(now + DAY),
            renews: None,
        };
        self.store.run(insert_consent(consent, now)).unwrap();
        let access = Statement::new("UPDATE fdx_consents SET access = $1 WHERE id = $2")
            .with(self.receipt.canonical_json())
            .with(id.as_str());
        self.sql(access);
    }

    /// The customer grants another consent.
    pub(super) fn another_grant(&mut self) -> fdx_par::StoredGrant {
        let client = self.client.clone();
        let draft = client.push(&usual_request(), self.draw(), self.now()).unwrap();
        let (url, pending) = self.world.run(draft).unwrap().redirect(self.now()).unwrap();
        let callback = self.world.customer(url.as_str(), &Decision::everything());
        let Callback::Code(accepted) = client.callback(pending, &callback, self.now()).unwrap()
        else {
            panic!("denied")
        };
        let draft = client.exchange(accepted, self.draw(), self.now()).unwrap();
        let exchanged = self.world.run(draft).unwrap();
        self.world.verify(&client, exchanged).unwrap().stored()
    }

    /// Runs a statement of the test's own.
    pub(super) fn sql(&mut self, statement: Statement) -> Vec<Vec<Value>> {
        self.store.perform(&Action::Begin).unwrap();
        let rows = self.store.perform(&Action::Run(vec![statement])).unwrap().remove(0).rows;
        self.store.perform(&Action::Commit).unwrap();
        rows
    }

    pub(super) fn draw(&mut self) -> Entropy {
        self.drawn += 1;
        let [high, low] = self.drawn.to_be_bytes();
        let mut bytes = [7; 32];
        (bytes[0], bytes[1]) = (high, low);
        Entropy::new(bytes)
    }

    pub(super) fn now(&self) -> UnixTime {
        self.world.now
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.world.now = self.world.now + time;
    }

    /// Decides about each request from now on.
    pub(super) fn fates(&mut self, fates: impl FnMut(&http::Request<Vec<u8>>) -> Fate + 'static) {
        self.fates = Some(Box::new(fates));
    }

    /// The fate of all requests to a path. The others are answered.
    pub(super) fn fate_of(&mut self, path: &'static str, fate: Fate) {
        self.fates(move |request| match request.uri().path().contains(path) {
            true => fate.clone(),
            false => Fate::Answered,
        });
    }

    pub(super) fn all_answered(&mut self) {
        self.fates = None;
        self.store_failures = None;
    }

    pub(super) fn store_fails(
        &mut self,
        failures: impl FnMut(&Action) -> Option<Failure> + 'static,
    ) {
        self.store_failures = Some(Box::new(failures));
    }

    /// Takes one step.
    pub(super) fn advance<T: 'static>(&mut self, step: Step<T>) -> Step<T> {
        let is_store = matches!(step, Step::Store(_));
        assert!(is_store || !self.in_transaction, "a transaction is open outside the store");
        match step {
            Step::Sign(signing) => {
                let keys = &self.world.keys;
                let signatures = signing.inputs().iter().map(|input| keys.sign(input));
                let signatures = signatures.collect::<Result<_, _>>().unwrap();
                signing.signed(signatures, self.now())
            }
            Step::Send(sending) => match sending.start(self.now()) {
                Err(late) => late,
                Ok((request, awaiting)) => {
                    let certificate = request.certificate();
                    let http = request.into_http();
                    let fate = self.fates.as_mut().map_or(Fate::Answered, |fates| fates(&http));
                    match fate {
                        Fate::Answered => {
                            let response = self.world.carry(http, certificate);
                            awaiting.received(response, self.now())
                        }
                        Fate::Instead(response) => {
                            self.in_place += 1;
                            awaiting.received(response, self.now())
                        }
                        Fate::NotSent => awaiting.not_sent("no connection", self.now()),
                        Fate::ResponseLost => {
                            self.world.carry(http, certificate);
                            awaiting.no_response("the connection was closed", self.now())
                        }
                        Fate::RequestLost => {
                            awaiting.no_response("the connection was closed", self.now())
                        }
                    }
                }
            },
            Step::Store(storing) => {
                let failure = self.store_failures.as_mut().and_then(|it| it(storing.action()));
                let result = match failure {
                    Some(failure) => {
                        self.in_transaction = false;
                        self.store.perform(&Action::RollBack).unwrap();
                        Err(failure)
                    }
                    None => self.performed(storing.action()),
                };
                storing.answered(result, self.now())
            }
            Step::Wait(waiting) => {
                self.world.now = self.now().max(waiting.until());
                waiting.resumed(self.now())
            }
            Step::Done(_) => panic!("the procedure is over"),
        }
    }

    fn performed(&mut self, action: &Action) -> Result<Vec<Rows>, Failure> {
        let failure = match (action, &mut self.failing_commit) {
            (Action::Commit, Some((left, failure))) => {
                *left -= 1;
                (*left == 0).then_some(*failure)
            }
            _ => None,
        };
        let Some(failure) = failure else {
            let result = self.store.perform(action);
            self.in_transaction =
                matches!(action, Action::Begin | Action::Run(_)) && result.is_ok();
            return result;
        };
        self.failing_commit = None;
        self.in_transaction = false;
        self.store.perform(match failure {
            CommitFailure::RolledBack => &Action::RollBack,
            CommitFailure::Unknown => action,
        })?;
        Err(Failure::Restart)
    }

    /// The commit of this number, from 1, fails.
    pub(super) fn fail_commit(&mut self, number: usize, failure: CommitFailure) {
        self.failing_commit = Some((number, failure));
    }

    /// Whether the commit that fails has not come.
    pub(super) fn awaits_a_commit(&self) -> bool {
        self.failing_commit.is_some()
    }

    /// Runs a procedure to its end.
    pub(super) fn run<T: 'static>(&mut self, step: Step<T>) -> T {
        let mut step = step;
        for _ in 0..500 {
            step = match step {
                Step::Done(output) => return output,
                step => self.advance(step),
            };
        }
        panic!("the procedure does not end: {:?}", self.row());
    }

    /// Takes steps as long as they are not of this kind.
    pub(super) fn until<T: 'static>(
        &mut self,
        step: Step<T>,
        is_at: impl Fn(&Step<T>) -> bool,
    ) -> Step<T> {
        let mut step = step;
        for _ in 0..500 {
            if is_at(&step) {
                return step;
            }
            step = self.advance(step);
        }
        panic!("the procedure ends before such a step");
    }

    /// A procedure ends, as when its process is killed. Its connection to the database is closed.
    pub(super) fn kill<T>(&mut self, step: Step<T>) {
        drop(step);
        self.in_transaction = false;
        self.store.perform(&Action::RollBack).unwrap();
    }

    /// Takes `steps` steps of a procedure and ends its process. Returns whether it was over before.
    pub(super) fn crash<T: 'static>(&mut self, step: Step<T>, steps: usize, crash: Crash) -> bool {
        let mut step = step;
        for _ in 0..steps {
            if matches!(step, Step::Done(_)) {
                return true;
            }
            step = self.advance(step);
        }
        let over = matches!(step, Step::Done(_));
        match (step, crash) {
            (Step::Send(sending), Crash::AfterTheRequest) => drop(self.started(sending)),
            (step, _) => self.kill(step),
        }
        over
    }

    /// Sends a request that is in time. The procedure waits for the response.
    pub(super) fn started<T>(&mut self, sending: Sending<T>) -> (Awaiting<T>, fdx_testkit::Answer) {
        let Ok((request, awaiting)) = sending.start(self.now()) else { panic!("too late") };
        let certificate = request.certificate();
        (awaiting, self.world.carry(request.into_http(), certificate))
    }

    /// Takes steps until a request. It does not reach the institution, and the procedure waits for the
    /// response.
    pub(super) fn unanswered<T: 'static>(&mut self, step: Step<T>) -> Awaiting<T> {
        let step = self.until(step, |step| matches!(step, Step::Send(_)));
        let Step::Send(sending) = step else { unreachable!() };
        let Ok((_, awaiting)) = sending.start(self.now()) else { panic!("too late") };
        awaiting
    }

    /// Takes steps until the request to a path.
    pub(super) fn until_sent_to<T: 'static>(&mut self, step: Step<T>, path: &str) -> Step<T> {
        self.until(step, |step| match step {
            Step::Send(sending) => sending.url().as_str().contains(path),
            _ => false,
        })
    }

    /// Sends the request of a procedure, and holds the response back. Responses that only demand a nonce
    /// are received.
    pub(super) fn held<T: 'static>(&mut self, step: Step<T>) -> (Awaiting<T>, fdx_testkit::Answer) {
        let mut step = step;
        for _ in 0..10 {
            step = self.until(step, |step| matches!(step, Step::Send(_)));
            let Step::Send(sending) = step else { unreachable!() };
            let (awaiting, response) = self.started(sending);
            if response.status().is_success() {
                return (awaiting, response);
            }
            step = awaiting.received(response, self.now());
        }
        panic!("no success");
    }

    /// How many token responses the store has for the consent.
    pub(super) fn stored_responses(&mut self) -> usize {
        let rows = self.sql(
            Statement::new("SELECT place FROM fdx_tokens WHERE consent = $1")
                .with(self.id.as_str().to_owned()),
        );
        rows.len()
    }

    pub(super) fn access_token(&mut self) -> Access {
        self.access_after(None)
    }

    pub(super) fn access_after(&mut self, rejected: Option<i64>) -> Access {
        let keys = [fdx_testkit::keys(self.world.algorithm()).public().thumbprint()];
        let (entropy, now, id) = (self.draw(), self.now(), self.id.clone());
        let step = self.consents.access_token(&id, &keys, rejected, entropy, now);
        self.run(step)
    }

    pub(super) fn token(&mut self) -> Box<UsableToken> {
        usable(self.access_token())
    }

    pub(super) fn refresh(&mut self) -> Access {
        let step = self.refreshing();
        self.run(step)
    }

    pub(super) fn refreshing(&mut self) -> Step<Access> {
        let (entropy, now, id) = (self.draw(), self.now(), self.id.clone());
        self.consents.refresh(&id, entropy, now)
    }

    pub(super) fn key(&self) -> RecordKey {
        RecordKey::new(Tenant::default(), self.id.clone())
    }

    pub(super) fn row(&mut self) -> ConsentRow {
        self.store.run(find_consent(self.key())).unwrap().unwrap()
    }

    /// The due consents of all slots.
    pub(super) fn due(&mut self) -> Vec<Due> {
        let now = self.now();
        let of_slot = |slot| self.store.run(due(slot, &[], 10, now)).unwrap();
        (0..due_slots()).flat_map(of_slot).collect()
    }

    pub(super) fn rows(&mut self) -> Vec<ConsentRow> {
        self.store.run(list_consents(Tenant::default(), Filter::All, None, 1000)).unwrap().consents
    }

    /// The events of the consent's receipts.
    pub(super) fn events(&mut self) -> Vec<Event> {
        let page = self.store.run(history(self.key(), 0, 100)).unwrap();
        let entries = page.entries.iter().map(|entry| ReceiptEntry::from_json(&entry.json));
        entries.map(|entry| entry.unwrap().event().clone()).collect()
    }

    /// How many requests were sent to a path, without those whose response only demanded a nonce.
    pub(super) fn requests(&self, path: &str) -> usize {
        let is_challenge = |answer: &fdx_testkit::Answer| {
            answer.headers().contains_key("dpop-nonce")
                && matches!(answer.status().as_u16(), 400 | 401)
                && String::from_utf8_lossy(answer.body()).contains("use_dpop_nonce")
                || answer
                    .headers()
                    .get("www-authenticate")
                    .is_some_and(|it| it.to_str().unwrap().contains("use_dpop_nonce"))
        };
        let skipped = self.world.answers.len() - self.world.sent.len();
        let both = self.world.sent.iter().zip(self.world.answers.iter().skip(skipped));
        both.filter(|(asked, answer)| {
            asked.http.uri().path().ends_with(path) && !is_challenge(answer)
        })
        .count()
    }
}

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn consents(
    client: &Client,
    ring: KeyRing,
    keys: Option<ServerKeys>,
    policy: RefreshPolicy,
) -> Consents {
    Consents::new(client.clone(), Tenant::default(), ring, keys, policy).unwrap()
}

pub(super) fn usable(access: Access) -> Box<UsableToken> {
    match access {
        Access::Token(token) => token,
        other => panic!("no token: {other:?}"),
    }
}

/// A failure of the database.
pub(super) fn database_failure() -> Failure {
    Failure::Store(StoreError::Database("no connection".to_owned()))
}
