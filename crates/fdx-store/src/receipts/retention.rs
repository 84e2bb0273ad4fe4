use core::time::Duration;

use fdx_rar::Timestamp;
use fdx_wire::UnixTime;

use super::entry::ReceiptEntry;
use super::event::{Event, Renewal};
use crate::RecordId;

/// How long the chain of a consent is kept: a number of years after the customer's last
/// authorization, and at least until the consent ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RetentionPolicy {
    years: u8,
}

/// Until when the chain of a consent is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Retention {
    /// The consent has not ended, and no end is known.
    UntilItEnds,
    /// Until this time.
    Until(UnixTime),
    /// Until this time, and as long as the chain of the consent that renewed it: that one has the
    /// customer's last authorization.
    UntilAndWith(UnixTime, RecordId),
}

/// A year of at most 366 days, so that no period is shorter than in the calendar.
const YEAR: Duration = Duration::from_secs(366 * 86_400);

impl RetentionPolicy {
    /// Three years: US 12 CFR 1033.441(b), "not less than three years after a third party obtains the
    /// consumer's most recent authorization".
    pub const UNITED_STATES: Self = Self::years(3);
    /// Five years: Canada's draft regulations under the Consumer-Driven Banking Act.
    pub const CANADA_DRAFT: Self = Self::years(5);

    /// This number of years after the last authorization. A year counts as 366 days.
    #[must_use]
    pub const fn years(years: u8) -> Self {
        Self { years }
    }

    /// The length of the period.
    #[must_use]
    pub fn period(self) -> Duration {
        YEAR.saturating_mul(self.years.into())
    }

    /// Until when a chain with these entries is kept.
    ///
    /// The last authorization is the last event `granted` or `renewed`, and the first entry of a chain
    /// without them. The consent ends with an event `revoked`, `expired`, `erased` or `renewed` by
    /// another consent; without one, at the expiration that the last event reports. Of two
    /// times that contradict each other, the later counts.
    #[must_use]
    pub fn retention<'a>(self, entries: impl IntoIterator<Item = &'a ReceiptEntry>) -> Retention {
        let (mut first, mut authorized, mut ended, mut expires) = (None, None, None, None);
        let mut renewed_by = None;
        for entry in entries {
            let at = entry.at();
            first = first.or(Some(at));
            match entry.event() {
                Event::Granted { receipt } => {
                    authorized = authorized.max(Some(at));
                    expires = receipt.expiration().time();
                }
                Event::Renewed { receipt, link: Renewal::Renews(_) } => {
                    authorized = authorized.max(Some(at));
                    expires = receipt.expiration().time();
                }
                Event::Renewed { link: Renewal::RenewedBy(id), .. } => {
                    authorized = authorized.max(Some(at));
                    ended = ended.max(Some(at));
                    renewed_by = Some(id.clone());
                }
                Event::Narrowed { receipt, .. } => expires = receipt.expiration().time(),
                Event::Changed(change) => {
                    let changed = change.expiration.as_ref();
                    expires = changed.map_or(expires, Timestamp::time);
                }
                Event::Erased {} | Event::Expired {} | Event::Revoked(_) => {
                    ended = ended.max(Some(at));
                }
            }
        }
        let (Some(authorized), Some(ended)) = (authorized.or(first), ended.or(expires)) else {
            return Retention::UntilItEnds;
        };
        let until = ended.max(authorized + self.period());
        match renewed_by {
            Some(id) => Retention::UntilAndWith(until, id),
            None => Retention::Until(until),
        }
    }
}
