use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fdx_examples::{Bank, asked, entropy};
use fdx_jose::{PrivateKey, SealingKey, SealingKeys, backend};
use fdx_par::{
    Accepted, AuthorizationUrl, Callback, Client, FlowId, Granted, Pending, Verification,
    WellKnown, discover,
};
use fdx_transport_hyper::{Roots, Transport, system_now as now};
use fdx_wire::Label;

/// What a node of the service holds. Nodes share the last two alone: a table with a unique key,
/// and wherever the service keeps its customers' data.
pub(crate) struct App {
    client: Client,
    transport: Transport,
    key: PrivateKey,
    seals: SealingKeys,
    /// The name that the service knows itself by.
    pub(crate) origin: String,
    claimed: Mutex<HashSet<FlowId>>,
    granted: Mutex<HashMap<String, Kept>>,
}

/// Whether a flow may be finished here and now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Claim {
    Ours,
    TakenBefore,
}

struct Kept {
    session: String,
    lines: Vec<String>,
}

/// Something failed that the customer can do nothing about.
pub(crate) struct Failure(pub(crate) Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl App {
    pub(crate) async fn new(
        bank: &Bank,
        key: PrivateKey,
        origin: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let roots = Roots::pem(bank.root_pem())?;
        let transport = Transport::builder().root_certificates(roots).build()?;
        let draft = discover(&bank.issuer, WellKnown::OAuthAuthorizationServer, now())?;
        let metadata = transport.run(draft, &key, now).await?;
        // From the service's configuration, where several nodes are to open each other's cookies.
        let sealing_key = entropy()?.derive(Label::new("sealing key"), 0);
        Ok(Self {
            client: Client::new(bank.recipient()?, metadata)?,
            transport,
            key,
            seals: SealingKeys::new(backend::ring(), SealingKey::new(1, sealing_key)),
            origin: origin.to_owned(),
            claimed: Mutex::default(),
            granted: Mutex::default(),
        })
    }

    pub(crate) async fn push(&self) -> Result<(AuthorizationUrl, Pending), Failure> {
        let draft = self.client.push(&asked()?, entropy()?, now())?;
        let pushed = self.transport.run(draft, &self.key, now).await?;
        Ok(pushed.redirect(now())?)
    }

    /// For a cookie that opens in this browser session alone.
    pub(crate) fn seal(&self, pending: &Pending, session: &str) -> Result<String, Failure> {
        Ok(pending.seal(&self.seals, session.as_bytes(), entropy()?)?)
    }

    /// Opens the cookie, and checks the callback against it.
    pub(crate) fn accept(
        &self,
        session: &str,
        sealed: &str,
        received: &str,
    ) -> Result<Callback, fdx_par::Error> {
        let pending = self.client.open(sealed, &self.seals, session.as_bytes(), now())?;
        Ok(self.client.callback(pending, received, now())?)
    }

    /// An atomic set-if-absent: a store's `INSERT ... ON CONFLICT DO NOTHING`. A claim may be
    /// forgotten when the cookie does not open any more.
    pub(crate) fn claim(&self, flow_id: &FlowId) -> Claim {
        match lock(&self.claimed).insert(flow_id.clone()) {
            true => Claim::Ours,
            false => Claim::TakenBefore,
        }
    }

    /// From the code to what was granted.
    pub(crate) async fn finish(&self, accepted: Accepted) -> Result<Granted, Failure> {
        let (client, run) = (&self.client, &self.transport);
        let exchanged =
            run.run(client.exchange(accepted, entropy()?, now())?, &self.key, now).await?;
        // Here a service persists exchanged.tokens(): what comes next may fail, and they come once.
        let keys = run.run(client.fetch_keys(now())?, &self.key, now).await?;
        let Verification::Verified(verified) = client.verify(exchanged, Some(&keys), now())? else {
            return Err("the institution does not publish the key that signed".into());
        };
        let draft = client.read_consent(&verified, entropy()?, now())?;
        let read = run.run(draft, &self.key, now).await?;
        Ok(verified.granted(read)?)
    }

    pub(crate) fn keep(&self, flow_id: &FlowId, session: String, lines: Vec<String>) {
        lock(&self.granted).insert(flow_id.to_string(), Kept { session, lines });
    }

    /// What was granted, to whom it concerns.
    pub(crate) fn kept(&self, flow_id: &str, session: &str) -> Option<Vec<String>> {
        let granted = lock(&self.granted);
        let kept = granted.get(flow_id).filter(|kept| kept.session == session)?;
        Some(kept.lines.clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
