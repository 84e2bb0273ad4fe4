use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fdx_examples::{Bank, asked, entropy, lines};
use fdx_jose::{PrivateKey, SealingKey, SealingKeys, backend};
use fdx_par::{
    Accepted, AuthorizationUrl, Callback, Client, Draft, FlowId, Output, Pending, Verification,
    WellKnown, discover,
};
use fdx_transport_hyper::{Roots, RunError, Transport, system_now as now};
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
pub(crate) struct Failure(pub(crate) Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Failure {
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
        Ok(self.run(draft).await?.redirect(now())?)
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

    /// From the code to what was granted, which is kept for this browser session.
    pub(crate) async fn finish(&self, accepted: Accepted, session: String) -> Result<(), Failure> {
        let client = &self.client;
        let exchanged = self.run(client.exchange(accepted, entropy()?, now())?).await?;
        // Here a service persists exchanged.to_json(): what comes next may fail, and tokens
        // come once.
        let keys = self.run(client.fetch_keys(now())?).await?;
        let Verification::Verified(verified) = client.verify(exchanged, Some(&keys), now())? else {
            return Err("the institution does not publish the key that signed".into());
        };
        let read = self.run(client.read_consent(&verified, entropy()?, now())?).await?;
        let granted = verified.granted(read)?;
        let kept = Kept { session, lines: lines(&granted) };
        lock(&self.granted).insert(granted.flow_id().to_string(), kept);
        Ok(())
    }

    /// What was granted, to whom it concerns.
    pub(crate) fn kept(&self, flow_id: &str, session: &str) -> Option<Vec<String>> {
        let granted = lock(&self.granted);
        let kept = granted.get(flow_id).filter(|kept| kept.session == session)?;
        Some(kept.lines.clone())
    }

    async fn run<T: Output>(&self, draft: Draft<T>) -> Result<T, RunError> {
        self.transport.run(draft, &self.key, now).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
