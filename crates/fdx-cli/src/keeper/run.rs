//! `fdx keeper run`: the loop around the keeper.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use fdx_store::Tenant;
use fdx_store::consents::{Due, QueueKind, queues};
use fdx_store::keeper::{Keeper, KeeperLimits, KeeperStep};
use fdx_store::procedure::KeptUp;
use fdx_store::seal::KeyRing;
use fdx_transport_hyper::system_now;
use fdx_wire::Entropy;
use tokio::task::{JoinError, JoinSet, LocalSet};
use tokio::time::sleep;

use crate::args::stored::KeeperRunArgs;
use crate::connect::institution::Institution;
use crate::connect::setup::Setup;
use crate::connect::source;
use crate::error::Failure;
use crate::flow::entropy;
use crate::interrupt::{Interruptions, interrupted, unless_interrupted};
use crate::keeper::say;
use crate::print::{counted, message, printable, result};
use crate::store::{Driving, Store};

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
    unless_interrupted(Institution::discovered(setup, &config, ring)).await
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

    /// Reports what an operator has to resume.
    fn report_pauses(&self) -> Result<(), Failure> {
        let ring = self.store.key_ring()?;
        for queue in self.store.run(queues(Tenant::default(), &ring, system_now()))? {
            let (what, resume) = match &queue.kind {
                QueueKind::Paused => ("refreshes".to_owned(), String::new()),
                QueueKind::PausedInstitution(issuer) => {
                    let issuer = printable(issuer);
                    (format!("refreshes at {issuer}"), format!(" --institution {issuer}"))
                }
                _ => continue,
            };
            let consents = counted(queue.count, "consent");
            let reason = queue.reason.as_deref().map(printable).unwrap_or_default();
            message(&format!(
                "warning: {what} are paused ({reason}): {consents} wait until fdx keeper \
                 resume{resume}; only revocations go on"
            ));
        }
        Ok(())
    }

    /// Runs until a signal. Procedures that run then are finished first, unless a second signal arrives.
    async fn run(mut self) -> Result<(), Failure> {
        let mut signals = Interruptions::new();
        let mut stopping = false;
        self.report_pauses()?;
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
                    self.begin(due, entropy()?);
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
                if signals.poll(context).is_ready() {
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
                Event::Stop if stopping => return Err(interrupted()),
                Event::Stop => {
                    stopping = true;
                    self.keeper.stop();
                    let running = u64::try_from(self.keeper.running()).unwrap_or(u64::MAX);
                    let running = counted(running, "procedure");
                    message(&format!("Stopping after {running}; another signal ends it at once"));
                }
            }
        }
    }

    /// Begins what is due for a consent.
    fn begin(&mut self, due: Due, entropy: Entropy) {
        let Some(institution) = self.institutions.get(&due.institution).cloned() else {
            message(&line(&due, "no --config is of its institution"));
            // If that fails, it stays due.
            if let Err(failure) =
                self.store.run(self.keeper.unknown_institution(&due, system_now()))
            {
                message(failure.what());
            }
            return;
        };
        let store = Rc::clone(&self.store);
        self.procedures.spawn_local(async move {
            let step = institution.consents.keep_up(&due, entropy, system_now());
            let driver = &institution.setup.driver;
            let driving = Driving { institution: driver, store: &store, says_waits: false };
            let kept = driving.run(step).await;
            (due, kept)
        });
    }
}

fn line(due: &Due, what: &str) -> String {
    let (now, id) = (system_now().to_rfc3339(), &due.key.id);
    format!("{now} {id} at {}: {what}", printable(&due.institution))
}
