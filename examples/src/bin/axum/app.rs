use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fdx_examples::{Bank, consent_request, entropy, granted_lines};
use fdx_jose::{PrivateKey, SealingKey, SealingKeys, backend};
use fdx_par::{
    Accepted, AuthorizationUrl, Callback, Client, Draft, FlowId, Output, Pending, WellKnown,
    discover,
};
use fdx_transport_hyper::{Checked, KeyCache, Roots, RunError, Transport, system_now as now};
use fdx_wire::Label;

/// The state of one node of the service. Nodes share only `claimed` and `granted`: tables of a
/// database in a real service.
pub(crate) struct App {
    client: Client,
    transport: Transport,
    key: PrivateKey,
    /// The institution's keys, fetched when an ID token needs them.
    keys: KeyCache,
    seals: SealingKeys,
    /// The service's own origin, from its configuration.
    pub(crate) origin: String,
    claimed: Mutex<HashSet<FlowId>>,
    granted: Mutex<HashMap<String, Stored>>,
}

/// Whether this request may finish a flow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Claim {
    First,
    TakenBefore,
}

struct Stored {
    session: String,
    lines: Vec<String>,
}

/// An error that the customer cannot correct.
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
        // With several nodes, the key is in the configuration: they open each other's cookies.
        let sealing_key = entropy()?.derive(Label::new("sealing key"), 0);
        Ok(Self {
            client: Client::new(bank.recipient()?, metadata)?,
            transport,
            key,
            keys: KeyCache::default(),
            seals: SealingKeys::new(backend::ring(), SealingKey::new(1, sealing_key)),
            origin: origin.to_owned(),
            claimed: Mutex::default(),
            granted: Mutex::default(),
        })
    }

    pub(crate) async fn push(&self) -> Result<(AuthorizationUrl, Pending), Failure> {
        let draft = self.client.push(&consent_request()?, entropy()?, now())?;
        Ok(self.run(draft).await?.redirect(now())?)
    }

    /// Seals the pending value for a cookie. It opens only in this browser session.
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

    /// Claims the flow by an atomic set-if-absent: `INSERT ... ON CONFLICT DO NOTHING` in a database.
    /// A claim can be deleted when the cookie has expired.
    pub(crate) fn claim(&self, flow_id: &FlowId) -> Claim {
        match lock(&self.claimed).insert(flow_id.clone()) {
            true => Claim::First,
            false => Claim::TakenBefore,
        }
    }

    /// Exchanges the code, and stores what was granted for this browser session.
    pub(crate) async fn finish(&self, accepted: Accepted, session: String) -> Result<(), Failure> {
        let client = &self.client;
        let exchanged = self.run(client.exchange(accepted, entropy()?, now())?).await?;
        // A real service persists exchanged.to_json() here: the next steps can fail, and the tokens
        // are issued only once.
        let checked = self.transport.verify(client, exchanged, &self.keys, now).await?;
        let Checked::Done(verified) = checked else {
            return Err("the ID token is encrypted".into());
        };
        let read = self.run(client.read_consent(&verified, entropy()?, now())?).await?;
        let granted = verified.granted(read)?;
        let stored = Stored { session, lines: granted_lines(&granted) };
        lock(&self.granted).insert(granted.flow_id().to_string(), stored);
        Ok(())
    }

    /// Returns what was granted in a flow, only to its browser session.
    pub(crate) fn granted_lines(&self, flow_id: &str, session: &str) -> Option<Vec<String>> {
        let granted = lock(&self.granted);
        let stored = granted.get(flow_id).filter(|stored| stored.session == session)?;
        Some(stored.lines.clone())
    }

    async fn run<T: Output>(&self, draft: Draft<T>) -> Result<T, RunError> {
        Ok(self.transport.run(draft, &self.key, now).await?)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
