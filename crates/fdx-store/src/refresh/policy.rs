use core::time::Duration;

use fdx_par::Tokens;
use fdx_par::dialect::{RefreshTokens, Replay, Rotation};
use fdx_wire::UnixTime;
use sha2::{Digest, Sha256};

use crate::record::id::RecordId;
use crate::record::state::ConsentState;

/// How consents of one institution are refreshed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RefreshPolicy {
    /// How long one attempt may take, from its intent to the last byte of its response.
    pub deadline: Duration,
    /// How far the clocks of two processes may differ.
    pub clock_skew: Duration,
    /// How long it takes at most until another process retries an unanswered attempt.
    pub pick_up: Duration,
    /// An access token that expires within this time counts as expired.
    pub access_margin: Duration,
    /// The first pause after a failure. Each further one is twice as long, up to
    /// [`longest_pause`](Self::longest_pause).
    pub pause: Duration,
    /// The longest pause after a failure.
    pub longest_pause: Duration,
    /// How often a refresh token is used at least, if its lifetime is not known.
    pub keep_alive: Duration,
    /// How long before its end a consent is due for renewal.
    pub renew_before: Duration,
    /// How long a suspect consent keeps its tokens before it is dead.
    pub suspect_for: Duration,
    /// How many refusals a day are normal.
    pub baseline: Baseline,
    /// What the provider does with refresh tokens.
    pub tokens: RefreshTokens,
}

/// How many refusals of an institution a day are normal. More refusals pause the institution: an
/// outage is more likely than so many revoked consents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Baseline {
    /// This many refusals are always normal.
    pub refusals: u32,
    /// Beyond that: refusals in a hundred refreshes.
    pub percent: u32,
}

/// The retry of an unanswered refresh would come too late.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the institution accepts a replaced refresh token for {window:?}: deadline, pick-up time, twice the \
     clock skew and 4 seconds for the retry together take {retry:?}, and must be shorter"
)]
pub struct PolicyFault {
    /// The institution's window for replays.
    pub window: Duration,
    /// When the retry of an unanswered attempt is answered at the latest, by the clock that is furthest
    /// ahead.
    pub retry: Duration,
}

/// How long the tokens of a consent serve.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Served {
    /// There is a refresh token: until it expires, if that is known. Each refresh replaces it or its
    /// time.
    ByRefreshes(Option<UnixTime>),
    /// There is none: until the access token expires, if that is known.
    Once(Option<UnixTime>),
}

/// The shortest time in which a request is sent and answered.
const SHORTEST: Duration = Duration::from_secs(3);

