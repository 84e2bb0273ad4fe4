use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

/// A link in a response. It may be relative and may refer to any host: never send a token to it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    pub(crate) href: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rel: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) types: Vec<String>,
}

impl Link {
    /// A link to `href`, an absolute or relative reference.
    #[must_use]
    pub fn new(href: &str) -> Self {
        Self { href: href.into(), ..Self::default() }
    }

    /// Sets the relation.
    #[must_use]
    pub fn with_rel(mut self, rel: &str) -> Self {
        self.rel = Some(rel.into());
        self
    }

    /// Sets the HTTP method.
    #[must_use]
    pub fn with_action(mut self, action: &str) -> Self {
        self.action = Some(action.into());
        self
    }

    /// The reference as it was received.
    #[must_use]
    pub fn href(&self) -> &str {
        &self.href
    }

    /// The HTTP method.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        self.action.as_deref()
    }

    /// The relation.
    #[must_use]
    pub fn rel(&self) -> Option<&str> {
        self.rel.as_deref()
    }

    /// The media types of the target.
    #[must_use]
    pub fn types(&self) -> &[String] {
        &self.types
    }
}
