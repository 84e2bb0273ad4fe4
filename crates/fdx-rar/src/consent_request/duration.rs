use core::fmt;

use super::ConsentRequestError;
use crate::open_enum::open_enum;

open_enum! {
    /// The type of a duration.
    pub enum DurationType {
        /// Access once.
        OneTime => "ONE_TIME" | "ONETIME",
        /// Access until it is revoked.
        Persistent => "PERSISTENT",
        /// Access for a number of days.
        TimeBound => "TIME_BOUND" | "TIME_BASED",
    }
}

/// The duration of a consent.
///
/// ```
/// use fdx_rar::{ConsentDuration, ConsentRequestError};
///
/// let year = ConsentDuration::time_bound(365)?;
/// assert_eq!(year.days().map(|days| days.as_days()), Some(365));
/// assert_eq!(ConsentDuration::time_bound(366), Err(ConsentRequestError::DurationPeriod));
/// # Ok::<(), ConsentRequestError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ConsentDuration {
    /// Access once.
    OneTime,
    /// Access until it is revoked.
    Persistent,
    /// Access for a number of days from the day of the grant.
    TimeBound {
        /// `durationPeriod`.
        days: DurationDays,
    },
}

impl ConsentDuration {
    /// Access for `days` days, 1 to 365, from the day of the grant.
    ///
    /// # Errors
    /// [`ConsentRequestError::DurationPeriod`].
    pub fn time_bound(days: u32) -> Result<Self, ConsentRequestError> {
        DurationDays::new(days).map(|days| Self::TimeBound { days })
    }

    /// The type of the duration.
    #[must_use]
    pub fn duration_type(self) -> DurationType {
        match self {
            Self::OneTime => DurationType::OneTime,
            Self::Persistent => DurationType::Persistent,
            Self::TimeBound { .. } => DurationType::TimeBound,
        }
    }

    /// The days of [`Self::TimeBound`].
    #[must_use]
    pub fn days(self) -> Option<DurationDays> {
        match self {
            Self::TimeBound { days } => Some(days),
            Self::OneTime | Self::Persistent => None,
        }
    }

    /// Combines a type with its `durationPeriod`, which only [`DurationType::TimeBound`] has.
    pub(crate) fn of(
        duration_type: &DurationType,
        duration_period: Option<u32>,
    ) -> Result<Self, ConsentRequestError> {
        match duration_type {
            DurationType::OneTime => Ok(Self::OneTime),
            DurationType::Persistent => Ok(Self::Persistent),
            DurationType::TimeBound => Self::time_bound(duration_period.unwrap_or_default()),
            DurationType::Other(_) => Err(ConsentRequestError::DurationType),
        }
    }
}

/// A number of days from 1 to 365: a consent must be requested again after a year.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DurationDays(u16);

impl DurationDays {
    /// Checks the number.
    ///
    /// # Errors
    /// [`ConsentRequestError::DurationPeriod`].
    pub fn new(days: u32) -> Result<Self, ConsentRequestError> {
        match u16::try_from(days) {
            Ok(days @ 1..=365) => Ok(Self(days)),
            _ => Err(ConsentRequestError::DurationPeriod),
        }
    }

    /// The number.
    #[must_use]
    pub fn as_days(self) -> u32 {
        self.0.into()
    }
}

impl fmt::Display for DurationDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
