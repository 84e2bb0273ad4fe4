//! The steps that `demo` and `connect` share, written as a user of the library would.

use fdx_jose::{JwtError, PrivateKey};
use fdx_par::{
    Callback, Client, ConsentRead, Draft, Endpoint, Error, Exchanged, Granted, Output, Pending,
    Refreshed, Refused, ResponseMode, SignedCallback, StoredGrant, Verification, Verified,
};
use fdx_sandbox::customer::{ConsentPage, Decision, visit};
use fdx_transport_hyper::{RunError, Transport, system_now};
use fdx_wire::{Entropy, HttpsUrl};
use http::header::LOCATION;

use crate::error::Failure;

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
            Err(error) => Err(Failure::unanswered(doing, &error)),
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
        let keys = self.run("fetching the server's keys", client.fetch_keys(system_now())).await?;
        Ok(match client.verify(signed, Some(&keys), system_now()) {
            Ok(Verification::Done(callback)) => Ok(callback),
            Ok(Verification::FetchKeys(signed)) => {
                let error = Error::AuthorizationResponse(JwtError::UnknownKey.into());
                Err(unspent(error, signed))
            }
            Err(refused) => Err(unspent(refused.error, *refused.unspent)),
        })
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
        let keys = match client.metadata().jwks_uri() {
            None => None,
            Some(_) => {
                let draft = client.fetch_keys(system_now());
                Some(self.run("fetching the server's keys", draft).await?)
            }
        };
        let failed = |refused: Refused<Refreshed>| Failure::protocol(DOING, &refused.error);
        match client.verify(refreshed, keys.as_ref(), system_now()).map_err(failed)? {
            Verification::Done(grant) => Ok(grant),
            Verification::Decrypt(_) | Verification::FetchKeys(_) => Err(Failure::failed(
                "refreshing the tokens: the server does not publish the key that signed",
                "ask the institution: the client can't correct this",
            )),
        }
    }

    /// Verifies the ID token. Fetches the server's keys if they are needed.
    pub(crate) async fn verify(
        &self,
        client: &Client,
        exchanged: Exchanged,
    ) -> Result<Verified, NotVerified> {
        let exchanged = match client.verify(exchanged, None, system_now())? {
            Verification::Done(verified) => return Ok(verified),
            Verification::FetchKeys(exchanged) => exchanged,
            Verification::Decrypt(_) => {
                return Err(Failure::failed(
                    "checking the ID token: it is encrypted",
                    "have the client registered without id_token_encrypted_response_alg",
                )
                .into());
            }
        };
        let keys = self.run("fetching the server's keys", client.fetch_keys(system_now())).await?;
        match client.verify(exchanged, Some(&keys), system_now())? {
            Verification::Done(verified) => Ok(verified),
            // The keys are fresh, so a token that none of them signed counts as forged.
            Verification::FetchKeys(exchanged) => Err(NotVerified::Rejected {
                failure: Failure::failed(
                    "checking the ID token: the server does not publish the key that signed it",
                    "ask the institution: the client can't correct this",
                ),
                exchanged: Box::new(exchanged),
            }),
            Verification::Decrypt(_) => Err(Failure::failed(
                "checking the ID token: it is encrypted twice",
                "ask the institution: the client can't correct this",
            )
            .into()),
        }
    }

    /// Reads the grant. Introspects first if no consent id is known, and reads nothing if
    /// introspection reports none.
    pub(crate) async fn granted(
        &self,
        client: &Client,
        verified: Verified,
    ) -> Result<Granted, Failure> {
        let mut verified = verified;
        let can_introspect = client.target(Endpoint::Introspection).is_ok();
        if verified.consent_id().is_none() && can_introspect {
            let token = verified.tokens().access_token();
            let draft = client.introspect(token, entropy()?, system_now());
            let introspection = self.run("introspecting the access token", draft).await?;
            verified = verified
                .introspected(&introspection)
                .map_err(|refused| Failure::protocol("introspecting", &refused.error))?;
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

impl From<Refused<Exchanged>> for NotVerified {
    fn from(refused: Refused<Exchanged>) -> Self {
        let failure = Failure::protocol("checking the ID token", &refused.error);
        Self::Rejected { failure, exchanged: refused.unspent }
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

fn unspent(error: Error, signed: SignedCallback) -> Refused<Pending> {
    Refused { error, unspent: Box::new(signed.into_pending()) }
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
