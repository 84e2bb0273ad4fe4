use core::time::Duration;

use fdx_wire::UnixTime;

use crate::server_keys::ServerKeys;

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
