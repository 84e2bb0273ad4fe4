use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

/// A time in whole seconds since 1970-01-01T00:00:00Z, like the NumericDate of JWTs.
///
/// `now` is always an argument of this type: no crate of the core reads a clock.
///
/// ```
/// use core::time::Duration;
/// use fdx_wire::UnixTime;
///
/// let now = UnixTime::from_seconds(1_767_607_200);
/// assert_eq!(now.to_rfc3339(), "2026-01-05T10:00:00Z");
/// assert_eq!((now + Duration::from_secs(60)).since(now), Duration::from_secs(60));
/// assert_eq!(UnixTime::parse_http_date("Mon, 05 Jan 2026 10:00:00 GMT")?, now);
/// # Ok::<(), fdx_wire::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct UnixTime(u64);

/// The text is not a time in the expected format.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the text is not a time in the expected format, or not within the years 1970 to 9999")]
pub struct TimeError;

/// 9999-12-30T22:00:00Z, the last second that both the RFC 3339 writer and reader support.
const LAST: u64 = 253_402_207_200;

impl UnixTime {
    /// The time `seconds` after the start of 1970. Times after the year 9999 are reduced to its end,
    /// so that each time has a text.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(if seconds < LAST { seconds } else { LAST })
    }

    /// Seconds since the start of 1970.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0
    }

    /// The duration since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }

    /// Reads an RFC 3339 date-time with any offset. Drops fractions of a second.
    ///
    /// # Errors
    /// [`TimeError`] for other texts, local times without an offset, and times outside 1970 to 9999.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| TimeError)?;
        Self::from_timestamp(timestamp)
    }

    /// Reads the date of an HTTP header (RFC 9110 section 5.6.7, IMF-fixdate).
    ///
    /// # Errors
    /// [`TimeError`] for other texts and times outside 1970 to 9999.
    pub fn parse_http_date(text: &str) -> Result<Self, TimeError> {
        let zoned = jiff::fmt::rfc2822::parse(text).map_err(|_| TimeError)?;
        Self::from_timestamp(zoned.timestamp())
    }

    /// The RFC 3339 text in UTC, in whole seconds.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        self.timestamp().to_string()
    }

    /// The date of an HTTP header (RFC 9110 section 5.6.7, IMF-fixdate).
    #[must_use]
    pub fn to_http_date(self) -> String {
        let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
        // The printer supports every value of this type.
        printer.timestamp_to_rfc9110_string(&self.timestamp()).unwrap_or_default()
    }

    fn timestamp(self) -> jiff::Timestamp {
        let seconds = i64::try_from(self.0).unwrap_or(i64::MAX);
        jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX)
    }

    fn from_timestamp(timestamp: jiff::Timestamp) -> Result<Self, TimeError> {
        u64::try_from(timestamp.as_second()).map(Self::from_seconds).map_err(|_| TimeError)
    }
}

impl core::ops::Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::from_seconds(self.0.saturating_add(duration.as_secs()))
    }
}

impl core::ops::Sub<Duration> for UnixTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.as_secs()))
    }
}

impl<'de> Deserialize<'de> for UnixTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::from_seconds)
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn written_times_read_back(seconds in 0..=LAST) {
            let time = UnixTime::from_seconds(seconds);
            prop_assert_eq!(UnixTime::parse_rfc3339(&time.to_rfc3339()), Ok(time));
            prop_assert_eq!(UnixTime::parse_http_date(&time.to_http_date()), Ok(time));
            prop_assert_eq!(time.to_string(), time.to_rfc3339());
            prop_assert_eq!(time.as_seconds(), seconds);
            let json = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(serde_json::from_str::<UnixTime>(&json).unwrap(), time);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = UnixTime::parse_rfc3339(&text);
            let _ = UnixTime::parse_http_date(&text);
        }

        #[test]
        fn every_number_has_a_text(seconds: u64) {
            prop_assert!(UnixTime::from_seconds(seconds).to_rfc3339().ends_with('Z'));
        }
    }

    #[test]
    fn reads_large_numbers_as_the_last_time() {
        let read: UnixTime = serde_json::from_str("18446744073709551615").unwrap();
        assert_eq!(read, UnixTime::from_seconds(u64::MAX));
        assert_eq!(read.to_rfc3339(), "9999-12-30T22:00:00Z");
        assert!(read + Duration::from_secs(1) >= read);
    }

    #[test]
    fn http_dates_have_a_fixed_length() {
        // The example of RFC 9110 5.6.7, the first and the last time.
        let seconds = [784_111_777, 0, LAST];
        let dates = seconds.map(|seconds| UnixTime::from_seconds(seconds).to_http_date());
        assert_eq!(dates[0], "Sun, 06 Nov 1994 08:49:37 GMT");
        assert!(dates.iter().all(|date| date.len() == 29), "{dates:?}");
    }

    #[test]
    fn applies_offsets_and_rejects_local_times() {
        let utc = UnixTime::parse_rfc3339("2026-01-05T10:00:00Z").unwrap();
        assert_eq!(UnixTime::parse_rfc3339("2026-01-05T05:00:00-05:00"), Ok(utc));
        assert_eq!(UnixTime::parse_rfc3339("2026-01-05T10:00:00"), Err(TimeError));
        assert_eq!(UnixTime::parse_rfc3339("1969-12-31T23:59:59Z"), Err(TimeError));
    }
}
