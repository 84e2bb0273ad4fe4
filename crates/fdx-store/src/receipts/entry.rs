use core::fmt;

use fdx_par::FlowId;
use fdx_wire::UnixTime;
use fdx_wire::json::{self, JsonError, Limits, RawJson};
use serde::{Deserialize, Serialize};

use super::event::{Event, bounded, is_bounded};
use super::head::is_sequence;
use super::{Digest, form};
use crate::{IdError, RecordId, RecordKey, Tenant};

/// One entry of the chain of a consent.
///
/// Its JSON is canonical (RFC 8785). The next entry contains the SHA-256 of that text.
#[derive(Clone, Eq, PartialEq)]
pub struct ReceiptEntry {
    form: Form,
    json: String,
}

/// An event to append to the chain of a consent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct ReceiptDraft {
    pub(super) at: UnixTime,
    pub(super) cause: Cause,
    pub(super) event: Event,
    pub(super) disclosure: Option<Disclosure>,
}

/// The id of what caused an event: a flow, an attempt to refresh, a revocation, a request of the
/// customer. A chain has at most one entry of each kind with the same cause, so that an append can be
/// repeated.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Cause(#[serde(with = "form::record_id")] RecordId);

/// The disclosure that the customer saw before a consent was requested. Keep the disclosure itself for
/// as long as the chain: its digest shows which one it was.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disclosure {
    /// SHA-256 of the disclosure's bytes.
    pub sha256: Digest,
    /// Its version, such as `2026-03 en`: the first 256 bytes, and `unknown` for an empty text.
    pub version: String,
    /// When the customer saw it.
    #[serde(with = "form::rfc3339")]
    pub shown_at: UnixTime,
}

/// The rule that an entry broke.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// A text is empty or longer than 256 bytes, or a change at the institution changes nothing.
    #[error("a text is empty or longer than 256 bytes, or a change has no new value")]
    Event,
    /// Not JSON of the expected shape.
    #[error("the entry is {0}")]
    Json(#[from] JsonError),
    /// A member or a form that this version does not write: the text is not the canonical one.
    #[error("the entry is not in its canonical form (RFC 8785)")]
    NotCanonical,
    /// The first entry names a previous one, another entry names none, or the number is 0 or more
    /// than 2^53 - 1.
    #[error("the entry's number and its previous entry contradict each other")]
    Sequence,
    /// Larger than an entry may be.
    #[error("the entry is larger than {} MiB", LIMITS.bytes >> 20)]
    TooLarge,
    /// An unknown version of the format.
    #[error("the entry has an unknown version of the format: read it with a newer release")]
    Version,
}

/// The version of the format that this release writes.
const VERSION: u32 = 1;

/// Enough for the largest receipt, and for a difference of the same size.
const LIMITS: Limits = Limits { depth: 12, members: 8_000_000, ..Limits::bytes(128 << 20) };

