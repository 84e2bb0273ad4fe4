use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use fdx_jose::{SealingKey, backend};
use fdx_par::dialect::RefreshTokens;
use fdx_sandbox::customer::Decision as Choice;
use fdx_store::procedure::{Access, Consents, Finished, Started, Step};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::KeyRing;
use fdx_store::{
    Database, Decision, Operation, RecordId, Rows, Statement, StoreError, Tenant, Turn, Value,
};
use fdx_store_sqlite::SqliteStore;
use fdx_testkit::{Setup, World, entropy, keys, patched, start, usual_request};
use fdx_transport_hyper::{BlockingStore, Clock, Driver, Transport};
use tokio::time::{Instant, pause};

use crate::server::{HTTP_1, HTTP_2, Server};

const CUSTOMER: &str = "customer-1";
/// The deadline of an attempt.
const DEADLINE: Duration = Duration::from_secs(15);

/// A stored consent whose institution has its token endpoint at a URL.
struct Scene {
    consents: Consents,
    id: RecordId,
    driver: Driver<BlockingStore<SqliteStore>>,
}

impl Scene {
    fn at(token_endpoint: &str, transport: Transport) -> Self {
        let mut world = World::new(Setup::default());
        let mut store = SqliteStore::in_memory().unwrap();
        let client = world.client().unwrap();
        let policy = RefreshPolicy::new(RefreshTokens::FAPI);
        let of = |client| {
            let keys = KeyRing::new(backend::ring(), SealingKey::new(1, [7; 32]));
            Consents::new(client, Tenant::default(), keys, None, policy).unwrap()
        };
        let consents = of(client);
        let begin = consents.begin(CUSTOMER, &usual_request(), entropy(1), start());
        let Started::Redirect(redirect) = in_memory(&mut world, &mut store, begin) else {
            panic!("not begun")
        };
        let callback = world.customer(redirect.url.as_str(), &Choice::everything());
        let finish = consents.finish(CUSTOMER, &callback, entropy(2), start());
        let finished = in_memory(&mut world, &mut store, finish);
        assert!(matches!(finished, Finished::Granted(_)), "{finished:?}");

        let elsewhere = serde_json::json!({ "token_endpoint": token_endpoint });
        world.tamper(move |_, answer| patched(answer, &elsewhere));
        let signer = keys(Setup::default().algorithm);
        let driver = Driver::new(transport, signer, BlockingStore::new(store));
        let driver = driver.clock(Clock::new(start));
        Self { consents: of(world.client().unwrap()), id: RecordId::from(&redirect.flow), driver }
    }

    fn refreshing(&self) -> Step<Access> {
        self.consents.refresh(&self.id, entropy(3), start())
    }

    /// How many attempts wait for a response.
    async fn attempts(&self) -> i64 {
        let sql = "SELECT COUNT(attempt) FROM fdx_consents WHERE id = $1";
        let query = Query(Statement::new(sql).with(self.id.as_str()));
        let rows = self.driver.run(Step::operation(Operation::new(query), start())).await.unwrap();
        let [Value::Integer(attempts)] = rows[..] else { panic!("{rows:?}") };
        attempts
    }
}

/// Runs a procedure against the institution in memory.
fn in_memory<T>(world: &mut World, store: &mut dyn Database, mut step: Step<T>) -> T {
    loop {
        step = match step {
            Step::Sign(signing) => signing.sign(&world.keys, world.now),
            Step::Send(sending) => {
                let Ok((request, awaiting)) = sending.start(world.now) else { panic!("too late") };
                let certificate = request.certificate();
                let response = world.carry(request.into_http(), certificate);
                awaiting.received(response, world.now)
            }
            Step::Store(storing) => storing.perform(store, || world.now),
            Step::Wait(waiting) => panic!("waits until {:?}", waiting.until()),
            Step::Done(output) => return output,
        };
    }
}

/// Reads one row.
#[derive(Clone)]
struct Query(Statement);

impl Decision for Query {
    type Output = Vec<Value>;

    fn first(&mut self) -> Vec<Statement> {
        vec![self.0.clone()]
    }

    fn next(&mut self, results: Vec<Rows>) -> Result<Turn<Vec<Value>>, StoreError> {
        Ok(Turn::Commit(results.into_iter().flat_map(|it| it.rows).flatten().collect()))
    }
}

/// A port at which nothing listens.
fn closed() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    format!("https://{}/token", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_server_that_never_answers_leaves_an_open_attempt_at_the_deadline() {
    for alpn in [HTTP_1, HTTP_2] {
        let server = Server::speaking(alpn).await;
        let transport = server.trusted().build().unwrap();
        let scene = Scene::at(&server.url("/never"), transport.clone());
        // Time stands still except in waits, and TLS takes time.
        transport.send_plain(server.get("/announced/1"), 10).await.unwrap();
        pause();
        let begin = Instant::now();
        let clock = Clock::new(move || start() + begin.elapsed());
        let access = scene.driver.clone().clock(clock).run(scene.refreshing()).await;
        let Access::Later { reason, .. } = access else { panic!("{access:?}") };
        assert!(reason.contains("no complete response"), "{reason}");
        assert!((DEADLINE..DEADLINE + Duration::from_millis(200)).contains(&begin.elapsed()));
        assert_eq!(scene.attempts().await, 1);
        tokio::time::resume();
        // In HTTP/2, other requests may be on the same connection.
        if alpn == HTTP_1 {
            server.ended(1).await;
        }
    }
}

#[tokio::test]
async fn a_refused_connection_leaves_no_open_attempt() {
    let transport = Transport::builder().build().unwrap();
    let scene = Scene::at(&closed(), transport);
    let access = scene.driver.run(scene.refreshing()).await;
    let Access::Later { reason, .. } = access else { panic!("{access:?}") };
    assert!(reason.contains("cannot be reached"), "{reason}");
    assert_eq!(scene.attempts().await, 0);
}

#[tokio::test]
async fn a_procedure_that_is_dropped_leaves_no_open_transaction() {
    let mut steps = 0;
    loop {
        let scene = Scene::at(&closed(), Transport::builder().build().unwrap());
        let mut step = scene.refreshing();
        for _ in 0..steps {
            step = scene.driver.advance(step).await;
        }
        if matches!(step, Step::Done(_)) {
            break;
        }
        // Polled once: a step that takes longer is dropped in the middle.
        tokio::select! {
            biased;
            _ = scene.driver.advance(step) => {}
            () = core::future::ready(()) => {}
        }
        // It begins a transaction of its own.
        assert!(scene.attempts().await <= 1, "after {steps} steps");
        steps += 1;
    }
    assert!(steps >= 3, "{steps}");
}

#[test]
fn futures_of_procedures_are_send() {
    fn spawnable<T: Send + 'static>(_: T) {}
    let scene = |driver: Driver<BlockingStore<SqliteStore>>, step: Step<Access>| async move {
        driver.run(step).await
    };
    let _ = |driver, step| spawnable(scene(driver, step));
}
