use fdx_wire::json::JsonValue;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Digest, form};
use crate::{RecordId, RecordKey, Tenant};

/// The newest entry of a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// The consent.
    pub key: RecordKey,
    /// The entry's number.
    pub sequence: u64,
    /// The entry's digest.
    pub digest: Digest,
}

/// Whose chains a list of heads, a root or an export has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// The chains of all tenants.
    All,
    /// The chains of this tenant.
    Tenant(Tenant),
}

/// A list of heads, as numbers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HeadCounts {
    /// The number of chains.
    pub chains: u64,
    /// The number of entries in these chains.
    pub entries: u64,
    /// SHA-256 of the canonical form (RFC 8785) of each head and a line feed, sorted by tenant and
    /// consent.
    pub heads: Digest,
}

/// Computes [`HeadCounts`].
#[derive(Clone, Debug, Default)]
pub(super) struct HeadCounter {
    digest: Sha256,
    chains: u64,
    entries: u64,
    last: Option<RecordKey>,
}

/// The largest number that JSON holds exactly (RFC 8785 appendix D).
const LAST_SEQUENCE: u64 = (1 << 53) - 1;

/// Whether an entry can have this number.
pub(super) fn is_sequence(number: u64) -> bool {
    (1..=LAST_SEQUENCE).contains(&number)
}

/// The members of a head, under their serialized names.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(with = "form::tenant")]
    tenant: Tenant,
    #[serde(with = "form::record_id")]
    consent: RecordId,
    sequence: u64,
    digest: Digest,
}

impl HeadCounter {
    /// Adds the next head. `false` if it is not after the one before, or no entry has its number.
    pub(super) fn push(&mut self, head: &Head) -> bool {
        let repeats = self.last.as_ref().is_some_and(|last| *last >= head.key);
        if repeats || !is_sequence(head.sequence) {
            return false;
        }
        self.digest.update(head.canonical_json());
        self.digest.update(b"\n");
        self.chains += 1;
        self.entries = self.entries.saturating_add(head.sequence);
        self.last = Some(head.key.clone());
        true
    }

    pub(super) fn counts(&self) -> HeadCounts {
        let heads = Digest::new(self.digest.clone().finalize().into());
        HeadCounts { chains: self.chains, entries: self.entries, heads }
    }
}

impl Head {
    /// The head in its canonical form (RFC 8785).
    #[must_use]
    pub fn canonical_json(&self) -> String {
        // Texts and a number below 2^53 always have a canonical form.
        let value = JsonValue::of(self).ok();
        value.and_then(|value| value.to_canonical()).unwrap_or_default()
    }
}

impl Scope {
    /// The tenant, if it is one.
    #[must_use]
    pub fn tenant(&self) -> Option<&Tenant> {
        match self {
            Self::All => None,
            Self::Tenant(tenant) => Some(tenant),
        }
    }

    /// Whether chains of `tenant` belong to it.
    #[must_use]
    pub fn includes(&self, tenant: &Tenant) -> bool {
        self.tenant().is_none_or(|it| it == tenant)
    }
}

impl From<Option<Tenant>> for Scope {
    fn from(tenant: Option<Tenant>) -> Self {
        tenant.map_or(Self::All, Self::Tenant)
    }
}

impl Serialize for Head {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { key, sequence, digest } = self.clone();
        Form { tenant: key.tenant, consent: key.id, sequence, digest }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Form { tenant, consent, sequence, digest } = Form::deserialize(deserializer)?;
        if !is_sequence(sequence) {
            return Err(D::Error::custom("no number of an entry"));
        }
        Ok(Self { key: RecordKey::new(tenant, consent), sequence, digest })
    }
}
