use core::fmt;

use fdx_par::FlowId;
use fdx_wire::{Entropy, Label, base64url};

use crate::refresh::AttemptId;

/// The owner of a set of consents: a program, a brand, or a customer of a platform. A tenant's rows
/// are never read with another tenant's key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tenant(String);

/// The id of a consent in the store. A consent from a flow has the flow's id.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RecordId(String);

/// A consent of a tenant.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RecordKey {
    /// The tenant.
    pub tenant: Tenant,
    /// The consent.
    pub id: RecordId,
}

/// The text is no tenant or id: empty, longer than 128 characters, or not printable ASCII without
/// spaces.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected 1 to 128 characters of printable ASCII without spaces")]
pub struct IdError;

impl Tenant {
    /// Takes 1 to 128 characters of printable ASCII without spaces.
    ///
    /// # Errors
    /// [`IdError`].
    pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
        checked(text.into()).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tenant {
    /// `default`, for a program with one tenant.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl RecordId {
    /// Takes 1 to 128 characters of printable ASCII without spaces.
    ///
    /// # Errors
    /// [`IdError`].
    pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
        checked(text.into()).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&FlowId> for RecordId {
    fn from(flow: &FlowId) -> Self {
        Self(flow.as_str().to_owned())
    }
}

impl From<&AttemptId> for RecordId {
    fn from(attempt: &AttemptId) -> Self {
        Self(attempt.as_str().to_owned())
    }
}

impl RecordKey {
    /// A consent of a tenant.
    #[must_use]
    pub fn new(tenant: Tenant, id: RecordId) -> Self {
        Self { tenant, id }
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 22 unpredictable characters.
pub(crate) fn short_id(entropy: &Entropy, label: Label) -> String {
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = entropy.derive(label, 0);
    base64url::encode(&bytes)
}

fn checked(text: String) -> Result<String, IdError> {
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if printable && (1..=128).contains(&text.len()) { Ok(text) } else { Err(IdError) }
}
