use alloc::string::String;
use core::fmt;

use fdx_wire::UnixTime;
use serde::{Deserialize, Deserializer, Serialize};

use crate::tolerant;

/// A time as an institution wrote it, and its value if it is an RFC 3339 date-time.
///
/// ```
/// use fdx_rar::Timestamp;
///
/// let timestamp = Timestamp::parse("2026-01-05T10:00:00.250Z");
/// assert_eq!(timestamp.as_str(), "2026-01-05T10:00:00.250Z");
/// assert_eq!(timestamp.time().map(|time| time.as_seconds()), Some(1_767_607_200));
/// assert_eq!(Timestamp::parse("05/01/2026").time(), None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Timestamp {
    text: String,
    #[serde(skip)]
    time: Option<UnixTime>,
}

impl Timestamp {
    /// Accepts any text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self { text: text.into(), time: UnixTime::parse_rfc3339(text).ok() }
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a time of the year 9999, which means that there is no end.
    #[must_use]
    pub fn has_no_end(&self) -> bool {
        // The last day of that year is beyond the range of the reader.
        let of_year = |rest: &str| UnixTime::parse_rfc3339(&["9998-", rest].concat()).is_ok();
        self.text.strip_prefix("9999-").is_some_and(of_year)
    }

    /// The time in whole seconds, if the text is an RFC 3339 date-time.
    #[must_use]
    pub fn time(&self) -> Option<UnixTime> {
        self.time
    }
}

impl From<UnixTime> for Timestamp {
    fn from(time: UnixTime) -> Self {
        Self { text: time.to_rfc3339(), time: Some(time) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        tolerant::text_or_empty(deserializer).map(|text| Self::parse(&text))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;
    use crate::arbitrary::time;

    #[test]
    fn times_of_the_year_9999_have_no_end() {
        for text in ["9999-12-31T23:59:59Z", "9999-01-01T00:00:00+05:00"] {
            assert!(Timestamp::parse(text).has_no_end(), "{text}");
        }
        for text in
            ["9999-12-31", "9998-12-31T23:59:59Z", "9999-13-01T00:00:00Z", "9999-12-31T23:59:59"]
        {
            assert!(!Timestamp::parse(text).has_no_end(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn keeps_any_text_unchanged(text: String) {
            let timestamp = Timestamp::parse(&text);
            prop_assert_eq!(timestamp.as_str(), &text);
            prop_assert_eq!(timestamp.to_string(), text);
        }

        #[test]
        fn times_are_written_as_rfc_3339_and_read_back(time in time()) {
            let timestamp = Timestamp::from(time);
            prop_assert_eq!(timestamp.time(), Some(time));
            prop_assert_eq!(Timestamp::parse(timestamp.as_str()), timestamp);
        }
    }
}
