//! `fdx keeper run`: the loop around the keeper.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use fdx_store::Tenant;
use fdx_store::consents::Due;
use fdx_store::keeper::{Keeper, KeeperLimits, KeeperStep};
use fdx_store::procedure::{Consents, KeptUp};
use fdx_store::refresh::RefreshPolicy;
use fdx_store::seal::KeyRing;
use fdx_transport_hyper::system_now;
use fdx_wire::Entropy;
use tokio::task::{JoinError, JoinSet, LocalSet};
use tokio::time::sleep;

use crate::args::stored::KeeperRunArgs;
use crate::connect::setup::Setup;
use crate::connect::{discovered, interrupted, source};
use crate::error::Failure;
use crate::flow::entropy;
use crate::keeper::say;
use crate::print::{message, printable, result};
use crate::store::{Driving, Store};

/// A client at an institution.
struct Institution {
    setup: Setup,
    consents: Consents,
}

pub(super) async fn run(args: &KeeperRunArgs) -> Result<(), Failure> {
    let store = Rc::new(Store::open(args.store.as_deref())?);
    let mut institutions = BTreeMap::new();
    for path in &args.config {
        let institution = institution(path, store.key_ring()?).await?;
        let issuer = institution.setup.client.issuer.to_string();
        if institutions.insert(issuer.clone(), Rc::new(institution)).is_some() {
            let what = format!("two configurations are of {issuer}");
            return Err(Failure::usage(what, "name one --config for each institution"));
        }
    }
    LocalSet::new().run_until(Keeping::new(store, institutions)?.run()).await
}

async fn institution(path: &Path, ring: KeyRing) -> Result<Institution, Failure> {
    let config = source::read(path)?;
    let setup = Setup::load(&config, path)?;
    let client = discovered(&setup, &config).await?;
    let policy = RefreshPolicy::new(config.dialect().refresh_tokens());
    let consents = Consents::new(client, Tenant::default(), ring, None, policy);
    let consents = consents.map_err(|error| {
        Failure::usage(format!("dialect {}: {error}", config.dialect().name()), "report it")
    })?;
    Ok(Institution { setup, consents })
}

/// A running keeper.
struct Keeping {
    store: Rc<Store>,
    institutions: BTreeMap<String, Rc<Institution>>,
    keeper: Keeper,
    procedures: JoinSet<(Due, KeptUp)>,
}

/// What a keeper waits for.
enum Event {
    Ended(Result<(Due, KeptUp), JoinError>),
    Time,
    Stop,
}

impl Keeping {
    fn new(
        store: Rc<Store>,
        institutions: BTreeMap<String, Rc<Institution>>,
    ) -> Result<Self, Failure> {
        let keeper = Keeper::new(KeeperLimits::new(), &entropy()?);
        Ok(Self { store, institutions, keeper, procedures: JoinSet::new() })
    }

    /// Runs until a signal. Procedures that run then are finished first.
    async fn run(mut self) -> Result<(), Failure> {
        let mut stop = pin!(interrupted());
        let mut stopping = false;
        result(&format!("Keeping {}", self.store.path().display()));
        loop {
            let until = match self.keeper.next(system_now()) {
                KeeperStep::Read(operation) => {
                    let read = self.store.sqlite(|database| Ok(database.run(operation)))?;
                    if let Err(error) = &read {
                        message(&format!("reading what is due: {}: {error}", error.code()));
                    }
                    self.keeper.read(read, system_now());
                    continue;
                }
                KeeperStep::Run(due) => {
                    self.begin(due, entropy()?)?;
                    continue;
                }
                KeeperStep::Wait { until } => until,
                KeeperStep::Stopped => {
                    result("Stopped");
                    return Ok(());
                }
            };
            let mut time = pin!(sleep(until.since(system_now())));
            let event = poll_fn(|context| {
                if !stopping && stop.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Event::Stop);
                }
                if let Poll::Ready(Some(ended)) = self.procedures.poll_join_next(context) {
                    return Poll::Ready(Event::Ended(ended));
                }
                time.as_mut().poll(context).map(|()| Event::Time)
            });
            match event.await {
                Event::Ended(Ok((due, kept))) => {
                    message(&line(&due, &say::about(&kept)));
                    self.keeper.finished(&due.key, kept.is_success());
                }
                Event::Ended(Err(error)) => {
                    let what = format!("a procedure has a defect: {error}");
                    return Err(Failure::failed(what, "report it, and run it again"));
                }
                Event::Time => {}
                Event::Stop => {
                    stopping = true;
                    self.keeper.stop();
                    let running = self.keeper.running();
                    message(&format!("Stopping: {running} procedures are finished first"));
                }
            }
        }
    }

    /// Begins what is due for a consent.
    fn begin(&mut self, due: Due, entropy: Entropy) -> Result<(), Failure> {
        let Some(institution) = self.institutions.get(&due.institution).cloned() else {
            message(&line(&due, "no --config is of its institution"));
            let postpone = self.keeper.unknown_institution(&due, system_now());
            return self.store.run(postpone).map(drop);
        };
        let store = Rc::clone(&self.store);
        self.procedures.spawn_local(async move {
            let step = institution.consents.keep_up(&due, entropy, system_now());
            let driver = &institution.setup.driver;
            let driving = Driving { institution: driver, store: &store, says_waits: false };
            let kept = driving.run(step).await;
            (due, kept)
        });
        Ok(())
    }
}

fn line(due: &Due, what: &str) -> String {
    let (now, id) = (system_now().to_rfc3339(), &due.key.id);
    format!("{now} {id} at {}: {what}", printable(&due.institution))
}
