use core::fmt;

use fdx_par::StoredGrant;
use fdx_rar::ConsentReceipt;
use fdx_wire::json::{ObjectWriter, RawJson};
use fdx_wire::{Secret, UnixTime};

use super::error::{ExportError, ImportFault};
use super::imported::{ImportedConsent, members};
use crate::record::id::RecordId;

/// What is exported of a consent in addition to its tokens.
#[derive(Clone)]
#[must_use]
pub struct ExportedConsent<'a> {
    id: &'a RecordId,
    customer: &'a str,
    dialect: Option<&'a str>,
    consent_expires_at: Option<UnixTime>,
    receipt: Option<&'a ConsentReceipt>,
}

impl<'a> ExportedConsent<'a> {
    /// The consent with this id of its record, of this customer.
    pub fn new(id: &'a RecordId, customer: &'a str) -> Self {
        Self { id, customer, dialect: None, consent_expires_at: None, receipt: None }
    }

    /// Sets the name of the dialect.
    pub fn dialect(self, name: Option<&'a str>) -> Self {
        Self { dialect: name, ..self }
    }

    /// Sets the time at which the consent ends.
    pub fn consent_expires_at(self, time: Option<UnixTime>) -> Self {
        Self { consent_expires_at: time, ..self }
    }

    /// Sets the last receipt that says what was granted.
    pub fn receipt(self, receipt: Option<&'a ConsentReceipt>) -> Self {
        Self { receipt, ..self }
    }

    /// Returns the line without a line break. `tokens` is the text of
    /// [`StoredGrant::to_json`]. [`Importer`](super::Importer) reads the line.
    ///
    /// # Errors
    /// [`ExportError::Tokens`] if the tokens are not verified: verify, then export them.
    /// [`ExportError::Record`] if an import would refuse the line.
    pub fn to_line(&self, tokens: &Secret) -> Result<Secret, ExportError> {
        let grant = StoredGrant::for_export(tokens.expose())
            .map_err(|error| ExportError::Tokens(Box::new(error)))?;
        let line = self.write(&grant)?;
        // The id is there, so no new one is made.
        let read = ImportedConsent::read(line.expose().as_bytes(), || None);
        read.map(|_| line).map_err(ExportError::Record)
    }

    fn write(&self, grant: &StoredGrant) -> Result<Secret, ExportError> {
        let mut object = ObjectWriter::with_capacity(2048);
        object
            .text(members::ID.row().name, self.id.as_str())
            .text(members::CUSTOMER.row().name, self.customer);
        if let Some(name) = self.dialect {
            object.text(members::DIALECT.row().name, name);
        }
        grant.export(&mut object);
        if let Some(time) = self.consent_expires_at {
            object.number(members::CONSENT_EXPIRES_AT.row().name, time.as_seconds());
        }
        if let Some(receipt) = self.receipt {
            let json = RawJson::of(receipt)
                .map_err(|error| ExportError::Record(ImportFault::Json(error)))?;
            object.json(members::RECEIPT.row().name, &json);
        }
        Ok(object.to_json())
    }
}

/// The id only: the rest is about a customer.
impl fmt::Debug for ExportedConsent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportedConsent").field("id", &self.id).finish_non_exhaustive()
    }
}
