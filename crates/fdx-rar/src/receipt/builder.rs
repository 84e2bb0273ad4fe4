use core::time::Duration;

use fdx_wire::{HttpsUrl, Issuer, UnixTime};

use super::record::{ExpirationBasis, Record, VERSION};
use super::{ConsentReceipt, Evidence};
use crate::{
    ConsentGrant, ConsentId, ConsentRequest, Coverage, DurationDays, DurationType, Scopes,
    Timestamp,
};

const DAY: u64 = 24 * 60 * 60;

/// A [`ConsentReceipt`] in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConsentReceiptBuilder(Record);

impl ConsentReceiptBuilder {
    pub(super) fn new(
        issuer: Issuer,
        client_id: &str,
        requested: ConsentRequest,
        issued_at: UnixTime,
        evidence: Evidence,
    ) -> Self {
        let days = requested.duration().days().map(DurationDays::as_days);
        let mut record = Record {
            version: VERSION,
            issuer,
            client_id: client_id.into(),
            consent_id: None,
            issued_at,
            requested,
            granted: None,
            withheld: None,
            granted_scopes: Scopes::new(),
            expiration_date: None,
            expiration_basis: ExpirationBasis::NotTold,
            revocation_endpoint: None,
            evidence,
        };
        expire_after(days, issued_at, &mut record);
        Self(record)
    }

    /// The consent's identifier, however it was learnt.
    pub fn consent_id(mut self, id: ConsentId) -> Self {
        self.0.consent_id = Some(id);
        self
    }

    /// The scopes of the token response, or the requested ones where it names none.
    pub fn granted_scopes(mut self, scopes: Scopes) -> Self {
        self.0.granted_scopes = scopes;
        self
    }

    /// What the institution tells about the consent: resources, expiry, and the identifier where
    /// none was given before.
    pub fn grant(mut self, grant: &ConsentGrant) -> Self {
        let record = &mut self.0;
        if record.consent_id.is_none() {
            record.consent_id = grant.id().cloned();
        }
        record.granted = grant.resources().map(<[_]>::to_vec);
        record.withheld = match Coverage::compare(&record.requested, grant) {
            Coverage::Told { withheld, .. } => Some(withheld),
            Coverage::NotTold => None,
        };
        expire_with(grant, record);
        self
    }

    /// Where to revoke.
    pub fn revocation_endpoint(mut self, url: HttpsUrl) -> Self {
        self.0.revocation_endpoint = Some(url);
        self
    }

    /// The receipt.
    #[must_use]
    pub fn build(self) -> ConsentReceipt {
        ConsentReceipt(self.0)
    }
}

fn expire_with(grant: &ConsentGrant, record: &mut Record) {
    if let Some(stated) = grant.expiration_time().and_then(Timestamp::time) {
        record.expiration_date = Some(stated);
        record.expiration_basis = ExpirationBasis::Stated;
        return;
    }
    let requested = record.requested.duration();
    let days = match grant.duration_type() {
        Some(DurationType::TimeBound) | None => {
            grant.duration_period().or(requested.days().map(DurationDays::as_days))
        }
        // The customer granted another duration than was asked for.
        Some(_) => None,
    };
    let granted_at = grant.created_time().and_then(Timestamp::time);
    expire_after(days, granted_at.unwrap_or(record.issued_at), record);
}

// FDX: durationPeriod counts days from the day of the original grant
fn expire_after(days: Option<u32>, granted_at: UnixTime, record: &mut Record) {
    record.expiration_date =
        days.map(|days| granted_at + Duration::from_secs(u64::from(days) * DAY));
    record.expiration_basis = match record.expiration_date {
        Some(_) => ExpirationBasis::DurationPeriod,
        None => ExpirationBasis::NotTold,
    };
}
