use core::time::Duration;

use fdx_jose::{Jwks, KeyError};
use fdx_wire::{HttpsUrl, UnixTime};
use http::StatusCode;

use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::server::ServerRule;
use crate::exchange::answer::Answer;
use crate::exchange::draft::Exchange;
use crate::exchange::mint::{Mint, NoEntropy};
use crate::exchange::outgoing::Outgoing;

/// When the keys of a server are used, fetched again, or not.
///
/// The decision is a pure function of what is held, what is asked and the time, so that any number
/// of nodes and tasks decide alike, and a server that names ever new keys can't make a client
/// fetch without end.
///
/// ```
/// use fdx_par::{KeyDecision, KeyNeed, KeyPolicy};
/// use fdx_wire::UnixTime;
///
/// let now = UnixTime::from_seconds(1_767_607_200);
/// assert_eq!(KeyPolicy::default().decide(None, KeyNeed::Any, now), KeyDecision::FetchAgain);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyPolicy {
    /// How long keys are used before they are fetched again. Default: one hour.
    pub time_to_live: Duration,
    /// How long after a fetch an unknown key is no reason for another. Default: one minute.
    pub cooldown: Duration,
}

/// What the keys are wanted for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyNeed {
    /// To verify something.
    Any,
    /// To verify something whose key was not among them.
    Unknown,
}

/// What to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyDecision {
    /// Use what is there.
    Use,
    /// Fetch the keys, then verify.
    FetchAgain,
    /// The key is unknown, and the keys are fresh: what it signed is not to be trusted.
    Refuse,
}

impl Default for KeyPolicy {
    fn default() -> Self {
        Self { time_to_live: Duration::from_secs(3600), cooldown: Duration::from_secs(60) }
    }
}

impl KeyPolicy {
    /// Decides.
    #[must_use]
    pub fn decide(&self, held: Option<&ServerKeys>, need: KeyNeed, now: UnixTime) -> KeyDecision {
        let Some(held) = held else { return KeyDecision::FetchAgain };
        let age = now.since(held.fetched_at());
        match need {
            KeyNeed::Any if age < self.time_to_live => KeyDecision::Use,
            KeyNeed::Any => KeyDecision::FetchAgain,
            KeyNeed::Unknown if age < self.cooldown => KeyDecision::Refuse,
            KeyNeed::Unknown => KeyDecision::FetchAgain,
        }
    }
}

/// The keys that a server publishes at its `jwks_uri` (RFC 7517), and when they were asked for.
#[derive(Clone, Debug)]
pub struct ServerKeys {
    pub(crate) jwks_uri: HttpsUrl,
    pub(crate) jwks: Jwks,
    fetched_at: UnixTime,
}

const LIMIT: usize = 256 * 1024;

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
    type Request = HttpsUrl;
    type Kept = ();
    type Entropy = NoEntropy;

    const ON_NO_RESPONSE: NextStep = NextStep::Retry { after: None };

    fn write(jwks_uri: &HttpsUrl, _: &Mint<'_, NoEntropy>) -> Result<(Outgoing, ()), Error> {
        Ok((Outgoing::get(jwks_uri.clone(), LIMIT), ()))
    }

    fn read(jwks_uri: HttpsUrl, (): (), answer: &Answer<'_>) -> Result<Self, Error> {
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
