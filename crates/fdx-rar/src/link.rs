use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::tolerant;

/// A link in a response. It may be relative and may refer to any host: never send a token to it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    #[serde(default, deserialize_with = "tolerant::text_or_empty")]
    href: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rel: Option<String>,
    #[serde(default, deserialize_with = "tolerant::list", skip_serializing_if = "Vec::is_empty")]
    types: Vec<String>,
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
