use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use fdx_wire::members::{Found, Value};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{DataCluster, tolerant};

/// Scope tokens in the received order, without repetition (RFC 6749 section 3.3).
///
/// ```
/// use fdx_rar::Scopes;
///
/// let mut scopes = Scopes::parse("openid fdx:tax:read openid")?;
/// scopes.insert("offline_access")?;
/// assert_eq!(scopes.to_string(), "openid fdx:tax:read offline_access");
/// # Ok::<(), fdx_rar::ScopeError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scopes(Vec<String>);

/// The text is not a scope token: it is empty, or has a space, a quote, a backslash, a control
/// character or a non-ASCII character (RFC 6749 section 3.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the text is not a scope token (RFC 6749 section 3.3)")]
pub struct ScopeError;

impl Scopes {
    /// No scope.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads tokens between spaces. Ignores additional spaces.
    ///
    /// # Errors
    /// [`ScopeError`].
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        Self::of_tokens(text.split(' ').filter(|token| !token.is_empty()))
    }

    /// Collects the tokens that are scope tokens, and ignores others: a response may have invalid ones
    /// next to the granted scopes.
    ///
    /// ```
    /// use fdx_rar::Scopes;
    ///
    /// let scopes = Scopes::of_valid(r#"openid "quoted" fdx:tax:read"#.split(' '));
    /// assert_eq!(scopes.to_string(), "openid fdx:tax:read");
    /// ```
    #[must_use]
    pub fn of_valid<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        let mut seen = BTreeSet::new();
        let valid = tokens.into_iter().filter(|token| check(token).is_ok() && seen.insert(*token));
        Self(valid.map(str::to_owned).collect())
    }

    /// Appends a token unless it is present.
    ///
    /// # Errors
    /// [`ScopeError`].
    pub fn insert(&mut self, token: &str) -> Result<(), ScopeError> {
        check(token)?;
        if !self.contains(token) {
            self.0.push(token.to_owned());
        }
        Ok(())
    }

    /// Whether `token` is present, compared exactly.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|known| known == token)
    }

    /// The tokens.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no tokens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The data clusters of the tokens. Tokens without a cluster are skipped.
    pub fn data_clusters(&self) -> impl Iterator<Item = DataCluster> {
        self.iter().filter_map(DataCluster::from_scope)
    }

    /// Removes repetitions with a set, because untrusted input may have thousands of tokens.
    fn of_tokens<'a>(tokens: impl Iterator<Item = &'a str>) -> Result<Self, ScopeError> {
        let mut seen = BTreeSet::new();
        let mut scopes = Self::new();
        for token in tokens {
            check(token)?;
            if seen.insert(token) {
                scopes.0.push(token.to_owned());
            }
        }
        Ok(scopes)
    }

    /// The tokens, which receipts serialize as an array.
    pub(crate) fn as_tokens(&self) -> &[String] {
        &self.0
    }

    pub(crate) fn of_clusters<'a>(clusters: impl Iterator<Item = &'a DataCluster>) -> Self {
        let mut scopes = Self::new();
        for scope in clusters.filter_map(DataCluster::scope) {
            if !scopes.contains(scope) {
                scopes.0.push(scope.to_owned());
            }
        }
        scopes
    }
}

fn check(token: &str) -> Result<(), ScopeError> {
    // RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if !token.is_empty() && token.bytes().all(allowed) { Ok(()) } else { Err(ScopeError) }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl core::str::FromStr for Scopes {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text)
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Deserializes from a JSON string of tokens or from an array of tokens.
impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tokens = tolerant::any(deserializer, "scope tokens", |value| match value.kind() {
            Found::String => value.to_text().map(|text| Self::parse(&text)),
            _ => {
                let tokens = value.to_elements()?.into_iter().map(Value::to_text);
                let tokens = tokens.collect::<Option<Vec<_>>>()?;
                Some(Self::of_tokens(tokens.iter().map(String::as_str)))
            }
        })?;
        tokens.map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn written_scopes_read_back(tokens in prop::collection::vec("[!#-\\[\\]-~]{1,9}", 0..9)) {
            let mut scopes = Scopes::new();
            for token in &tokens {
                scopes.insert(token).unwrap();
            }
            prop_assert_eq!(scopes.is_empty(), tokens.is_empty());
            prop_assert_eq!(&Scopes::parse(&scopes.to_string()).unwrap(), &scopes);
            prop_assert_eq!(&scopes.to_string().parse::<Scopes>().unwrap(), &scopes);
            let text = serde_json::to_string(&scopes).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Scopes>(&text).unwrap(), &scopes);
            let array = serde_json::to_string(&tokens).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Scopes>(&array).unwrap(), &scopes);
        }

        #[test]
        fn parsed_scopes_have_only_tokens(text: String) {
            if let Ok(scopes) = Scopes::parse(&text) {
                prop_assert!(scopes.iter().all(|token| !token.is_empty() && !token.contains(' ')));
                prop_assert!(text.is_ascii());
            }
        }
    }

    #[test]
    fn rejects_texts_that_are_not_tokens() {
        for token in ["", "a b", "a\"", "a\\", "é", "a\n", "\u{7f}"] {
            assert_eq!(Scopes::new().insert(token), Err(ScopeError), "{token:?}");
        }
    }

    #[test]
    fn rejects_other_json_types() {
        let refusal = serde_json::from_str::<Scopes>("7").unwrap_err().to_string();
        assert!(refusal.contains("a number, not scope tokens"), "{refusal}");
    }

    #[test]
    fn scopes_have_data_clusters() {
        let scopes = Scopes::parse("openid fdx:transactions:read fdx:unknown:read").unwrap();
        assert!(scopes.data_clusters().eq([DataCluster::Transactions]));
    }
}
