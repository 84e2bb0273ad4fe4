use alloc::string::String;
use core::fmt;

use fdx_wire::UnixTime;
use serde::{Deserialize, Deserializer, Serialize};

use crate::tolerant;

/// A time as an institution wrote it, and the moment that it means where it is RFC 3339.
///
/// ```
/// use fdx_rar::Timestamp;
///
/// let stated = Timestamp::parse("2026-01-05T10:00:00.250Z");
/// assert_eq!(stated.as_str(), "2026-01-05T10:00:00.250Z");
/// assert_eq!(stated.time().map(|time| time.as_seconds()), Some(1_767_607_200));
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
    /// Keeps any text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self { text: text.into(), time: UnixTime::parse_rfc3339(text).ok() }
    }

    /// The text as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The moment in whole seconds, where the text is an RFC 3339 date-time.
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

    proptest! {
        #[test]
        fn any_text_is_kept_as_it_was(text: String) {
            let stated = Timestamp::parse(&text);
            prop_assert_eq!(stated.as_str(), &text);
            prop_assert_eq!(stated.to_string(), text);
        }

        #[test]
        fn a_moment_is_stated_as_rfc_3339_and_means_itself(time in time()) {
            let stated = Timestamp::from(time);
            prop_assert_eq!(stated.time(), Some(time));
            prop_assert_eq!(Timestamp::parse(stated.as_str()), stated);
        }
    }
}