/// The members of an entry, under their serialized names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    version: u32,
    #[serde(with = "form::tenant")]
    tenant: Tenant,
    #[serde(with = "form::record_id")]
    consent: RecordId,
    sequence: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Digest>,
    #[serde(with = "form::rfc3339")]
    at: UnixTime,
    cause: Cause,
    event: Event,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disclosure: Option<Disclosure>,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl ReceiptEntry {
    /// The entry after `previous`, which is its number and digest, or the first entry.
    pub(super) fn new(
        key: &RecordKey,
        previous: Option<(u64, Digest)>,
        draft: &ReceiptDraft,
    ) -> Result<Self, EntryError> {
        let ReceiptDraft { at, cause, mut event, mut disclosure } = draft.clone();
        event.bound();
        if let Some(disclosure) = &mut disclosure {
            disclosure.bound();
        }
        let form = Form {
            version: VERSION,
            tenant: key.tenant.clone(),
            consent: key.id.clone(),
            sequence: previous.map_or(0, |(sequence, _)| sequence).saturating_add(1),
            previous: previous.map(|(_, digest)| digest),
            at,
            cause,
            event,
            disclosure,
        };
        form.check()?;
        Ok(Self { json: form.to_json()?, form })
    }

    /// Reads an entry of at most 128 MiB in its canonical form.
    ///
    /// # Errors
    /// [`EntryError`]. Any other text is rejected, also one of the same value, so that an entry has
    /// one digest.
    pub fn from_json(json: &str) -> Result<Self, EntryError> {
        let bytes = json.as_bytes();
        if json::object_from_slice::<Version>(bytes, &LIMITS)?.version != VERSION {
            return Err(EntryError::Version);
        }
        let form: Form = json::object_from_slice(bytes, &LIMITS)?;
        form.check()?;
        if form.to_json()? == json {
            Ok(Self { form, json: json.to_owned() })
        } else {
            Err(EntryError::NotCanonical)
        }
    }

    /// The entry in its canonical form (RFC 8785).
    #[must_use]
    pub fn canonical_json(&self) -> &str {
        &self.json
    }

    /// SHA-256 of the canonical form.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.json)
    }

    /// The consent.
    #[must_use]
    pub fn key(&self) -> RecordKey {
        RecordKey::new(self.form.tenant.clone(), self.form.consent.clone())
    }

    /// Whether the entry is about this consent.
    pub(super) fn is_about(&self, key: &RecordKey) -> bool {
        self.form.tenant == key.tenant && self.form.consent == key.id
    }

    /// The entry's number in the chain, from 1.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.form.sequence
    }

    /// The digest of the entry before. `None` for the first entry.
    #[must_use]
    pub fn previous(&self) -> Option<Digest> {
        self.form.previous
    }

    /// When it happened, or when the recipient noticed it, by the clock of the node that wrote the
    /// entry.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.form.at
    }

    /// What caused it.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.form.cause
    }

    /// What happened.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.form.event
    }

    /// The disclosure that the customer saw.
    #[must_use]
    pub fn disclosure(&self) -> Option<&Disclosure> {
        self.form.disclosure.as_ref()
    }
}

impl ReceiptDraft {
    /// An event at the time `at`.
    pub fn new(at: UnixTime, cause: Cause, event: Event) -> Self {
        Self { at, cause, event, disclosure: None }
    }

    /// Adds the disclosure that the customer saw.
    pub fn with_disclosure(self, disclosure: Disclosure) -> Self {
        Self { disclosure: Some(disclosure), ..self }
    }
}

impl Cause {
    /// Takes 1 to 128 characters of printable ASCII without spaces.
    ///
    /// # Errors
    /// [`IdError`].
    pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
        RecordId::new(text).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<RecordId> for Cause {
    fn from(id: RecordId) -> Self {
        Self(id)
    }
}

impl From<&FlowId> for Cause {
    fn from(flow: &FlowId) -> Self {
        Self(flow.into())
    }
}

impl Disclosure {
    fn bound(&mut self) {
        self.version = bounded(&self.version).unwrap_or("unknown").to_owned();
    }
}

impl EntryError {
    /// The stable name of the error, such as `receipts.entry.version`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Event => "receipts.entry.event",
            Self::Json(_) => "receipts.entry.json",
            Self::NotCanonical => "receipts.entry.not_canonical",
            Self::Sequence => "receipts.entry.sequence",
            Self::TooLarge => "receipts.entry.too_large",
            Self::Version => "receipts.entry.version",
        }
    }
}

impl Form {
    /// Checks the rules that the types do not express.
    fn check(&self) -> Result<(), EntryError> {
        let Self { sequence, previous, event, disclosure, .. } = self;
        if !is_sequence(*sequence) || (*sequence == 1) != previous.is_none() {
            return Err(EntryError::Sequence);
        }
        let disclosed = disclosure.as_ref().is_none_or(|it| is_bounded(&it.version));
        if event.is_valid() && disclosed { Ok(()) } else { Err(EntryError::Event) }
    }

    fn to_json(&self) -> Result<String, EntryError> {
        let json = RawJson::of(self)?;
        // The canonical form has the same length.
        if json.as_str().len() > LIMITS.bytes {
            return Err(EntryError::TooLarge);
        }
        json.value()?.to_canonical().ok_or(EntryError::NotCanonical)
    }
}

/// Without the event: a receipt has ids of accounts.
impl fmt::Debug for ReceiptEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiptEntry")
            .field("tenant", &self.form.tenant)
            .field("consent", &self.form.consent)
            .field("sequence", &self.form.sequence)
            .field("kind", &self.form.event.kind())
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}
