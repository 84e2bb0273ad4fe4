use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A text that must not be printed: a token, a code, a verifier.
///
/// It is wiped when dropped, its `Debug` output is `[redacted]`, and it has no `Display`. Comparison
/// takes constant time for values of the same length. serde can read it but not write it: to write a
/// secret, call [`Secret::expose`].
///
/// ```
/// let token = fdx_wire::Secret::new("Kz~8mXK1".to_owned());
/// assert_eq!(format!("{token:?}"), "[redacted]");
/// assert_eq!(token.expose(), "Kz~8mXK1");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Concatenates the parts without a reallocation, which would leave an unwiped copy.
    ///
    /// ```
    /// assert_eq!(fdx_wire::Secret::concat(&["app:", "Kz~8mXK1"]).expose(), "app:Kz~8mXK1");
    /// ```
    #[must_use]
    pub fn concat(parts: &[&str]) -> Self {
        Self::new(parts.concat())
    }

    /// Returns the text. The name makes each use visible in review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Eq for Secret {}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl PartialEq<str> for Secret {
    fn eq(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const TEXTS: [&str; 6] = ["", "a", "b", "ab", "ba", "a\0"];

    #[test]
    fn secrets_compare_like_their_texts() {
        for a in TEXTS {
            for b in TEXTS {
                let secret = Secret::new(a.into());
                assert_eq!(secret == Secret::new(b.into()), a == b, "{a:?} {b:?}");
                assert_eq!(secret == *b, a == b, "{a:?} {b:?}");
                assert_eq!(Secret::concat(&[a, b]).expose(), format!("{a}{b}"));
            }
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        for text in TEXTS {
            let json = serde_json::to_string(text).unwrap();
            let secret: Secret = serde_json::from_str(&json).unwrap();
            assert_eq!(secret.expose(), text);
            assert_eq!(format!("{secret:?} {secret:#?}"), "[redacted] [redacted]");
        }
    }
}
