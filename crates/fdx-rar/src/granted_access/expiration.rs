use alloc::vec::Vec;
use core::time::Duration;

use fdx_wire::UnixTime;

use super::{GrantSource, GrantedAccess};
use crate::{ConsentGrant, DurationType, Expiration};

const DAY: u64 = 24 * 60 * 60;

/// The expiration follows from these members: from the first, or from the others.
const EXPIRATION_MEMBERS: [&str; 4] =
    ["expirationTime", "durationType", "durationPeriod", "createdTime"];

impl GrantedAccess {
    /// When the consent expires, and the sources of this.
    ///
    /// The earliest end of all sources counts. A source without a stated end has one if it reports a
    /// period, which counts from the time of the grant, or from `issued_at`. The requested period
    /// counts if no source reports an end, a period, or a duration of another type. An end that a
    /// source states and that can't be understood is never replaced by another one.
    #[must_use]
    pub fn expiration(
        &self,
        requested_days: Option<u32>,
        issued_at: UnixTime,
    ) -> (Expiration, Vec<GrantSource>) {
        let granted_at = self.reports.iter().find_map(|(_, it)| it.created_time()?.time());
        let granted_at = granted_at.unwrap_or(issued_at);
        let ends: Vec<_> = self.reports.iter().map(|(source, it)| (source, End::of(it))).collect();
        let sources = |end: &dyn Fn(&End) -> bool| {
            let same = ends.iter().filter(|(_, it)| end(it));
            same.map(|(source, _)| (*source).clone()).collect::<Vec<_>>()
        };
        if ends.iter().any(|(_, end)| *end == End::NotUnderstood) {
            return (Expiration::NotUnderstood, sources(&|end| *end == End::NotUnderstood));
        }
        let dates = ends.iter().filter_map(|(_, end)| end.date(granted_at));
        if let Some(date) = dates.min() {
            let sources = sources(&|end| end.date(granted_at) == Some(date));
            let is_stated = ends.iter().any(|(_, end)| *end == End::Stated(date));
            let expiration =
                if is_stated { Expiration::Stated(date) } else { Expiration::Derived(date) };
            return (expiration, sources);
        }
        if ends.iter().any(|(_, end)| *end == End::None) {
            return (Expiration::NoEnd, sources(&|end| *end == End::None));
        }
        let has_other_duration = ends.iter().any(|(_, end)| *end == End::OtherDuration);
        match requested_days.filter(|_| !has_other_duration) {
            Some(days) => {
                (Expiration::Derived(after(days, granted_at)), [GrantSource::Request].into())
            }
            None => (Expiration::NotReported, Vec::new()),
        }
    }

    /// Whether two sources state different ends, or different periods.
    pub(super) fn ends_differ(&self) -> bool {
        let ends = self.reports.iter().map(|(_, grant)| End::of(grant));
        let ends = ends.filter(|end| *end != End::NotReported);
        // A stated end and a period can be the same end.
        let (stated, periods): (Vec<_>, Vec<_>) =
            ends.partition(|end| matches!(end, End::Stated(_) | End::None));
        let differ = |ends: &[End]| ends.windows(2).any(|pair| pair.first() != pair.last());
        differ(&stated) || differ(&periods)
    }
}

/// The end that one source reports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// After this number of days.
    After(u32),
    /// The source states that there is no end.
    None,
    NotReported,
    NotUnderstood,
    /// A duration that is not time-bound.
    OtherDuration,
    Stated(UnixTime),
}

impl End {
    /// A stated end that can't be understood is stated too: no computed date replaces it.
    fn of(grant: &ConsentGrant) -> Self {
        match grant.expiration_time() {
            Some(stated) if stated.has_no_end() => return Self::None,
            Some(stated) => return stated.time().map_or(Self::NotUnderstood, Self::Stated),
            None => {}
        }
        let is_time_bound = matches!(grant.duration_type(), Some(DurationType::TimeBound) | None);
        let members =
            if is_time_bound { &EXPIRATION_MEMBERS[..] } else { &EXPIRATION_MEMBERS[..1] };
        match grant.duration_period() {
            _ if members.iter().any(|member| grant.is_not_understood(member)) => {
                Self::NotUnderstood
            }
            // The customer granted a duration that was not requested.
            _ if !is_time_bound => Self::OtherDuration,
            Some(days) => Self::After(days),
            None => Self::NotReported,
        }
    }

    fn date(self, granted_at: UnixTime) -> Option<UnixTime> {
        match self {
            Self::After(days) => Some(after(days, granted_at)),
            Self::Stated(date) => Some(date),
            Self::None | Self::NotReported | Self::NotUnderstood | Self::OtherDuration => None,
        }
    }
}

// FDX: durationPeriod counts days from the day of the original grant
fn after(days: u32, granted_at: UnixTime) -> UnixTime {
    granted_at + Duration::from_secs(u64::from(days) * DAY)
}