/// How long after an attempt's deadline, by every clock, another process takes over: times are whole
/// seconds, and the last one is not over when it begins.
pub(crate) const TAKEOVER: Duration = Duration::from_secs(1);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl RefreshPolicy {
    /// 15 seconds for an attempt, 2 seconds between clocks, 10 seconds until a retry, a margin of 30
    /// seconds for access tokens, pauses from 10 seconds to 6 hours, a refresh at least every 7 days,
    /// renewal 14 days before the end, 7 days for suspect consents, and 10 refusals a day or 5 in a
    /// hundred.
    #[must_use]
    pub const fn new(tokens: RefreshTokens) -> Self {
        Self {
            deadline: Duration::from_secs(15),
            clock_skew: Duration::from_secs(2),
            pick_up: Duration::from_secs(10),
            access_margin: Duration::from_secs(30),
            pause: Duration::from_secs(10),
            longest_pause: Duration::from_secs(6 * 60 * 60),
            keep_alive: Duration::from_secs(7 * DAY.as_secs()),
            renew_before: Duration::from_secs(14 * DAY.as_secs()),
            suspect_for: Duration::from_secs(7 * DAY.as_secs()),
            baseline: Baseline { refusals: 10, percent: 5 },
            tokens,
        }
    }

    /// Checks that an unanswered request can be repeated while the institution accepts the replaced
    /// token.
    ///
    /// # Errors
    /// [`PolicyFault`].
    pub fn check(&self) -> Result<(), PolicyFault> {
        let sent = self.deadline + self.clock_skew + TAKEOVER + self.pick_up;
        // `repeat_until` leaves time for the request, and closes the window early by the clock skew.
        let retry = sent + SHORTEST + self.clock_skew;
        match self.tokens.replay_window() {
            // Without a window nothing can be repeated in time.
            Some(window) if window > Duration::ZERO && retry >= window => {
                Err(PolicyFault { window, retry })
            }
            _ => Ok(()),
        }
    }

    /// Until when the current token, which was sent first at `since` without a response, may be
    /// repeated at `now`. `None` if it must not be: a successor that is known is better.
    pub(crate) fn repeat_until(&self, since: UnixTime, now: UnixTime) -> Option<UnixTime> {
        let usual = now + self.deadline;
        let window = match (self.tokens.rotation, self.tokens.replay) {
            (Rotation::None, _) | (_, Replay::Unspecified) => return Some(usual),
            (_, Replay::Within(window)) => window,
            _ => Duration::ZERO,
        };
        // The institution saw the token later than `since`, but the clock that wrote it may be ahead.
        let closes = since + window - self.clock_skew;
        // check: ReplayWindow
        let open = now + SHORTEST < closes;
        open.then_some(usual.min(closes))
    }

    /// When a consent is due whose tokens were issued at `issued_at`: to keep its refresh token alive,
    /// for its renewal, or because its time is over. Consents are spread over the time before, each by
    /// its id.
    pub(crate) fn due_at(
        &self,
        id: &RecordId,
        issued_at: UnixTime,
        served: Served,
        consent_expires_at: Option<UnixTime>,
        now: UnixTime,
    ) -> UnixTime {
        let used = |after: Duration| issued_at + after - spread(id, after / 4);
        let alive = match served {
            Served::ByRefreshes(Some(at)) => used(at.since(issued_at) / 2),
            Served::Once(Some(at)) => at,
            Served::ByRefreshes(None) | Served::Once(None) => used(self.keep_alive),
        };
        self.elapses_at(id, consent_expires_at, now).map_or(alive, |at| at.min(alive))
    }

    /// When a consent is due for its renewal, or because its time is over.
    pub(crate) fn elapses_at(
        &self,
        id: &RecordId,
        consent_expires_at: Option<UnixTime>,
        now: UnixTime,
    ) -> Option<UnixTime> {
        let renewal = consent_expires_at
            .map(|at| renewal_at(id, at, self.renew_before))
            // A renewal that was due before is noticed by the consent's state.
            .filter(|at| *at > now);
        renewal.or(consent_expires_at)
    }

    /// When a consent is due first, whose tokens were issued or imported at `now`.
    pub(crate) fn first_due_at(
        &self,
        id: &RecordId,
        tokens: &Tokens,
        consent_expires_at: Option<UnixTime>,
        now: UnixTime,
    ) -> UnixTime {
        let served = match tokens.refresh_token() {
            Some(_) => Served::ByRefreshes(tokens.refresh_token_expires_at()),
            None => Served::Once(tokens.access_token().expires_at()),
        };
        self.due_at(id, now, served, consent_expires_at, now)
    }

    /// Whether a consent is due for renewal.
    pub(crate) fn is_renewal_due(
        &self,
        id: &RecordId,
        consent_expires_at: Option<UnixTime>,
        now: UnixTime,
    ) -> bool {
        consent_expires_at.is_some_and(|at| renewal_at(id, at, self.renew_before) <= now)
    }

    /// The state of a consent that can be used again, or for longer. `narrowed` is whether the
    /// institution reported less than it granted first.
    pub(crate) fn alive_state(
        &self,
        id: &RecordId,
        consent_expires_at: Option<UnixTime>,
        narrowed: bool,
        now: UnixTime,
    ) -> ConsentState {
        match narrowed {
            _ if self.is_renewal_due(id, consent_expires_at, now) => ConsentState::RenewalDue,
            true => ConsentState::Narrowed,
            false => ConsentState::Active,
        }
    }

    /// The pause after this many failures in a row, between half of it and all of it. `seed` is different
    /// for each attempt.
    pub(crate) fn jittered_pause(&self, failures: u32, seed: &str) -> Duration {
        let pause = self.pause_after(failures);
        let [byte, ..] = <[u8; 32]>::from(Sha256::digest(seed));
        pause / 2 + pause / 2 * u32::from(byte) / 255
    }

    /// The pause after this many failures in a row.
    pub(crate) fn pause_after(&self, failures: u32) -> Duration {
        let doubled = self.pause.saturating_mul(1 << failures.saturating_sub(1).min(20));
        doubled.min(self.longest_pause)
    }
}

