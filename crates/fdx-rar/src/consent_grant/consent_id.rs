use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::tolerant;

/// The identifier of a consent: 1 to 256 characters, none of them a control character, otherwise
/// any text. It is compared as it was received, and has to be percent-encoded as one path segment.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ConsentId(String);

/// A text that is not a consent's identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a consent id has 1 to 256 characters and no control characters")]
pub struct ConsentIdError;

impl ConsentId {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    /// [`ConsentIdError`].
    pub fn parse(text: &str) -> Result<Self, ConsentIdError> {
        let length = text.chars().take(257).count();
        if (1..=256).contains(&length) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConsentIdError)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::str::FromStr for ConsentId {
    type Err = ConsentIdError;

    fn from_str(text: &str) -> Result<Self, ConsentIdError> {
        Self::parse(text)
    }
}

impl fmt::Display for ConsentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ConsentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = tolerant::text_or_empty(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[^\\p{Cc}]{1,256}") {
            let id = ConsentId::parse(&text).unwrap();
            prop_assert_eq!(id.as_str(), &text);
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<ConsentId>(&json).unwrap(), id);
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(ConsentId::parse(&"é".repeat(256)).is_ok());
        assert_eq!(ConsentId::parse(&"a".repeat(257)), Err(ConsentIdError));
        assert_eq!(ConsentId::parse(""), Err(ConsentIdError));
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a\r\nb", "\0", "a\u{7f}", "a\u{85}b"] {
            assert_eq!(ConsentId::parse(text), Err(ConsentIdError), "{text:?}");
        }
    }
}
