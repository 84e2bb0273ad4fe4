//! The steps that `demo` and `connect` share, written as a user of the library would.

use std::time::Duration;

use fdx_jose::{AuthorizationResponseError, JwtError, PrivateKey};
use fdx_par::{
    Callback, Client, ConsentRead, Draft, Error, Exchanged, Granted, NextStep, Output, Pending,
    Refused, ResponseMode, StoredGrant, Verified, client::Unverified,
};
use fdx_sandbox::customer::{ConsentPage, Decision, visit};
use fdx_transport_hyper as transport;
use fdx_transport_hyper::{Checked, KeyCache, RunError, Transport, VerifyError, system_now};
use fdx_wire::{Entropy, HttpsUrl};
use http::header::LOCATION;
use tokio::time::{Instant, sleep};

use crate::error::Failure;
use crate::print::message;

/// FAPI 2.0 Security Profile 5.3.2.1-11: a code lives at most 60 seconds.
const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// Between the first and the second attempt to send. Each next pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
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

    /// Runs an exchange whose draft can't be made again, such as that of a code. Runs it again
    /// while it is not sent and a repetition can succeed, as long as a code lives.
    pub(crate) async fn run_until_sent<T: Output>(
        &self,
        doing: &str,
        draft: Result<Draft<T>, Error>,
    ) -> Result<T, Failure> {
        let mut draft = draft.map_err(|error| Failure::protocol(doing, &error))?;
        let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            match self.transport.run(draft, &self.keys, system_now).await {
                Ok(output) => return Ok(output),
                Err(RunError::Protocol(error)) => return Err(Failure::protocol(doing, &error)),
                Err(RunError::NotSent {
                    error,
                    draft: unsent,
                    next_step: NextStep::Retry { .. },
                }) if begun.elapsed() + pause < CODE_LIFETIME => {
                    let seconds = pause.as_secs();
                    message(&format!("{doing}: {error}; trying again in {seconds} seconds"));
                    sleep(pause).await;
                    (draft, pause) = (*unsent, pause * 2);
                }
                Err(error) => return Err(Failure::unanswered(doing, &error.without_draft())),
            }
        }
    }

    /// Checks a callback in the client's response mode. Fetches keys for a signed one.
    pub(crate) async fn callback(
        &self,
        client: &Client,
        pending: Pending,
        url: &str,
    ) -> Result<Result<Callback, Refused<Pending>>, Failure> {
        if client.config().response_mode == ResponseMode::Query {
            return Ok(client.callback(pending, url, system_now()));
        }
        let signed = match client.signed_callback(pending, url, system_now()) {
            Ok(signed) => signed,
            Err(refused) => return Ok(Err(refused)),
        };
        match self.checked(client, signed).await {
            Ok(Checked::Done(callback)) => Ok(Ok(callback)),
            Err(not_verified) => {
                let pending = Box::new(not_verified.unspent.into_pending());
                match not_verified.error {
                    VerifyError::Rejected(error) => Ok(Err(Refused { error, unspent: pending })),
                    VerifyError::UnknownKey { .. } => {
                        let error =
                            Error::from(AuthorizationResponseError::from(JwtError::UnknownKey));
                        Ok(Err(Refused { error, unspent: pending }))
                    }
                    error => Err(Failure::not_verified("checking the callback", &error)),
                }
            }
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
    ) -> Result<Verified, NotVerified> {
        match self.checked(client, exchanged).await {
            Ok(Checked::Done(verified)) => Ok(verified),
            Ok(Checked::Decrypt(_)) => Err(Failure::encrypted(CHECKING_ID_TOKEN).into()),
            Err(not_verified) => Err((*not_verified).into()),
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

/// Why tokens are not verified.
pub(crate) enum NotVerified {
    /// They were checked and rejected: they must not be used.
    Rejected { failure: Failure, exchanged: Box<Exchanged> },
    /// They could not be checked, because the keys could not be fetched.
    Unknown { failure: Failure },
}

impl From<transport::NotVerified<Exchanged>> for NotVerified {
    fn from(not_verified: transport::NotVerified<Exchanged>) -> Self {
        let failure = Failure::not_verified(CHECKING_ID_TOKEN, &not_verified.error);
        match not_verified.error {
            VerifyError::FetchKeys(_) => Self::Unknown { failure },
            // With fresh keys, a token that none of them signed counts as forged.
            _ => Self::Rejected { failure, exchanged: not_verified.unspent },
        }
    }
}

impl From<Failure> for NotVerified {
    fn from(failure: Failure) -> Self {
        Self::Unknown { failure }
    }
}

impl From<NotVerified> for Failure {
    fn from(not_verified: NotVerified) -> Self {
        match not_verified {
            NotVerified::Rejected { failure, .. } | NotVerified::Unknown { failure } => failure,
        }
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