/// When a consent that ends at `expires_at` is due for renewal: this long before, or up to a quarter
/// longer, by its id.
fn renewal_at(id: &RecordId, expires_at: UnixTime, renew_before: Duration) -> UnixTime {
    expires_at - renew_before - spread(id, renew_before / 4)
}

/// A part of the time, from none to all of it, that depends on the id alone.
fn spread(id: &RecordId, time: Duration) -> Duration {
    Duration::from_secs(hash(id) % time.as_secs().max(1))
}

/// The slot of a consent: due rows are read slot by slot, because all processes would wait for each
/// other at the head of one queue.
pub(crate) fn slot(id: &RecordId) -> i64 {
    (hash(id) % u64::from(SLOTS)).cast_signed()
}

/// How many slots there are.
pub(crate) const SLOTS: u16 = 256;

fn hash(id: &RecordId) -> u64 {
    let digest = <[u8; 32]>::from(Sha256::digest(id.as_str()));
    digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

impl Baseline {
    pub(crate) fn is_exceeded(&self, refusals: i64, refreshes: i64) -> bool {
        let most =
            i64::from(self.refusals).max(refreshes.saturating_mul(i64::from(self.percent)) / 100);
        refusals > most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_passes_if_its_latest_retry_is_within_the_window() {
        let since = UnixTime::from_seconds(1_767_607_200);
        let seconds = Duration::from_secs;
        let mut passed = [0, 0];
        for (deadline, skew, pick_up, window) in (1..30).step_by(7).flat_map(|deadline| {
            (0..12).step_by(3).flat_map(move |skew| {
                (0..20).step_by(5).flat_map(move |pick_up| {
                    (1..90).map(move |window| (deadline, skew, pick_up, window))
                })
            })
        }) {
            let replay = Replay::Within(seconds(window));
            let mut policy =
                RefreshPolicy::new(RefreshTokens::new(Rotation::NewSuccessor, replay, "test"));
            (policy.deadline, policy.clock_skew) = (seconds(deadline), seconds(skew));
            policy.pick_up = seconds(pick_up);
            // The deadline is over for every clock one second later, then a process picks it up.
            let latest = since + seconds(deadline + skew + 1 + pick_up);
            let repeats = policy.repeat_until(since, latest).is_some();
            assert_eq!(policy.check().is_ok(), repeats, "{policy:?}");
            passed[usize::from(repeats)] += 1;
        }
        assert!(passed.iter().all(|count| *count > 500), "{passed:?}");
    }

    #[test]
    fn due_times_and_slots_are_spread_by_the_id() {
        let policy = RefreshPolicy::new(RefreshTokens::FAPI);
        let issued_at = UnixTime::from_seconds(1_767_607_200);
        let (lifetime, ends) = (Duration::from_secs(30 * 86_400), issued_at + DAY * 90);
        let ids: Vec<_> = (0..4000).map(|n| RecordId::new(format!("flow-{n}")).unwrap()).collect();
        // By the usual time, by half of a known lifetime, and by the end.
        for (served, ends, now, latest) in [
            (Served::ByRefreshes(None), None, issued_at, issued_at + policy.keep_alive),
            (
                Served::ByRefreshes(Some(issued_at + lifetime)),
                None,
                issued_at,
                issued_at + lifetime / 2,
            ),
            (
                Served::ByRefreshes(Some(issued_at + DAY * 900)),
                Some(ends),
                issued_at,
                ends - policy.renew_before,
            ),
        ] {
            let at = |id: &RecordId| policy.due_at(id, issued_at, served, ends, now);
            let range = match ends {
                None => latest.since(issued_at) / 4,
                Some(_) => policy.renew_before / 4,
            };
            let mut tenths = [0; 10];
            for id in &ids {
                let early = latest.since(at(id));
                assert!(at(id) <= latest && early <= range, "{early:?} of {range:?}");
                let tenth = early.as_secs() * 10 / range.as_secs();
                tenths[usize::try_from(tenth).unwrap().min(9)] += 1;
            }
            assert!(tenths.iter().all(|count| (300..500).contains(count)), "{tenths:?}");
        }
        let mut slots = [0; SLOTS as usize];
        ids.iter().for_each(|id| slots[usize::try_from(slot(id)).unwrap()] += 1);
        assert!(slots.iter().all(|count| (2..40).contains(count)), "{slots:?}");
    }
}
