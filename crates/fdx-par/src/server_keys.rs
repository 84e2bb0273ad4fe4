use std::borrow::Cow;

use fdx_jose::{Jwks, KeyError};
use fdx_wire::{HttpsUrl, UnixTime};
use http::StatusCode;

use crate::exchange::answer::Answer;
use crate::exchange::mint::Mint;
use crate::exchange::outgoing::Outgoing;
use crate::exchange::{Draft, Exchange};
use crate::{CallerFault, Client, Error, NextStep, ServerRule};

/// The keys that a server publishes at its `jwks_uri` (RFC 7517), and when they were asked for.
#[derive(Clone, Debug)]
pub struct ServerKeys {
    jwks_uri: HttpsUrl,
    jwks: Jwks,
    fetched_at: UnixTime,
}

const LIMIT: usize = 256 * 1024;

impl Client {
    /// Drafts the request for the server's keys.
    ///
    /// # Errors
    /// [`CallerFault::EndpointMissing`] where the server publishes no keys.
    pub fn fetch_keys(&self, now: UnixTime) -> Result<Draft<ServerKeys>, Error> {
        let jwks_uri = self.metadata().jwks_uri().ok_or(CallerFault::EndpointMissing)?;
        Draft::public(jwks_uri.clone(), now)
    }
}

impl Client {
    /// The keys, if they are this server's: those of another are none. Where there are none, all
    /// that comes before the signature is still checked, so that what a stranger made up does not
    /// have keys fetched for it.
    pub(crate) fn jwks<'k>(&self, keys: Option<&'k ServerKeys>) -> Cow<'k, Jwks> {
        match keys.filter(|keys| Some(&keys.jwks_uri) == self.metadata().jwks_uri()) {
            Some(keys) => Cow::Borrowed(&keys.jwks),
            None => Cow::Owned(Jwks::default()),
        }
    }
}

impl ServerKeys {
    /// The usable keys.
    #[must_use]
    pub fn jwks(&self) -> &Jwks {
        &self.jwks
    }

    /// Where they came from.
    #[must_use]
    pub fn jwks_uri(&self) -> &HttpsUrl {
        &self.jwks_uri
    }

    /// When they were asked for.
    #[must_use]
    pub fn fetched_at(&self) -> UnixTime {
        self.fetched_at
    }
}

impl Exchange for ServerKeys {
    type Ask = HttpsUrl;

    const UNHEARD: NextStep = NextStep::Retry { after: None };

    fn write(jwks_uri: &HttpsUrl, _: &Mint<'_>) -> Result<Outgoing, Error> {
        Ok(Outgoing::get(jwks_uri.clone(), LIMIT))
    }

    fn read(jwks_uri: HttpsUrl, _: &Mint<'_>, answer: &Answer<'_>) -> Result<Self, Error> {
        answer.check_json(StatusCode::OK)?;
        let jwks = Jwks::parse(answer.body).map_err(|error| answer.fault(rule(error)))?;
        Ok(Self { jwks_uri, jwks, fetched_at: answer.drafted_at })
    }
}

/// What is cut short or too deep is that here as everywhere, and may be asked for again.
fn rule(error: KeyError) -> ServerRule {
    match error {
        KeyError::Json(error) => ServerRule::of_json(error.kind()),
        _ => ServerRule::KeysUnusable,
    }
}
