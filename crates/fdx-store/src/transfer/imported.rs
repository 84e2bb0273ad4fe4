use core::fmt;

use fdx_par::StoredGrant;
use fdx_rar::ConsentReceipt;
use fdx_wire::json::Limits;
use fdx_wire::members::{Excerpt, MemberFault, Object, Value};
use fdx_wire::{Entropy, Label, UnixTime, base64url};

use super::error::{ImportError, ImportFault};
use crate::record::id::RecordId;

fdx_wire::members! {
    /// The members of an imported consent, without those of its grant.
    pub(super) mod members = "imported consent" {
        Protective ID =
            "id", "1 to 128 characters of printable ASCII without spaces", "fdx-store, transfer";
        Protective CUSTOMER =
            "customer", "1 to 256 characters without control characters", "fdx-store, transfer";
        Protective DIALECT =
            "dialect", "1 to 64 characters of printable ASCII without spaces", "fdx-store, transfer";
        Protective CONSENT_EXPIRES_AT =
            "consent_expires_at", "seconds since 1970, before the year 10000", "fdx-store, transfer";
        Protective RECEIPT =
            "receipt", "the receipt of the same issuer, client_id and consent_id",
            "fdx-store, transfer";
    }
}

/// A consent of another program or store, read from one line. It is not in the store yet.
#[derive(Clone)]
pub struct ImportedConsent {
    id: RecordId,
    customer: String,
    dialect: Option<String>,
    grant: StoredGrant,
    consent_expires_at: Option<UnixTime>,
    receipt: Option<ConsentReceipt>,
}

/// Reads the lines of an import, one after the other.
///
/// A consent without an `id` gets one that is derived from the importer's entropy and the number of
/// the line. Keep the 32 bytes until the import is complete. An import that is repeated with the same
/// file and the same bytes then finds its own records, and imports no consent twice.
#[derive(Debug)]
pub struct Importer {
    entropy: Entropy,
    line: u32,
}

const RECORD_ID: Label = Label::new("imported record");

/// The tokens and the receipt of a consent have limits of their own.
const LIMITS: Limits = Limits { depth: 40, members: 20_000, ..Limits::bytes(2 * 1024 * 1024) };

impl Importer {
    /// An importer before its first line.
    #[must_use]
    pub fn new(entropy: Entropy) -> Self {
        Self { entropy, line: 0 }
    }

    /// Reads the next line, with or without its line break. `None` for an empty line.
    ///
    /// # Errors
    /// [`ImportError`]. The importer then continues with the next line.
    pub fn read(&mut self, line: &[u8]) -> Result<Option<ImportedConsent>, ImportError> {
        self.line = self.line.saturating_add(1);
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let new_id =
            || RecordId::new(base64url::encode(&self.entropy.derive(RECORD_ID, self.line))).ok();
        let read = ImportedConsent::read(line, new_id);
        read.map(Some).map_err(|fault| ImportError { line: self.line, fault })
    }
}

impl ImportedConsent {
    pub(super) fn read(
        line: &[u8],
        new_id: impl FnOnce() -> Option<RecordId>,
    ) -> Result<Self, ImportFault> {
        let object = Object::parse(line, &LIMITS).map_err(ImportFault::Json)?;
        refuse_unknown(&object)?;
        Self::of_members(&object, new_id).map_err(ImportFault::Member)
    }

    fn of_members(
        object: &Object<'_>,
        new_id: impl FnOnce() -> Option<RecordId>,
    ) -> Result<Self, MemberFault> {
        let id = object
            .protective_if_present(&members::ID, |value| RecordId::new(value.to_text()?).ok())?;
        let customer = object.protective(&members::CUSTOMER, |value| {
            let usable = |text: &String| {
                (1..=256).contains(&text.chars().count()) && !text.contains(char::is_control)
            };
            value.to_text().filter(usable)
        })?;
        let dialect = object.protective_if_present(&members::DIALECT, |value| {
            let usable = |text: &String| {
                (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
            };
            value.to_text().filter(usable)
        })?;
        let grant = StoredGrant::imported(object)?;
        let consent_expires_at =
            object.protective_if_present(&members::CONSENT_EXPIRES_AT, Value::to_unix_time)?;
        let receipt = object.protective_if_present(&members::RECEIPT, |value| {
            let receipt = ConsentReceipt::from_json(value.as_str()).ok()?;
            is_of(&receipt, &grant).then_some(receipt)
        })?;
        let id = id.or_else(new_id).ok_or_else(|| MemberFault::missing(members::ID.row()))?;
        Ok(Self { id, customer, dialect, grant, consent_expires_at, receipt })
    }

    /// The id of the record.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.id
    }

    /// The recipient's own reference to the customer.
    #[must_use]
    pub fn customer(&self) -> &str {
        &self.customer
    }

    /// The name of the dialect.
    #[must_use]
    pub fn dialect(&self) -> Option<&str> {
        self.dialect.as_deref()
    }

    /// The tokens, with the institution, the client, the consent id and the customer's identity.
    #[must_use]
    pub fn grant(&self) -> &StoredGrant {
        &self.grant
    }

    /// When the consent ends.
    #[must_use]
    pub fn consent_expires_at(&self) -> Option<UnixTime> {
        self.consent_expires_at
    }

    /// The receipt, if the consent came with one.
    #[must_use]
    pub fn receipt(&self) -> Option<&ConsentReceipt> {
        self.receipt.as_ref()
    }

    /// Whether a receipt says which resources were granted. If not, mark the consent: read it at the
    /// institution, or ask the customer again.
    #[must_use]
    pub fn coverage_is_known(&self) -> bool {
        self.receipt.as_ref().is_some_and(|receipt| receipt.granted().is_some())
    }
}

/// Whether a receipt is of this grant. Either may lack the consent id.
fn is_of(receipt: &ConsentReceipt, grant: &StoredGrant) -> bool {
    let ids = receipt.consent_id().zip(grant.consent_id());
    receipt.issuer() == grant.issuer()
        && receipt.client_id() == grant.client_id()
        && ids.is_none_or(|(receipt, grant)| receipt == grant)
}

fn refuse_unknown(object: &Object<'_>) -> Result<(), ImportFault> {
    let rows = members::ROWS.iter().chain(StoredGrant::IMPORTED_MEMBERS);
    let is_known = |name: &str| rows.clone().any(|row| row.name == name);
    match object.iter().map(|(name, _)| name).find(|name| !is_known(name)) {
        Some(name) => {
            let beginning: String = name.chars().take(64).collect();
            Err(ImportFault::UnknownMember(Excerpt::of(&beginning)))
        }
        None => Ok(()),
    }
}

/// The id only: the rest is secret or about a customer.
impl fmt::Debug for ImportedConsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportedConsent").field("id", &self.id).finish_non_exhaustive()
    }
}
