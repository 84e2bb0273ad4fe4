use alloc::vec::Vec;
use core::time::Duration;

use fdx_wire::UnixTime;

use super::{GrantSource, GrantedAccess, Report, push_new};
use crate::{ConsentGrant, DurationType, Expiration};

const DAY: u64 = 24 * 60 * 60;

/// `expirationTime` is the end. Without it the end is computed from the other members.
const EXPIRATION_MEMBERS: [&str; 4] =
    ["expirationTime", "durationType", "durationPeriod", "createdTime"];

impl GrantedAccess {
    /// When the consent expires, and the sources of this.
    ///
    /// The earliest end of all sources counts. A source without a stated end has one if it reports a
    /// period, which counts from the time of the grant, or from `issued_at`. The requested period
    /// counts if no source reports an end, a period, a duration of another type, or that there is no
    /// consent.
    ///
    /// No period counts if an end can't be understood, or if a duration is one-time or of an unknown
    /// type, unless another end is stated. A part of a message that can't be understood may state an
    /// end: the end then is not understood, unless another source reports one.
    #[must_use]
    pub fn expiration(
        &self,
        requested_days: Option<u32>,
        issued_at: UnixTime,
    ) -> (Expiration, Vec<GrantSource>) {
        let granted_at = self.granted_at().unwrap_or(issued_at);
        let reports = self.reports.iter();
        let ends: Vec<_> = reports
            .flat_map(|report| report.consents.iter().map(|it| (&report.source, End::of(it))))
            .collect();
        let sources = |is: &dyn Fn(End) -> bool| {
            let mut sources = Vec::new();
            let same = ends.iter().filter(|(_, end)| is(*end));
            same.for_each(|(source, _)| push_new(&mut sources, source));
            sources
        };
        let any = |expected| ends.iter().any(|(_, end)| *end == expected);
        let counts_periods = !any(End::NotUnderstood) && !any(End::OtherDuration);
        let is_stated = ends.iter().any(|(_, end)| end.stated().is_some());
        let dates = ends.iter().filter_map(|(_, end)| end.date(granted_at));
        if let Some(date) = dates.min().filter(|_| counts_periods || is_stated) {
            let expiration = match any(End::Stated(date)) {
                true => Expiration::Stated(date),
                false => Expiration::Derived(date),
            };
            return (expiration, sources(&|end| end.date(granted_at) == Some(date)));
        }
        if any(End::NotUnderstood) {
            return (Expiration::NotUnderstood, sources(&|end| end == End::NotUnderstood));
        }
        let unread: Vec<_> = self.reports.iter().filter(|it| it.has_unread_part).collect();
        if !unread.is_empty() {
            let mut sources = Vec::new();
            unread.iter().for_each(|report| push_new(&mut sources, &report.source));
            return (Expiration::NotUnderstood, sources);
        }
        if any(End::None) && !any(End::OtherDuration) {
            return (Expiration::NoEnd, sources(&|end| end == End::None));
        }
        let counts_requested = !any(End::OtherDuration)
            && !any(End::Persistent)
            && !self.reports.iter().any(Report::grants_nothing);
        match requested_days.filter(|_| counts_requested) {
            Some(days) => {
                (Expiration::Derived(after(days, granted_at)), [GrantSource::Request].into())
            }
            None => (Expiration::NotReported, Vec::new()),
        }
    }

    /// The earliest `createdTime` of all sources.
    fn granted_at(&self) -> Option<UnixTime> {
        let consents = self.reports.iter().flat_map(|report| &report.consents);
        consents.filter_map(|consent| consent.created_time()?.time()).min()
    }

    /// Whether two reports state different ends, periods, or types of duration. An end that is not
    /// understood may be the same.
    pub(super) fn ends_differ(&self) -> bool {
        let granted_at = self.granted_at();
        let terms: Vec<_> = self.reports.iter().map(|it| Term::of(it, granted_at)).collect();
        let mut earlier = terms.iter().enumerate();
        earlier.any(|(place, term)| terms.iter().take(place).any(|it| it.contradicts(term)))
    }
}

/// The duration that one report states.
struct Term<'a> {
    duration_type: Option<&'a DurationType>,
    period: Option<u32>,
    /// The earliest stated end. The inner `None` is a statement that there is no end.
    stated: Option<Option<UnixTime>>,
    /// The day of the earliest end. Without the time of the grant, a period and a stated end can't
    /// be compared.
    day: Option<u64>,
}

impl<'a> Term<'a> {
    fn of(report: &'a Report, granted_at: Option<UnixTime>) -> Self {
        let consents = || report.consents.iter();
        let ends: Vec<_> = consents().map(End::of).collect();
        let stated = ends.iter().filter_map(|end| end.stated()).min();
        let dates = ends.iter().filter_map(|end| end.date(granted_at?));
        Self {
            duration_type: consents().find_map(|consent| consent.duration_type()),
            period: consents().filter_map(|consent| consent.duration_period()).min(),
            stated: stated.map(Some).or(ends.contains(&End::None).then_some(None)),
            day: dates.min().map(|date| date.as_seconds() / DAY),
        }
    }

    fn contradicts(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
            one.is_some() && other.is_some() && one != other
        }
        differ(self.duration_type, other.duration_type)
            || differ(self.period, other.period)
            || differ(self.stated, other.stated)
            // A day begins at another time in another zone.
            || self.day.zip(other.day).is_some_and(|(one, other)| one.abs_diff(other) > 1)
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
    /// A one-time duration, or one of an unknown type. It may be over before any period.
    OtherDuration,
    /// A persistent duration. Any period is shorter.
    Persistent,
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
            _ if grant.duration_type() == Some(&DurationType::Persistent) => Self::Persistent,
            _ if !is_time_bound => Self::OtherDuration,
            Some(days) => Self::After(days),
            None => Self::NotReported,
        }
    }

    fn stated(self) -> Option<UnixTime> {
        match self {
            Self::Stated(date) => Some(date),
            _ => None,
        }
    }

    fn date(self, granted_at: UnixTime) -> Option<UnixTime> {
        match self {
            Self::After(days) => Some(after(days, granted_at)),
            Self::Stated(date) => Some(date),
            Self::None
            | Self::NotReported
            | Self::NotUnderstood
            | Self::OtherDuration
            | Self::Persistent => None,
        }
    }
}

// FDX: durationPeriod counts days from the day of the original grant
fn after(days: u32, granted_at: UnixTime) -> UnixTime {
    granted_at + Duration::from_secs(u64::from(days) * DAY)
}
