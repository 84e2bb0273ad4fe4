use core::time::Duration;

use fdx_jose::{Jwks, KeyError};
use fdx_wire::{HttpsUrl, UnixTime};
use http::StatusCode;
use http::header::ACCEPT;

use crate::error::error::Error;
use crate::error::next_step::NextStep;
use crate::error::server::ServerRule;
use crate::exchange::answer::Answer;
use crate::exchange::draft::Exchange;
use crate::exchange::mint::{Mint, NoEntropy};
use crate::exchange::outgoing::Outgoing;

/// Decides whether to use a server's keys or to fetch them again.
///
/// The decision is a pure function of the stored keys, the need and the time: all nodes and tasks
/// decide alike, and a server whose tokens have unknown keys can't cause endless fetches.
///
/// ```
/// use fdx_par::discovery::{KeyDecision, KeyNeed, KeyPolicy};
/// use fdx_wire::UnixTime;
///
/// let now = UnixTime::from_seconds(1_767_607_200);
/// assert_eq!(KeyPolicy::default().decide(None, KeyNeed::Any, now), KeyDecision::FetchAgain);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyPolicy {
    /// How long keys are used before they are fetched again. Default: one hour.
    pub time_to_live: Duration,
    /// How long after a fetch an unknown key causes no other fetch. Default: one minute.
    pub cooldown: Duration,
}

/// The reason why keys are needed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyNeed {
    /// To verify a token.
    Any,
    /// To verify a token whose key is not among the stored keys.
    Unknown,
}

/// The decision of a [`KeyPolicy`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyDecision {
    /// Use the stored keys.
    Use,
    /// Fetch the keys, then verify.
    FetchAgain,
    /// Reject the token: its key is unknown, and the stored keys are fresh.
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

/// The keys that a server publishes at its `jwks_uri` (RFC 7517), and the time of the request.
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

    /// The URL of the keys.
    #[must_use]
    pub fn jwks_uri(&self) -> &HttpsUrl {
        &self.jwks_uri
    }

    /// When the keys were requested.
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
        let mut outgoing = Outgoing::get(jwks_uri.clone(), LIMIT);
        outgoing.header(ACCEPT, "application/jwk-set+json, application/json")?;
        Ok((outgoing, ()))
    }

    fn read(jwks_uri: HttpsUrl, (): (), answer: &Answer<'_>) -> Result<Self, Error> {
        // RFC 7517 requires no media type, and servers send several.
        answer.check_untyped(StatusCode::OK)?;
        let jwks = Jwks::parse(answer.json()).map_err(|error| match error {
            KeyError::Set(error) => answer.untyped_fault(error),
            _ => answer.fault(ServerRule::BodyShape),
        })?;
        Ok(Self { jwks_uri, jwks, fetched_at: answer.drafted_at })
    }
}
