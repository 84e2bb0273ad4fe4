//! The steps that `demo` and `connect` share, written as a user of the library would.

use fdx_jose::PrivateKey;
use fdx_par::{
    Client, ConsentRead, Draft, Error, Exchanged, Granted, Output, Pending, Refused, StoredGrant,
    Verified, client::Unverified,
};
use fdx_sandbox::customer::{ConsentPage, Decision, visit};
use fdx_transport_hyper as transport;
use fdx_transport_hyper::{Checked, KeyCache, RunError, Transport, system_now};
use fdx_wire::{Entropy, HttpsUrl};
use http::header::LOCATION;

use crate::error::Failure;

const CHECKING_ID_TOKEN: &str = "checking the ID token";

/// Runs exchanges: a transport and the signing keys.
pub(crate) struct Driver {
    pub(crate) transport: Transport,
    pub(crate) keys: Vec<PrivateKey>,
}

impl Driver {
    /// Runs one exchange. `doing` names it in a failure.
    pub(crate) async fn run<T: Output>(
        &self,
        doing: &str,
        draft: Result<Draft<T>, Error>,
    ) -> Result<T, Failure> {
        let output = self.try_run(doing, draft).await?;
        output.map_err(|error| Failure::protocol(doing, &error))
    }

    /// Runs one exchange, and returns its own errors separately. Only a missing response is a
    /// failure.
    pub(crate) async fn try_run<T: Output>(
        &self,
        doing: &str,
        draft: Result<Draft<T>, Error>,
    ) -> Result<Result<T, Error>, Failure> {
        let draft = match draft {
            Ok(draft) => draft,
            Err(error) => return Ok(Err(error)),
        };
        match self.transport.run(draft, &self.keys, system_now).await {
            Ok(output) => Ok(Ok(output)),
            Err(RunError::Protocol(error)) => Ok(Err(error)),
            Err(error) => Err(Failure::unanswered(doing, &error.without_draft())),
        }
    }

    /// Plays the customer: loads the page, grants less than was requested, and returns the
    /// callback.
    pub(crate) async fn customer(&self, url: &str) -> Result<String, Failure> {
        const MAX_PAGE: usize = 1024 * 1024;
        let lost = |what: String| Failure::failed(what, "please report this defect of fdx");
        let url = HttpsUrl::parse(url).map_err(|error| lost(error.to_string()))?;
        let page = self.transport.send_plain(visit(&url), MAX_PAGE).await;
        let page = page.map_err(|error| lost(format!("the consent page: {error}")))?;
        let decision = Decision::less_than_requested();
        let form = ConsentPage::read(&page).and_then(|page| page.decide(&decision));
        let form = form.map_err(|error| lost(format!("the consent page: {error}")))?;
        let back = self.transport.send_plain(form, MAX_PAGE).await;
        let back = back.map_err(|error| lost(format!("the decision: {error}")))?;
        let location = back.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        location
            .map(str::to_owned)
            .ok_or_else(|| lost("the customer was not redirected back".to_owned()))
    }

    /// Refreshes the tokens, and verifies the response.
    pub(crate) async fn refreshed(
        &self,
        client: &Client,
        grant: &StoredGrant,
    ) -> Result<StoredGrant, Failure> {
        const DOING: &str = "refreshing the tokens";
        let draft = client.refresh(grant, entropy()?, system_now());
        let refreshed = self.run(DOING, draft).await?;
        match self.checked(client, refreshed).await {
            Ok(Checked::Done(grant)) => Ok(grant),
            Ok(Checked::Decrypt(_)) => Err(Failure::encrypted(DOING)),
            Err(not_verified) => Err(Failure::not_verified(DOING, &not_verified.error)),
        }
    }

    /// Verifies the ID token. Fetches the server's keys if they are needed.
    pub(crate) async fn verify(
        &self,
        client: &Client,
        exchanged: Exchanged,
    ) -> Result<Verified, Failure> {
        match self.checked(client, exchanged).await {
            Ok(Checked::Done(verified)) => Ok(verified),
            Ok(Checked::Decrypt(_)) => Err(Failure::encrypted(CHECKING_ID_TOKEN)),
            Err(not_verified) => Err(Failure::not_verified(CHECKING_ID_TOKEN, &not_verified.error)),
        }
    }

    /// Verifies a value, and fetches the server's keys if they are needed.
    async fn checked<T: Unverified>(
        &self,
        client: &Client,
        unverified: T,
    ) -> Result<Checked<T>, Box<transport::NotVerified<T>>> {
        // A command verifies once or twice: it keeps no keys.
        let cache = KeyCache::default();
        let checked = self.transport.verify(client, unverified, &cache, system_now);
        checked.await.map_err(Box::new)
    }

    /// Reads the grant. Introspects first if no consent id is known, and reads nothing if
    /// introspection reports none or is refused.
    pub(crate) async fn granted(
        &self,
        client: &Client,
        verified: Verified,
    ) -> Result<Granted, Failure> {
        let mut verified = verified;
        if verified.consent_id().is_none() {
            const DOING: &str = "introspecting the access token";
            let token = verified.tokens().access_token();
            let draft = client.introspect(token, entropy()?, system_now());
            let introspected = match self.try_run(DOING, draft).await? {
                Ok(introspection) => verified.introspected(&introspection),
                Err(error) => verified.not_introspected(error),
            };
            verified = introspected.map_err(|refused| Failure::protocol(DOING, &refused.error))?;
        }
        if verified.consent_id().is_none() {
            return Ok(verified.without_grant());
        }
        let draft = client.read_consent(&verified, entropy()?, system_now());
        let read: ConsentRead = self.run("reading the consent", draft).await?;
        verified
            .granted(read)
            .map_err(|refused| Failure::protocol("reading the consent", &refused.error))
    }
}

/// Returns 32 random bytes from the operating system, for one exchange.
pub(crate) fn entropy() -> Result<Entropy, Failure> {
    Entropy::from_os().map_err(|error| {
        Failure::failed(format!("the random number generator failed: {error}"), "try again later")
    })
}

/// The failure of a callback that was rejected.
pub(crate) fn not_ours(refused: Refused<Pending>) -> Failure {
    Failure::protocol("checking the callback", &refused.error)
}
