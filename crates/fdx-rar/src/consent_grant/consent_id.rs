use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use fdx_wire::check_path_id;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::tolerant;

/// The identifier of a consent: 1 to 256 characters that can be one segment of a path, percent-encoded.
/// It is compared as received.
///
/// [`check_path_id`] defines what can be part of a path. In addition, a consent id has no `/`, `?` or
/// `#`: a server that decodes them would read another path below `/consents`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ConsentId(String);

/// The text is not a consent id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "a consent id has 1 to 256 characters, without control characters, / \\ % ? # and dot segments"
)]
pub struct ConsentIdError;

impl ConsentId {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`ConsentIdError`].
    pub fn parse(text: &str) -> Result<Self, ConsentIdError> {
        let length = text.chars().take(257).count();
        if length <= 256 && check_path_id(text).is_ok() && !text.contains(['/', '?', '#']) {
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
        fn written_ids_read_back(text in "[^\\p{Cc}/\\\\%?#.]{1,2}[^\\p{Cc}/\\\\%?#]{0,254}") {
            let id = ConsentId::parse(&text).unwrap();
            prop_assert_eq!(id.as_str(), &text);
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<ConsentId>(&json).unwrap(), id);
        }
    }

    #[test]
    fn counts_length_in_characters() {
        assert!(ConsentId::parse(&"é".repeat(256)).is_ok());
        assert_eq!(ConsentId::parse(&"a".repeat(257)), Err(ConsentIdError));
        assert_eq!(ConsentId::parse(""), Err(ConsentIdError));
    }

    #[test]
    fn rejects_ids_that_a_server_may_read_as_another_path() {
        for text in [
            ".",
            "..",
            "../../other",
            "a/b",
            "/",
            "..\\other",
            "a\\b",
            "%2e%2e",
            "..%2fother",
            "a%",
            "..;",
            "..;a",
            ".;/..;/other",
            "..?",
            "..#",
            "x?admin=1",
            "x#",
        ] {
            assert_eq!(ConsentId::parse(text), Err(ConsentIdError), "{text:?}");
        }
        for text in ["...", "..a", "a..;b", "a+b==", "a;b", "urn:x:1", "a b"] {
            assert!(ConsentId::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn rejects_control_characters() {
        for text in ["a\r\nb", "\0", "a\u{7f}", "a\u{85}b"] {
            assert_eq!(ConsentId::parse(text), Err(ConsentIdError), "{text:?}");
        }
    }
}
