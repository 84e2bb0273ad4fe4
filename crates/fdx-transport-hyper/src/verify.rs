use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fdx_jose::PrivateKey;
use fdx_par::{
    Client, Error, NextStep, Refused, ServerKeys, Verification,
    client::Unverified,
    discovery::{KeyDecision, KeyNeed, KeyPolicy},
};
use fdx_wire::UnixTime;

use crate::{RunError, Transport};

/// The result of [`Transport::verify`] for a value that was not rejected.
///
/// `T::Decrypt` has no value for a signed callback and a signed introspection, so that a pattern for
/// [`Checked::Done`] is enough there.
#[derive(Debug)]
#[must_use]
pub enum Checked<T: Unverified> {
    /// The ID token is encrypted: [decrypt it](fdx_par::client::Encrypted::open) and verify again.
    Decrypt(T::Decrypt),
    /// The verified value.
    Done(T::Verified),
}

/// An error of [`Transport::verify`], with the value that was not verified.
#[derive(Debug)]
pub struct NotVerified<T> {
    /// What failed.
    pub error: VerifyError,
    /// The value. It is unchanged and can be verified again.
    pub unspent: Box<T>,
}

/// Why [`Transport::verify`] did not verify a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The server's keys are needed, and fetching them failed.
    #[error("fetching the server's keys: {0}")]
    FetchKeys(RunError),
    /// A check failed.
    #[error(transparent)]
    Rejected(Error),
    /// The key that signed the value is not among the server's keys.
    #[error("the server's keys do not include the key that signed; {}", when(*retry_after))]
    UnknownKey {
        /// When the policy allows the next fetch. `None` if the keys were fetched for this value:
        /// the server does not publish the key.
        retry_after: Option<Duration>,
    },
}

/// The keys of one server, shared by all tasks that verify what it signs.
#[derive(Debug, Default)]
pub struct KeyCache {
    policy: KeyPolicy,
    held: Mutex<Option<Arc<ServerKeys>>>,
}

impl Transport {
    /// Verifies a value with the server's keys, and fetches the keys if the value needs them and the
    /// cache's policy allows it: at most once for each call.
    ///
    /// The value can be everything that [`Client::verify`] accepts: exchanged or refreshed tokens, a
    /// signed callback, a signed introspection. Checks that need no key are made first: a value that
    /// fails them causes no fetch.
    ///
    /// # Errors
    /// [`NotVerified`] with the value. No failure loses it.
    pub async fn verify<T: Unverified>(
        &self,
        client: &Client,
        unverified: T,
        cache: &KeyCache,
        now: impl Fn() -> UnixTime,
    ) -> Result<Checked<T>, NotVerified<T>> {
        let at = now();
        let held = cache.usable(client, at);
        let unverified = match client.verify(unverified, held.as_deref(), at)? {
            Verification::Decrypt(encrypted) => return Ok(Checked::Decrypt(encrypted)),
            Verification::Done(verified) => return Ok(Checked::Done(verified)),
            Verification::FetchKeys(unverified) => unverified,
        };
        if let Some(retry_after) = cache.refuses_fetch(held.as_deref(), at) {
            let error = VerifyError::UnknownKey { retry_after: Some(retry_after) };
            return Err(NotVerified::new(error, unverified));
        }
        let fetched = match self.fetch_keys(client, &now).await {
            Ok(fetched) => cache.keep(fetched),
            Err(error) => return Err(NotVerified::new(VerifyError::FetchKeys(error), unverified)),
        };
        match client.verify(unverified, Some(&fetched), now())? {
            Verification::Decrypt(encrypted) => Ok(Checked::Decrypt(encrypted)),
            Verification::Done(verified) => Ok(Checked::Done(verified)),
            Verification::FetchKeys(unverified) => {
                let error = VerifyError::UnknownKey { retry_after: None };
                Err(NotVerified::new(error, unverified))
            }
        }
    }

    async fn fetch_keys(
        &self,
        client: &Client,
        now: impl Fn() -> UnixTime,
    ) -> Result<ServerKeys, RunError> {
        // This exchange has nothing to sign.
        const NO_KEYS: &[PrivateKey] = &[];
        let draft = client.fetch_keys(now())?;
        Ok(self.run(draft, NO_KEYS, now).await?)
    }
}

impl KeyCache {
    /// Returns an empty cache with this policy.
    #[must_use]
    pub fn new(policy: KeyPolicy) -> Self {
        Self { policy, held: Mutex::default() }
    }

    /// Sets the keys, for example those that another node has fetched.
    #[must_use]
    pub fn with_keys(self, keys: ServerKeys) -> Self {
        Self { held: Mutex::new(Some(Arc::new(keys))), ..self }
    }

    /// Returns the keys of the latest fetch.
    #[must_use]
    pub fn keys(&self) -> Option<Arc<ServerKeys>> {
        self.lock().clone()
    }

    /// The keys of the client's server, unless they are older than the policy allows.
    fn usable(&self, client: &Client, at: UnixTime) -> Option<Arc<ServerKeys>> {
        let held = self.keys()?;
        let own = client.metadata().jwks_uri() == Some(held.jwks_uri());
        let decision = self.policy.decide(Some(&held), KeyNeed::Any, at);
        (own && decision == KeyDecision::Use).then_some(held)
    }

    /// Returns how long the policy forbids a fetch for a key that `held` does not include.
    fn refuses_fetch(&self, held: Option<&ServerKeys>, at: UnixTime) -> Option<Duration> {
        match self.policy.decide(held, KeyNeed::Unknown, at) {
            KeyDecision::Refuse => {
                let age = held.map_or(Duration::ZERO, |held| at.since(held.fetched_at()));
                Some(self.policy.cooldown.saturating_sub(age))
            }
            _ => None,
        }
    }

    /// Keeps fetched keys, unless another task has kept newer ones.
    fn keep(&self, fetched: ServerKeys) -> Arc<ServerKeys> {
        let fetched = Arc::new(fetched);
        let mut held = self.lock();
        let is_newer = |held: &Arc<ServerKeys>| {
            held.jwks_uri() == fetched.jwks_uri() && held.fetched_at() > fetched.fetched_at()
        };
        if !held.as_ref().is_some_and(is_newer) {
            *held = Some(Arc::clone(&fetched));
        }
        fetched
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<ServerKeys>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl VerifyError {
    /// Returns what can be done about it.
    #[must_use]
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::FetchKeys(error) => error.next_step(),
            Self::Rejected(error) => error.next_step(),
            Self::UnknownKey { retry_after: None } => NextStep::AskTheInstitution,
            Self::UnknownKey { retry_after } => NextStep::Retry { after: *retry_after },
        }
    }
}

/// The end of the message of [`VerifyError::UnknownKey`].
fn when(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(after) => format!("the keys can be fetched again in {} seconds", after.as_secs()),
        None => "they have just been fetched: ask the institution".to_owned(),
    }
}

impl<T> NotVerified<T> {
    fn new(error: VerifyError, unspent: T) -> Self {
        Self { error, unspent: Box::new(unspent) }
    }
}

impl<T> From<Refused<T>> for NotVerified<T> {
    fn from(refused: Refused<T>) -> Self {
        Self { error: VerifyError::Rejected(refused.error), unspent: refused.unspent }
    }
}

impl<T> From<NotVerified<T>> for VerifyError {
    fn from(not_verified: NotVerified<T>) -> Self {
        not_verified.error
    }
}

impl<T> fmt::Display for NotVerified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T: fmt::Debug> core::error::Error for NotVerified<T> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
